"""What opening a file costs, in this process: Privet's reading against the bare library's for the same visible text.

The bare library reads less: no comments, metadata, hidden parts or embedded files. Pictures are tesseract's own time.
"""

import io
import statistics
import time
from collections.abc import Callable

import openpyxl
import pypdfium2
from docx import Document
from PIL import Image

from bench import Row
from proxy.content.bounds import Bounds
from proxy.content.ocr import read_words, tesseract
from proxy.content.read import open_file
from tests.fakes import files

_PAGE = "The contract with the customer was signed on Monday in the city of Bonn, and both agreed on its terms. " * 20


def run(*, quick: bool) -> list[Row]:
    """Measure documents of some pages, a table and a picture."""
    pages, rows, times = (10, 500, 3) if quick else (100, 5_000, 7)
    pdf, letter, table = files.pdf(*[_PAGE] * pages), files.word(f"{_PAGE}\n" * pages), _table(rows)
    floors: list[tuple[str, bytes, Callable[[bytes], object], str]] = [
        (f"a PDF of {pages} pages", pdf, _bare_pdf, "floor: PDFium, text alone"),
        (f"a Word document of {pages} pages", letter, _bare_word, "floor: python-docx, paragraphs alone"),
        (f"an Excel sheet of {rows} rows", table, _bare_table, "floor: openpyxl, cells alone"),
    ]
    if tesseract() is not None:
        floors.append(
            ("a picture with words", files.picture("Anna Schmidt of Bonn"), _bare_picture, "floor: tesseract")
        )
    return [
        Row("opening files", f"open {what}", _median(_open, data, times), "ms", _median(bare, data, times), note)
        for what, data, bare, note in floors
    ]


def _open(data: bytes) -> None:
    opened = open_file(data, "", "", Bounds())
    if not opened.texts or opened.skipped:
        raise RuntimeError("the file was not read in full")


def _median(work: Callable[[bytes], object], data: bytes, times: int) -> float:
    taken: list[float] = []
    for _ in range(times):
        started = time.perf_counter()
        work(data)
        taken.append((time.perf_counter() - started) * 1000)
    return statistics.median(taken)


def _bare_pdf(data: bytes) -> None:
    document = pypdfium2.PdfDocument(data)
    for page in document:
        page.get_textpage().get_text_range()
    document.close()


def _bare_word(data: bytes) -> None:
    "\n".join(paragraph.text for paragraph in Document(io.BytesIO(data)).paragraphs)


def _bare_table(data: bytes) -> None:
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    for sheet in book.worksheets:
        for row in sheet.iter_rows(values_only=True):
            "\t".join(str(value) for value in row)
    book.close()


def _bare_picture(data: bytes) -> None:
    read_words(Image.open(io.BytesIO(data)), "eng")


def _table(rows: int) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    for number in range(rows):
        sheet.append([f"Customer {number}", number, "Bonn", number * 1.5])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
