"""Expressions compiled together: what they say, the file that they are kept in, and doing without."""

import pytest

from detectors.gate import database
from detectors.gate.database import open_database

EXPRESSIONS = [("ab[0-9]{2}", False), ("x", True)]


def test_where_they_match(tmp_path):
    opened = open_database(EXPRESSIONS, tmp_path)
    assert opened.ends(b"ab12 x x ab123") == {0: [4, 13], 1: [6]}
    assert opened.ends(b"nothing") == {}
    assert opened.ends(b"") == {}


def test_what_ends_a_text_is_found_whatever_its_length(tmp_path):
    expressions = ["1b(?:-)", "(?:ab|b1)", "(?:a)b", "ab", "bb(?:[^a]){0,1}1", "[^x]{3}z"]
    opened = open_database([(expression, False) for expression in expressions], tmp_path)
    for length in range(120):
        found = opened.ends(b"1" * length + b"ab")
        assert [found.get(number) for number in (1, 2, 3)] == [[length + 2]] * 3
        assert all(end <= length + 2 for ends in found.values() for end in ends)


def test_so_many_places_say_nothing(tmp_path):
    opened = open_database([("a", False)], tmp_path)
    assert opened.ends(b"a" * 200) == {0: list(range(1, 201))}
    assert opened.ends(b"a" * 1000) is None
    assert opened.ends(b"ba") == {0: [2]}  # and it goes on as before


def test_it_is_compiled_once(tmp_path, monkeypatch):
    first = open_database(EXPRESSIONS, tmp_path)
    (file,) = tmp_path.iterdir()
    assert file.stat().st_mode & 0o777 == 0o644
    monkeypatch.setattr(database, "_compile", pytest.fail)
    again = open_database(EXPRESSIONS, tmp_path)
    assert again.ends(b"ab12") == first.ends(b"ab12") == {0: [4]}


def test_a_damaged_file_is_written_again(tmp_path):
    open_database(EXPRESSIONS, tmp_path)
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    for damaged in (b"", whole[: len(whole) // 2], bytes(len(whole)), whole[:-8] + b"\xff" * 8):
        file.write_bytes(damaged)
        assert open_database(EXPRESSIONS, tmp_path).ends(b"ab12") == {0: [4]}
        assert file.read_bytes() == whole


def test_other_expressions_have_another_file_and_the_old_one_goes(tmp_path):
    open_database(EXPRESSIONS, tmp_path)
    (old,) = tmp_path.iterdir()
    open_database([("y", True)], tmp_path)
    (new,) = tmp_path.iterdir()
    assert new != old


def test_without_a_place_to_write_it_is_compiled_each_time(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert open_database(EXPRESSIONS, blocked / "folder").ends(b"ab12") == {0: [4]}


def test_without_hyperscan_there_is_none(tmp_path, monkeypatch):
    monkeypatch.setattr(database, "VERSION", None)
    assert open_database(EXPRESSIONS, tmp_path) is None


def test_what_it_refuses_is_told_without_the_expression(tmp_path, caplog):
    assert open_database([("(hidden", False)], tmp_path) is None
    assert "slower" in caplog.text
    assert "hidden" not in caplog.text
    assert list(tmp_path.iterdir()) == []
