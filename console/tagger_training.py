"""The tagger's training as a few commands: an environment of its own, the texts, the rounds.

The scripts are in `training/`, which only a checkout has. They need torch, which Privet doesn't: so they run in an
environment of their own, made once in `.cache/training`, or in one that is named.
"""

import hashlib
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
_PARTS = ("training/requirements.txt", "training/files.txt")
_STAMP = "privet-training.sha256"

Runner = Callable[[Sequence[str], Path, Path | None], int]
"""Runs a command in a folder, its output into a file if one is named; returns its exit code."""


class TrainingFailedError(Exception):
    """The training can't go on; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be trained. `without` names sets that are left out, to be measured on a source never seen."""

    data: Path
    output: Path
    rounds: int
    without: tuple[str, ...] = ()
    start: Path | None = None
    python: Path | None = None


def run(arguments: Sequence[str], folder: Path, output: Path | None = None) -> int:
    """A command in a folder, to its end; its output goes where Privet's goes unless a file is named."""
    if output is None:
        return subprocess.run(arguments, cwd=folder, check=False).returncode  # noqa: S603 - our own scripts and pip
    with output.open("wb") as file:
        return subprocess.run(arguments, cwd=folder, check=False, stdout=file).returncode  # noqa: S603 - the same


def train_tagger(plan: Plan, say: Callable[[str], None], *, root: Path = ROOT, runner: Runner = run) -> None:
    """Train weights into `plan.output`. Raises `TrainingFailedError`."""
    if not (root / "training/tagger.py").is_file():
        raise TrainingFailedError(f"{root} has no training/ folder: the tagger is trained in a checkout of Privet.")
    if not plan.data.is_dir():
        raise TrainingFailedError(f"{plan.data} is no folder. Name the one with the labelled texts: --data DIR.")
    if plan.start is not None and not (plan.start / "card.json").is_file():
        raise TrainingFailedError(f"{plan.start} has no card.json: --start takes a folder that the training wrote.")
    python = plan.python or _environment(root, say, runner)
    plan.output.mkdir(parents=True, exist_ok=True)
    texts = plan.output.resolve() / "texts.jsonl"
    say("Reading the texts; what nobody labelled is labelled by the present detection")
    arguments = [sys.executable, "-m", "training.texts", "--data", str(plan.data.resolve())]
    _must(runner(arguments, root, texts), "reading the texts")
    say(f"Training: {plan.rounds} rounds, some minutes each")
    options = [item for name in plan.without for item in ("--without", name)]
    if plan.start is not None:
        options += ["--start", str(plan.start.resolve())]
    arguments = [str(python), "-m", "training.tagger", str(texts), "--rounds", str(plan.rounds), *options]
    _must(runner([*arguments, "--output", str(plan.output.resolve())], root, None), "the training")
    texts.unlink(missing_ok=True)  # people's texts: not to be left beside weights that are copied somewhere


def _environment(root: Path, say: Callable[[str], None], runner: Runner) -> Path:
    """The Python with what the training needs, made if it isn't there or was made for other versions."""
    folder = root / ".cache/training"
    python, stamp = folder / "bin/python", folder / _STAMP
    wanted = hashlib.sha256(b"\0".join((root / part).read_bytes() for part in _PARTS)).hexdigest()
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return python
    say(f"Installing torch and the texts' sources into {folder}: once, some minutes")
    _must(runner([sys.executable, "-m", "venv", "--clear", str(folder)], root, None), "making the environment")
    for part, options in zip(_PARTS, ((), ("--no-deps",)), strict=True):
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *options]
        _must(runner([*pip, "-r", part], root, None), f"installing {part}")
    stamp.write_text(wanted, encoding="utf-8")
    return python


def _must(code: int, what: str) -> None:
    if code:
        raise TrainingFailedError(
            f"{what} ended with exit code {code}; what it said stands above. "
            "An environment of your own with training/requirements.txt and files.txt in it can be named with --python."
        )
