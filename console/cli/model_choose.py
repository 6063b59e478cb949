"""`privet models choose`: the smallest model that does a task well enough, measured on your own examples."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import click
from rich.table import Table

from configs.yaml_source import SourceError
from console.cli.context import EXIT_NEGATIVE, EXIT_USAGE, Cli, err, fail, out
from local_models.errors import LocalModelError

if TYPE_CHECKING:
    from console.policy_route import Route
    from local_models.tasks.answerer import Answerer
    from local_models.tasks.choose import Choice, Figures
    from local_models.tasks.task import Example, Task

EXIT_UNKNOWN = 3  # too few examples to tell
_KINDS = "grams, features, both, spans, few-shot"


@click.command("choose")
@click.option("--task", "name", required=True, metavar="TASK", help="A task's id, or its folder.")
@click.option(
    "--data",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Examples, JSON lines of input, output and source. [default: those in the task's folder]",
)
@click.option("--target", type=click.FloatRange(0.5, 0.9999), default=0.95, show_default=True, help="Share right.")
@click.option(
    "--confidence",
    "certain",
    type=click.FloatRange(0.5, 0.9999),
    default=0.95,
    show_default=True,
    help="How certain it must be that the target is reached.",
)
@click.option("--max-false-alarms", type=click.FloatRange(0, 1), help="Share of near misses answered, at most.")
@click.option("--max-ms", type=click.FloatRange(min=0), help="Milliseconds, in 99 of 100 answers.")
@click.option("--candidates", help=f"Which, separated by commas: {_KINDS}, few-shot:MODEL. [default: all that fit]")
@click.option("--endpoint", multiple=True, metavar="URL#MODEL", help="A server inside, OpenAI-compatible. Repeatable.")
@click.option("--key-env", help="The environment variable with the servers' key.")
@click.option(
    "--answers",
    type=click.FloatRange(0.05, 1.0),
    default=1.0,
    show_default=True,
    help="Take one that answers this share itself; --escalate gets the rest.",
)
@click.option("--escalate", multiple=True, metavar="MODEL", help="A model of the policy, or vendor. Repeatable.")
@click.option("--plot", "picture", type=click.Path(path_type=Path, dir_okay=False), help="Write an SVG.")
@click.option(
    "--output", type=click.Path(path_type=Path, file_okay=False), help="Directory for the winner and its evidence."
)
@click.option(
    "--write",
    "policy",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Write the winner into this policy, as a model and a rule.",
)
@click.option("--as", "route_name", metavar="NAME", help="The model's name in the policy. [default: the task's id]")
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
@click.pass_obj
def choose_model(
    cli: Cli,
    *,
    name: str,
    data: Path | None,
    target: float,
    certain: float,
    max_false_alarms: float | None,
    max_ms: float | None,
    candidates: str | None,
    endpoint: tuple[str, ...],
    key_env: str | None,
    answers: float,
    escalate: tuple[str, ...],
    picture: Path | None,
    output: Path | None,
    policy: Path | None,
    route_name: str | None,
    as_json: bool,
) -> None:
    """Find the cheapest candidate that does a task as well as you want, and write it into the policy.

    Each candidate is asked about examples that it was not fitted on: whole sources are left out if the examples name at
    least three, else a fifth at a time. It is chosen if the share that is right is at least the target with the
    certainty that you want, for all candidates together.

    \b
    Examples:
      privet models choose --task email_categorisation --data mails.jsonl --target 0.95
      privet models choose --task invoice_dates --data invoices.jsonl --answers 0.6 --escalate inside-large \\
          --write policy.yaml --plot choice.svg

    Exit code 0: one was chosen. 1: none meets it. 3: too few examples to tell; the answer says how many it takes.
    """  # noqa: D301 - click wants the character itself
    from local_models.tasks.choose import Wanted, choose  # noqa: PLC0415 - scipy, which other commands don't need
    from local_models.tasks.evidence import document  # noqa: PLC0415 - the same
    from local_models.tasks.plot import plot  # noqa: PLC0415 - the same

    if answers < 1.0 and not escalate:
        fail("--answers below 1 leaves requests unanswered. Say who answers them: --escalate MODEL")
    task, examples = _read(cli, name, data)
    servers = _servers(endpoint, os.environ.get(key_env) if key_env else None)
    tried = [*_candidates(task, candidates), *servers]
    wanted = Wanted(target, certain, max_false_alarms, max_ms, answers)
    hour = cli.settings().costs.inside_hour if cli.config_path() is not None else 0.0
    with _Progress() as progress:
        choice = choose(task, examples, tried, wanted, hour=hour, progress=progress)
    evidence = document(task, examples, choice, datetime.now(UTC))
    written: dict[str, Any] = {}
    if choice.chosen is not None and (output is not None or policy is not None):
        winner = next(one for one in tried if one.name == choice.chosen)
        if any(winner is one for one in servers):
            fail(
                f"a server inside was chosen ({winner.name}), and nothing was written: what it does is in no file. Run "
                "this without --write and --output to see the figures, and add the server to the policy yourself: "
                f"models: {{{route_name or task.id}: {{backend: openai, base_url: …, model: …}}}}"
            )
        figures = next(one for one in choice.figures if one.name == choice.chosen)
        place = output or (policy.parent if policy else Path()) / "answerers" / task.id
        written = _keep(task, examples, winner, figures, evidence=evidence, place=place)
        if policy is not None:
            from console.policy_route import Route  # noqa: PLC0415 - as above

            part = figures.part if figures.verdict == "in part" else None
            route = Route(
                name=route_name or task.id,
                task=task.id,
                answerer=os.path.relpath(place.resolve(), policy.resolve().parent),
                evidence=written["evidence"],
                min_confidence=0.0 if part is None else part.min_confidence,
                escalate=escalate,
            )
            written |= _route(policy, route)
    if picture is not None:
        try:
            picture.write_text(plot(task.id, choice), encoding="utf-8")
        except OSError as error:
            fail(f"can't write the picture to {picture}: {error.strerror}")
    if as_json:
        click.echo(json.dumps(evidence | written, indent=2, ensure_ascii=False))
    else:
        _show(task, examples, choice, written)
    if choice.chosen is None:
        raise SystemExit(EXIT_UNKNOWN if choice.needed is not None else EXIT_NEGATIVE)


def _read(cli: Cli, name: str, data: Path | None) -> tuple[Task, tuple[Example, ...]]:
    from local_models.tasks.task import TASK_FILE, known_tasks, load_examples, load_task  # noqa: PLC0415 - as above

    try:
        if (Path(name) / TASK_FILE).is_file():
            task = load_task(Path(name))
        else:
            tasks = known_tasks(cli.settings().tasks.directory if cli.config_path() is not None else None)
            if name not in tasks:
                fail(f"no task is called {name!r}. Known: {', '.join(tasks)}; or name a folder with {TASK_FILE}")
            task = tasks[name]
        examples = task.examples if data is None else load_examples(data, task.fields)
    except SourceError as error:
        fail("the examples can't be used:", (str(problem) for problem in error.problems))
    if sum(one.output is not None for one in examples) < 2 * _LEAST:
        fail(f"{len(examples)} examples are too few to measure anything. A few hundred tell candidates apart")
    return task, examples


_LEAST = 5


def _candidates(task: Task, named: str | None) -> list[Answerer]:
    """Those that fit the task's kind, the smallest first."""
    from local_models.catalog import catalog  # noqa: PLC0415 - as above
    from local_models.embed import FEATURE_MODEL  # noqa: PLC0415 - llama.cpp
    from local_models.tasks.heads_answerer import HeadsAnswerer, Vectors  # noqa: PLC0415 - the same
    from local_models.tasks.spans import SpansAnswerer  # noqa: PLC0415 - the same

    chat = [spec.name for spec in catalog() if spec.purpose == "chat"]
    default = ["grams", "features", "both"] if task.kind == "classify" else ["spans"]
    words = [one.strip() for one in named.split(",") if one.strip()] if named else [*default, "few-shot"]
    vectors = Vectors(FEATURE_MODEL)
    found: list[Answerer] = []
    for word in dict.fromkeys(words):
        kind, _, model = word.partition(":")
        match kind:
            case "grams":
                found.append(HeadsAnswerer())
            case "features":
                found.append(HeadsAnswerer(grams=False, vectors=vectors))
            case "both":
                found.append(HeadsAnswerer(grams=True, vectors=vectors))
            case "spans":
                found.append(SpansAnswerer())
            case "few-shot":
                found += _few_shot([model] if model else chat, chat)
            case _:
                fail(f"no candidate is called {word!r}. Known: {_KINDS}, few-shot:MODEL ({', '.join(chat)})")
    return found


def _few_shot(models: Sequence[str], known: Sequence[str]) -> list[Answerer]:
    from local_models.chat import load_chat  # noqa: PLC0415 - llama.cpp
    from local_models.tasks.generate import FewShot  # noqa: PLC0415 - the same

    for model in models:
        if model not in known:
            fail(f"no chat model is called {model!r}. Known: {', '.join(known)}")
    try:
        return [FewShot(load_chat(model), model) for model in models]
    except LocalModelError as error:
        fail(str(error))


def _servers(endpoints: Sequence[str], key: str | None) -> list[Answerer]:
    from local_models.tasks.generate import FewShot  # noqa: PLC0415 - llama.cpp
    from local_models.tasks.server_chat import server_chat  # noqa: PLC0415 - aiohttp

    try:
        chats = [server_chat(one, key) for one in endpoints]
    except LocalModelError as error:
        fail(str(error))
    return [FewShot(chat, chat.model, memory_mb=0.0) for chat in chats]


def _keep(
    task: Task,
    examples: Sequence[Example],
    winner: Answerer,
    figures: Figures,
    evidence: dict[str, Any],
    *,
    place: Path,
) -> dict[str, Any]:
    """Fit the winner on all examples, and write it down beside its evidence."""
    from local_models.tasks.evidence import write_evidence  # noqa: PLC0415 - as above
    from local_models.tasks.generate import FewShot  # noqa: PLC0415 - the same

    try:
        fitted: Answerer = winner.fit(task, examples)
        if isinstance(fitted, FewShot):
            from dataclasses import replace  # noqa: PLC0415 - only here

            fitted = replace(fitted, right=figures.right)
        fitted.save(place)
        return {"answerer": str(place), "evidence": write_evidence(place, evidence)}
    except LocalModelError as error:
        fail(str(error))


def _route(policy: Path, route: Route) -> dict[str, Any]:
    from console.policy_route import write_route  # noqa: PLC0415 - as above

    try:
        return {"policy": str(policy), "changed": write_route(policy, route)}
    except SourceError as error:
        fail("the route can't be written; the policy is as it was:", (str(one) for one in error.problems), EXIT_USAGE)


def _show(task: Task, examples: Sequence[Example], choice: Choice, written: dict[str, Any]) -> None:
    table = Table(box=None, pad_edge=False)
    for title in (
        "candidate",
        "right",
        "at least",
        "answers itself",
        "false alarms",
        "p50",
        "p99",
        "memory",
        "$/1,000",
    ):
        table.add_column(title, justify="left" if title == "candidate" else "right")
    table.add_column("verdict", overflow="fold")
    for one in choice.figures:
        if one.verdict == "failed":
            table.add_row(one.name, *["-"] * 8, f"failed: {one.why}")
            continue
        part = "-" if one.part is None else f"{one.part.answered:.0%} from {one.part.min_confidence:.2f}"
        table.add_row(
            one.name,
            f"{one.right:.1%}",
            f"{one.least:.1%}",
            part,
            "-" if one.false_alarms is None else f"{one.false_alarms:.0%}",
            f"{one.p50_ms:.3g} ms",
            f"{one.p99_ms:.3g} ms",
            f"{one.memory_mb:.0f} MB",
            f"{one.cost_1000:.2g}",
            one.verdict
            + (f": {one.why}" if one.why else "")
            + (f" (given up after {one.items})" if one.stopped else ""),
        )
    near = sum(one.output is None for one in examples)
    how = "whole sources left out" if choice.by_source else "a fifth left out at a time"
    wanted = choice.wanted
    out().print(f"{task.id}: {len(examples) - near} examples, {near} near misses; {how}")
    out().print(table)
    if choice.chosen is not None:
        figures = next(one for one in choice.figures if one.name == choice.chosen)
        itself = " of what it answers itself" if figures.verdict == "in part" else ""
        out().print(f"Chosen: {choice.chosen}, the cheapest that is right in {wanted.target:.1%} or more{itself}.")
    elif choice.needed is not None:
        out().print(f"Too few examples to tell: about {choice.needed} would be needed.")
    else:
        out().print(f"None meets {wanted.target:.1%} with a certainty of {wanted.certain:.0%}.")
    if "answerer" in written:
        out().print(f"Written: {written['answerer']} ({written['evidence']})")
    if "policy" in written:
        out().print(f"Changed in {written['policy']}: {', '.join(written['changed'])}")


def _verdict(one: Figures) -> str:
    why = f"given up after {one.items}" if one.stopped else one.why
    return f"{one.verdict}: {why}" if why else one.verdict


class _Progress:
    """A bar per candidate on stderr; nothing when that is no terminal."""

    def __init__(self) -> None:
        from rich.progress import Progress as Bars  # noqa: PLC0415 - 50 ms that other commands don't need

        self._bars = Bars(console=err(), disable=not err().is_terminal)
        self._tasks: dict[str, Any] = {}

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def __call__(self, name: str, done: int, total: int) -> None:
        if name not in self._tasks:
            self._tasks[name] = self._bars.add_task(name, total=total)
        self._bars.update(self._tasks[name], completed=done)
