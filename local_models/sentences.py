"""What only the context makes confidential: "we announce the acquisition on Monday". Sentence by sentence.

No pattern finds such a sentence, and no value in it is sensitive. A head on n-grams and on SmolLM2's sixteenth layer
says how likely each is a statement that somebody wants kept: of deals, results, people, disputes, security, products.

A request has the score of its strongest sentence. The n-grams, which cost next to nothing, choose the sentences that
the model reads: those that may be one, and of these the likeliest `MOST_READ`.
"""

import hashlib
import re
import secrets
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from local_models.embed import Embedder, load_embedder
from local_models.errors import ModelError
from local_models.heads import Head, load_head
from local_models.tfidf import weighted

CONFIDENTIAL = "confidential"
ORDINARY = "ordinary"
SENTENCE_HEAD = "confidential"
SENTENCE_MODEL = "smollm2-135m-l16"

MOST_READ = 8  # sentences of a request by the model
MOST_LOOKED_AT = 2000  # by the n-grams; of more, evenly spread ones
_LONGEST = 400  # characters of a sentence; what is longer is cut at white space
_FEWEST_WORDS = 3
_REMEMBERED = 4096

_ENDS = re.compile(r"(?<=[.!?;:…])[\"')\]]*\s+|\n+")
_WORDS = re.compile(r"[^\W\d_]+")


@dataclass(slots=True)
class SentenceClassifier:
    """A head and its feature model. Belongs to one thread."""

    head: Head
    embedder: Embedder
    _key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    _known: OrderedDict[bytes, float] = field(default_factory=OrderedDict, repr=False)
    read: int = 0  # sentences that the model has read so far

    def __post_init__(self) -> None:
        """Refuse a head that was trained on another feature model."""
        wanted = self.head.metadata.get("feature_sha256")
        if wanted != self.embedder.sha256:
            raise ModelError(
                f"the head {self.head.revision} was trained on a feature model with sha256 {wanted}, but "
                f"{self.embedder.model} has {self.embedder.sha256}. Train it anew: privet models train confidential"
            )

    @property
    def revision(self) -> str:
        """Which head this is."""
        return self.head.revision

    def strongest(self, texts: Sequence[str]) -> float | None:
        """The score of the texts' strongest sentence; None when there is none to read."""
        found = sentences(texts)
        if not found:
            return None
        first = sorted(((self.by_grams(one), one) for one in found), reverse=True)
        least = float(self.head.metadata["gate"])
        likely = [one for score, one in first if score >= least][:MOST_READ]
        return max((self.score(one) for one in likely), default=0.0)

    def by_grams(self, sentence: str) -> float:
        """What the n-grams alone say: the difference of the two logits."""
        w = self.head.weights
        buckets, values = weighted(sentence, w.idf)
        both = values @ w.grams[buckets] + w.grams_bias
        return float(both[0] - both[1])

    def score(self, sentence: str) -> float:
        """How likely a sentence is confidential. Remembered by keyed hash, never as text."""
        key = hashlib.blake2b(sentence.encode("utf-8", "surrogatepass"), key=self._key, digest_size=16).digest()
        known = self._known.get(key)
        if known is None:
            self.read += 1
            known = float(self.head.probabilities(sentence, self.embedder.vector(sentence))[0])
            self._known[key] = known
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return known


def load_sentence_classifier() -> SentenceClassifier:
    """The classifier that Privet ships, on one thread. Raises `ModelError`."""
    return SentenceClassifier(head=load_head(SENTENCE_HEAD), embedder=load_embedder(SENTENCE_MODEL))


def sentences(texts: Sequence[str]) -> list[str]:
    """The sentences of the texts, each once, without those of a word or two; evenly spread ones if there are many."""
    found = list(dict.fromkeys(one for text in texts for one in _split(text)))
    if len(found) <= MOST_LOOKED_AT:
        return found
    places = np.linspace(0, len(found) - 1, MOST_LOOKED_AT).round().astype(int)
    return [found[place] for place in places.tolist()]


def _split(text: str) -> Iterator[str]:
    for piece in _ENDS.split(text):
        rest = " ".join(piece.split())
        while rest:
            cut = len(rest) if len(rest) <= _LONGEST else rest.rfind(" ", _LONGEST // 2, _LONGEST)
            cut = cut if cut > 0 else _LONGEST
            if len(_WORDS.findall(rest[:cut])) >= _FEWEST_WORDS:
                yield rest[:cut].strip()
            rest = rest[cut:].lstrip()
