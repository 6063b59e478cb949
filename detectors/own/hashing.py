"""Keyed hashes of rows of words, thousands at a time.

A row's characters are first reduced to four numbers by polynomials at secret points (no two rows that anyone meets come
to the same), and these sixteen bytes are then encrypted by AES under a secret key: who has no key learns nothing from
the result, who knows some rows and their hashes included. Both steps work on arrays, so that a kilobyte of text with
its two thousand rows of words costs less than a millisecond.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from detectors.own.words import Ints, Words

type Hashes = npt.NDArray[np.uint64]

_PRIME = (1 << 31) - 1
_CHARACTERS = 32_768  # at a time; the sums below stay within 64 bits
SALT_BYTES = 16
_AROUND = 4  # numbers per row


@dataclass(frozen=True, slots=True)
class Keys:
    """What is derived from the one secret of an installation."""

    master: bytes = field(repr=False)

    @property
    def points(self) -> tuple[int, ...]:
        """The secret points of the polynomials, the same for all data of an installation."""
        material = self._derived(b"points", b"", 8 * _AROUND)
        numbers = (int.from_bytes(material[8 * i : 8 * i + 8]) for i in range(_AROUND))
        return tuple(1000 + number % (_PRIME - 2000) for number in numbers)

    @property
    def name(self) -> str:
        """Which secret it is, so that data of another installation is told apart from damaged data."""
        return self._derived(b"name", b"", 8).hex()

    def cipher(self, salt: bytes) -> bytes:
        """The key that one set's rows are encrypted with."""
        return self._derived(b"cipher", salt, 32)

    def seal(self) -> bytes:
        """The key of the seals on files."""
        return self._derived(b"seal", b"", 32)

    def _derived(self, purpose: bytes, salt: bytes, size: int) -> bytes:
        return hashlib.blake2b(salt, key=self.master[:64], person=b"own-" + purpose, digest_size=size).digest()


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of words of one text: `counts[i]` words from word `words[i]` on, reduced to 16 bytes each."""

    words: Ints = field(repr=False)
    counts: Ints = field(repr=False)
    reduced: npt.NDArray[np.uint32] = field(repr=False)


def every_row(words: Words, points: tuple[int, ...], most: int, lengths: npt.NDArray[np.bool_]) -> Iterator[Rows]:
    """All rows of at most `most` words whose number of characters is in `lengths`, some thousands at a time."""
    total = len(words)
    begin = 0
    longest = len(lengths) - 1
    while begin < total:
        end = int(np.searchsorted(words.first, words.first[begin] + _CHARACTERS, side="right")) - 1
        if end <= begin:  # a single word that is longer than anything that was registered
            begin += 1
            continue
        goes_on = end if end >= total else max(begin + 1, end - most + 1)
        places = np.arange(begin, goes_on)[:, None]
        lasts = places + np.arange(1, most + 1)[None, :]
        inside = lasts <= end
        sizes = words.first[np.minimum(lasts, end)] - words.first[places]
        wanted = inside & (sizes <= longest)
        wanted &= lengths[np.where(wanted, sizes, 0)]
        rows, columns = np.nonzero(wanted)
        if len(rows):
            starts = rows + begin
            yield Rows(starts, columns + 1, reduce(words, starts, columns + 1, points, begin))
        begin = goes_on


def fixed_rows(words: Words, points: tuple[int, ...], size: int, least: int) -> Iterator[Rows]:
    """All rows of exactly `size` words and at least `least` characters. Absurdly long words are left out."""
    total = len(words)
    begin = 0
    while begin + size <= total:
        end = int(np.searchsorted(words.first, words.first[begin] + _CHARACTERS, side="right")) - 1
        if end < begin + size:
            begin += 1
            continue
        starts = np.arange(begin, end - size + 1)
        starts = starts[words.first[starts + size] - words.first[starts] >= least]
        if len(starts):
            counts = np.full(len(starts), size)
            yield Rows(starts, counts, reduce(words, starts, counts, points, begin))
        begin = end - size + 1


def reduce(words: Words, starts: Ints, counts: Ints, points: tuple[int, ...], begin: int = 0) -> npt.NDArray[np.uint32]:
    """Sixteen bytes for each row. All rows lie within `_CHARACTERS` characters from word `begin` on."""
    offset = words.first[begin]
    first = words.first[starts] - offset
    last = words.first[starts + counts] - offset
    codes = words.codes[offset : offset + int(last.max())].astype(np.uint64) + np.uint64(1)
    reduced = np.empty((len(starts), _AROUND), dtype=np.uint32)
    prime = np.uint64(_PRIME)
    for column, point in enumerate(points):
        powers, inverses = _powers(point)
        sums = np.zeros(len(codes) + 1, dtype=np.uint64)
        np.cumsum(codes * powers[: len(codes)] % prime, out=sums[1:])
        reduced[:, column] = (sums[last] - sums[first]) % prime * inverses[first] % prime
    return reduced


def encrypted(key: bytes, blocks: npt.NDArray[np.uint32]) -> Hashes:
    """The first eight bytes of each 16-byte block, encrypted by itself."""
    # Each block is one input of a keyed function: it is no message, so that there is nothing to chain.
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305
    return np.frombuffer(encryptor.update(blocks.tobytes()), dtype=np.uint64)[::2].copy()


def paired(key: bytes, one: Hashes, other: Hashes) -> Hashes:
    """A hash for each two, whichever comes first."""
    both = np.stack([np.minimum(one, other), np.maximum(one, other)], axis=1)
    return encrypted(key, both.view(np.uint32))


@lru_cache(maxsize=16)
def _powers(point: int) -> tuple[Hashes, Hashes]:
    """Powers of a point, and of what undoes it."""
    return _powers_of(point), _powers_of(pow(point, -1, _PRIME))


def _powers_of(point: int) -> Hashes:
    """By doubling: the second half of a table is its first half times a power."""
    powers = np.ones(1, dtype=np.uint64)
    while len(powers) <= _CHARACTERS:
        step = np.uint64(pow(point, len(powers), _PRIME))
        powers = np.concatenate([powers, powers * step % np.uint64(_PRIME)])
    return powers
