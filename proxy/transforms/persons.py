"""Which names of a request are one person's: "Ana Novak", then "Ms Novak", "Ana", "ANA NOVAK", "Novakom".

Their tokens have one code, and say which part of the name stands there: `PERSON_7KQ2MXAB`, `PERSON_LAST_7KQ2MXAB`. So
the vendor's model can follow who does what, and each token still turns back into exactly what was written there. A part
that two people of a request share is nobody's: it has a code of its own, as has a name that belongs to no other.

The code is that of the mention that comes first, so that a conversation's later turns change nothing in earlier ones
(unless they bring somebody else of the same name).
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

_WORD = re.compile(r"[^\W\d_]+(?:[-'\u2019][^\W\d_]{2,})*")
_MOST_WORDS = 6  # more is no name
_STEM = 4  # letters that an inflected name has in common with the name
_LONGEST = 24  # letters of a name that is looked for in other cases

# What stands before or after a name and is none, in small letters without accents.
_TITLES = """
mr mrs ms miss mx dr prof professor sir madam dame lord lady rev sr sra srta don dona senor senora senorita herr herrn
frau dipl ing mag mme mlle monsieur madame mademoiselle maitre sig signor signora signore dott dottssa dottore avv dhr
mevr mevrouw meneer heer mw drs ir pan pani pana panu panem inz mgr hab doc mudr judr phdr phd md jr ii iii senhor
senhora exmo exma gospodin gospodja herra rouva
"""
_PARTICLES = """
van von der den de del della di da do dos das du la le les ten ter te zu zum zur af av
"""
_NO_NAMES = frozenset((*_TITLES.split(), *_PARTICLES.split()))
# How family names end in other cases than the first: Slavic, Hungarian and Finnish ones, German genitives.
_CASES = """
a e i o u y em om am im ym iem owi ovi evi ou ego emu iego iemu ej iej s es en nak nek val vel ban ben in an lla
"""
_ENDINGS = frozenset(_CASES.split())
# Kowalski and Kowalska, Novák and Nováková are two people, more often than one in another case.
_FEMALE = ("ova", "eva", "owa", "ska", "cka", "aja", "aya")
_MALE = ("ski", "cki", "sky", "ck", "oj", "yj")


class Part(StrEnum):
    """What of somebody's name a text is."""

    ALL = ""  # what comes first
    FULL = "FULL"  # the whole name, where a part of it came first
    FIRST = "FIRST"
    LAST = "LAST"


@dataclass(frozen=True, slots=True)
class Mention:
    """A name as a part of a person's."""

    anchor: str = field(repr=False)  # the mention whose code it has
    part: Part
    literal: bool  # it is written as it is in the person's name
    first: str = field(repr=False)  # the person's names
    last: str = field(repr=False)


@dataclass(slots=True)
class _Name:
    """A text that names somebody: its words, folded and as written, without titles, the family name last."""

    value: str = field(repr=False)
    words: tuple[str, ...] = field(repr=False)
    written: tuple[str, ...] = field(repr=False)
    initials: frozenset[str] = field(repr=False)


@dataclass(slots=True, eq=False)
class _Person:
    name: _Name = field(repr=False)  # the first full one
    values: list[_Name] = field(default_factory=list, repr=False)


def mentions(values: Iterable[str]) -> Mapping[str, Mention]:
    """Names in the order of the request → whose they are. Names of people who are mentioned in one way are left out."""
    order = {value: place for place, value in enumerate(dict.fromkeys(values))}
    names = [name for value in order if (name := _read(value)) is not None] if len(order) > 1 else []
    people = _people(names)
    if not people:
        return {}
    whose = _Index(people)
    for name in names:
        if len(name.words) == 1 and (person := whose.only(name)) is not None:
            person.values.append(name)
    return {
        name.value: _mention(person, min((one.value for one in person.values), key=order.__getitem__), name)
        for person in people
        if len(person.values) > 1
        for name in person.values
    }


def _people(names: Iterable[_Name]) -> list[_Person]:
    """Full names: the same first and last word, or the same words in another order, are one person's."""
    people: list[_Person] = []
    known: dict[tuple[str, ...], _Person] = {}
    for name in names:
        if len(name.words) < 2:
            continue
        keys = ((name.words[0], "", name.words[-1]), tuple(sorted(name.words)))
        person = next((known[key] for key in keys if key in known), None)
        if person is None:
            person = _Person(name)
            people.append(person)
        person.values.append(name)
        for key in keys:
            known.setdefault(key, person)
    return people


class _Index:
    """Which people have a word in their name."""

    def __init__(self, people: Iterable[_Person]) -> None:
        self._words: dict[str, list[_Person]] = {}
        self._stems: dict[str, list[_Person]] = {}
        for person in people:
            for word in dict.fromkeys(word for name in person.values for word in name.words):
                self._words.setdefault(word, []).append(person)
            for stem in _stems(person.name.words[-1]):
                self._stems.setdefault(stem, []).append(person)

    def only(self, name: _Name) -> _Person | None:
        """The one person who may be meant; None if nobody is, or if several may be."""
        word = name.words[0]
        found = self._words.get(word) or [
            person
            for cut in range(_STEM, min(len(word), _LONGEST))
            if word[cut:] in _ENDINGS
            for person in self._stems.get(word[:cut], ())
            if _may_be(word, person.name.words[-1])
        ]
        people = [person for person in dict.fromkeys(found) if name.initials <= _initials(person)]
        return people[0] if len(people) == 1 else None


def _stems(name: str) -> set[str]:
    """What a family name may begin with in other cases: Novak-, Hub-k- of Hubek, Kowalsk- of Kowalski."""
    stems = {name, name[:-1]} if len(name) > _STEM and name[-1] in "aeiouy" else {name}
    if name[-2:-1] == "e" and len(name) > _STEM:
        stems.add(name[:-2] + name[-1])
    return {stem for stem in stems if len(stem) >= _STEM}


def _may_be(word: str, name: str) -> bool:
    if word.endswith(_FEMALE) != name.endswith(_FEMALE):
        return not (word.endswith(_FEMALE) or word.endswith(_MALE))
    return True


def _initials(person: _Person) -> set[str]:
    return {word[0] for name in person.values for word in name.words} | set(person.name.initials)


def _mention(person: _Person, anchor: str, name: _Name) -> Mention:
    first, last = person.name.written[0], person.name.written[-1]
    if name.value == anchor:
        return Mention(anchor, Part.ALL, literal=True, first=first, last=last)
    if len(name.words) > 1:
        return Mention(anchor, Part.FULL, literal=name is person.name, first=first, last=last)
    word, *others = name.words[0], *(one.words[-1] for one in person.values if len(one.words) > 1)
    is_first = word not in others and any(word in one.words for one in person.values if len(one.words) > 1)
    literal = name.value == (first if is_first else last)
    return Mention(anchor, Part.FIRST if is_first else Part.LAST, literal=literal, first=first, last=last)


def _read(value: str) -> _Name | None:
    if "\n" in value or any(sign.isdigit() for sign in value):
        return None
    head, comma, tail = value.partition(",")
    found: list[tuple[str, str]] = []
    initials: set[str] = set()
    for match in _WORD.finditer(f"{tail} {head}" if comma else value):
        written, folded = match[0], _folded(match[0])
        if len(folded) == 1:
            if written.isupper():
                initials.add(folded)
        elif folded and folded not in _NO_NAMES:
            found.append((folded, written))
    if not 0 < len(found) <= _MOST_WORDS:
        return None
    return _Name(value, tuple(one for one, _ in found), tuple(one for _, one in found), frozenset(initials))


def _folded(word: str) -> str:
    plain = unicodedata.normalize("NFKD", word.casefold().replace("ł", "l").replace("ø", "o"))
    return "".join(character for character in plain if not unicodedata.combining(character))
