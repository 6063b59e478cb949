"""`privet data`: register the company's own tables and documents, so that requests with them are found."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from configs.settings import Settings
from configs.state import StateError, StatePaths, load_or_make_key
from console.cli.context import EXIT_NEGATIVE, Cli, err, fail, out
from console.document_files import files_in, read_document
from console.table_file import Table, TableError, open_table
from console.workbook_file import SUFFIXES, Sheet, open_sheet

if TYPE_CHECKING:
    from detectors.own.container import Container
    from detectors.own.hashing import Keys
    from detectors.own.library import Place
    from detectors.own.rows import Built

# The modules behind a command are imported by it: `privet --help` loads none of them.

_NAMES = "a name of small letters, digits, _ and - (at most 64)"
_TABLES = frozenset({".csv", ".tsv", ".tab", ".psv"})


@click.group()
def command() -> None:
    """Register the company's own data: tables of customers, contracts, designs. Only keyed hashes are kept.

    \b
    Examples:
      privet data add customers.csv --columns name,email,account
      privet data add contracts/ --name contracts
      privet data list
    """  # noqa: D301 - click wants the character itself


@dataclass(slots=True)
class _Counted:
    """Rows on their way into a set."""

    rows: Iterator[list[str] | None] = field(repr=False)
    broken: int = 0

    def __iter__(self) -> Iterator[list[str]]:
        for row in self.rows:
            if row is None:
                self.broken += 1
            else:
                yield row


@command.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--columns", help="The columns of a table (CSV, Excel) to register: name,email,account.")
@click.option("--name", help="What the set is called; else like the file.")
@click.option("--type", "entity_type", help="The entity type of what is found; else COMPANY_DATA or DOCUMENT_PASSAGE.")
@click.option("--alone", help="Columns whose values count wherever they stand, common words and short numbers too.")
@click.option("--pairs-only", help="Columns whose values count only near another value of their row.")
@click.option("--sheet", help="Of a workbook with several sheets, the one that is the table.")
@click.option("--delimiter", help="What stands between columns; else , ; tab or |, by the first line.")
@click.option("--encoding", help="The table's encoding; else UTF-8, or what its byte order mark says.")
@click.option("--skip-broken", is_flag=True, help="Leave out broken lines and unreadable documents; say how many.")
@click.pass_obj
def add(cli: Cli, /, files: Sequence[Path], *, columns: str | None, skip_broken: bool, **options: str | None) -> None:
    """Register a table's columns, or the passages of documents. A set of the same name is replaced.

    \b
    Examples:
      privet data add customers.csv --columns name,email,account
      privet data add staff.csv --columns first,last,phone --pairs-only first,last --type EMPLOYEE
      privet data add customers.xlsx --columns Name,IBAN --sheet Active
      privet data add contract.docx drafts/ --name legal

    A running Privet takes it up by itself.

    \b
    Exit code:
      0  registered
      2  a file can't be used; nothing was changed
    """  # noqa: D301 - click wants the character itself
    from detectors.errors import DetectorError  # noqa: PLC0415
    from detectors.own import passages, rows  # noqa: PLC0415
    from detectors.own.container import write  # noqa: PLC0415

    settings = cli.settings()
    place = _place(settings)
    name = _name(options["name"], files)
    table = columns is not None
    if not table and options["sheet"] is not None:
        fail("--sheet: a sheet is a table, so say which columns of it, with --columns")
    if not table and (named := next((one for one in files if one.suffix.lower() in _TABLES), None)) is not None:
        _ask_for_columns(named, options)
    entity_type = _type(options["entity_type"] or (rows.DEFAULT_TYPE if table else passages.DEFAULT_TYPE))
    replaced = place.set_path(name).exists()
    try:
        keys = _keys(settings, place)
        if columns is not None:
            built, notes = _table(files, columns.split(","), options, keys, skip_broken=skip_broken)
        else:
            built, notes = _documents(files, keys, skip_broken=skip_broken)
        header = {**built.header, "name": name, "type": entity_type, "made": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"}
        size = write(place.set_path(name), keys, header, built.arrays)
    except (DetectorError, TableError, StateError) as error:
        fail(f"nothing was registered: {error}")
    verb = "replaced" if replaced else "registered"
    click.echo(f"{verb} {name} as {entity_type}: {_amount(header)}, {size / 1e6:.1f} MB in {place.set_path(name)}")
    for note in notes:
        click.echo(f"privet: {note}", err=True)
    if name not in settings.data.required:
        click.echo(f"privet: so that Privet never starts without it: data: {{required: [{name}]}}", err=True)
    _say_if_no_rule(settings, place, entity_type)


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_sets(cli: Cli, *, as_json: bool) -> None:
    """Show what is registered, and whether it can be used.

    \b
    Example:
      privet data list --json

    \b
    Exit code:
      0  all of it can be used
      1  something is missing or damaged
    """  # noqa: D301 - click wants the character itself
    _report(cli, as_json=as_json, only=())


@command.command()
@click.argument("names", nargs=-1)
@click.pass_obj
def verify(cli: Cli, names: Sequence[str]) -> None:
    """Check every byte of what is registered, all sets or those that are named.

    \b
    Example:
      privet data verify customers

    \b
    Exit code:
      0  whole
      1  something is missing or damaged
    """  # noqa: D301 - click wants the character itself
    _report(cli, as_json=False, only=names)


@command.command()
@click.argument("name")
@click.pass_obj
def remove(cli: Cli, name: str) -> None:
    """Forget a set: its values are found no more.

    \b
    Example:
      privet data remove customers
    """  # noqa: D301 - click wants the character itself
    settings = cli.settings()
    place = _place(settings)
    path = place.set_path(_name(name, ()))
    if name in settings.data.required:
        fail(f"data.required names {name}, so that Privet would not start: take it out of {cli.config_path()} first")
    try:
        path.unlink()
    except FileNotFoundError:
        known = ", ".join(one.stem for one in place.set_paths()) or "none"
        fail(f"no set is called {name!r}. Registered are: {known}")
    except OSError as error:
        fail(f"{path}: can't be removed: {error.strerror}")
    click.echo(f"removed {name}")


def _place(settings: Settings) -> "Place":
    from proxy.own_data import place_of  # noqa: PLC0415

    return place_of(settings)


def _name(given: str | None, files: Sequence[Path]) -> str:
    from detectors.own.library import NAME  # noqa: PLC0415

    if given is not None:
        if not NAME.fullmatch(given):
            fail(f"--name {given}: expected {_NAMES}")
        return given
    if len(files) > 1:
        fail("several files are one set: say what it is called, with --name")
    stem = "".join(c if c.isascii() and (c.isalnum() or c in "_-") else "-" for c in files[0].resolve().stem.lower())
    stem = stem.strip("-_")[:64]
    if not NAME.fullmatch(stem):
        fail(f"say what the set is called, with --name: {_NAMES}")
    return stem


def _type(given: str) -> str:
    from configs.entities import OWN_TYPE, entity_groups  # noqa: PLC0415

    if not OWN_TYPE.fullmatch(given):
        fail(f"--type {given}: expected 2 to 40 capitals and _, such as CUSTOMER")
    if given in entity_groups():
        fail(f"--type {given} is a group of types: choose another name")
    return given


def _keys(settings: Settings, place: "Place") -> "Keys":
    """The installation's key, made at first use; never a new one beside sets that were made with another."""
    from detectors.own.hashing import Keys  # noqa: PLC0415
    from detectors.own.library import read_keys  # noqa: PLC0415

    if place.set_paths():
        return read_keys(place.key)
    return Keys(load_or_make_key(StatePaths(settings.state_dir).data_key))


def _ask_for_columns(path: Path, options: Mapping[str, str | None]) -> None:
    try:
        header = open_table(path, options["encoding"], options["delimiter"]).header
    except TableError as error:
        fail(str(error))
    fail(f"{path} is a table: say which columns, such as --columns {header[0]}. There are: {', '.join(header)}")


def _table(
    files: Sequence[Path], names: list[str], options: Mapping[str, str | None], keys: "Keys", *, skip_broken: bool
) -> "tuple[Built, list[str]]":
    from detectors.own.rows import MOST_COLUMNS, Column, build  # noqa: PLC0415

    names = [name.strip() for name in names]
    alone, pairs = (_listed(options[key], names, f"--{key.replace('_', '-')}") for key in ("alone", "pairs_only"))
    if not all(names) or len(set(names)) != len(names) or len(names) > MOST_COLUMNS:
        fail(f"--columns: expected 1 to {MOST_COLUMNS} different names, separated by commas")
    if alone & pairs:
        fail(f"--alone and --pairs-only both name {', '.join(sorted(alone & pairs))}")
    if pairs == set(names) and len(names) == 1:
        fail("--pairs-only: a single column has no pairs. Name another column that stands in the same row")
    columns = [Column(name, True if name in alone else False if name in pairs else None) for name in names]
    tables = [_opened(path, options) for path in files]
    counted = _Counted(row for table in tables for row in table.rows(names, skip_broken=skip_broken))
    built = build(counted, columns, keys)
    if not built.header["values"]:
        fail("nothing was registered: the columns hold no value of three letters or digits")
    notes = [f"{count:,} values left out: {why}" for why, count in built.left_out.items()]
    if counted.broken:
        notes.append(f"{counted.broken:,} broken lines left out")
    return built, notes


def _opened(path: Path, options: Mapping[str, str | None]) -> Table | Sheet:
    if path.suffix.lower() in SUFFIXES:
        return open_sheet(path, options["sheet"])
    if options["sheet"] is not None:
        fail(f"--sheet {options['sheet']}: {path} is no workbook ({', '.join(sorted(SUFFIXES))})")
    return open_table(path, options["encoding"], _sign(options["delimiter"]))


def _listed(text: str | None, known: Sequence[str], option: str) -> set[str]:
    names = {name.strip() for name in text.split(",")} if text else set()
    if unknown := sorted(names - set(known)):
        fail(f"{option}: {', '.join(unknown)} is not among --columns")
    return names


def _sign(text: str | None) -> str | None:
    if text is None:
        return None
    sign = {"tab": "\t", "\\t": "\t"}.get(text, text)
    if len(sign) != 1:
        fail(f"--delimiter {text}: expected one character, or tab")
    return sign


def _documents(files: Sequence[Path], keys: "Keys", *, skip_broken: bool) -> "tuple[Built, list[str]]":
    from detectors.own.passages import build  # noqa: PLC0415

    unread: list[str] = []

    def texts() -> Iterator[tuple[str, str]]:
        for path in files_in(files):
            document = read_document(path)
            if document.problem and not skip_broken:
                fail(
                    f"nothing was registered: {path} can't be read in full ({document.problem}; see docs/content.md). "
                    "Leave such files out with --skip-broken"
                )
            if document.problem:
                unread.append(str(path))
            else:
                yield str(path), document.text

    built = build(texts(), keys)
    if not built.header["documents"]:
        fail("nothing was registered: no document has a passage of ten words")
    notes = [f"left out, since it can't be read in full: {path}" for path in unread]
    notes += [f"{count:,} documents left out: they have no passage of ten words" for count in built.left_out.values()]
    return built, notes


def _amount(header: Mapping[str, Any]) -> str:
    if header["kind"] == "rows":
        return (
            f"{header['rows']:,} rows, {header['values']:,} values of which {header['alone']:,} count alone, "
            f"{header['pairs']:,} pairs"
        )
    return (
        f"{header['documents']:,} documents, {header['passages']:,} rows of words, "
        f"{header['boilerplate']:,} more are boilerplate"
    )


def _say_if_no_rule(settings: Settings, place: "Place", entity_type: str) -> None:
    """Data that no rule speaks of protects nobody."""
    from configs.yaml_source import SourceError  # noqa: PLC0415
    from detectors.errors import DetectorError  # noqa: PLC0415
    from detectors.own.library import open_library  # noqa: PLC0415
    from policy.load import load_policy  # noqa: PLC0415
    from proxy.errors import ConfigurationError  # noqa: PLC0415
    from proxy.own_head import OwnHead  # noqa: PLC0415

    try:
        labels = OwnHead.open(settings).labels
        policy = load_policy(settings.policy, settings.hosts, open_library(place).types, labels)
    except (SourceError, DetectorError, ConfigurationError):
        return
    named = {name for rule in policy.rules for test in rule.when.entities for name in test.scores}
    named |= {name for rule in policy.rules for obligation in rule.obligations for name in obligation.types}
    if entity_type not in named:
        click.echo(
            f"privet: no rule of {settings.policy} speaks of {entity_type} yet, so nothing happens where it is found. "
            "Add one: docs/own-data.md",
            err=True,
        )


def _report(cli: Cli, *, as_json: bool, only: Sequence[str]) -> None:
    from detectors.errors import DetectorError  # noqa: PLC0415
    from detectors.own.container import open_container  # noqa: PLC0415
    from detectors.own.library import read_keys  # noqa: PLC0415

    settings = cli.settings()
    place = _place(settings)
    found: list[Container] = []
    try:
        paths = place.set_paths()
        keys = read_keys(place.key) if paths else None
    except DetectorError as error:
        fail(str(error), code=EXIT_NEGATIVE)
    known = {path.name.removesuffix(".set") for path in paths}
    problems = [
        f"{place.set_path(name)}: no such file. Register it: privet data add … --name {name}"
        for name in sorted({*settings.data.required, *only} - known)
    ]
    for path in paths:
        if only and path.name.removesuffix(".set") not in only:
            continue
        try:
            assert keys is not None
            found.append(open_container(path, keys))
        except DetectorError as error:
            problems.append(str(error))
    if as_json:
        keep = ("name", "kind", "type", "rows", "columns", "values", "alone", "pairs", "documents", "passages", "made")
        sets = [{key: one.header[key] for key in keep if key in one.header} for one in found]
        click.echo(json.dumps({"sets": sets, "problems": problems}, indent=2, ensure_ascii=False))
    else:
        _print(found, required=settings.data.required)
    for problem in problems:
        click.echo(f"privet: {problem}", err=True)
    if problems:
        raise SystemExit(EXIT_NEGATIVE)


def _print(found: Sequence["Container"], *, required: Sequence[str]) -> None:
    from rich.table import Table  # noqa: PLC0415

    if not found:
        err().print("nothing is registered. Begin with: privet data add customers.csv --columns name,email")
        return
    table = Table(box=None, pad_edge=False)
    for column in ("set", "type", "what", "made", "required"):
        table.add_column(column)
    for one in found:
        header = one.header
        name = str(header["name"])
        table.add_row(
            name, str(header["type"]), _amount(header), str(header["made"]), "yes" if name in required else "no"
        )
    out().print(table)
