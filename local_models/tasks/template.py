"""A prompt template: fixed text with holes, one of which is the task's input. Whether a prompt was made of it.

Compared are words and signs, so that line breaks and spaces mean nothing. A prompt that follows the template to the
letter is matched piece by piece. One that was edited a little is known by its shingles, hashed runs of four words:
three in four of the template's must be there, and the longest stretch without any is the input.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

HOLE = "{input}"
SHORTEST = 5  # words and signs of fixed text: with fewer, too much would be a match
_OTHER_HOLE = re.compile(r"\{[a-z_][a-z0-9_]*\}")
_TOKEN = re.compile(r"\w+|[^\w\s]")
_RUN = 4
_LEAST_SHINGLES = 8
_SHARE = 0.75
_READ = 200_000  # characters of a prompt that are looked at
_LEARN_FROM = 3  # prompts at least
_LEARNED_WORDS = 8

type Tokens = tuple[str, ...]


@dataclass(frozen=True)
class Prompt:
    """A prompt, taken apart once for all templates."""

    text: str = field(repr=False)

    @cached_property
    def places(self) -> tuple[tuple[int, int], ...]:
        """Where its words and signs stand."""
        return tuple(match.span() for match in _TOKEN.finditer(self.text[:_READ]))

    @cached_property
    def words(self) -> Tokens:
        """Its words and signs."""
        return tuple(self.text[start:end] for start, end in self.places)

    @cached_property
    def shingles(self) -> tuple[int, ...]:
        """The shingle that begins with each word."""
        return tuple(_shingles(self.words))


@dataclass(frozen=True, slots=True)
class Template:
    """A template, taken apart once."""

    before: tuple[Tokens, ...] = field(repr=False)  # the fixed pieces before the input, in order
    after: tuple[Tokens, ...] = field(repr=False)
    starts: bool  # whether a prompt begins with the first piece, or with a hole
    ends: bool
    shingles: frozenset[int] = field(repr=False)

    @classmethod
    def of(cls, text: str) -> "Template":
        """The template that a text with `{input}` in it is; without one, the input comes last."""
        head, hole, tail = text.partition(HOLE)
        before, after = _pieces(head), _pieces(tail if hole else "")
        shingles = {one for piece in (*before, *after) for one in _shingles(piece)}
        starts = bool(before) and _OTHER_HOLE.match(head.lstrip()) is None
        ends = bool(after) and not _OTHER_HOLE.sub("\0", tail).rstrip().endswith("\0")
        return cls(before, after, starts, ends, frozenset(shingles))

    @property
    def size(self) -> int:
        """How many words and signs of fixed text there are."""
        return sum(len(piece) for piece in (*self.before, *self.after))

    def input_of(self, prompt: Prompt) -> str | None:
        """The input of a prompt that was made of this template; None if it wasn't."""
        if self.size < SHORTEST:
            return None
        span = self._exact(prompt.words) or self._near(prompt)
        if span is None or span[0] >= span[1]:
            return None
        start, end = prompt.places[span[0]][0], prompt.places[span[1] - 1][1]
        # To the end it is the text as it came, also what lies beyond what was looked at.
        return prompt.text[start:].strip() if span[1] == len(prompt.places) else prompt.text[start:end]

    def _exact(self, words: Tokens) -> tuple[int, int] | None:
        start, end = 0, len(words)
        for index, piece in enumerate(self.before):
            at = _at(words, piece, 0) if index == 0 and self.starts else _find(words, piece, start)
            if at is None:
                return None
            start = at + len(piece)
        for index, piece in enumerate(reversed(self.after)):
            last = end - len(piece)
            at = _at(words, piece, last) if index == 0 and self.ends else _find_last(words, piece, last)
            if at is None or at < start:
                return None
            end = at
        return start, end

    def _near(self, prompt: Prompt) -> tuple[int, int] | None:
        if len(self.shingles) < _LEAST_SHINGLES:
            return None
        if len(self.shingles.intersection(prompt.shingles)) < _SHARE * len(self.shingles):
            return None
        fixed = [False] * len(prompt.words)
        for at, one in enumerate(prompt.shingles):
            if one in self.shingles:
                fixed[at : at + _RUN] = [True] * _RUN
        return max(_stretches(fixed), key=lambda span: span[1] - span[0], default=None)


def learned(prompts: Sequence[str]) -> str | None:
    """The template that prompts were made of, by what they begin and end with alike; None if there is none."""
    texts = list(dict.fromkeys(prompts))
    if len(texts) < _LEARN_FROM:
        return None
    tokens = [[(match[0], match.start(), match.end()) for match in _TOKEN.finditer(text)] for text in texts]
    head = _common([[word for word, _, _ in one] for one in tokens])
    shortest = min(len(one) for one in tokens) - head
    tail = min(_common([[word for word, _, _ in reversed(one)] for one in tokens]), max(0, shortest - 1))
    first, found = texts[0], tokens[0]
    if head + tail < _LEARNED_WORDS or head + tail >= len(found):
        return None
    begin = found[head - 1][2] if head else 0
    end = found[len(found) - tail][1] if tail else len(first)
    fixed = first[:begin], first[end:]
    if any("{" in one for one in fixed):
        return None  # braces would be read as holes
    return f"{fixed[0]}\n{HOLE}\n{fixed[1]}".strip()


def _pieces(text: str) -> tuple[Tokens, ...]:
    parts = (tuple(_TOKEN.findall(part)) for part in _OTHER_HOLE.split(text))
    return tuple(part for part in parts if part)


def _shingles(tokens: Tokens) -> Iterable[int]:
    lower = tuple(token.lower() for token in tokens)
    return (hash(lower[at : at + _RUN]) for at in range(len(lower) - _RUN + 1))


def _at(words: Tokens, piece: Tokens, at: int) -> int | None:
    return at if at >= 0 and words[at : at + len(piece)] == piece else None


def _find(words: Tokens, piece: Tokens, start: int) -> int | None:
    return next((at for at in range(start, len(words)) if words[at] == piece[0] and _at(words, piece, at) == at), None)


def _find_last(words: Tokens, piece: Tokens, start: int) -> int | None:
    return next((at for at in range(start, -1, -1) if words[at] == piece[0] and _at(words, piece, at) == at), None)


def _common(lists: Sequence[Sequence[str]]) -> int:
    return next((at for at, alike in enumerate(zip(*lists, strict=False)) if len(set(alike)) > 1), min(map(len, lists)))


def _stretches(fixed: Sequence[bool]) -> Iterable[tuple[int, int]]:
    start = None
    for at, one in enumerate([*fixed, True]):
        if not one and start is None:
            start = at
        elif one and start is not None:
            yield start, at
            start = None
