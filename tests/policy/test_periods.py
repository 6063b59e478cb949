"""The times that budgets count in."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.periods import PERIODS, bounds


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("every", "now", "starts", "ends"),
    [
        ("minute", "2026-11-24T09:30:15", "2026-11-24T09:30:00", "2026-11-24T09:31:00"),
        ("hour", "2026-11-24T09:30:15", "2026-11-24T09:00:00", "2026-11-24T10:00:00"),
        ("day", "2026-11-24T09:30:15", "2026-11-24T00:00:00", "2026-11-25T00:00:00"),
        ("week", "2026-11-24T09:30:15", "2026-11-23T00:00:00", "2026-11-30T00:00:00"),
        ("week", "2026-11-23T00:00:00", "2026-11-23T00:00:00", "2026-11-30T00:00:00"),
        ("month", "2026-11-24T09:30:15", "2026-11-01T00:00:00", "2026-12-01T00:00:00"),
        ("month", "2026-12-31T23:59:59", "2026-12-01T00:00:00", "2027-01-01T00:00:00"),
        ("month", "2028-02-29T12:00:00", "2028-02-01T00:00:00", "2028-03-01T00:00:00"),
    ],
)
def test_bounds(every: str, now: str, starts: str, ends: str) -> None:
    assert bounds(every, at(now)) == (at(starts), at(ends))


@given(st.sampled_from(PERIODS), st.integers(0, 4_000_000_000))
def test_times_follow_one_another(every: str, now: int) -> None:
    starts, ends = bounds(every, now)
    assert starts <= now < ends
    assert bounds(every, starts) == bounds(every, ends - 1) == (starts, ends)
    assert bounds(every, ends)[0] == ends
