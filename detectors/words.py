"""Words as the tagger sees them: where they stand, and numbers that say what each looks like.

A word is a row of letters or of digits; every other sign and every end of a line is a word of its own. What it looks
like is its lower-case form, its beginning, its end, its shape (`Xxx`, `ddd`) and its three and four letters long parts.
Each is a row of one table, by a hash: a name that was never seen still has parts that were.
"""

import re
import zlib
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

WORDS, PARTS, HEADS, TAILS, SHAPES = 16384, 16384, 4096, 4096, 512  # rows of the table per kind
ROWS = WORDS + PARTS + HEADS + TAILS + SHAPES
LONGEST = 24  # characters of a word that count

_WORD = re.compile(r"[^\W\d_]+|\d+|[^\w\s]|_|\n")
_SHAPED = 20
_REPEATED, _REPEATED_DIGITS = 3, 12

Word = tuple[str, bool]
"""A word's characters, and whether it follows the word before it without a space."""


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one text in order."""

    starts: npt.NDArray[np.int64] = field(repr=False)
    ends: npt.NDArray[np.int64] = field(repr=False)
    words: tuple[Word, ...] = field(repr=False)


def words_of(text: str) -> Words:
    """Cut a text into words."""
    spans = [match.span() for match in _WORD.finditer(text)]
    table = np.array(spans, dtype=np.int64).reshape(-1, 2)
    glued = (table[1:, 0] == table[:-1, 1]).tolist() if spans else []
    found = [
        (text[start : min(end, start + 2 * LONGEST)], after)
        for (start, end), after in zip(spans, [False, *glued], strict=False)
    ]
    return Words(table[:, 0], table[:, 1], tuple(found))


def looks(word: Word) -> tuple[list[int], list[int]]:
    """The rows that describe a word: those that count fully, and those of its parts, whose mean counts."""
    whole, parts = spelling(word[0])
    return [*whole, shape_row(word)], parts


def spelling(text: str) -> tuple[list[int], list[int]]:
    """The rows that say how a word is spelt; they are the same for `The` and `the`."""
    lower = text.lower()[:LONGEST]
    first = WORDS + PARTS
    whole = [
        _row(lower, WORDS),
        first + _row("p" + lower[:3], HEADS),
        first + HEADS + _row("s" + lower[-3:], TAILS),
    ]
    framed = f"<{lower}>"
    parts = [
        WORDS + _row(framed[index : index + size], PARTS) for size in (3, 4) for index in range(len(framed) - size + 1)
    ]
    return whole, parts


def shape_row(word: Word) -> int:
    """The row of a word's shape, and of whether it follows another without a space."""
    text, glued = word
    return WORDS + PARTS + HEADS + TAILS + _row(shape(text) + ("g" if glued else ""), SHAPES)


def shape(text: str) -> str:
    """`Novak` → `Xxxx`: what kind of character follows what; long rows of one kind are shortened, digits hardly."""
    kinds: list[str] = []
    last, run = "", 0
    for character in text[:_SHAPED]:
        if character.isupper():
            kind = "X"
        elif character.isalpha():
            kind = "x"
        else:
            kind = "d" if character.isdigit() else character
        run = run + 1 if kind == last else 1
        last = kind
        if run <= (_REPEATED_DIGITS if kind == "d" else _REPEATED):
            kinds.append(kind)
    return "".join(kinds)


def _row(text: str, rows: int) -> int:
    return zlib.crc32(text.encode("utf-8", "replace")) % rows
