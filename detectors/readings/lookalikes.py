"""Numbers with letters in place of digits: `4S32 O151 I283 O366`, `4532Ο15112830366` with a Greek omicron.

Of Latin letters, only numbers of which half are digits are read so, and only what proves itself counts: check digits
with the word for what they are, or a bank account's own. Digits among Greek and Cyrillic letters are no word of any
language. Numbers glued to other letters are read as if there were a space.
"""

import re
from collections.abc import Iterator

from detectors.gate.gate import gated
from detectors.readings.view import Piece, View, rewrite

# By what they are taken for: capitals and small letters, Greek and Cyrillic ones, other signs.
_LIKE = {
    "0": "OoQDΟοОоՕօ", "1": "IlLiΙІіӀı", "2": "ZzΖƧƨ", "3": "EeЗзӠӡƷʒЕе", "4": "AaЧчАа", "5": "SsЅѕƼƽʼ",
    "6": "Gбbь", "7": "TtТΤ", "8": "BВΒȢȣ", "9": "gqԛ",
}  # fmt: skip
_DIGIT = {letter: digit for digit, letters in _LIKE.items() for letter in letters}
_LETTERS = re.escape("".join(_DIGIT))
_ANY = rf"[\d{_LETTERS}]"
# Begins where a digit is beside such a letter, with what may stand before; twelve characters and more.
_NUMBER = re.compile(rf"(?<![^\W_])(?:\+?{_ANY}[ .-]?){{9,22}}{_ANY}(?![^\W_])")
_HINT = re.compile(rf"\d[ .-]?[{_LETTERS}][ .-]?[\d{_LETTERS}]")
_TIME = re.compile(r"\d{4}-?\d\d-?\d\dT\d\d")  # a log's: `2026-11-24T10:00` has no letter in place of a digit
_COUNTRY = re.compile(r"[A-Z]{2}\d")  # an account number begins with its country's letters
_FOREIGN = {
    **{letter: digit for letter, digit in _DIGIT.items() if not letter.isascii()},
    **dict(zip("АВСЕНКМРТХЅЈ", "ABCEHKMPTXSJ", strict=True)),
}
_FOREIGN_ANY = re.escape("".join(_FOREIGN))
_FOREIGN_ONE = re.compile(f"[{_FOREIGN_ANY}]")
_FOREIGN_NUMBER = re.compile(
    rf"(?<![^\W_])(?=[^\W_ .-]{{0,24}}\d)[\dA-Z{_FOREIGN_ANY}](?:[ .-]?[\dA-Z{_FOREIGN_ANY}]){{5,24}}(?![^\W_])"
)
_GLUED = re.compile(r"(?<=[A-Za-z_])(?=\d{13,19}(?!\d))|(?<=\d{13})(?=[A-Za-z_])")
CARD_WORDS = ("card", "visa", "amex", "carte", "karte", "tarjeta")  # one of them is near a card's number
_LEAST = 0.9
_GLUED_LEAST = 0.95
_REACH = 30

# Wherever something is read so, one of these matches: a gate says so of all texts at once.
NEEDED = tuple(map(gated, (_NUMBER, _FOREIGN_ONE, re.compile(r"\d{13}"))))


def read(text: str) -> Iterator[View]:
    """Numbers with their letters read as digits."""
    if not text.isascii() and _FOREIGN_ONE.search(text):
        yield from rewrite(
            text, [piece for match in _FOREIGN_NUMBER.finditer(text) for piece in _foreign(match)], prose=True
        )
    lower = text.lower()
    if any(word in lower for word in CARD_WORDS):
        glued = [Piece(at.start(), at.start(), " ") for at in _GLUED.finditer(text)]
        yield from rewrite(text, glued, least=_GLUED_LEAST)
    pieces: list[Piece] = []
    last = 0
    for hint in _HINT.finditer(text):
        if hint.start() < last:
            continue
        start = max(last, hint.start() - _REACH)
        for match in _NUMBER.finditer(text, start, min(len(text), hint.end() + _REACH)):
            last, value = match.end(), match[0]
            if _TIME.match(value):
                continue
            fixed = 2 if _COUNTRY.match(value) else 0
            letters = [at for at, character in enumerate(value) if at >= fixed and character in _DIGIT]
            digits = sum(character.isdecimal() for character in value)
            if letters and digits >= len(letters):
                pieces += [Piece(match.start() + at, match.start() + at + 1, _DIGIT[value[at]]) for at in letters]
    yield from rewrite(text, pieces, least=_LEAST)


def _foreign(match: re.Match[str]) -> Iterator[Piece]:
    for at, character in enumerate(match[0], match.start()):
        if character in _FOREIGN:
            yield Piece(at, at + 1, _FOREIGN[character])
