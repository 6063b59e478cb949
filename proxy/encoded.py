"""Base64, base32 and hex inside texts: what they say is read as a text of its own, and encoded again when it changes.

People paste configurations, tokens and pages, and a value in base64 is as readable to a model as any other. Of a run of
it, what decodes to text is a segment (`…~base64/N`); what is a file by its bytes, or stands in a data URL, is an
attachment. All else is left alone. Where runs stand is `detectors.encoded`'s to say; disguises of single characters and
values are read by the detectors (`detectors.readings`).
"""

import base64
import codecs
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from detectors.encoded import LEVELS, SHORTEST, Run, as_text, before, runs
from proxy.content.kind import Kind, is_binary, kind_of
from proxy.errors import ProxyError
from proxy.message import Attachment, Replacement, Segment

_SMALLEST = 64  # bytes of a file: fewer begin like one by chance
_PACKED, _SMALLEST_PACKED = b"\x1f\x8b\x08", 20  # gzip, whose beginning is longer, and who hides short texts
_END = 8  # characters of a run by which it is known
_PLACES = {"base64": "~base64/", "hex": "~hex/", "base32": "~base32/", "base32hex": "~base32hex/",
           "base64rot13": "~base64rot13/", "base64reversed": "~base64reversed/"}  # fmt: skip
_REMEMBERED = 50_000


@dataclass(frozen=True, slots=True)
class Encoded:
    """A run of base64, base32 or hex in the text at `holder`; what it says stands at `pointer`."""

    holder: str
    pointer: str
    run: str = field(repr=False)  # with the head of its data URL, if it has one
    head: bool = False
    style: str = "base64"


@dataclass(frozen=True, slots=True)
class Unfolded:
    """What base64 and its like in some texts says."""

    runs: tuple[Encoded, ...] = ()
    segments: tuple[Segment, ...] = ()
    files: tuple[Attachment, ...] = ()
    deeper: tuple[str, ...] = ()  # where something is encoded once more than is read


class Unfolder:
    """Finds base64. Remembers by hash, with a key that Python makes for each process, which texts have none."""

    def __init__(self) -> None:
        self._plain: OrderedDict[int, None] = OrderedDict()

    def unfold(self, segments: Sequence[Segment]) -> Unfolded:
        """All runs in these texts, and in what they say."""
        known: list[Encoded] = []
        texts: list[Segment] = []
        files: list[Attachment] = []
        level = segments
        for _ in range(LEVELS):
            found: list[Segment] = []
            for segment in level:
                if len(segment.text) < SHORTEST or self._is_plain(segment.text):
                    continue
                mine = list(_runs(segment))
                if not mine:
                    self._remember(segment.text)
                for run, said in mine:
                    known.append(run)
                    if isinstance(said, Attachment):
                        files.append(said)
                    else:
                        found.append(said)
            texts += found
            if not found:
                break
            level = found
        else:
            deeper = tuple(segment.pointer for segment in level if next(_runs(segment), None) is not None)
            return Unfolded(tuple(known), tuple(texts), tuple(files), deeper)
        return Unfolded(tuple(known), tuple(texts), tuple(files))

    def _is_plain(self, text: str) -> bool:
        return hash(text) in self._plain

    def _remember(self, text: str) -> None:
        self._plain[hash(text)] = None
        if len(self._plain) > _REMEMBERED:
            self._plain.popitem(last=False)


def fold(
    runs: Sequence[Encoded], segments: Sequence[Segment], texts: Mapping[str, str], files: Mapping[str, Replacement]
) -> dict[str, str]:
    """The new texts with what was changed in base64 encoded again in the texts that hold it, and nowhere else.

    Raises `ProxyError` when a run was replaced in part: what is left of it may still say what must not leave.
    """
    originals = {segment.pointer: segment.text for segment in segments}
    folded = dict(texts)
    done: set[tuple[str, str]] = set()
    for run in reversed(runs):  # the innermost come last
        said, file = folded.pop(run.pointer, None), files.get(run.pointer)
        if said is not None:
            data, media_type = said.encode("utf-8", "surrogatepass"), None
        elif file is not None:
            data, media_type = file.data, file.media_type
        else:
            continue
        if (run.holder, run.run) in done:
            continue  # the same once more: it has been replaced with the first
        done.add((run.holder, run.run))
        holder = folded.get(run.holder, originals[run.holder])
        if run.run not in holder and _remains(run, originals[run.holder], holder):
            raise ProxyError("something encoded was replaced in part; the rest may not leave")
        folded[run.holder] = holder.replace(run.run, _encoded(run, data, media_type))
    return folded


def _remains(run: Encoded, before: str, after: str) -> bool:
    """Whether a run's beginning or end still stands in its text."""
    said = run.run.rpartition(",")[2]
    return any(after.count(end) >= before.count(end) for end in (said[:_END], said[-_END:]))


def is_encoded(pointer: str) -> bool:
    """Whether a pointer leads into what is encoded in a text."""
    return any(place in pointer for place in _PLACES.values())


def _runs(segment: Segment) -> Iterator[tuple[Encoded, Segment | Attachment]]:
    number = 0
    for ways in runs(segment.text):
        for run in ways:
            pointer = f"{segment.pointer}{_PLACES[run.style]}{number}"
            said = _said(segment, pointer, run)
            if said is not None:
                start = run.start if run.head is None else run.head
                written = segment.text[start : run.end]
                yield Encoded(segment.pointer, pointer, written, head=run.head is not None, style=run.style), said
                number += 1
                break


def _said(segment: Segment, pointer: str, run: Run) -> Segment | Attachment | None:
    text = as_text(run.data)
    headed = run.head is not None
    if text is not None and (not headed or kind_of(run.data, run.media_type) is Kind.TEXT):
        context = f"{segment.context} {before(segment.text, run.start)}".strip()
        return Segment(pointer, segment.role, text, context)
    if run.style != "base64":
        return None
    size = _SMALLEST_PACKED if run.data.startswith(_PACKED) else _SMALLEST
    if headed or (text is None and len(run.data) >= size and is_binary(run.data)):
        return Attachment(pointer, segment.role, run.data, run.media_type.lower())
    return None


def _encoded(run: Encoded, data: bytes, media_type: str | None) -> str:
    if run.style == "hex":
        new, prefix = data.hex(), run.run[:2] if run.run[1] in "Xx" else ""
        return prefix + (new.upper() if run.run[len(prefix) :].isupper() else new)
    if run.style.startswith("base32"):
        new = (base64.b32encode if run.style == "base32" else base64.b32hexencode)(data).decode()
        new = new.lower() if run.run.islower() else new
        return new if run.run.endswith("=") or len("".join(run.run.split())) % 8 == 0 else new.rstrip("=")
    new = base64.b64encode(data).decode()
    plain = run.run.rpartition(",")[2]
    if "-" in plain or "_" in plain:
        new = new.translate(str.maketrans("+/", "-_"))
    if "=" not in plain and len("".join(plain.split())) % 4:
        new = new.rstrip("=")
    if run.style == "base64rot13":
        return codecs.encode(new, "rot13")
    if run.style == "base64reversed":
        return new[::-1]
    if not run.head:
        return new
    head = run.run[: run.run.index(",") + 1]
    return f"data:{media_type};base64,{new}" if media_type is not None else head + new
