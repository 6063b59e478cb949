"""Labels of a company's own: a head taught further with a few of its documents, in seconds.

Privet's own head stays the ground: what is learned is a difference from it, held small by regularisation, so that a
dozen documents a label teach what is particular about them and unteach nothing else. The labels that are new begin
with no opinion. Privet's short requests are shown along, lest everything that is asked becomes a board paper.

A document is read in the same windows as a request, and judged by the same rule: a sensitive label by its strongest
window, `public` by its weakest. It is judged by heads that never saw any of it, ten folds or as many as the smallest
label has documents, and one temperature is fitted on those answers.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from local_models.corpus import PUBLIC, Example
from local_models.embed import Embedder
from local_models.errors import TrainingError
from local_models.heads import Head, Weights, softmax
from local_models.tfidf import weighted

ASKED_FOR = 12  # documents of a label
FEWEST = 2
_FOLDS = 10
_PENALTY = 1.0  # on the difference from Privet's head; this and what follows was chosen by bench/documents.py
_GRAMS_SCALE = 6.0  # of the n-grams, whose vectors have length 1
_LAYER_SCALE = 0.5
_DOCUMENT_WEIGHT = 4.0  # of a document against one of Privet's short requests
_TEMPERATURES = (0.5, 3.0)
_BIAS_PENALTY = 0.1

type Array = npt.NDArray[Any]
type Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Labelled:
    """One document: where it lies, its label, and the windows that it is read in."""

    name: str
    label: str
    windows: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Taught:
    """What came of it: the head's arrays, and what heads that never saw a document said of it."""

    labels: tuple[str, ...]
    new: tuple[str, ...]
    weights: Weights = field(repr=False)
    answers: Array = field(repr=False)  # documents x labels, each by a head that didn't see it
    temperature: float


def teach(
    base: Head,
    documents: Sequence[Labelled],
    ordinary: Sequence[Example],
    embedder: Embedder,
    progress: Progress,
) -> Taught:
    """Teach the head the documents' labels. `ordinary` are short requests with labels that the head has."""
    labels = (*base.labels, *sorted({one.label for one in documents} - set(base.labels)))
    folds = _folds(documents)
    texts = [window for one in documents for window in one.windows] + [one.text for one in ordinary]
    vectors = []
    for done, text in enumerate(texts):
        progress("features", done, len(texts))
        vectors.append(embedder.vector(text))
    progress("features", len(texts), len(texts))
    owner = np.asarray(
        [number for number, one in enumerate(documents) for _ in one.windows] + [-1] * len(ordinary), dtype=int
    )
    shares = [_DOCUMENT_WEIGHT / len(one.windows) for one in documents for _ in one.windows] + [1.0] * len(ordinary)
    named = [one.label for one in documents for _ in one.windows] + [one.label for one in ordinary]
    known = _Known.of(base, texts, np.stack(vectors), len(labels))
    truth = np.asarray([labels.index(name) for name in named])
    weights = _balanced(truth, np.asarray(shares), owner)

    logits = np.zeros((len(texts), len(labels)))
    for fold in range(folds.max() + 1):
        progress("folds", fold, int(folds.max()) + 1)
        out = np.isin(owner, np.flatnonzero(folds == fold))
        logits[out] = known.logits(out, known.learn(~out, truth, weights))
    progress("folds", int(folds.max()) + 1, int(folds.max()) + 1)
    rows = owner >= 0
    temperature = _temperature(logits[rows], truth[rows], weights[rows])
    public = labels.index(PUBLIC)
    answers = np.stack(
        [of_document(softmax(logits[owner == number] / temperature), public) for number in range(len(documents))]
    )
    everything = np.ones(len(texts), dtype=bool)
    return Taught(
        labels=labels,
        new=tuple(labels[len(base.labels) :]),
        weights=known.head(known.learn(everything, truth, weights), temperature),
        answers=answers,
        temperature=temperature,
    )


def of_document(windows: Array, public: int) -> Array:
    """A document's scores from its windows': each label's strongest, the weakest of `public`."""
    scores = windows.max(axis=0)
    scores[public] = windows[:, public].min()
    return np.asarray(scores)


@dataclass(frozen=True, slots=True)
class _Known:
    """All texts as the two models see them, and what Privet's head says of them."""

    base: Head
    inputs: Any = field(repr=False)  # scipy CSR, texts x (buckets + width)
    basis: Array = field(repr=False)  # texts x rank: in it the penalty is the plain sum of squares
    back: Array = field(repr=False)  # texts x rank: from there to shares of texts
    said: Array = field(repr=False)  # texts x labels, a new label's is 0

    @classmethod
    def of(cls, base: Head, texts: Sequence[str], vectors: Array, labels: int) -> "_Known":
        from scipy import sparse  # noqa: PLC0415 - only training needs it

        w = base.weights
        rows = [weighted(text, w.idf) for text in texts]
        ends = np.cumsum([0, *(len(buckets) for buckets, _ in rows)])
        grams = sparse.csr_matrix(
            (np.concatenate([values for _, values in rows]), np.concatenate([buckets for buckets, _ in rows]), ends),
            shape=(len(rows), len(w.idf)),
        )
        layer = (vectors - w.mean) / w.scale
        by_grams = (grams @ w.grams + w.grams_bias) / w.temperatures[0]
        by_layer = (layer @ w.layer + w.layer_bias) / w.temperatures[1]
        said = np.pad(by_grams + by_layer, ((0, 0), (0, labels - by_layer.shape[1])))
        inputs = sparse.hstack([grams * _GRAMS_SCALE, sparse.csr_matrix(layer * _LAYER_SCALE)]).tocsr()
        values, axes = np.linalg.eigh(np.asarray((inputs @ inputs.T).todense(), dtype=np.float64))
        kept = values > values.max() * 1e-6
        roots = np.sqrt(values[kept])
        return cls(base, inputs, axes[:, kept] * roots, axes[:, kept] / roots, said)

    def learn(self, chosen: Array, truth: Array, weights: Array) -> tuple[Array, Array]:
        """What is added to each label, in the basis; and the labels' biases."""
        from scipy.optimize import minimize  # noqa: PLC0415 - only training needs it

        basis, said, weight = self.basis[chosen], self.said[chosen], weights[chosen] / weights[chosen].mean()
        right = truth[chosen]
        many, labels = said.shape
        width = basis.shape[1]
        hot = np.zeros((many, labels))
        hot[np.arange(many), right] = 1.0

        def loss(flat: Array) -> tuple[float, Array]:
            matrix, bias = flat[: width * labels].reshape(width, labels), flat[width * labels :]
            logits = said + basis @ matrix + bias
            logits -= logits.max(axis=1, keepdims=True)
            logs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
            wrong = weight[:, None] * (np.exp(logs) - hot)
            value = -float((weight * logs[np.arange(many), right]).sum())
            value += _PENALTY / 2 * float((matrix**2).sum() + _BIAS_PENALTY * (bias**2).sum())
            slope = [basis.T @ wrong + _PENALTY * matrix, wrong.sum(axis=0) + _PENALTY * _BIAS_PENALTY * bias]
            return value, np.concatenate([part.ravel() for part in slope])

        begun, until = np.zeros((width + 1) * labels), {"maxiter": 100, "ftol": 1e-6}
        found = np.asarray(minimize(loss, begun, jac=True, method="L-BFGS-B", options=until).x)  # type: ignore[call-overload]
        return found[: width * labels].reshape(width, labels), found[width * labels :]

    def logits(self, chosen: Array, learned: tuple[Array, Array]) -> Array:
        """What a learned head says of some texts."""
        matrix, bias = learned
        return np.asarray(self.said[chosen] + self.basis[chosen] @ matrix + bias)

    def head(self, learned: tuple[Array, Array], temperature: float) -> Weights:
        """The arrays of a head that says the same, by itself."""
        matrix, bias = learned
        w, labels = self.base.weights, matrix.shape[1]
        buckets, more = len(w.idf), labels - w.grams.shape[1]
        added = np.asarray(self.inputs.T @ (self.back @ matrix))
        grams = np.pad(w.grams / w.temperatures[0], ((0, 0), (0, more))) + added[:buckets] * _GRAMS_SCALE
        layer = np.pad(w.layer / w.temperatures[1], ((0, 0), (0, more))) + added[buckets:] * _LAYER_SCALE
        return Weights(
            idf=w.idf,
            grams=grams.astype(np.float32),
            grams_bias=(np.pad(w.grams_bias / w.temperatures[0], (0, more)) + bias).astype(np.float32),
            mean=w.mean,
            scale=w.scale,
            layer=layer.astype(np.float32),
            layer_bias=np.pad(w.layer_bias / w.temperatures[1], (0, more)).astype(np.float32),
            temperatures=np.full(2, temperature, dtype=np.float32),
        )


def _balanced(truth: Array, weights: Array, owner: Array) -> Array:
    """Every label of the documents weighs the same; Privet's requests weigh as they are."""
    mine = owner >= 0
    totals = {label: weights[mine & (truth == label)].sum() for label in np.unique(truth[mine])}
    mean = sum(totals.values()) / len(totals)
    return np.asarray(
        [
            weight * mean / totals[label] if own else weight
            for weight, label, own in zip(weights, truth, mine, strict=True)
        ]
    )


def _folds(documents: Sequence[Labelled]) -> Array:
    """Each document's fold, every label spread over all of them."""
    sizes = {label: sum(one.label == label for one in documents) for label in {one.label for one in documents}}
    if few := sorted(label for label, size in sizes.items() if size < FEWEST):
        raise TrainingError(f"{', '.join(few)}: one document can't be learned from and judged by. Give {ASKED_FOR}")
    count = min(_FOLDS, *sizes.values())
    folds = np.zeros(len(documents), dtype=int)
    chance = np.random.default_rng(0)
    for label in sorted(sizes):
        members = [number for number, one in enumerate(documents) if one.label == label]
        folds[chance.permutation(members)] = np.arange(len(members)) % count
    return folds


def _temperature(logits: Array, truth: Array, weights: Array) -> float:
    """The one that makes the right labels likeliest, within bounds: some dozens of documents say little about it."""
    from scipy.optimize import minimize_scalar  # noqa: PLC0415 - only training needs it

    rows = np.arange(len(truth))

    def loss(temperature: float) -> float:
        return -float((weights * np.log(softmax(logits / temperature)[rows, truth] + 1e-9)).sum())

    return float(minimize_scalar(loss, bounds=_TEMPERATURES, method="bounded").x)
