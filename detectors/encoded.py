"""Base64, base32 and hex inside texts: where a run of it stands, and what it says.

A run can often be read in several ways: all of it, its last part behind a slash or a dash, as hex or as base64, turned.
They are told in the order in which they are likely; who asks takes the first that says something. All that only looks
like it, a hash, an id, a word of a path, says nothing.
"""

import base64
import binascii
import codecs
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

SHORTEST = 12  # characters: what is shorter has no room for a value, and decodes to text by chance
LEVELS = 6  # of base64 in base64; what is deeper is not read, and said to be so
_SHORTEST_TURNED = 16
_BEFORE = 40  # characters before a run: they may say what it is
_HEX = re.compile(r"(?:0[Xx])?((?:[0-9a-f]{2}){8,}|(?:[0-9A-F]{2}){8,})")
_BASE32 = re.compile(r"[A-Z2-7]{13,}|[a-z2-7]{13,}")
_BASE32_HEX = re.compile(r"[0-9A-V]{13,}|[0-9a-v]{13,}")
_PADDING = re.compile(r"={0,6}")  # base64 has two at most, and `_RUN` with it
_RUN = re.compile(
    r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{12,}(?:\r?\n[A-Za-z0-9+/_-]{16,})*"
    r"(?:\r?\n[A-Za-z0-9+/_-]{1,15}={1,2}(?![\w=])|={0,2})",
    re.ASCII,
)
_HEAD = re.compile(
    r"data:(?P<type>[\w.+-]{1,80}/[\w.+-]{1,80})(?:;[\w-]{1,40}=[\w.-]{1,80})*;base64,$", re.ASCII | re.IGNORECASE
)
_LONGEST_HEAD = 300
_JOINTS = re.compile(r"[/_-]")  # a path or a name with dashes may end in base64
# Base64 of anything readable has capitals or digits among its small letters; most long words don't.
_MIXED = re.compile(r"[A-Z0-9]")
_PACKED = (b"\x1f", b"x")  # how gzip and zlib begin
_ANY_HEADER = 47  # zlib's word for "gzip or zlib, whichever it is"
_LARGEST_UNPACKED = 200_000
# Padding tells short base64, of eight to eleven characters.
_SHORT = re.compile(r"=(?<=[A-Za-z0-9+/_-]{7}=)=?(?![\w=])", re.ASCII)
_SHORT_START = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{7,11}$", re.ASCII)
_DIGIT = re.compile(rb"\d")
_READABLE = re.compile(r"[\w@.+/: -]{5,9}", re.ASCII)
_TO_STANDARD = str.maketrans("-_", "+/")


@dataclass(frozen=True, slots=True)
class Run:
    """Characters `start` to `end` of a text are `data`, encoded."""

    start: int
    end: int
    style: str
    data: bytes = field(repr=False)
    head: int | None = None  # where its data URL begins, if it has one
    media_type: str = ""  # which that URL gives

    @property
    def text(self) -> str | None:
        """What it says, if it is a text."""
        return as_text(self.data)

    @property
    def says(self) -> str | None:
        """What it says to a reader, who may unpack it, too."""
        said = self.text
        return as_text(_unpacked(self.data) or b"") if said is None and self.data[:1] in _PACKED else said


def runs(text: str) -> Iterator[list[Run]]:
    """For each run that may be encoded, the ways to read it."""
    for match in _RUN.finditer(text):
        if _MIXED.search(match[0]):
            ways = list(_ways(text, match))
            if ways:
                yield ways
    if "=" in text:
        yield from _short(text)


def _unpacked(data: bytes) -> bytes | None:
    """What was packed by gzip or zlib, as far as it is bounded."""
    try:
        return zlib.decompressobj(_ANY_HEADER).decompress(data, _LARGEST_UNPACKED)
    except zlib.error:
        return None


def before(text: str, start: int) -> str:
    """What stands before a run in its line: a hint to what it says."""
    return text[max(0, start - _BEFORE) : start].rpartition("\n")[2]


def as_text(data: bytes) -> str | None:
    """The bytes as text, if they are: UTF-8 without control characters."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return text if text.strip() and all(c.isprintable() or c in "\r\n\t" for c in text) else None


def decode_base64(text: str) -> bytes | None:
    """The bytes of base64, in either alphabet (but not both), padded or not, in lines or in one."""
    plain = "".join(text.split())
    if "-" in plain or "_" in plain:
        if "+" in plain or "/" in plain:
            return None
        plain = plain.translate(_TO_STANDARD)
    if not plain:
        return None
    if "=" not in plain:
        plain += "=" * (-len(plain) % 4)
    try:
        return base64.b64decode(plain, validate=True)
    except (binascii.Error, ValueError):
        return None


def _ways(text: str, match: re.Match[str]) -> Iterator[Run]:
    start, end = match.span()
    if text[max(0, start - 7) : start].lower() == "base64," and (
        head := _HEAD.search(text, max(0, start - _LONGEST_HEAD), start)
    ):
        data = decode_base64(match[0])
        if data is not None:
            yield Run(start, end, "base64", data, head.start(), head["type"])
        return
    for first, last in ((start, end), *_parts(match)):
        written = text[first:last]
        yield from _other(text, first, last, end)
        data = decode_base64(written)
        if data is not None:
            yield Run(first, last, "base64", data)
        if last - first >= _SHORTEST_TURNED:
            yield from _turned(first, last, written)


def _short(text: str) -> Iterator[list[Run]]:
    for match in _SHORT.finditer(text):
        first = max(0, match.start() - SHORTEST)
        start = _SHORT_START.search(text[first : match.start()])
        if start is None:
            continue
        begin, end = first + start.start(), match.end()
        data = decode_base64(text[begin:end]) if (end - begin) % 4 == 0 else None
        # What is so short decodes to text by chance: it must be letters and digits, as values are.
        if data is not None and data.isascii() and _READABLE.fullmatch(data.decode()) and _DIGIT.search(data):
            yield [Run(begin, end, "base64", data)]


def _turned(start: int, end: int, written: str) -> Iterator[Run]:
    """Base64 that was turned itself; as text alone, since any run decodes to some bytes."""
    for style, turned in (("base64rot13", codecs.encode(written, "rot13")), ("base64reversed", written[::-1])):
        data = decode_base64(turned)
        if data is not None and as_text(data) is not None:
            yield Run(start, end, style, data)


def _other(text: str, start: int, end: int, last: int) -> Iterator[Run]:
    """A run as hex or base32."""
    plain = "".join(text[start:end].split())
    if (digits := _HEX.fullmatch(plain)) is not None:
        yield Run(start, end, "hex", bytes.fromhex(digits[1]))
    bare = plain.rstrip("=")
    for style, form, decode in (
        ("base32", _BASE32, base64.b32decode),
        ("base32hex", _BASE32_HEX, base64.b32hexdecode),
    ):
        if form.fullmatch(bare) is None:
            continue
        try:
            data = decode(bare.upper() + "=" * (-len(bare) % 8))
        except binascii.Error:
            continue
        stop = end
        if end == last:
            begin = end - (len(plain) - len(bare))
            padding = _PADDING.match(text, begin)
            stop = padding.end() if padding else end
        yield Run(start, stop, style, data)


def _parts(match: re.Match[str]) -> Iterator[tuple[int, int]]:
    """The last part of a path or of a name with dashes, since only that may be padded; then the others."""
    spans: list[tuple[int, int]] = []
    start = match.start()
    for joint in _JOINTS.finditer(match[0]):
        spans.append((start, match.start() + joint.start()))
        start = match.start() + joint.end()
    spans.append((start, match.end()))
    for first, last in reversed(spans):
        if SHORTEST <= last - first < len(match[0]):
            yield first, last
