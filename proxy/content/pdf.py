"""PDF: the text layer of every page, its pictures by OCR, and every string of the document's other objects.

PDFium, which browsers show PDFs with, reads and draws pages. pypdf walks through the objects: information, XMP, forms,
annotations, outlines, scripts and embedded files are strings and streams of some object; no list of places is needed.
"""

import hashlib
import logging
import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from xml.etree.ElementTree import ParseError

import pypdfium2
import pypdfium2.raw
from defusedxml.common import DefusedXmlException
from PIL import Image
from pypdf import PdfReader
from pypdf.errors import PyPdfError
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, StreamObject, TextStringObject

from detectors.finding import SkipReason
from proxy.content.image import read_page
from proxy.content.office import xml_texts
from proxy.content.sink import Sink

logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # its warnings quote what they stumble over
_DPI = 150  # of a page that is read by OCR
_LARGE = 0.4  # of a page: a picture that covers more is a scan, read as it is shown
_FEW = 4  # pictures on a page; more may be the strips of one scan
_PRIVATE = re.compile("[\ue000-\uf8ff\ufffd\x00-\x08\x0e-\x1f]")
_GARBLED = 0.2  # of a page's characters: fonts without a table of characters
_SAYS_SOMETHING = re.compile(r"[^\W\d_]{3}|[0-9]{5}")
# Entries whose strings are the format's own: appearance, ids, dates, languages, programs.
_TECHNICAL = frozenset(
    {
        "/DA",
        "/ID",
        "/Lang",
        "/Ordering",
        "/Registry",
        "/CharSet",
        "/Producer",
        "/Creator",
        "/CreationDate",
        "/ModDate",
        "/M",
    }
)
_DEEPEST = 40
_ERRORS = (PyPdfError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RuntimeError, OSError)


def read_pdf(data: bytes, sink: Sink) -> None:
    """Every page, then every other object. Raises `Exceeded`."""
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError:
        sink.skip(SkipReason.UNREADABLE)  # damaged, or needs a password
        return
    try:
        for number in range(len(document)):
            _page(document, number, sink)
    except pypdfium2.PdfiumError:
        sink.skip(SkipReason.UNREADABLE)
    finally:
        document.close()
    _objects(data, sink)
    # Readers look for the header and the end, and pass over what stands before and behind.
    for around in (data[: data.find(b"%PDF-")], data[data.rfind(b"%%EOF") + 5 :]):
        if around.strip(b"\0\r\n\t "):
            sink.file(around)


def _page(document: pypdfium2.PdfDocument, number: int, sink: Sink) -> None:
    page = document[number]
    text = page.get_textpage().get_text_range()
    sink.text(text.replace("\r\n", "\n").replace("\ufffe", ""))
    pictures: list[Any] = []
    others = False
    for item in page.get_objects(max_depth=8):
        if item.type == pypdfium2.raw.FPDF_PAGEOBJ_IMAGE:
            pictures.append(item)
        else:
            others = True
    garbled = len(_PRIVATE.findall(text)) > _GARBLED * len(text)
    area = page.get_width() * page.get_height()
    scan = len(pictures) > _FEW or any(_area(picture) > _LARGE * area for picture in pictures)
    if garbled or scan or (not text.strip() and (others or pictures)):
        drawn = page.render(scale=_DPI / 72, may_draw_forms=True).to_pil()
        sink.text(_known(drawn, sink))
        return
    for picture in pictures:
        sink.text(_known(picture.get_bitmap().to_pil(), sink))


def _known(picture: Image.Image, sink: Sink) -> str:
    """A picture's text; the same picture is read, and told, once."""
    digest = hashlib.sha256(repr(picture.size).encode() + picture.tobytes()).digest()
    if digest in sink.pictures:
        return ""
    sink.pictures[digest] = text = read_page(picture, sink)
    return text


def _area(picture: Any) -> float:
    left, bottom, right, top = picture.get_bounds()
    return float(abs(right - left) * abs(top - bottom))


def _objects(data: bytes, sink: Sink) -> None:
    """The strings of all objects, and the files that are embedded."""
    strings: dict[str, None] = {}
    try:
        reader = PdfReader(BytesIO(data), strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            sink.skip(SkipReason.UNREADABLE)
            return
        for item in _all(reader):
            if isinstance(item, StreamObject):
                _stream(item, sink)
            for text in _strings(item, 0):
                strings[text] = None
    except (*_ERRORS, AssertionError):
        sink.skip(SkipReason.UNREADABLE)
    sink.text("\n".join(strings))


def _all(reader: PdfReader) -> Iterator[Any]:
    yield reader.trailer.get("/Info")
    numbers = {(number, generation) for generation, table in reader.xref.items() for number in table}
    numbers |= {(number, 0) for number in reader.xref_objStm}
    for number, generation in sorted(numbers):
        if number:
            yield reader.get_object(IndirectObject(number, generation, reader))


def _stream(item: StreamObject, sink: Sink) -> None:
    kind = item.get("/Type")
    if kind == "/Metadata":
        try:
            text, aside = xml_texts(_data(item, sink), everything=True)
        except (ParseError, DefusedXmlException, LookupError, ValueError):
            sink.skip(SkipReason.UNREADABLE)
            return
        sink.text("\n".join([text, *(value for value in aside if " " in value or "@" in value)]))
    elif kind == "/EmbeddedFile":
        sink.file(_data(item, sink))


def _data(item: StreamObject, sink: Sink) -> bytes:
    data = item.get_data()
    sink.expand(len(data))
    return data


def _strings(item: Any, depth: int) -> Iterator[str]:
    if depth > _DEEPEST:
        return
    match item:
        case TextStringObject():
            if _SAYS_SOMETHING.search(item):
                yield str(item)
        case DictionaryObject() if "/O" in item and "/U" in item and "/Filter" in item:
            return  # how it is encrypted
        case DictionaryObject():
            for name, value in item.items():
                if name not in _TECHNICAL:
                    yield from _strings(value, depth + 1)
        case ArrayObject():
            for value in item:
                yield from _strings(value, depth + 1)
