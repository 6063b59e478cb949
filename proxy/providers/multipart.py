"""Multipart bodies: fields and files, read one by one and edited by span; every other byte stays as it was.

Reading is strict, since a server that reads more leniently would see other parts than we do: lines end with CRLF,
nothing stands before the first boundary or after the last, and it stands nowhere else. What isn't so is refused.

Pointers: `~part/N/NAME` (N counts from 0; without the name if there is none or it could be content), then `~json…` or
`~line/…` inside a part that is JSON, `~filename` for a file's name, `~key` for a field's name that could be content.
Reference: RFC 2046 (5.1.1), RFC 7578.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar, NamedTuple, override
from urllib.parse import quote, unquote

from detectors.finding import Skipped, SkipReason
from proxy.errors import BodyError, LimitError
from proxy.message import NO_FILES, Attachment, Extraction, Replacement, Request, Role, Segment
from proxy.providers import exemptions as look
from proxy.providers import files as files_
from proxy.providers.generic import Generic, is_json
from proxy.providers.json_dialect import JSON
from proxy.providers.json_spans import hint, name_token
from proxy.providers.lines import joined

_PARTS_AT_MOST = 1000
_HEAD_AT_MOST = 8192
_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]", re.ASCII)
_HEADERS = frozenset(
    {"content-disposition", "content-type", "content-transfer-encoding", "content-length", "content-id"}
)
_HEADER = re.compile(rb"(?P<name>[!#-'*+.^_`|~0-9A-Za-z-]+):[ \t]*(?P<value>[^\r\n\x00]*?)[ \t]*")
_PARAMETER = re.compile(
    r";[ \t]*(?P<name>[A-Za-z][A-Za-z0-9*_-]*)[ \t]*=[ \t]*"
    r"(?:\"(?P<quoted>(?:[^\"\\]|\\.)*)\"|(?P<bare>[^\s;\"]*))[ \t]*"
)
_POINTER = re.compile(r"~part/(?P<part>[0-9]+)(?:/[^~/]*)?(?P<rest>.*)", re.DOTALL)
_PERCENT = re.compile(r"%(?=[0-9A-Fa-f]{2})")
_INDEX = re.compile(r"(?:\[[A-Za-z0-9_]*\])+$")
# Values of a part's headers that say nothing.
_USUAL: Mapping[str, re.Pattern[str]] = {
    "content-type": re.compile(r"[a-z]{1,16}/(?:[a-zA-Z+.*-]|[0-9]{1,3}(?![0-9])){1,80}|", re.ASCII),
    "content-transfer-encoding": re.compile(r"(?i:binary|[78]bit|base64|quoted-printable)|", re.ASCII),
    "content-length": re.compile(r"[0-9]{0,8}", re.ASCII),
}
_TYPE_PARAMETERS = re.compile(r"(?:(?:charset=\"?[\w-]{1,12}\"?|header=present)(?:; ?|$))*+", re.ASCII)
_DISPOSITION = frozenset({"name", "filename", "size", "creation-date", "modification-date", "read-date"})
_PRINTABLE = "".join(chr(code) for code in range(0x20, 0x7F) if chr(code) != "%")
# Fields that are the protocol's own, by what they look like.
_WORDS = ("purpose", "response_format", "language", "size", "quality", "background", "output_format", "voice", "style")
_FIELDS: Mapping[str, look.Check] = {"model": look.model, **dict.fromkeys(_WORDS, look.word)}


class Span(NamedTuple):
    """Where something stands in the body."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Aside:
    """What a part's header says beside names and types: parameters that nobody needs, an id."""

    text: str = field(repr=False)
    at: Span


@dataclass(frozen=True, slots=True)
class Part:
    """One part. Spans are byte offsets in the body."""

    head: Span  # its header lines
    data: Span
    name: str | None
    media_type: str  # without parameters; empty if there is none
    filename: str | None
    filename_at: Span | None  # of the name's characters, without quotes
    media_type_at: Span | None
    plain: bool  # whether its bytes are the content, in UTF-8
    asides: tuple[Aside, ...] = ()


def boundary_of(content_type: str) -> bytes:
    """The boundary that a content type names. Raises `BodyError`."""
    return _boundary(content_type)[0].encode()


def boundary_at(content_type: str) -> tuple[int, int]:
    """Where in a content type the boundary stands, without its quotes. Raises `BodyError`."""
    start, end = _boundary(content_type)[1]
    if not content_type.isascii():
        raise BodyError("expected a multipart content type in ASCII")
    return start, end


def _boundary(content_type: str) -> tuple[str, Span]:
    kind, semicolon, rest = content_type.partition(";")
    found = _parameters(semicolon + rest, len(kind.encode())).get("boundary", ("", Span(0, 0)))
    if _BOUNDARY.fullmatch(found[0]) is None:
        raise BodyError("expected a multipart content type with one boundary, got another")
    return found


def parts_of(body: bytes, boundary: bytes) -> tuple[Part, ...]:
    """The parts of a body. Raises `BodyError` for anything that another reader could read otherwise, `LimitError`."""
    dashes = b"--" + boundary
    if not body.startswith(dashes):
        raise BodyError("a multipart body begins with its boundary; this one doesn't")
    pieces = body.split(b"\r\n" + dashes)
    if body.count(dashes) != len(pieces):
        raise BodyError("the boundary of the multipart body stands where no part ends")
    if len(pieces) - 1 > _PARTS_AT_MOST:
        raise LimitError(f"the multipart body has {len(pieces) - 1} parts, Privet reads {_PARTS_AT_MOST}")
    if pieces[-1] not in {b"--", b"--\r\n"}:
        raise BodyError("the multipart body doesn't end with its last boundary")
    parts: list[Part] = []
    at = len(dashes)
    for content in (pieces[0][at:], *pieces[1:])[:-1]:
        parts.append(_part(content, at))
        at += len(content) + len(b"\r\n") + len(dashes)
    if not parts:
        raise BodyError("the multipart body has no part")
    return tuple(parts)


@dataclass(frozen=True, slots=True)
class Multipart(Generic):
    """Forms with files, and a file with what is said of it."""

    name: ClassVar[str] = "multipart"
    content_type: str = ""

    @classmethod
    def of(cls, generic: Generic, content_type: str) -> "Multipart":
        """What a generic dialect is for bodies of one part."""
        return cls(
            nesting=generic.nesting,
            provider=generic.provider,
            family=generic.family,
            media_type=generic.media_type,
            named=generic.named,
            content_type=content_type,
        )

    @override
    def matches(self, request: Request) -> bool:
        return request.media_type.startswith("multipart/")

    @override
    def extract(self, body: bytes) -> Extraction:
        if not body:
            return Extraction(segments=())
        parts = parts_of(body, boundary_of(self.content_type))
        return joined((_base(n, part), self._extract_part(body, part)) for n, part in enumerate(parts))

    @override
    def rebuild(self, body: bytes, texts: Mapping[str, str], files: Mapping[str, Replacement] = NO_FILES) -> bytes:
        if not texts and not files:
            return body
        boundary = boundary_of(self.content_type)
        parts = parts_of(body, boundary)
        wanted: dict[int, tuple[dict[str, str], dict[str, Replacement]]] = {}
        for pointer, text in texts.items():
            number, rest = _place(pointer, len(parts))
            wanted.setdefault(number, ({}, {}))[0][rest] = text
        for pointer, file in files.items():
            number, rest = _place(pointer, len(parts))
            wanted.setdefault(number, ({}, {}))[1][rest] = file
        edits = [edit for n in sorted(wanted) for edit in self._edit_part(body, parts[n], *wanted[n])]
        result = _apply(body, edits)
        again = parts_of(result, boundary)
        if len(again) != len(parts) or any(
            body[old.head.start : old.data.end] != result[new.head.start : new.data.end]
            for n, (old, new) in enumerate(zip(parts, again, strict=True))
            if n not in wanted
        ):
            raise BodyError("the edited multipart body has other parts than the one that came")
        return result

    @override
    def model(self, request: Request) -> str:
        try:
            parts = parts_of(request.body, boundary_of(self.content_type))
        except (BodyError, LimitError):
            return ""
        found = next((part for part in parts if part.name == "model"), None)
        value = "" if found is None else request.body[slice(*found.data)].decode("utf-8", "replace")
        return value if look.model(value, {}) else ""

    def _extract_part(self, body: bytes, part: Part) -> Extraction:
        segments: list[Segment] = []
        if part.name and not _is_shown(part.name):
            segments.append(Segment("~key", Role.METADATA, part.name))
        if part.filename:
            segments.append(Segment("~filename", Role.USER, part.filename, "filename"))
        segments += [Segment(f"~head/{n}", Role.METADATA, aside.text) for n, aside in enumerate(part.asides)]
        data = body[slice(*part.data)]
        if not part.plain or part.media_type.startswith("multipart/"):
            skipped = (Skipped("", SkipReason.UNREADABLE),)
            return Extraction(segments=tuple(segments), skipped=skipped)
        kind = self._kind_of(data, part)
        if kind is None:
            file = Attachment("", Role.USER, data, part.media_type, part.filename or "")
            return Extraction(segments=tuple(segments), attachments=(file,) if data else ())
        found = self._reader(kind).extract(data)
        check = _FIELDS.get(part.name or "") if part.filename is None and kind == files_.TEXT else None
        context = hint(part.name or "")
        inner = tuple(
            Segment(_inside(kind, segment.pointer), segment.role, segment.text, segment.context or context)
            for segment in found.segments
            if check is None or not check(segment.text, {})
        )
        return Extraction(
            segments=(*segments, *inner),
            skipped=tuple(Skipped(_inside(kind, s.pointer), s.reason, s.media_type) for s in found.skipped),
            attachments=tuple(replace(a, pointer=_inside(kind, a.pointer)) for a in found.attachments),
        )

    def _edit_part(
        self, body: bytes, part: Part, texts: Mapping[str, str], files: Mapping[str, Replacement]
    ) -> Iterator[tuple[Span, bytes]]:
        """What to put where, in the body's order."""
        data = body[slice(*part.data)]
        file = files.get("")
        head: list[tuple[Span, bytes]] = []
        if "~key" in texts:
            raise BodyError("the name of a multipart field can't be changed")
        name = texts.get("~filename", part.filename or "") + (file.suffix if file is not None else "")
        if part.filename_at is not None and name != part.filename:
            bare = body[part.filename_at.start - 1 : part.filename_at.start] != b'"'
            head.append((part.filename_at, b'"%b"' % _quoted(name) if bare else _quoted(name)))
        if file is not None and part.media_type_at is not None and file.media_type != part.media_type:
            head.append((part.media_type_at, file.media_type.encode()))
        asides = [pointer for pointer in texts if pointer.startswith("~head/")]
        for pointer in asides:
            at = part.asides[int(pointer.removeprefix("~head/"))].at
            if file is None or part.media_type_at is None or at.start != part.media_type_at.start:
                head.append((at, quote(texts[pointer], safe=_PRINTABLE, errors="surrogatepass").encode()))
        yield from sorted(head)
        inner = {pointer: text for pointer, text in texts.items() if pointer not in {"~filename", *asides}}
        if file is not None:
            yield part.data, file.data
        elif inner or files:
            kind = self._kind_of(data, part)
            if kind is None:
                raise BodyError("a part of the multipart body that was to be edited isn't text")
            yield (
                part.data,
                self._reader(kind).rebuild(
                    data,
                    {_outside(kind, pointer): text for pointer, text in inner.items()},
                    {_outside(kind, pointer): new for pointer, new in files.items()},
                ),
            )

    def _reader(self, kind: str) -> Generic:
        return Generic(
            nesting=self.nesting, provider=self.provider, family=self.family, media_type=kind, named=self.named
        )

    @staticmethod
    def _kind_of(data: bytes, part: Part) -> str | None:
        """What to read a part as; None for a file that isn't text."""
        if part.filename is None and part.media_type in {"", files_.TEXT}:
            kind = files_.TEXT if files_.is_text(data) else None
        else:
            kind = files_.read_as(data, part.media_type, part.filename or "")
        return JSON if kind == files_.TEXT and is_json(data) else kind


def _part(content: bytes, start: int) -> Part:
    """The part between two boundaries; `content` begins behind the first one."""
    if content.startswith(b"\r\n\r\n"):
        head, at = b"", 4
    else:
        end = content.find(b"\r\n\r\n")
        if not content.startswith(b"\r\n") or not 0 <= end <= _HEAD_AT_MOST:
            raise BodyError("a part of the multipart body has no header that ends as it must")
        head, at = content[2:end], end + 4
    headers: dict[str, Span] = {}
    place = start + 2
    for line in head.split(b"\r\n") if head else []:
        found = _HEADER.fullmatch(line)
        if found is None:
            raise BodyError("a header of a part of the multipart body is not one")
        name = found["name"].decode().lower()
        if name in headers:
            raise BodyError("a part of the multipart body has a header twice")
        if name not in _HEADERS:
            raise BodyError("a part of the multipart body has a header that isn't read")
        headers[name] = Span(place + found.start("value"), place + found.end("value"))
        place += len(line) + 2

    def value(name: str) -> str:
        if name not in headers:
            return ""
        span = headers[name]
        try:
            return content[span.start - start : span.end - start].decode("utf-8")
        except UnicodeDecodeError:
            raise BodyError("a header of a part of the multipart body is not UTF-8") from None

    disposition, content_type = value("content-disposition"), value("content-type")
    given = _disposition(disposition)
    media_type, _, rest = content_type.partition(";")
    charset = re.search(r"charset=\"?([\w-]+)", rest, re.IGNORECASE)
    at_type = headers.get("content-type")
    encoding = value("content-transfer-encoding").lower()
    file = given.get("filename")
    return Part(
        head=Span(start, start + at),
        data=Span(start + at, start + len(content)),
        name=given["name"][0] if "name" in given else None,
        media_type=media_type.strip().lower(),
        filename=file[0] if file else None,
        filename_at=Span(*(headers["content-disposition"].start + at for at in file[1])) if file else None,
        media_type_at=Span(at_type.start, at_type.start + len(media_type.rstrip().encode())) if at_type else None,
        plain=encoding in {"", "binary", "8bit", "7bit"}
        and (charset is None or charset[1].lower() in {"utf-8", "utf8", "us-ascii", "ascii"}),
        asides=tuple(
            Aside(aside.text, Span(span.start + aside.at.start, span.start + aside.at.end))
            for name, span in headers.items()
            for aside in _asides(name, value(name), given)
        ),
    )


def _asides(name: str, value: str, given: Mapping[str, tuple[str, Span]]) -> Iterator[Aside]:
    """What a header says that is neither the protocol's own nor read elsewhere; spans are in the value."""
    if name == "content-disposition":
        yield from (Aside(text, at) for key, (text, at) in given.items() if key not in {"name", "filename"})
        return
    kind, _, rest = value.partition(";") if name == "content-type" else (value, "", "")
    at = 0
    for text, usual in ((kind, _USUAL.get(name)), (rest, _TYPE_PARAMETERS)):
        if text and (usual is None or usual.fullmatch(text.strip()) is None):
            yield Aside(text, Span(at, at + len(text.encode())))
        at += len(text.encode()) + 1


def _disposition(value: str) -> dict[str, tuple[str, Span]]:
    """The parameters of a Content-Disposition header, and where in it they stand."""
    kind, semicolon, rest = value.partition(";")
    if value and kind.strip().lower() not in {"form-data", "attachment", "inline"}:
        raise BodyError("a part of the multipart body has an unknown disposition")
    found = _parameters(semicolon + rest, len(kind.encode()))
    if found.keys() - _DISPOSITION:
        raise BodyError("a part of the multipart body has a disposition with a parameter that isn't read")
    return found


def _parameters(text: str, start: int) -> dict[str, tuple[str, Span]]:
    """Name → value and where it stands, of `; name=value; …`. Raises `BodyError`."""
    found: dict[str, tuple[str, Span]] = {}
    at = 0
    while at < len(text):
        match = _PARAMETER.match(text, at)
        if match is None or match["name"].lower() in found:
            raise BodyError("the parameters of a multipart header can't be read")
        name = match["name"].lower()
        if name.endswith("*"):
            # RFC 7578 (4.2) forbids it: one server would take this name, another one that of the plain parameter.
            raise BodyError("a part of the multipart body has a name in RFC 5987's encoding, which forms may not have")
        group = "bare" if match["quoted"] is None else "quoted"
        span = Span(*(start + len(text[:offset].encode()) for offset in match.span(group)))
        found[name] = (_unquoted(match[group]), span)
        at = match.end()
    return found


def _unquoted(text: str) -> str:
    """A name as it is meant: browsers write quotes and line ends in percent-encoding, other clients everything."""
    text = re.sub(r"\\([\"\\])", r"\1", text)
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        return text


def _quoted(name: str) -> bytes:
    """A file's name as browsers write it."""
    name = _PERCENT.sub("%25", name).replace("\\", "_").replace("\x00", "")
    name = name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
    return name.encode("utf-8", "backslashreplace")


def _is_shown(name: str) -> bool:
    """Whether a field's name may stand in a pointer: `file`, and also `image[]`."""
    bare = _INDEX.sub("", name)
    return name_token(bare, 0) == bare


def _base(number: int, part: Part) -> str:
    return f"~part/{number}/{_INDEX.sub('', part.name)}" if part.name and _is_shown(part.name) else f"~part/{number}"


def _place(pointer: str, count: int) -> tuple[int, str]:
    found = _POINTER.fullmatch(pointer)
    if found is None or int(found["part"]) >= count:
        raise BodyError("the multipart body has no part at a place that was to be edited")
    return int(found["part"]), found["rest"]


def _inside(kind: str, pointer: str) -> str:
    """A pointer of a part's content, told from those of its header."""
    return f"~json{pointer}" if kind == JSON else pointer


def _outside(kind: str, pointer: str) -> str:
    return pointer.removeprefix("~json") if kind == JSON else pointer


def _apply(body: bytes, edits: list[tuple[Span, bytes]]) -> bytes:
    pieces: list[bytes] = []
    done = 0
    for span, new in edits:
        pieces += (body[done : span.start], new)
        done = span.end
    pieces.append(body[done:])
    return b"".join(pieces)
