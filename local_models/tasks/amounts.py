"""The amounts and numbers that stand in a text, as decimals: `1.234,56 €`, `$1,234.56`, `1'234.56`, `12,-`.

Whichever sign stands last, with other than three digits after it, is the one before the cents.
"""

import re
from dataclasses import dataclass
from decimal import Decimal

_SIGNS = r"[$€£¥₹₩₪₺฿₫₽]|R\$"
_CODES = r"EUR|USD|GBP|CHF|PLN|CZK|HUF|SEK|NOK|DKK|JPY|CNY|INR|MYR|SGD|AUD|NZD|CAD|HKD|BRL|MXN|ZAR|TRY|AED|ILS|THB|IDR"
_WORDS = r"RM|kr|zł|Kč|Fr|Rs"
_MONEY = rf"(?:{_SIGNS}|(?<![A-Za-z])(?:{_CODES}|{_WORDS})(?![A-Za-z])\.?)"
_NUMBER = r"\d{1,3}(?P<group>[., '\u2019\u00a0\u202f])\d{3}(?:(?P=group)\d{3})*(?:[.,]\d{1,2})?|\d+(?:[.,]\d+)?"
_AMOUNT = re.compile(
    rf"(?P<before>{_MONEY})?[\s:]{{0,2}}(?<![\w.,/:#-])(?P<minus>-)?(?P<number>{_NUMBER})(?P<dash>,-|\.-|,—)?"
    rf"(?![\w:/]|[.,]\d|\s?%)(?P<after>\s?{_MONEY})?"
)
_GLUED = re.compile(rf"(?P<before>{_MONEY})(?P<minus>-)?(?P<number>{_NUMBER})(?![\w:/]|[.,]\d|\s?%)")
_GROUP = 3
_LONGEST = 12  # digits; more are no amount


@dataclass(frozen=True, slots=True)
class AmountSpan:
    """A number that stands in a text."""

    start: int
    end: int
    value: Decimal
    money: bool  # a currency stands beside it
    cents: bool  # it has two decimals

    @property
    def bare(self) -> bool:
        """Whether nothing says that it is an amount."""
        return not (self.money or self.cents)


def find_amounts(text: str) -> tuple[AmountSpan, ...]:
    """Every amount in the text, by place."""
    found: dict[int, AmountSpan] = {}
    for pattern in (_AMOUNT, _GLUED):
        for match in pattern.finditer(text):
            span = _span(match)
            if span is not None:
                found.setdefault(span.start, span)
    return tuple(found[start] for start in sorted(found))


def _span(match: re.Match[str]) -> AmountSpan | None:
    written = match["number"]
    groups = match.groupdict()
    value, cents = _value(written)
    if sum(one.isdigit() for one in written) > _LONGEST:
        return None
    if match["minus"]:
        value = -value
    money = bool(groups.get("before") or groups.get("after") or groups.get("dash"))
    return AmountSpan(match.start("number"), match.end("number"), value, money, cents)


def _value(written: str) -> tuple[Decimal, bool]:
    """What is written, and whether it has cents."""
    digits = "".join(one for one in written if one.isdigit())
    signs = [one for one in written if not one.isdigit()]
    if not signs or signs[-1] not in ".,":
        return Decimal(digits), False
    tail = len(written) - 1 - max(written.rfind("."), written.rfind(","))
    whole = len(written) - 1 - tail
    # 1.234 is a thousand and more, as amounts are written; 0.234 and 12345.678 can't be.
    if tail == _GROUP and (len(signs) > 1 or (whole <= _GROUP and not written.startswith("0"))):
        return Decimal(digits), False
    return Decimal(f"{digits[:-tail]}.{digits[-tail:]}"), tail == 2
