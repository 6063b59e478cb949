"""Telephone numbers.

In international form (`+…`, `00…`) a number counts by its length and, if its plan is known to libphonenumber, its
plan. A North American one that nobody could be called at (no such area is given out), or that is no person's
(toll-free), needs something beside it: a word, a name, another value. In national form a number counts when it is
grouped as telephone numbers are, or when a word or field before it says what it is: ten digits alone may be anything.
"""

import re
from collections.abc import Iterator

import phonenumbers

from detectors.finding import Finding
from detectors.gate.gate import gated
from detectors.recognizers.numbers import digits_of
from detectors.recognizers.rule import words
from detectors.recognizers.source import Source

_CANDIDATE = gated(
    re.compile(
        r"(?<![\w@#$€£/.-])(?<!\d[ ,:])(?:tel:)?(\+?\(?\d(?:[ ./()-]{0,2}\d){4,16})(?:\s?(?:x|ext\.?|"
        r"extension)\s?:?\s?\d{1,6})?(?![\w@%]|[-.:/,]\d)"
    )
)
_INTERNATIONAL = re.compile(r"00[ (]{0,2}[1-9]")
# Groups that are written for telephone numbers and hardly for anything else.
_GROUPED = re.compile(
    r"(?:\+?1[ .-]?)?\(?[2-9]\d{2}\)?[ .-]{0,2}\d{3}[ .-]\d{4}|"  # North America
    r"\(0?\d{1,5}\)[ .-]?\d{2,4}(?:[ .-]?\d{2,5}){1,3}|"  # area code in brackets
    r"0\d{1,4}[ /-]\d{3,8}(?:[ -]\d{2,6}){0,2}|"  # trunk zero: DE, UK, AT, NL, …
    r"0[1-9](?:\d{8}|([ .-])\d{2}(?:\1\d{2}){3})|"  # FR
    r"[6-9]\d{4}[ -]\d{5}"  # IN
)
_WORDS = words(
    ("phone", "phones", "phone_?(?:number|no)", "phonenumber", "telephone", "tel", "tele", "cell", "cellphone",
    "mobile", "mobil", "handy",
     "call", "called", "calling", "callback", "text me", "texted", "sms", "whatsapp", "signal", "fax", "ring",
     "dial", "contact", "reach",
     "hotline", "landline", "direct line",
     "voicemail", "contact_?number", "ph", "telefon", "telefono", "teléfono", "téléphone",
     "telefone", "telefonnummer",
     "rufnummer", "ruf mich", "móvil",
    "telepono", "cep", "numara", "portable", "appelez", "llame", "llámame", "anrufen", "rufen", "numer", "номер",
     "tlf", "tlfnr", "telefonnr", "mobilnr", "puhelin", "puhelinnumero", "numeroon", "telefonszám", "mobilszám",
     "telefonní", "telefónne", "telefonul", "celular", "telemóvel", "cellulare", "gsm", "komórka", "volejte",
     "ligar", "chiama", "bellen", "zadzwoń", "тел", "телефон", "телефону", "моб", "τηλ", "τηλέφωνο", "κινητό",
     "电话", "電話", "手机", "手機", "携帯", "전화", "전화번호", "휴대폰",
     "الهاتف", "هاتف", "جوال", "फ़ोन", "फोन", "मोबाइल")
)  # fmt: skip
_OTHER = words(
    ("order", "invoice", "part", "account", "serial", "ssn", "isbn", "ein", "tax", "routing", "case", "ticket",
     "tracking", "card", "id", "vat", "policy", "claim", "date", "sku", "model", "version", "ref", "reference")
)  # fmt: skip
_NUMBER_WORD = words(("numbers?", "número", "numero", "numéro", "nummer"))  # of what is not said: the form decides
# Right before a number of five digits.
_KEY = re.compile(r"(?i)(?<![^\W_])(?:(?:tele)?phone|mobile|cell|tel|fax|contact)[\"']?\s?[:=]\s?[\"']?$")
_SENTENCE_END = re.compile(r"[.!?]\s|\n")
_NO_AREA = re.compile(r"\+1[ .(-]{0,3}(?:[01]\d\d|[2-9]11)[ .)-]")  # North America's plan has no such area
_AMERICAN = re.compile(r"\+1[ .(-]")
_BESIDE = re.compile(r"[^\W_]")
_BESIDE_REACH = 80
_LOCAL = re.compile(r"\d{3}[ .-]\d{4}")
_DATE = re.compile(
    r"(?:19|20)\d{2}[ ./-]\d{1,2}[ ./-]\d{1,2}|\d{1,2}[ ./-]\d{1,2}[ ./-](?:19|20)\d{2}|(?:19|20)\d{2}\s?-\s?(?:19|"
    r"20)\d{2}"
)
# Regions whose national forms are accepted; a word before the number is needed where it has no telling groups.
_REGIONS = (
    "US",
    "GB",
    "DE",
    "FR",
    "IN",
    "ES",
    "IT",
    "NL",
    "PL",
    "PT",
    "BR",
    "AU",
    "JP",
    "CN",
    "SE",
    "CH",
    "AT",
    "BE",
    "IE",
    "MX",
    "ZA",
)


_SHORTEST = 6
_SHORTEST_ABROAD = 11  # digits of `00…`: fewer may be a number with zeros in front
_SHORTEST_UNPLANNED, _ASKED = 9, 140
_LONGEST = 15  # ITU-T E.164


def find(source: Source) -> Iterator[Finding]:
    """Every telephone number in a text."""
    for match in source.in_numbers(_CANDIDATE):
        value = match[1]
        score = _score(value, source, match.start(1))
        if score:
            yield Finding(match.start(1), match.end(), "PHONE_NUMBER", score, "phones")


def _score(value: str, source: Source, start: int) -> float:
    digits = digits_of(value)
    if not _SHORTEST <= len(digits) <= _LONGEST or _DATE.fullmatch(value):
        return 0.8 if len(digits) == _SHORTEST - 1 and _KEY.search(source.before(start, 24)) else 0.0
    if _NO_AREA.match(value):
        return 0.0
    if value.startswith("+") and _plan(value, None):
        return 0.0 if _AMERICAN.match(value) and _stands_alone(value, source, start) and not _persons(value) else 0.95
    if _INTERNATIONAL.match(value) and len(digits) >= _SHORTEST_ABROAD and _plan("+" + digits.removeprefix("00"), None):
        return 0.8
    # Nothing else is written so; who was asked for a number may answer with one that no plan has.
    unplanned = value[0] == "+" and value[1:].isdigit() and len(digits) >= _SHORTEST_UNPLANNED
    if unplanned and _last(_WORDS, source.before(start, _ASKED)):
        return 0.6
    before = source.before(start, 40)
    named, other = _last(_WORDS, before), _last(_OTHER, before)
    if other and _SENTENCE_END.search(before, other.end()):
        other = None  # "… an extra ticket! My number is": another sentence is about something else
    if named and not (other and other.start() > named.start()):
        return 0.9 if any(_plan(value, region) for region in _REGIONS) else 0.6
    if other:
        return 0.0
    if _NUMBER_WORD.search(before) and (
        value[0] == "+" or _LOCAL.fullmatch(value) or any(_plan(value, region) for region in _REGIONS)
    ):
        return 0.6
    if _GROUPED.fullmatch(value) and len(digits) >= 9:
        return 0.75
    return 0.0


def _stands_alone(value: str, source: Source, start: int) -> bool:
    """Whether nothing beside a number says anything."""
    end = start + len(value)
    around = f"{source.before(start, _BESIDE_REACH)} {source.text[end : end + _BESIDE_REACH]}"
    return _BESIDE.search(around) is None


def _persons(value: str) -> bool:
    """Whether a person can have this number by its country's plan."""
    kind = phonenumbers.number_type(phonenumbers.parse(value, None))
    return kind == phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    """The nearest word before the number decides."""
    last = None
    for match in pattern.finditer(text):
        last = match
    return last


def _plan(value: str, region: str | None) -> bool:
    """Whether libphonenumber knows the number's length and prefix to be possible."""
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(value, region))
    except phonenumbers.NumberParseException:
        return False
