"""Which expressions can match in a text, and near which places: `Gate.places(text)`, asked with `Places.matches`.

    _DATE = gated(re.compile(…))            the expression is looked for with all others, in one pass
    for match in source.matches(_DATE): …   what `_DATE.finditer` would yield, and nothing read where it can't match

The rules of recognisers (`detectors.recognizers.rule`) are gated by themselves.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from detectors.gate.database import Database, open_database
from detectors.gate.loosened import Loosened, loosen

# Letters that are the same as others in ASCII to an expression that ignores case. A text with one is not gated.
_FOLDED = re.compile("[\u0130\u0131\u017f\u212a]")
_SHARE = 2  # if places make up more than one of so many characters, all of the text is read

_KNOWN: dict[re.Pattern[str], None] = {}

type Region = tuple[int, int]


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
        self._numbers = {id(pattern): number for number, pattern in enumerate(self._patterns)}

    def places(self, text: str) -> "Places | None":
        """Where they can match in a text; None if that isn't known."""
        if not text.isascii() and _FOLDED.search(text):
            return None
        ends = self._database.ends(text.encode("ascii", "replace"))
        return None if ends is None else Places(self, ends, len(text))

    def number(self, pattern: re.Pattern[str]) -> int | None:
        """Which of the expressions this is; None if it isn't one."""
        return self._numbers.get(id(pattern))

    def loosened(self, number: int) -> Loosened:
        """How it was loosened."""
        return self._loosened[number]


@dataclass(frozen=True, slots=True)
class Places:
    """Where the expressions can match in one text."""

    gate: Gate = field(repr=False)
    ends: dict[int, list[int]] = field(repr=False)
    length: int

    def may(self, pattern: re.Pattern[str]) -> bool:
        """Whether an expression can match anywhere; true of one that the gate doesn't know."""
        number = self.gate.number(pattern)
        return number is None or number in self.ends

    def matches(self, pattern: re.Pattern[str], text: str, spans: Sequence[Region]) -> Iterator[re.Match[str]]:
        """What `pattern.finditer` yields in each of these parts of the text, which are in order and don't overlap.

        Whatever the expression could match, if it had no assertions, lies near one place as a whole, and what
        assertions look at behind its end is read, too. So it makes no difference that the text seems to end there.
        """
        number = self.gate.number(pattern)
        if number is None:
            return _everywhere(pattern, text, spans)
        ends = self.ends.get(number)
        if ends is None:
            return iter(())
        loose = self.gate.loosened(number)
        if loose.before is None:
            return _everywhere(pattern, text, spans)
        regions = _regions(ends, loose.before, loose.after)
        if sum(last - first for first, last in regions) * _SHARE > self.length:
            return _everywhere(pattern, text, spans)
        return _near(pattern, text, regions, spans, loose.ahead)


def _everywhere(pattern: re.Pattern[str], text: str, spans: Sequence[Region]) -> Iterator[re.Match[str]]:
    for start, end in spans:
        yield from pattern.finditer(text, start, end)


def _regions(ends: Sequence[int], before: int, after: int) -> list[Region]:
    """The places widened and joined."""
    regions: list[Region] = []
    first, last = -1, -1
    for place in sorted(ends):
        if place - before > last:
            if last >= 0:
                regions.append((first, last))
            first = max(0, place - before)
        last = place + after
    regions.append((first, last))
    return regions


def _near(
    pattern: re.Pattern[str], text: str, regions: Sequence[Region], spans: Sequence[Region], ahead: int
) -> Iterator[re.Match[str]]:
    """The matches in what the regions and the spans have in common."""
    skipped = 0
    for start, end in spans:
        while skipped < len(regions) and regions[skipped][1] <= start:
            skipped += 1
        for first, last in regions[skipped:]:
            if first >= end:
                break
            yield from pattern.finditer(text, max(first, start), min(end, last + ahead))
