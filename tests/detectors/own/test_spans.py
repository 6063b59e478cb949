"""Places around others, held against the plain definition."""

from hypothesis import given
from hypothesis import strategies as st

from detectors.own.spans import Spans

places = st.tuples(st.integers(0, 40), st.integers(1, 12)).map(lambda pair: (pair[0], sum(pair)))


@given(st.lists(places, max_size=8), places)
def test_around(spans, place):
    start, end = place
    assert Spans(spans).around(start, end) == any(first <= start and end <= last for first, last in spans)


@given(st.lists(places, max_size=8), places, st.integers(0, 10))
def test_near(spans, place, within):
    start, end = place
    expected = any(
        first <= end + within and last >= start - within and not (start <= first and last <= end)
        for first, last in spans
    )
    assert Spans(spans).near(start, end, within) == expected


def test_none():
    assert not Spans()
    assert not Spans().around(0, 1)
    assert not Spans().near(0, 1, 10)
