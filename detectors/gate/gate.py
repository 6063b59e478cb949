"""Which expressions can match in a text, and near which places: `Gate.places(text)`, asked with `Places.matches`.

    _DATE = gated(re.compile(…))            the expression is looked for with all others, in one pass
    for match in source.matches(_DATE): …   what `_DATE.finditer` would yield, and nothing read where it can't match

The rules of recognisers (`detectors.recognizers.rule`) are gated by themselves.
"""

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, KeysView, Sequence

from detectors.gate.database import Database, open_database
from detectors.gate.loosened import Loosened, loosen

# Letters that are the same as others in ASCII to an expression that ignores case. A text with one is not gated.
_FOLDED = re.compile("[\u0130\u0131\u017f\u212a]")
_SHARE = 2  # if places make up more than one of so many characters, all of the text is read

_KNOWN: dict[re.Pattern[str], None] = {}

type Region = tuple[int, int]
type Regions = tuple[array[int], array[int]]  # where they begin, where they end


def gated(pattern: re.Pattern[str]) -> re.Pattern[str]:
    """The same expression, made known to every gate that is built from now on."""
    _KNOWN[pattern] = None
    return pattern


def build_gate() -> "Gate | None":
    """A gate for all expressions known so far; None where there can be none."""
    known = sorted(_KNOWN, key=lambda pattern: (pattern.pattern, pattern.flags))
    loosened = [(pattern, loose) for pattern in known if (loose := loosen(pattern)) is not None]
    database = open_database([(loose.expression, loose.before is None) for _, loose in loosened])
    return None if database is None else Gate(database, loosened)


class Gate:
    """The compiled expressions."""

    def __init__(self, database: Database, loosened: Sequence[tuple[re.Pattern[str], Loosened]]) -> None:
        self._database = database
        self._loosened = tuple(loose for _, loose in loosened)
        # By identity: an expression's own hash reads all of it. They live as long as the gate does.
        self._patterns = tuple(pattern for pattern, _ in loosened)
        self.numbers = {id(pattern): number for number, pattern in enumerate(self._patterns)}

    def places(self, text: str) -> "Places | None":
        """Where they can match in a text; None if that isn't known."""
        if not text.isascii() and _FOLDED.search(text):
            return None
        ends = self._database.ends(text.encode("ascii", "replace"))
        return None if ends is None else Places(self, ends, len(text))

    def number(self, pattern: re.Pattern[str]) -> int | None:
        """Which of the expressions this is; None if it isn't one."""
        return self.numbers.get(id(pattern))

    def loosened(self, number: int) -> Loosened:
        """How it was loosened."""
        return self._loosened[number]


class Group:
    """Many expressions of which few can match in a text: asked for together, they cost as little as those few."""

    def __init__(self, patterns: Iterable[re.Pattern[str]]) -> None:
        self._patterns = tuple(patterns)
        self._gate: Gate | None = None
        self._known: dict[int, list[int]] = {}
        self._unknown: list[int] = []

    def possible(self, places: "Places | None") -> Sequence[int]:
        """Which of them can match, by their place in the group, in order."""
        if places is None:
            return range(len(self._patterns))
        if self._gate is not places.gate:
            numbers = [places.gate.number(pattern) for pattern in self._patterns]
            self._unknown = [index for index, number in enumerate(numbers) if number is None]
            self._known = {}
            for index, number in enumerate(numbers):
                if number is not None:
                    self._known.setdefault(number, []).append(index)
            self._gate = places.gate
        there = self._known.keys() & places.numbers
        if not there:
            return self._unknown
        return sorted([*self._unknown, *(index for number in there for index in self._known[number])])


class Places:
    """Where the expressions can match in one text."""

    def __init__(self, gate: Gate, ends: dict[int, list[int]], length: int) -> None:
        self.gate = gate
        self._ends = ends
        self._length = length
        self._regions: dict[int, Regions | None] = {}

    @property
    def numbers(self) -> KeysView[int]:
        """The expressions that can match."""
        return self._ends.keys()

    def may(self, pattern: re.Pattern[str]) -> bool:
        """Whether an expression can match anywhere; true of one that the gate doesn't know."""
        number = self.gate.numbers.get(id(pattern), -1)  # asked a hundred times of each text: no call for it
        return number < 0 or number in self._ends

    def matches(self, pattern: re.Pattern[str], text: str, spans: Sequence[Region]) -> Iterator[re.Match[str]]:
        """What `pattern.finditer` yields in each of these parts of the text, which are in order and don't overlap.

        Whatever the expression could match, if it had no assertions, lies near one place as a whole, and what
        assertions look at behind its end is read, too. So it makes no difference that the text seems to end there.
        """
        number = self.gate.number(pattern)
        if number is None:
            return _everywhere(pattern, text, spans)
        if number not in self._ends:
            return iter(())
        if number not in self._regions:
            self._regions[number] = self._near(number)
        regions = self._regions[number]
        if regions is None:
            return _everywhere(pattern, text, spans)
        return _near(pattern, text, regions, spans, self.gate.loosened(number).ahead)

    def _near(self, number: int) -> "Regions | None":
        """Where an expression can match; None if that is so much that all may be read as well."""
        loose = self.gate.loosened(number)
        if loose.before is None:
            return None
        firsts, lasts = array("q"), array("q")
        for place in sorted(self._ends[number]):
            if not lasts or place - loose.before > lasts[-1]:
                firsts.append(max(0, place - loose.before))
                lasts.append(place + loose.after)
            else:
                lasts[-1] = place + loose.after
        if (sum(lasts) - sum(firsts)) * _SHARE > self._length:
            return None
        return firsts, lasts


def _everywhere(pattern: re.Pattern[str], text: str, spans: Sequence[Region]) -> Iterator[re.Match[str]]:
    for start, end in spans:
        yield from pattern.finditer(text, start, end)


def _near(
    pattern: re.Pattern[str], text: str, regions: Regions, spans: Sequence[Region], ahead: int
) -> Iterator[re.Match[str]]:
    """The matches in what the regions and the spans have in common."""
    firsts, lasts = regions
    for start, end in spans:
        for index in range(bisect_right(lasts, start), bisect_left(firsts, end)):
            for match in pattern.finditer(text, max(firsts[index], start), min(end, lasts[index] + ahead)):
                if match.start() >= lasts[index]:  # seen on the way ahead: it lies near the next place
                    break
                yield match
