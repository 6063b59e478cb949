"""Dates: of birth where a word or a field says so, and calendar dates as such (which no default policy acts on)."""

import re
from collections.abc import Iterator

from detectors.finding import Finding
from detectors.gate.gate import gated
from detectors.recognizers.rule import words
from detectors.recognizers.source import Source

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?)"
)
# The months of German, French, Spanish, Italian, Dutch, Portuguese and Polish, which stand behind a day.
_MONTH_ABROAD = (
    r"(?:j(?:anuar|änner|anvier|uni|uli|uin|uillet|ulio|unio|anuari|aneiro|unho|ulho)|"
    r"f(?:ebruar|eber|évrier|evrier|ebrero|ebbraio|ebruari|evereiro)|"
    r"m(?:ärz|ars|arzo|aart|arço|arca|ai|ayo|aggio|ei|aio|aja)|"
    r"a(?:vril|bril|prile|ugust|oût|gosto|ugustus)|se(?:ptembre|ptiembre|ttembre|tembro)|"
    r"o(?:ktober|ctobre|ctubre|ttobre|utubro)|no(?:vembre|viembre|vembro)|"
    r"d(?:ezember|écembre|ecembre|iciembre|icembre|ezembro)|enero|gennaio|giugno|luglio|dez|okt|"
    r"stycznia|lutego|kwietnia|czerwca|lipca|sierpnia|września|października|listopada|grudnia)"
)
_DATE = gated(
    re.compile(
        r"(?<![\w./-])(?:"
        r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|"
        r"\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2})|"
        rf"\d{{1,2}}[-/ .]{{1,2}}{_MONTH}\.?[-/ ,]{{1,2}}\d{{2,4}}|"
        rf"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day,? )?{_MONTH}\.? \d{{1,2}}(?:st|nd|rd|"
        rf"th)?(?:-\d{{1,2}})?(?:,? \d{{4}})?|"
        rf"\d{{1,2}}(?: ?(?:st|nd|rd|th))?(?: of)? {_MONTH}(?:,? \d{{4}})?|"
        r"(?:19|20)\d{2}年 ?\d{1,2}月 ?\d{1,2}日|(?:19|20)\d{2}년 ?\d{1,2}월 ?\d{1,2}일|"
        rf"\d{{1,2}}(?:\.|er|º)? ?(?:de |di )?{_MONTH_ABROAD}\.?(?: (?:de |del )?\d{{4}})?|"
        rf"{_MONTH}\.?,? (?:19|20)\d{{2}}"
        r")(?![\w/]|[.-]\d)",
        re.IGNORECASE,
    )
)
_BIRTH = words(
    ("born", "birth", "birthday", "birthdate", "birth_?date", "date_?of_?birth", "dob", "d\\.o\\.b", "bday",
    "geboren", "geburtsdatum",
     "né", "née", "geb\\.", "nacimiento", "nacid[oa]", "naissance", "nascita", "nato", "nata", "geboortedatum",
     "nascimento", "nascid[oa]", "urodzenia", "urodzon[ya]", "ur\\.",
     "født", "fødselsdato", "född", "födelsedatum", "syntynyt", "syntymäaika", "narozen[áa]?", "narození", "nar\\.",
     "narodený", "narodená", "rođena?", "rođenja", "rojena?", "rojstva", "născută?", "nașterii", "született",
     "születési", "doğum", "sünd(?:inud|is)", "dzimis", "gimęs", "γεννήθηκε", "γέννησης", "родил(?:ся|ась)", "рождения",
     "г\\.р\\.", "народи(?:вся|лася)", "народження", "роден[аи]?", "生年月日", "出生日期", "出生", "생년월일",
     "تاريخ الميلاد", "الميلاد", "जन्म", "जन्म तिथि", "जन्मतिथि",
     "geburtstag", "gebürtig", "naître", "cumpleaños",
     "nací", "nació", "f\\.? ?nac", "fecha de nac", "nasceu", "nasci", "dt\\.? ?nasc", "aniversário",
     "geb(?:oorte)?(?:dag|datum)?",
     "jarig", "verjaardag", "compleanno", "urodziny", "urodził[a]?", "urodziłem", "urodziłam", "data ur")
)  # fmt: skip


# What else a date may be of. Nearer to the date than a word for birth, it says that this is no birth.
_OTHER_DAY = words(
    ("admi(?:tted|ssion)", "discharged?", "due", "issued?", "expir(?:y|es|ed|ation)", "valid", "hired?", "joined",
     "started?", "starts", "begins?", "ends?", "ended", "effective", "visit(?:ed)?", "seen", "appointment",
     "scheduled", "surgery", "operated", "test(?:ed)?", "collected", "received", "signed", "dated", "died", "death",
     "deceased", "married", "wedding", "invoice", "paid", "payment", "ordered", "shipped", "delivered", "created",
     "updated", "modified", "diagnosed", "since", "until", "till", "enrol?led", "graduated", "report", "completed",
     "booked", "moved", "arriv(?:ed|es|al)", "depart(?:s|ed|ure)", "travel(?:s|led)?")
)  # fmt: skip
# Two spellings of one date stay one date: `DOB 04/12/1965 (12 April 1965)`.
_SAME_DATE = re.compile(r"\s{0,2}(?:[/(=]|or\b|i\.e\.|aka\b)[\s(]{0,2}")
_BIRTH_AFTER = re.compile(r"\s?[(\[,]\s?(?:dob|d\.o\.b|date of birth|birth ?da(?:y|te))\b(?!\W{0,3}\d)", re.IGNORECASE)
_REACH = 48


def find(source: Source) -> Iterator[Finding]:
    """Every calendar date in a text; those that are somebody's birth as `DATE_OF_BIRTH`."""
    text = source.text
    last_end, last_birth = 0, False
    named = _BIRTH.search(source.context) is not None
    for match in source.matches(_DATE):
        if not _plausible(match[0]):
            continue
        start = match.start()
        birth = (
            named
            or _is_birth(text[max(last_end, start - _REACH) : start])
            or (last_birth and _SAME_DATE.fullmatch(text[last_end:start][:12]) is not None)
            or _BIRTH_AFTER.match(text, match.end()) is not None
        )
        yield Finding(start, match.end(), "DATE_OF_BIRTH" if birth else "DATE_TIME", 0.85, "dates")
        last_end, last_birth = match.end(), birth


def _is_birth(before: str) -> bool:
    """Whether the nearest word that says what a date is of says birth."""
    births = [match.end() for match in _BIRTH.finditer(before)]
    others = [match.end() for match in _OTHER_DAY.finditer(before)]
    return bool(births) and (not others or births[-1] > others[-1])


def _plausible(value: str) -> bool:
    """Whether a day and a month can be what they say: `1.2.34` in a version, `99/99/99` are none."""
    numbers = [int(number) for number in re.findall(r"\d+", value)]
    if re.search(r"[^\W\d_]{3}", value):
        return any(1 <= number <= 31 or 1900 <= number < 2100 for number in numbers)
    if re.fullmatch(r"\d{1,2}\.\d{1,2}\.\d{2}", value):
        return False
    small = [number for number in numbers if number <= 31]
    return len(numbers) == 3 and len(small) >= 2 and any(number <= 12 for number in small) and 0 not in numbers[:2]
