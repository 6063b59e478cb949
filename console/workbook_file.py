"""Sheets of Excel workbooks as tables, row by row: cells as they are shown; the first row with any is the header."""

import warnings
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from console.table_file import TableError, place_of

SUFFIXES = frozenset({".xlsx", ".xlsm"})
_OLD = b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a workbook."""

    path: Path
    name: str
    header: tuple[str, ...]

    def rows(self, columns: Sequence[str], *, skip_broken: bool = False) -> "Iterator[list[str] | None]":
        """The columns' values, row by row; rows without any are left out. Raises `TableError`."""
        del skip_broken  # a sheet's rows are never too long or too short
        places = [place_of(self.path, self.header, name) for name in columns]
        book = _open(self.path)
        try:
            rows = _filled(book[self.name])
            next(rows)
            for row in rows:
                cells = [row[place] if place < len(row) else "" for place in places]
                if any(cells):
                    yield cells
        except (zipfile.BadZipFile, SyntaxError, ValueError, KeyError, EOFError) as error:
            raise _damaged(self.path) from error
        finally:
            book.close()


def open_sheet(path: Path, name: str | None = None) -> Sheet:
    """The sheet of this name; without one, the only sheet that has anything in it. Raises `TableError`."""
    book = _open(path)
    try:
        headers = {sheet.title: next(_filled(sheet), None) for sheet in book.worksheets}
    except (zipfile.BadZipFile, SyntaxError, ValueError, KeyError, EOFError) as error:
        raise _damaged(path) from error
    finally:
        book.close()
    known = ", ".join(title for title, header in headers.items() if header) or "none"
    if name is None:
        filled = [title for title, header in headers.items() if header]
        if len(filled) > 1:
            raise TableError(f"{path}: say which sheet is the table, with --sheet. There are: {known}")
        name = filled[0] if filled else ""
    header = headers.get(name)
    if not header:
        raise TableError(f"{path}: no sheet called {name!r} has rows in it. There are: {known}")
    return Sheet(path, name, tuple(cell.strip() for cell in header))


def _open(path: Path) -> Any:
    import openpyxl  # noqa: PLC0415 - for workbooks alone
    from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415 - the same

    try:
        with path.open("rb") as file:
            if file.read(4) == _OLD:
                raise TableError(
                    f"{path}: this workbook is encrypted, or older than xlsx. Save it as .xlsx without a password"
                )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about parts that openpyxl leaves out, such as styles
            return openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
    except OSError as error:
        raise TableError(f"{path}: {error.strerror or 'unreadable'}") from None
    except (InvalidFileException, zipfile.BadZipFile, SyntaxError, ValueError, KeyError) as error:
        raise _damaged(path) from error


def _damaged(path: Path) -> TableError:
    return TableError(f"{path}: this is no workbook that can be read. Save it once more, or export the sheet as CSV")


def _filled(sheet: Any) -> Iterator[list[str]]:
    """The rows that have anything in them."""
    from proxy.content.sheets import shown  # noqa: PLC0415 - the same

    for row in sheet.iter_rows(values_only=True):
        cells = [shown(value) for value in row]
        if any(cells):
            yield cells
