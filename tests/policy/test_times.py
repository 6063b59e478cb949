"""Hours of the week by a zone's clock."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.times import DAYS, MIDNIGHT, TimeWindow, clock_text, is_zone, parse_clock

OFFICE = TimeWindow(("mon", "tue", "wed", "thu", "fri"), 8 * 60, 18 * 60, "Europe/Berlin")
NIGHT = TimeWindow(("fri",), 22 * 60, 6 * 60)


@pytest.mark.parametrize(
    ("window", "moment", "holds"),
    [
        (OFFICE, "2026-11-24T06:59:59+00:00", False),  # a Tuesday, 7:59 in Berlin
        (OFFICE, "2026-11-24T07:00:00+00:00", True),
        (OFFICE, "2026-11-24T16:59:00+00:00", True),
        (OFFICE, "2026-11-24T17:00:00+00:00", False),
        (OFFICE, "2026-07-21T16:30:00+00:00", False),  # summer: 18:30 in Berlin
        (OFFICE, "2026-11-28T10:00:00+00:00", False),  # a Saturday
        (OFFICE, "2026-11-24T02:00:00-05:00", True),
        (NIGHT, "2026-11-27T21:59:00+00:00", False),
        (NIGHT, "2026-11-27T22:00:00+00:00", True),
        (NIGHT, "2026-11-28T05:59:00+00:00", True),  # the night that began on Friday
        (NIGHT, "2026-11-28T06:00:00+00:00", False),
        (NIGHT, "2026-11-28T23:00:00+00:00", False),
        (NIGHT, "2026-11-27T05:00:00+00:00", False),
        (TimeWindow(("mon",), 0, 0), "2026-11-23T00:00:00+00:00", True),  # from midnight to the next
        (TimeWindow(("mon",), 0, 0), "2026-11-23T23:59:00+00:00", True),
        (TimeWindow(("mon",), 0, 0), "2026-11-24T00:00:00+00:00", False),
        (TimeWindow(("sun",), 23 * 60, 60), "2026-11-23T00:30:00+00:00", True),
    ],
)
def test_windows(window, moment, holds):
    assert window.holds(datetime.fromisoformat(moment)) is holds


@given(st.datetimes(timezones=st.just(UTC)), st.integers(0, MIDNIGHT - 1))
def test_two_windows_that_meet_are_the_whole_day(moment, minute):
    early, late = TimeWindow(end=minute, zone="Asia/Kolkata"), TimeWindow(start=minute, zone="Asia/Kolkata")
    if minute:
        assert early.holds(moment) != late.holds(moment)
    else:
        assert early.holds(moment)
        assert late.holds(moment)


@given(st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)))
def test_a_week_holds_each_day_once(moment):
    assert sum(TimeWindow((day,)).holds(moment) for day in DAYS) == 1
    assert TimeWindow().holds(moment)
    assert TimeWindow(("mon",)).holds(moment) == TimeWindow(("mon",)).holds(moment + timedelta(days=7))


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("00:00", 0), ("08:30", 510), ("23:59", 1439), ("24:00", 1440)]
    + [(text, None) for text in ("24:01", "8:00", "08:60", "08:00:00", "", "noon", "８:00", "-1:00", "08:00\n")],
)
def test_clocks(text, minutes):
    assert parse_clock(text) == minutes
    if minutes is not None:
        assert clock_text(minutes) == text


@pytest.mark.parametrize("name", ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"])
def test_zones(name):
    assert is_zone(name)


@pytest.mark.parametrize("name", ["", "Europe/Nowhere", "CET+1", "../etc/passwd", "/etc/passwd", "Europe", "Bad\0"])
def test_what_is_no_zone(name):
    assert not is_zone(name)


def test_words():
    assert str(OFFICE) == "mon, tue, wed, thu, fri 08:00-18:00 Europe/Berlin"
    assert str(TimeWindow()) == "daily 00:00-24:00 UTC"
