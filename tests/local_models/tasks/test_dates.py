"""Dates in all usual written forms, what is none, and which of two days is meant."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_models.tasks.dates import day_first_evidence, find_dates

DAY = date(2026, 3, 31)


@pytest.mark.parametrize(
    "written",
    [
        "2026-03-31",
        "2026/03/31",
        "2026.3.31",
        "20260331",
        "31.03.2026",
        "31/3/26",
        "31 . 03 . 2026",
        "03/31/2026",
        "31-03-2026",
        "31 March 2026",
        "31st of March, 2026",
        "March 31, 2026",
        "Mar. 31st 2026",
        "31-MAR-26",
        "31MAR2026",
        "31. März 2026",
        "31 mars 2026",
        "31 de marzo de 2026",
        "31 marzo 2026",
        "31 maart 2026",
        "31 de março de 2026",
        "31 marca 2026",
        "2026年3月31日",
    ],
)
def test_a_day_in_its_written_forms(written: str) -> None:
    found = find_dates(f"Issued {written} 18:04")
    assert [day for span in found for day, _ in span.days] == [DAY]
    assert f"Issued {written} 18:04"[found[0].start : found[0].end].strip() == written


@pytest.mark.parametrize(
    "text",
    ["31.02.2026", "32/01/2026", "13/13/2026", "10.0.0.12", "call 555-01-1234567", "31 potatoes 2026", "v1.2.3.4", ""],
)
def test_no_date(text: str) -> None:
    assert find_dates(text) == ()


def test_every_month_has_the_beginnings_that_are_no_others() -> None:
    assert find_dates("5 juil. 2026")[0].days == ((date(2026, 7, 5), 1.0),)
    assert find_dates("5 jui 2026") == ()  # juin or juillet


@pytest.mark.parametrize(
    ("text", "likelier"),
    [
        ("03/04/2026, due 25/04/2026", date(2026, 4, 3)),
        ("03/04/2026, due 04/25/2026", date(2026, 3, 4)),
        ("03/04/2026 total 12,50 €", date(2026, 4, 3)),
        ("03/04/2026 total USD 12.50", date(2026, 3, 4)),
    ],
)
def test_two_ways_to_read_one_are_settled_by_the_text(text: str, likelier: date) -> None:
    days = dict(find_dates(text)[0].days)
    assert max(days, key=lambda day: days[day]) == likelier
    assert sum(days.values()) == pytest.approx(1.0)


def test_what_nothing_settles_is_as_likely_as_was_learnt() -> None:
    assert dict(find_dates("03/04/2026")[0].days) == {date(2026, 4, 3): 0.5, date(2026, 3, 4): 0.5}
    assert dict(find_dates("03/04/2026", day_first=0.9)[0].days)[date(2026, 4, 3)] == 0.9
    assert day_first_evidence("on 03/04/2026", date(2026, 4, 3)) is True
    assert day_first_evidence("on 03/04/2026", date(2026, 3, 4)) is False
    assert day_first_evidence("on 2026-04-03", date(2026, 4, 3)) is None


@given(
    st.dates(date(1971, 1, 1), date(2069, 12, 31)), st.sampled_from(["%Y-%m-%d", "%d %B %Y", "%B %d, %Y", "%d-%b-%y"])
)
def test_what_is_written_is_read(day: date, form: str) -> None:
    assert [one for span in find_dates(day.strftime(form)) for one, _ in span.days] == [day]


@given(st.text(max_size=200))
def test_spans_are_in_bounds_and_apart(text: str) -> None:
    end = 0
    for span in find_dates(text):
        assert end <= span.start < span.end <= len(text)
        end = span.end
