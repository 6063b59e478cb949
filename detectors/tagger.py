"""The tagger: for every word of a text, how likely it belongs to a name, an address, a place, a company or a number.

A small network of our own (its weights are part of Privet, in `detectors/tagger_weights/`): a vector per word from what
it looks like (`detectors.words`) and from the word pieces of a language model, then five layers that each look at a
word and two others, ever further away, so that sixteen words on both sides count. It was taught by two larger models
and by labelled texts; `card.json` says by which. Plain numpy on one thread, some 250 KB/s.

What the probabilities mean for a text is decided in `detectors.evidence`, not here.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from string import ascii_lowercase, punctuation

import numpy as np
import numpy.typing as npt

from detectors.weights import RAMPART, TAGGER, verified_card, verified_folder
from detectors.words import LONGEST, Word, Words, shape_row, spelling, words_of

CLASSES = ("O", "PERSON", "STREET_ADDRESS", "LOCATION", "ORGANIZATION", "ACCOUNT_NUMBER")
_REACHES = (1, 1, 2, 4, 8)  # how far to both sides each layer looks
_BATCH = 1024  # words at a time: bounds memory, stays in the processor's cache
_AT_ONCE = 256  # words whose spelling is worked out at a time: what that takes stays in the cache, too
_PIECES = 8  # word pieces of a word that count

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Tags:
    """The words of one text, and each one's probability per class of `CLASSES`."""

    words: Words = field(repr=False)
    probabilities: Floats = field(repr=False)  # words x classes


class Tagger:
    """The loaded network."""

    def __init__(self, folder: Path = TAGGER) -> None:
        from threadpoolctl import threadpool_limits  # noqa: PLC0415 - with numpy's BLAS, for those who load it
        from tokenizers import Tokenizer  # noqa: PLC0415 - 0.1 s that `privet --help` doesn't need

        # Several workers run side by side: more threads in each only wait for one another.
        threadpool_limits(limits=1, user_api="blas")
        card = verified_card(folder)
        self.revision = hashlib.sha256(json.dumps(card, sort_keys=True).encode()).hexdigest()[:12]
        layers = dict(np.load(folder / "layers.npz", allow_pickle=False))
        self._table = np.concatenate([np.load(folder / name, allow_pickle=False) for name in card["table"]])
        self._table_scale = layers["table_scale"].astype(np.float32)[:, None]
        self._pieces = np.concatenate([np.load(folder / name, allow_pickle=False) for name in card["pieces"]])
        self._pieces_scale = layers["pieces_scale"].astype(np.float32)[:, None]
        self._norm = [layers[name].astype(np.float32) for name in ("norm_weight", "norm_bias")]
        self._layers = [
            (layers[f"layer{index}_weight"].astype(np.float32), layers[f"layer{index}_bias"].astype(np.float32))
            for index in range(len(_REACHES))
        ]
        self._out = [layers[name].astype(np.float32) for name in ("out_weight", "out_bias")]
        self._tokenizer = Tokenizer.from_file(str(verified_folder(RAMPART) / "tokenizer.json"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._unknown = int(self._tokenizer.token_to_id("[UNK]") or 0)
        self._width = len(self._norm[0])
        # How common words are spelt is worked out once. Words of requests are not kept: nothing of what people send
        # stays here.
        vocabulary = sorted(piece for piece in self._tokenizer.get_vocab() if piece.isalpha() and len(piece) > 1)
        common = [*vocabulary, *map(str, range(100)), *(f"0{digit}" for digit in range(10)), *ascii_lowercase]
        common += [*punctuation, "\n"]
        self._common = {text: index for index, text in enumerate(common)}
        self._spelt = self._spellings(common)

    def read(self, texts: Sequence[str]) -> list[Tags]:
        """Every word of each text; all texts are read in one go, none sees another."""
        cut = [words_of(text) for text in texts]
        found: list[Tags] = []
        for batch in _batches(cut):
            probabilities = self._read([words.words for words in batch])
            found.extend(Tags(words, scores) for words, scores in zip(batch, probabilities, strict=True))
        return found

    def _read(self, texts: Sequence[Sequence[Word]]) -> list[Floats]:
        new: dict[Word, int] = {}
        rows = [new.setdefault(word, len(new)) for words in texts for word in words]
        values = self._vectors(list(new))[rows]
        sizes = np.array([len(words) for words in texts])
        ends = np.cumsum(sizes)
        place = np.arange(len(rows))
        before, behind = place - np.repeat(ends - sizes, sizes), np.repeat(ends, sizes) - place - 1
        beside = np.zeros((len(rows), 3 * self._width), dtype=np.float32)
        width = self._width
        for reach, (weight, bias) in zip(_REACHES, self._layers, strict=True):
            beside[reach:, :width] = values[:-reach]
            beside[before < reach, :width] = 0  # no word sees another text's
            beside[:, width : 2 * width] = values
            beside[:-reach, 2 * width :] = values[reach:]
            beside[behind < reach, 2 * width :] = 0
            step = beside @ weight
            step += bias
            np.maximum(step, 0, out=step)
            values += step
        scores = values @ self._out[0] + self._out[1]
        scores -= scores.max(axis=1, keepdims=True)
        np.exp(scores, out=scores)
        scores /= scores.sum(axis=1, keepdims=True)
        return np.split(scores, ends[:-1])

    def _vectors(self, words: Sequence[Word]) -> Floats:
        """A vector per word, from how it is spelt and from its shape."""
        known = [self._common.get(text.lower(), -1) for text, _ in words]
        values = self._spelt[known]
        new = [index for index, row in enumerate(known) if row < 0]
        if new:
            values[new] = self._spellings([words[index][0] for index in new])
        values += self._rows([shape_row(word) for word in words])
        values -= values.mean(axis=1, keepdims=True)
        values /= np.sqrt((values * values).mean(axis=1, keepdims=True) + 1e-5)
        return np.asarray(values * self._norm[0] + self._norm[1], dtype=np.float32)

    def _spellings(self, texts: Sequence[str]) -> Floats:
        """The part of a word's vector that its spelling makes, whatever its capitals: its parts and its word pieces."""
        values = np.empty((len(texts), self._width), dtype=np.float32)
        for first in range(0, len(texts), _AT_ONCE):
            some = texts[first : first + _AT_ONCE]
            whole, parts = zip(*map(spelling, some), strict=True)
            encodings = self._tokenizer.encode_batch([text[:LONGEST] for text in some], add_special_tokens=False)
            pieces = [encoding.ids[:_PIECES] or [self._unknown] for encoding in encodings]
            sums = self._rows(list(chain(*whole))).reshape(len(some), -1, self._width).sum(axis=1)
            sums += 2 * _means(self._rows(list(chain(*parts))), list(map(len, parts)))
            ids = list(chain(*pieces))
            sums += _means(self._pieces[ids] * self._pieces_scale[ids], list(map(len, pieces)))
            values[first : first + _AT_ONCE] = sums
        return values

    def _rows(self, rows: Sequence[int]) -> Floats:
        return np.asarray(self._table[rows] * self._table_scale[rows], dtype=np.float32)


def _means(rows: Floats, counts: Sequence[int]) -> Floats:
    """The mean of each group of rows; no group is empty."""
    starts = np.concatenate(([0], np.cumsum(counts)[:-1]))
    return np.asarray(np.add.reduceat(rows, starts, axis=0) / np.array(counts)[:, None], dtype=np.float32)


def _batches(texts: Sequence[Words]) -> Iterator[list[Words]]:
    batch: list[Words] = []
    size = 0
    for words in texts:
        if batch and size + len(words.words) > _BATCH:
            yield batch
            batch, size = [], 0
        batch.append(words)
        size += len(words.words)
    if batch:
        yield batch
