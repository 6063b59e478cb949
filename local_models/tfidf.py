"""Hashed character n-grams of a text, weighted by TF-IDF: the features that need no model.

Letters are lower-cased and digits are all `0`, so that "4.2m" and "7.9m" are the same grams. The hash is part of a
head's meaning: change it, and every head has to be trained anew.
"""

import re

import numpy as np
import numpy.typing as npt

BITS = 16
BUCKETS = 1 << BITS
SIZES = (3, 4, 5)

Floats = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]

_DIGITS = re.compile(r"\d")
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio: spreads what is added over all bits
_SHIFT = np.uint64(64 - BITS)
_EMPTY: tuple[Indices, Floats] = (np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32))


def frequencies(text: str) -> tuple[Indices, Floats]:
    """The buckets of the text's n-grams, ascending, and 1 + log(count) for each."""
    plain = _DIGITS.sub("0", f" {text.lower()} ")
    codes = np.frombuffer(plain.encode("utf-32-le", errors="replace"), dtype="<u4").astype(np.uint64)
    found = []
    for size in SIZES:
        if len(codes) < size:
            continue
        state = np.full(len(codes) - size + 1, size, dtype=np.uint64)
        for offset in range(size):
            # Integer overflow is meant: arithmetic modulo 2^64.
            state = (state ^ codes[offset : len(codes) - size + 1 + offset]) * _MULTIPLIER
            state ^= state >> np.uint64(29)
        found.append((state * _MULTIPLIER) >> _SHIFT)
    if not found:
        return _EMPTY
    buckets, counts = np.unique(np.concatenate(found).astype(np.int64), return_counts=True)
    return buckets, (1.0 + np.log(counts)).astype(np.float32)


def weighted(text: str, idf: Floats) -> tuple[Indices, Floats]:
    """The text's buckets and their TF-IDF weights, of length 1 together."""
    buckets, values = frequencies(text)
    values = values * idf[buckets]
    length = float(np.linalg.norm(values))
    return buckets, values if length == 0.0 else (values / length).astype(np.float32)
