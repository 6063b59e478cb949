"""`privet audit`: search the log, show one decision, verify, report, export. Reads only; never makes a database."""

import codecs
import csv
import io
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from audit.checkpoint import load_public_key
from audit.errors import AuditError, EventError
from audit.report import GroupBy, Report, count
from audit.sheet import COLUMNS, cells
from audit.verify import Verification
from audit.verify import verify as verify_log
from configs.state import StatePaths
from console.cli import log
from console.cli.context import EXIT_NEGATIVE, EXIT_TAMPERED, Cli, fail

if TYPE_CHECKING:
    from audit.store import AuditReader, Filters, StoredRecord, Summary


_GROUPS = ("department", "user", "rule", "type", "effect", "provider")


@click.group()
def command() -> None:
    """Search, verify and report on the audit log.

    \b
    Examples:
      privet audit search --since 7d --effect block
      privet audit show 01K9ZQ3V8M4T2R6Y5W7X1A0B3C
      privet audit verify
      privet audit report --since "last 30 days" --by department
      privet audit export --format jsonl --output audit.jsonl
    """  # noqa: D301 - click wants the character itself


@command.command()
@log.since
@log.until
@log.filters
@click.option("--decision", help="A decision's id.")
@click.option(
    "--kind",
    type=click.Choice(["intent", "outcome", "notice", "all"]),
    default="intent",
    show_default=True,
    help="Decisions, how requests ended, what Privet itself did, or all.",
)
@click.option("--limit", type=click.IntRange(1, 10000), default=50, show_default=True, help="At most so many records.")
@click.option("--after", help="Go on after the record with this id (the last one of the page before).")
@log.json_option
@click.pass_obj
def search(cli: Cli, /, *, limit: int, after: str | None, as_json: bool, kind: str, **filters: str | None) -> None:
    """List what was decided, newest first.

    \b
    Examples:
      privet audit search --since 24h
      privet audit search --department finance --type CREDIT_CARD --effect block
      privet audit search --kind notice --since today
    """  # noqa: D301 - click wants the character itself
    with log.reader(cli) as reader:
        chosen = log.store().Filters(kind=None if kind == "all" else kind, **filters)
        found = reader.search(chosen, limit=limit, after=after)
        outcomes = reader.outcomes([record.decision_id for record in found if record.kind == "intent"])
    if as_json:
        log.print_json([_listed(record, outcomes.get(record.decision_id)) for record in found])
        return
    if not found:
        click.echo("nothing found")
        return
    log.print_table(
        ("time (UTC)", "decision or event", "who", "model", "effect", "status", "rules", "types"),
        [_row(record, outcomes.get(record.decision_id)) for record in found],
    )
    if len(found) == limit:
        click.echo(f"\nThere may be more: add --after {found[-1].id}")


def _row(record: "Summary", outcome: "Summary | None") -> tuple[str, ...]:
    mode = " (monitor)" if record.mode == "monitor" else ""
    status = record.status or (outcome.status if outcome else 0)
    return (
        log.short(record.time),
        record.decision_id or record.id,
        f"{record.user or '-'} ({record.department or '-'})" if record.user or record.department else "-",
        f"{record.provider} {record.model}".strip() or "-",
        (record.effect or record.code or record.kind) + mode,
        str(status or "-"),
        ", ".join(record.rules) or "-",
        ", ".join(record.types) or "-",
    )


def _listed(record: "Summary", outcome: "Summary | None") -> dict[str, Any]:
    answer = asdict(record)
    if record.kind == "intent":
        answer["status"] = outcome.status if outcome else None
    return answer


@command.command()
@click.argument("wanted", metavar="ID")
@log.json_option
@click.pass_obj
def show(cli: Cli, /, wanted: str, *, as_json: bool) -> None:
    """Show all that the log holds of one decision: ID is the decision's or one of its events'.

    \b
    Example:
      privet audit show 01K9ZQ3V8M4T2R6Y5W7X1A0B3C
    """  # noqa: D301 - click wants the character itself
    wanted = wanted.strip().upper()  # as people copy and type it
    with log.reader(cli) as reader:
        records = reader.get(wanted)
    if not records:
        fail(f"no record has the id {wanted}. Find ids with: privet audit search", code=EXIT_NEGATIVE)
    try:
        shown = [_placed(record) for record in records]
    except EventError as error:
        log.unreadable(error)
    if cost := _cost(cli, [item["event"] for item in shown]):
        for item in shown:
            if item["event"]["kind"] == "outcome":
                item["cost"] = cost
    if as_json:
        log.print_json(shown)
        return
    for position, item in enumerate(shown):
        _show(item, first=position == 0)


def _cost(cli: Cli, events: list[dict[str, Any]]) -> dict[str, str]:
    """What a decision cost, as far as prices are known, in USD; empty if its reply told no tokens."""
    from audit.costs import cost_of  # noqa: PLC0415 - the price list is for this command alone
    from audit.prices import prices_of  # noqa: PLC0415

    ended = {event["kind"]: event for event in events}
    if "intent" not in ended or not ended.get("outcome", {}).get("usage"):
        return {}
    settings = cli.settings().costs
    row = cost_of(ended["intent"], ended["outcome"], prices_of(settings), Decimal(str(settings.inside_hour)))
    if row is None:
        return {}
    if row.unpriced:
        return {"unknown": "nobody states this model's price"}
    if row.inside:
        return {"inside_usd": f"{row.inside_cost:.6f}", "avoided_usd_estimated": f"{row.avoided:.6f}"}
    return {"spent_usd": f"{row.spent:.6f}"}


def _placed(record: "StoredRecord") -> dict[str, Any]:
    parsed = record.parsed()
    chain = {"stream": record.stream, "seq": record.seq, "leaf": record.leaf.hex(), "prev": parsed.prev.hex()}
    return {"event": parsed.event, "chain": chain}


def _show(item: dict[str, Any], *, first: bool) -> None:
    event, chain = item["event"], item["chain"]
    click.echo(("" if first else "\n") + f"{event['kind']} {event['id']}  {event['time']}")
    for part in ("decision_id", "actor", "request", "decision", "outcome", "notice", "justification", "usage"):
        for name, value in _flat(part, event.get(part)):
            click.echo(f"  {name:<28} {value}")
    for part, form in _LISTS.items():
        for entry in event.get(part, ()):
            click.echo(f"  {part:<28} {form(entry)}")
    for part in ("obligations", "left_out"):
        for name, number in event.get(part, {}).items():
            click.echo(f"  {part:<28} {name}: {number}")
    for name, value in item.get("cost", {}).items():
        click.echo(f"  {'cost.' + name:<28} {value}")
    click.echo(f"  {'place in the log':<28} stream {chain['stream']}, record {chain['seq']}")
    click.echo(f"  {'leaf hash':<28} {chain['leaf']}")
    click.echo(f"  {'hash of the record before':<28} {chain['prev']}")


_READINGS = {
    "names": "patterns and for names",
    "multilingual": "patterns and, by what was learnt in other languages, for names",
    "patterns": "patterns alone",
}
_LISTS: dict[str, Callable[[dict[str, Any]], str]] = {
    "entities": lambda entry: (
        f"{entry['type']}: {entry['count']} (best score {entry.get('max_score', 0) / 1000:g})"
        + (f", {entry['distinct']} different" if entry.get("distinct", entry["count"]) < entry["count"] else "")
        + (f" of {', '.join(entry['sets'])}" if entry.get("sets") else "")
    ),
    "labels": lambda entry: f"{entry['name']} ({entry['score'] / 1000:g})",
    "languages": lambda entry: f"{entry['language']}: in {_texts(entry.get('texts', 1))}, read by {_reading(entry)}",
    "tasks": lambda entry: f"{entry['name']}, {_recognised(entry)}",
    "steps": lambda entry: f"{entry['model']}: {entry['outcome']} (sure {entry.get('confidence', 0) / 1000:g})",
    "pointers": lambda entry: (
        f"{entry['pointer']}: {entry.get('count', 1)} {entry['type']} {entry.get('operator', '')}".rstrip()
    ),
    "skipped": lambda entry: f"{entry.get('pointer', '')}: {entry['reason']}",
    "fingerprints": lambda entry: f"{entry['type']} {entry['hmac']}",
}


def _recognised(entry: dict[str, Any]) -> str:
    vetoed = "; what it says doesn't look like it" if entry.get("vetoed") else ""
    return f"by what is {'declared' if entry['how'] == 'declared' else f'its {entry["how"]}'}{vetoed}"


def _texts(count: int) -> str:
    return "1 text" if count == 1 else f"{count} texts"


def _reading(entry: dict[str, Any]) -> str:
    said: str = entry.get("reading", "")
    return _READINGS.get(said, said)


def _flat(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _flat(f"{name}.{key}", item)
    elif value is not None:
        yield name, ", ".join(map(str, value)) if isinstance(value, list) else str(value)


@command.command()
@click.option(
    "--public-key",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Public key in PEM, from a place that you trust (default: the state directory's).",
)
@click.option(
    "--checkpoints",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Signed checkpoints (default: the state directory's); heads are looked for beside it.",
)
@log.json_option
@click.pass_obj
def verify(cli: Cli, /, *, public_key: Path | None, checkpoints: Path | None, as_json: bool) -> None:
    """Check that no record was changed, dropped, swapped, added or cut off.

    Exit code 0: whole. 3: something is wrong, and where is printed. 2: the log can't be read.

    \b
    Examples:
      privet audit verify
      privet audit verify --public-key /mnt/safe/audit-signing.pub.pem --checkpoints /mnt/safe/checkpoints.log
    """  # noqa: D301 - click wants the character itself
    settings = cli.settings()
    state = StatePaths(settings.state_dir)
    try:
        database = log.store().database_path(settings.audit.database)
        kept = checkpoints or state.checkpoints
        if not database.exists() and not kept.exists():
            raise AuditError(f"there is no audit log: neither {database} nor {kept} exists")  # noqa: TRY301 - told below
        result = verify_log(database, kept, load_public_key(public_key or state.audit_public_key))
    except AuditError as error:
        fail(f"the audit log can't be verified: {error}")
    if as_json:
        log.print_json(_verification(result))
    else:
        _print_verification(result)
    if not result.ok:
        raise SystemExit(EXIT_TAMPERED)


def _verification(result: Verification) -> dict[str, Any]:
    return {
        "ok": result.ok,
        "records": result.records,
        "checkpoints": result.checkpoints,
        "streams": [asdict(stream) for stream in result.streams],
        "problem_count": result.problem_count,
        "problems": [asdict(problem) for problem in result.problems],
        "notes": result.notes,
    }


def _print_verification(result: Verification) -> None:
    for problem in result.problems:
        click.echo(f"WRONG  {problem}")
    if result.problem_count > len(result.problems):
        click.echo(f"WRONG  and {result.problem_count - len(result.problems)} more")
    for note in result.notes:
        click.echo(f"note   {note}")
    streams = "1 stream" if len(result.streams) == 1 else f"{len(result.streams)} streams"
    counted = f"{result.records} records in {streams}, {result.checkpoints} signed checkpoints"
    if result.ok:
        click.echo(f"The audit log is whole: {counted}.")
    else:
        found = "1 problem" if result.problem_count == 1 else f"{result.problem_count} problems"
        click.echo(f"The audit log is NOT whole: {found}; {counted}.")


@command.command()
@click.option("--since", type=log.Time(), required=True, help='From then on: 2026-11-01, 30d, "last 7 days", today.')
@log.until
@log.filters
@click.option("--by", type=click.Choice(_GROUPS), default="department", show_default=True, help="One row for each.")
@log.json_option
@click.pass_obj
def report(cli: Cli, /, *, since: str, until: str | None, by: str, as_json: bool, **filters: str | None) -> None:
    """Count decisions in a period.

    \b
    Examples:
      privet audit report --since "last 30 days" --by department
      privet audit report --since 2026-10-01 --until 2026-11-01 --by type --json
      privet audit report --since yesterday --until today --user ana --by effect
    """  # noqa: D301 - click wants the character itself
    with log.reader(cli) as reader:
        result = count(
            reader.summaries(log.store().Filters(since=since, until=until, kind="intent", **filters)), GroupBy(by)
        )
    if as_json:
        rows = [asdict(row) for row in result.rows]
        log.print_json({"since": since, "until": until, "by": by, "rows": rows, "total": asdict(result.total)})
        return
    click.echo(f"{log.short(since)} to {log.short(until) if until else 'now'} (UTC)\n")
    _print_report(result)


def _print_report(result: Report) -> None:
    columns = ("requests", "allowed", "redacted", "rerouted", "blocked", "monitored", "findings")
    rows = [(row.key, *(str(getattr(row, name)) for name in columns)) for row in (*result.rows, result.total)]
    log.print_table((str(result.by), *columns), rows)
    if result.by in ("rule", "type"):
        click.echo(f"\nA request counts in each of its {result.by}s, and once in the total.")


@command.command()
@click.option(
    "--format",
    "form",
    type=click.Choice(["jsonl", "csv"]),
    default="jsonl",
    show_default=True,
    help="Records as they are stored, or a row for each decision.",
)
@log.since
@log.until
@log.filters
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Write there (default: stdout).")
@click.pass_obj
def export(cli: Cli, /, *, form: str, output: Path | None, **filters: str | None) -> None:
    """Write records, for programs that keep them or for a spreadsheet.

    jsonl: one JSON object a line, the stored bytes as they are, so that their hashes can be checked; with filters, all
    records of the decisions that match. csv: one row for each decision, with how it ended; no cell is a formula.

    \b
    Examples:
      privet audit export | jq .event.decision
      privet audit export --format jsonl --output audit.jsonl
      privet audit export --format csv --user ana --since 2026-11-24 --until 2026-11-25 --output ana.csv
    """  # noqa: D301 - click wants the character itself
    with log.reader(cli) as reader:
        chosen = log.store().Filters(**filters)
        lines = _csv_lines(reader, chosen) if form == "csv" else _stored_lines(reader, chosen)
        try:
            if output is None:
                for line in lines:
                    sys.stdout.buffer.write(line)
                return
            written = 0
            with output.open("xb") as file:
                if form == "csv":
                    file.write(codecs.BOM_UTF8)  # without it, Excel reads names in the wrong character set
                for line in lines:
                    written += file.write(line) > 0
        except FileExistsError:
            fail(f"{output} exists already; it isn't overwritten")
        except BrokenPipeError:
            raise SystemExit(EXIT_NEGATIVE) from None
        except OSError as error:
            fail(f"{output or 'stdout'}: can't be written: {error.strerror}")
        except EventError as error:
            log.unreadable(error)
    counted = f"{written - 1} decisions" if form == "csv" else f"{written} records"
    click.echo(f"{counted} written to {output}")


def _stored_lines(reader: "AuditReader", filters: "Filters") -> Iterator[bytes]:
    for record in reader.records(filters):
        yield record.body + b"\n"


def _csv_lines(reader: "AuditReader", filters: "Filters") -> Iterator[bytes]:
    text = io.StringIO()
    writer = csv.writer(text)

    def line(row: Sequence[str | int]) -> bytes:
        text.seek(0)
        text.truncate()
        writer.writerow(row)
        return text.getvalue().encode()

    yield line(COLUMNS)
    for intent, outcome in reader.decisions(filters):
        yield line(cells(intent.parsed().event, outcome.parsed().event if outcome is not None else None))
