"""What every command that reads the audit log shares: its times and filters, how it is opened, how rows are shown."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from types import ModuleType
from typing import TYPE_CHECKING, Any, NoReturn

import click
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from audit.errors import AuditError, EventError
from audit.event import time_text
from console.cli.context import EXIT_TAMPERED, Cli, fail, out

if TYPE_CHECKING:
    from audit.store import AuditReader

_UNITS = {"minute": 60, "hour": 3600, "day": 86400, "week": 604800}
_SPAN = re.compile(r"(?:last\s+)?(\d{1,5})\s*(m|h|d|w|minutes?|hours?|days?|weeks?)")
_LETTERS = {unit[0]: unit for unit in _UNITS}


def parse_time(text: str, now: datetime) -> datetime:
    """A point in time: a date, RFC 3339, a span back from now, `today` or `yesterday`. UTC. Raises `ValueError`."""
    words = " ".join(text.lower().split())
    if match := _SPAN.fullmatch(words):
        unit = match[2] if len(match[2]) > 1 else _LETTERS[match[2]]
        return now - timedelta(seconds=int(match[1]) * _UNITS[unit.removesuffix("s")])
    if words in ("today", "yesterday"):
        return datetime.combine(now.date() - timedelta(days=words == "yesterday"), time(), UTC)
    try:
        return datetime.combine(date.fromisoformat(words), time(), UTC)
    except ValueError:
        moment = datetime.fromisoformat(words.upper())
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class Time(click.ParamType[str]):
    """An option that takes a time expression and gives the log's text form."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:

        try:
            return time_text(parse_time(str(value), datetime.now(UTC)))
        except (ValueError, OverflowError):
            self.fail(f'{value!r} is no time. Try 2026-11-01, 7d, 24h, "last 7 days", today or yesterday.', param, ctx)


since = click.option("--since", type=Time(), help='From then on: 2026-11-01, 7d, 24h, "last 7 days", today.')
until = click.option("--until", type=Time(), help="Until then (not included).")
_FILTERS = (
    click.option("--department", help="The department that the person belongs to."),
    click.option("--user", help="Who asked."),
    click.option("--effect", type=click.Choice(["allow", "justify", "reroute", "block"]), help="What was decided."),
    click.option("--rule", help="A rule whose condition held."),
    click.option("--type", "type", help="An entity type that was found, such as PERSON."),
    click.option("--provider", help="The provider, such as openai."),
    click.option("--model", help="The model that was asked for."),
)


def filters[F: Callable[..., Any]](function: F) -> F:
    """Options that choose records, as `audit.store.Filters` takes them."""
    for option in reversed(_FILTERS):
        function = option(function)
    return function


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def store() -> ModuleType:
    """`audit.store`, imported when it is needed."""
    import audit.store  # noqa: PLC0415 - SQLAlchemy takes a third of a second, which `--help` needn't wait for

    return audit.store


@contextmanager
def reader(cli: Cli) -> "Iterator[AuditReader]":
    """The log that the settings name; ends the program if it can't be read."""
    try:
        with store().AuditReader(cli.settings().audit.database) as opened:
            yield opened
    except AuditError as error:
        fail(str(error))


def unreadable(error: EventError) -> NoReturn:
    """End the program: a stored record is damaged."""
    fail(f"a stored record can't be read: {error}", ["See what is wrong with: privet audit verify"], EXIT_TAMPERED)


def short(moment: str) -> str:
    """A time of the log for people: to the second, UTC."""
    return moment[:19].replace("T", " ")


def print_json(value: Any) -> None:
    """JSON for programs."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def print_table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    """A table for people."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in header:
        table.add_column(name, overflow="fold", no_wrap=name in ("time (UTC)", "decision or event"))
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))  # Text: a user's name is no markup
    out().print(table)
