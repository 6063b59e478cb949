"""`privet scan`: what detection finds in files and folders. Shows where and what kind, the value only when asked."""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING

import click

from console.cli.context import EXIT_NEGATIVE, EXIT_USAGE, Cli, err, fail, out

if TYPE_CHECKING:
    from console.scanning import Place, Scanned

_EXPLAINED = ("dropped", "disguised", "alone", "words")


@click.command("scan")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--format", "form", type=click.Choice(["table", "json", "sarif"]), default="table", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("--explain", is_flag=True, help="Say for each finding why it is one, and what was dropped, and why.")
@click.option("--show-values", is_flag=True, help="Print the values themselves instead of masks.")
@click.option("--jobs", type=click.IntRange(min=1), help="Processes; by default as many as there are cores and work.")
@click.pass_obj
def command(
    cli: Cli, files: Sequence[str], *, form: str, as_json: bool, explain: bool, show_values: bool, jobs: int | None
) -> None:
    """Look for personal data, secrets and registered data in files and folders: texts, documents, archives, pictures.

    Prints what was found and where, the values masked. `-` reads standard input. In folders, hidden files, links
    and pipes are left out. The texts of a document are counted from 0: letter.docx~file/0.

    \b
    Example:
      privet scan letter.txt contract.pdf
      privet scan src --format sarif > privet.sarif
      privet scan --explain letter.txt
      git diff | privet scan -

    \b
    Exit code:
      0  nothing that identifies a person, opens a door or is registered
      1  something was found
      2  a file can't be read, or wasn't inspected in full
    """  # noqa: D301 - click wants the character itself, which a raw string doesn't hold
    from configs.entities import entity_types, sensitive_types  # noqa: PLC0415 - `privet --help` doesn't need it
    from console.own_data import library_of, settings_if_any  # noqa: PLC0415 - the same
    from console.scanning import Options, build, files_in, scan_files  # noqa: PLC0415 - the same
    from detectors.errors import DetectorError  # noqa: PLC0415 - the same

    unread: list[str] = []
    names = list(dict.fromkeys(files_in(files, unread)))
    options = Options(explain=explain, show=show_values)
    try:
        library_of(settings_if_any(cli))  # what is wrong with it is said here, not in a process
        scanned = sorted(
            _watched(scan_files(names, options, partial(build, cli), jobs), len(names)),
            key=lambda one: names.index(one.name),
        )
    except DetectorError as error:
        fail(str(error))
    places = [place for one in scanned for place in one.places]
    problems = [*unread, *(problem for one in scanned for problem in one.problems)]
    form = "json" if as_json else form
    if form == "json":
        spoken = {file: list(said) for one in scanned for file, said in one.languages}
        _print_json(places, problems, spoken, explain=explain)
    elif form == "sarif":
        from console.sarif import sarif  # noqa: PLC0415 - the same

        click.echo(sarif(places, problems))
    else:
        _print_table(places, texts=sum(one.texts for one in scanned), explain=explain)
        _print_languages({name for one in scanned for _, said in one.languages for name in said})
    for problem in problems:
        click.echo(f"privet: {problem}", err=True)
    if problems:
        sys.exit(EXIT_USAGE)
    telling = sensitive_types()
    kept = [place.entity_type for place in places if not place.dropped]
    if any(name in telling or name not in entity_types() for name in kept):
        sys.exit(EXIT_NEGATIVE)


def _watched(scanned: "Iterator[Scanned]", total: int) -> "Iterator[Scanned]":
    """The same, with progress on a terminal."""
    if total < 2 or not sys.stderr.isatty():
        yield from scanned
        return
    from rich.progress import Progress  # noqa: PLC0415 - only on a terminal

    with Progress(console=err(), transient=True) as progress:
        task = progress.add_task("scanning", total=total)
        for one in scanned:
            progress.advance(task)
            yield one


def _print_json(places: "list[Place]", problems: list[str], languages: dict[str, list[str]], *, explain: bool) -> None:
    findings = []
    for place in places:
        fields = asdict(place)
        if not explain:
            fields = {name: value for name, value in fields.items() if name not in _EXPLAINED}
        findings.append(fields)
    click.echo(
        json.dumps({"findings": findings, "languages": languages, "problems": problems}, indent=2, ensure_ascii=False)
    )


def _print_table(places: "list[Place]", *, texts: int, explain: bool) -> None:
    from rich.table import Table  # noqa: PLC0415 - `privet --help` doesn't need it
    from rich.text import Text  # noqa: PLC0415 - the same

    if not places:
        if texts:
            err().print("nothing found")
        return
    table = Table(box=None, pad_edge=False)
    columns = ["file", "line:col", "type", "score", "detector", "value", *(("why",) if explain else ())]
    for column in columns:
        table.add_column(column, justify="right" if column == "score" else "left", no_wrap=column != "why")
    for place in places:
        where = f"{place.line}:{place.column}"
        score, why = f"{place.score:.2f}", [Text(_why(place))] if explain else []
        table.add_row(Text(place.file), where, place.entity_type, score, place.detector, Text(place.masked), *why)
    out().print(table)
    kept = [place for place in places if not place.dropped]
    err().print(f"{len(kept)} found in {len({place.file for place in kept})} of {texts} texts")


def _print_languages(names: set[str]) -> None:
    """Which languages were read; and, of those in which names are often missed, that they are."""
    from detectors.languages import Reading, reading  # noqa: PLC0415 - only who scans needs it

    if names:
        err().print(f"languages: {', '.join(sorted(names))}")
    less = sorted(name for name in names if reading(name) is not Reading.MEASURED)
    if less:
        err().print(f"names in {', '.join(less)} are often missed; see docs/detection.md")


def _why(place: "Place") -> str:
    if place.dropped:
        return f"dropped: {place.dropped}"
    said = ["written in a disguise"] if place.disguised else []
    if place.words:
        said.append(f"needs: {', '.join(place.words)}")
    if place.alone is None:
        said.append("not found without the words before it")
    elif place.alone != place.score:
        said.append(f"{place.alone:.2f} without the words before it")
    else:
        said.append("by itself")
    return "; ".join(said)
