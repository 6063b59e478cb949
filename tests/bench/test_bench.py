"""The benchmarks' arithmetic and tables; the figures themselves are measured by `make bench`."""

import itertools
import json
import os

import pytest

from bench import Row
from bench.__main__ import _cells, _replaced
from bench.proxy import BODY_BYTES, Series, _bodies, _rows
from bench.stage import _descendants


def test_bodies_are_chats_of_one_kilobyte():
    new = list(itertools.islice(_bodies("new text", seed=1), 50))
    repeated = list(itertools.islice(_bodies("repeated text", seed=1), 50))
    assert {len(body) for body in new + repeated} == {BODY_BYTES}
    assert len({*new, *itertools.islice(_bodies("new text", seed=16), 50)}) == 100
    assert len(set(repeated)) == 1
    assert json.loads(new[0])["messages"][0]["role"] == "user"


def test_series():
    series = Series([float(n) for n in range(1, 101)])
    assert series.median == 50.5
    assert 98 < series.p99 <= 100


def test_rows_hold_the_floor_of_the_same_run():
    rows = _rows({"direct": Series([1.0, 1.0, 2.0]), "proxy": Series([3.0, 3.0, 9.0])}, "new text, 1 at a time")
    assert (rows[0].value, rows[0].floor, rows[0].ratio, rows[0].note) == (3.0, 1.0, 3.0, "adds 2.0 ms")
    assert [row.figure for row in rows] == ["proxy, new text, 1 at a time: median", "proxy, new text, 1 at a time: p99"]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (Row("g", "f", 3.0, "ms", 1.5, "n"), ("f", "3.00 ms", "1.50 ms", "2.00x", "n")),
        (Row("g", "f", 1234.5, "MB"), ("f", "1,234 MB", "", "", "")),
        (Row("g", "f", 20.0, "ms", 1.0), ("f", "20 ms", "1.00 ms", "20x", "")),
    ],
)
def test_cells(row, expected):
    assert _cells(row) == expected


def test_figures_are_replaced_and_the_rest_stays():
    document = "before\n<!-- figures -->\nold\n<!-- end of figures -->\nafter\n"
    written = _replaced(document, [Row("latency", "f", 3.0, "ms", 1.5, "n")])
    assert written.startswith("before\n<!-- figures -->\nMeasured on ")
    assert written.endswith("<!-- end of figures -->\nafter\n")
    assert "| f | 3.00 ms | 1.50 ms | 2.00x | n |" in written
    assert "old" not in written
    assert _replaced(written, []).count("<!-- figures -->") == 1


def test_process_tree_finds_children():
    assert os.getpid() in _descendants(os.getppid())
    assert os.getpid() not in _descendants(os.getpid())


def test_sections_that_were_not_measured_stay():
    document = (
        "<!-- figures -->\nMeasured on a day.\n\n### A\n\n| a | 1 |\n\n### B\n\n| b | 2 |\n<!-- end of figures -->\n"
    )
    written = _replaced(document, [Row("a", "f", 3.0, "ms")])
    assert "| a | 1 |" not in written
    assert "### B\n\n| b | 2 |\n<!-- end of figures -->" in written
    assert written.count("### A") == 1
