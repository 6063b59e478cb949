"""The days that a text names, in all usual written forms: `2026-03-31`, `31.03.26`, `5 mars 2026`, `Mar 5, 2026`.

Month names in eight languages, and whatever begins one of them and no other month's. 03/04/2026 is two days: which one
is meant follows from the text's other dates, else from its currency, else from what was learnt of such texts.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

_NAMES = """
january february march april may june july august september october november december
januar februar marz april mai juni juli august september oktober november dezember
janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre
enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre
januari februari maart april mei juni juli augustus september oktober november december
janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro dezembro
styczen luty marzec kwiecien maj czerwiec lipiec sierpien wrzesien pazdziernik listopad grudzien
stycznia lutego marca kwietnia maja czerwca lipca sierpnia wrzesnia pazdziernika listopada grudnia
"""
_SHORTEST = 3  # letters of a month's beginning
_CENTURY = 2000
_PIVOT = 70  # a year of two digits from here on was in the last century
_SURE = 0.98  # that a text writes all its dates in one order
_BY_MONEY = 0.9  # … in the order of the country whose money it names

_ISO = re.compile(r"(?<![\d./-])(?P<y>(?:19|20)\d\d)(?P<s>[-/.])(?P<m>\d{1,2})(?P=s)(?P<d>\d{1,2})(?![\d])")
_COMPACT = re.compile(r"(?<![\w./-])(?P<y>20\d\d)(?P<m>\d\d)(?P<d>\d\d)(?![\w./-])")
_CJK = re.compile(r"(?P<y>(?:19|20)\d\d)\s?年\s?(?P<m>\d{1,2})\s?月\s?(?P<d>\d{1,2})\s?日")
_NUMERIC = re.compile(
    r"(?<![\d./,-])(?P<a>\d{1,2})\s?(?P<s>[-/.])\s?(?P<b>\d{1,2})\s?(?P=s)\s?(?P<y>(?:19|20)\d\d|\d\d)(?!\d|[/-]\d)"
)
_YEAR = r"(?P<y>(?:19|20)\d\d|'?\d\d)(?!\d)"
_OF = r"(?:\s?(?:st|nd|rd|th|er|º|°)\b)?[\s.,/_-]{0,3}(?:(?:de|of|del|den)\s+)?"
_DAY_FIRST = re.compile(
    rf"(?<![\d.,/])(?P<d>\d{{1,2}}){_OF}(?P<n>[^\W\d_]{{3,12}})[\s.,/_-]{{0,3}}(?:(?:de|of|del)\s+)?{_YEAR}",
    re.IGNORECASE,
)
_MONTH_FIRST = re.compile(
    rf"(?<![^\W_])(?P<n>[^\W\d_]{{3,12}})[\s.,/_-]{{0,2}}(?P<d>\d{{1,2}})(?:st|nd|rd|th)?[\s.,/_-]{{1,3}}{_YEAR}",
    re.IGNORECASE,
)
_DOLLARS = re.compile(r"\bUSD?\s?\$|\bUSD\b|\b(?:sales tax|zip)\b", re.IGNORECASE)
_OTHERS = re.compile(r"[€£]|\b(?:EUR|GBP|CHF|PLN|AUD|NZD|INR|MYR|RM|VAT|GST|MwSt|TVA|IVA|BTW)\b")


@dataclass(frozen=True, slots=True)
class DateSpan:
    """A date that stands in a text, and the days that it may mean, each with how likely that is."""

    start: int
    end: int
    form: str
    days: tuple[tuple[date, float], ...]


@dataclass(frozen=True, slots=True)
class _Found:
    start: int
    end: int
    form: str
    first: date | None  # the day first, if there are two ways to read it
    second: date | None = None

    @property
    def open(self) -> bool:
        return self.first is not None and self.second is not None and self.first != self.second


def find_dates(text: str, *, day_first: float = 0.5) -> tuple[DateSpan, ...]:
    """Every date in the text by place. `day_first` is how likely that order is where the text itself doesn't tell."""
    found = _found(text)
    likely = _day_first(text, found, day_first)
    return tuple(DateSpan(one.start, one.end, one.form, _days(one, likely)) for one in found)


def day_first_evidence(text: str, day: date) -> bool | None:
    """Whether a text that writes `day` puts the day first; None if it can be seen from neither its forms nor this."""
    for one in _found(text):
        if one.open and day in (one.first, one.second):
            return day == one.first
    return None


def _days(one: _Found, day_first: float) -> tuple[tuple[date, float], ...]:
    if one.first is not None and one.second is not None and one.first != one.second:
        return (one.first, day_first), (one.second, 1.0 - day_first)
    known = one.first or one.second
    return ((known, 1.0),) if known is not None else ()


def _day_first(text: str, found: Sequence[_Found], prior: float) -> float:
    numeric = [one for one in found if one.form.startswith("numeric") and not one.open]
    first = sum(one.first is not None and one.second is None for one in numeric)
    second = sum(one.second is not None and one.first is None for one in numeric)
    if first != second:
        return _SURE if first > second else 1.0 - _SURE
    if prior != 0.5:
        return prior
    if _OTHERS.search(text):
        return _BY_MONEY
    return 1.0 - _BY_MONEY if _DOLLARS.search(text) else prior


def _found(text: str) -> list[_Found]:
    spans: list[_Found] = []
    taken: list[tuple[int, int]] = []
    for one in _every(text):
        if (one.first or one.second) and not any(one.start < end and start < one.end for start, end in taken):
            spans.append(one)
            taken.append((one.start, one.end))
    return sorted(spans, key=lambda one: one.start)


def _every(text: str) -> Iterator[_Found]:
    for form, pattern in (("iso", _ISO), ("cjk", _CJK)):
        for match in pattern.finditer(text):
            yield _Found(*match.span(), form, _day(match["y"], int(match["m"]), int(match["d"])))
    for form, pattern in (("day-month", _DAY_FIRST), ("month-day", _MONTH_FIRST)):
        for match in pattern.finditer(text):
            month = _MONTHS.get(_plain(match["n"]))
            if month is not None:
                yield _Found(*match.span(), form, _day(match["y"], month, int(match["d"])))
    for match in _NUMERIC.finditer(text):
        a, b = int(match["a"]), int(match["b"])
        yield _Found(
            *match.span(), f"numeric{match['s']}{len(match['y'])}", _day(match["y"], b, a), _day(match["y"], a, b)
        )
    for match in _COMPACT.finditer(text):
        yield _Found(*match.span(), "compact", _day(match["y"], int(match["m"]), int(match["d"])))


def _day(year: str, month: int, day: int) -> date | None:
    digits = year.lstrip("'")
    number = int(digits)
    if len(digits) == 2:
        number += _CENTURY if number < _PIVOT else _CENTURY - 100
    try:
        return date(number, month, day)
    except ValueError:
        return None


def _plain(word: str) -> str:
    letters = unicodedata.normalize("NFKD", word.lower())
    return "".join(one for one in letters if not unicodedata.combining(one))


def _beginnings() -> Mapping[str, int]:
    """Every beginning of a month's name that is no other month's."""
    meant: dict[str, set[int]] = {}
    for line in _NAMES.split("\n"):
        for number, name in enumerate(line.split(), start=1):
            for length in range(_SHORTEST, len(name) + 1):
                meant.setdefault(name[:length], set()).add(number)
    return {name: numbers.pop() for name, numbers in meant.items() if len(numbers) == 1} | {"sept": 9, "mrz": 3}


_MONTHS = _beginnings()
