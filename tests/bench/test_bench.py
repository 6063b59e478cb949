"""The benchmarks' arithmetic and tables; the figures themselves are measured by `make bench`."""

import itertools
import json
import os

import pytest

from bench import Row, content, streams
from bench.__main__ import _cells, _replaced
from bench.load import Series, bodies, conversation
from bench.proxy import rows_of
from bench.stage import _descendants


@pytest.mark.parametrize("size", [1024, 20 * 1024])
def test_bodies_are_chats_of_their_size(size):
    new = list(itertools.islice(bodies(size, new=True, seed=1), 20))
    repeated = list(itertools.islice(bodies(size, new=False, seed=1), 20))
    assert {len(body) for body in new + repeated} == {size}
    assert len({*new, *itertools.islice(bodies(size, new=True, seed=16), 20)}) == 40
    assert len(set(repeated)) == 1
    assert json.loads(new[0])["messages"][0]["role"] == "user"


def test_a_conversation_grows_and_keeps_what_was_said():
    turns = [json.loads(body)["messages"] for body in itertools.islice(conversation(100 * 1024, seed=1), 3)]
    assert [len(messages) for messages in turns] == [201, 203, 205]
    for before, after in itertools.pairwise(turns):
        assert after[:-2] == before
    assert all(messages[-1]["role"] == "user" for messages in turns)


def test_series():
    series = Series([float(n) for n in range(1, 101)])
    assert series.median == 50.5
    assert 98 < series.p99 <= 100


def test_rows_hold_the_floor_of_the_same_run():
    series = {"direct": Series([1.0, 1.0, 2.0]), "proxy": Series([4.0, 4.0, 9.0]), "bare mitmproxy": Series([2.0] * 3)}
    rows = {row.figure: row for row in rows_of("g", "1 KB", series)}
    assert list(rows) == [f"{name}, 1 KB: {figure}" for name in series for figure in ("median", "p99")]
    median = rows["proxy, 1 KB: median"]
    assert (median.value, median.floor, median.ratio, median.note) == (4.0, 2.0, 2.0, "adds 3.00 ms")
    assert rows["bare mitmproxy, 1 KB: median"].floor is None


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


def test_the_streams_of_the_benchmark_hold_what_is_said_of_them():
    plain, full = streams._stream(100, every=0), streams._stream(100, every=10)
    assert len(plain) == 100
    restored = b"".join(streams.restoring(streams._CHAT, streams._TOKENS, streams.SSE, "", "id").feed(b"".join(full)))
    assert all(value.encode() in restored for value in streams._VALUES)
    assert not any(value.encode() in b"".join(plain + full) for value in streams._VALUES)
    assert {row.group for row in streams.run(quick=True)} == {streams.GROUP}


@pytest.mark.slow
def test_files_are_opened_in_full_while_they_are_measured():
    rows = content.run(quick=True)
    assert [row.figure for row in rows][:3] == [
        "open a PDF of 10 pages",
        "open a Word document of 10 pages",
        "open an Excel sheet of 500 rows",
    ]
    assert all(row.floor for row in rows)
