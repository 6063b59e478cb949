"""`privet models tasks`: the named tasks that there are, a check of one's own, a template learned from prompts."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.table import Table

from configs.yaml_source import SourceError
from console.cli.context import Cli, fail, out
from local_models.errors import GrammarError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from local_models.tasks.task import Task

_FEW = 24  # examples: with fewer, nobody can say how well something does the task
_FOLDER = click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))


@click.group("tasks", invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
@click.pass_context
def tasks(context: click.Context, /, *, as_json: bool) -> None:
    """List the named tasks that Privet knows, and which of the policy's models do them.

    \b
    Examples:
      privet models tasks
      privet models tasks check tasks/sort_tickets
      privet models tasks template prompts.jsonl
    """  # noqa: D301 - click wants the character itself
    if context.invoked_subcommand is not None:
        return
    cli = context.obj if isinstance(context.obj, Cli) else Cli(None)
    known, doing = _known(cli), _doing(cli)
    rows = [_row(task, doing.get(task.id, [])) for task in known.values()]
    if as_json:
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    table = Table("task", "kind", "examples", "near misses", "templates", "models of the policy", "what it does")
    for row in rows:
        numbers = [str(row[name]) for name in ("examples", "near_misses", "templates")]
        models = ", ".join(f"{one['name']} ({one['answerer']})" for one in row["models"])
        table.add_row(row["id"], row["kind"], *numbers, models or "none", row["about"])
    out().print(table)


@tasks.command()
@_FOLDER
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
def check(folder: Path, *, as_json: bool) -> None:
    """Check a task's folder: everything that is wrong, with file and line; else what is in it.

    \b
    Examples:
      privet models tasks check tasks/sort_tickets
    """  # noqa: D301 - click wants the character itself
    from local_models.json_schema import bounded  # noqa: PLC0415
    from local_models.tasks.task import load_task  # noqa: PLC0415
    from local_models.tasks.veto import veto_for  # noqa: PLC0415

    try:
        task = load_task(folder)
        bounded(json.dumps(task.schema))
    except SourceError as error:
        fail(f"the task in {folder} can't be used:", (str(problem) for problem in error.problems))
    except GrammarError as error:
        fail(f"the task in {folder} can't be used: {error}")
    veto = veto_for(task)
    row = {
        **_row(task, []),
        "words": dict(_words(task)),
        "sources": dict(Counter(one.source or "not said" for one in task.examples)),
        "near_misses_stopped": round(veto.stopped, 3),
        "remarks": list(_remarks(task)),
    }
    if as_json:
        click.echo(json.dumps(row, indent=2, ensure_ascii=False))
        return
    click.echo(f"{task.id}: {task.kind}, {len(task.positives)} examples, {len(task.near_misses)} near misses")
    for word, count in _words(task):
        click.echo(f"  {word:<24} {count}")
    if task.near_misses:
        click.echo(f"  the veto stops {veto.stopped:.0%} of the near misses, each left out of it")
    for remark in _remarks(task):
        click.echo(f"  remark: {remark}")


@tasks.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
def template(file: Path) -> None:
    """Print the template that prompts were made of: what they begin and end with alike, and {input} between.

    FILE holds JSON lines: texts, or objects with a `prompt`. What is printed goes into the task's `templates`.

    \b
    Examples:
      privet models tasks template prompts.jsonl
    """  # noqa: D301 - click wants the character itself
    from local_models.tasks.template import learned  # noqa: PLC0415

    found = learned(list(_prompts(file)))
    if found is None:
        fail("no template found: expected at least 3 prompts with at least 8 words in common at their ends", code=1)
    click.echo(found)


def _prompts(file: Path) -> Iterator[str]:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        fail(f"{file}: can't be read: {type(error).__name__}")
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        text = row.get("prompt") if isinstance(row, dict) else row
        if not isinstance(text, str):
            fail(f'{file}:{number}: expected a JSON text, or {{"prompt": text}}')
        yield text


def _known(cli: Cli) -> Mapping[str, Task]:
    from local_models.tasks.task import known_tasks  # noqa: PLC0415

    settings = cli.settings() if cli.config_path() is not None else None
    try:
        return known_tasks(settings.tasks.directory if settings is not None else None)
    except SourceError as error:
        fail("a task can't be used:", (str(problem) for problem in error.problems))


def _doing(cli: Cli) -> dict[str, list[dict[str, Any]]]:
    """The policy's models by the task that they do; none where there is no policy, or none that can be read."""
    from policy.load import load_policy  # noqa: PLC0415

    if cli.config_path() is None:
        return {}
    settings = cli.settings()
    try:
        policy = load_policy(settings.policy, settings.hosts)
    except SourceError:
        return {}
    found: dict[str, list[dict[str, Any]]] = {}
    for one in policy.models.values():
        if one.task:
            model = {"name": one.name, "answerer": one.answerer, "min_confidence": one.min_confidence}
            found.setdefault(one.task, []).append({**model, "escalate": list(one.escalate), "evidence": one.evidence})
    return found


def _row(task: Task, models: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": task.id,
        "kind": task.kind,
        "about": task.about,
        "examples": len(task.positives),
        "near_misses": len(task.near_misses),
        "templates": len(task.templates),
        "fields": [one.name for one in task.fields],
        "revision": task.revision,
        "models": models,
    }


def _words(task: Task) -> list[tuple[str, int]]:
    """How many examples each word of a classification has."""
    if task.kind != "classify":
        return []
    (one,) = (each for each in task.fields if each.required)
    counts = Counter((example.output or {}).get(one.name) for example in task.positives)
    return [(word, counts[word]) for word in one.choices]


def _remarks(task: Task) -> Iterator[str]:
    if len(task.positives) < _FEW:
        yield f"{len(task.positives)} examples: a few dozen are needed to say how well something does this"
    if not task.near_misses:
        yield "no near misses: add some inputs with output null, so that other requests are told from this task"
    if not task.templates:
        yield "no templates: only a declaration, the schema or the prompt itself will be recognised"
