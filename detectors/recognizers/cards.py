"""Payment cards: numbers by issuer range, length and Luhn's check digit; security codes by the word before them."""

import re
from collections.abc import Iterator

from detectors.finding import Finding
from detectors.gate.gate import gated
from detectors.recognizers.numbers import digits_of, luhn_valid
from detectors.recognizers.rule import Rule, RuleTable, words
from detectors.recognizers.source import Source

# ISO/IEC 7812 issuer ranges: Visa, Mastercard, Amex, Discover, Diners, JCB, Maestro, UnionPay, Mir, RuPay.
_ISSUER = re.compile(
    r"4|5[1-5]|2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720)|3[47]|6(?:011|4[4-9]|5)|3(?:0[0-5]|[689])|35|"
    r"5[06-9]|6[0-9]|62|220[0-4]|81|82|1[28]"
)
_LENGTHS = range(12, 20)
_NUMBER = gated(re.compile(r"(?<![\w.+-])\d(?:[ .-]?\d){11,18}(?![\w-]|\.\d)"))
_GROUPED = re.compile(r"\d{4}([ .-])\d{4}\1\d{4}\1\d{1,7}|\d{4}([ .-])\d{6}\2\d{4,5}|\d{12,19}")
_CARD_WORDS = words(
    ("card", "cards", "credit", "debit", "visa", "mastercard", "amex", "american express", "discover", "diners", "jcb",
     "maestro", "pan", "cc", "ccn", "cardnumber", "card_number", "payment", "kreditkarte", "carte", "tarjeta", "carta")
)  # fmt: skip

_CARD_NEAR = words(
    ("cards?", "visa", "mastercard", "amex", "cvv2?", "cvc2?", "pan", "kreditkarte", "carte", "tarjeta", "carta",
     "cartão",
     r"\d{4}[ -]?\d{4}[ -]?\d{4}[ -]?\d{1,7}", r"\d{4}[ -]?\d{6}[ -]?\d{4,5}")
)  # fmt: skip


def _track(value: str) -> bool:
    """Whether its card number is one, and its date has a month."""
    number, *rest = re.split(r"[\^=D]", value.lstrip("%B;"))
    date = rest[-1][:4]
    return luhn_valid(number) and "01" <= date[2:] <= "12"


_SECURITY_CODE = (
    Rule(
        "cards",
        "CARD_SECURITY_CODE",
        re.compile(r"(?i)\b(?:cvv2?|cvc2?|cv2|csc|card security code|security code)[\"']?(?: (?:is|code|"
            r"number))?\s?[:=#]?\s?[\"']?(\d{3,4})(?!\d)"),
        score=0.9,
        group=1,
        literals=("cvv", "cvc", "cv2", "csc", "security code"),
    ),
    Rule("cards", "CARD_SECURITY_CODE", re.compile(
        r"(?i)(?<![^\W_])(?:(?:card|atm|debit|bank|credit)(?:'s)?[ _-]?pin|geheimzahl|pin[ _-]?(?:code )?(?:of|for) "
        r"(?:my|the) (?:\w{2,12} )?card)(?:[ _-]?(?:code|number|no\.?))?"
        r"[\"']?\s?(?:is|ist|:|=)?\s{0,2}[\"']?(\d{4,6})(?!\d)"),
        0.9, 1, None, ("pin", "geheimzahl")),
    # What stands on the stripe and in the chip: number, name, date, and what proves the card.
    Rule("cards", "CARD_TRACK", re.compile(r"%?B\d{12,19}\^[^\^\n]{2,26}\^\d{4}[0-9A-Za-z ]{0,60}\??"), 0.95, 0, _track,
         ("^",)),
    Rule("cards", "CARD_TRACK", re.compile(r"(?<![\w=]);?\d{12,19}[=D]\d{7}\d{0,24}(?!\w)\??"), 0.9, 0, _track,
         within="numbers"),
    Rule("cards", "CARD_EXPIRY", re.compile(
        r"(?i)(?<![^\W_])(?:exp(?:\.|iry|ires|iration)?(?:[ _-]?date)?|"
        r"valid (?:thru|until|through|to)|good thru|gültig bis|"
        r"scadenza|caduca(?:ducidad)?|date d'expiration|validade)(?: ?\(?mm/yy(?:yy)?\)?)?"
        r"[\"']?\s?(?:is|:|=|on)?\s{0,2}[\"']?"
        r"((?:0?[1-9]|1[0-2])\s?[/-]\s?(?:20)?[2-4]\d)(?![\d/-])"),
        0.85, 1, None, ("exp", "valid", "thru", "gültig", "scad", "caduc"), within="numbers",
         near=_CARD_NEAR, reach=160),
)  # fmt: skip
_SECURITY_TABLE = RuleTable(_SECURITY_CODE)


def find(source: Source) -> Iterator[Finding]:
    """Every card number and security code in a text."""
    yield from _SECURITY_TABLE.apply(source)
    for match in source.in_numbers(_NUMBER):
        value = match[0]
        digits = digits_of(value)
        if len(digits) not in _LENGTHS or not _ISSUER.match(digits) or not luhn_valid(digits):
            continue
        named = _CARD_WORDS.search(source.before(match.start(), 80)) is not None
        typical = len(digits) in {15, 16} and _GROUPED.fullmatch(value) is not None
        # One number in ten passes Luhn by chance: odd lengths and odd groupings need a word beside them.
        if named or typical:
            yield Finding(match.start(), match.end(), "CREDIT_CARD", 1.0 if named else 0.9, "cards")
