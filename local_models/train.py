"""Trains the head of the document classifier and judges it: `privet models train`.

Judged by sources: each source is left out in turn, the head is trained on the others and asked about that one. The
temperatures are fitted on such answers and on those of a five-fold split within sources, half the weight each: what
people send is neither quite like the training texts nor quite unlike them.

Everything is seeded, so that one machine gives the same head again. The feature model's arithmetic differs in the last
digits between processors, hence so may a head that is trained on another one.
"""

import hashlib
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from local_models.corpus import LABELS, LICENCES, OWN_SOURCE, READ, Corpus, Example, group_of
from local_models.embed import Embedder
from local_models.errors import TrainingError
from local_models.evaluate import RULE_SCORE, Scores, recall_by, score
from local_models.heads import DEFAULT_HEAD, HEADS_DIR, Weights, pooled, save_head
from local_models.tfidf import BUCKETS, frequencies

_ALPHA = 2e-5  # of the n-gram model; this and what follows was chosen by sources left out, see docs/models.md
_C = 3e-4  # of the layer model: strong regularisation is what carries over to other sources
_OWN_WEIGHT = 20.0  # of a short request, since a few hundred stand against thousands of documents
_EPOCHS = 20
_FOLDS = 5

type Progress = Callable[[str, int, int], None]
type Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Features:
    """What the two linear models see of a sequence of texts."""

    counts: Any = field(repr=False)  # scipy CSR, texts x buckets
    layer: Array = field(repr=False)  # texts x width

    def pick(self, rows: Array) -> "Features":
        """Some of the texts."""
        return Features(counts=self.counts[rows], layer=self.layer[rows])


@dataclass(frozen=True, slots=True)
class Fitted:
    """The two linear models, not calibrated yet."""

    idf: Array = field(repr=False)
    grams: Array = field(repr=False)
    grams_bias: Array = field(repr=False)
    mean: Array = field(repr=False)
    scale: Array = field(repr=False)
    layer: Array = field(repr=False)
    layer_bias: Array = field(repr=False)

    def logits(self, features: Features) -> tuple[Array, Array]:
        """What each of the two says, texts x labels."""
        grams = _tfidf(features.counts, self.idf) @ self.grams + self.grams_bias
        return grams, ((features.layer - self.mean) / self.scale) @ self.layer + self.layer_bias


@dataclass(frozen=True, slots=True)
class Trained:
    """A stored head and how it scored."""

    revision: str
    path: Path
    left_out: Scores
    dev: Scores
    check: Scores


def train(
    corpus: Corpus, embedder: Embedder, *, progress: Progress, cache: Path | None = None, directory: Path = HEADS_DIR
) -> Trained:
    """Train, judge and store a head. Raises `TrainingError`."""
    examples = corpus.train
    missing = set(LABELS) - {example.label for example in examples}
    if missing:
        raise TrainingError(f"no training text has the label {', '.join(sorted(missing))}")
    vectors = _vectors([*examples, *corpus.dev, *corpus.check], embedder, progress, cache)
    known = _features(examples, vectors)
    truth = np.asarray([LABELS.index(example.label) for example in examples])
    sources = np.asarray([group_of(example.source) for example in examples])
    weights = np.asarray([_OWN_WEIGHT if example.source == OWN_SOURCE else 1.0 for example in examples])

    left_out = _answers(
        known, truth, weights, [sources == name for name in sorted(set(sources))], progress, what="sources"
    )
    fold = np.random.default_rng(0).integers(0, _FOLDS, len(examples))
    within = _answers(known, truth, weights, [fold == one for one in range(_FOLDS)], progress, what="folds")
    temperatures = _temperatures([left_out, within], truth, sources)
    fitted = _fit(known, truth, weights)

    names = [example.label for example in examples]
    answers = pooled(*left_out, temperatures)
    judged = {
        "left_out": score(names, answers, LABELS),
        "within_sources": score(names, pooled(*within, temperatures), LABELS),
    }
    for name, texts in (("dev", corpus.dev), ("check", corpus.check)):
        probabilities = pooled(*fitted.logits(_features(texts, vectors)), temperatures)
        judged[name] = score([example.label for example in texts], probabilities, LABELS)
    metadata = {
        "feature_model": embedder.model,
        "feature_sha256": embedder.sha256,
        "files": dict(sorted(corpus.files.items())),
        "sources": _sources(examples),
        "settings": {"alpha": _ALPHA, "C": _C, "own_weight": _OWN_WEIGHT, "epochs": _EPOCHS, "read": READ},
        "scores": {name: one.plain() for name, one in judged.items()},
        "recall_of_sources_left_out": recall_by(sources.tolist(), names, answers, LABELS),
        "rule_score": RULE_SCORE,
    }
    stored = Weights(
        idf=fitted.idf,
        grams=fitted.grams,
        grams_bias=fitted.grams_bias,
        mean=fitted.mean,
        scale=fitted.scale,
        layer=fitted.layer,
        layer_bias=fitted.layer_bias,
        temperatures=temperatures,
    )
    revision = save_head(directory, DEFAULT_HEAD, LABELS, stored, metadata)
    return Trained(
        revision=revision,
        path=directory / f"{DEFAULT_HEAD}.npz",
        left_out=judged["left_out"],
        dev=judged["dev"],
        check=judged["check"],
    )


def _answers(
    features: Features, truth: Array, weights: Array, held_back: Sequence[Array], progress: Progress, *, what: str
) -> tuple[Array, Array]:
    """Logits for every text by a pair of models that wasn't trained on its part."""
    grams, layer = np.zeros((len(truth), len(LABELS))), np.zeros((len(truth), len(LABELS)))
    for done, out in enumerate(held_back):
        progress(what, done, len(held_back))
        kept = ~out
        fitted = _fit(features.pick(kept), truth[kept], weights[kept])
        grams[out], layer[out] = fitted.logits(features.pick(out))
    progress(what, len(held_back), len(held_back))
    return grams, layer


def _fit(features: Features, truth: Array, weights: Array) -> Fitted:
    from sklearn.linear_model import LogisticRegression, SGDClassifier  # noqa: PLC0415 - only training needs it

    classes = np.unique(truth)
    totals = {label: weights[truth == label].sum() for label in classes}
    balanced = weights * np.asarray([weights.sum() / len(classes) / totals[label] for label in truth])

    documents = np.asarray((features.counts > 0).sum(axis=0)).ravel()
    idf = (np.log((1 + len(truth)) / (1 + documents)) + 1).astype(np.float32)
    by_grams = SGDClassifier(
        loss="log_loss", alpha=_ALPHA, max_iter=_EPOCHS, tol=None, average=True, random_state=0
    ).fit(_tfidf(features.counts, idf), truth, sample_weight=balanced)

    mean, scale = features.layer.mean(axis=0), features.layer.std(axis=0) + 1e-6
    by_layer = LogisticRegression(C=_C, max_iter=500).fit(
        (features.layer - mean) / scale, truth, sample_weight=balanced
    )
    return Fitted(
        idf=idf,
        grams=_spread(by_grams.coef_.T, classes),
        grams_bias=_spread(by_grams.intercept_, classes, missing=-10.0),
        mean=mean,
        scale=scale,
        layer=_spread(by_layer.coef_.T, classes),
        layer_bias=_spread(by_layer.intercept_, classes, missing=-10.0),
    )


def _spread(array: Array, classes: Array, missing: float = 0.0) -> Array:
    """Columns of the classes that occurred, among all labels: a label whose only source is left out has none."""
    wide = np.full((*array.shape[:-1], len(LABELS)), missing, dtype=np.float32)
    wide[..., classes] = array
    return wide


def _temperatures(answers: Iterable[tuple[Array, Array]], truth: Array, sources: Array) -> Array:
    """Those that make the right labels likeliest, every source of a label weighing the same."""
    from scipy.optimize import minimize  # noqa: PLC0415 - only training needs it

    sizes = Counter(zip(sources.tolist(), truth.tolist(), strict=True))
    weight = np.asarray([1.0 / sizes[pair] for pair in zip(sources.tolist(), truth.tolist(), strict=True)])
    rows = np.arange(len(truth))
    pairs = list(answers)

    def loss(logs: Array) -> float:
        total = 0.0
        for grams, layer in pairs:
            total -= float((weight * np.log(pooled(grams, layer, np.exp(logs))[rows, truth] + 1e-9)).sum())
        return total / float(weight.sum())

    found = minimize(loss, np.zeros(2), method="Nelder-Mead", options={"xatol": 1e-3, "fatol": 1e-6})
    return np.exp(np.asarray(found.x)).astype(np.float32)


def _features(examples: Sequence[Example], vectors: dict[str, Array]) -> Features:
    from scipy import sparse  # noqa: PLC0415 - only training needs it

    rows = [frequencies(example.text[:READ]) for example in examples]
    ends = np.cumsum([0, *(len(buckets) for buckets, _ in rows)])
    counts = sparse.csr_matrix(
        (np.concatenate([values for _, values in rows]), np.concatenate([buckets for buckets, _ in rows]), ends),
        shape=(len(rows), BUCKETS),
    )
    return Features(counts=counts, layer=np.stack([vectors[_key(example.text)] for example in examples]))


def _tfidf(counts: Any, idf: Array) -> Any:
    from scipy import sparse  # noqa: PLC0415 - only training needs it

    weighted = counts @ sparse.diags(idf)
    lengths = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
    return sparse.diags(1.0 / np.maximum(lengths, 1e-9)) @ weighted


def fitted_on(examples: Sequence[Example], vectors: dict[str, Array], temperatures: Array) -> Weights:
    """The arrays of a head on some texts, unjudged, with another's temperatures; `vectors` is from `vectors_of`."""
    known = _features(examples, {_key(one.text): vectors[one.text[:READ]] for one in examples})
    truth = np.asarray([LABELS.index(one.label) for one in examples])
    weights = np.asarray([_OWN_WEIGHT if one.source == OWN_SOURCE else 1.0 for one in examples])
    fitted = _fit(known, truth, weights)
    arrays = {item.name: getattr(fitted, item.name) for item in fields(Fitted)}
    return Weights(**arrays, temperatures=temperatures)


def vectors_of(
    examples: Sequence[Example], embedder: Embedder, progress: Progress, cache: Path | None
) -> dict[str, Array]:
    """The feature model's vector of what is read of every text, by that piece."""
    known = _vectors(examples, embedder, progress, cache)
    return {example.text[:READ]: known[_key(example.text)] for example in examples}


def _vectors(
    examples: Sequence[Example], embedder: Embedder, progress: Progress, cache: Path | None
) -> dict[str, Array]:
    """The feature model's vector of every text; `cache` spares what was computed before."""
    known = _read_cache(cache, embedder.sha256)
    for done, example in enumerate(examples):
        key = _key(example.text)
        if key not in known:
            known[key] = embedder.vector(example.text[:READ])
        if done % 50 == 0:
            progress("features", done, len(examples))
    progress("features", len(examples), len(examples))
    if cache is not None:
        try:
            with cache.open("wb") as file:
                np.savez(
                    file, model=embedder.sha256, keys=np.asarray(list(known)), vectors=np.stack(list(known.values()))
                )
        except OSError as error:
            raise TrainingError(f"can't write the features to {cache}: {error.strerror}") from None
    return known


def _read_cache(cache: Path | None, model: str) -> dict[str, Array]:
    if cache is None or not cache.exists():
        return {}
    try:
        with np.load(cache, allow_pickle=False) as stored:
            if str(stored["model"]) != model:
                return {}
            return dict(zip(stored["keys"].tolist(), stored["vectors"], strict=True))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        raise TrainingError(f"{cache} is no file of features. Delete it, or name another") from None


def _key(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", errors="surrogatepass")).hexdigest()


def _sources(examples: Sequence[Example]) -> dict[str, Any]:
    counted: dict[str, Counter[str]] = {}
    for example in examples:
        counted.setdefault(group_of(example.source), Counter())[example.label] += 1
    return {
        name: {"licence": LICENCES.get(name, "unknown"), "texts": dict(sorted(labels.items()))}
        for name, labels in sorted(counted.items())
    }
