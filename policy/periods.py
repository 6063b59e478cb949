"""The times that budgets count in, by UTC: minutes, hours and days, weeks from Monday on, months of the calendar."""

from datetime import UTC, datetime

_SECONDS = {"minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}
_FIRST_MONDAY = 4 * 86_400  # 5 January 1970
PERIODS = (*_SECONDS, "month")


def bounds(every: str, now: int) -> tuple[int, int]:
    """When the time that holds this moment began and when it ends, in seconds since 1970."""
    if every == "month":
        day = datetime.fromtimestamp(now, UTC)
        first = datetime(day.year, day.month, 1, tzinfo=UTC)
        after = datetime(day.year + day.month // 12, day.month % 12 + 1, 1, tzinfo=UTC)
        return int(first.timestamp()), int(after.timestamp())
    seconds = _SECONDS[every]
    starts = now - (now - (_FIRST_MONDAY if every == "week" else 0)) % seconds
    return starts, starts + seconds
