"""`TimeWindow`: hours of some days of the week in a time zone. Pure: the moment is given."""

import re
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MIDNIGHT = 24 * 60  # minutes: the end of a day

_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00")


@dataclass(frozen=True, slots=True)
class TimeWindow:
    """From `start` until before `end`, in minutes of the day. An end that isn't later is on the next day."""

    days: tuple[str, ...] = DAYS  # on which it starts
    start: int = 0
    end: int = MIDNIGHT
    zone: str = "UTC"

    def holds(self, moment: datetime) -> bool:
        """Whether a moment (with its own time zone) is in the window, by the zone's clock."""
        local = moment.astimezone(ZoneInfo(self.zone))
        minute = local.hour * 60 + local.minute
        today, yesterday = DAYS[local.weekday()], DAYS[local.weekday() - 1]
        if self.start < self.end:
            return today in self.days and self.start <= minute < self.end
        return (today in self.days and minute >= self.start) or (yesterday in self.days and minute < self.end)

    def __str__(self) -> str:
        """In words, such as `mon, tue 08:00-18:00 Europe/Berlin`."""
        days = "daily" if self.days == DAYS else ", ".join(self.days)
        return f"{days} {clock_text(self.start)}-{clock_text(self.end)} {self.zone}"


def parse_clock(text: str) -> int | None:
    """Minutes of the day of `HH:MM`, from 00:00 to 24:00; None if it is anything else."""
    if not _CLOCK.fullmatch(text):
        return None
    hours, _, minutes = text.partition(":")
    return int(hours) * 60 + int(minutes)


def clock_text(minutes: int) -> str:
    """`HH:MM` of minutes of the day."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def is_zone(name: str) -> bool:
    """Whether a name is an IANA time zone's."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # no such zone; a name that is no path; a folder's name
        return False
    return True
