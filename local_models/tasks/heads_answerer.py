"""`HeadsAnswerer`: one of a task's words for a text, by linear models on n-grams, a feature model's vector or both.

"This is not the task" is a word, too, where the examples have near misses. Where there are two models, their calibrated
logits are added, as in the document classifier.
"""

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from local_models.embed import Embedder, load_embedder
from local_models.errors import ModelError, TrainingError
from local_models.heads import softmax
from local_models.tasks.answerer import Answer
from local_models.tasks.folds import folds
from local_models.tasks.stored import read_stored, write_stored
from local_models.tasks.task import Example, Task
from local_models.tfidf import BUCKETS, frequencies, weighted

KIND = "heads"
GRAMS = "grams"  # the part that needs no model
_READ = 2_000  # characters
_FOLDS = 4
_RIDGE = 0.5
_EXACT = 4_000  # texts, for which equations are solved exactly
_LAYER_C = 0.01
_REMEMBERED = 20_000  # vectors, while candidates are compared
_NO_WORD = ""  # stands for: not this task

type Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Vectors:
    """A feature model whose vectors are kept while it is fitted again and again. Loaded when first asked."""

    model: str
    _kept: dict[bytes, Array] = field(default_factory=dict, repr=False)
    _loaded: list[Embedder] = field(default_factory=list, repr=False)

    @property
    def embedder(self) -> Embedder:
        """The feature model."""
        if not self._loaded:
            self._loaded.append(load_embedder(self.model))
        return self._loaded[0]

    def of(self, text: str) -> Array:
        """A text's vector, computed now."""
        return self.embedder.vector(text[:_READ])

    def known(self, text: str) -> Array:
        """A text's vector, the one of before if there was one."""
        key = hashlib.blake2b(text[:_READ].encode("utf-8", errors="surrogatepass"), digest_size=16).digest()
        found = self._kept.get(key)
        if found is None:
            found = self.of(text)
            if len(self._kept) < _REMEMBERED:
                self._kept[key] = found
        return found


@dataclass(frozen=True, slots=True)
class _Learnt:
    words: tuple[str, ...]
    arrays: Mapping[str, Array] = field(repr=False)
    about: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def logits(self, text: str, vector: Array | None) -> list[Array]:
        """What each part says of each word."""
        a = self.arrays
        found: list[Array] = []
        if "idf" in a:
            buckets, values = weighted(text[:_READ], a["idf"])
            found.append(values @ a["grams"][buckets] + a["grams_bias"])
        if vector is not None:
            found.append(((vector - a["mean"]) / a["scale"]) @ a["layer"] + a["layer_bias"])
        return found


@dataclass(frozen=True, slots=True)
class HeadsAnswerer:
    """Linear models on `grams`, on `vectors`, or on both. Fitted if `learnt` is there."""

    grams: bool = True
    vectors: Vectors | None = None
    learnt: _Learnt | None = field(default=None, repr=False)
    field_name: str = ""

    @property
    def name(self) -> str:
        """What tables and records call it."""
        model = "" if self.vectors is None else self.vectors.model
        return "+".join(filter(None, (GRAMS if self.grams else "", model)))

    @property
    def memory_mb(self) -> float:
        """Its arrays, and what its feature model was measured to take beside."""
        arrays = 0 if self.learnt is None else sum(one.nbytes for one in self.learnt.arrays.values())
        return arrays / 1e6 + (0.0 if self.vectors is None else _FEATURES_MB)

    def fit(self, task: Task, examples: Sequence[Example]) -> Self:
        """One that has learnt from these examples. Raises `TrainingError`."""
        with threadpool_limits(1):  # threads that wait for such small sums spin
            return self._fitted(task, examples)

    def _fitted(self, task: Task, examples: Sequence[Example]) -> Self:
        one = next((each for each in task.fields if each.required and each.kind == "choice"), None)
        if one is None or task.kind != "classify":
            raise TrainingError(f"{task.id} is no task of kind classify, which is all that heads do")
        truth = np.asarray([_NO_WORD if each.output is None else each.output[one.name] for each in examples])
        if len(set(truth)) < 2:
            raise TrainingError(f"all {len(truth)} examples of {task.id} have the same {one.name}: nothing to learn")
        texts = [each.input for each in examples]
        vectors = None if self.vectors is None else np.stack([self.vectors.known(text) for text in texts])
        learnt = _learn(texts, vectors, truth, grams=self.grams)
        left_out: list[tuple[list[Array], int]] = []
        for part in folds(examples, _FOLDS):
            kept = np.asarray(part.kept)
            if len(set(truth[kept])) < len(learnt.words):
                continue
            trial = _learn(
                [texts[row] for row in kept], None if vectors is None else vectors[kept], truth[kept], grams=self.grams
            )
            left_out += [
                (trial.logits(texts[row], None if vectors is None else vectors[row]), trial.words.index(truth[row]))
                for row in part.out
            ]
        arrays = {**learnt.arrays, "temperatures": _temperatures(left_out, self.grams + (vectors is not None))}
        about = {"task": task.id, "task_revision": task.revision, "examples": len(examples)}
        return replace(self, learnt=_Learnt(learnt.words, arrays, about), field_name=one.name)

    def answer(self, text: str) -> Answer:
        """The likeliest word; none if the text is likelier not this task."""
        if self.learnt is None:
            raise ModelError(f"{self.name} has learnt nothing yet")
        began = time.perf_counter()
        parts = self.learnt.logits(text, None if self.vectors is None else self.vectors.of(text))
        shares = _pooled(parts, self.learnt.arrays["temperatures"])
        best = int(shares.argmax())
        word = self.learnt.words[best]
        seconds = time.perf_counter() - began
        return Answer(None if word == _NO_WORD else {self.field_name: word}, float(shares[best]), seconds)

    def save(self, directory: Path) -> None:
        """Write it down as arrays and JSON."""
        if self.learnt is None:
            raise ModelError(f"{self.name} has learnt nothing that could be saved")
        about = {
            **self.learnt.about,
            "field": self.field_name,
            "words": list(self.learnt.words),
            "grams": self.grams,
            "feature_model": None if self.vectors is None else self.vectors.model,
            "feature_sha256": None if self.vectors is None else self.vectors.embedder.sha256,
        }
        small = {
            name: each.astype(np.float16) if name == "grams" else each for name, each in self.learnt.arrays.items()
        }
        write_stored(directory, KIND, small, about)


_FEATURES_MB = 100.0  # `privet models list --measure`; what the worker has more with it


def load(directory: Path, task: Task) -> HeadsAnswerer:
    """Read one that was saved, for the task that it does. Raises `ModelError`."""
    stored = read_stored(directory, KIND, task)
    words, name = stored.about.get("words"), stored.about.get("field")
    wanted = next((each for each in task.fields if each.required and each.kind == "choice"), None)
    known = () if wanted is None else (*wanted.choices, _NO_WORD)
    if wanted is None or name != wanted.name or not isinstance(words, list) or any(one not in known for one in words):
        raise ModelError(f"{directory} was made for other words than {task.id} has now. Choose anew")
    grams, model = stored.about.get("grams") is True, stored.about.get("feature_model")
    vectors = Vectors(str(model)) if model else None
    if not grams and vectors is None:
        raise ModelError(f"{directory} has neither n-grams nor a feature model. Choose anew")
    count = len(words)
    shapes: dict[str, tuple[int, ...]] = {"temperatures": (grams + (vectors is not None),)}
    if grams:
        shapes |= {"idf": (BUCKETS,), "grams": (BUCKETS, count), "grams_bias": (count,)}
    if vectors is not None:
        if vectors.embedder.sha256 != stored.about.get("feature_sha256"):
            raise ModelError(f"{directory} was made with another file of {vectors.model}. Choose anew")
        width = vectors.embedder.width
        shapes |= {"mean": (width,), "scale": (width,), "layer": (width, count), "layer_bias": (count,)}
    arrays = {each: stored.array(each, shape) for each, shape in shapes.items()}
    return HeadsAnswerer(grams, vectors, _Learnt(tuple(words), arrays, stored.about), wanted.name)


def _pooled(parts: Sequence[Array], temperatures: Array) -> Array:
    logits = [part / temperature for part, temperature in zip(parts, temperatures, strict=True)]
    return softmax(np.sum(logits, axis=0))


def _learn(texts: Sequence[str], vectors: Array | None, truth: Array, *, grams: bool) -> _Learnt:
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - only learning needs it

    words = tuple(sorted(set(truth.tolist())))
    arrays: dict[str, Array] = {}
    if grams:
        rows = [frequencies(text[:_READ]) for text in texts]
        seen = np.zeros(BUCKETS, dtype=np.float32)
        for buckets, _ in rows:
            seen[buckets] += 1
        arrays["idf"] = np.asarray(np.log((1 + len(texts)) / (1 + seen)) + 1, dtype=np.float32)
        matrix, used = _matrix(texts, arrays["idf"])
        arrays["grams"] = np.zeros((BUCKETS, len(words)), dtype=np.float32)
        arrays["grams"][used], arrays["grams_bias"] = _least_squares(matrix, truth, words)
    if vectors is not None:
        arrays["mean"], arrays["scale"] = vectors.mean(axis=0), vectors.std(axis=0) + np.float32(1e-6)
        standard = (vectors - arrays["mean"]) / arrays["scale"]
        model = LogisticRegression(C=_LAYER_C, max_iter=500, class_weight="balanced").fit(standard, truth)
        arrays["layer"], arrays["layer_bias"] = _per_word(model)
    return _Learnt(words, arrays)


def _least_squares(matrix: Any, truth: Array, words: Sequence[str]) -> tuple[Array, Array]:
    """Weights and bias for each word, every word weighing the same: as good as a logistic model here, much faster."""
    from sklearn.linear_model import Ridge  # noqa: PLC0415 - only learning needs it

    targets = np.where(truth[:, None] == np.asarray(words)[None, :], 1.0, -1.0)
    counts = {word: int((truth == word).sum()) for word in words}
    balanced = np.asarray([len(truth) / len(words) / counts[word] for word in truth])
    bias = np.average(targets, axis=0, weights=balanced)
    if matrix.shape[0] <= _EXACT:
        # The texts are fewer than their n-grams: solved among texts.
        kernel = np.asarray((matrix @ matrix.T).toarray(), dtype=float)
        dual = np.linalg.solve(kernel + np.diag(_RIDGE / balanced), targets - bias)
        weights = matrix.T @ dual
    else:
        model = Ridge(alpha=_RIDGE, fit_intercept=False, solver="sparse_cg", tol=1e-4)
        weights = model.fit(matrix, targets - bias, sample_weight=balanced).coef_.T
    return np.asarray(weights, dtype=np.float32), np.asarray(bias, dtype=np.float32)


def _per_word(model: Any) -> tuple[Array, Array]:
    """Weights and bias for each word; of two words scikit-learn keeps the second's alone."""
    weights, bias = model.coef_.T, model.intercept_
    if weights.shape[1] == 1:
        weights, bias = np.hstack([-weights / 2, weights / 2]), np.concatenate([-bias / 2, bias / 2])
    return weights.astype(np.float32), bias.astype(np.float32)


def _matrix(texts: Sequence[str], idf: Array) -> tuple[Any, Array]:
    """The texts' weighted n-grams, and which buckets the columns are."""
    from scipy import sparse  # noqa: PLC0415 - only learning needs it

    rows = [weighted(text[:_READ], idf) for text in texts]
    buckets = np.concatenate([each for each, _ in rows])
    used, columns = np.unique(buckets, return_inverse=True)
    ends = np.cumsum([0, *(len(each) for each, _ in rows)])
    values = np.concatenate([each for _, each in rows])
    return sparse.csr_matrix((values, columns, ends), shape=(len(texts), len(used))), used


def _temperatures(answers: Sequence[tuple[list[Array], int]], parts: int) -> Array:
    """What the logits are divided by, so that 0.9 is right nine times in ten: found on examples left out."""
    from scipy import optimize  # noqa: PLC0415 - only learning needs it

    if not answers:
        return np.ones(parts, dtype=np.float32)
    stacks = [np.stack([logits[part] for logits, _ in answers]) for part in range(parts)]
    rows, right = np.arange(len(answers)), np.asarray([word for _, word in answers])

    def loss(logarithms: Array) -> float:
        return -float(np.log(_pooled(stacks, np.exp(logarithms))[rows, right] + 1e-6).sum())

    search: Callable[..., Any] = optimize.minimize
    found = search(loss, np.zeros(parts), method="Nelder-Mead", options={"xatol": 1e-2, "fatol": 1e-3})
    return np.asarray(np.exp(np.clip(found.x, -3.0, 3.0)), dtype=np.float32)
