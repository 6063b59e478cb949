"""A text as words that compare equal however they are written: case, accents, spaces and punctuation are undone.

A word is a row of letters and digits. `Müller-Lüdenscheidt` is two words, and so is `Muller Ludenscheidt`; rows of
words are compared without what stands between them, so that `DE89 3704` equals `DE893704`. Scripts that put no spaces
between words (Chinese, Japanese, Thai) have words of one character.

All of it is done on arrays: a megabyte takes hundredths of a second.
"""

import unicodedata
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import numpy.typing as npt

_SEPARATOR, _DROPPED, _LETTER, _ALONE, _SEVERAL = range(5)
_TABLE = 0x20000
_UNSPACED = ((0x0E00, 0x0F00), (0x1000, 0x10A0), (0x1780, 0x1800), (0x3040, 0x3100), (0x3400, 0xA000), (0xF900, 0xFB00))
# Letters that Unicode doesn't take apart, as people write them who don't have them.
_PLAIN = {"ß": "ss", "ẞ": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "\u0131": "i"}

type Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one text: word `i` is `codes[first[i]:first[i + 1]]`, written from `starts[i]` to `ends[i]`."""

    codes: npt.NDArray[np.uint32] = field(repr=False)
    first: Ints = field(repr=False)
    starts: Ints = field(repr=False)
    ends: Ints = field(repr=False)

    def __len__(self) -> int:
        return len(self.starts)


def words_of(text: str) -> Words:
    """Cut a text into words. Never raises, whatever the characters."""
    fold, kinds, several = _tables()
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    codes = np.where(codes < _TABLE, codes, 0x4E00)  # the rest is Chinese, or nothing that anyone registers
    kind = kinds[codes]
    origin = np.arange(len(codes), dtype=np.int64)
    folded = fold[codes]
    if (kind == _SEVERAL).any():
        origin, folded, kind = _spelled_out(codes, origin, folded, kind, several)
    kept = np.flatnonzero(kind >= _LETTER)
    if not len(kept):
        return Words(np.zeros(0, np.uint32), np.zeros(1, np.int64), kept.astype(np.int64), kept.astype(np.int64))
    group = np.cumsum(kind == _SEPARATOR)[kept]
    alone = kind[kept] == _ALONE
    begins = np.empty(len(kept), dtype=bool)
    begins[0] = True
    begins[1:] = (group[1:] != group[:-1]) | alone[1:] | alone[:-1]
    first = np.flatnonzero(begins)
    last = np.append(first[1:], len(kept)) - 1
    return Words(
        folded[kept].astype(np.uint32),
        np.append(first, len(kept)).astype(np.int64),
        origin[kept[first]],
        origin[kept[last]] + 1,
    )


def canonical(text: str) -> str:
    """What a value is compared by."""
    return "".join(map(chr, words_of(text).codes.tolist()))


def _spelled_out(
    codes: npt.NDArray[np.uint32],
    origin: Ints,
    folded: npt.NDArray[np.uint32],
    kind: npt.NDArray[np.uint8],
    several: dict[int, tuple[int, ...]],
) -> tuple[Ints, npt.NDArray[np.uint32], npt.NDArray[np.uint8]]:
    """Characters that stand for several (ß, ligatures) replaced by these."""
    places = np.flatnonzero(kind == _SEVERAL)
    written = [several[code] for code in codes[places].tolist()]
    counts = np.ones(len(codes), dtype=np.int64)
    counts[places] = [len(letters) for letters in written]
    begins = np.cumsum(counts) - counts
    origin = np.repeat(origin, counts)
    folded, kind = np.repeat(folded, counts), np.repeat(kind, counts)
    for place, letters in zip(begins[places].tolist(), written, strict=True):
        folded[place : place + len(letters)] = letters
        kind[place : place + len(letters)] = _LETTER
    return origin, folded, kind


@cache
def _tables() -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint8], dict[int, tuple[int, ...]]]:
    """Character → its plain form, what kind it is, and the plain forms of those that stand for several."""
    fold = np.zeros(_TABLE, dtype=np.uint32)
    kinds = np.zeros(_TABLE, dtype=np.uint8)
    several: dict[int, tuple[int, ...]] = {}
    for start, end in _UNSPACED:
        fold[start:end] = np.arange(start, end)
        kinds[start:end] = [_ALONE if chr(code).isalnum() else _SEPARATOR for code in range(start, end)]
    fold[0xAC00:0xD7A4] = np.arange(0xAC00, 0xD7A4)
    kinds[0xAC00:0xD7A4] = _LETTER
    for code in (*range(0x3400), *range(0xA000, 0xAC00), *range(0xFB00, 0x10000), *range(0x1D400, 0x1D800)):
        if kinds[code]:
            continue
        plain = _plain(chr(code))
        if len(plain) == 1:
            fold[code], kinds[code] = ord(plain), _LETTER
        elif plain:
            several[code], kinds[code] = tuple(map(ord, plain)), _SEVERAL
        elif unicodedata.category(chr(code)) in {"Mn", "Me", "Cf"}:
            kinds[code] = _DROPPED
    return fold, kinds, several


def _plain(character: str) -> str:
    """A character's letters and digits without accents, in lower case; empty if it isn't made of such alone."""
    if character.casefold() in _PLAIN:
        return _PLAIN[character.casefold()]
    taken_apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character).casefold())
    plain = "".join(_PLAIN.get(part, part) for part in taken_apart if unicodedata.category(part) not in {"Mn", "Me"})
    decimal = unicodedata.decimal(plain, None) if len(plain) == 1 else None
    if decimal is not None:
        return str(decimal)
    return plain if plain.isalnum() else ""
