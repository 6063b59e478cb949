"""`privet models train documents --from FOLDER`: labels of a company's own, from a folder of examples."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.table import Table

from configs.yaml_source import SourceError
from console.cli.context import fail, out

if TYPE_CHECKING:
    from console.labelled_folder import LabelledFolder
    from local_models.own_card import OwnScores
    from local_models.own_head import OwnTrained

OUTPUT = Path("heads")
_PUBLIC = "public"


def train_own_labels(
    folder: Path, output: Path | None, progress: Callable[[str, int, int], None], *, as_json: bool
) -> None:
    """Read the folder, train on it, and say what came of it. Warnings go to stderr; errors end the command."""
    # scikit-learn's neighbours and llama.cpp: only here
    from console.labelled_folder import read_labelled  # noqa: PLC0415
    from detectors.documents import choose, windows_of  # noqa: PLC0415
    from local_models.embed import load_embedder  # noqa: PLC0415
    from local_models.errors import LocalModelError  # noqa: PLC0415
    from local_models.own_head import train_own  # noqa: PLC0415
    from local_models.own_labels import Labelled  # noqa: PLC0415

    try:
        read = read_labelled(folder)
    except SourceError as error:
        fail("labels.yaml can't be used:", (str(problem) for problem in error.problems))
    warnings = [*read.warnings, *_few(read)]
    for line in warnings:
        click.echo(f"privet: {line}", err=True)
    if read.errors:
        fail("nothing was trained:", iter(read.errors))
    documents = [
        Labelled(str(paper.path), paper.label, windows)
        for paper in read.papers
        if (windows := tuple(choose(windows_of([paper.text]))))
    ]
    directory = output or OUTPUT
    try:
        trained = train_own(documents, read.meanings, load_embedder(), progress=progress, directory=directory)
    except LocalModelError as error:
        fail(f"nothing was trained: {error}")
    if as_json:
        click.echo(json.dumps(_document(trained, warnings), indent=2))
        return
    click.echo(f"{trained.revision} in {directory}: card.md says how good it is")
    print_own_scores(trained.scores)
    click.echo(
        f"\nUse it: in the settings, classifier: {{head: {directory}}}; in a rule, labels: [{_example(trained)}]"
    )


def train_confidential(output: Path | None, progress: Callable[[str, int, int], None], *, as_json: bool) -> None:
    """Train the head for sentences that only their context makes confidential, from the sentences shipped here."""
    from local_models.embed import load_embedder  # noqa: PLC0415
    from local_models.errors import LocalModelError  # noqa: PLC0415
    from local_models.heads import HEADS_DIR  # noqa: PLC0415
    from local_models.sentences import SENTENCE_MODEL  # noqa: PLC0415
    from local_models.train_sentences import train_sentences  # noqa: PLC0415

    try:
        trained = train_sentences(load_embedder(SENTENCE_MODEL), progress, output or HEADS_DIR)
    except LocalModelError as error:
        fail(f"nothing was trained: {error}")
    if as_json:
        click.echo(json.dumps(asdict(trained), indent=2))
        return
    click.echo(
        f"{trained.revision} in {output or HEADS_DIR}; ten folds: AUC {trained.auc:g}, "
        f"false alarms at 90 % recall {trained.false_alarms_at_recall_90:g}"
    )


def print_own_scores(scores: "OwnScores") -> None:
    """A line for each label, by documents that were held back."""
    table = Table(box=None, pad_edge=False)
    for title in ("label", "documents", "found", "95 % interval", "false alarms", "min_score"):
        table.add_column(title, justify="left" if title == "label" else "right")
    for name, one in scores.labels.items():
        table.add_row(
            name,
            str(one.documents),
            f"{one.found} of {one.documents}",
            f"{one.low:.0%} to {one.high:.0%}",
            f"{one.false_alarms} of {one.others}",
            f"{one.min_score:g}",
        )
    out().print(table)
    public = scores.public_taken_for_sensitive
    said = "" if public is None else f", {public:.1%} of the public documents taken for something else"
    click.echo(f"macro-F1 {scores.macro_f1:.3f}{said}")


def _few(read: "LabelledFolder") -> list[str]:
    """What a folder with few documents, or without public ones, means."""
    from local_models.own_labels import ASKED_FOR, FEWEST  # noqa: PLC0415 - numpy, which the other commands don't need

    counts = Counter(paper.label for paper in read.papers)
    said = [
        f"{label}: {count} documents. From {ASKED_FOR} on a label is learned well; with fewer it misses more, and the "
        "figures say little"
        for label, count in sorted(counts.items())
        if FEWEST <= count < ASKED_FOR
    ]
    if counts and _PUBLIC not in counts:
        said.append(
            "no folder public/: your own public texts (press releases, web pages, templates) are what false alarms "
            f"shrink by most. Give {ASKED_FOR} of them"
        )
    return said


def _example(trained: "OwnTrained") -> str:
    name = next((name for name in (*trained.new, *trained.scores.labels) if name != _PUBLIC), _PUBLIC)
    return f"{{name: {name}, min_score: {trained.scores.labels[name].min_score:g}}}"


def _document(trained: "OwnTrained", warnings: list[str]) -> dict[str, object]:
    return {
        "revision": trained.revision,
        "directory": str(trained.directory),
        "new_labels": list(trained.new),
        "warnings": warnings,
        "scores": trained.scores.plain(),
    }
