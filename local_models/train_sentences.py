"""Trains the head for sentences that only their context makes confidential: `privet models train confidential`.

From `training/confidential.jsonl` and the public ones among the short requests, all written for this purpose by one
author. One logistic regression on both kinds of features; its temperature and the gate of the n-grams come from ten
folds. Everything is seeded.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from local_models.corpus import PUBLIC, short_requests
from local_models.embed import Embedder
from local_models.evaluate import calibration_error, false_alarms, ranking
from local_models.heads import HEADS_DIR, Weights, save_head
from local_models.sentences import CONFIDENTIAL, ORDINARY, SENTENCE_HEAD
from local_models.tfidf import BUCKETS, frequencies

_TRAINING = Path(__file__).parent / "training/confidential.jsonl"
_GRAMS_SCALE, _LAYER_SCALE, _C = 6.0, 0.1, 1.0
_FOLDS = 10
_KEPT = 0.99  # of the confidential sentences that the gate lets through, in sentences held back

type Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class SentencesTrained:
    """A stored head, and how it scored on sentences held back."""

    revision: str
    auc: float
    false_alarms_at_recall_90: float


def train_sentences(
    embedder: Embedder, progress: Callable[[str, int, int], None], directory: Path = HEADS_DIR
) -> SentencesTrained:
    """Train, judge and store the head."""
    from scipy.optimize import minimize_scalar  # noqa: PLC0415 - only training needs it

    texts, yes = _texts()
    vectors = []
    for done, text in enumerate(texts):
        progress("features", done, len(texts))
        vectors.append(embedder.vector(text))
    progress("features", len(texts), len(texts))
    counts, layer = _counts(texts), np.stack(vectors)

    held = np.zeros(len(texts))
    grams = np.zeros(len(texts))
    fold = np.random.default_rng(0).integers(0, _FOLDS, len(texts))
    for one in range(_FOLDS):
        progress("folds", one, _FOLDS)
        fitted = _fit(counts[fold != one], layer[fold != one], yes[fold != one])
        grams[fold == one], both = _logits(fitted, counts[fold == one], layer[fold == one])
        held[fold == one] = both
    progress("folds", _FOLDS, _FOLDS)

    def loss(temperature: float) -> float:
        signed = np.where(yes, held, -held) / temperature
        return float(np.logaddexp(0, -signed).mean())

    temperature = float(minimize_scalar(loss, bounds=(0.3, 5.0), method="bounded").x)
    idf, mean, scale, weights, bias = _fit(counts, layer, yes)
    sure = 1 / (1 + np.exp(-held / temperature))
    scores = {
        "texts": len(texts),
        "auc": round(ranking(held[yes], held[~yes]), 4),
        "false_alarms_at_recall_90": round(false_alarms(held[yes], held[~yes], 0.9), 4),
        "calibration_error": round(calibration_error(np.maximum(sure, 1 - sure), (sure > 0.5) == yes), 4),
        "let_through_by_gate": round(float((grams[~yes] >= np.quantile(grams[yes], 1 - _KEPT)).mean()), 4),
    }
    none = np.zeros((len(weights), 1), dtype=np.float32)
    wide = np.concatenate([weights[:, None].astype(np.float32), none], axis=1)
    stored = Weights(
        idf=idf,
        grams=(wide[:BUCKETS] * _GRAMS_SCALE).astype(np.float32),
        grams_bias=np.zeros(2, dtype=np.float32),
        mean=mean,
        scale=scale,
        layer=(wide[BUCKETS:] * _LAYER_SCALE).astype(np.float32),
        layer_bias=np.asarray([bias, 0.0], dtype=np.float32),
        temperatures=np.full(2, temperature, dtype=np.float32),
    )
    metadata = {
        "feature_model": embedder.model,
        "feature_sha256": embedder.sha256,
        "files": {_TRAINING.name: hashlib.sha256(_TRAINING.read_bytes()).hexdigest()},
        "licence": "Apache-2.0",
        "settings": {"grams": _GRAMS_SCALE, "layer": _LAYER_SCALE, "C": _C},
        "gate": round(float(np.quantile(grams[yes], 1 - _KEPT)), 4),
        "scores_in_ten_folds": scores,
    }
    revision = save_head(directory, SENTENCE_HEAD, (CONFIDENTIAL, ORDINARY), stored, metadata)
    return SentencesTrained(revision, float(scores["auc"]), float(scores["false_alarms_at_recall_90"]))


def judged_on(texts: Sequence[str], vector: Callable[[str], Array]) -> dict[str, Array]:
    """What a head trained on all of it says of other texts: the n-grams alone, and both together."""
    known, yes = _texts()
    fitted = _fit(_counts(known), np.stack([vector(text) for text in known]), yes)
    grams, both = _logits(fitted, _counts(texts), np.stack([vector(text) for text in texts]))
    return {"n-grams' part": grams, "both": both}


def _texts() -> tuple[list[str], Array]:
    """The sentences to learn from, and which are confidential."""
    rows = [json.loads(line) for line in _TRAINING.read_text(encoding="utf-8").splitlines()]
    requests = [one.text for one in short_requests() if one.label == PUBLIC]
    yes = np.asarray([row["label"] == CONFIDENTIAL for row in rows] + [False] * len(requests))
    return [*(str(row["text"]) for row in rows), *requests], yes


def _counts(texts: Sequence[str]) -> Any:
    from scipy import sparse  # noqa: PLC0415 - only training needs it

    found = [frequencies(text) for text in texts]
    ends = np.cumsum([0, *(len(buckets) for buckets, _ in found)])
    buckets, values = (np.concatenate([pair[part] for pair in found]) for part in (0, 1))
    return sparse.csr_matrix((values, buckets, ends), shape=(len(texts), BUCKETS))


type _Fitted = tuple[Array, Array, Array, Array, float]


def _fit(counts: Any, layer: Array, yes: Array) -> _Fitted:
    from scipy import sparse  # noqa: PLC0415 - only training needs it
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - the same

    documents = np.asarray((counts > 0).sum(axis=0)).ravel()
    idf = (np.log((1 + counts.shape[0]) / (1 + documents)) + 1).astype(np.float32)
    mean, scale = layer.mean(axis=0), layer.std(axis=0) + 1e-6
    inputs = _inputs(counts, layer, idf, mean, scale)
    model = LogisticRegression(C=_C, class_weight="balanced", max_iter=2000).fit(sparse.csr_matrix(inputs), yes)
    return idf, mean, scale, model.coef_[0], float(model.intercept_[0])


def _logits(fitted: _Fitted, counts: Any, layer: Array) -> tuple[Array, Array]:
    """What the n-grams say alone, and both together."""
    idf, mean, scale, weights, bias = fitted
    inputs = _inputs(counts, layer, idf, mean, scale)
    return np.asarray(inputs[:, :BUCKETS] @ weights[:BUCKETS]), np.asarray(inputs @ weights + bias)


def _inputs(counts: Any, layer: Array, idf: Array, mean: Array, scale: Array) -> Any:
    from scipy import sparse  # noqa: PLC0415 - only training needs it

    weighted = counts @ sparse.diags(idf)
    lengths = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
    grams = sparse.diags(_GRAMS_SCALE / np.maximum(lengths, 1e-9)) @ weighted
    return sparse.hstack([grams, sparse.csr_matrix((layer - mean) / scale * _LAYER_SCALE)]).tocsr()
