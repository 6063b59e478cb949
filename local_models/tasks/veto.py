"""Whether a text looks like a task's input at all: a linear model that may say no, and never yes.

Least squares on hashed n-grams of the task's examples, against its near misses, other tasks' examples and ordinary
requests. With so few texts the answer is exact, and so is what the others make of each example: the line is drawn where
one in fifty true inputs would be refused.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np

from local_models.tasks.task import Task
from local_models.tfidf import BUCKETS, Floats, frequencies, weighted

READ = 2_000  # characters of a text that are looked at
_RIDGE = 0.3
_LOST = 0.02  # of the true inputs at most
_ORDINARY = Path(__file__).parents[1] / "training" / "short_requests.jsonl"
_MOST_ORDINARY = 200


@dataclass(frozen=True, slots=True)
class Veto:
    """Says no to what isn't like the task's examples. `stopped` is how many near misses it stops, measured left out."""

    idf: Floats = field(repr=False)
    weights: Floats = field(repr=False)
    line: float
    stopped: float

    def refuses(self, text: str) -> bool:
        """Whether the text isn't this task's input."""
        if not text.strip():
            return True
        buckets, values = weighted(text[:READ], self.idf)
        return float(values @ self.weights[buckets]) < self.line


def veto_for(task: Task, others: Sequence[Task] = ()) -> Veto:
    """A veto made from the examples."""
    true = [one.input[:READ] for one in task.positives]
    false = [one.input[:READ] for one in task.near_misses]
    near = len(false)
    false += [one.input[:READ] for other in others if other.id != task.id for one in other.positives]
    false += _ordinary()
    texts = [*true, *false]
    idf = _idf(texts)
    seen = [weighted(text, idf) for text in texts]
    used = np.unique(np.concatenate([buckets for buckets, _ in seen]))
    rows = np.zeros((len(texts), len(used)), dtype=np.float32)
    for row, (buckets, values) in zip(rows, seen, strict=True):
        row[np.searchsorted(used, buckets)] = values
    target = np.r_[np.full(len(true), 1.0), np.full(len(false), -1.0)]
    inverse = np.linalg.inv(rows @ rows.T + _RIDGE * np.eye(len(texts)))
    dual = inverse @ target
    # What the model without an example says of that example, in closed form.
    left_out = target - dual / np.diag(inverse)
    line = float(np.quantile(left_out[: len(true)], _LOST, method="lower"))
    misses = left_out[len(true) : len(true) + near]
    stopped = float((misses < line).mean()) if near else 0.0
    weights = np.zeros(BUCKETS, dtype=np.float32)
    weights[used] = dual @ rows
    return Veto(idf, weights, line, stopped)


def _idf(texts: Sequence[str]) -> Floats:
    seen = np.zeros(BUCKETS, dtype=np.float32)
    for text in texts:
        seen[frequencies(text)[0]] += 1
    return np.asarray(np.log((1 + len(texts)) / (1 + seen)) + 1, dtype=np.float32)


@cache
def _ordinary() -> tuple[str, ...]:
    """Requests as people type them, of every kind: what a task has to be told from."""
    texts = [json.loads(line)["text"] for line in _ORDINARY.read_text(encoding="utf-8").splitlines()]
    return tuple(texts[:: max(1, len(texts) // _MOST_ORDINARY)])
