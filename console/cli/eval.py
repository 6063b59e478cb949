"""`privet eval`: how good detection is on labelled texts of one's own. Prints figures, never a text."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.table import Table

from configs.yaml_source import SourceError
from console.cli.context import EXIT_NEGATIVE, err, fail, out

if TYPE_CHECKING:
    from detectors.evaluation.rows import Row
    from detectors.evaluation.score import Acted, Find, Score

_BATCH = 64


@dataclass(frozen=True, slots=True)
class Limits:
    """Shares in per cent above which the answer is no."""

    leak: float | None
    leak_identifying: float | None
    damage: float | None
    touched: float | None


@click.group(no_args_is_help=True)
def command() -> None:
    """Measure detection on labelled texts.

    \b
    Example:
      privet eval detect our-letters.jsonl
    """  # noqa: D301 - click wants the character itself


@command.command()
@click.argument(
    "data", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False, exists=True), metavar="DATA..."
)
@click.option("--sample", type=click.IntRange(min=0), default=0, metavar="N", help="Texts per file; 0 for all.")
@click.option(
    "--policy", type=click.Path(path_type=Path, dir_okay=False), help="What it acts on counts as damage and as touched."
)
@click.option("--department", default="", help="The department that the policy is asked about.")
@click.option("--against", type=click.Choice(["presidio"]), help="Measure stock Presidio, too.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--max-leak", type=float, metavar="%", help="Exit code 1 if more of the labelled values pass.")
@click.option("--max-identifying", type=float, metavar="%", help="The same for values that identify somebody.")
@click.option("--max-damage", type=float, metavar="%", help="Exit code 1 if more harmless characters change.")
@click.option("--max-touched", type=float, metavar="%", help="Exit code 1 if more harmless texts are acted on.")
def detect(
    data: Sequence[Path],
    *,
    sample: int,
    policy: Path | None,
    department: str,
    against: str | None,
    as_json: bool,
    max_leak: float | None,
    max_identifying: float | None,
    max_damage: float | None,
    max_touched: float | None,
) -> None:
    """Leak, damage, precision, recall and speed on files of JSON lines.

    \b
    A line: {"text": "I am Ana Novak", "spans": [{"start": 5, "end": 14, "label": "PERSON"}]}
    A line without spans is a harmless text, in which every finding is a false alarm.

    Labels are the entity types, or ID, SECRET and ADDRESS for any of their kind. Without --policy, what counts as acted
    on is every type in PII or SECRETS. docs/detection.md says what each figure means.

    \b
    Examples:
      privet eval detect letters.jsonl --against presidio
      privet eval detect prompts.jsonl --policy policy.yaml --max-touched 2 --json

    \b
    Exit code:
      0  measured
      1  a limit is exceeded
      2  a file or the policy can't be used
    """  # noqa: D301 - click wants the character itself
    from detectors.errors import DetectorError  # noqa: PLC0415 - `privet --help` doesn't need it
    from detectors.evaluation.rows import RowError, load_rows  # noqa: PLC0415 - the same

    limits = Limits(max_leak, max_identifying, max_damage, max_touched)
    try:
        sets = {str(path): load_rows(path, sample) for path in data}
        acted = _acted(policy, department)
        systems: dict[str, Callable[[], Find]] = {"privet": _privet}
        if against is not None:
            systems[against] = _presidio
        results = {
            name: _measured(build(), sets, acted if name == "privet" else None) for name, build in systems.items()
        }
    except (RowError, DetectorError) as error:
        fail(str(error))
    except SourceError as error:
        fail("the policy can't be used:", (str(problem) for problem in error.problems))
    if as_json:
        click.echo(json.dumps({name: _document(scores) for name, scores in results.items()}, indent=2))
    else:
        for name, scores in results.items():
            _print(name, scores)
    exceeded = _exceeded(results["privet"], limits)
    for line in exceeded:
        click.echo(f"privet: {line}", err=True)
    if exceeded:
        raise SystemExit(EXIT_NEGATIVE)


def _acted(policy: Path | None, department: str) -> "Acted":
    from configs.entities import sensitive_types  # noqa: PLC0415 - `privet --help` doesn't need it
    from detectors.evaluation.score import of_types  # noqa: PLC0415 - the same

    if policy is None:
        return of_types(sensitive_types())
    from policy.acted import acted_on  # noqa: PLC0415 - the same
    from policy.load import load_policy  # noqa: PLC0415 - the same

    return acted_on(load_policy(policy), department)


def _privet() -> "Find":
    from detectors.errors import DetectorError  # noqa: PLC0415 - `privet --help` doesn't need it
    from detectors.scan import build_scanner  # noqa: PLC0415 - the same

    scanner = build_scanner()

    def find(texts: Sequence[str]) -> list[Any]:
        scans = [
            scan
            for first in range(0, len(texts), _BATCH)
            for scan in scanner.scan_many([(text, "") for text in texts[first : first + _BATCH]])
        ]
        if any(scan.skipped for scan in scans):
            raise DetectorError("a detector failed on one of the texts; the log names it, and nothing was measured")
        return [scan.findings for scan in scans]

    return find


def _presidio() -> "Find":
    from detectors.evaluation.peer import presidio  # noqa: PLC0415 - spaCy: seconds

    return presidio()


def _measured(find: "Find", sets: dict[str, list["Row"]], acted: "Acted | None") -> dict[str, "Score"]:
    from detectors.evaluation.score import measure  # noqa: PLC0415 - `privet --help` doesn't need it

    find(["Warm up, John Smith."])
    return {name: measure(rows, find, acted or (lambda findings: findings)) for name, rows in sets.items()}


def _document(scores: dict[str, "Score"]) -> dict[str, Any]:
    from detectors.evaluation.score import totals  # noqa: PLC0415 - `privet --help` doesn't need it

    every = {**scores, "all": totals(scores)}
    return {
        name: {**score.figures(), "labels": {label: score.labels[label].figures() for label in sorted(score.labels)}}
        for name, score in every.items()
    }


def _print(system: str, scores: dict[str, "Score"]) -> None:
    from detectors.evaluation.score import totals  # noqa: PLC0415 - `privet --help` doesn't need it

    total = totals(scores)
    table = Table(title=f"{system}: texts (%)", title_justify="left", box=None, pad_edge=False)
    for title in ("file", "values", "leak", "identifying", "partial", "damage", "any", "touched", "KB/s"):
        table.add_column(title, justify="left" if title == "file" else "right", no_wrap=True)
    for name, score in [*scores.items(), *([("all", total)] if len(scores) > 1 else [])]:
        figures = score.figures()
        shown = ("leak", "leak_identifying", "partial_leak", "damage", "damage_all", "touched")
        speed = f"{figures['kb_per_second'] or 0:.0f}"
        table.add_row(Path(name).name, str(figures["values"]), *(_percent(figures[key]) for key in shown), speed)
    out().print(table)
    if not total.labels:
        return
    table = Table(title=f"{system}: types (%)", title_justify="left", box=None, pad_edge=False)
    for title in ("label", "values", "leak", "partial", "precision", "recall", "F1", "findings", "damage"):
        table.add_column(title, justify="left" if title == "label" else "right", no_wrap=True)
    for label in sorted(total.labels):
        figures = total.labels[label].figures()
        damage = _percent(total.labels[label].damaged_chars / total.harmless_chars if total.harmless_chars else None, 2)
        table.add_row(
            label,
            str(figures["values"]),
            *(_percent(figures[key]) for key in ("leak", "partial_leak", "precision", "recall", "f1")),
            str(figures["findings"]),
            damage,
        )
    out().print(table)
    err().print("damage of a type: harmless characters under its findings, whether or not they are acted on")


def _percent(value: float | None, digits: int = 1) -> str:
    return "-" if value is None else f"{100 * value:.{digits}f}"


def _exceeded(scores: dict[str, "Score"], limits: Limits) -> list[str]:
    from detectors.evaluation.score import totals  # noqa: PLC0415 - `privet --help` doesn't need it

    figures = totals(scores).figures()
    lines: list[str] = []
    for key, what, limit in (
        ("leak", "labelled values pass", limits.leak),
        ("leak_identifying", "identifying values pass", limits.leak_identifying),
        ("damage", "harmless characters change", limits.damage),
        ("touched", "harmless texts are acted on", limits.touched),
    ):
        value = figures[key]
        if limit is not None and value is not None and 100 * value > limit:
            lines.append(f"{100 * value:.2f} % of {what}, expected at most {limit:g} %")
    return lines
