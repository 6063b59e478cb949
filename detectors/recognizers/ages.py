"""How old somebody is: `aged 43`, `43-year-old patient`, `Alter: 43`, `j'ai 34 ans`, `tengo 34 años`.

An age identifies nobody by itself; from ninety on it does (45 CFR 164.514(b)(2)(i)(C): few people are so old).
How long something lasts or how old a thing is, is no age.
"""

import re
from collections.abc import Iterator

from detectors.finding import Finding
from detectors.gate.gate import Group, gated
from detectors.recognizers.rule import words
from detectors.recognizers.source import Source, around

_AGE = gated(
    re.compile(
        r"(?<![\w.,/$€£-])(?:"
        # 43-year-old · 43 y/o · 43yo · 6-month-old
        r"(?P<a>\d{1,3})[- ]?(?:year|yr|month|week|day)s?[- ]olds?\b(?P<tail>(?: [\w-]+){0,4})|"
        r"(?P<b>\d{1,3})[- ]?(?:y/o|yo|y\.o\.?)(?![\w])|"
        # 43 years of age · 43 Jahre alt · 43 ans (behind a verb: below) · 43 años de edad
        r"(?P<c>\d{1,3}) (?:years? of age|jahre alt|jaar oud|anni d'età|años de edad|anos de idade|ans d'âge)\b|"
        # der 43-Jährige · 43-jährige Frau
        r"(?P<d>\d{1,3})[- ]?[Jj]ährige[rnms]?\b|(?P<e>\d{1,3})-?letni\w{0,3}\b|(?P<k>\d{1,3})-?jarige\b"
        r")",
        re.IGNORECASE,
    )
)
_DESCRIBED = gated(
    re.compile(
        r"(?<!\w)(?:varón|mujer|hombre|paciente|niñ[oa]|chic[oa]|joven|homme|femme|patiente?|garçon|fille|uomo|"
        r"donna|paziente|bambin[oa]|ragazz[oa]|"
        r"vrouw|patiënte?|jongen|meisje|homem|mulher|doente|utente|menin[oa]|mężczyzna|kobieta|pacjent(?:ka)?|"
        r"chłopiec|dziewczynka|masculin[oa]|"
        r"femenin[oa]|frau|mann|patientin)s?,? (?:[\w-]+ )?(?:de |di |da |van |d['\u2019]|w wieku |"
        r"im alter von )?(?P<g>\d{1,3}) "
        r"(?:años|ans|anni|jaar|anos|lat|jahren|meses|mois|mesi|maanden|días|semanas)(?!\w)|"
        r"(?<![\w.,])(?P<h>\d{1,3}) (?:meses|días|semanas|mois|mesi|maanden|dias) (?:de (?:edad|vida|idade)|d'âge|"
        r"di età|oud)(?!\w)",
        re.IGNORECASE,
    )
)
_NAMED = gated(
    re.compile(
        r"(?<![\w-])(?:aged?(?: is| was| of)?(?: \()?|age(?: \(years\))?|alter|âge|âgée?s? de|edad|età|leeftijd|"
        r"idade|wiek|im alter von|à l'âge de|"
        r"a la edad de|all'età di|op de leeftijd van|com a idade de|w wieku|con edad de|"
        r"de edad)[\"']?\s?[:=]?\s{0,3}[\"']?(?P<f>\d{1,3})(?![\w/%:-]|[.,]\d)"
        r"(?P<unit> ?(?:years?|yrs?|y|jahren?|ans|años|anni|jaar|anos|lat))?",
        re.IGNORECASE,
    )
)
_OF_ONESELF = gated(
    re.compile(
        r"(?<!\w)(?:(?:i am|i'm|he is|he's|she is|she's|i was|he was|she was|(?:my|our|his|"
        r"her) [\w-]+(?: \w+)? (?:is|was|just turned|turned|turns)|"
        r"(?:i|he|she) (?:just )?turn(?:s|ed)?|ich bin|er ist|sie ist) (?:only |just |already |now |almost |nearly |"
        r"erst |schon )?(?P<g>\d{1,3})"
        r"(?=\s?(?:[.,;!?)]|$|years?(?: old)?\b|jahre\b|and\b|or\b|but\b|now\b|und\b))(?! (?:years?|jahre) (?!old|"
        r"alt|of age))|"
        r"(?:j'ai|il a|elle a|(?:mon|ma|son|sa) \w+ a|tengo|tiene|ho|ha|heb|heeft|tenho|tem|mam|ma|"
        r"jest) (?P<h>\d{1,3}) (?:ans|años|anni|anos|lat(?:a)?)"
        r"(?! (?:d'expérience|d'ancienneté|de experiencia|di esperienza|de experiência|de antigüedad|doświadczenia|"
        r"de carrera))\b)",
        re.IGNORECASE,
    )
)
# 54M, 54 F: in a record, beside a word of medicine.
_CLINICAL = gated(
    re.compile(
        r"(?<![\w.-])(?P<i>\d{1,3})[ -]?(?P<sex>[MFmf])(?= (?:with|presents|presenting|admitted|w/|c/o|s/p|hx|pt\b|"
        r"here|who)\b)"
    )
)
_THINGS = words(
    ("car", "house", "building", "bug", "whisk[e]?y", "wine", "scotch", "company", "code", "codebase", "tree",
     "dog", "cat", "horse", "puppy",
     "laptop", "computer", "machine", "server", "tradition", "bridge", "church", "rum", "software", "system",
     "law", "mystery", "problem",
     "conflict", "war", "firm", "brand", "restaurant", "startup", "project", "vehicle", "truck", "phone", "roof",
     "furnace", "battery", "ship",
     "planet", "galaxy", "star", "universe", "fossil", "rock", "tortoise")
)  # fmt: skip
_TOLD = re.compile(r"[\"']?(?:age|alter|edad|età|leeftijd|idade|wiek|âge|patient_?age|age_?years)[\"']?", re.IGNORECASE)
# What is asked of everybody, or said of nobody.
_NOBODYS = re.compile(
    r"(?i)(?<!\w)(?:you|at least|over|under|above|below|must be|than|minimum|maximum|legal|voting|drinking|to be) $"
)
_REFUSED = 16
_ALONE = re.compile(r"\s{0,3}(?P<a>\d{1,3})\s{0,3}")
_DIGITS = re.compile(r"(?<![\d.,])\d{1,3}(?![\d%])")
_BEFORE, _AFTER = 48, 64
_OLDEST, _OLD = 120, 90

_PATTERNS = (_AGE, _DESCRIBED, _NAMED, _OF_ONESELF, _CLINICAL)
_GROUP = Group(_PATTERNS)


def find(source: Source) -> Iterator[Finding]:
    """Every age of a person; from ninety on as `AGE_OVER_89`."""
    text = source.text
    if source.context and _TOLD.fullmatch(source.context) and (alone := _ALONE.fullmatch(text)):
        yield from _found(alone, "a")
    possible = [_PATTERNS[index] for index in _GROUP.possible(source.places)]
    if not possible:
        return
    for start, end in around(text, (match.span() for match in _DIGITS.finditer(text)), _BEFORE, _AFTER):
        for pattern in possible:
            for match in source.matches(pattern, start, end):
                if not _NOBODYS.search(text, max(0, match.start() - _REFUSED), match.start()) and not _THINGS.search(
                    match.groupdict().get("tail") or ""
                ):
                    yield from _found(match, *"abcdefghik")


def _found(match: re.Match[str], *names: str) -> Iterator[Finding]:
    groups = match.groupdict()
    name = next(name for name in names if groups.get(name))
    years = int(match[name])
    if 0 < years <= _OLDEST:
        yield Finding(*match.span(name), "AGE_OVER_89" if years >= _OLD else "AGE", 0.75, "ages")
