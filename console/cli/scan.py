"""`privet scan`: what detection finds in files. Shows where and what kind, never the value itself."""

import bisect
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from console.cli.context import EXIT_NEGATIVE, EXIT_USAGE, Cli, err, fail, out
from console.own_data import library_of, settings_if_any

if TYPE_CHECKING:
    from detectors.finding import Finding


@dataclass(frozen=True, slots=True)
class Place:
    """One finding in one file. Lines and columns count from 1."""

    file: str
    line: int
    column: int
    start: int
    end: int
    entity_type: str
    score: float
    detector: str


@click.command("scan")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@click.pass_obj
def command(cli: Cli, files: Sequence[str], *, as_json: bool) -> None:
    """Look for personal data, secrets and registered data in files: texts, documents, archives, pictures.

    Prints what was found and where, never the value. `-` reads standard input. The texts of a document are counted from
    0: letter.docx~file/0.

    \b
    Example:
      privet scan letter.txt contract.pdf
      git diff | privet scan -

    \b
    Exit code:
      0  nothing that identifies a person, opens a door or is registered
      1  something was found
      2  a file can't be read, or wasn't inspected in full
    """  # noqa: D301 - click wants the character itself, which a raw string doesn't hold
    from configs.entities import entity_types, sensitive_types  # noqa: PLC0415 - `privet --help` doesn't need it
    from detectors.errors import DetectorError  # noqa: PLC0415 - the same
    from detectors.scan import build_scanner  # noqa: PLC0415 - the same

    texts, problems = _read(files)
    places: list[Place] = []
    if texts:
        try:
            library = library_of(settings_if_any(cli))
            scanner = build_scanner(own=library.detector())
        except DetectorError as error:
            fail(str(error))
        for file, text in texts:
            scan = scanner.scan(text)
            starts = _line_starts(text)
            places.extend(_place(file, starts, finding) for finding in scan.findings)
            if scan.skipped:
                problems.append(f"{file}: a detector failed; the file was not inspected in full")
    if as_json:
        _print_json(places, problems)
    else:
        _print_table(places, files=len(texts))
    for problem in problems:
        click.echo(f"privet: {problem}", err=True)
    if problems:
        sys.exit(EXIT_USAGE)
    telling = sensitive_types()
    if any(place.entity_type in telling or place.entity_type not in entity_types() for place in places):
        sys.exit(EXIT_NEGATIVE)


def _read(files: Sequence[str]) -> tuple[list[tuple[str, str]], list[str]]:
    """Each readable file's name and text; and a line for each that isn't."""
    texts: list[tuple[str, str]] = []
    problems: list[str] = []
    for file in files:
        name = "<stdin>" if file == "-" else file
        try:
            if file == "-":
                data = sys.stdin.buffer.read()
            else:
                with open(file, "rb") as stream:  # noqa: PTH123 - the name as it was typed stands in every message
                    data = stream.read()
        except OSError as error:
            problems.append(f"{name}: {error.strerror or 'unreadable'}")
            continue
        try:
            texts.append((name, data.decode("utf-8-sig")))
        except UnicodeDecodeError:
            found, unread = _opened(name, data)
            texts += found
            problems += unread
    return texts, problems


def _opened(name: str, data: bytes) -> tuple[list[tuple[str, str]], list[str]]:
    """The texts of a document, an archive or a picture, as in requests; and why some of it could not be read."""
    from proxy.content.bounds import Bounds  # noqa: PLC0415 - most files are text
    from proxy.content.read import open_file  # noqa: PLC0415

    opened = open_file(data, "", "" if name == "<stdin>" else name, Bounds())
    texts = [(f"{name}~file/{number}", item.text) for number, item in enumerate(opened.texts)]
    reasons = ", ".join(reason.value for reason in opened.skipped)
    return texts, [f"{name}: a part of it can't be read ({reasons}); see docs/content.md"] if reasons else []


def _line_starts(text: str) -> list[int]:
    starts = [0]
    position = text.find("\n")
    while position >= 0:
        starts.append(position + 1)
        position = text.find("\n", position + 1)
    return starts


def _place(file: str, starts: list[int], finding: "Finding") -> Place:
    line = bisect.bisect_right(starts, finding.start)
    return Place(
        file=file,
        line=line,
        column=finding.start - starts[line - 1] + 1,
        start=finding.start,
        end=finding.end,
        entity_type=finding.entity_type,
        score=round(finding.score, 2),
        detector=finding.detector,
    )


def _print_json(places: list[Place], problems: list[str]) -> None:
    fields = Place.__dataclass_fields__
    findings = [{name: getattr(place, name) for name in fields} for place in places]
    click.echo(json.dumps({"findings": findings, "problems": problems}, indent=2, ensure_ascii=False))


def _print_table(places: list[Place], *, files: int) -> None:
    from rich.table import Table  # noqa: PLC0415 - `privet --help` doesn't need it
    from rich.text import Text  # noqa: PLC0415 - the same

    if not places:
        if files:
            err().print("nothing found")
        return
    table = Table(box=None, pad_edge=False)
    for column in ("file", "line:col", "type", "score", "detector"):
        table.add_column(column, justify="right" if column == "score" else "left", no_wrap=True)
    for place in places:
        where = f"{place.line}:{place.column}"
        table.add_row(Text(place.file), where, place.entity_type, f"{place.score:.2f}", place.detector)
    out().print(table)
    err().print(f"{len(places)} found in {len({place.file for place in places})} of {files} files")
