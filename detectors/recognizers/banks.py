"""Bank accounts: IBANs by country format and check digits, sort codes and account numbers by the words before them."""

import re
from collections.abc import Callable, Iterator

from stdnum import iban
from stdnum.exceptions import ValidationError

from detectors.finding import Finding
from detectors.gate.gate import gated
from detectors.recognizers.rule import Rule, RuleTable
from detectors.recognizers.source import Source

_IBAN = gated(
    re.compile(r"(?<![^\W_])([A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,3})?)(?![^\W_])", re.IGNORECASE)
)
# Countries' own groups, which some write behind the check digits.
_IBAN_DIGITS = gated(re.compile(r"(?<![^\W_])[A-Z]{2}\d{2}(?:[ -]?\d{2,12}){2,6}(?![^\W_])"))
_LINK = r"(?:[ _-]?(?:numbers?|no\.?|nr\.?|code|#))?[\"']?\s?(?:is|ist|est|es|è|:|=|#)?\s{0,3}[\"']?"


def _clabe(value: str) -> bool:
    """Mexico's account number has a check digit: weights 3, 7, 1."""
    return sum(int(digit) * (3, 7, 1)[at % 3] % 10 for at, digit in enumerate(value)) % 10 == 0


def _beside(names: str, form: str, *literals: str, check: Callable[[str], bool] | None = None) -> Rule:
    """An account or a branch under its name."""
    pattern = re.compile(rf"(?i)(?<![^\W_])(?:{names}){_LINK}({form})(?![\w-])")
    return Rule("banks", "BANK_ACCOUNT", pattern, 0.9, 1, check, literals, within="numbers")


_RULES = (
    _beside("bsb", r"\d{3}[ -]?\d{3}", "bsb"),
    _beside("ifsc|rtgs|neft", r"[A-Z]{4}0[A-Z0-9]{6}", "ifsc", "rtgs", "neft"),
    _beside("clabe(?: interbancaria)?", r"\d{18}", "clabe", check=_clabe),
    _beside("(?:branch )?transit", r"\d{5}-\d{3}", "transit"),
    _beside("blz|bankleitzahl", r"\d{3} ?\d{3} ?\d{2}", "blz", "bankleitzahl"),
    _beside(
        "konto(?:nummer|nr)?|kto|rekening(?:nummer)?|bankrekening", r"\d(?:[ .]?\d){5,11}", "konto", "kto", "rekening"
    ),
    _beside("bankgiro|bg|plusgiro|pg|postgiro", r"\d{2,7}-\d{1,4}", "giro", "bg", "pg"),
    _beside(
        "rib|num[ée]ro de compte|compte(?: bancaire)?|n[úu]mero de cuenta|cuenta(?: bancaria)?|conta(?: corrente)?|"
        "conto(?: corrente)?|numer (?:konta|rachunku)|konto|nrb",
        r"\d(?:[ -]?[0-9A-Z]){6,25}",
        "rib",
        "compte",
        "cuenta",
        "conta",
        "conto",
        "konta",
        "rachunku",
        "konto",
        "nrb",
        check=lambda value: sum(map(str.isdigit, value)) >= 7,
    ),
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
_TABLE = RuleTable(_RULES)


def find(source: Source) -> Iterator[Finding]:
    """Every bank account in a text."""
    yield from _TABLE.apply(source)
    seen: set[int] = set()
    for pattern in (_IBAN, _IBAN_DIGITS):
        for match in source.in_numbers(pattern):
            length = _valid_length(match[0])
            if length and match.start() not in seen:
                seen.add(match.start())
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
