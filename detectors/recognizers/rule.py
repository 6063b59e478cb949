"""The form of a pattern recogniser: constants and an optional validator.

    Rule("credit card", "CREDIT_CARD", re.compile(r"…"), score=0.95, check=luhn_valid)

A rule's expression must be linear: no nested or adjacent repetitions that can match the same characters. `literals` is
a cheap test that spares most texts the expression: it runs if one of them occurs in the text (lower case).
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from detectors.finding import Finding
from detectors.gate.gate import Group, Places
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
    """Many rules, of which few have anything to do in a text: a gate says which, or literals, each looked for once."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = tuple(rules)
        self._always = frozenset(index for index, rule in enumerate(rules) if not rule.literals)
        self._inside: dict[str, list[int]] = {}
        self._around: dict[str, list[int]] = {}
        for index, rule in enumerate(rules):
            for literal in rule.literals:
                (self._inside if _is_inside(rule, literal) else self._around).setdefault(literal, []).append(index)
        self._group = Group(rule.pattern for rule in self.rules)

    def apply(self, source: Source) -> Iterator[Finding]:
        """The findings of all rules in one text; they may overlap."""
        for index in self._said(source) if source.places is None else self._possible(source, source.places):
            yield from _everywhere(self.rules[index], source)

    def _said(self, source: Source) -> list[int]:
        """The rules of which a literal occurs."""
        chosen = set(self._always)
        if self._inside and source.runs:
            lower = source.run_text
            chosen.update(*[self._inside[literal] for literal in self._inside if literal in lower])
        lower = _named(source)
        chosen.update(*[self._around[literal] for literal in self._around if literal in lower])
        return sorted(chosen)

    def _possible(self, source: Source, places: Places) -> list[int]:
        """The rules whose expressions can match, of those of which a literal occurs."""
        return [
            index
            for index in self._group.possible(places)
            if index in self._always or _occurs(self.rules[index], source)
        ]


def rules_in(values: Iterable[object]) -> Iterator[Rule]:
    """The rules among a module's constants, and in tables of them."""
    for value in values:
        if isinstance(value, Rule):
            yield value
        elif isinstance(value, RuleTable):
            yield from value.rules
        elif isinstance(value, (tuple, list)):
            yield from rules_in(value)


def apply_rules(rules: Sequence[Rule], source: Source) -> Iterator[Finding]:
    """The findings of a few rules in one text; they may overlap."""
    for rule in rules:
        if source.may(rule.pattern) and (
            not rule.literals or any(literal in source.lower for literal in rule.literals)
        ):
            yield from _everywhere(rule, source)


def _is_inside(rule: Rule, literal: str) -> bool:
    return rule.inside and RUN.fullmatch(literal) is not None


def _occurs(rule: Rule, source: Source) -> bool:
    """Whether one of a rule's literals stands where it may."""
    return any(
        literal in (source.run_text if _is_inside(rule, literal) else _named(source)) for literal in rule.literals
    )


def _named(source: Source) -> str:
    return f"{source.context.lower()} {source.lower}" if source.context else source.lower


def _everywhere(rule: Rule, source: Source) -> Iterator[Finding]:
    if rule.within == "text" and rule.near is not None and not rule.near.search(f"{source.context} {source.text}"):
        return
    for match in source.matches_within(rule.pattern, rule.within):
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
