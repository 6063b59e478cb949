"""`SpansAnswerer`: takes a task's dates and amounts out of a text, by ranking those that stand in it.

Every date and amount is a candidate, described by the words around it, its form and its place among the others. One
log-linear model per field says how likely each is the one; candidates that mean the same count together. It needs
numpy alone to answer, and can give nothing that the text doesn't say.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from local_models.errors import ModelError, TrainingError
from local_models.tasks.answerer import Answer
from local_models.tasks.candidates import Candidate, candidates, features
from local_models.tasks.dates import day_first_evidence
from local_models.tasks.fields import Field
from local_models.tasks.folds import folds
from local_models.tasks.stored import read_stored, write_stored
from local_models.tasks.task import Example, Task

KIND = "spans"
BUCKETS = 1 << 15
_RIDGE = 0.3
_FOLDS = 4
_LEAST = 5  # examples whose value stands in the text
_READ = 20_000  # characters
_KINDS = frozenset({"date", "number", "integer"})
_NOTHING = "nothing"  # the candidate that says: it isn't there

type Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class _Learnt:
    fields: tuple[Field, ...]
    weights: Mapping[str, Array] = field(repr=False)
    temperature: float
    day_first: float
    about: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class SpansAnswerer:
    """Ranks a text's dates and amounts. Fitted if `learnt` is there."""

    learnt: _Learnt | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """What tables and records call it."""
        return "spans"

    @property
    def memory_mb(self) -> float:
        """Its arrays."""
        return 0.0 if self.learnt is None else sum(one.nbytes for one in self.learnt.weights.values()) / 1e6

    def fit(self, task: Task, examples: Sequence[Example]) -> Self:
        """One that has learnt from these examples. Raises `TrainingError`."""
        with threadpool_limits(1):  # threads that wait for such small sums spin
            return self._fitted(task, examples)

    def _fitted(self, task: Task, examples: Sequence[Example]) -> Self:
        if other := [one.name for one in task.fields if one.required and one.kind not in _KINDS]:
            raise TrainingError(
                f"{task.id}: {', '.join(other)} is no date and no number, which is all that spans finds"
            )
        wanted = tuple(one for one in task.fields if one.kind in _KINDS)
        known = [one for one in examples if one.output is not None]
        day_first = _order(wanted, known)
        learnt = _learn(wanted, known, day_first)
        about = {"task": task.id, "task_revision": task.revision, "examples": len(known)}
        return replace(self, learnt=replace(learnt, about=about, temperature=_temperature(wanted, known, day_first)))

    def answer(self, text: str) -> Answer:
        """The likeliest value of each field; none if a required one doesn't stand in the text."""
        if self.learnt is None:
            raise ModelError("spans has learnt nothing yet")
        began = time.perf_counter()
        output: dict[str, Any] = {}
        confidence, complete = 1.0, True
        text = text[:_READ]
        for one in self.learnt.fields:
            chosen, share = _likeliest(one, text, self.learnt)
            confidence *= share
            if chosen is not None or one.nullable:
                output[one.name] = chosen
            elif one.required:
                complete = False
        seconds = time.perf_counter() - began
        return Answer(output if complete else None, confidence if complete else 0.0, seconds)

    def save(self, directory: Path) -> None:
        """Write it down as arrays and JSON."""
        if self.learnt is None:
            raise ModelError("spans has learnt nothing that could be saved")
        about = {
            **self.learnt.about,
            "fields": [_plain(one) for one in self.learnt.fields],
            "temperature": self.learnt.temperature,
            "day_first": self.learnt.day_first,
        }
        arrays = {f"field_{number}": self.learnt.weights[one.name] for number, one in enumerate(self.learnt.fields)}
        write_stored(directory, KIND, arrays, about)


def load(directory: Path, task: Task) -> SpansAnswerer:
    """Read one that was saved, for the task that it does. Raises `ModelError`."""
    stored = read_stored(directory, KIND, task)
    fields = tuple(one for one in task.fields if one.kind in _KINDS)
    if stored.about.get("fields") != [_plain(one) for one in fields]:
        raise ModelError(f"{directory} was made for other fields than {task.id} has now. Choose anew")
    weights = {one.name: stored.array(f"field_{number}", (BUCKETS,)) for number, one in enumerate(fields)}
    learnt = _Learnt(fields, weights, stored.number("temperature"), stored.number("day_first"), stored.about)
    return SpansAnswerer(learnt)


def _plain(one: Field) -> list[Any]:
    return [one.name, one.kind, one.required, one.nullable]


def _likeliest(one: Field, text: str, learnt: _Learnt) -> tuple[Any, float]:
    """The value that the candidates say together, and how likely it is."""
    found = candidates(one.kind, text, day_first=learnt.day_first)
    scores = np.asarray([learnt.weights[one.name][rows].sum() for rows in _rows(found, text)]) / learnt.temperature
    shares: dict[Any, float] = {}
    for candidate, share in zip([*found, None], _softmax(scores), strict=True):
        for value, likely in candidate.values if candidate is not None else ((None, 1.0),):
            shares[value] = shares.get(value, 0.0) + float(share) * likely
    if not one.nullable:
        del shares[None]
    chosen = max(shares, key=lambda value: shares[value], default=None)
    return _written(one, chosen), shares.get(chosen, 0.0)


def _written(one: Field, value: Any) -> Any:
    if value is None:
        return None
    if one.kind == "date":
        return value.isoformat()
    return int(value) if one.kind == "integer" else float(value)


def _rows(found: Sequence[Candidate], text: str) -> list[Array]:
    """The buckets of each candidate's features, and at the end those of there being none."""
    rows = [np.asarray(one, dtype=np.int64) for one in features(found, text, BUCKETS)]
    return [*rows, np.asarray([0], dtype=np.int64)]


def _softmax(scores: Array) -> Array:
    shifted = np.exp(scores - scores.max())
    return np.asarray(shifted / shifted.sum())


def _learn(fields: Sequence[Field], examples: Sequence[Example], day_first: float) -> _Learnt:
    weights = {one.name: _ranked(one, examples, day_first) for one in fields}
    return _Learnt(tuple(fields), weights, 1.0, day_first, {})


def _ranked(one: Field, examples: Sequence[Example], day_first: float) -> Array:
    """The weights that make the right candidates of every example likeliest."""
    from scipy import optimize, sparse  # noqa: PLC0415 - only learning needs it

    columns: list[Array] = []
    right: list[bool] = []
    starts = [0]
    for example in examples:
        text = example.input[:_READ]
        found = candidates(one.kind, text, day_first=day_first)
        expected = None if example.output is None else example.output.get(one.name)
        marks = [any(one.same(_written(one, value), expected) for value, _ in each.values) for each in found]
        marks.append(expected is None)
        if any(marks):
            columns += _rows(found, text)
            right += marks
            starts.append(len(columns))
    if len(starts) - 1 < _LEAST:
        raise TrainingError(
            f"the {one.name} of {len(starts) - 1} examples stands in their input, expected at least {_LEAST}"
        )
    ends = np.cumsum([0, *(len(each) for each in columns)])
    used, places = np.unique(np.concatenate(columns), return_inverse=True)
    matrix = sparse.csr_matrix((np.ones(ends[-1]), places, ends), shape=(len(columns), len(used)), dtype=float)
    turned = matrix.T.tocsr()
    group = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    good = np.asarray(right, dtype=float)
    first = np.asarray(starts[:-1])

    def loss(weights: Array) -> tuple[float, Array]:
        scores = matrix @ weights
        raised = np.exp(scores - np.maximum.reduceat(scores, first)[group])
        total = np.add.reduceat(raised, first)
        hit = np.add.reduceat(raised * good, first)
        slope = raised / total[group] - raised * good / np.maximum(hit, 1e-300)[group]
        value = -float(np.log(np.maximum(hit, 1e-300) / total).sum()) + _RIDGE / 2 * float(weights @ weights)
        return value, np.asarray(turned @ slope + _RIDGE * weights)

    result = optimize.minimize(loss, np.zeros(len(used)), jac=True, method="L-BFGS-B", options={"maxiter": 200})
    learnt = np.zeros(BUCKETS, dtype=np.float32)
    learnt[used] = result.x
    return learnt


def _order(fields: Sequence[Field], examples: Sequence[Example]) -> float:
    """How likely the day comes first where a text doesn't tell, by the examples that could be read both ways."""
    seen: list[bool] = []
    for one in fields:
        if one.kind == "date":
            for example in examples:
                value = None if example.output is None else example.output.get(one.name)
                told = None if value is None else day_first_evidence(example.input[:_READ], date.fromisoformat(value))
                seen += [] if told is None else [told]
    return (sum(seen) + 1) / (len(seen) + 2)


def _temperature(fields: Sequence[Field], examples: Sequence[Example], day_first: float) -> float:
    """What the scores are divided by, so that 0.9 is right nine times in ten: found on examples left out."""
    from scipy import optimize  # noqa: PLC0415 - only learning needs it

    seen: list[tuple[Array, Array]] = []
    for part in folds(examples, _FOLDS):
        try:
            learnt = _learn(fields, [examples[row] for row in part.kept], day_first)
        except TrainingError:
            continue
        for row in part.out:
            example = examples[row]
            text = example.input[:_READ]
            for one in fields:
                found = candidates(one.kind, text, day_first=day_first)
                scores = np.asarray([learnt.weights[one.name][rows].sum() for rows in _rows(found, text)])
                expected = None if example.output is None else example.output.get(one.name)
                seen.append((scores, _shares(one, found, expected)))
    if not seen:
        return 1.0

    def loss(logarithm: float) -> float:
        scale = float(np.exp(logarithm))
        return -sum(float(np.log(_softmax(scores / scale) @ shares + 1e-3)) for scores, shares in seen)

    found_at: Callable[..., Any] = optimize.minimize_scalar
    return float(np.exp(found_at(loss, bounds=(-2.0, 2.5), method="bounded").x))


def _shares(one: Field, found: Sequence[Candidate], expected: Any) -> Array:
    each = [
        sum(likely for value, likely in candidate.values if one.same(_written(one, value), expected))
        for candidate in found
    ]
    return np.asarray([*each, 1.0 if expected is None else 0.0])
