"""`View`: a part of a text as a reader would understand it, each character with the place where it was written.

A reading says what it reads in place of what (`Piece`); `rewrite` makes views of that: a piece with the text around it,
since detectors need the words before a value. What is found in a view is mapped back to the characters that were
written, and counts only where the view differs from the text, which has been read already.
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

AROUND = 80  # characters of plain text on both sides of a piece: what a detector needs to tell a name
_WORD = 400  # at most so many more, to end where a word ends

READ, JOINT = 1, 2  # a character was read from something else; something before this character was left out


class TooMuchError(Exception):
    """A text says more than may be read: disguises in disguises, deeper or longer than the bounds."""


class Piece(NamedTuple):
    """Characters `start` to `end` of a text are read as `said`; if that is empty, they are left out."""

    start: int
    end: int
    said: str


@dataclass(frozen=True, slots=True)
class View:
    """A part of a text, read. Character `i` was written at `starts[i]..ends[i]` of the text."""

    text: str = field(repr=False)
    starts: array[int] = field(repr=False)
    ends: array[int] = field(repr=False)
    changed: bytearray = field(repr=False)  # READ or JOINT where it differs from what was written
    everywhere: bool = False  # a finding counts wherever it stands in the view: nothing but disguise writes so
    least: float = 0.0  # a finding counts from this score on: high where the reading is a guess, so that it needs proof
    prose: bool = False  # people's words may be in it: names are looked for as well

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The original's offsets for a non-empty span of the view."""
        first, last = (start, end - 1) if self.starts[start] <= self.starts[end - 1] else (end - 1, start)
        return self.starts[first], self.ends[last]

    def concerns(self, start: int, end: int) -> bool:
        """Whether a span could not be read as well in the original: it holds or touches what was read, or a joint."""
        if self.everywhere or READ in self.changed[max(0, start - 1) : end + 1]:
            return True
        return JOINT in self.changed[start + 1 : end]

    def through(self, inner: "View") -> "View":
        """A view of this view's text as a view of the text itself."""
        spans = [self.original(start, end) for start, end in zip(inner.starts, inner.ends, strict=True)]
        starts, ends = array("q", [start for start, _ in spans]), array("q", [end for _, end in spans])
        least = max(self.least, inner.least)
        return View(inner.text, starts, ends, inner.changed, inner.everywhere, least, inner.prose)


def rewrite(
    text: str,
    pieces: Iterable[Piece],
    *,
    around: int = AROUND,
    everywhere: bool = False,
    least: float = 0.0,
    prose: bool = False,
) -> Iterator[View]:
    """Views of what is around the pieces, which are in order and don't overlap; what is close together is one view."""
    group: list[Piece] = []
    for piece in pieces:
        if group and piece.start - group[-1].end > 2 * around:
            yield _view(text, group, around, everywhere=everywhere, least=least, prose=prose)
            group = []
        group.append(piece)
    if group:
        yield _view(text, group, around, everywhere=everywhere, least=least, prose=prose)


def _view(text: str, pieces: Sequence[Piece], around: int, *, everywhere: bool, least: float, prose: bool) -> View:
    first, last = left(text, pieces[0].start, around), right(text, pieces[-1].end, around)
    parts: list[str] = []
    starts, ends, changed = array("q"), array("q"), bytearray()
    done, flag = first, 0
    for piece in (*pieces, Piece(last, last, "")):
        plain = piece.start - done
        parts += (text[done : piece.start], piece.said)
        starts.extend(range(done, piece.start))
        ends.extend(range(done + 1, piece.start + 1))
        if plain:
            changed += bytes((flag,)) + bytes(plain - 1)
            flag = 0
        starts.extend([piece.start] * len(piece.said))
        ends.extend([piece.end] * len(piece.said))
        changed += bytes((READ,)) * len(piece.said)
        flag = 0 if piece.said else JOINT
        done = piece.end
    return View("".join(parts), starts, ends, changed, everywhere, least, prose)


def left(text: str, at: int, around: int = AROUND) -> int:
    """Where to begin reading for what stands at a place: some characters before it, where a word begins."""
    near = max(0, at - around)
    far = max(0, near - _WORD)
    blank = max(text.rfind(sign, far, near) for sign in " \n\t")
    return blank + 1 if blank >= 0 else far


def right(text: str, at: int, around: int = AROUND) -> int:
    """Where to end reading for what stands at a place: some characters after it, where a word ends."""
    near = min(len(text), at + around)
    far = min(len(text), near + _WORD)
    return min((blank for sign in " \n\t" if (blank := text.find(sign, near, far)) >= 0), default=far)
