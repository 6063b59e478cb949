"""The form of a pattern recogniser: constants and an optional validator.

    Rule("credit card", "CREDIT_CARD", re.compile(r"…"), score=0.95, check=luhn_valid)

A rule's expression must be linear: no nested or adjacent repetitions that can match the same characters. `literals` is
a cheap test that spares most texts the expression: it runs if one of them occurs in the text (lower case).
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from detectors.finding import Finding
from detectors.recognizers.source import RUN, Source, Within

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
    inside: bool = False
    """The literals are part of the value, and the value is a run (`Source.runs`)."""
    near: re.Pattern[str] | None = None
    """Must occur shortly before the value, or in the field's name."""
    unless: re.Pattern[str] | None = None
    """Must not occur shortly before the value."""
    reach: int = 60
    within: Within = "text"
    """Which parts of the text can hold a match (`Source.numbers`, `Source.runs`)."""


class RuleTable:
    """Many rules, of which few have anything to do in a text: literals say which, each looked for once."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = tuple(rules)
        self._always = frozenset(index for index, rule in enumerate(rules) if not rule.literals)
        self._inside: dict[str, list[int]] = {}
        self._around: dict[str, list[int]] = {}
        for index, rule in enumerate(rules):
            for literal in rule.literals:
                inside = rule.inside and RUN.fullmatch(literal) is not None
                (self._inside if inside else self._around).setdefault(literal, []).append(index)

    def apply(self, source: Source) -> Iterator[Finding]:
        """The findings of all rules in one text; they may overlap."""
        chosen = set(self._always)
        if self._inside and source.runs:
            lower = source.run_text
            chosen.update(*[self._inside[literal] for literal in self._inside if literal in lower])
        lower = f"{source.context.lower()} {source.lower}" if source.context else source.lower
        chosen.update(*[self._around[literal] for literal in self._around if literal in lower])
        for index in sorted(chosen):
            yield from _everywhere(self._rules[index], source)


def apply_rules(rules: Sequence[Rule], source: Source) -> Iterator[Finding]:
    """The findings of a few rules in one text; they may overlap."""
    for rule in rules:
        if not rule.literals or any(literal in source.lower for literal in rule.literals):
            yield from _everywhere(rule, source)


def _everywhere(rule: Rule, source: Source) -> Iterator[Finding]:
    regions = source.regions(rule.within)
    if not regions:
        return
    if rule.within == "text" and rule.near is not None and not rule.near.search(f"{source.context} {source.text}"):
        return
    for start, end in regions:
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
