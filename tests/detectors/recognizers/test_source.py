import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.recognizers.source import Source


def test_before():
    source = Source("abc def", "field")
    assert source.before(4, 2) == "field c "
    assert source.before(0) == "field "
    assert source.lower == "abc def"
    assert "abc" not in repr(source)


@pytest.mark.parametrize("text", ["", "no digits", "1 alone", "one 1 and, much further on, 2", "a\n1\n2"])
def test_no_numbers(text):
    assert Source(text).numbers == ()


@pytest.mark.parametrize(
    "text", ["", "short words only", "snake_case_identifier", "www.example/path/of/words", "Ab1" * 4]
)
def test_no_runs(text):
    assert Source(text).runs == ()


def test_regions_lie_around_what_they_are_for():
    text = "x " * 500 + "call 555 1234 now" + " y" * 500 + " key=AKIA0123456789ABCDEF" + " z" * 500
    numbers, runs = Source(text).numbers, Source(text).runs
    assert any(start <= text.index("call") and end >= text.index(" now") for start, end in numbers)
    assert any(start <= text.index("key=") and end > text.index("CDEF") for start, end in runs)
    assert sum(end - start for start, end in numbers) < 600
    assert Source(text).regions("text") == ((0, len(text)),)
    assert Source(text).regions("numbers") == numbers
    assert Source(text).regions("runs") == runs


PIECES = st.sampled_from(["12", "7", "word ", "\n", "ABCDEFGH", "x1", " ", "-", "ä", "9 9"])


@given(st.lists(PIECES, max_size=80).map("".join))
def test_regions_are_in_order_and_miss_nothing(text):
    source = Source(text)
    for regions, pattern in ((source.numbers, r"\d[^\d\n]{0,8}\d"), (source.runs, r"[\w-]{13,}")):
        flat = [position for region in regions for position in region]
        assert flat == sorted(flat)
        assert all(0 <= start < end <= len(text) for start, end in regions)
        for match in re.finditer(pattern, text):
            telling = pattern.startswith(r"\d") or re.search(r"[A-Z0-9]", match[0])
            assert not telling or any(start <= match.start() and match.end() <= end for start, end in regions)


def test_no_region_ends_inside_a_word():
    text = "id 12" + "a" * 300 + " and so on " + "b" * 400
    assert all(end == len(text) or text[end].isspace() for _, end in Source(text).numbers)


@given(st.lists(st.sampled_from(["key", "KEY", " ", "x" * 9, "pat", "\n"]), max_size=60).map("".join))
def test_beside_covers_every_place_and_no_more_than_asked(text):
    regions = Source(text).beside(("key", "pat"), 3, 5)
    flat = [position for region in regions for position in region]
    assert flat == sorted(flat)
    for match in re.finditer("key|pat", text.lower()):
        inside = (max(0, match.start() - 3), min(len(text), match.end() + 5))
        assert any(start <= inside[0] and inside[1] <= end for start, end in regions)
    assert bool(regions) is bool(re.search("key|pat", text.lower()))


def test_beside_reads_all_where_lower_case_is_longer():
    text = "İ" * 20 + " key " + "x" * 50
    assert Source(text).beside(("key",), 3, 5) == ((0, len(text)),)


def test_the_text_of_runs():
    source = Source("see AKIA0123456789ABCDEF and short, or alllowercasewords")
    assert source.run_text == "akia0123456789abcdef"
