"""Bank accounts: IBANs by country format and check digits, sort codes and account numbers by the words before them."""

import re
from collections.abc import Iterator

from stdnum import iban
from stdnum.exceptions import ValidationError

from detectors.finding import Finding
from detectors.gate.gate import gated
from detectors.recognizers.rule import Rule, apply_rules
from detectors.recognizers.source import Source

_IBAN = gated(
    re.compile(r"(?<![^\W_])([A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,3})?)(?![^\W_])", re.IGNORECASE)
)
_RULES = (
    Rule(
        "banks",
        "BANK_ACCOUNT",
        re.compile(r"(?i)\bsort[ -]?code(?: is|:|=| no\.?)?\s{0,3}(\d{2}[- ]?\d{2}[- ]?\d{2})(?!\d)"),
        group=1,
        literals=("sort",),
        within="numbers",
    ),
    Rule(
        "banks",
        "BANK_ACCOUNT",
        re.compile(r"(?i)\b(?:aba|routing|transit)(?: (?:number|no\.?|#|code))?(?: is)?\s?[:=#]?\s?(\d{9})(?!\d)"),
        group=1,
        literals=("aba", "routing", "transit"),
        within="numbers",
    ),
    Rule(
        "banks",
        "BANK_ACCOUNT",
        re.compile(
            r"(?i)\b(?:swift|bic)(?:[ /-](?:bic|code|"
            r"swift))?(?: is)?\s?[:=#]?\s?([A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?)\b"
        ),
        score=0.8,
        group=1,
        literals=("swift", "bic"),
    ),
)


def find(source: Source) -> Iterator[Finding]:
    """Every bank account in a text."""
    yield from apply_rules(_RULES, source)
    for match in source.in_numbers(_IBAN):
        length = _valid_length(match[0])
        if length:
            yield Finding(match.start(), match.start() + length, "IBAN_CODE", 1.0, "banks")


def _valid_length(value: str) -> int:
    """How many characters of a candidate are an IBAN: a word that follows may look like its last group."""
    while len(value) >= 15:
        try:
            iban.validate(value)
        except ValidationError:
            cut = max(value.rfind(" "), value.rfind("-"))
            value = value[:cut] if cut > 0 else ""
        else:
            return len(value)
    return 0
