"""Base64 inside texts: what it says is read as a text of its own, and encoded again when something in it changes.

People paste configurations, tokens and pages, and a value in base64 is as readable to a model as any other. Of a run of
base64, what decodes to text is a segment (`…~base64/N`); what is a file by its bytes, or stands in a data URL, is an
attachment. All else is left alone: a hash, an id, a word of a path only look like base64.
"""

import base64
import re
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from proxy.content.kind import Kind, is_binary, kind_of
from proxy.message import Attachment, Replacement, Segment
from proxy.providers.attachments import decode_base64

_INSIDE = "~base64/"
_SHORTEST = 16  # characters: what is shorter has no room for a value, and decodes to text by chance
_SMALLEST = 64  # bytes of a file: fewer begin like one by chance
_LEVELS = 3  # of base64 in base64
_RUN = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{16,}(?:\r?\n[A-Za-z0-9+/_-]{16,})*={0,2}", re.ASCII)
_HEAD = re.compile(
    r"data:(?P<type>[\w.+-]{1,80}/[\w.+-]{1,80})(?:;[\w-]{1,40}=[\w.-]{1,80})*;base64,$", re.ASCII | re.IGNORECASE
)
_LONGEST_HEAD = 300
_JOINTS = re.compile(r"[/_-]")  # a path or a name with dashes may end in base64
_REMEMBERED = 50_000


@dataclass(frozen=True, slots=True)
class Encoded:
    """A run of base64 in the text at `holder`; what it says stands at `pointer`."""

    holder: str
    pointer: str
    run: str = field(repr=False)  # with the head of its data URL, if it has one
    head: bool = False


@dataclass(frozen=True, slots=True)
class Unfolded:
    """What base64 in some texts says."""

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
    """The new texts with what was changed in base64 encoded again in the texts that hold it, and nowhere else."""
    originals = {segment.pointer: segment.text for segment in segments}
    folded = dict(texts)
    for run in reversed(runs):  # the innermost come last
        said, file = folded.pop(run.pointer, None), files.get(run.pointer)
        if said is not None:
            data, media_type = said.encode("utf-8", "surrogatepass"), None
        elif file is not None:
            data, media_type = file.data, file.media_type
        else:
            continue
        holder = folded.get(run.holder, originals[run.holder])
        folded[run.holder] = holder.replace(run.run, _encoded(run, data, media_type))
    return folded


def is_encoded(pointer: str) -> bool:
    """Whether a pointer leads into base64 in a text."""
    return _INSIDE in pointer


def _runs(segment: Segment) -> Iterator[tuple[Encoded, Segment | Attachment]]:
    number = 0
    text = segment.text
    for match in _RUN.finditer(text):
        start = match.start()
        head = None
        if text[max(0, start - 7) : start].lower() == "base64,":
            head = _HEAD.search(text, max(0, start - _LONGEST_HEAD), start)
        for run in (match[0],) if head else (match[0], *_parts(match[0])):
            data = decode_base64(run)
            if data is None:
                continue
            pointer = f"{segment.pointer}{_INSIDE}{number}"
            said = _said(segment, pointer, data, head["type"] if head else None)
            if said is not None:
                yield Encoded(segment.pointer, pointer, f"{head[0]}{run}" if head else run, head=head is not None), said
                number += 1
                break


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
