"""`DocumentClassifier`: what kind of document a text is, with a calibrated probability per label.

A head (`local_models.heads`) on n-grams and on SmolLM2's early layers. Texts it has seen are remembered by keyed hash,
never as text: a chat sends its earlier turns again with every request.
"""

import hashlib
import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from local_models.embed import Embedder, load_embedder
from local_models.errors import ModelError
from local_models.heads import Head, load_head
from local_models.own_head import load_own_head

_REMEMBERED = 4096  # texts


@dataclass(slots=True)
class DocumentClassifier:
    """A head and its feature model. Belongs to one thread."""

    head: Head
    embedder: Embedder
    _key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    _known: OrderedDict[bytes, dict[str, float]] = field(default_factory=OrderedDict, repr=False)

    def __post_init__(self) -> None:
        """Refuse a head that was trained on another feature model."""
        wanted = self.head.metadata.get("feature_sha256")
        if wanted != self.embedder.sha256 or len(self.head.weights.mean) != self.embedder.width:
            raise ModelError(
                f"the head {self.head.revision} was trained on a feature model with sha256 {wanted}, "
                f"but {self.embedder.model} has {self.embedder.sha256}. Train it anew with: privet models train"
            )

    @property
    def revision(self) -> str:
        """Which head this is; it changes whenever labels could."""
        return self.head.revision

    def classify(self, text: str) -> dict[str, float]:
        """A probability per label; they sum to 1."""
        key = hashlib.blake2b(text.encode("utf-8", errors="surrogatepass"), key=self._key, digest_size=16).digest()
        known = self._known.get(key)
        if known is None:
            probabilities = self.head.probabilities(text, self.embedder.vector(text))
            known = dict(zip(self.head.labels, np.asarray(probabilities, dtype=float).tolist(), strict=True))
            self._known[key] = known
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        else:
            self._known.move_to_end(key)
        return dict(known)

    def with_head(self, directory: Path | None) -> "DocumentClassifier":
        """The same feature model with another head: the one in `directory`, or Privet's own."""
        head = load_head() if directory is None else load_own_head(directory)
        return DocumentClassifier(head=head, embedder=self.embedder)


def load_classifier(directory: Path | None = None) -> DocumentClassifier:
    """The classifier that Privet ships, or with a company's own head, on one thread. Raises `ModelError`."""
    head = load_head() if directory is None else load_own_head(directory)
    return DocumentClassifier(head=head, embedder=load_embedder())
