"""The times that commands about the audit log take."""

from datetime import UTC, datetime

import pytest

from console.cli.log import parse_time, short

NOW = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("7d", "2026-11-17T15:30:00+00:00"),
        ("24h", "2026-11-23T15:30:00+00:00"),
        ("90m", "2026-11-24T14:00:00+00:00"),
        ("2w", "2026-11-10T15:30:00+00:00"),
        ("last 7 days", "2026-11-17T15:30:00+00:00"),
        ("Last  1 Hour", "2026-11-24T14:30:00+00:00"),
        ("30 minutes", "2026-11-24T15:00:00+00:00"),
        ("today", "2026-11-24T00:00:00+00:00"),
        ("yesterday", "2026-11-23T00:00:00+00:00"),
        ("2026-11-01", "2026-11-01T00:00:00+00:00"),
        ("2026-11-01T10:00", "2026-11-01T10:00:00+00:00"),
        ("2026-11-01T10:00:00Z", "2026-11-01T10:00:00+00:00"),
        ("2026-11-01T10:00:00+02:00", "2026-11-01T10:00:00+02:00"),
    ],
)
def test_parse_time(text, moment):
    assert parse_time(text, NOW).isoformat() == moment


@pytest.mark.parametrize("text", ["", "soon", "7", "7y", "last week", "2026-13-01", "-7d"])
def test_no_time(text):
    with pytest.raises(ValueError):
        parse_time(text, NOW)


def test_times_for_people_end_with_the_second() -> None:
    assert short("2026-11-24T15:30:00.123456Z") == "2026-11-24 15:30:00"
