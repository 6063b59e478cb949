"""The form of a pattern recogniser: constants and an optional validator.

    Rule("credit card", "CREDIT_CARD", re.compile(r"…"), score=0.95, check=luhn_valid)

A rule's expression must be linear: no nested or adjacent repetitions that can match the same characters. `literals` is
a cheap test that spares most texts the expression: it runs if one of them occurs in the text (lower case).
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from detectors.finding import Finding
from detectors.recognizers.source import Source, Within

_REFUSED = 24  # characters before a value in which a rule's `unless` counts


@dataclass(frozen=True, slots=True)
class Rule:
    """One pattern of one entity type."""

    name: str
    entity_type: str
    pattern: re.Pattern[str]
    score: float = 0.95
    group: int = 0
    """The group of the pattern that is the value; 0 is all of it."""
    check: Callable[[str], bool] | None = None
    """Says whether a matched value is genuine (a check digit, not a placeholder, …)."""
    literals: tuple[str, ...] = ()
    near: re.Pattern[str] | None = None
    """Must occur shortly before the value, or in the field's name."""
    unless: re.Pattern[str] | None = None
    """Must not occur shortly before the value."""
    reach: int = 60
    within: Within = "text"
    """Which parts of the text can hold a match (`Source.numbers`, `Source.runs`)."""


def apply_rules(rules: Sequence[Rule], source: Source) -> Iterator[Finding]:
    """The findings of all rules in one text; they may overlap."""
    for rule in rules:
        if rule.within != "text" and not source.regions(rule.within):
            continue
        if rule.literals and not any(literal in source.lower for literal in rule.literals):
            continue
        if rule.within == "text" and rule.near is not None and not rule.near.search(f"{source.context} {source.text}"):
            continue
        for start, end in source.regions(rule.within):
            yield from _apply(rule, source, start, end)


def _apply(rule: Rule, source: Source, first: int, last: int) -> Iterator[Finding]:
    for match in rule.pattern.finditer(source.text, first, last):
        start, end = match.span(rule.group)
        if start >= end:
            continue
        if rule.near is not None and not rule.near.search(source.before(start, rule.reach)):
            continue
        if rule.unless is not None and rule.unless.search(source.text, max(0, start - _REFUSED), start):
            continue
        if rule.check is not None and not rule.check(match[rule.group]):
            continue
        yield Finding(start, end, rule.entity_type, rule.score, rule.name)


def words(alternatives: Iterable[str]) -> re.Pattern[str]:
    """An expression for "one of these words stands here", whatever its case; `_` and digits may follow a word."""
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(alternatives)})(?![^\W\d_])", re.IGNORECASE)
