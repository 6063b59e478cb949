"""What heads are trained on and judged by: labelled texts with their source, from a data directory and from here.

Shipped here are `training/short_requests.jsonl` (requests as people type them, since the documents of the data
directory are long) and `training/check_requests.jsonl` (never trained on). Both were written for this purpose by one
author.
"""

import hashlib
import json
import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local_models.errors import TrainingError

READ = 1200  # characters of a text that are looked at: as many as a window of a request has
LABELS = ("source_code", "hr", "medical", "legal", "financial", "customer", "public")
PUBLIC = "public"
OWN_SOURCE = "privet/short-requests"

_TRAINING = Path(__file__).parent / "training"
_SEED = 20250101
_FRAMED_EVERY = 4  # of the documents, one in so many is also given as people paste it: cut, after an instruction
_INTENTS_EVERY = 5
_INSTRUCTIONS = (
    "Summarise this:",
    "Please translate the following into Spanish.",
    "Can you rewrite this so that it reads better?",
    "What are the main points here?",
    "Proofread the text below and list the changes:",
    "Explain this to me in simple words",
    "Make a table of this, please:",
    "Answer the question at the end.",
    "Draft a reply.",
    "Is there anything wrong with this?",
    "Continue:",
    "Turn this into an email:",
)

# Which file, the source its rows have, and whose licence. `None`: the rows say it themselves.
_FILES: Mapping[str, tuple[str | None, str]] = {
    "doc_train.jsonl": (None, "per source: see below"),
    "benign_prompts.jsonl": ("self-instruct", "Apache-2.0"),  # half of it is self-instruct, so it is left out with it
    "clinc150_val.jsonl": ("clinc150", "CC-BY-3.0"),
}
LICENCES: Mapping[str, str] = {
    "cuad": "CC-BY-4.0",
    "tat-qa": "CC-BY-4.0",
    "mtsamples": "CC0-1.0",
    "contextual-anonymizer": "MIT",
    "multidogo": "CDLA-Permissive-1.0",
    "18F/handbook": "CC0-1.0",
    "medquad": "CC-BY-4.0",
    "self-instruct": "Apache-2.0 (with MT-bench's prompts)",
    "humaneval-x": "Apache-2.0",
    "clinc150": "CC-BY-3.0",
    OWN_SOURCE: "Apache-2.0",
}


@dataclass(frozen=True, slots=True)
class Example:
    """A labelled text. Its `source` is what is left out of training when a head is judged on it."""

    text: str = field(repr=False)
    label: str
    source: str


@dataclass(frozen=True, slots=True)
class Corpus:
    """Everything a head is made from, and the SHA-256 of each file it was read from."""

    train: tuple[Example, ...] = field(repr=False)
    dev: tuple[Example, ...] = field(repr=False)
    check: tuple[Example, ...] = field(repr=False)
    files: Mapping[str, str]


def load_corpus(data: Path) -> Corpus:
    """Read the data directory and the texts shipped here. Raises `TrainingError` saying what is missing."""
    if not data.is_dir():
        raise TrainingError(
            f"no training data in {data}: expected a directory with {', '.join(_FILES)} and doc_dev.jsonl. "
            "Name another with: privet models train --data DIR"
        )
    files: dict[str, str] = {}
    train: list[Example] = []
    for name, (source, _) in _FILES.items():
        rows = list(_rows(data / name, files))
        if name == "clinc150_val.jsonl":
            rows = rows[::_INTENTS_EVERY]
        train.extend(_example(row, name, source) for row in rows)
    train.extend(short_requests(files))
    check = [_example(row, "check_requests", "check") for row in _rows(_TRAINING / "check_requests.jsonl", files)]
    dev = [_example(row, "doc_dev.jsonl", None) for row in _rows(data / "doc_dev.jsonl", files)]
    train = _distinct(train, without=[*check, *dev])
    return Corpus(train=(*train, *_framed(train)), dev=tuple(dev), check=tuple(check), files=files)


def short_requests(files: dict[str, str] | None = None) -> tuple[Example, ...]:
    """The requests that are shipped here to train on."""
    rows = _rows(_TRAINING / "short_requests.jsonl", {} if files is None else files)
    return tuple(_example(row, "short_requests.jsonl", OWN_SOURCE) for row in rows)


def held_back(data: Path) -> dict[str, tuple[Example, ...]]:
    """What no head is trained on: the check requests, and doc_dev.jsonl when the data directory has it."""
    check = [_example(row, "check_requests", "check") for row in _rows(_TRAINING / "check_requests.jsonl", {})]
    found = {"check": tuple(check)}
    if (data / "doc_dev.jsonl").is_file():
        found["dev"] = tuple(_example(row, "doc_dev.jsonl", None) for row in _rows(data / "doc_dev.jsonl", {}))
    return found


def group_of(source: str) -> str:
    """The source as it is left out: the six languages of one benchmark are one source."""
    return source.partition("/")[0] if source.startswith("humaneval-x/") else source


def _rows(path: Path, files: dict[str, str]) -> Iterator[dict[str, Any]]:
    try:
        raw = path.read_bytes()
        files[path.name] = hashlib.sha256(raw).hexdigest()
        for line in raw.decode("utf-8").splitlines():
            yield json.loads(line)
    except OSError as error:
        raise TrainingError(f"can't read {path}: {error.strerror}") from None
    except ValueError:
        raise TrainingError(f"{path} is not UTF-8 with one JSON object a line") from None


def _example(row: Mapping[str, Any], file: str, source: str | None) -> Example:
    """Rows of files without labels of ours (prompts, intents) are public."""
    try:
        label = row["label"] if row.get("label") in LABELS else PUBLIC
        return Example(text=row["text"], label=label, source=source or row["source"])
    except (KeyError, TypeError, AttributeError):
        raise TrainingError(f"{file}: expected text, label and source in each line") from None


def _distinct(examples: Iterable[Example], without: Iterable[Example]) -> list[Example]:
    seen = {example.text.strip() for example in without}
    kept = []
    for example in examples:
        if (text := example.text.strip()) and text not in seen:
            seen.add(text)
            kept.append(example)
    return kept


def _framed(examples: Iterable[Example]) -> list[Example]:
    """Documents as they are pasted into a chat: an instruction, then a piece of the text, or the other way round."""
    chance = random.Random(_SEED)  # noqa: S311 - reproducible on purpose
    framed = []
    for example in examples:
        if len(example.text) < 200 or example.source == OWN_SOURCE or chance.randrange(_FRAMED_EVERY):
            continue
        length = chance.randint(150, 900)
        start = chance.choice((0, 0, chance.randint(0, max(0, len(example.text) - length))))
        parts = [chance.choice(_INSTRUCTIONS), example.text[start : start + length]]
        if chance.random() < 0.25:
            parts.reverse()
        framed.append(Example(text="\n\n".join(parts), label=example.label, source=example.source))
    return framed
