import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.evaluation.rows import Row, RowError, load_rows

GOOD = {"text": "I am Ana Novak", "spans": [{"start": 5, "end": 14, "label": "PERSON"}], "source": "ours"}


@pytest.fixture
def written(tmp_path):
    def write(*lines):
        path = tmp_path / "set.jsonl"
        path.write_text("".join(line if isinstance(line, str) else json.dumps(line) + "\n" for line in lines))
        return path

    return write


def test_texts_and_spans(written):
    rows = load_rows(written(GOOD, "\n", {"text": "nothing"}, {"text": "nor here", "label": "oos", "spans": []}))
    assert rows == [Row("I am Ana Novak", ((5, 14, "PERSON"),)), Row("nothing"), Row("nor here")]


def test_a_line_separator_inside_of_a_text_is_no_end_of_a_line(written):
    assert load_rows(written('{"text": "one\u2028two"}\n')) == [Row("one\u2028two")]


def test_a_sample_is_the_same_each_time(written):
    path = written(*({"text": str(number)} for number in range(50)))
    assert load_rows(path, 5) == load_rows(path, 5)
    assert len(load_rows(path, 5)) == 5
    assert len(load_rows(path, 99)) == len(load_rows(path)) == 50


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"text": "Ana"', r"set.jsonl:2: no JSON \(column \d+: "),
        ("[" * 100_000, "set.jsonl:2: "),
        ('["Ana"]', 'expected an object with "text", a string; got a list'),
        ('{"words": "Ana"}', 'expected an object with "text", a string; got an object without it'),
        ('{"text": 3}', 'expected an object with "text"'),
        ('{"text": "Ana", "spans": {"a": 1}}', 'expected "spans" to be a list'),
        ('{"text": "Ana", "spans": ["PERSON"]}', 'span 1: expected an object with "start", "end" and "label"'),
        ('{"text": "Ana", "spans": [{"start": 0, "end": "3", "label": "PERSON"}]}', "to be numbers"),
        ('{"text": "Ana", "spans": [{"start": true, "end": 3, "label": "PERSON"}]}', "to be numbers"),
        ('{"text": "Ana", "spans": [{"start": 0, "end": 3}]}', '"label" a string'),
        ('{"text": "Ana", "spans": [{"start": 0, "end": 4, "label": "PERSON"}]}', "0 to 4 is outside of its text of 3"),
        ('{"text": "Ana", "spans": [{"start": 2, "end": 2, "label": "PERSON"}]}', "2 to 2 is outside"),
        ('{"text": "Ana", "spans": [{"start": -1, "end": 2, "label": "PERSON"}]}', "-1 to 2 is outside"),
    ],
)
def test_what_is_wrong_is_said_with_its_line_and_without_the_text(written, line, message):
    with pytest.raises(RowError, match=message) as raised:
        load_rows(written(GOOD, line + "\n"))
    assert "set.jsonl:2" in str(raised.value)
    assert "Ana" not in str(raised.value)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xff\xfe\x00"])
def test_a_file_that_holds_nothing(tmp_path, content):
    (tmp_path / "set.jsonl").write_bytes(content)
    with pytest.raises(RowError, match=r"set\.jsonl: "):
        load_rows(tmp_path / "set.jsonl")


def test_a_folder(tmp_path):
    with pytest.raises(RowError, match="can't be read"):
        load_rows(tmp_path)


@given(st.text(max_size=200))
def test_any_line_is_a_row_or_an_error(tmp_path_factory, line):
    path = tmp_path_factory.mktemp("rows") / "set.jsonl"
    path.write_text(line, encoding="utf-8", errors="replace")
    with contextlib.suppress(RowError):  # nothing else comes out of it
        assert all(isinstance(row, Row) for row in load_rows(path))
