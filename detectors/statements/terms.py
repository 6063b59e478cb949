"""The words of the special categories (`terms.txt`), and where they stand in a text.

A text is read once, word by word; the first four letters of a word say whether a term can be there. Words alone mean
nothing: "diabetes" is a word of medicine until a sentence says it of somebody.
"""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pt", "pl")

type How = Literal["have", "be", "take", "join", "done"]
HOWS: tuple[How, ...] = ("have", "be", "take", "join", "done")

_WORD = re.compile(r"(?<!\w)\w\w+")
_KEY = 4
_ENDING = 5
# So short that they are words of something else unless they are written in capitals.
_CAPITALS = frozenset({"ms", "als", "add", "cad", "chf", "ads"})
_SHORT = 4  # letters of a party's or union's name that must begin with a capital


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a term says: of which type, how it is said of somebody, in which languages."""

    entity_type: str
    how: How
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Term:
    """One term: `pattern` matches it where it begins, `ahead` characters before the word that it is looked up by."""

    pattern: re.Pattern[str]
    ahead: int
    article: bool
    capital: Literal["", "first", "all"]
    meaning: Meaning


@dataclass(frozen=True, slots=True)
class Hit:
    """A term in a text."""

    start: int
    end: int
    term: Term


def hits(text: str) -> list[Hit]:
    """Every term in a text, in the order of their places; terms may stand inside of others."""
    index = _index()
    lower = text.lower()
    if len(lower) != len(text):  # `İ` is two characters in lower case
        lower = "".join(one if len(one.lower()) != 1 else one.lower() for one in text)
    found: list[Hit] = []
    for key in {word[:_KEY] for word in set(_WORD.findall(lower))} & index.keys():
        at = lower.find(key)
        while at >= 0:
            for term in index[key] if not (at and lower[at - 1].isalnum()) else ():
                start = at - term.ahead
                if start < 0 or (start and (lower[start - 1].isalnum() or lower[start - 1] in "_/")):
                    continue
                match = term.pattern.match(lower, start)
                if match and _is_written(text[start : match.end()], term):
                    found.append(Hit(start, match.end(), term))
            at = lower.find(key, at + 1)
    return sorted(found, key=lambda hit: (hit.start, -hit.end))


def _is_written(value: str, term: Term) -> bool:
    if term.capital == "all":
        return value.isupper()
    return not term.capital or value[0].isupper()


@cache
def _index() -> dict[str, tuple[Term, ...]]:
    """The terms by the first letters of their longest word."""
    index: dict[str, list[Term]] = {}
    for line in files("detectors.statements").joinpath("terms.txt").read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        head, _, listed = line.partition(": ")
        entity_type, how, language = head.split()
        if how not in HOWS or (language not in LANGUAGES and language != "any"):
            raise ValueError(f"terms.txt: expected TYPE, one of {HOWS}, and a language or any; got {head!r}")
        languages = LANGUAGES if language == "any" else (language,)
        meaning = Meaning(entity_type, how, languages)
        for written in listed.split(", "):
            key, term = _read(written, meaning)
            index.setdefault(key, []).append(term)
    return {key: tuple(terms) for key, terms in index.items()}


def _read(written: str, meaning: Meaning) -> tuple[str, Term]:
    plain = written.removeprefix("~")
    fixed = plain.partition("*")[0]  # the place of a word behind an ending isn't known
    word = max(re.finditer(r"\w+", fixed), key=lambda match: len(match[0]))
    ends = re.escape(plain).replace(r"\*", rf"\w{{0,{_ENDING}}}").replace("'", "['\u2019]")
    capital: Literal["", "first", "all"] = ""
    if plain in _CAPITALS:
        capital = "all"
    elif meaning.how == "join" and len(plain) <= _SHORT:
        capital = "first"
    plural = "(?:e?s)?" if meaning.how == "be" and not plain.endswith("*") else ""
    return word[0][:_KEY], Term(
        re.compile(rf"{ends}{plural}(?!\w)"), word.start(), written.startswith("~"), capital, meaning
    )
