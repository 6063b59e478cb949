"""`privet report`: what the audit log says of a period, in money."""

import csv
import sys
from dataclasses import asdict
from decimal import Decimal
from typing import Any

import click

from audit.costs import CostRow, Costs, CostsBy, count_costs
from audit.errors import EventError
from audit.prices import prices_of
from audit.sheet import shown_as_text
from console.cli import log
from console.cli.context import Cli, fail

_MONEY = frozenset({"spent", "inside_cost", "avoided"})
# Column → what it is called.
_COLUMNS = {
    "requests": "requests",
    "input": "input tokens",
    "cache_read": "of them cached",
    "output": "output tokens",
    "uncounted": "not counted",
    "unpriced": "no price known",
    "spent": "spent, USD",
    "inside": "answered inside",
    "inside_cost": "inside, USD",
    "avoided": "avoided, USD",
}


@click.group()
def command() -> None:
    """Report on a period, from the audit log.

    \b
    Examples:
      privet report costs --since "last 30 days"
      privet report costs --since 2026-11-01 --until 2026-12-01 --by model --json
    """  # noqa: D301 - click wants the character itself


@command.command()
@click.option("--since", type=log.Time(), required=True, help='From then on: 2026-11-01, 30d, "last 7 days", today.')
@log.until
@log.filters
@click.option(
    "--by",
    type=click.Choice([name.value for name in CostsBy]),
    default="department",
    show_default=True,
    help="One row for each.",
)
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV, for a spreadsheet.")
@log.json_option
@click.pass_obj
def costs(
    cli: Cli, /, *, since: str, until: str | None, by: str, as_json: bool, as_csv: bool, **filters: str | None
) -> None:
    """Tell what requests cost, by department, user, provider, model, task or day.

    The tokens are those that replies told; OpenAI's streams tell them only if the client asked (include_usage). Prices
    are the settings' own (costs.prices), else those of the public list on the day of the request, less costs.discounts.
    What rerouting avoided is an estimate, and is never part of what was spent. A request counts for the first of its
    tasks.

    \b
    Examples:
      privet report costs --since "last 30 days"
      privet report costs --since 2026-11-01 --until 2026-12-01 --by model --json
      privet report costs --since today --by user --department support
      privet report costs --since 2026-11-01 --by task --csv > november.csv
    """  # noqa: D301 - click wants the character itself
    settings = cli.settings().costs
    with log.reader(cli) as reader:
        chosen = log.store().Filters(since=since, until=until, **filters)
        decisions = (
            (intent.parsed().event, outcome.parsed().event if outcome is not None else None)
            for intent, outcome in reader.decisions(chosen)
        )
        try:
            result = count_costs(decisions, prices_of(settings), CostsBy(by), Decimal(str(settings.inside_hour)))
        except EventError as error:
            log.unreadable(error)
    if as_json and as_csv:
        fail("--json and --csv: say which")
    if as_csv:
        _print_csv(result)
        return
    if as_json:
        rows = [_plain(row) for row in (*result.rows, result.total)]
        shown = {"since": since, "until": until, "by": by, "currency": "USD", "rows": rows[:-1], "total": rows[-1]}
        log.print_json(shown)
        return
    click.echo(f"{log.short(since)} to {log.short(until) if until else 'now'} (UTC)\n")
    _print(result)


def _print_csv(result: Costs) -> None:
    """A row for each key. The total is left out: whoever adds up the column would count it twice."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow([str(result.by), *(f"{name}_usd" if name in _MONEY else name for name in _COLUMNS)])
    for row in result.rows:
        plain = _plain(row)
        writer.writerow([shown_as_text(row.key), *(plain[name] for name in _COLUMNS)])


def _plain(row: CostRow) -> dict[str, Any]:
    return {name: f"{value:.6f}" if isinstance(value, Decimal) else value for name, value in asdict(row).items()}


def _cell(value: int | Decimal) -> str:
    return f"{value:,.2f}" if isinstance(value, Decimal) else f"{value:,}"


def _print(result: Costs) -> None:
    rows = [(row.key, *(_cell(getattr(row, name)) for name in _COLUMNS)) for row in (*result.rows, result.total)]
    log.print_table((str(result.by), *_COLUMNS.values()), rows)
    total = result.total
    if total.uncounted:
        click.echo(f"{total.uncounted:,} of {total.requests:,} requests told no tokens: what they cost isn't in here.")
    if total.unpriced:
        click.echo(f"{total.unpriced:,} went to models whose price nobody states; costs.prices in the settings can.")
    if total.avoided:
        click.echo("Avoided is an estimate: the tokens of answers from inside, at the price of the model asked for.")
