"""From a dictionary's YAML to its entries, with every mistake at its line and column."""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import re2

from configs.entities import OWN_TYPE, entity_groups
from configs.yaml_source import KeyPath, Problem, YamlSource
from detectors.own.words import canonical

SCHEMA = "privet.terms/1"
DEFAULT_TYPE = "COMPANY_TERM"
LIKELIHOODS = {"very_unlikely": 0.1, "unlikely": 0.3, "possible": 0.5, "likely": 0.75, "very_likely": 0.95}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_KEYS = ("schema", "name", "terms", "allow")
_TERM_KEYS = ("type", "words", "pattern", "match_case", "likelihood", "hot_words", "exclude")
_HOT_KEYS = ("words", "within", "likelihood")
_WITHIN = 50
_LONGEST = 96
_LONGEST_PATTERN = 1_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of `terms`."""

    entity_type: str
    words: tuple[str, ...] = field(default=(), repr=True)
    pattern: str | None = None
    match_case: bool = False
    score: float = LIKELIHOODS["likely"]
    hot_words: tuple[str, ...] = ()
    within: int = _WITHIN
    hot_score: float | None = None
    exclude: tuple[str, ...] = ()


def read_terms(source: YamlSource, stem: str) -> tuple[str, tuple[Entry, ...], tuple[str, ...], list[Problem]]:
    """A dictionary's name, entries and public words; and what is wrong."""
    reader = _Reader(source)
    data = reader.map((), source.data, _KEYS, "a dictionary") or {}
    if source.data is not None and isinstance(source.data, dict) and data.get("schema") != SCHEMA:
        reader.note(("schema",), f"expected schema: {SCHEMA}, got {data.get('schema', 'nothing')!r}")
    name = data.get("name", re.sub(r"[^A-Za-z0-9_-]", "-", stem))
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        reader.note(("name",), "expected a name of letters, digits, _ and - (at most 64)")
        name = stem
    entries = []
    listed = data.get("terms")
    if listed is not None and not isinstance(listed, list):
        reader.note(("terms",), "expected a list: - {type: PROJECT_NAME, words: [Blue Heron]}")
    for index, item in enumerate(listed if isinstance(listed, list) else ()):
        if (entry := reader.entry(("terms", index), item)) is not None:
            entries.append(entry)
    allow = reader.words(("allow",), data["allow"]) if data.get("allow") is not None else ()
    if not reader.problems and not entries and not allow:
        reader.note((), "neither terms nor allow: there is nothing to look for")
    return name, tuple(entries), allow, reader.problems


@dataclass(slots=True)
class _Reader:
    source: YamlSource
    problems: list[Problem] = field(default_factory=list)

    def note(self, path: KeyPath, message: str, *, of_key: bool = False) -> None:
        self.problems.append(self.source.problem(path, message, of_key=of_key))

    def map(self, path: KeyPath, value: Any, keys: Iterable[str], what: str) -> dict[str, Any] | None:
        """A map with these keys alone."""
        known = list(keys)
        if not isinstance(value, dict):
            self.note(path, f"expected {what}: a map with {', '.join(known)}")
            return None
        for key in value:
            if key not in known:
                close = difflib.get_close_matches(str(key), known, n=1)
                hint = f". Did you mean {close[0]}?" if close else f". Known here: {', '.join(known)}"
                self.note((*path, key), f"unknown key {key!r}{hint}", of_key=True)
        return value

    def entry(self, path: KeyPath, value: Any) -> Entry | None:
        """One item of `terms`."""
        before = len(self.problems)
        keys = self.map(path, value, _TERM_KEYS, "a term")
        if keys is None:
            return None
        words = self.words((*path, "words"), keys["words"]) if "words" in keys else ()
        match_case = keys.get("match_case", False)
        if not isinstance(match_case, bool):
            self.note((*path, "match_case"), "expected true or false")
        pattern = self.pattern((*path, "pattern"), keys["pattern"]) if "pattern" in keys else None
        if ("words" in keys) == ("pattern" in keys):
            self.note(path, "expected either words or pattern: write two items for both")
        hot, within, hot_score = (
            self.hot((*path, "hot_words"), keys["hot_words"]) if "hot_words" in keys else ((), 0, None)
        )
        entry_type = self.entity_type((*path, "type"), keys.get("type", DEFAULT_TYPE))
        score = self.likelihood((*path, "likelihood"), keys.get("likelihood", "likely"))
        exclude = self.words((*path, "exclude"), keys["exclude"]) if "exclude" in keys else ()
        if score < 0.5 and (hot_score is None or hot_score < 0.5):
            self.note(path, "it is never found: what is less than possible needs hot_words that raise it")
        if len(self.problems) > before:
            return None
        return Entry(entry_type, words, pattern, match_case, score, hot, within or _WITHIN, hot_score, exclude)

    def entity_type(self, path: KeyPath, value: Any) -> str:
        """The type that findings have."""
        if not isinstance(value, str) or not OWN_TYPE.fullmatch(value):
            self.note(path, "expected a type of capitals and _, 2 to 40 of them, such as PROJECT_NAME")
            return DEFAULT_TYPE
        if value in entity_groups():
            self.note(path, f"{value} is a group of types: choose another name")
        return value

    def likelihood(self, path: KeyPath, value: Any) -> float:
        """A likelihood's score."""
        if not isinstance(value, str) or value not in LIKELIHOODS:
            self.note(path, f"expected one of {', '.join(LIKELIHOODS)}")
            return LIKELIHOODS["likely"]
        return LIKELIHOODS[value]

    def words(self, path: KeyPath, value: Any) -> tuple[str, ...]:
        """A list of words or rows of words."""
        if not isinstance(value, list) or not value:
            self.note(path, "expected a list of words, such as [Blue Heron, Kestrel]")
            return ()
        for index, item in enumerate(value):
            size = len(canonical(item)) if isinstance(item, str) else 0
            if not isinstance(item, str):
                self.note((*path, index), f"expected text: put it in quotes ('{item}')")
            elif size == 0:
                self.note((*path, index), "it has no letter and no digit: use a pattern for signs")
            elif size > _LONGEST:
                self.note(
                    (*path, index), f"expected at most {_LONGEST} letters and digits, got {size}: register documents"
                )
        return tuple(item for item in value if isinstance(item, str))

    def pattern(self, path: KeyPath, value: Any) -> str | None:
        """A regular expression."""
        if not isinstance(value, str) or not value:
            self.note(path, "expected a regular expression in quotes, such as 'C-[0-9]{6}'")
            return None
        if len(value) > _LONGEST_PATTERN:
            self.note(path, f"expected at most {_LONGEST_PATTERN} characters, got {len(value)}: write several terms")
            return None
        options = re2.Options()
        options.log_errors = False
        try:
            matches_nothing = re2.compile(value, options).search("") is not None
        except re2.error as error:
            reason = error.args[0] if error.args else "not a pattern"
            reason = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
            hint = "" if "missing" in reason else ". Patterns are RE2's: no look-around, no back-references"
            self.note(path, f"not a pattern: {reason}{hint}")
            return None
        if matches_nothing:
            self.note(path, "it matches an empty text, so it would be everywhere: ask for at least one character")
            return None
        return value

    def hot(self, path: KeyPath, value: Any) -> tuple[tuple[str, ...], int, float | None]:
        """Words that make a term likelier when they stand near it."""
        if isinstance(value, list):
            return self.words(path, value), _WITHIN, LIKELIHOODS["very_likely"]
        keys = self.map(path, value, _HOT_KEYS, "hot words (a list, or")
        if keys is None:
            return (), _WITHIN, None
        words = self.words((*path, "words"), keys.get("words"))
        within = keys.get("within", _WITHIN)
        if isinstance(within, bool) or not isinstance(within, int) or not 1 <= within <= 1000:
            self.note((*path, "within"), "expected a number of characters from 1 to 1000")
            within = _WITHIN
        return words, within, self.likelihood((*path, "likelihood"), keys.get("likelihood", "very_likely"))
