"""Run the benchmarks and print one table. `--write` keeps it in docs/benchmarks.md, with the date and the machine."""

import argparse
import datetime as dt
import importlib
import os
import platform
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bench import Row, detection

MODULES = ("proxy", "streams", "memory", "detection", "own", "content", "audit")
ON_REQUEST = ("peers", "evasion", "code", "models")  # install LiteLLM, evadex, detect-secrets the first time
DOCUMENT = Path(__file__).resolve().parent.parent / "docs/benchmarks.md"
_START, _END = "<!-- figures -->", "<!-- end of figures -->"


def main() -> int:
    """Measure what was asked for; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument(
        "only",
        nargs="*",
        metavar="NAME",
        help=f"some of {', '.join(MODULES)} (default: all of these), or {', '.join(ON_REQUEST)}",
    )
    parser.add_argument("--quick", action="store_true", help="few repetitions: to see that it runs, not to quote")
    parser.add_argument("--write", action="store_true", help=f"put the figures into {DOCUMENT.name}")
    arguments = parser.parse_args()
    if unknown := set(arguments.only) - {*MODULES, *ON_REQUEST}:
        parser.error(
            f"no such benchmark: {', '.join(sorted(unknown))}. There are: {', '.join((*MODULES, *ON_REQUEST))}"
        )
    rows: list[Row] = []
    for name in arguments.only or MODULES:
        print(f"measuring {name} …", file=sys.stderr)
        rows += _run(name, quick=arguments.quick)
    console = Console(highlight=False)
    console.print(_table(rows))
    console.print(_machine())
    if arguments.write:
        DOCUMENT.write_text(_replaced(DOCUMENT.read_text(encoding="utf-8"), rows), encoding="utf-8")
    return 0


def _run(name: str, *, quick: bool) -> list[Row]:
    if name == "detection":
        return _detection(quick=quick)
    rows: list[Row] = importlib.import_module(f"bench.{name}").run(quick=quick)
    return rows


def _detection(*, quick: bool) -> list[Row]:
    """The sums of `bench.detection`, which prints more when it is run on its own."""
    if not detection.DATA.is_dir():
        print(f"no data at {detection.DATA}: detection is not measured", file=sys.stderr)
        return []
    own = [*detection.LANGUAGES, detection.STYLES, *detection.SECRETS, *detection.PROMPTS]
    sets = [*detection.LABELLED, *detection.HARMLESS, *own, detection.SOURCE_CODE, detection.LOGS]
    results = detection.run(sets, 10 if quick else detection.DEFAULT_SAMPLE, with_peer=True)
    ours, theirs = results["privet"], results["presidio"]
    rows = []
    for among, key, what, unit, factor in (
        ("all labelled", "leak_identifying", "identifying values that no finding touches", "%", 100),
        ("all labelled", "leak", "labelled values that no finding touches", "%", 100),
        ("all labelled", "leak_acted", "labelled values that default policies let through", "%", 100),
        ("all labelled", "damage", "unlabelled characters that findings cover", "%", 100),
        ("all harmless", "touched", "harmless prompts that default policies act on", "%", 100),
        ("all languages", "leak_identifying", "identifying values missed, sentences in eight languages", "%", 100),
        ("all languages", "damage", "unlabelled characters that findings cover, the same", "%", 100),
        (detection.STYLES, "leak_identifying", "identifying values missed, mails, chats, forms, notes, news", "%", 100),
        (detection.STYLES, "damage", "unlabelled characters that findings cover, the same", "%", 100),
        ("all prompts of our own", "touched", "harmless prompts of our own that default policies act on", "%", 100),
        ("secrets", "leak", "secrets that no finding touches", "%", 100),
        ("secrets", "touched_secrets", "look-alikes of secrets taken for some", "%", 100),
        (detection.SECRETS[0], "leak", "secrets of our own that no finding touches", "%", 100),
        (detection.SECRETS[1], "touched_secrets", "look-alikes of our own taken for secrets", "%", 100),
        ("all labelled", "kb_per_second", "speed per core, labelled sets", "KB/s", 1),
        ("all harmless", "kb_per_second", "speed per core, harmless prompts", "KB/s", 1),
        (detection.SOURCE_CODE, "kb_per_second", "speed per core, source code", "KB/s", 1),
        (detection.LOGS, "kb_per_second", "speed per core, log lines", "KB/s", 1),
    ):
        value, floor = ours[among].figures()[key], theirs[among].figures()[key]
        if value is not None:
            rows.append(
                Row("detection against stock Presidio", what, factor * value, unit, factor * floor if floor else None)
            )
    return rows


def _table(rows: Sequence[Row]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("figure", min_width=30)
    for name in ("measured", "floor", "ratio"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("note")
    for group in dict.fromkeys(row.group for row in rows):
        table.add_section()
        table.add_row(Text(group, style="bold"))
        for row in rows:
            if row.group == group:
                table.add_row(*_cells(row))
    return table


def _cells(row: Row) -> tuple[str, str, str, str, str]:
    floor = "" if row.floor is None else f"{_number(row.floor)} {row.unit}"
    ratio = "" if row.ratio is None else f"{row.ratio:.2f}x" if row.ratio < 10 else f"{row.ratio:.0f}x"
    return row.figure, f"{_number(row.value)} {row.unit}", floor, ratio, row.note


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}" if abs(value) >= 10 else f"{value:.2f}"


def _replaced(document: str, rows: Sequence[Row]) -> str:
    """The document with these figures; sections that were not measured this time stay as they are."""
    before, _, rest = document.partition(_START)
    figures, _, after = rest.partition(_END)
    measured = {_heading(row.group) for row in rows}
    kept = [part for part in re.split(r"\n(?=### )", figures)[1:] if part.partition("\n")[0] not in measured]
    lines = [f"Measured on {dt.datetime.now(dt.UTC):%d %B %Y}. {_machine()}"]
    for group in dict.fromkeys(row.group for row in rows):
        lines += ["", _heading(group), "", "| figure | measured | floor | ratio | note |"]
        lines.append("| --- | ---: | ---: | ---: | --- |")
        lines += [f"| {' | '.join(_cells(row))} |" for row in rows if row.group == group]
    for part in kept:
        lines += ["", part.rstrip()]
    return f"{before}{_START}\n" + "\n".join(lines) + f"\n{_END}{after}"


def _heading(group: str) -> str:
    return f"### {group[0].upper()}{group[1:]}"


def _machine() -> str:
    model = next(
        (line.partition(":")[2].strip() for line in _cpu_lines() if line.startswith("model name")), platform.processor()
    )
    load = f", load average {os.getloadavg()[0]:.1f} at the end" if hasattr(os, "getloadavg") else ""
    processor = f"{os.cpu_count()} x {model or platform.machine()}"
    return f"{processor}, {platform.system()}, Python {platform.python_version()}{load}."


def _cpu_lines() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else []


if __name__ == "__main__":
    sys.exit(main())
