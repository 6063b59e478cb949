"""Tables as people export them, and what is said of broken ones."""

import pytest

from console.table_file import TableError, guessed, open_table

ROWS = [["Jörg Müller", "j@kunde.example"], ["Anna, Köln", "a@kunde.example"]]


def written(directory, text, encoding="utf-8"):
    path = directory / "t.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_delimiters_and_encodings(tmp_path, sign, encoding):
    lines = ("name;mail;x", "Jörg Müller;j@kunde.example;", "", '"Anna, Köln";a@kunde.example;1', "")
    text = "\r\n".join(lines).replace(";", sign)
    table = open_table(written(tmp_path, text, encoding))
    assert table.header == ("name", "mail", "x")
    assert list(table.rows(["name", "mail"])) == ROWS


def test_an_encoding_that_is_said(tmp_path):
    path = written(tmp_path, "name,mail\nJörg Müller,j@kunde.example\n", "cp1252")
    assert next(open_table(path, "cp1252").rows(["name"])) == ["Jörg Müller"]
    assert guessed(path) not in {"utf_8", "ascii"}


def test_a_delimiter_that_is_said(tmp_path):
    assert open_table(written(tmp_path, "a:b\n1:2\n"), delimiter=":").header == ("a", "b")


def reading(path, columns=("a",), **options):
    return list(open_table(path).rows(columns, **options))


@pytest.mark.parametrize(
    ("text", "encoding", "message"),
    [
        ("", "utf-8", "expected the columns' names in the first line"),
        ("a,b\n1\n", "utf-8", "line 2: expected 2 fields as in the header, got 1. Repair the line"),
        ("a,b\n1,2\n1,2,3\n", "utf-8", "line 3: expected 2 fields as in the header, got 3"),
        ('a,b\n"1,2\n3,4\n', "utf-8", "broken CSV"),
        ("a,b\n1,ö\n", "cp1252", "not utf-8. Say which encoding it has: --encoding "),
        ("ä,b\n1,2\n", "cp1252", "its first line is not utf-8"),
        ("a\0b\n", "utf-8", "this is no text"),
        ("b,c\n1,2\n", "utf-8", "no column is called 'a'. There are: b, c"),
        ("aa,c\n1,2\n", "utf-8", "There are: aa, c"),
        ("a,a\n1,2\n", "utf-8", "2 columns are called 'a'"),
        ('"a\n', "utf-8", "can't be read as CSV"),
    ],
)
def test_what_is_wrong_is_said(tmp_path, text, encoding, message):
    with pytest.raises(TableError) as caught:
        reading(written(tmp_path, text, encoding))
    assert message in str(caught.value)


def test_a_column_that_is_nearly_there(tmp_path):
    with pytest.raises(TableError, match="Did you mean email"):
        reading(written(tmp_path, "name,email\n"), ["emial"])


def test_broken_lines_can_be_left_out(tmp_path):
    assert reading(written(tmp_path, "a,b\n1\n2,3\n"), skip_broken=True) == [None, ["2"]]


def test_files_that_are_not_there_and_encodings_nobody_knows(tmp_path):
    with pytest.raises(TableError, match="No such file"):
        open_table(tmp_path / "none.csv")
    with pytest.raises(TableError, match="no such encoding"):
        open_table(written(tmp_path, "a\n"), "klingon")


def test_a_workbook_is_no_csv(tmp_path):
    (tmp_path / "t.xlsx").write_bytes(b"PK\x03\x04" + bytes(50))
    with pytest.raises(TableError, match="this is a workbook"):
        open_table(tmp_path / "t.xlsx")


def test_a_message_never_quotes_a_row(tmp_path):
    with pytest.raises(TableError) as caught:
        reading(written(tmp_path, "a,b\nsecret value\n"))
    assert "secret" not in str(caught.value)
