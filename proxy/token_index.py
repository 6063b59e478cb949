"""Finds in a text what stands for values (tokens and surrogates), however models write it; tells where one may begin.

A token is known by its entity type and eight characters. Models change its case, escape its underscores (Markdown
does, and JSON around that), drop, double or replace them (`PERSON-7KQ2MXAB`), and take O for 0, or I and L for 1. What
stands around it (quotes, brackets, asterisks, a plural's s) isn't looked at. A surrogate is an ordinary text: it is
found as whole words, in any case.

Nothing that merely looks like a token is found: only those that were made for the request, and those that the vault
knows for the same person.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple, Protocol

from proxy.transforms.token import CODE_LENGTH, read_code

# Two levels of JSON around Markdown put four backslashes before an underscore; JSON may also write it as \u005f.
_SEPARATOR = r"(?:\\{0,4}[_\-\u2010\u2011\u2013]|\\{1,4}u005f)"
_BETWEEN = f"{_SEPARATOR}{{0,2}}"
_SEPARATOR_LENGTH = 9  # characters, at most
_SEPARATORS = re.compile(rf"{_SEPARATOR}|\\{{1,4}}(?:u(?:0(?:0(?:5)?)?)?)?\Z", re.IGNORECASE)
# A beginning of a token: letters and digits, separators between them, and perhaps a part of one at the end.
_BEGINNING = re.compile(rf"[A-Z0-9]+(?:{_SEPARATOR}+[A-Z0-9]*)*(?:\\{{1,4}}(?:u(?:0(?:0(?:5)?)?)?)?)?", re.IGNORECASE)
_TOKEN = re.compile(rf"[A-Z]+(?:_[A-Z]+)*_[0-9A-Z]{{{CODE_LENGTH}}}", re.ASCII)
# What may stand before a whole word, besides what is no letter and no digit: JSON's escapes end with a letter.
_ESCAPE_BEFORE = re.compile(r"\\(?:[nrtbf]|u[0-9a-fA-F]{4})\Z")
_ESCAPE_BEGUN = re.compile(r"\\(u[0-9a-fA-F]{0,3}|)\Z")
_WORD = re.compile(r"[A-Za-z0-9]+")
_MENTIONS = 200  # words; looking for more isn't quick any more
# In the bytes of an event: tool arguments, or letters that are written as escapes.
_TELLING = (b"arguments", b"partial_json", b"tool", b"function", b"call", b"input", b"\\u00")
BEFORE = 6  # characters that `cut` may have to know of what went before


class Part(NamedTuple):
    """A piece of a text: plain, or a form of a token."""

    text: str
    token: str | None = None

    def __repr__(self) -> str:
        """Without the text: it is content."""
        return f"Part({len(self.text)} characters)"


class Known(Protocol):
    """Earlier tokens and surrogates of the same person: a view into the vault."""

    @property
    def types(self) -> frozenset[str]:
        """The entity types of its tokens."""

    @property
    def surrogates(self) -> Mapping[str, str]:
        """Surrogate → value."""

    def value(self, token: str) -> str | None:
        """The value of a token in plain form, if it may be turned back."""


class _Found(NamedTuple):
    start: int
    end: int
    token: str
    literal: bool


class TokenIndex:
    """What may be turned back in one reply. Build it once for each."""

    __slots__ = (
        "_beginnings",
        "_ends",
        "_exact",
        "_first",
        "_literals",
        "_longest",
        "_mention",
        "_prefixes",
        "_start",
        "_types",
        "_vault",
        "_words",
        "tokens",
    )

    def __init__(self, tokens: Mapping[str, str], vault: Known | None = None) -> None:
        surrogates = {text: value for text, value in tokens.items() if not _TOKEN.fullmatch(text)}
        made = [token for token in tokens if token not in surrogates]
        if vault is not None:
            surrogates = {**vault.surrogates, **surrogates}
        self._vault = vault
        self.tokens: dict[str, str] = {**{token: tokens[token] for token in made}, **surrogates}
        opened = vault.types if vault is not None else frozenset[str]()
        types = sorted({*(token.rpartition("_")[0] for token in made), *opened}, key=lambda name: (len(name), name))
        forms = [_BETWEEN.join(re.escape(word) for word in name.split("_")) for name in types]
        self._start = _compile("|".join(forms) or "(?!)")
        # The shortest first: a stream, too, knows the shorter of two tokens first.
        self._exact = [
            (name, _compile(rf"{form}{_BETWEEN}([A-Z0-9]{{{CODE_LENGTH}}})"))
            for name, form in zip(types, forms, strict=True)
        ]
        keys = [_folded(token) for token in made]
        self._beginnings = frozenset(key[:end] for key in keys for end in range(1, len(key)))
        self._types = tuple(_folded(name) for name in sorted(opened))
        plain = {text.lower(): text for text in surrogates}
        self._prefixes = frozenset(text[:end] for text in plain for end in range(1, len(text) + 1))
        self._literals: dict[str, list[tuple[int, str, str]]] = {}  # first word → where it is, lower case, as made
        for text in sorted(plain, key=lambda text: (-len(text), text)):
            word = _WORD.search(text)
            if word is not None:
                self._literals.setdefault(word[0], []).append((word.start(), text, plain[text]))
        self._first = frozenset(text[0].lower() for text in (*types, *plain))
        at_most = [len(name) + CODE_LENGTH + (name.count("_") + 1) * 2 * _SEPARATOR_LENGTH for name in types]
        self._longest = max([*at_most, *map(len, plain)], default=0)
        words = {name.partition("_")[0].lower() for name in types}
        spoken = sorted(words | set(self._literals))
        pattern = "|".join(map(re.escape, spoken)) if len(spoken) <= _MENTIONS else ""
        self._mention = re.compile(pattern.encode() if spoken else b"(?!)", re.IGNORECASE)
        self._words = tuple(word.encode() for word in words)
        beginnings = sorted({re.escape(word[:end]) for word in words for end in range(1, len(word))})
        self._ends = re.compile(rb'(?:%b)"\s*[,}\]]' % "|".join(beginnings or ["(?!)"]).encode())

    def __bool__(self) -> bool:
        """Whether there is anything to turn back."""
        return bool(self._exact) or bool(self._literals)

    def mentioned(self, data: bytes) -> bool:
        """Whether there can be a token in these bytes at all: a quick look."""
        return self._mention.search(data) is not None

    def inert(self, event: bytes) -> bool:
        """Whether no token can be in these bytes of JSON, begin at the end of a string, or matter to later ones.

        A look at bytes, some times as quick as reading the event. Tool arguments do matter to later ones (how deep in
        JSON they are), and so does what stands before a surrogate.
        """
        if self._literals:
            return False
        lower = event.lower()
        if any(word in lower for word in self._words) or any(word in lower for word in _TELLING):
            return False
        return self._ends.search(lower) is None

    def value(self, token: str) -> str:
        """The value of a token that `cut` found."""
        value = self.tokens.get(token)
        if value is None and self._vault is not None:
            value = self._vault.value(token)
        return token if value is None else value

    def cut(self, text: str, *, final: bool, before: str = "") -> tuple[list[Part], str]:
        """The text in parts, and the end of it in which a token may have begun (nothing if the text is `final`).

        `before` is what went before it: a surrogate isn't found in the middle of a word.
        """
        parts: list[Part] = []
        done = 0
        token, literal = self._search_token(text, 0), self._search_literal(text, 0, before)
        while True:
            found = literal if token is None or (literal is not None and literal.start < token.start) else token
            held = len(text) if final else self._held(text, done, before)
            if found is None or found.start > held or (found.literal and found.start == held < len(text)):
                if held > done:
                    parts.append(Part(text[done:held]))
                return parts, text[held:]
            if found.start > done:
                parts.append(Part(text[done : found.start]))
            parts.append(Part(text[found.start : found.end], found.token))
            done = found.end
            if token is not None and token.start < done:
                token = self._search_token(text, done)
            if literal is not None and literal.start < done:
                literal = self._search_literal(text, done, before)

    def _search_token(self, text: str, at: int) -> _Found | None:
        match = self._start.search(text, at)
        while match is not None:
            for name, pattern in self._exact:
                exact = pattern.match(text, match.start())
                if exact is not None and self._is_known(token := f"{name}_{read_code(exact[1])}"):
                    return _Found(exact.start(), exact.end(), token, literal=False)
            match = self._start.search(text, match.start() + 1)
        return None

    def _is_known(self, token: str) -> bool:
        return token in self.tokens or (self._vault is not None and self._vault.value(token) is not None)

    def _search_literal(self, text: str, at: int, before: str) -> _Found | None:
        """The first surrogate from `at` on. Word by word, since there may be thousands of them."""
        if not self._literals:
            return None
        for match in _WORD.finditer(text, at):
            starts = [match.start()]
            # What looks like one word may begin with an escape, or with the rest of one.
            begun = _ESCAPE_BEGUN.search((before if match.start() < BEFORE else "") + text[: match.start()][-BEFORE:])
            if begun is not None:
                starts += [match.start() + 5 - len(begun[1])] + ([] if begun[1] else [match.start() + 1])
            for start in starts:
                found = self._literal_at(text, start, match.end(), at, before)
                if found is not None:
                    return found
        return None

    def _literal_at(self, text: str, start: int, end: int, at: int, before: str) -> _Found | None:
        for offset, literal, made in self._literals.get(text[start:end].lower(), ()):
            begin = start - offset
            stop = begin + len(literal)
            if begin < at or text[begin:stop].lower() != literal:
                continue
            joined = stop < len(text) and text[stop - 1].isalnum() and text[stop].isalnum()
            if not joined and not _inside(text, begin, before):
                return _Found(begin, stop, made, literal=True)
        return None

    def _held(self, text: str, at: int, before: str) -> int:
        """Where the first beginning of a token stands that the text breaks off in; its length if there is none."""
        for start in range(max(at, len(text) - self._longest), len(text)):
            if text[start].lower() in self._first:
                tail = text[start:]
                if self._begins(tail) or (tail.lower() in self._prefixes and not _inside(text, start, before)):
                    return start
        return len(text)

    def _begins(self, tail: str) -> bool:
        if not self._exact or _BEGINNING.fullmatch(tail) is None:
            return False
        plain = _folded(_SEPARATORS.sub("", tail))
        return plain in self._beginnings or any(
            name.startswith(plain) or (plain.startswith(name) and len(plain) < len(name) + CODE_LENGTH)
            for name in self._types
        )


def _folded(text: str) -> str:
    """What forms of one token have in common, also where they break off."""
    return read_code(text.replace("_", ""))


def _inside(text: str, start: int, before: str) -> bool:
    """Whether what begins here begins in the middle of a word. What ends with a JSON escape is no word."""
    left = text[start - 1] if start > 0 else before[-1:]
    if not left.isalnum() or not text[start].isalnum():
        return False
    return _ESCAPE_BEFORE.search((before + text[:start])[-BEFORE:]) is None


def _compile(pattern: str) -> re.Pattern[str]:
    # ASCII: otherwise the long s would pass for an s.
    return re.compile(pattern, re.ASCII | re.IGNORECASE)
