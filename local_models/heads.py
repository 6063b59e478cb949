"""A head: the small trained part of a classifier, its file, and what it makes of a text's features.

Two linear models, one on TF-IDF n-grams and one on the feature model's vector. Their logits, each divided by a
temperature, are added (a logarithmic pool); the temperatures calibrate the result.

Stored as `NAME.npz` (arrays, never a pickle) beside `NAME.json`, which says what the head was trained on, how it
scored, which feature model it needs, and the SHA-256 of the arrays.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from local_models.corpus import PUBLIC
from local_models.errors import ModelError
from local_models.tfidf import BUCKETS, Floats, weighted

SCHEMA = "privet.head/1"
HEADS_DIR = Path(__file__).parent / "heads"
DEFAULT_HEAD = "documents"
OWN_HEAD = "own-documents"


@dataclass(frozen=True, slots=True)
class Weights:
    """The arrays of a head; L labels, B buckets, W the feature vector's width."""

    idf: Floats = field(repr=False)  # B
    grams: Floats = field(repr=False)  # B x L
    grams_bias: Floats = field(repr=False)  # L
    mean: Floats = field(repr=False)  # W
    scale: Floats = field(repr=False)  # W
    layer: Floats = field(repr=False)  # W x L
    layer_bias: Floats = field(repr=False)  # L
    temperatures: Floats = field(repr=False)  # 2


@dataclass(frozen=True, slots=True)
class Head:
    """A loaded head. `revision` changes whenever its arrays do."""

    labels: tuple[str, ...]
    revision: str
    metadata: Mapping[str, Any] = field(repr=False)
    weights: Weights = field(repr=False)
    new: int = 0  # how many of the labels, the last ones, are a company's own beside those that Privet has

    def probabilities(self, text: str, vector: Floats) -> Floats:
        """A probability per label, in the order of `labels`."""
        w = self.weights
        buckets, values = weighted(text, w.idf)
        grams = values @ w.grams[buckets] + w.grams_bias
        layer = ((vector - w.mean) / w.scale) @ w.layer + w.layer_bias
        return beside(grams / w.temperatures[0] + layer / w.temperatures[1], self.labels, self.new)


def beside(logits: npt.NDArray[Any], labels: tuple[str, ...], new: int) -> Floats:
    """Probabilities, where new labels take nothing from the sensitive ones that were there before.

    A board paper may be financial, too: a rule about `financial` must not fall silent because a company taught Privet
    what a board paper is. What is `public` is none of either.
    """
    everything = softmax(logits)
    if not new:
        return everything
    old = len(labels) - new
    everything[..., :old] = np.where(
        [label == PUBLIC for label in labels[:old]], everything[..., :old], softmax(logits[..., :old])
    )
    return everything


def pooled(grams: npt.NDArray[Any], layer: npt.NDArray[Any], temperatures: npt.NDArray[Any]) -> Floats:
    """The probabilities of the two models' logits together."""
    return softmax(grams / temperatures[0] + layer / temperatures[1])


def softmax(logits: npt.NDArray[Any]) -> Floats:
    """Probabilities along the last axis."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True), dtype=np.float32)


def save_head(
    directory: Path, name: str, labels: tuple[str, ...], weights: Weights, metadata: Mapping[str, Any]
) -> str:
    """Write both files and return the revision. The same weights give the same bytes."""
    arrays = {item.name: getattr(weights, item.name) for item in fields(Weights)}
    arrays["grams"] = arrays["grams"].astype(np.float16)
    arrays["idf"] = arrays["idf"].astype(np.float16)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    sha256 = hashlib.sha256(buffer.getvalue()).hexdigest()
    document = {"schema": SCHEMA, "name": name, "labels": list(labels), "sha256": sha256, **metadata}
    directory.mkdir(parents=True, exist_ok=True)
    (directory / f"{name}.npz").write_bytes(buffer.getvalue())
    (directory / f"{name}.json").write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return revision_of(name, sha256)


def load_head(name: str = DEFAULT_HEAD, directory: Path = HEADS_DIR) -> Head:
    """Read a head, its SHA-256 and shapes checked. Raises `ModelError`."""
    path = directory / f"{name}.npz"
    metadata = metadata_of(name, directory)
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from None
    actual = hashlib.sha256(raw).hexdigest()
    if actual != metadata.get("sha256"):
        raise ModelError(
            f"the head {path} has sha256 {actual}, expected {metadata.get('sha256')}. "
            "It was changed; train it anew with: privet models train, or reinstall Privet"
        )
    labels = tuple(metadata.get("labels", ()))
    return Head(
        labels=labels,
        revision=revision_of(name, actual),
        metadata=metadata,
        weights=_weights(raw, len(labels), path),
        new=len(metadata.get("new_labels", ())),
    )


def metadata_of(name: str, directory: Path) -> dict[str, Any]:
    """What a head says of itself, its arrays unread. Raises `ModelError`."""
    path = directory / f"{name}.json"
    try:
        metadata = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise _unreadable(path, error) from None
    except (ValueError, RecursionError):
        raise ModelError(f"{path} is not UTF-8 JSON. Train the head anew, or reinstall Privet") from None
    if not isinstance(metadata, dict) or metadata.get("schema") != SCHEMA:
        raise ModelError(f"{path} is not of schema {SCHEMA}. Train the head anew")
    labels, new = (metadata.get(key, []) for key in ("labels", "new_labels"))
    if not (_names(labels) and _names(new) and labels[len(labels) - len(new) :] == new):
        raise ModelError(f"{path}: labels are no names with new_labels at their end. Train the head anew")
    return metadata


def _names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _unreadable(path: Path, error: OSError) -> ModelError:
    return ModelError(
        f"can't read the head {path}: {error.strerror}. Train one with: privet models train, or reinstall Privet"
    )


def revision_of(name: str, sha256: str) -> str:
    """How a head is named in labels and decisions."""
    return f"{name}@{sha256[:12]}"


def _weights(raw: bytes, labels: int, path: Path) -> Weights:
    try:
        with np.load(io.BytesIO(raw), allow_pickle=False) as arrays:
            loaded = {item.name: np.asarray(arrays[item.name], dtype=np.float32) for item in fields(Weights)}
    except (ValueError, KeyError, OSError, zipfile.BadZipFile):
        raise ModelError(f"the head {path} doesn't hold the arrays of schema {SCHEMA}. Train it anew") from None
    weights = Weights(**loaded)
    width = len(weights.mean)
    expected = {
        "idf": (BUCKETS,),
        "grams": (BUCKETS, labels),
        "grams_bias": (labels,),
        "mean": (width,),
        "scale": (width,),
        "layer": (width, labels),
        "layer_bias": (labels,),
        "temperatures": (2,),
    }
    for name, shape in expected.items():
        array = loaded[name]
        if array.shape != shape or not np.isfinite(array).all():
            raise ModelError(f"the head {path}: {name} has shape {array.shape}, expected {shape} of finite numbers")
    return weights
