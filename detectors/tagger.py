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
from pathlib import Path

import numpy as np
import numpy.typing as npt

from detectors.weights import RAMPART, TAGGER, verified_card, verified_folder
from detectors.words import LONGEST, Word, Words, looks, words_of

CLASSES = ("O", "PERSON", "STREET_ADDRESS", "LOCATION", "ORGANIZATION", "ACCOUNT_NUMBER")
_REACHES = (1, 1, 2, 4, 8)  # how far to both sides each layer looks
_GAP = 8  # empty words between two texts, so that none sees another
_BATCH = 4096  # words at a time: bounds memory, stays in the processor's cache
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
        # Common words are worked out once. Words of requests are not kept: nothing of what people send stays here.
        vocabulary = [piece for piece in self._tokenizer.get_vocab() if piece.isalpha() and len(piece) > 1]
        common: list[Word] = [
            *((piece, False) for piece in sorted(vocabulary)),
            *((sign, True) for sign in ".,:;!?)'\n"),
        ]
        self._common_vectors = self._vectors(common)
        self._common = {word: index for index, word in enumerate(common)}

    def read(self, texts: Sequence[str]) -> list[Tags]:
        """Every word of each text; all texts are read in one go, none sees another."""
        cut = [words_of(text) for text in texts]
        found: list[Tags] = []
        for batch in _batches(cut):
            probabilities = self._read([words.words for words in batch])
            found.extend(Tags(words, scores) for words, scores in zip(batch, probabilities, strict=True))
        return found

    def _read(self, texts: Sequence[Sequence[Word]]) -> list[Floats]:
        known = len(self._common)
        new: dict[Word, int] = {}
        rows: list[int] = []
        for words in texts:
            for word in words:
                row = self._common.get(word)
                rows.append(new.setdefault(word, known + len(new)) if row is None else row)
            rows.extend([-1] * _GAP)
        index = np.array(rows, dtype=np.int64)
        real = (index >= 0).astype(np.float32)[:, None]
        values = np.empty((len(index), self._width), dtype=np.float32)
        common = index < known
        values[common] = self._common_vectors[index[common]]
        if new:
            values[~common] = self._vectors(list(new))[index[~common] - known]
        values *= real
        beside = np.zeros((len(index), 3 * self._width), dtype=np.float32)
        width = self._width
        for reach, (weight, bias) in zip(_REACHES, self._layers, strict=True):
            beside[:reach, :width] = 0
            beside[reach:, :width] = values[:-reach]
            beside[:, width : 2 * width] = values
            beside[-reach:, 2 * width :] = 0
            beside[:-reach, 2 * width :] = values[reach:]
            step = beside @ weight
            step += bias
            np.maximum(step, 0, out=step)
            values += step
            values *= real
        scores = values @ self._out[0] + self._out[1]
        scores -= scores.max(axis=1, keepdims=True)
        np.exp(scores, out=scores)
        scores /= scores.sum(axis=1, keepdims=True)
        found: list[Floats] = []
        position = 0
        for words in texts:
            found.append(scores[position : position + len(words)])
            position += len(words) + _GAP
        return found

    def _vectors(self, words: Sequence[Word]) -> Floats:
        """A vector per word, from what it looks like and from its word pieces."""
        whole: list[int] = []
        parts: list[int] = []
        part_counts: list[int] = []
        pieces: list[int] = []
        piece_counts: list[int] = []
        encodings = self._tokenizer.encode_batch([text[:LONGEST] for text, _ in words], add_special_tokens=False)
        for word, encoding in zip(words, encodings, strict=True):
            rows, inside = looks(word)
            whole.extend(rows)
            parts.extend(inside)
            part_counts.append(len(inside))
            ids = encoding.ids[:_PIECES] or [self._unknown]
            pieces.extend(ids)
            piece_counts.append(len(ids))
        values = self._rows(whole).reshape(len(words), -1, self._width).sum(axis=1)
        values += 2 * _means(self._rows(parts), part_counts)
        values += _means(self._pieces[pieces] * self._pieces_scale[pieces], piece_counts)
        values -= values.mean(axis=1, keepdims=True)
        values /= np.sqrt((values * values).mean(axis=1, keepdims=True) + 1e-5)
        return np.asarray(values * self._norm[0] + self._norm[1], dtype=np.float32)

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
        size += len(words.words) + _GAP
    if batch:
        yield batch
