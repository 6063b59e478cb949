"""What picture files hold beside their pixels: comments, EXIF, XMP, IPTC, private chunks, what follows the picture.

A decoder shows pixels and passes over everything else, so that files are taken apart here: PNG (W3C, chunks), JPEG (ITU
T.81 annex B, segments), WebP (RIFF chunks), GIF (GIF89a, blocks) and BMP.
"""

import re
import zlib
from collections.abc import Iterator
from typing import NamedTuple
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException

from proxy.content.markup import read_markup
from proxy.content.office import xml_texts
from proxy.content.sink import Sink

_MOST = 5_000_000  # bytes that one compressed chunk may unpack to
_PLAIN_CHUNKS = frozenset(
    {
        b"IHDR",
        b"PLTE",
        b"IDAT",
        b"IEND",
        b"tRNS",
        b"gAMA",
        b"cHRM",
        b"sRGB",
        b"sBIT",
        b"bKGD",
        b"hIST",
        b"pHYs",
        b"tIME",
    }
    | {
        b"iCCP",
        b"acTL",
        b"fcTL",
        b"fdAT",
        b"cICP",
        b"mDCV",
        b"cLLI",
        b"ICCP",
        b"VP8 ",
        b"VP8L",
        b"VP8X",
        b"ALPH",
        b"ANIM",
    }
    | {b"ANMF"}
)
# A thumbnail, which is a small copy of the picture, within its EXIF.
_THUMBNAIL = re.compile(rb"\xff\xd8\xff.*\xff\xd9", re.DOTALL)
_KIND = re.compile(
    rb"^(?:Exif\0\0|Photoshop 3\.0\0|http://ns\.adobe\.com/[\w/.]+\0)"
)  # what a JPEG segment begins with
_UTF8 = re.compile(rb"(?:[\t\r\n\x20-\x7e]|[\xc2-\xf4][\x80-\xbf]{1,3}){4,}")
_UTF16 = re.compile(rb"(?:[\t\r\n\x20-\x7e\xa1-\xff]\0){4,}")
_WORD = re.compile(r"[^\W\d_]{3}|[0-9]{5}")
_XML = re.compile(rb"<(?:\?xpacket|x:xmpmeta|rdf:RDF)")


class Beside(NamedTuple):
    """What isn't pixels."""

    payloads: list[bytes]
    rest: bytes  # behind the end of the picture

    def __repr__(self) -> str:
        """Without the bytes: they are content."""
        return f"Beside({len(self.payloads)} payloads, {len(self.rest)} bytes behind)"


def read_beside(data: bytes, sink: Sink) -> list[str]:
    """The strings beside a picture's pixels; what stands behind its end is a file of its own."""
    found = beside_pixels(data)
    lines: list[str] = []
    for payload in found.payloads:
        if (start := _XML.search(payload)) is not None:
            _xmp(payload[start.start() :], sink)
        else:
            lines += strings(payload)
    if found.rest.strip(b"\0\r\n "):
        sink.file(found.rest)
    return lines


def beside_pixels(data: bytes) -> Beside:
    """What a picture file holds beside its pixels. Raises ValueError, IndexError for files that end too early."""
    if data.startswith(b"\x89PNG"):
        return _png(data)
    if data.startswith(b"\xff\xd8"):
        return _jpeg(data)
    if data.startswith(b"RIFF"):
        return _webp(data)
    if data.startswith(b"GIF8"):
        return _gif(data)
    if data.startswith(b"BM"):
        size = int.from_bytes(data[2:6], "little")
        return Beside([], data[size:] if 0 < size < len(data) else b"")
    return Beside([], b"")  # TIFF: its tags are read by name


def strings(payload: bytes) -> list[str]:
    """The words in bytes: UTF-8 and UTF-16 as cameras and programs write them."""
    payload = _THUMBNAIL.sub(b"", payload)
    found = [match[0].decode("utf-8", "replace") for match in _UTF8.finditer(payload)]
    found += [match[0].decode("utf-16-le", "replace") for match in _UTF16.finditer(payload)]
    return [text.strip() for text in found if _WORD.search(text)]


def _xmp(source: bytes, sink: Sink) -> None:
    """XMP is XML; what is none after all is read as if it were HTML."""
    try:
        text, aside = xml_texts(source.rstrip(b"\0 "), everything=True)
    except (ParseError, DefusedXmlException, LookupError, ValueError):
        read_markup(source.decode("utf-8", "replace"), sink)
    else:
        sink.text("\n".join([text, *aside]))


def _png(data: bytes) -> Beside:
    payloads: list[bytes] = []
    at = 8
    while at < len(data):
        size, kind = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        body = data[at + 8 : at + 8 + size]
        at += 12 + size
        if kind in {b"zTXt", b"iTXt"}:
            payloads += [body, *_unpacked(body)]
        elif kind not in _PLAIN_CHUNKS:
            payloads.append(body)
        if kind == b"IEND":
            break
    return Beside(payloads, data[at:])


def _unpacked(body: bytes) -> Iterator[bytes]:
    """What is compressed in a chunk of text: it begins behind one of the first zeros."""
    for match in list(re.finditer(rb"\0", body))[:5]:
        for start in (match.end(), match.end() + 1):
            unpacker = zlib.decompressobj()
            try:
                yield unpacker.decompress(body[start:], _MOST)
            except zlib.error:
                continue


def _jpeg(data: bytes) -> Beside:
    payloads: list[bytes] = []
    at = 2
    while at + 1 < len(data):
        if data[at] != 0xFF:
            raise ValueError("a JPEG segment begins with FF")
        marker = data[at + 1]
        at += 1 if marker == 0xFF else 2
        if marker == 0xD9:
            return Beside(payloads, data[at:])
        if marker in {0x00, 0x01, 0xFF} or 0xD0 <= marker <= 0xD8:
            continue
        size = int.from_bytes(data[at : at + 2])
        body = data[at + 2 : at + size]
        at += max(size, 2)
        # APP0 to APP15 and comments; JFIF, ICC profiles and Adobe's colour transform say how to show it.
        if (0xE0 <= marker <= 0xEF or marker == 0xFE) and not body.startswith(
            (b"JFIF\0", b"ICC_PROFILE\0", b"Adobe\0")
        ):
            payloads.append(_KIND.sub(b"", body))
        if marker == 0xDA:
            at = _behind_scan(data, at)
    return Beside(payloads, b"")


def _behind_scan(data: bytes, at: int) -> int:
    """The next marker that isn't part of the compressed pixels."""
    while True:
        at = data.find(b"\xff", at)
        if at < 0 or at + 1 >= len(data):
            return len(data)
        if data[at + 1] != 0x00 and not 0xD0 <= data[at + 1] <= 0xD7:
            return at
        at += 2


def _webp(data: bytes) -> Beside:
    payloads: list[bytes] = []
    end = 8 + int.from_bytes(data[4:8], "little")
    at = 12
    while at + 8 <= min(end, len(data)):
        kind, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        if kind not in _PLAIN_CHUNKS:
            payloads.append(data[at + 8 : at + 8 + size])
        at += 8 + size + size % 2
    return Beside(payloads, data[end + end % 2 :])


def _gif(data: bytes) -> Beside:
    payloads: list[bytes] = []
    at = 13 + (3 << ((data[10] & 7) + 1) if data[10] & 0x80 else 0)
    while data[at] != 0x3B:
        block = data[at]
        if block == 0x21:
            kind = data[at + 1]
            body, at = _sub_blocks(data, at + 2)
            if kind != 0xF9:  # how long a frame is shown
                payloads.append(body)
        elif block == 0x2C:
            packed = data[at + 9]
            at += 10 + (3 << ((packed & 7) + 1) if packed & 0x80 else 0)
            _, at = _sub_blocks(data, at + 1)
        else:
            raise ValueError("a GIF block begins with 21, 2C or 3B")
    return Beside(payloads, data[at + 1 :])


def _sub_blocks(data: bytes, at: int) -> tuple[bytes, int]:
    parts: list[bytes] = []
    while data[at]:
        parts.append(data[at + 1 : at + 1 + data[at]])
        at += 1 + data[at]
    return b"".join(parts), at + 1
