"""National identity, tax, insurance and company numbers, by the check digits that python-stdnum knows.

A number whose form and check digits hardly occur by chance counts by itself (`national_numbers.ALONE`). Where one
number in ten passes the check, or all of that length do, one of its names has to stand beside it. So few validators
run on few numbers: the words of a text say which of the table's names can be in it at all.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from stdnum.exceptions import ValidationError
from stdnum.us import itin

from detectors.finding import Finding
from detectors.gate.gate import gated
from detectors.recognizers.national_numbers import ALONE, NUMBERS, Number
from detectors.recognizers.numbers import digits_of
from detectors.recognizers.rule import words
from detectors.recognizers.source import Source

# US social security numbers: the form with separators counts by itself, nine digits need the name.
_SSN = gated(re.compile(r"(?<![\w-])(?!000|666|9)\d{3}([ .-])(?!00)\d{2}\1(?!0000)\d{4}(?![\w-])"))
# Taxpayer numbers (ITIN, ATIN) look like one with a 9 in front, whatever group is given out today. Their form counts,
# not what a model makes of the words around them.
_ITIN = gated(re.compile(r"(?<![\w-])9\d{2}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])"))
_BESIDE = re.compile(r"[^\W_]")
_SSN_LOOSE = gated(re.compile(r"(?<![\w-])\d{3}[ .-]?\d{2}[ .-]?\d{4}(?![\w-])"))
_SSN_WORDS = words(("ssn", "ssns", "ssn_?number", "social", "soc ?sec", "social ?security", "tin", "itin", "taxpayer"))
# In advertisements: void since, nobody's, and quoted everywhere.
_PRINTED = frozenset({"078051120", "219099999", "987654321"})
_NOT_SSN = words(("part", "order", "serial", "sku", "model", "tracking", "isbn", "invoice", "extension", "item"))

_LETTERS = ("[A", "[X", "[V", "CH", "NL", "AT")  # how a form begins that has a letter in front
# Where a strong form can begin: a word of up to six letters and a digit, or two digits within the next few characters.
_BEGIN = re.compile(r"(?<![\w./-])(?=[A-Za-z]{1,6}-?\d|\d[ .-]?\d[\d ./A-Za-z+-]{5})")
_HASH = re.compile(r"(?=[0-9]*[a-f])(?=[a-f]*[0-9])[0-9a-f]{12,}(?![A-Za-z0-9])")  # or another machine's id
_PATH = re.compile(r"/[a-z]{3}")
_FEWEST = 5  # digits of any of them
# A number with what may belong to it: a country's letters before it, groups of letters and digits behind.
_CANDIDATE = gated(
    re.compile(r"(?<!\w)(?:\w[A-Za-z]{0,3}[ .-]{1,2}){0,2}[A-Za-z]{0,5}-?\d(?:[ ./-]{0,2}[A-Za-z0-9]){3,29}(?![\w])")
)
_GROUP = re.compile(r"[^\W_]+")
_DATE = re.compile(r"(?:19|20)\d\d[-./ ]\d\d?[-./ ]\d\d?|\d\d?[-./ ]\d\d?[-./ ](?:19|20)\d\d")
_WORD = re.compile(r"[^\W\d_]+|\d+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_REACH = 44
_COMMON = frozenset(("number", "account", "card", "id", "code", "com", "business", "insurance", "security", "national"))
_FAR = 6  # words behind a number among which its name may be
_SHORTEST_NAME = 3
_SHORT = re.compile(r"(?<![^\W_])(?:[A-Z]{2,8}|[A-Za-z]{2,8}(?=[\"']?\s{0,2}[:=]))(?![A-Za-z])")
# What may stand between a short name and its number.
_LINK = re.compile(
    r"[\"'\])]{0,2}(?:[\s_]{0,2}(?:[:=#\-]|(?:no|nr|number|num|nummer|numero|número|numéro|is|was|of|n°|nº|№|code|id)"
    r"(?![^\W_])\.?)){0,3}\s{0,2}[\"'(]{0,2}",
    re.IGNORECASE,
)
_KEY = re.compile(r"[\"']?\s{0,2}[:=]")
_BEHIND = re.compile(
    r"[\"']?,? ?(?:\(|as |is |was |= ?)(?:(?:an?|the|my|his|her|your|their|our) )?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Name:
    """One of a number's names: its words in lower case, and whether it has to be in capitals and at the number."""

    words: tuple[str, ...]
    short: bool
    numbers: tuple[Number, ...]
    place: int  # of the word by which it is looked up


def find(source: Source) -> Iterator[Finding]:
    """Every national number in a text."""
    if not source.numbers:
        return
    yield from _social_security(source)
    for begin in source.in_numbers(_BEGIN):
        start = begin.start()
        any_of_them, forms = _strong()[source.text[start].isdigit()]
        if not any_of_them.match(source.text, start):
            continue
        for module, pattern, kind in forms:
            match = pattern.match(source.text, start)
            if match and _valid(module, match[0]) and not _NOT_SSN.search(source.before(start, 24)):
                yield Finding(start, match.end(), kind, 0.9, "national_ids")
    if source.may(_CANDIDATE) and _may_be_named(source):
        for match in source.in_numbers(_CANDIDATE):
            yield from _named(source, match)


def _social_security(source: Source) -> Iterator[Finding]:
    for match in source.in_numbers(_SSN):
        if digits_of(match[0]) in _PRINTED:
            continue
        before = source.before(match.start(), 40)
        if _SSN_WORDS.search(before):
            yield Finding(match.start(), match.end(), "US_SSN", 1.0, "national_ids")
        elif not _NOT_SSN.search(before):
            yield Finding(match.start(), match.end(), "US_SSN", 0.8, "national_ids")
    for match in source.in_numbers(_ITIN):
        if digits_of(match[0]) not in _PRINTED and not _NOT_SSN.search(source.before(match.start(), 40)):
            given = _valid(itin, match[0])
            # The IRS gives out four ranges of groups; another one, with nothing beside it, is any number.
            if given or _BESIDE.search(
                f"{source.before(match.start(), 80)} {source.text[match.end() : match.end() + 80]}"
            ):
                yield Finding(match.start(), match.end(), "US_ITIN", 0.8 if given else 0.75, "national_ids")
    if source.may(_SSN_LOOSE) and _SSN_WORDS.search(f"{source.context} {source.text}"):
        for match in source.in_numbers(_SSN_LOOSE):
            if digits_of(match[0]) not in _PRINTED and _SSN_WORDS.search(source.before(match.start(), 40)):
                kind = "US_ITIN" if digits_of(match[0]).startswith("9") else "US_SSN"  # no SSN begins so
                yield Finding(match.start(), match.end(), kind, 0.96, "national_ids")


def _may_be_named(source: Source) -> bool:
    """A cheap test: whether any of the names is in the text or the field's name at all."""
    names = _names()
    if not names.telling.isdisjoint(source.words):
        return True
    if any(word.upper() in names.short for word in _words(source.context)):
        return True
    return any(match[0].upper() in names.short for match in source.in_numbers(_SHORT))


def _named(source: Source, candidate: re.Match[str]) -> Iterator[Finding]:
    """The number in a candidate that one of the names beside it speaks of, and that passes that number's check."""
    text, first = source.text, candidate.start()
    if sum(map(str.isdigit, candidate[0])) < _FEWEST:
        return
    around = text[max(0, first - _REACH) : candidate.end() + _REACH]
    names = _names()
    if not any(
        word.lower() in names.telling or word.upper() in names.short
        for word in _WORD.findall(source.context + " " + around)
    ):
        return
    groups = [(first + each.start(), first + each.end()) for each in _GROUP.finditer(candidate[0])]
    number = next(index for index, (start, end) in enumerate(groups) if any(map(str.isdigit, text[start:end])))
    ends = [end for _, end in groups[number:]][::-1]
    for start, _ in groups[: number + 1]:
        earlier: list[Number] | None = None
        for end in ends:
            value = text[start:end]
            if sum(map(str.isdigit, value)) < _FEWEST:
                break
            if _HASH.match(value) or _PATH.search(value) or _DATE.fullmatch(value):
                continue
            if earlier is None:
                earlier = _before(source, start)
            for kind in (*earlier, *_after(text, end)):
                if _is(kind, value):
                    yield Finding(start, end, kind.entity_type, 0.95, "national_ids")
                    return


def _before(source: Source, start: int) -> list[Number]:
    """The numbers whose names stand before a position, or in the field's name."""
    found: list[Number] = []
    if source.context:
        found += _numbers_in(source.context, short=start <= 3, key=True)
    if start:
        found += _numbers_in(source.text[max(0, start - _REACH) : start], short=True)
    return found


def _numbers_in(text: str, *, short: bool, key: bool = False) -> Iterator[Number]:
    said = [(match[0], match.start(), match.end()) for match in _WORD.finditer(_CAMEL.sub(" ", text) if key else text)]
    lower = [word.lower() for word, _, _ in said]
    table = _names().table
    for at in range(len(said) - 1, -1, -1):
        for name in table.get(lower[at], ()):
            first = at - name.place
            last = first + len(name.words)
            if first < 0 or tuple(lower[first:last]) != name.words:
                continue
            if name.short and not key:
                end = said[last - 1][2]
                capitals = all(word == word.upper() for word, _, _ in said[first:last])
                if not (_LINK.fullmatch(text, end) and (capitals or _KEY.match(text, end))):
                    continue
            if name.short and not short:
                continue
            yield from name.numbers


def _after(text: str, end: int) -> Iterator[Number]:
    """The numbers whose names follow: "… as PESEL", "… (PESEL)"."""
    link = _BEHIND.match(text, end)
    if link is None:
        return
    said = _WORD.findall(text[link.end() : link.end() + _REACH])
    lower = [word.lower() for word in said]
    table = _names().table
    for at in range(min(_FAR, len(said))):
        for name in table.get(lower[at], ()):
            first = at - name.place
            last = first + len(name.words)
            # A country may lead the name.
            if first not in {0, 1} or tuple(lower[first:last]) != name.words:
                continue
            if not name.short or all(word == word.upper() for word in said[first:last]):
                yield from name.numbers


def _is(number: Number, value: str) -> bool:
    """Whether it is one, with or without the country's letters in front."""
    module = _module(number.module)
    if _valid(module, value):
        return True
    country = number.country
    return (
        len(country) == 2
        and value[:2].lower() == country
        and value[2:3] in {" ", "-", "."}
        and _valid(module, value[3:])
    )


@cache
def _module(name: str) -> Any:
    return import_module(f"stdnum.{name}")


def _words(text: str) -> Iterable[str]:
    return _WORD.findall(text.lower())


@dataclass(frozen=True, slots=True)
class _Names:
    """All names by their most telling word."""

    table: dict[str, tuple[_Name, ...]]
    telling: frozenset[str]  # those words, of names that count anywhere
    short: frozenset[str]  # and of those that count in capitals, in capitals


@cache
def _names() -> _Names:
    listed: dict[tuple[tuple[str, ...], bool], list[Number]] = {}
    for number in NUMBERS:
        for name in _names_of(number):
            short = name == name.upper() and name != name.lower()
            listed.setdefault((tuple(_words(name)), short), []).append(number)
    table: dict[str, list[_Name]] = {}
    for (parts, short), numbers in listed.items():
        place = max(range(len(parts)), key=lambda at: (parts[at] not in _COMMON, len(parts[at]), at))
        table.setdefault(parts[place], []).append(_Name(parts, short, tuple(numbers), place))
    telling = frozenset(word for word, names in table.items() if not all(name.short for name in names))
    capitals = frozenset(word.upper() for word, names in table.items() if any(name.short for name in names))
    return _Names({word: tuple(names) for word, names in table.items()}, telling, capitals)


def _names_of(number: Number) -> set[str]:
    """The names of the table's line, the country with the module's name, and that alone."""
    own = number.module.rpartition(".")[2].rstrip("_").replace("_", " ")
    listed = {name for name in number.names.split("|") if name}
    if number.country:
        listed.add(f"{number.country} {own}".upper() if len(own) <= _SHORTEST_NAME else f"{number.country} {own}")
    listed.add(own.upper())
    # A name of several words is written as one in the names of fields.
    return listed | {name.replace(" ", "") for name in listed if " " in name and len(name) > 2 * _SHORTEST_NAME}


@cache
def _strong() -> tuple[tuple[re.Pattern[str], tuple[tuple[Any, re.Pattern[str], str], ...]], ...]:
    """The strong forms that begin with a letter, and those that begin with a digit; before each, all of them as one."""
    kinds: list[tuple[re.Pattern[str], tuple[tuple[Any, re.Pattern[str], str], ...]]] = []
    for digit in (False, True):
        rows = [row for row in ALONE if (row[1][:2] not in _LETTERS) is digit]
        forms = tuple((import_module(f"stdnum.{name}"), _alone(form), kind) for name, form, kind in rows)
        kinds.append((_alone("|".join(form for _, form, _ in rows)), forms))
    return tuple(kinds)


def _alone(form: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{form})(?![\w/-]|\.\d)")


def _valid(module: Any, value: str) -> bool:
    try:
        module.validate(value)
    except (ValidationError, ValueError, IndexError, KeyError):
        return False
    return True
