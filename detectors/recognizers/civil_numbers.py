"""Numbers of people that python-stdnum doesn't know: identity cards, passports, health insurance, driving licences.

What no one could take for anything else counts by its form and check digits (a passport's machine-readable lines, a
British driving licence); the others by a word before or behind them, in English or the country's language.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from stdnum import luhn

from detectors.finding import Finding
from detectors.gate.gate import Group, gated
from detectors.recognizers.numbers import digits_of
from detectors.recognizers.rule import words
from detectors.recognizers.source import Source

_REACH, _BEHIND = 48, 32


@dataclass(frozen=True, slots=True)
class Civil:
    """One kind of number: its form, the words without which it says nothing, and what else has to hold.

    The words are in lower case, divided by "|"; one that ends in "*" is the beginning of a word.
    """

    entity_type: str
    form: re.Pattern[str]
    words: str = ""
    check: Callable[[str], bool] | None = None


def _form(pattern: str, *, capitals: bool = False) -> re.Pattern[str]:
    return gated(
        re.compile(
            rf"(?<![A-Za-z0-9_/-])(?:{pattern})(?![A-Za-z0-9_/-]|\.\d)", re.NOFLAG if capitals else re.IGNORECASE
        )
    )


def _compact(value: str) -> str:
    return "".join(filter(str.isalnum, value)).upper()


def _icao(value: str) -> str:
    """The check digit of travel documents: weights 7, 3, 1 (ICAO 9303)."""
    return str(sum(int(c, 36) * (7, 3, 1)[at % 3] for at, c in enumerate(value.replace("<", "0"))) % 10)


def _machine_line(value: str) -> bool:
    """The second line of a passport, or of a visa: its document number and dates have check digits."""
    return value[9] == _icao(value[:9]) and value[19] == _icao(value[13:19])


def _card_line(value: str) -> bool:
    """The first line of an identity card."""
    return value[14] == _icao(value[5:14])


def _date(digits: str) -> bool:
    """Day and month, as two digits each."""
    return 1 <= int(digits[:2]) <= 31 and 1 <= int(digits[2:4]) <= 12


def _turned_date(value: str) -> bool:
    """A number that begins with year, month and day."""
    return _date(value[4:6] + value[2:4])


def _pension(value: str) -> bool:
    """A German pension insurance number: area, date of birth, letter, serial, check digit."""
    number = _compact(value)
    digits = f"{number[:8]}{ord(number[8]) - 64:02d}{number[9:11]}"
    weighted = (int(digit) * weight for digit, weight in zip(digits, (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1), strict=True))
    return sum(sum(divmod(product, 10)) for product in weighted) % 10 == int(number[11])


def _german_health(value: str) -> bool:
    """The unchanging part of a German health insurance number."""
    number = _compact(value)
    digits = f"{ord(number[0]) - 64:02d}{number[1:9]}"
    weighted = (int(digit) * (1 + at % 2) for at, digit in enumerate(digits))
    return sum(sum(divmod(product, 10)) for product in weighted) % 10 == int(number[9])


def _hong_kong(value: str) -> bool:
    number = _compact(value)
    letters = [ord(letter) - 55 for letter in number[:-7]]
    padded = [36] * (2 - len(letters)) + letters
    last = 10 if number[-1] == "A" else int(number[-1])
    digits = [*padded, *map(int, number[-7:-1]), last]
    return sum(digit * weight for digit, weight in zip(digits, range(9, 0, -1), strict=True)) % 11 == 0


_TAIWAN = "ABCDEFGHJKLMNPQRSTUVXYWZIO"  # the letters' order by their codes, from 10


def _taiwanese(value: str) -> bool:
    code = _TAIWAN.index(value[0].upper()) + 10
    digits = [code // 10, code % 10, *map(int, value[1:])]
    return sum(d * w for d, w in zip(digits, (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1), strict=True)) % 10 == 0


def _snils(value: str) -> bool:
    digits = digits_of(value)
    total = sum(int(digit) * (9 - at) for at, digit in enumerate(digits[:9]))
    return total % 101 % 100 == int(digits[9:])


def _iranian(value: str) -> bool:
    digits = digits_of(value)
    rest = sum(int(digit) * (10 - at) for at, digit in enumerate(digits[:9])) % 11
    return len(set(digits)) > 1 and int(digits[9]) == (rest if rest < 2 else 11 - rest)


def _spanish_social(value: str) -> bool:
    digits = digits_of(value)
    return int(digits[:-2]) % 97 == int(digits[-2:])


def _luhn(value: str) -> bool:
    return bool(luhn.is_valid(digits_of(value)))


def _south_african(value: str) -> bool:
    digits = digits_of(value)
    return _turned_date(digits) and digits[10] in "012" and _luhn(digits)


def _new_zealand_health(value: str) -> bool:
    """The old form (three letters, three digits, check digit); the new one has a letter at its end."""
    number = _compact(value)
    alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZ"
    if number[-1].isalpha():
        return True
    total = sum((alphabet.index(c) + 1 if c.isalpha() else int(c)) * (7 - at) for at, c in enumerate(number[:6]))
    return total % 11 != 0 and (11 - total % 11) % 10 == int(number[6])


def _born_in_quebec(value: str) -> bool:
    """Year, month (women: plus 50) and day stand in a health card's number."""
    digits = digits_of(value)
    return 1 <= int(digits[2:4]) % 50 <= 12 and 1 <= int(digits[4:6]) <= 31


_ID, _HEALTH, _LICENCE, _PASSPORT, _DOCTOR = (
    "NATIONAL_ID",
    "HEALTH_INSURANCE",
    "DRIVER_LICENSE",
    "PASSPORT",
    "MEDICAL_LICENSE",
)
KINDS = (
    # Travel documents' lines for machines.
    Civil(
        _PASSPORT,
        _form(r"[A-Z0-9<]{9}\d[A-Z<]{3}\d{7}[MFX<]\d{7}[A-Z0-9<]{2,14}\d{0,2}", capitals=True),
        "",
        _machine_line,
    ),
    Civil(_PASSPORT, _form(r"[IAC][A-Z<][A-Z]{3}[A-Z0-9<]{9}\d[A-Z0-9<]{10,15}", capitals=True), "", _card_line),
    Civil(
        _PASSPORT,
        _form(r"[A-Z]{1,3}-?\d{6,8}|[A-Z]{1,2}\d[A-Z0-9]{5,7}|\d{9}|\d{2} ?\d{2} ?\d{6}|[A-Z]\d{3}[A-Z]\d{4}"),
        "passport*|passn*|reisepass*|passeport*|pasaporte*|passaport*|paspoort*|paszport*|паспорт*|여권*|护照*|旅券番号|pasaport|pass|passnummer",
    ),
    # Germany
    Civil(_ID, _form(r"\d{2} ?\d{6} ?[A-Z] ?\d{3}"), "", _pension),
    Civil(
        _ID,
        _form(r"\d{8} ?[A-Z] ?\d{3}"),
        "rvnr|rentenversicherung*|sozialversicherungs*|svnr|vsnr",
    ),
    Civil(
        _ID,
        _form(r"[CFGHJKLMNPRTVWXYZ](?=[A-Z0-9]*\d)[CFGHJKLMNPRTVWXYZ0-9]{8}\d?|T\d{8}"),
        "personalausweis*|ausweis*|perso|identity card|id card|ausweis",
    ),
    Civil(
        _HEALTH,
        _form(r"[A-Z] ?\d{3} ?\d{3} ?\d{3}"),
        "kvnr|krankenkasse*|krankenversicher*|versichert*|egk|gesundheitskarte|health insurance",
        _german_health,
    ),
    Civil(_DOCTOR, _form(r"\d{9}"), "lanr|arztnummer|bsnr|betriebsstätten*|betriebsstatten*"),
    # United Kingdom and Ireland
    Civil(
        _LICENCE,
        _form(r"[A-Z9]{2,5}9{0,3}\d[0156]\d(?:0[1-9]|[12]\d|3[01])\d[A-Z9]{2}[A-Z0-9]{3}", capitals=True),
        "",
        lambda value: len(value) == 16 and value[:5].rstrip("9").isalpha(),
    ),
    Civil(
        _LICENCE,
        _form(r"[A-Z9]{5}\d{6}[A-Z9]{2}[A-Z0-9]{3}(?: ?\d\d)?"),
        "licence*|license*|driving|driver|dvla",
    ),
    Civil(_HEALTH, _form(r"\d{10}|\d{6} \d{4}"), "chi|community health index",
          lambda value: _date(digits_of(value))),
    # Canada
    Civil(_HEALTH, _form(r"[A-Z]{4}[ -]?\d{4}[ -]?\d{4}"), "ramq|carte|assurance|health card", _born_in_quebec),
    Civil(
        _HEALTH,
        _form(r"\d{4}[ -]?\d{3}[ -]?\d{3}(?:[ -]?[A-Z]{2})?|\d{5}[ -]?\d{4}|\d{3} ?\d{3} ?\d{3}|\d{12}"),
        "ohip|health card|ahcip|health number|msp|phin|carte santé|mcp",
    ),
    # New Zealand, Australia
    Civil(_HEALTH, _form(r"[A-HJ-NP-Z]{3} ?\d{2}(?:\d{2}|[A-HJ-NP-Z0-9][A-HJ-NP-Z])"), "nhi|national health index",
          _new_zealand_health),
    Civil(_HEALTH, _form(r"[2-6]\d{3} ?\d{5} ?\d(?:[ /-]?\d)?"), "medicare"),
    # India
    Civil(_HEALTH, _form(r"\d{2}-?\d{4}-?\d{4}-?\d{4}|\d{2} \d{4} \d{4} \d{4}"), "abha|ayushman|health id|abdm"),
    Civil(_LICENCE, _form(r"[A-Z]{2}[ -]?\d{2}[ -]?(?:19|20)\d{2}[ -]?\d{7}"),
          "licence*|license*|driving|dl|d.l"),
    Civil(_ID, _form(r"\d{4}[ :-]?\d{4}[ :-]?\d{4}"), "aadhaar|aadhar|adhaar|uidai|आधार"),
    # Far East
    Civil(_ID, _form(r"[A-Z]{1,2}\d{6} ?\([0-9A]\)", capitals=True), "", _hong_kong),
    Civil(_ID, _form(r"[A-Z]{1,2}\d{6} ?\(?[0-9A]\)?"), "hkid|hong kong id*|身份證|身份證號碼", _hong_kong),
    Civil(_ID, _form(r"[A-Z][1289]\d{8}"), "taiwan*|身分證*|統一證號|national id", _taiwanese),
    Civil(_LICENCE, _form(r"\d{2}-\d{2}-\d{6}-\d{2}"), "licence*|license*|면허*|운전면허"),
    Civil(_ID, _form(r"\d{6}-?[1-8]\d{6}"), "rrn|frn|주민등록번호|외국인등록번호|resident registration", _turned_date),
    Civil(_ID, _form(r"\d{12}|\d{9}"), "cccd|cmnd|căn cước|chứng minh nhân dân"),
    Civil(_ID, _form(r"\d{2}-\d{7}-\d|\d{4}-\d{4}-\d{4}(?:-\d{4})?|\d{12}"),
          "philsys|philid|psn|pcn|sss|umid|philhealth"),
    # Middle East and Africa
    Civil(_ID, _form(r"784-?(?:19|20)\d{2}-?\d{7}-?\d"), "", _luhn),
    Civil(_ID, _form(r"[12]\d{9}"), "iqama|الهوية|رقم الهوية|saudi id|national id", _luhn),
    Civil(_ID, _form(r"[23]\d{13}"), "الرقم القومي|national id|egyptian id", lambda value: _turned_date(value[1:])),
    Civil(_ID, _form(r"[23]\d{11}|[23]\d{10}"), "civil id|qid|qatar id|الرقم المدني"),
    Civil(_ID, _form(r"\d{10}|\d{3}-\d{6}-\d"), "کد ملی|code meli|melli|kode melli", _iranian),
    Civil(_ID, _form(r"GHA-\d{9}-\d", capitals=True)),
    Civil(_ID, _form(r"\d{11}"), "nin|bvn|national identification number"),
    Civil(_ID, _form(r"\d{6} ?\d{4} ?\d{3}"), "id|identity", _south_african),
    # Eastern Europe, Turkey
    Civil(_ID, _form(r"\d{3}-\d{3}-\d{3}[ -]\d{2}"), "", _snils),
    Civil(_ID, _form(r"\d{11}"), "снилс|snils", _snils),
    Civil(_ID, _form(r"\d{12}"), "иин|жсн|iin", _turned_date),
    Civil(_ID, _form(r"[A-Z]{3} ?\d{6}", capitals=True), "dowód*|dowodu|dowod|identity card"),
    Civil(_ID, _form(r"\d{6}[A-Z]{2}|\d{6} [A-Z]{2}"), "személyi|identity card"),
    Civil(_ID, _form(r"\d{3} ?\d{3} ?\d{3}"), "taj|taj-szám*|tajszám*"),
    # Southern Europe, Latin America
    Civil(_ID, _form(r"\d{2}[ /-]?\d{8}[ /-]?\d{2}"),
          "nss|naf|seguridad social|afiliación|afiliacion|social security", _spanish_social),
    Civil(_ID, _form(r"\d{11}|\d{2}[ -]\d{2}[ -]\d{2}[ -]\d{4}[ -]\d"), "nss|imss|seguro social", _luhn),
    Civil(_ID, _form(r"[A-Z]{6}\d{8}[HM]\d{3}"), "clave de elector|ine|elector"),
    Civil(_ID, _form(r"C[A-Z]\d{5}[A-Z]{2}|[A-Z]{2} ?\d{7}|\d{7} ?[A-Z]{2}"), "carta d'identit*|cie|identity card"),
    Civil(_LICENCE, _form(r"[A-Z]{2}\d{7}[A-Z]|U1[A-Z0-9]{7}[A-Z]"), "patente|licence*|license*"),
    Civil(_HEALTH, _form(r"80380\d{15}")),
    Civil(_ID, _form(r"\d{1,3}(?:\.\d{3}){2,3}|\d{6,10}"), "cédula|cedula|tarjeta de identidad"),
    Civil(_ID, _form(r"\d{1,2}\.?\d{3}\.?\d{3}-?[\dXKx]?"), "rg|registro geral"),
    # Sri Lanka, Bangladesh, Nepal
    Civil(_ID, _form(r"\d{9}[VX]|\d{12}"), "nic|national identity card"),
    Civil(_ID, _form(r"\d{10}|\d{13}|\d{17}"), "nid|জাতীয় পরিচয়পত্র"),
)  # fmt: skip
# A passport's first line: it has a name and no digit.
_PASSPORT_LINE = _form(r"[PV][A-Z<][A-Z<]{3}(?=[A-Z]{0,37}<)[A-Z<]{31,39}", capitals=True)
# Something that each of them has, to look for before anything else.
_FORM = re.compile(r"\d{4}|\d\d \d{2}|\d[A-Z]\d|\d{3}[-.:]\d{3}|\d[A-Z]{2}\b|\d{2}-\d{2}-\d{2}", re.IGNORECASE)


def find(source: Source) -> Iterator[Finding]:
    """Every such number in a text."""
    if "<<" in source.text:
        for match in _PASSPORT_LINE.finditer(source.text):
            yield Finding(match.start(), match.end(), _PASSPORT, 0.9, "civil_numbers")
    if not source.numbers or not _FORM.search(source.text):
        return
    kinds = _kinds()
    for index in _group().possible(source.places):
        kind, names = kinds[index]
        if names is not None and not names.may_be_in(source):
            continue
        for match in source.in_numbers(kind.form):
            if names is not None and not names.beside(source, match):
                continue
            if kind.check is None or kind.check(match[0]):
                score = 0.85 if names is None else 0.9
                yield Finding(match.start(), match.end(), kind.entity_type, score, "civil_numbers")


@cache
def _group() -> Group:
    """The forms of all kinds, of which few can stand in a text."""
    return Group(kind.form for kind, _ in _kinds())


@dataclass(frozen=True, slots=True)
class _Names:
    """The words of one kind: those to look up among the text's words, those to look for in it, and all as one."""

    whole: frozenset[str]
    parts: tuple[str, ...]
    pattern: re.Pattern[str]

    def may_be_in(self, source: Source) -> bool:
        """A cheap test, which spares most texts the rest."""
        if not self.whole.isdisjoint(source.words) or any(part in source.lower for part in self.parts):
            return True
        return bool(source.context) and self.pattern.search(source.context) is not None

    def beside(self, source: Source, match: re.Match[str]) -> bool:
        """Whether one of them stands before or behind a number."""
        behind = source.text[match.end() : match.end() + _BEHIND]
        return self.pattern.search(source.before(match.start(), _REACH)) is not None or bool(
            self.pattern.search(behind)
        )


@cache
def _kinds() -> tuple[tuple[Civil, _Names | None], ...]:
    return tuple((kind, _names(kind.words.split("|")) if kind.words else None) for kind in KINDS)


def _names(listed: list[str]) -> _Names:
    whole = frozenset(word for word in listed if word.isalpha())
    parts = tuple(word.rstrip("*") for word in listed if word not in whole)
    written = (re.escape(word.rstrip("*")) + (r"\w{0,24}" if word.endswith("*") else "") for word in listed)
    return _Names(whole, parts, words(written))
