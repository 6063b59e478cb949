"""`privet models`: the local models' files, and the document classifier's training and scores."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.table import Table

from console.cli.context import EXIT_NEGATIVE, err, fail, out
from console.cli.model_choose import choose_model
from console.cli.model_files import add_model, fetch_models, remove_model
from console.cli.model_tasks import tasks
from console.cli.model_watch import watch_models
from local_models.catalog import catalog, location_of, models_dir, prepare, verified
from local_models.errors import LocalModelError
from local_models.measure import Measured, measure, record, recorded

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from local_models.spec import ModelSpec
    from local_models.train import Progress

_DATA = Path("../shared/data")
_AS_JSON = click.option("--json", "as_json", is_flag=True, help="Write JSON.")
_DATA_OPTION = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=_DATA,
    show_default=True,
    help="Directory with the labelled texts.",
)
_FIGURES = {
    "texts": "texts",
    "macro_f1": "macro-F1",
    "auc": "AUC sensitive / public",
    "false_alarms_at_recall_90": "false alarms at 90 % recall",
    "calibration_error": "calibration error",
    "recall_at_rule": "sensitive with own label >= 0.8",
    "wrong_at_rule": "a wrong label >= 0.8",
}


@click.group(no_args_is_help=True)
def command() -> None:
    """Show, make, check and train the local models.

    \b
    Examples:
      privet models list                    what there is and where
      privet models fetch                   get what is missing, from a mirror too
      privet models add NAME SOURCE         a model of your own
      privet models prepare                 make what is made here (once, seconds)
      privet models verify                  compare every file's SHA-256
      privet models evaluate                the document classifier's scores
      privet models choose --task TASK      the smallest model that does a task well enough
      privet models tasks                   the named tasks that small models do
      privet models watch                   how often it agrees with a larger one since
    """  # noqa: D301 - click wants the character itself


@command.command("list")
@click.option(
    "--measure", "measuring", is_flag=True, help="Start each, and see how long it takes and in how much memory."
)
@_AS_JSON
def list_models(*, measuring: bool, as_json: bool) -> None:
    """List the models: what for, where from, licence, whether the file is there, and what was measured.

    \b
    Examples:
      privet models list --json
      privet models list --measure
    """  # noqa: D301 - click wants the character itself
    specs = _catalog()
    known = recorded(models_dir())
    if measuring:
        try:
            known |= {spec.sha256: measure(spec.name) for spec in specs if _described(spec, None)["present"]}
        except LocalModelError as error:
            fail(str(error))
        record(models_dir(), known)
    rows = [_described(spec, known.get(spec.sha256)) for spec in specs]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    table = Table(box=None, pad_edge=False)
    for title in ("model", "for", "from", "licence", "size", "ready in", "memory", "file"):
        table.add_column(title, overflow="fold")
    for row in rows:
        place = str(row["path"] or "wheel not installed")
        origin = f"{row['distribution']} {row['version']}" if row["distribution"] else row["source"]
        table.add_row(
            row["name"],
            row["purpose"],
            origin + (f", {row['layers']} layers" if row["layers"] else ""),
            row["licence"],
            f"{row['size'] / 1e6:.0f} MB",
            "-" if row["seconds"] is None else f"{row['seconds']:.1f} s",
            "-" if row["memory"] is None else f"{row['memory'] / 1e6:.0f} MB",
            place if row["present"] or row["path"] is None else f"{place} (missing)",
        )
    out().print(table)


for _command in (fetch_models, add_model, remove_model, choose_model, watch_models, tasks):
    command.add_command(_command)


@command.command("prepare")
def prepare_models() -> None:
    """Make the models that are made here and check the others.

    Files go to PRIVET_MODELS_DIR, or share/privet/models of the environment. What is there and right stays as it is.

    \b
    Examples:
      privet models prepare
      PRIVET_MODELS_DIR=/var/lib/privet/models privet models prepare
    """  # noqa: D301 - click wants the character itself
    for spec in _catalog():
        try:
            path = prepare(spec.name)
        except LocalModelError as error:
            fail(str(error))
        click.echo(f"{spec.name}: {path}")


@command.command("verify")
@_AS_JSON
def verify_models(*, as_json: bool) -> None:
    """Compare every model's SHA-256 with the pinned one, and load the classifier's head.

    Exit code 1 when a file is missing or another one.

    \b
    Example:
      privet models verify
    """  # noqa: D301 - click wants the character itself
    from local_models.heads import load_head  # noqa: PLC0415 - numpy, which `list` doesn't need

    rows: list[dict[str, Any]] = []
    checks: list[tuple[str, Callable[[], str]]] = [(spec.name, partial(_verified, spec)) for spec in _catalog()]
    heads = [(f"{name} (head)", lambda name=name: load_head(name).revision) for name in ("documents", "confidential")]
    for name, check in [*checks, *heads]:
        try:
            rows.append({"name": name, "ok": True, "detail": check()})
        except LocalModelError as error:
            rows.append({"name": name, "ok": False, "detail": str(error)})
    if as_json:
        click.echo(json.dumps(rows, indent=2))
    else:
        for row in rows:
            click.echo(f"{'ok  ' if row['ok'] else 'BAD '} {row['name']}: {row['detail']}")
    if not all(row["ok"] for row in rows):
        raise SystemExit(EXIT_NEGATIVE)


@command.command("train")
@click.argument("what", type=click.Choice(["documents", "confidential", "ner"]), default="documents")
@_DATA_OPTION
@click.option(
    "--from",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="documents: a folder with one folder per label of your own, trained in seconds on top of Privet's head.",
)
@click.option(
    "--cache", type=click.Path(path_type=Path, dir_okay=False), help="Keep the feature model's vectors in this file."
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="Directory for the result. [default: with --from heads, for ner tagger-trial, else where Privet loads from]",
)
@click.option(
    "--rounds", type=click.IntRange(min=1), default=7, show_default=True, help="ner: times the texts are read."
)
@click.option("--without", multiple=True, metavar="SET", help="ner: leave a set out, to be measured on it. Repeatable.")
@click.option(
    "--start", type=click.Path(path_type=Path, file_okay=False), help="ner: teach the weights in this folder further."
)
@click.option(
    "--python", type=click.Path(path_type=Path, dir_okay=False), help="ner: a Python that has torch; none is installed."
)
@_AS_JSON
def train_models(
    *,
    what: str,
    data: Path,
    folder: Path | None,
    cache: Path | None,
    output: Path | None,
    rounds: int,
    without: tuple[str, ...],
    start: Path | None,
    python: Path | None,
    as_json: bool,
) -> None:
    """Train labels of your own (--from), or a model that Privet ships: documents, confidential or ner.

    Labels of your own: FOLDER holds a folder for each label (board_papers/, public/ …) with at least 12 documents, and
    labels.yaml, which is made if it is missing. They take seconds, and are judged on documents held back.

    documents is the document classifier's head: minutes, judged on sources left out. confidential is the head for
    sentences that only their context makes so: a minute. ner is the tagger that finds names: half an hour of one core,
    in an environment of its own with torch that is made once in the checkout; its weights are written beside a card
    with their hashes, and used when they lie in detectors/tagger_weights.

    \b
    Examples:
      privet models train documents --from papers/ --output heads/
      privet models train
      privet models train confidential --output trial/
      privet models train --data ~/labelled --cache /tmp/features.npz
      privet models train ner --output trial
      privet models train ner --output trial --without wnut17_dev
    """  # noqa: D301 - click wants the character itself
    if what == "ner":
        from console.tagger_training import Plan, TrainingFailedError, train_tagger  # noqa: PLC0415 - only here

        folder = output or Path("tagger-trial")
        try:
            train_tagger(Plan(data, folder, rounds, without, start, python), err().print)
        except TrainingFailedError as error:
            fail(str(error))
        click.echo(json.dumps({"path": str(folder)}) if as_json else f"weights in {folder}")
        return
    if folder is not None:
        from console.cli.model_documents import train_own_labels  # noqa: PLC0415 - only here

        with_bars = _Progress()
        with with_bars:
            train_own_labels(folder, output, with_bars.report, as_json=as_json)
        return
    if what == "confidential":
        from console.cli.model_documents import train_confidential  # noqa: PLC0415 - only here

        with_bars = _Progress()
        with with_bars:
            train_confidential(output, with_bars.report, as_json=as_json)
        return
    # scikit-learn and llama.cpp: only here
    from local_models.corpus import load_corpus  # noqa: PLC0415
    from local_models.embed import load_embedder  # noqa: PLC0415
    from local_models.heads import HEADS_DIR  # noqa: PLC0415
    from local_models.train import train  # noqa: PLC0415

    try:
        with_progress = _Progress()
        with with_progress:
            result = train(
                load_corpus(data),
                load_embedder(),
                progress=with_progress.report,
                cache=cache,
                directory=output or HEADS_DIR,
            )
    except LocalModelError as error:
        fail(str(error))
    scores = {"left_out": result.left_out.plain(), "dev": result.dev.plain(), "check": result.check.plain()}
    if as_json:
        click.echo(json.dumps({"revision": result.revision, "path": str(result.path), "scores": scores}, indent=2))
        return
    click.echo(f"{result.revision} in {result.path}")
    _print_scores(scores)


@command.command("evaluate")
@_DATA_OPTION
@_AS_JSON
def evaluate_head(*, data: Path, as_json: bool) -> None:
    """Ask the stored head about texts it wasn't trained on, and show its scores at training.

    The shipped check requests are always asked; doc_dev.jsonl of the data directory too, when it is there.

    \b
    Example:
      privet models evaluate
    """  # noqa: D301 - click wants the character itself
    # llama.cpp: only here
    from local_models.classify import load_classifier  # noqa: PLC0415
    from local_models.corpus import held_back  # noqa: PLC0415
    from local_models.evaluate import judge  # noqa: PLC0415

    try:
        classifier = load_classifier()
        now = {name: judge(classifier.classify, texts).plain() for name, texts in held_back(data).items()}
    except LocalModelError as error:
        fail(str(error))
    trained = classifier.head.metadata["scores"]
    if as_json:
        document = {"revision": classifier.revision, "now": now, "at_training": trained}
        click.echo(json.dumps(document, indent=2))
        return
    click.echo(f"{classifier.revision}, asked now:")
    _print_scores(now)
    click.echo("\nAt training (left_out: every text answered by a head that never saw its source):")
    _print_scores(trained)


def _catalog() -> tuple[ModelSpec, ...]:
    try:
        return catalog()
    except LocalModelError as error:
        fail(str(error))


def _described(spec: ModelSpec, cost: Measured | None) -> dict[str, Any]:
    try:
        path = location_of(spec)
    except LocalModelError:
        path = None
    return {
        "name": spec.name,
        "purpose": spec.purpose,
        "distribution": spec.distribution,
        "version": spec.version,
        "origin": spec.origin,
        "licence": spec.licence,
        "layers": spec.layers,
        "context": spec.context,
        "size": spec.size,
        "sha256": spec.sha256,
        "path": None if path is None else str(path),
        "source": spec.source,
        "languages": list(spec.languages),
        "about": spec.about,
        "seconds": None if cost is None else cost.seconds,
        "memory": None if cost is None else cost.memory,
        "present": path is not None and path.is_file(),
    }


def _verified(spec: ModelSpec) -> str:
    return str(verified(spec, location_of(spec)))


def _print_scores(scores: Mapping[str, Mapping[str, Any]]) -> None:
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    for name in scores:
        table.add_column(name, justify="right")
    for key, title in _FIGURES.items():
        table.add_row(title, *("-" if row.get(key) is None else f"{row[key]:g}" for row in scores.values()))
    out().print(table)


class _Progress:
    """A bar per step on stderr; nothing when that is no terminal."""

    def __init__(self) -> None:
        from rich.progress import Progress as Bars  # noqa: PLC0415 - 50 ms that `list` doesn't need

        self._bars = Bars(console=err(), disable=not err().is_terminal)
        self._tasks: dict[str, Any] = {}

    def __enter__(self) -> None:
        self._bars.start()

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    @property
    def report(self) -> Progress:
        """What `train` calls."""

        def show(step: str, done: int, total: int) -> None:
            if step not in self._tasks:
                self._tasks[step] = self._bars.add_task(step, total=total)
            self._bars.update(self._tasks[step], completed=done)

        return show
