"""Excel workbooks: cells as they are shown, one row a line, hidden ones too; then every other part."""

import datetime as dt
import warnings
import zipfile
from io import BytesIO
from typing import Any
from xml.etree.ElementTree import ParseError

import openpyxl
from defusedxml.common import DefusedXmlException
from openpyxl.utils.exceptions import InvalidFileException

from detectors.finding import SkipReason
from proxy.content.office import parts_of, read_part, xml_texts
from proxy.content.sink import Sink

_ERRORS = (
    InvalidFileException,
    zipfile.BadZipFile,
    ParseError,
    DefusedXmlException,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    OSError,
)
_LINES = 500  # rows that are handed on as one text, at most


def read_workbook(data: bytes, sink: Sink) -> None:
    """Every sheet, and what else is in the package."""
    # First the package, since unpacking it is what the bounds are about.
    parts = list(parts_of(data, sink))
    seen: set[str] = set()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about parts that openpyxl leaves out; they are read below
            book = openpyxl.load_workbook(BytesIO(data), read_only=True, data_only=True, keep_links=False)
        try:
            for sheet in book.worksheets:
                sink.text(sheet.title)
                _rows(sheet, sink, seen)
        finally:
            book.close()
    except _ERRORS:
        sink.skip(SkipReason.UNREADABLE)
    for name, part in parts:
        if name.endswith("/sharedStrings.xml"):
            # What no cell shows any more is still in the file.
            text, _ = xml_texts(part)
            sink.text("\n".join(line for line in text.split("\n") if line.strip() and line not in seen))
        else:
            read_part(name, part, sink, cells="/worksheets/" not in name)


def _rows(sheet: Any, sink: Sink, seen: set[str]) -> None:
    lines: list[str] = []
    for row in sheet.iter_rows(values_only=True):
        cells = [shown(value) for value in row]
        if not any(cells):
            continue
        for cell in cells:
            seen.update(cell.split("\n"))
        lines.append("\t".join(cells).rstrip("\t"))
        if len(lines) == _LINES:
            sink.text("\n".join(lines))
            lines.clear()
    sink.text("\n".join(lines))


def shown(value: Any) -> str:
    """A cell's value as people read it."""
    match value:
        case None:
            return ""
        case dt.datetime() if value.time() == dt.time():
            return value.date().isoformat()
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case _:
            return str(value)
