"""Tables that people export: CSV of any delimiter and encoding, row by row. What is broken is said with its line.

Sheets of workbooks are in `console.workbook_file`.
"""

import csv
import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

DELIMITERS = (",", ";", "\t", "|")
_LOOKED_AT = 262_144  # bytes that tell the encoding
_BOMS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig"))


class TableError(Exception):
    """A table can't be read as it is. The message says where, and what to do; never what stands there."""


@dataclass(frozen=True, slots=True)
class Table:
    """How a file is read."""

    path: Path
    encoding: str
    delimiter: str
    header: tuple[str, ...]

    def rows(self, columns: Sequence[str], *, skip_broken: bool = False) -> "Iterator[list[str] | None]":
        """The columns' values, row by row; None for a broken row that is skipped. Raises `TableError`."""
        places = [place_of(self.path, self.header, name) for name in columns]
        width = len(self.header)
        with self.path.open(encoding=self.encoding, newline="") as file:
            reader = csv.reader(file, delimiter=self.delimiter, strict=True)
            try:
                next(reader)
                for row in reader:
                    if not row:
                        continue
                    if len(row) == width:
                        yield [row[place] for place in places]
                    elif skip_broken:
                        yield None
                    else:
                        raise TableError(
                            f"{self.path}: line {reader.line_num}: expected {width} fields as in the header, got "
                            f"{len(row)}. Repair the line, or leave such lines out with --skip-broken"
                        )
            except csv.Error as error:
                raise TableError(
                    f"{self.path}: line {reader.line_num}: broken CSV ({error}). Is a quotation mark not closed?"
                ) from None
            except UnicodeDecodeError:
                raise TableError(
                    f"{self.path}: line {reader.line_num + 1} or later: not {self.encoding}. "
                    f"Say which encoding it has: --encoding {guessed(self.path)}"
                ) from None


def place_of(path: Path, header: Sequence[str], name: str) -> int:
    """Which column has this name. Raises `TableError`."""
    places = [place for place, column in enumerate(header) if column == name]
    if len(places) == 1:
        return places[0]
    if places:
        raise TableError(f"{path}: {len(places)} columns are called {name!r}: rename all but one in its first line")
    near = difflib.get_close_matches(name, header, n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    raise TableError(f"{path}: no column is called {name!r}.{hint} There are: {', '.join(header)}")


def open_table(path: Path, encoding: str | None = None, delimiter: str | None = None) -> Table:
    """Find out how a file is to be read, from its first line. Raises `TableError`."""
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except OSError as error:
        raise TableError(f"{path}: {error.strerror}") from None
    if start.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise TableError(f"{path}: this is a workbook, not CSV. Name it .xlsx, or save the sheet as CSV (UTF-8)")
    if encoding is None:
        encoding = next((name for bom, name in _BOMS if start.startswith(bom)), "utf-8")
    try:
        with path.open(encoding=encoding, newline="") as file:
            first = file.readline()
    except LookupError:
        raise TableError(
            f"--encoding {encoding}: no such encoding. Known are utf-8, cp1252, latin-1, utf-16, …"
        ) from None
    except UnicodeError:
        hint = f"Say which encoding it has: --encoding {guessed(path)}"
        raise TableError(f"{path}: its first line is not {encoding}. {hint}") from None
    if "\0" in first:
        raise TableError(f"{path}: this is no text. Export the table as CSV, in UTF-8")
    if not first.strip():
        raise TableError(f"{path}: expected the columns' names in the first line, got nothing")
    if delimiter is None:
        delimiter = max(DELIMITERS, key=lambda sign: len(_split(first, sign)))
    header = _split(first, delimiter)
    if not header:
        raise TableError(f"{path}: the first line can't be read as CSV: is a quotation mark not closed?")
    return Table(path, encoding, delimiter, tuple(name.strip() for name in header))


def guessed(path: Path) -> str:
    """The encoding that the file seems to have."""
    from charset_normalizer import from_bytes  # noqa: PLC0415 - for files that aren't UTF-8

    with path.open("rb") as file:
        best = from_bytes(file.read(_LOOKED_AT)).best()
    name = best.encoding if best is not None else "cp1252"
    return "cp1252" if name in {"ascii", "utf_8"} else name


def _split(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return []
