"""Base64, base32 and hex inside texts: what they say is read as a text of its own, and encoded again when it changes.

People paste configurations, tokens and pages, and a value in base64 is as readable to a model as any other. Of a run of
it, what decodes to text is a segment (`…~base64/N`); what is a file by its bytes, or stands in a data URL, is an
attachment. All else is left alone: a hash, an id, a word of a path only look like base64. Escapes of single characters
are read by the detectors (`detectors.escapes`).
"""

import base64
import binascii
import re
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from proxy.content.kind import Kind, is_binary, kind_of
from proxy.errors import ProxyError
from proxy.message import Attachment, Replacement, Segment
from proxy.providers.attachments import decode_base64

_SHORTEST = 16  # characters: what is shorter has no room for a value, and decodes to text by chance
_SMALLEST = 64  # bytes of a file: fewer begin like one by chance
_END = 8  # characters of a run by which it is known
_LEVELS = 3  # of base64 in base64
_HEX = re.compile(r"(?:0[Xx])?((?:[0-9a-f]{2}){12,}|(?:[0-9A-F]{2}){12,})")
_BASE32 = re.compile(r"[A-Z2-7]{16,}|[a-z2-7]{16,}")
_PADDING = re.compile(r"={0,6}")  # base64 has two at most, and `_RUN` with it
_PLACES = ("~base64/", "~hex/", "~base32/")
_RUN = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{16,}(?:\r?\n[A-Za-z0-9+/_-]{16,})*={0,2}", re.ASCII)
_HEAD = re.compile(
    r"data:(?P<type>[\w.+-]{1,80}/[\w.+-]{1,80})(?:;[\w-]{1,40}=[\w.-]{1,80})*;base64,$", re.ASCII | re.IGNORECASE
)
_LONGEST_HEAD = 300
_JOINTS = re.compile(r"[/_-]")  # a path or a name with dashes may end in base64
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


class Unfolder:
    """Finds base64. Remembers by hash, with a key that Python makes for each process, which texts have none."""

    def __init__(self) -> None:
        self._plain: OrderedDict[int, None] = OrderedDict()

    def unfold(self, segments: Sequence[Segment]) -> Unfolded:
        """All runs in these texts, and in what they say."""
        runs: list[Encoded] = []
        texts: list[Segment] = []
        files: list[Attachment] = []
        level = segments
        for _ in range(_LEVELS):
            found: list[Segment] = []
            for segment in level:
                if len(segment.text) < _SHORTEST or self._is_plain(segment.text):
                    continue
                mine = list(_runs(segment))
                if not mine:
                    self._remember(segment.text)
                for run, said in mine:
                    runs.append(run)
                    if isinstance(said, Attachment):
                        files.append(said)
                    else:
                        found.append(said)
            texts += found
            if not found:
                break
            level = found
        return Unfolded(tuple(runs), tuple(texts), tuple(files))

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
    return any(place in pointer for place in _PLACES)


def _runs(segment: Segment) -> Iterator[tuple[Encoded, Segment | Attachment]]:
    number = 0
    text = segment.text
    for match in _RUN.finditer(text):
        start = match.start()
        head = None
        if text[max(0, start - 7) : start].lower() == "base64,":
            head = _HEAD.search(text, max(0, start - _LONGEST_HEAD), start)
        for run in (match[0],) if head else (match[0], *_parts(match[0])):
            decoded = None if head else _other(segment, f"{segment.pointer}~{{}}/{number}", run, text, match)
            if decoded is not None:
                yield decoded
                number += 1
                break
            data = decode_base64(run)
            if data is None:
                continue
            pointer = f"{segment.pointer}~base64/{number}"
            said = _said(segment, pointer, data, head["type"] if head else None)
            if said is not None:
                yield Encoded(segment.pointer, pointer, f"{head[0]}{run}" if head else run, head=head is not None), said
                number += 1
                break


def _other(
    segment: Segment, place: str, run: str, text: str, match: re.Match[str]
) -> tuple[Encoded, Segment | Attachment] | None:
    """A run that is hex or base32, and text in it."""
    plain = "".join(run.split())
    if (digits := _HEX.fullmatch(plain)) is not None:
        pointer = place.format("hex")
        if (said := _as_text(bytes.fromhex(digits[1]))) is not None:
            return Encoded(segment.pointer, pointer, run, style="hex"), replace(segment, pointer=pointer, text=said)
    bare = run.rstrip("=")
    if _BASE32.fullmatch("".join(bare.split())) is None:
        return None
    if match[0].endswith(run) and (padding := _PADDING.match(text, match.end() - len(run) + len(bare))):
        run = bare + padding[0]
    plain = "".join(bare.split()).upper()
    try:
        data = base64.b32decode(plain + "=" * (-len(plain) % 8))
    except binascii.Error:
        return None
    if (said := _as_text(data)) is None:
        return None
    pointer = place.format("base32")
    return Encoded(segment.pointer, pointer, run, style="base32"), replace(segment, pointer=pointer, text=said)


def _parts(run: str) -> Iterator[str]:
    """The last part of a path or of a name with dashes, since only that may be padded; then the others."""
    for part in reversed(_JOINTS.split(run)):
        if _SHORTEST <= len(part) < len(run):
            yield part


def _said(segment: Segment, pointer: str, data: bytes, media_type: str | None) -> Segment | Attachment | None:
    text = _as_text(data)
    if text is not None and (media_type is None or kind_of(data, media_type) is Kind.TEXT):
        return Segment(pointer, segment.role, text, segment.context)
    if media_type is not None or (text is None and len(data) >= _SMALLEST and is_binary(data)):
        return Attachment(pointer, segment.role, data, (media_type or "").lower())
    return None


def _as_text(data: bytes) -> str | None:
    """The bytes as text, if they are: UTF-8 without control characters."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return text if text.strip() and all(c.isprintable() or c in "\r\n\t" for c in text) else None


def _encoded(run: Encoded, data: bytes, media_type: str | None) -> str:
    if run.style == "hex":
        new, prefix = data.hex(), run.run[:2] if run.run[1] in "Xx" else ""
        return prefix + (new.upper() if run.run[len(prefix) :].isupper() else new)
    if run.style == "base32":
        new = base64.b32encode(data).decode()
        new = new.lower() if run.run.islower() else new
        return new if run.run.endswith("=") or len("".join(run.run.split())) % 8 == 0 else new.rstrip("=")
    new = base64.b64encode(data).decode()
    plain = run.run.rpartition(",")[2]
    if "-" in plain or "_" in plain:
        new = new.translate(str.maketrans("+/", "-_"))
    if not plain.endswith("=") and len("".join(plain.split())) % 4:
        new = new.rstrip("=")
    if not run.head:
        return new
    head = run.run[: run.run.index(",") + 1]
    return f"data:{media_type};base64,{new}" if media_type is not None else head + new
