"""Tables of values (customers, accounts): building a set of them, and finding its values in texts.

A set holds a keyed hash of each different value, and of each two values that stand in one row. A value counts alone if
it can hardly stand in a text by chance. A single word, a short number, or what is the same in many rows does not: it
counts near another value of its row.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, product
from typing import Any

import numpy as np
import numpy.typing as npt

from detectors.finding import OWN, Finding
from detectors.own.container import AnyArray, Container
from detectors.own.hashing import SALT_BYTES, Hashes, Keys, encrypted, every_row, paired, reduce
from detectors.own.words import Words, words_of

KIND = "rows"
DEFAULT_TYPE = "COMPANY_DATA"
LONGEST = 96  # characters of a value that can be found, spaces and signs not counted
MOST_COLUMNS = 8
MOST_WORDS = 12
_SHORTEST = 3
_BATCH = 20_000
_MOST_SPELLINGS = 16  # of one value
_NUMBER = 6  # digits from which a number counts alone
_MIXED = 5  # characters from which letters with digits or signs count alone
_ROWS = 10  # rows from which on a value says nothing about one of them
_PAIR_ROWS = 3  # the same for two values
_NEAR, _CLOSE = 40, 12  # words: two values of a row, two that both count only together
_PARTNERS = 24  # values after one that are looked at as its partners

ALONE, TOGETHER, CLOSE = 0.85, 0.99, 0.75  # scores: a value alone, with another of its row, two weak ones


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table, and whether its values count alone: None lets each value decide."""

    name: str
    alone: bool | None = None


@dataclass(frozen=True, slots=True)
class Built:
    """A set that is ready to be written, and what was left out of it."""

    header: Mapping[str, Any]
    arrays: Mapping[str, AnyArray] = field(repr=False)
    left_out: Mapping[str, int]  # why → how many values


def build(rows: Iterable[Sequence[str]], columns: Sequence[Column], keys: Keys) -> Built:
    """Hash a table. `rows` have one text per column. Memory grows by the hashes alone, some 200 bytes per row."""
    salt = secrets.token_bytes(SALT_BYTES)
    gathered = _Gathered(keys.points, keys.cipher(salt), len(columns))
    batch: list[Sequence[str]] = []
    for row in rows:
        batch.append(row)
        if len(batch) >= _BATCH:
            gathered.add(batch)
            batch.clear()
    if batch:
        gathered.add(batch)
    hashes, strong, grouped, pairs = gathered.finished([column.alone for column in columns])
    header = {
        "kind": KIND,
        "salt": salt.hex(),
        "rows": gathered.rows,
        "columns": [[column.name, column.alone] for column in columns],
        "values": len(hashes),
        "alone": int(strong.sum()),
        "pairs": len(pairs),
        "words": min(MOST_WORDS, max(gathered.words + 1, -(-gathered.longest // 4) + 1)),
        "lengths": np.flatnonzero(gathered.lengths).tolist(),
    }
    arrays = {"hashes": hashes, "strong": strong, "grouped": grouped, "pairs": pairs, "filter": filter_of(hashes)}
    return Built(header, arrays, {why: count for why, count in gathered.left_out.items() if count})


@dataclass(slots=True)
class _Gathered:
    """What is known of the rows so far."""

    points: tuple[int, ...] = field(repr=False)
    key: bytes = field(repr=False)
    columns: int
    rows: int = 0
    words: int = 0
    longest: int = 0
    lengths: npt.NDArray[np.bool_] = field(default_factory=lambda: np.zeros(LONGEST + 1, dtype=bool), repr=False)
    left_out: dict[str, int] = field(default_factory=lambda: {"empty": 0, "too short": 0, "too long": 0})
    _hashes: list[Hashes] = field(default_factory=list, repr=False)
    _strong: list[npt.NDArray[np.bool_]] = field(default_factory=list, repr=False)
    _grouped: list[npt.NDArray[np.bool_]] = field(default_factory=list, repr=False)
    _column: list[npt.NDArray[np.uint8]] = field(default_factory=list, repr=False)
    _pairs: list[Hashes] = field(default_factory=list, repr=False)

    def add(self, batch: Sequence[Sequence[str]]) -> None:
        """Hash some rows."""
        texts = [text for row in batch for text in row]
        written, owners = list(texts), list(range(len(texts)))
        for place, text in enumerate(texts):
            for other in _spellings(text):
                written.append(other)
                owners.append(place)
        words = words_of("\n".join(written))
        begins = np.cumsum([0, *(len(text) + 1 for text in written)])
        start = np.searchsorted(words.starts, begins[:-1])
        count = np.searchsorted(words.starts, begins[1:]) - start
        size = words.first[start + count] - words.first[start]
        good = (size >= _SHORTEST) & (size <= LONGEST) & (count <= MOST_WORDS)
        first = good[: len(texts)]
        self.left_out["empty"] += int((size[: len(texts)] == 0).sum())
        self.left_out["too short"] += int(((size[: len(texts)] > 0) & (size[: len(texts)] < _SHORTEST)).sum())
        self.left_out["too long"] += int((~first & (size[: len(texts)] >= _SHORTEST)).sum())
        hashes = np.zeros(len(written), dtype=np.uint64)
        hashes[good] = _hashed(words, start[good], count[good], self.points, self.key)
        self.lengths[size[good]] = True
        self.words = max(self.words, int(count[good].max(initial=0)))
        self.longest = max(self.longest, int(size[good].max(initial=0)))
        owner = np.array(owners)
        self._hashes.append(hashes[good])
        self._grouped.append(count[good] > 1)
        self._strong.append(np.array([_counts_alone(text) for text in texts], dtype=bool)[owner[good]])
        self._column.append((owner[good] % self.columns).astype(np.uint8))
        table = hashes.copy()
        for spelling in (np.flatnonzero(good[len(texts) :]) + len(texts)).tolist():
            self._pair_spelling(hashes, owners[spelling], spelling)
        self._pair(table[: len(texts)].reshape(-1, self.columns))
        self.rows += len(batch)

    def _pair(self, table: Hashes) -> None:
        for one in range(self.columns):
            for other in range(one + 1, self.columns):
                both = (table[:, one] != 0) & (table[:, other] != 0) & (table[:, one] != table[:, other])
                self._pairs.append(paired(self.key, table[both, one], table[both, other]))

    def _pair_spelling(self, hashes: Hashes, place: int, spelling: int) -> None:
        """Another spelling of a value stands in the same row."""
        row = place - place % self.columns
        others = np.array(
            [hashes[at] for at in range(row, row + self.columns) if at != place and hashes[at]], dtype=np.uint64
        )
        if len(others):
            self._pairs.append(paired(self.key, np.full(len(others), hashes[spelling]), others))

    def finished(
        self, alone: Sequence[bool | None]
    ) -> tuple[Hashes, npt.NDArray[np.bool_], npt.NDArray[np.bool_], Hashes]:
        """The different values in order, whether each counts alone and is written in groups, and the pairs."""
        everything = np.concatenate([*self._hashes, np.zeros(0, np.uint64)])
        strong = np.concatenate([*self._strong, np.zeros(0, bool)])
        column = np.concatenate([*self._column, np.zeros(0, np.uint8)])
        self._hashes.clear()
        hashes, index, counts = np.unique(everything, return_inverse=True, return_counts=True)
        frequent = max(2, min(_ROWS, self.rows // 20))
        said = np.array([{None: 2, True: 1, False: 0}[one] for one in alone], dtype=np.uint8)[column]
        told = (said == 1) | ((said == 2) & strong & (counts[index] <= frequent))
        result = np.zeros(len(hashes), dtype=bool)
        result[index[told]] = True
        pairs, often = np.unique(np.concatenate([*self._pairs, np.zeros(0, np.uint64)]), return_counts=True)
        grouped = np.zeros(len(hashes), dtype=bool)
        grouped[index[np.concatenate([*self._grouped, np.zeros(0, bool)])]] = True
        return hashes, result, grouped, pairs[often <= _PAIR_ROWS]


def _hashed(words: Words, starts: AnyArray, counts: AnyArray, points: tuple[int, ...], key: bytes) -> Hashes:
    """Hashes of rows of words that stand in order, however long the text is."""
    parts = [np.zeros(0, np.uint64)]
    at = 0
    while at < len(starts):
        limit = words.first[starts[at]] + 30_000
        end = max(at + 1, int(np.searchsorted(words.first[starts + counts], limit, side="right")))
        begin = int(starts[at])
        parts.append(encrypted(key, reduce(words, starts[at:end], counts[at:end], points, begin)))
        at = end
    return np.concatenate(parts)


def _spellings(text: str) -> list[str]:
    """How else a name is written: by those who lack its letters (Mueller for Müller), and the other way round."""
    if not text or "@" in text or any(c.isdigit() for c in text):
        return []
    lower = text.lower()
    orders = [lower]
    if lower.count(",") == 1:
        surname, given = lower.split(",")
        orders.append(f"{given} {surname}")
    elif len(words := lower.split()) == 2:
        orders.append(" ".join(reversed(words)))
    everything = (" ".join(words) for order in orders for words in product(*map(_ways, order.split())))
    return [one for one in dict.fromkeys(islice(everything, _MOST_SPELLINGS)) if one != lower]


def _ways(word: str) -> list[str]:
    """A word as it is, and with the umlauts' letters spelled out or drawn together."""
    spelled = word.replace("ä", "ae").replace("ö", "oe").replace("ü", "ue").replace("å", "aa").replace("ø", "oe")
    drawn = word.replace("ae", "a").replace("oe", "o").replace("ue", "u").replace("aa", "a")
    return list(dict.fromkeys((word, spelled, drawn)))


def _counts_alone(text: str) -> bool:
    """Whether a value can hardly stand in a text by chance."""
    plain = [part for part in text.replace("_", " ").split() if any(c.isalnum() for c in part)]
    size = sum(c.isalnum() for c in text)
    if not any(c.isalpha() for c in text):
        return size >= _NUMBER
    if any(c.isdigit() or c == "@" for c in text):
        return size >= _MIXED
    if not text.isascii() and any(ord(c) >= 0x3000 for c in text):
        return size >= _SHORTEST
    return len(plain) > 1 and size >= _MIXED


def filter_of(hashes: Hashes) -> npt.NDArray[np.uint8]:
    """One bit in sixteen says that a value may be there: it spares most rows of words the search."""
    size = max(10, (16 * len(hashes)).bit_length())
    bits = np.zeros(1 << size, dtype=np.uint8)
    bits[(hashes >> np.uint64(64 - size)).astype(np.int64)] = 1
    return np.packbits(bits, bitorder="little")


def passes(bits: npt.NDArray[np.uint8], hashes: Hashes) -> npt.NDArray[np.bool_]:
    """Which hashes may be among those that `filter_of` was given."""
    high = (hashes >> np.uint64(64 - (8 * len(bits)).bit_length() + 1)).astype(np.int64)
    passed: npt.NDArray[np.bool_] = (bits[high >> 3] >> (high & 7).astype(np.uint8) & 1).astype(bool)
    return passed


def _one_number(words: Words, place: int, count: int) -> bool:
    """Whether words that are digits alone stand as one number is written; words with letters may stand as they like."""
    codes = words.codes[words.first[place] : words.first[place + count]]
    if not ((codes >= ord("0")) & (codes <= ord("9"))).all():
        return True
    groups = np.diff(words.first[place : place + count + 1])
    gaps = words.starts[place + 1 : place + count] - words.ends[place : place + count - 1]
    return len(codes) > _NUMBER and bool((groups >= 2).all() and (gaps == 1).all())


class RowsDetector:
    """Finds the values of one set."""

    def __init__(self, container: Container, keys: Keys) -> None:
        header = container.header
        self.name = f"{OWN}{header['name']}"
        self._type = str(header["type"])
        self._key = keys.cipher(bytes.fromhex(header["salt"]))
        self._points = keys.points
        self._most = int(header["words"])
        self._lengths = np.zeros(LONGEST + 1, dtype=bool)
        self._lengths[header["lengths"]] = True
        self._hashes, self._pairs = container.arrays["hashes"], container.arrays["pairs"]
        self._strong, self._grouped = container.arrays["strong"], container.arrays["grouped"]
        self._filter = container.arrays["filter"]

    def find(self, words: Words) -> list[Finding]:
        """The values in a text, given as words."""
        places, counts, hashes, strong = self._known(words)
        if not len(places):
            return []
        scores = np.where(strong, ALONE, 0.0)
        if len(places) > 1:
            self._raise_pairs(places, counts, hashes, strong, scores)
        found = np.flatnonzero(scores)
        starts, ends = words.starts[places[found]], words.ends[places[found] + counts[found] - 1]
        return [
            Finding(start, end, self._type, score, self.name)
            for start, end, score in zip(starts.tolist(), ends.tolist(), scores[found].tolist(), strict=True)
        ]

    def _known(self, words: Words) -> tuple[AnyArray, AnyArray, Hashes, npt.NDArray[np.bool_]]:
        """Rows of words that are values, in the order of the text."""
        places, counts, hashes, indices = [], [], [], []
        for rows in every_row(words, self._points, self._most, self._lengths):
            hashed = encrypted(self._key, rows.reduced)
            maybe = np.flatnonzero(passes(self._filter, hashed))
            index = np.searchsorted(self._hashes, hashed[maybe])
            index = np.minimum(index, len(self._hashes) - 1)
            sure = self._hashes[index] == hashed[maybe] if len(self._hashes) else np.zeros(0, bool)
            sure[sure] = self._is_one_number(words, rows.words[maybe[sure]], rows.counts[maybe[sure]], index[sure])
            kept = maybe[sure]
            places.append(rows.words[kept])
            counts.append(rows.counts[kept])
            hashes.append(hashed[kept])
            indices.append(index[sure])
        if not places:
            nothing = np.zeros(0, np.int64)
            return nothing, nothing, np.zeros(0, np.uint64), np.zeros(0, bool)
        return (
            np.concatenate(places),
            np.concatenate(counts),
            np.concatenate(hashes),
            self._strong[np.concatenate(indices)],
        )

    def _is_one_number(self, words: Words, places: AnyArray, counts: AnyArray, index: AnyArray) -> list[bool]:
        """Whether digits that stand in groups are one number and not several: 482 15 77, but not 4, 8, 2, 15, 77."""
        return [
            count == 1 or bool(self._grouped[at]) or _one_number(words, place, count)
            for place, count, at in zip(places.tolist(), counts.tolist(), index.tolist(), strict=True)
        ]

    def _raise_pairs(
        self, places: AnyArray, counts: AnyArray, hashes: Hashes, strong: AnyArray, scores: AnyArray
    ) -> None:
        """Raise the scores of values that stand near another value of their row."""
        for step in range(1, min(_PARTNERS, len(places) - 1) + 1):
            gap = places[step:] - places[:-step] - counts[:-step]
            near = np.flatnonzero((gap >= 0) & (gap <= np.where(strong[step:] | strong[:-step], _NEAR, _CLOSE)))
            if not len(near):
                continue
            hashed = paired(self._key, hashes[near], hashes[near + step])
            index = np.minimum(np.searchsorted(self._pairs, hashed), max(0, len(self._pairs) - 1))
            if not len(self._pairs):
                return
            one = near[self._pairs[index] == hashed]
            raised = np.where(strong[one] | strong[one + step], TOGETHER, CLOSE)
            scores[one] = np.maximum(scores[one], raised)
            scores[one + step] = np.maximum(scores[one + step], raised)
