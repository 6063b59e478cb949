"""Sheets as tables: cells as people see them, and what is wrong with a workbook said with its name."""

import datetime as dt

import openpyxl
import pytest

from console.table_file import TableError
from console.workbook_file import open_sheet


def written(tmp_path, **sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    path = tmp_path / "book.xlsx"
    book.save(path)
    return path


HEADER = ["Name", " Account ", "Born", "Note"]


def test_rows_are_what_people_see(tmp_path):
    born = dt.datetime(1980, 5, 1)
    rows = [[None], HEADER, ["Jörg Müller", 48214, born, None], [None, None, None, "x"], ["Anna", 7.0, None, None], []]
    sheet = open_sheet(written(tmp_path, Empty=[], List=rows))
    assert sheet.header == ("Name", "Account", "Born", "Note")
    found = list(sheet.rows(["Account", "Name", "Born"]))
    assert found == [["48214", "Jörg Müller", "1980-05-01"], ["7", "Anna", ""]]


def test_the_sheet_must_be_said_where_there_are_several(tmp_path):
    path = written(tmp_path, Old=[["a"], ["x"]], New=[["b"], ["y"]])
    with pytest.raises(TableError, match=r"--sheet\. There are: Old, New"):
        open_sheet(path)
    assert list(open_sheet(path, "New").rows(["b"])) == [["y"]]
    with pytest.raises(TableError, match="no sheet called 'Newer'"):
        open_sheet(path, "Newer")


def test_an_unknown_column(tmp_path):
    sheet = open_sheet(written(tmp_path, List=[["Name"], ["x"]]))
    with pytest.raises(TableError, match="Did you mean Name"):
        list(sheet.rows(["Nam"]))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no workbook"),
        (b"PK\x03\x04 and then nothing", "no workbook"),
        (b"name,mail\nx,y\n", "no workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "encrypted, or older"),
    ],
)
def test_what_is_no_workbook(tmp_path, data, said):
    path = tmp_path / "x.xlsx"
    path.write_bytes(data)
    with pytest.raises(TableError, match=said):
        open_sheet(path)


def test_a_workbook_cut_short(tmp_path):
    path = written(tmp_path, List=[["Name"], *([f"n{n}"] for n in range(2000))])
    path.write_bytes(path.read_bytes()[:-3000])
    with pytest.raises(TableError, match="no workbook"):
        open_sheet(path)


def test_an_empty_workbook(tmp_path):
    with pytest.raises(TableError, match="There are: none"):
        open_sheet(written(tmp_path, List=[]))
