"""Names in fields that say so, in forms, records and markup, of single words and in capitals too.

LAST NAME: OYELARAN · Prénom : Maëlys · <surname>Threlkeld</surname> · family_name = "Okafor" · Vorname: Jörg
KUMAR/ASHA MRS

A field called `name` alone may be anything's, so it isn't here; whose name it is decides.
"""

import re
from collections.abc import Iterator

from detectors.finding import Finding
from detectors.recognizers.rule import Rule, RuleTable
from detectors.recognizers.source import Source

_WORD = r"[^\W\d_]{1,24}(?:['\u2019-][^\W\d_]{1,24}){0,2}"
_VALUE = rf"({_WORD}(?:\.? {_WORD}){{0,3}})"
_LABEL = (
    r"(?:first|last|given|family|middle|maiden|sur|fore|birth|patient|applicant|employee|tenant|insured|beneficiary|"
    r"passenger|guest|student|customer|client|card ?holder|account holder)(?:'s)?[ _-]?name|surname|forename|"
    r"vorname|nachname|familienname|kontoinhaber(?:in)?|pr[ée]nom|nom de famille|apellidos?|cognome|voornaam|"
    r"achternaam|"
    r"sobrenome|apelido|nazwisko|imi[ęe] i nazwisko|nombre y apellidos|cognome e nome|nome completo"
)
_LITERALS = (
    *(
        "first",
        "last",
        "given",
        "family",
        "middle",
        "maiden",
        "surname",
        "forename",
        "patient",
        "applicant",
        "employee",
    ),
    *(
        "employee",
        "tenant",
        "insured",
        "beneficiary",
        "passenger",
        "guest",
        "student",
        "customer",
        "client",
        "card",
        "account",
    ),
    *("vorname", "nachname", "familienname", "kontoinhaber", "nom", "apellido", "cognome", "naam", "sobrenome"),
    *("apelido", "nazwisko", "birth"),
)
_NO_NAMES = frozenset(
    """
    string text str varchar char null none nil true false required optional unknown name names first last middle given
    family surname email phone address city your enter type value field input label undefined any object number int
    not provided available applicable specified given redacted removed withheld confidential hidden anonymous same as
    above below see the this that is and or must should max min length default get set self this new test example
    """.split()  # noqa: SIM905 - a table of words is read more easily than a list of strings
)


def _is_somebody(value: str) -> bool:
    """Words with capitals that no form's own vocabulary has."""
    words = value.split()
    return (
        len(value) > 1
        and any(word[0].isupper() for word in words)
        and not any(word.lower().strip(".") in _NO_NAMES for word in words)
    )


_RULES = (
    Rule(
        "named_fields",
        "PERSON",
        re.compile(
            rf"(?<![^\W_])(?:{_LABEL})[\"']?[ \t]?[:=][ \t]{{0,3}}[\"']?{_VALUE}"
            rf"(?=[\"',;<\r\n)|]|[ \t]{{2}}|\t|$|\.?[ \t]?(?:{_LABEL}|M\.?I\.?|DOB|Date|City|Sex|Age|Ville)\b)",
            re.IGNORECASE,
        ),
        0.8,
        1,
        _is_somebody,
        _LITERALS,
    ),
    Rule(
        "named_fields",
        "PERSON",
        re.compile(
            r"<(?:\w{1,12}:)?(?:first|last|given|family|middle|sur|fore)(?:[_-]?names?)?>[ \t]{0,3}"
            + _VALUE
            + r"[ \t]{0,3}</",
            re.IGNORECASE,
        ),
        0.8,
        1,
        _is_somebody,
        (
            "<first",
            "<last",
            "<given",
            "<family",
            "<middle",
            "<sur",
            "<fore",
            ":sur",
            ":first",
            ":last",
            ":given",
            ":family",
        ),
    ),
    # A passenger list: the surname, a stroke, given names and a title.
    Rule(
        "named_fields",
        "PERSON",
        re.compile(r"(?<![\w/])([A-Z][A-Za-z'-]{1,24}/[A-Z][A-Za-z '-]{2,30} ?(?i:MRS|MR|MS|MISS|MSTR|DR))(?![\w/])"),
        0.85,
        1,
    ),
)
_TABLE = RuleTable(_RULES)


def find(source: Source) -> Iterator[Finding]:
    """Every name in a field of its own."""
    yield from _TABLE.apply(source)
