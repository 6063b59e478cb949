"""Why a finding is one, and why another isn't: for people, not for requests.

What the words before a value did is found out by leaving them out: the score without all of them, and those without
which the finding or its score would be another. That is true of every recogniser and model, however it works inside.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from detectors.finding import Finding
from detectors.readings.view import TooMuchError
from detectors.scan import Raw, Scanner

_BEFORE, _AFTER = 160, 80  # characters around a value that are looked at again
_REACH = 80  # characters before it whose words are left out
_TELLS = 0.1  # a word that changes the score by less did nothing
_WORDS = 10  # the nearest of them, one by one
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Explained:
    """One finding, or what would have been one."""

    finding: Finding
    dropped: str = ""  # why it is none; empty if it is one
    disguised: bool = False
    alone: float | None = None  # its score without the words before it; None: it wouldn't be found
    words: tuple[str, ...] = field(default=(), repr=False)  # those that it needs


def explain(scanner: Scanner, text: str, context: str = "") -> list[Explained]:
    """Every finding of a text, and everything that a detector said and that became none, in order."""
    found = scanner.scan(text, context).findings
    try:
        raws = scanner.raw(text, context)
    except TooMuchError:
        raws = []
    explained = [_kept(scanner, text, context, one, raws) for one in found]
    seen: set[tuple[int, int, str, str]] = set()
    for raw in raws:
        one = raw.finding
        key = (one.start, one.end, one.entity_type, one.detector)
        reason = _reason(scanner, raw, found)
        if reason and key not in seen:
            seen.add(key)
            explained.append(Explained(one, reason, raw.disguised))
    return sorted(explained, key=lambda item: (item.finding.start, bool(item.dropped), item.finding))


def _reason(scanner: Scanner, raw: Raw, found: Sequence[Finding]) -> str:
    """Why what a detector said is no finding; empty if it is, or is a part of one of the same type."""
    one = raw.finding
    limit = scanner.thresholds.get(one.entity_type)
    if limit is None:
        return "no policy can name this type"
    if one.score < limit:
        return f"its score is below {limit:g}, which this type needs"
    if one.score < raw.least:
        return f"a guess at a disguise, which needs {raw.least:g}"
    over = [other for other in found if other.start < one.end and one.start < other.end]
    if any(other.entity_type == one.entity_type for other in over):
        return ""
    if over:
        return f"part of a surer {over[0].entity_type} ({over[0].detector})"
    return "gave way to what it overlapped"


def _kept(scanner: Scanner, text: str, context: str, one: Finding, raws: Sequence[Raw]) -> Explained:
    first = max(0, one.start - _BEFORE)
    last = min(len(text), one.end + _AFTER)
    before = max(first, one.start - _REACH)
    places = [match.span() for match in _WORD.finditer(text, before, one.start)]
    words = tuple(
        text[start:end]
        for start, end in places[-_WORDS:]
        if (score := _score(scanner, _without(text, start, end)[first:last], context, one, first)) is None
        or abs(score - one.score) >= _TELLS
    )
    alone = _score(scanner, _without(text, before, one.start)[first:last], "", one, first)
    disguised = any(
        raw.disguised and raw.finding.entity_type == one.entity_type and one.start <= raw.finding.start < one.end
        for raw in raws
    )
    return Explained(one, "", disguised, alone, words)


def _without(text: str, start: int, end: int) -> str:
    return f"{text[:start]}{_WORD.sub(lambda word: ' ' * len(word[0]), text[start:end])}{text[end:]}"


def _score(scanner: Scanner, text: str, context: str, one: Finding, offset: int) -> float | None:
    """The score of the same finding in another text; None if it isn't found there."""
    scores = [
        other.score
        for other in scanner.scan(text, context).findings
        if other.entity_type == one.entity_type and other.start < one.end - offset and one.start - offset < other.end
    ]
    return round(max(scores), 2) if scores else None
