"""Finds this request's own tokens in text, in every form that models give them; tells where one may have begun.

A token is known by its entity type and eight characters, in any case, with or without backslashes before underscores
(Markdown escapes them, JSON escapes those). What stands around it (quotes, brackets, a plural's s) isn't looked at.
Nothing that merely looks like a token is found, only those that were made for the request.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from proxy.transforms.token import CODE_LENGTH, plain_form

_ESCAPES = 4  # backslashes before an underscore: two levels of JSON around Markdown
_UNDERSCORE = rf"\\{{0,{_ESCAPES}}}_"
# A beginning of a token: words of letters joined by underscores, and perhaps backslashes that one will follow.
_BEGINNING = re.compile(rf"[A-Z]+(?:{_UNDERSCORE}[A-Z0-9]*)*(?P<open>\\{{1,{_ESCAPES}}})?", re.ASCII | re.IGNORECASE)


class Part(NamedTuple):
    """A piece of a text: plain, or a form of a token."""

    text: str
    token: str | None = None

    def __repr__(self) -> str:
        """Without the text: it is content."""
        return f"Part({len(self.text)} characters)"


class TokenIndex:
    """The tokens of one request. Build it once for each reply."""

    __slots__ = ("_beginnings", "_exact", "_first", "_longest", "_mention", "_start", "tokens")

    def __init__(self, tokens: Mapping[str, str]) -> None:
        self.tokens = tokens
        types = sorted({token.rpartition("_")[0] for token in tokens}, key=lambda name: (len(name), name))
        forms = [_UNDERSCORE.join(re.escape(word) for word in name.split("_")) for name in types]
        self._start = _compile("|".join(forms) or "(?!)")
        # The shortest first: a stream, too, knows the shorter of two tokens first.
        self._exact = [_compile(rf"{form}{_UNDERSCORE}[A-Z0-9]{{{CODE_LENGTH}}}") for form in forms]
        self._beginnings = frozenset(token[:end] for token in tokens for end in range(1, len(token)))
        self._first = frozenset(form for token in tokens for form in (token[0], token[0].lower()))
        self._longest = max((len(token) + _ESCAPES * token.count("_") for token in tokens), default=0)
        words = sorted({re.escape(name.partition("_")[0]) for name in types})
        self._mention = re.compile("|".join(words).encode() or b"(?!)", re.IGNORECASE)

    def mentioned(self, data: bytes) -> bool:
        """Whether there can be a token in these bytes at all: a quick look."""
        return self._mention.search(data) is not None

    def cut(self, text: str, *, final: bool) -> tuple[list[Part], str]:
        """The text in parts, and the end of it in which a token may have begun (nothing if the text is `final`)."""
        parts: list[Part] = []
        done = 0
        while True:
            found = self._search(text, done)
            held = len(text) if final else self._held(text, done)
            if found is None or found[0] > held:
                if held > done:
                    parts.append(Part(text[done:held]))
                return parts, text[held:]
            start, end, token = found
            if start > done:
                parts.append(Part(text[done:start]))
            parts.append(Part(text[start:end], token))
            done = end

    def _search(self, text: str, at: int) -> tuple[int, int, str] | None:
        """The first token from `at` on: start, end, plain form."""
        match = self._start.search(text, at)
        while match is not None:
            for pattern in self._exact:
                exact = pattern.match(text, match.start())
                if exact is not None and (token := plain_form(exact[0])) in self.tokens:
                    return exact.start(), exact.end(), token
            match = self._start.search(text, match.start() + 1)
        return None

    def _held(self, text: str, at: int) -> int:
        """Where the first beginning of a token stands that the text breaks off in; its length if there is none."""
        for start in range(max(at, len(text) - self._longest + 1), len(text)):
            if text[start] in self._first and self._begins(text[start:]):
                return start
        return len(text)

    def _begins(self, tail: str) -> bool:
        match = _BEGINNING.fullmatch(tail)
        if match is None:
            return False
        plain = plain_form(tail)
        return (f"{plain}_" if match["open"] else plain) in self._beginnings


def _compile(pattern: str) -> re.Pattern[str]:
    # ASCII: otherwise the long s would pass for an s.
    return re.compile(pattern, re.ASCII | re.IGNORECASE)
