"""Training on a small corpus with made-up features: reproducible, judged by sources, stored."""

import json
from pathlib import Path

import numpy as np
import pytest

from local_models.corpus import LABELS, OWN_SOURCE, Corpus, Example
from local_models.errors import TrainingError
from local_models.heads import load_head
from local_models.train import train

WORDS = {
    "source_code": "def return import class self",
    "hr": "employee candidate salary warning manager",
    "medical": "patient diagnosis mg fever admitted",
    "legal": "party shall agreement clause indemnify",
    "financial": "revenue margin ebitda invoice quarter",
    "customer": "order refund parcel agent account",
    "public": "poem capital recipe weather holiday",
}


class Columns:
    """A feature model that counts each label's words."""

    model, sha256, width = "columns", "ab" * 32, len(LABELS)

    def __init__(self) -> None:
        self.calls = 0

    def vector(self, text: str) -> np.ndarray:
        self.calls += 1
        return np.asarray([sum(word in text for word in WORDS[label].split()) for label in LABELS], dtype=np.float32)


def corpus() -> Corpus:
    chance = np.random.default_rng(3)

    def text(label: str, number: int) -> str:
        return " ".join(chance.choice(WORDS[label].split(), 4)) + f" number {number}"

    train_on = [
        Example(text=text(label, number), label=label, source=source)
        for label in LABELS
        for source in ("cuad", "medquad", OWN_SOURCE)
        for number in range(8)
    ]
    held = [Example(text=text(label, 99), label=label, source="check") for label in LABELS]
    return Corpus(train=tuple(train_on), dev=tuple(held), check=tuple(held), files={"doc_train.jsonl": "00"})


def quiet(step: str, done: int, total: int) -> None:
    assert 0 <= done <= total


@pytest.mark.slow
def test_a_head_is_trained_judged_and_stored_the_same_each_time(tmp_path: Path) -> None:
    steps: list[str] = []
    first = train(
        corpus(),
        Columns(),
        progress=lambda step, done, total: steps.append(step),
        directory=tmp_path / "a",  # type: ignore[arg-type]
    )
    second = train(corpus(), Columns(), progress=quiet, directory=tmp_path / "b")  # type: ignore[arg-type]
    assert first.revision == second.revision
    assert (tmp_path / "a/documents.json").read_text() == (tmp_path / "b/documents.json").read_text()
    assert set(steps) == {"features", "sources", "folds"}
    assert first.left_out.macro_f1 > 0.9
    assert first.check.macro_f1 > 0.9

    head = load_head("documents", tmp_path / "a")
    found = head.probabilities("revenue margin ebitda quarter", Columns().vector("revenue margin ebitda quarter"))
    assert head.labels[int(found.argmax())] == "financial"
    stored = json.loads((tmp_path / "a/documents.json").read_text())
    assert stored["feature_sha256"] == Columns.sha256
    assert stored["sources"]["cuad"] == {"licence": "CC-BY-4.0", "texts": dict.fromkeys(sorted(LABELS), 8)}
    assert set(stored["recall_of_sources_left_out"]) == {"cuad", "medquad", OWN_SOURCE}


@pytest.mark.slow
def test_features_are_computed_once(tmp_path: Path) -> None:
    cache = tmp_path / "features.npz"
    train(corpus(), Columns(), progress=quiet, cache=cache, directory=tmp_path)  # type: ignore[arg-type]
    again = Columns()
    train(corpus(), again, progress=quiet, cache=cache, directory=tmp_path)  # type: ignore[arg-type]
    assert again.calls == 0
    other = Columns()
    other.sha256 = "cd" * 32  # type: ignore[misc]
    train(corpus(), other, progress=quiet, cache=cache, directory=tmp_path)  # type: ignore[arg-type]
    assert other.calls > 0


def test_a_cache_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "features.npz").write_bytes(b"something else")
    with pytest.raises(TrainingError, match="no file of features"):
        train(corpus(), Columns(), progress=quiet, cache=tmp_path / "features.npz", directory=tmp_path)  # type: ignore[arg-type]


def test_a_label_without_texts_is_refused(tmp_path: Path) -> None:
    whole = corpus()
    without = [example for example in whole.train if example.label != "legal"]
    with pytest.raises(TrainingError, match="no training text has the label legal"):
        train(
            Corpus(train=tuple(without), dev=whole.dev, check=whole.check, files={}),
            Columns(),  # type: ignore[arg-type]
            progress=quiet,
            directory=tmp_path,
        )
    assert not list(tmp_path.iterdir())
