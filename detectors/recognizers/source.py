"""What a recogniser reads: a normalized text, its lower-case form, and the name of the field it came from.

Most of a text holds nothing that most recognisers look for. Two cheap passes say where something can be, and the
expressions read those places alone:

    numbers     around digits that stand close together: numbers of all kinds, and the words before them
    runs        around long unbroken runs of letters, digits and signs: keys and tokens

Where there is a gate (`detectors.gate`), it says the same of each expression by itself, and `matches` reads no more.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from detectors.gate.gate import Gate, Places

_TWO_DIGITS = re.compile(r"\d[^\d\n]{0,8}\d")
_RUN = re.compile(r"[\w+/=.~%:$@-]{13,}")
_LETTERS = re.compile(r"[^\W\d_]+")
RUN = re.compile(r"[\w+/=.~%:$@-]+")  # what a run is made of
_TELLING = re.compile(r"[A-Z0-9]")
# How far before a number its name may stand, and how far a match may reach behind what was seen of it.
_BEFORE_NUMBER, _AFTER_NUMBER = 160, 48
_AROUND_RUN = 48
_REST = re.compile(r"\S{0,400}")

type Region = tuple[int, int]
type Within = Literal["text", "numbers", "runs"]


@dataclass(frozen=True)
class Source:
    """One text. `context` is the JSON field's name ("password", "ssn"), a hint as good as a word before the value.

    Of what was encoded inside a text, it is what stands before that.
    """

    text: str = field(repr=False)
    context: str = field(default="", repr=False)
    gate: Gate | None = field(default=None, repr=False, compare=False)

    @cached_property
    def places(self) -> Places | None:
        """Where gated expressions can match; None if nothing says that."""
        return self.gate.places(self.text) if self.gate is not None else None

    @cached_property
    def lower(self) -> str:
        """The text in lower case, for cheap tests whether a recogniser has anything to do. Offsets may differ."""
        return self.text.lower()

    @cached_property
    def words(self) -> frozenset[str]:
        """The words of the text and of the field's name, in lower case, letters alone."""
        return frozenset(_LETTERS.findall(f"{self.context.lower()} {self.lower}"))

    @cached_property
    def numbers(self) -> tuple[Region, ...]:
        """Where numbers of two digits and more stand, with what precedes them."""
        spans = (match.span() for match in _TWO_DIGITS.finditer(self.text))
        return tuple(around(self.text, spans, _BEFORE_NUMBER, _AFTER_NUMBER))

    @cached_property
    def runs(self) -> tuple[Region, ...]:
        """Where runs of 13 and more characters stand that have a digit or a capital in them."""
        spans = (match.span() for match in _RUN.finditer(self.text) if _TELLING.search(match[0]))
        return tuple(around(self.text, spans, _AROUND_RUN, _AROUND_RUN))

    @cached_property
    def run_text(self) -> str:
        """Those runs alone, in lower case."""
        return "\n".join(run for run in _RUN.findall(self.text) if _TELLING.search(run)).lower()

    def regions(self, within: Within) -> tuple[Region, ...]:
        """The places of one kind; for "text" all of it."""
        if within == "text":
            return ((0, len(self.text)),)
        return self.numbers if within == "numbers" else self.runs

    def may(self, pattern: re.Pattern[str]) -> bool:
        """Whether an expression can match at all; true where nothing says that it can't."""
        return self.places is None or self.places.may(pattern)

    def matches(self, pattern: re.Pattern[str], start: int = 0, end: int | None = None) -> Iterator[re.Match[str]]:
        """What `pattern.finditer` yields between two places of the text, and little time where that is nothing."""
        end = len(self.text) if end is None else end
        if self.places is None:
            return pattern.finditer(self.text, start, end)
        return self.places.matches(pattern, self.text, ((start, end),))

    def matches_within(self, pattern: re.Pattern[str], within: Within) -> Iterator[re.Match[str]]:
        """The matches in the places of one kind."""
        if self.places is not None:
            if not self.places.may(pattern):
                return iter(())
            return self.places.matches(pattern, self.text, self.regions(within))
        return (match for start, end in self.regions(within) for match in pattern.finditer(self.text, start, end))

    def in_numbers(self, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
        """The matches of an expression that needs two digits close together."""
        return self.matches_within(pattern, "numbers")

    def beside(self, literals: Iterable[str], before: int, after: int) -> tuple[Region, ...]:
        """Where one of these (in lower case) stands, with so many characters around it. None of it if none stands."""
        lower = self.lower
        spans: list[Region] = []
        for literal in literals:
            at = lower.find(literal)
            while at >= 0:
                spans.append((at, at + len(literal)))
                at = lower.find(literal, at + 1)
        if not spans:
            return ()
        size = len(self.text)
        if len(lower) != size:  # `İ` is two characters in lower case: the places are not those of the text
            return ((0, size),)
        spans.sort()
        merged: list[Region] = []
        start, end = -1, -1
        for first, last in spans:
            if first - before > end:
                if end >= 0:
                    merged.append((start, end))
                start = max(0, first - before)
            end = max(end, min(size, last + after))
        merged.append((start, end))
        return tuple(merged)

    def before(self, start: int, reach: int = 60) -> str:
        """What stands shortly before a position, led by the field's name."""
        return f"{self.context} {self.text[max(0, start - reach) : start]}"


def around(text: str, spans: Iterator[Region], before: int, after: int) -> Iterator[Region]:
    """The spans widened, those that touch made one, none ending inside a word."""
    start = end = -1
    sure = 0  # the span goes so far at least; where its last word ends is looked up when that matters
    for first, last in spans:
        if first - before > sure:
            end = _word_end(text, sure) if start >= 0 else -1
            if first - before > end:
                if end >= 0:
                    yield start, end
                start = max(0, first - before)
        elif start < 0:
            start = 0
        sure = max(sure, last + after)
    if start >= 0:
        yield start, _word_end(text, sure)


def _word_end(text: str, at: int) -> int:
    rest = _REST.match(text, min(len(text), at))
    return rest.end() if rest else len(text)
