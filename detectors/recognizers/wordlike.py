"""What people make up and machines don't: names of things in code, paths of words, rows of letters and digits in order.

A secret that a machine made is random. `projects/my-app/secrets/db`, `PrivateKeyTypes` and `next_token_2` are named by
somebody; `a1b2c3d4e5f6` and `1234567890abcdef` stand for a key in a manual.
"""

import re

_PIECE = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_VOWEL = re.compile(r"[aeiouyAEIOUY]")
_UNSPEAKABLE = re.compile(r"(?i)[^aeiouy]{5}|[aeiou]{4}|q(?!u)|[jqvw][bcdfgjkmpqtvwxz]|(.)\1\1")
_ONE_PIECE = re.compile(r"(?:[a-z0-9]+|[A-Z0-9]+)")
_NUMBERED = re.compile(r"_*(?:[a-z]{2,12}(?:[_-][a-z]{2,12}){0,4}|[A-Z]{2,12}(?:_[A-Z]{2,12}){0,4})(?:[_-]?\d{1,4})?")
_NUMBER_INSIDE = re.compile(r"[A-Za-z]\d+[A-Za-z]")
_SHORT = 16
_UUID = re.compile(r"(?<![a-z0-9])[a-z0-9]{8}(?:-[a-z0-9]{4}){3}-[a-z0-9]{12}(?![a-z0-9])")
_HEX_UUID = re.compile(r"[a-f0-9-]+")
_LONGEST_WORD = 16
_SHORTEST_WORD = 3
_MEAN_LENGTH = 3.4
_WORDS_SHARE = 0.7
_DIGITS_SHARE = 0.3
_MOST_NUMBERS = 2
_IN_ORDER = 4  # characters in a row: `1234`, `dcba`
_SURELY_IN_ORDER = 8
_LEAST_LETTERS = 6
_MADE_UP_SHARE = 0.4
_LETTERS_SHARE = 0.6
_READ = 200  # characters that decide


def is_named(value: str) -> bool:
    """Whether a value is made of words: an identifier, a path, a dotted name. Digits may number it."""
    value = value[:_READ]
    if _NUMBERED.fullmatch(value) and (len(value) < _SHORT or _VOWEL.search(value)) and "_" in value:
        return True
    pieces = _PIECE.findall(value)
    words = [piece for piece in pieces if not piece.isdigit()]
    letters = sum(map(len, words))
    digits = sum(map(len, pieces)) - letters
    if letters < 2 * _SHORTEST_WORD or digits > _DIGITS_SHARE * (letters + digits):
        return False
    if letters < _MEAN_LENGTH * len(words) or len(pieces) - len(words) > _MOST_NUMBERS:
        return False
    if _ONE_PIECE.fullmatch(value) and _NUMBER_INSIDE.search(value):
        return False
    return sum(len(word) for word in words if _is_word(word)) >= _WORDS_SHARE * letters


def _is_word(piece: str) -> bool:
    if not _SHORTEST_WORD <= len(piece) <= _LONGEST_WORD or _VOWEL.search(piece) is None:
        return False
    return _UNSPEAKABLE.search(piece) is None


def is_made_up(value: str) -> bool:
    """Whether much of a value counts up or down, in letters, digits or both in turn; or no UUID for its letters."""
    value = value[:_READ].lower()
    if (uuid := _UUID.search(value)) is not None and not _HEX_UUID.fullmatch(uuid[0]):
        return True
    letters, both = [c for c in value if c.isalpha()], [c for c in value if c.isalnum()]
    for some, share in ((letters, _LETTERS_SHARE), (both, _MADE_UP_SHARE)):
        counting, longest = _counting(some)
        if longest >= _SURELY_IN_ORDER or counting >= max(_LEAST_LETTERS, share * len(some)):
            return True
    return False


def _counting(characters: list[str]) -> tuple[int, int]:
    """How many stand in rows of at least `_IN_ORDER` that count by one, up or down; and the longest such row."""
    total, longest, run, step = 0, 0, 1, 0
    for before, after in zip(characters, [*characters[1:], ""], strict=False):
        here = _step(before, after)
        if here and (run == 1 or here == step):
            run, step = run + 1, here
            continue
        if run >= _IN_ORDER:
            total, longest = total + run, max(longest, run)
        run, step = (2, here) if here else (1, 0)
    return total, longest


def _step(before: str, after: str) -> int:
    if not after or before.isdigit() != after.isdigit():
        return 0
    if before + after in {"90", "09"}:
        return 1 if before == "9" else -1
    distance = ord(after) - ord(before)
    return distance if distance in {1, -1} else 0
