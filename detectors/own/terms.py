"""Dictionaries: the company's own terms and patterns in YAML, with hot words, exclusions, and what is public.

    schema: privet.terms/1
    terms:
      - type: PROJECT_NAME
        words: [Blue Heron, Kestrel]
        likelihood: unlikely
        hot_words: {words: [project, launch], within: 50, likelihood: very_likely}
        exclude: [kestrel falcon]
      - {type: CUSTOMER_ID, pattern: 'C-[0-9]{6}'}
    allow: [Acme GmbH, info@acme.example]

Words are compared as registered values are: case, accents, spaces and punctuation don't matter. Patterns are RE2's: the
time is linear in the text, whatever the pattern.
"""

import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import re2

from configs.yaml_source import SourceError, load_yaml
from detectors.finding import OWN, Finding
from detectors.own.hashing import Keys, encrypted, every_row, reduce
from detectors.own.read_terms import Entry, read_terms
from detectors.own.spans import Spans
from detectors.own.words import Words, canonical, words_of
from detectors.recognizers.source import Source

_MOST_WORDS = 12
_LONGEST = 96

type Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Dictionary:
    """One file. `digest` says which contents it has."""

    name: str
    digest: str
    entries: tuple[Entry, ...] = field(repr=False)
    allow: tuple[str, ...] = field(default=(), repr=False)

    @property
    def types(self) -> frozenset[str]:
        """The entity types that it can give."""
        return frozenset(entry.entity_type for entry in self.entries)

    @property
    def size(self) -> int:
        """How many words and patterns it has."""
        return sum(len(entry.words) + (entry.pattern is not None) for entry in self.entries)


def read_dictionary(path: Path) -> Dictionary:
    """Read a file. Raises `SourceError` with every mistake in it."""
    source = load_yaml(path)
    name, entries, allow, problems = read_terms(source, path.stem)
    if problems:
        raise SourceError(sorted(problems))
    digest = hashlib.sha256(repr((name, entries, allow)).encode()).hexdigest()
    return Dictionary(name, digest, entries, allow)


class DictionaryDetector:
    """Finds the terms of one dictionary."""

    def __init__(self, dictionary: Dictionary) -> None:
        self.name = OWN + dictionary.name
        self.allows = bool(dictionary.allow)
        self._entries = dictionary.entries
        self._patterns = [
            (place, compiled(entry.pattern, ignore_case=not entry.match_case))
            for place, entry in enumerate(dictionary.entries)
            if entry.pattern is not None
        ]
        self._exact = [frozenset(map(_letters, entry.words)) for entry in dictionary.entries]
        roles: dict[str, list[tuple[str, int]]] = {}
        for place, entry in enumerate(dictionary.entries):
            for role, texts in (("word", entry.words), ("hot", entry.hot_words), ("not", entry.exclude)):
                for text in texts:
                    roles.setdefault(canonical(text), []).append((role, place))
        self._rows = _RowTable(roles)
        self._public = _RowTable({canonical(text): [("allow", 0)] for text in dictionary.allow})

    def find(self, source: Source, words: Words) -> Iterator[Finding]:
        """The terms in a text."""
        occurrences = list(self._rows.find(words))
        places: dict[tuple[str, int], list[Span]] = {}
        for start, end, role, place in occurrences:
            if role != "word":
                places.setdefault((role, place), []).append((start, end))
        spans = {key: Spans(several) for key, several in places.items()}
        nowhere = Spans()
        found = [(start, end, place) for start, end, role, place in occurrences if role == "word"]
        found = [one for one in found if self._as_written(source.text, *one)]
        found += self._matches(source.text)
        named = self._named(source.context)
        for start, end, place in found:
            entry = self._entries[place]
            if spans.get(("not", place), nowhere).around(start, end):
                continue
            hot = place in named or spans.get(("hot", place), nowhere).near(start, end, entry.within)
            score = entry.hot_score if hot and entry.hot_score is not None else entry.score
            yield Finding(start, end, entry.entity_type, score, self.name)

    def allowed(self, words: Words) -> list[Span]:
        """Where public words stand."""
        return [(start, end) for start, end, _, _ in self._public.find(words)]

    def _as_written(self, text: str, start: int, end: int, place: int) -> bool:
        return not self._entries[place].match_case or _letters(text[start:end]) in self._exact[place]

    def _matches(self, text: str) -> list[tuple[int, int, int]]:
        if not self._patterns:
            return []
        data = text.encode("utf-8", "replace")
        # Bytes in front of an offset → characters in front of it.
        characters = None
        if len(data) != len(text):
            begins = (np.frombuffer(data, dtype=np.uint8) & 0xC0) != 0x80
            characters = np.concatenate([[0], np.cumsum(begins)])
        found = []
        for place, pattern in self._patterns:
            for match in pattern.finditer(data):
                start, end = match.span()
                if characters is not None:
                    start, end = int(characters[start]), int(characters[end])
                if start < end:
                    found.append((start, end, place))
        return found

    def _named(self, context: str) -> frozenset[int]:
        """The entries of which a hot word is in the field's name."""
        if not context:
            return frozenset()
        return frozenset(place for _, _, role, place in self._rows.find(words_of(context)) if role == "hot")


class _RowTable:
    """Rows of words → what they are, found by hashes that live in this process alone."""

    def __init__(self, roles: dict[str, list[tuple[str, int]]]) -> None:
        keys = Keys(secrets.token_bytes(32))
        self._points, self._key = keys.points, keys.cipher(b"")
        self._lengths = np.zeros(_LONGEST + 1, dtype=bool)
        self._roles: dict[int, list[tuple[str, int]]] = {}
        texts = [text for text in roles if 0 < len(text) <= _LONGEST]
        self._lengths[[len(text) for text in texts]] = True
        for text in texts:
            row = Words(
                np.array([ord(c) for c in text], dtype=np.uint32),
                np.array([0, len(text)], dtype=np.int64),
                np.zeros(1, dtype=np.int64),
                np.full(1, len(text), dtype=np.int64),
            )
            one = np.ones(1, dtype=np.int64)
            self._roles[int(encrypted(self._key, reduce(row, one - 1, one, self._points))[0])] = roles[text]
        self._hashes = np.sort(np.array(list(self._roles), dtype=np.uint64))

    @cached_property
    def _most(self) -> int:
        """Words of a row at most: what is one word here may be written as several."""
        longest = int(np.flatnonzero(self._lengths).max(initial=0))
        return max(1, min(_MOST_WORDS, longest))

    def find(self, words: Words) -> Iterator[tuple[int, int, str, int]]:
        """Where the rows stand in a text, in no order that matters."""
        if not self._roles:
            return
        for rows in every_row(words, self._points, self._most, self._lengths):
            hashed = encrypted(self._key, rows.reduced)
            index = np.minimum(np.searchsorted(self._hashes, hashed), len(self._hashes) - 1)
            for place in np.flatnonzero(self._hashes[index] == hashed).tolist():
                first, count = int(rows.words[place]), int(rows.counts[place])
                for role, entry in self._roles[int(hashed[place])]:
                    yield int(words.starts[first]), int(words.ends[first + count - 1]), role, entry


def compiled(pattern: str, *, ignore_case: bool) -> Any:
    """A pattern of RE2. Raises `re2.error`."""
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = not ignore_case
    options.never_capture = True
    return re2.compile(pattern, options)


def _letters(text: str) -> str:
    return "".join(c for c in text if c.isalnum())
