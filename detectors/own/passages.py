"""Documents: building a set of their passages, and finding passages in texts, also where some words were changed.

Of each document the hashes of all rows of five words are kept. A text has a passage of it if enough of these rows stand
close together in both. Rows that stand in several of the documents are boilerplate and count for none of them.
"""

import secrets
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from detectors.finding import OWN, Finding
from detectors.own.container import AnyArray, Container
from detectors.own.hashing import SALT_BYTES, Hashes, Keys, encrypted, fixed_rows
from detectors.own.rows import Built, filter_of, passes
from detectors.own.words import Words, words_of

KIND = "passages"
DEFAULT_TYPE = "DOCUMENT_PASSAGE"
SHINGLE = 5  # words of a row
ENOUGH = 6  # rows that a passage must share with a document: ten words of it in order
_LEAST = 16  # characters of a row: counting from one to five is in many texts
_GAP = 20  # words between two shared rows of one passage
_DENSITY = 0.2  # rows that are shared, of all in the passage
_COMMON, _MOST_COMMON = 3, 10  # documents from which on a row is boilerplate, in small sets and in large ones
_FULL = 30  # rows from which on nothing is surer


def build(documents: Iterable[tuple[str, str]], keys: Keys) -> Built:
    """Hash documents, given as name and text. A text with fewer words than a passage needs is left out."""
    salt = secrets.token_bytes(SALT_BYTES)
    key, points = keys.cipher(salt), keys.points
    hashes: list[Hashes] = [np.zeros(0, np.uint64)]
    owners: list[AnyArray] = [np.zeros(0, np.uint32)]
    count, short = 0, 0
    for _, text in documents:
        rows = [encrypted(key, rows.reduced) for rows in fixed_rows(words_of(text), points, SHINGLE, _LEAST)]
        own = np.unique(np.concatenate([*rows, np.zeros(0, np.uint64)]))
        if len(own) < ENOUGH:
            short += 1
            continue
        hashes.append(own)
        owners.append(np.full(len(own), count, dtype=np.uint32))
        count += 1
    everything, owner = np.concatenate(hashes), np.concatenate(owners)
    order = np.argsort(everything, kind="stable")
    everything, owner = everything[order], owner[order]
    # In a set of a few documents, two versions of one contract share everything: only what many share is boilerplate.
    often = min(_MOST_COMMON, max(_COMMON, -(-count // 50)))
    _, index, times = np.unique(everything, return_inverse=True, return_counts=True)
    kept = times[index] < often if len(everything) else np.zeros(0, bool)
    header = {
        "kind": KIND,
        "salt": salt.hex(),
        "documents": count,
        "passages": int(kept.sum()),
        "boilerplate": len(np.unique(everything[~kept])),
    }
    arrays = {"hashes": everything[kept], "owners": owner[kept], "filter": filter_of(everything[kept])}
    return Built(header, arrays, {"too short": short} if short else {})


class PassagesDetector:
    """Finds passages of the documents of one set."""

    def __init__(self, container: Container, keys: Keys) -> None:
        header: Mapping[str, Any] = container.header
        self.name = f"{OWN}{header['name']}"
        self._type = str(header["type"])
        self._key = keys.cipher(bytes.fromhex(header["salt"]))
        self._points = keys.points
        self._hashes, self._owners = container.arrays["hashes"], container.arrays["owners"]
        self._filter = container.arrays["filter"]

    def find(self, words: Words) -> list[Finding]:
        """The passages in a text, given as words."""
        if len(words) < SHINGLE + ENOUGH - 1 or not len(self._hashes):
            return []
        places, owners = self._shared(words)
        if len(places) < ENOUGH:
            return []
        found = []
        for first, last, shared in _passages(places, owners):
            score = min(0.99, 0.8 + 0.19 * shared / _FULL)
            start, end = int(words.starts[first]), int(words.ends[last + SHINGLE - 1])
            found.append(Finding(start, end, self._type, score, self.name))
        return found

    def _shared(self, words: Words) -> tuple[AnyArray, AnyArray]:
        """Where rows stand that some document has, and which, in the order of documents, then of the text."""
        places, owners = [np.zeros(0, np.int64)], [np.zeros(0, np.uint32)]
        for rows in fixed_rows(words, self._points, SHINGLE, _LEAST):
            hashed = encrypted(self._key, rows.reduced)
            maybe = np.flatnonzero(passes(self._filter, hashed))
            left = np.searchsorted(self._hashes, hashed[maybe], side="left")
            right = np.searchsorted(self._hashes, hashed[maybe], side="right")
            times = right - left
            which = np.repeat(left - np.cumsum(times) + times, times) + np.arange(int(times.sum()))
            places.append(np.repeat(rows.words[maybe], times))
            owners.append(self._owners[which])
        place, owner = np.concatenate(places), np.concatenate(owners)
        order = np.lexsort((place, owner))
        return place[order], owner[order]


def _passages(places: AnyArray, owners: AnyArray) -> Iterator[tuple[int, int, int]]:
    """First row, last row and number of shared rows of each passage."""
    breaks = np.flatnonzero((np.diff(places) > _GAP) | (np.diff(owners.astype(np.int64)) != 0)) + 1
    for run in np.split(places, breaks):
        if len(run) >= ENOUGH and len(run) >= _DENSITY * (run[-1] - run[0] + 1):
            yield int(run[0]), int(run[-1]), len(run)
