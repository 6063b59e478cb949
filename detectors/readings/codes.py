r"""Texts as numbers: `34 35 33 32`, `0x34, 0x35`, `00110100 00110101`, `52 53 51`, `\064\065`, `=34=35`.

A row of numbers is read as bytes of ASCII; it is a text only if every one of them is a character that can be seen. Such
a row is replaced as a whole: what is left of it would still say a part of what it said.
"""

import re
from array import array
from collections.abc import Iterator

from detectors.gate.gate import gated
from detectors.readings.view import READ, View

_GAP = r"(?P<gap>[ ,:;-]|, |\n)"
_BYTES = re.compile(
    rf"(?<![\w:-])(?:0x)?[0-9A-Fa-f]{{2}}{_GAP}(?:0x)?[0-9A-Fa-f]{{2}}(?:(?P=gap)(?:0x)?[0-9A-Fa-f]{{2}}){{5,4000}}(?![\w:-])"
)
_BITS = re.compile(r"(?<!\w)[01]{8}(?:[ ,\n]?[01]{8}){6,4000}(?!\w)")
_DECIMALS = re.compile(rf"(?<![\w.-])\d{{2,3}}{_GAP}\d{{2,3}}(?:(?P=gap)\d{{2,3}}){{5,4000}}(?![\w.-])")
_OCTALS = re.compile(r"(?:\\[0-3]?[0-7]{2}){6,4000}")
_QUOTED = re.compile(r"(?:=[0-9A-F]{2}){3,4000}")
_TWO = re.compile(r"[0-9A-F]{2}", re.IGNORECASE)
_EIGHT = re.compile(r"[01]{8}")
_THREE = re.compile(r"\d{2,3}")
# Characters that can be seen have codes from 0x20 on: four in a row that begin like one.
_UNIT = r"(?:0x)?[1-9][0-9A-Fa-f]{1,2}"
_MAYBE = re.compile(rf"[1-9][0-9A-Fa-f]{{1,2}}(?P<gap>[ ,:;\n-]|, ){_UNIT}(?P=gap){_UNIT}(?P=gap){_UNIT}")
_HEX = 16
_LEAST = 0.75
_CONTEXT = 80

# Wherever something is read so, one of these matches: a gate says so of all texts at once.
NEEDED = tuple(map(gated, (_BYTES, _DECIMALS, _BITS, _OCTALS, _QUOTED)))


def read(text: str) -> Iterator[View]:
    """Rows of numbers that are texts, each with what stands before it."""
    for form, unit, base in _forms(text):
        for match in form.finditer(text):
            units = unit.findall(match[0].replace("0x", "")) if base == _HEX else unit.findall(match[0])
            said = _said(units, base)
            if said is not None:
                yield whole(text, match.start(), match.end(), said, least=_LEAST, prose=True)


def _forms(text: str) -> Iterator[tuple[re.Pattern[str], re.Pattern[str], int]]:
    """The forms that may be in a text."""
    if _MAYBE.search(text):
        yield _BYTES, _TWO, _HEX
        yield _DECIMALS, _THREE, 10
    if any(bits in text for bits in ("0011", "0110", "0111", "0100")):
        yield _BITS, _EIGHT, 2
    if "\\" in text:
        yield _OCTALS, _THREE, 8
    if "=3" in text or "=4" in text or "=6" in text or "=7" in text:
        yield _QUOTED, _TWO, _HEX


def _said(units: list[str], base: int) -> str | None:
    codes = [int(unit, base) for unit in units]
    if not all(32 <= code < 127 or code in (9, 10, 13) for code in codes):
        return None
    said = "".join(map(chr, codes))
    return said if any(character.isalnum() for character in said) else None


def whole(text: str, start: int, end: int, said: str, *, least: float = 0.0, prose: bool = False) -> View:
    """A view in which a stretch says something else; a finding in it covers all of the stretch."""
    before = text[max(0, start - _CONTEXT) : start]
    offset, length = start - len(before), len(said)
    starts = array("q", range(offset, start)) + array("q", [start]) * length
    ends = array("q", range(offset + 1, start + 1)) + array("q", [end]) * length
    return View(before + said, starts, ends, bytearray(len(before)) + bytes((READ,)) * length, False, least, prose)
