"""Texts upside down: lines of letters such as `ɐ` and `∀`, numbers such as `ㄥ9ㄣ9`."""

import re
from collections.abc import Iterator

from detectors.readings.turned import turned_view
from detectors.readings.view import View

_UPRIGHT = dict(
    zip(
        "ɐqɔpǝɟƃɥ\u0131ᴉɾʞʃꞁ\u026fuodbɹʇnʌʍʎ∀ᗺƆᗡƎℲ⅁פſ⋊˥⅂WMԀᴚ┴⊥∩Λ⅄ƖᄅƐㄣϛ9ㄥ6˙'()[]{}<>‾¿¡⅋",
        "abcdefghiijkllmnopqrtuvwyABCDEFGGJKLLMWPRTTUVY12345679.,)(][}{><_?!&",
        strict=True,
    )
)
# Letters of phonetic writing are among them, but hardly four different ones with one of the last.
_FLIPPED = re.compile("[ɐɔǝɟƃɥɾʞ\u026fɹʇʌʍʎ∀]")
_TELLING = frozenset("ǝɟƃʞʇ∀")
_FEWEST = 4
_DIGITS = re.compile(r"(?<!\w)[ƖᄅƐㄣϛㄥ\d](?:[ .-]?[ƖᄅƐㄣϛㄥ\d]){7,40}(?!\w)")
_FLIPPED_DIGITS = re.compile("[ƖᄅƐㄣϛㄥ]")
_LINE = re.compile(r"[^\n]+")
_LONGEST = 20_000  # characters of a line


def read(text: str) -> Iterator[View]:
    """Lines and numbers that are upside down."""
    if text.isascii():
        return
    if len(set(_FLIPPED.findall(text))) >= _FEWEST:
        for line in _LINE.finditer(text):
            letters = set(_FLIPPED.findall(line[0]))
            if len(letters) >= _FEWEST and letters & _TELLING and len(line[0]) <= _LONGEST:
                yield turned_view(text, (line.start(), *line.span(), line.end()), _upright, -1, prose=True)
    if _FLIPPED_DIGITS.search(text):
        for number in _DIGITS.finditer(text):
            if _FLIPPED_DIGITS.search(number[0]):
                first = max(0, number.start() - 80)
                yield turned_view(text, (first, *number.span(), number.end()), _upright, -1)


def _upright(text: str) -> str:
    return "".join(_UPRIGHT.get(character, character) for character in reversed(text))
