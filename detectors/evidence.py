"""From what the models say to findings: which names, places, addresses and numbers are believed.

The tagger (`detectors.tagger`) reads all prose. What it is sure of counts, unless it is part of an identifier or a
heading, or a number that something before it calls a part or a page. Where it is in doubt, Rampart (a token classifier
made for personal data, `detectors.ner`) reads the same line, and is believed by the same rules.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from detectors.alone import is_first_name
from detectors.finding import Finding
from detectors.given_names import COMMON, is_given_name
from detectors.ner import TokenScores
from detectors.places import COUNTRIES
from detectors.recognizers.rule import words
from detectors.tagger import CLASSES, Tags

# Rampart's classes → our entity types. Classes of one type are summed before anything is decided.
TYPES = {
    "GIVEN_NAME": "PERSON",
    "SURNAME": "PERSON",
    "EMAIL": "EMAIL_ADDRESS",
    "PHONE": "PHONE_NUMBER",
    "TAX_ID": "TAX_ID",
    "BANK_ACCOUNT": "BANK_ACCOUNT",
    "ROUTING_NUMBER": "BANK_ACCOUNT",
    "GOVERNMENT_ID": "NATIONAL_ID",
    "PASSPORT": "PASSPORT",
    "DRIVERS_LICENSE": "DRIVER_LICENSE",
    "BUILDING_NUMBER": "STREET_ADDRESS",
    "STREET_NAME": "STREET_ADDRESS",
    "SECONDARY_ADDRESS": "STREET_ADDRESS",
    "ZIP_CODE": "STREET_ADDRESS",
    "CITY": "LOCATION",
    "STATE": "LOCATION",
}
_NUMBERS = frozenset({"TAX_ID", "BANK_ACCOUNT", "NATIONAL_ID", "PASSPORT", "DRIVER_LICENSE", "PHONE_NUMBER"})

BELIEVED = 0.5  # a type's probability from which a piece belongs to it
_PERSON = CLASSES.index("PERSON")
_PERSONAL = [CLASSES.index(name) for name in ("PERSON", "STREET_ADDRESS")]
_SUSPECTED = 0.1
_KNOWN = 0.7  # the share of known first names that are somebody's where the tagger has a doubt
_DOUBT, _NO_DOUBT = 0.2, 0.7  # between these, the tagger's word on a person or an address is a guess
_SURE_NUMBER = 0.7
_SURE_LOWER = 0.95  # a single word without a capital, with nothing around it that introduces a name
_SURE_MULTIPLE = 0.7
# Where a missed name costs as much as two false ones, on texts that nothing was taught with: docs/detection.md.
_SURE_NEW = 0.65
_MIN_DIGITS = 4
_HEX = re.compile(r"[0-9a-fA-F]{12,}")
_MAX_NUMBER = 32
_SURE_STREET = 0.8  # a street's name without a number

_STRETCHED = re.compile(r"([^\W\d_])\1\1", re.IGNORECASE)
_SPELLED_EMAIL = re.compile(r"\w (?:at|dot) \w|mail ?(?:dot ?)?com$|\[at\]|\(at\)", re.IGNORECASE)
_INTRODUCED = re.compile(
    r"(?:\bnames?(?:'?s| is| was|:)?|\bi am|\bi'?m|\bthis is|\bit'?s|\bcalled|\bcall me|\bmr\.?|\bmrs\.?|\bms\.?|"
    r"\bdr\.?|"
    r"\bdear|\bhi|\bhey|\bhello|\bsigned|\bregards,?)\s{1,3}$",
    re.IGNORECASE,
)
_NOT_PERSONAL = words(
    ("part", "model", "sku", "isbn", "issn", "ean", "upc", "gtin", "version", "build", "port", "commit", "revision",
    "page", "figure",
     "section", "chapter", "line", "error", "rfc", "cve", "bug", "pr", "art", "article", "figi", "isin", "lei",
     "doi", "serial", "client_?id")
)  # fmt: skip
_NUMBER_NAMES = words(
    ("licen[cs]e", "driver'?s?", "dl", "passport", "tax", "tin", "ein", "vat", "ssn", "social", "id", "identity",
    "national", "account", "acct",
     "bank", "routing", "iban", "sort", "swift", "insurance", "member", "policy", "patient", "phone", "tel",
     "mobile", "fax", "call", "number")
)  # fmt: skip
_IN_ADDRESS = re.compile(r"[@._/\\=][^\W_]+|.?[^\W_]+(?:[@_/\\=]|\.\w)", re.DOTALL)
_TITLES = frozenset({"Mr", "Mrs", "Ms", "Mx", "Miss", "Dr", "Prof", "Herr", "Frau", "Mme"})
# What may stand between two pieces of one value.
_GAPS = {
    "PERSON": re.compile(r"\s?|[ ]?[-'.][ ]?|\. |, (?=[A-Z]\.)"),
    "STREET_ADDRESS": re.compile(r"[ ]{0,3}|,? ?\n?|[ ]?[-/.#,][ ]?"),
    "LOCATION": re.compile(r"[ ]?|-|\. |, "),
}
_BESIDE = 6  # characters between a place and its post code: "Pune and 411001"
_SHORT_TURN = 48  # a message this short is an answer: a long number in it is somebody's
_LONG_NUMBER = 5
_POSTAL = re.compile(
    r"\b(?:zip|postal|post ?code|postcode|plz|pin ?code|address|apt|apartment|suite|unit|flat|box|house)\b",
    re.IGNORECASE,
)
_ESCAPED = frozenset({'"', "'", "n", "r", "t"})
_CLOCK = re.compile(r"\d{1,2}[:.]?(?:\d{2})? ?(?:[ap]\.?m\.?|h|uhr)", re.IGNORECASE)
# A number to reckon with: "4817 * 3926", "543 times 344".
_RECKONED = re.compile(r"[*+=^\u00d7÷<>] ?$")
_YEAR = re.compile(
    r"\b(?:in|since|until|by|of|around|from|to|and|between|before|after|year|im|jahre?|seit|en|desde|nel|dal|em|roku|anno|c\.|"
    r"spring|summer|autumn|fall|winter|january|february|march|april|may|june|july|august|september|october|november|"
    r"december)[ ,]{1,2}$",
    re.IGNORECASE,
)
_CALENDAR = re.compile(r"(?:1\d|20)\d\d")
_SUMMED = re.compile(r" ?[*+=^\u00d7÷<>]| (?:times|plus|minus|divided) ")
_SUM = re.compile(r"\d (?:times|plus|minus|divided by|[x*+]) \d")
_NUMBER_GAP = re.compile(r"[ ]?[-./() +][ ]?|")
_COMPANY = re.compile(
    r"\b(?:Inc|LLC|LLP|Ltd|Limited|Corp|Corporation|Company|Co|GmbH|AG|SE|SA|S\.A|SpA|BV|B\.V|NV|PLC|plc|Pty|Oy|AB|AS|"
    r"Group|Holdings?|Partners|Associates|Solutions|Systems|Technologies|Industries|Enterprises|Consulting|Services|"
    r"Bank|Insurance|University|College|School|Hospital|Clinic|Institute|Foundation|Agency|Ministry|Council|Center|"
    r"Centre)\b"
)
# The last word of a form's label or a letter's subject, which spaCy takes for an organisation.
_HEADING = re.compile(
    r"\b(?:Date|Update|Updates|Review|Statement|Level|Levels|Team|Agenda|Meeting|Report|Notes?|Summary|Strategy|Campaign|"
    r"Budget|Plan|Planning|Project|Birth|Physician|Coordinator|Manager|Director|Analyst|Engineer|Developer|Officer|"
    r"Parent|Party|Policy|Policies|Number|ID|Details?|Information|Results?|Test|Title|Section|Name|Address|Records?|"
    r"Discharge|Admission|Transaction|Invoice|Schedule|Proposal|Request|Order|Card|Account|Resume|Score|Grade)$"
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What Rampart says of one chunk of a text that starts at `offset`, and where the tagger suspects people."""

    offset: int
    scores: TokenScores
    people: tuple[tuple[int, int], ...] = field(default=())


class Judge:
    """Turns readings into findings. Knows the order of the model's classes, holds nothing else."""

    def __init__(self, classes: Sequence[str]) -> None:
        self.types = ("O", *dict.fromkeys(TYPES[name] for name in classes if name in TYPES))
        self._fold = np.zeros((len(classes), len(self.types)), dtype=np.float32)
        for index, name in enumerate(classes):
            self._fold[index, self.types.index(TYPES.get(name, "O"))] = 1.0

    def findings(self, text: str, readings: Iterable[Reading]) -> list[Finding]:
        """The findings in one text, with offsets in it; overlapping ones are left to the merge."""
        found: list[Finding] = []
        for reading in readings:
            found.extend(self._of_reading(text, reading))
        return found

    def _of_reading(self, text: str, reading: Reading) -> list[Finding]:
        scores, offset = reading.scores, reading.offset
        folded = scores.probabilities @ self._fold
        starts, ends = scores.starts + offset, scores.ends + offset
        runs = self._runs(text, starts.tolist(), ends.tolist(), folded)
        return [
            finding
            for run in _with_streets(text, runs)
            if (finding := _accept_model(text, run, agreed=_overlaps_any(run, reading.people))) is not None
        ]

    def _runs(self, text: str, starts: list[int], ends: list[int], folded: np.ndarray) -> list[Finding]:
        """Join neighbouring pieces of one type; the score is their mean probability."""
        best = folded.argmax(axis=1).tolist()
        best_score = folded.max(axis=1).tolist()
        runs: list[Finding] = []
        start = end = 0
        kind, weights = 0, list[float]()

        def close() -> None:
            if kind and end > start:
                runs.append(Finding(start, end, self.types[kind], min(1.0, sum(weights) / len(weights)), "rampart"))

        for index, piece in enumerate(best):
            if starts[index] == ends[index]:
                continue
            score = best_score[index]
            if not piece or score < BELIEVED:
                # A word's tail follows its head: "Kowalczyk" cut in four pieces is one name.
                if kind and starts[index] == end and text[end : end + 1].isalnum() and text[end - 1].isalnum():
                    end = ends[index]
                continue
            gap = _GAPS.get(self.types[piece], _NUMBER_GAP)
            if piece == kind and starts[index] >= end and gap.fullmatch(text[end : starts[index]]):
                end = ends[index]
                weights.append(score)
                continue
            close()
            start, end, kind, weights = starts[index], ends[index], piece, [score]
        close()
        return [_whole_words(text, run) for run in runs]


def _overlaps_any(run: Finding, spans: Iterable[tuple[int, int]]) -> bool:
    return any(start < run.end and run.start < end for start, end in spans)


def _with_streets(text: str, runs: list[Finding]) -> list[Finding]:
    """Without numbers that would be a house or a post code, but stand beside no street, city or word that says so."""
    kept: list[Finding] = []
    for index, run in enumerate(runs):
        lonely = run.entity_type == "STREET_ADDRESS" and not any(c.isalpha() for c in text[run.start : run.end])
        if lonely:
            beside = [
                other
                for other in runs[max(0, index - 1) : index + 2]
                if other is not run
                and other.entity_type in {"STREET_ADDRESS", "LOCATION"}
                and max(other.start - run.end, run.start - other.end) <= _BESIDE
            ]
            answer = len(text) <= _SHORT_TURN and sum(c.isdigit() for c in text[run.start : run.end]) >= _LONG_NUMBER
            if not beside and not answer and not _POSTAL.search(text[max(0, run.start - 32) : run.start]):
                continue
        kept.append(run)
    return kept


def _whole_words(text: str, run: Finding) -> Finding:
    """Extend a run to the words it begins and ends in; bounded, so that a megabyte of letters stays cheap."""
    start, end = run.start, run.end
    while start > max(0, run.start - 24) and text[start - 1].isalnum() and text[start].isalnum():
        start -= 1
    while end < min(len(text), run.end + 24) and text[end].isalnum() and text[end - 1].isalnum():
        end += 1
    return Finding(start, end, run.entity_type, run.score, run.detector)


def _accept_model(text: str, run: Finding, *, agreed: bool) -> Finding | None:
    """Whether a run of Rampart's is believed. `agreed`: spaCy sees a person there too."""
    value = text[run.start : run.end]
    match run.entity_type:
        case "PERSON":
            return run if _is_person(text, run, value, agreed=agreed) else None
        case "LOCATION":
            if value.strip().lower() in COUNTRIES:
                return replace(run, entity_type="COUNTRY")
            return run if len(value) >= 2 and not _in_identifier(text, run) else None
        case "STREET_ADDRESS":
            return run if _is_street(run, value) else None
        case "EMAIL_ADDRESS":
            return run if "@" in value or _SPELLED_EMAIL.search(value) else None
        case kind if kind in _NUMBERS:
            return run if _is_number(text, run, value) else None
    return run


def _is_street(run: Finding, value: str) -> bool:
    """A part of an address: more than a word unless the model is sure, and no time of day."""
    return len(value) >= 3 and (run.score >= _SURE_STREET or not value.isalpha()) and not _CLOCK.fullmatch(value)


def _is_person(text: str, run: Finding, value: str, *, agreed: bool) -> bool:
    if len(value) < 2 or _STRETCHED.search(value) or any(character.isdigit() for character in value):
        return False
    if _in_identifier(text, run):
        return False
    if " " in value or agreed:
        return value.islower() is False or run.score >= _SURE_MULTIPLE
    if _is_guess(run, value):
        return _is_presented(text, run)
    if value.isupper():
        return len(value) > 3 and run.score >= _SURE_LOWER and _is_presented(text, run)
    if value.islower():
        return _is_presented(text, run) or run.score >= _SURE_LOWER or len(text) <= run.end - run.start + 16
    return True


def _is_number(text: str, run: Finding, value: str) -> bool:
    """A number must stand alone (not inside a hash, a path, a version), and not be named as a part, page or port."""
    if sum(character.isdigit() for character in value) < _MIN_DIGITS or len(value) > _MAX_NUMBER:
        return False
    if _HEX.fullmatch(value) and not value.isdecimal():
        return False
    before = text[max(0, run.start - 40) : run.start]
    if _NOT_PERSONAL.search(before):
        return False
    neighbours = text[max(0, run.start - 1) : run.start] + text[run.end : run.end + 1]
    if any(character.isalnum() or character in "-_/\\@~" for character in neighbours):
        return False
    return "=" not in neighbours or _NUMBER_NAMES.search(before) is not None


def _is_account(text: str, run: Finding, value: str) -> bool:
    """A number as people type it ("u 6 hgh 8") may have few digits; what names it as something else still counts."""
    digits = sum(character.isdigit() for character in value)
    if _SUM.search(value) or _RECKONED.search(text[max(0, run.start - 3) : run.start]) or _SUMMED.match(text, run.end):
        return False
    if _CALENDAR.fullmatch(value) and _YEAR.search(text[max(0, run.start - 12) : run.start]):
        return False
    if digits < 2 or len(value) > _MAX_NUMBER or len(value.replace(" ", "")) < _MIN_DIGITS:
        return False
    neighbours = text[max(0, run.start - 1) : run.start] + text[run.end : run.end + 1]
    return not _NOT_PERSONAL.search(text[max(0, run.start - 40) : run.start]) and not any(
        character.isalnum() or character in "_/\\@~=" for character in neighbours
    )


def _in_identifier(text: str, run: Finding) -> bool:
    """Whether a run is a part of `jenkins_url`, `http://jenkins.example`, a key of JSON or an option."""
    before, after = text[max(0, run.start - 2) : run.start], text[run.end : run.end + 2]
    if after[:1] == "\\" and after[1:] in _ESCAPED:
        after = after[1:]  # "I\\'m Ana\\'s daughter", as strings in strings are written
    if (
        before[-1:] in {"_", "/", "\\", "$", "%", "="}
        or after[:1] in {"_", "/", "\\", "="}
        or "_" in text[run.start : run.end]
    ):
        return True
    if after[:1] in {"(", "["} or before[-1:] == "." or (after[:1] == "." and after[1:].isalnum()) or before == "--":
        return True
    return after[:1] in {'"', "'"} and after[1:] in {":", "="} and before[-1:] == after[:1]


def suspected(tags: Tags, offset: int) -> tuple[tuple[int, int], ...]:
    """Where the tagger thinks that a person may be named."""
    chosen = np.flatnonzero(tags.probabilities[:, _PERSON] >= _SUSPECTED)
    return tuple((int(tags.words.starts[index]) + offset, int(tags.words.ends[index]) + offset) for index in chosen)


def doubts(text: str, tags: Tags) -> list[tuple[int, int]]:
    """The words of which the tagger can't say whether they name a person or an address: where they stand.

    The first and last words of what it is sure of don't count: there, only the end of the name is in doubt. Neither do
    the parts of addresses and identifiers, which patterns find.
    """
    personal = tags.probabilities[:, _PERSONAL].sum(axis=1)
    unsure = (personal >= _DOUBT) & (personal < _NO_DOUBT)
    if not unsure.any():
        return []
    sure = tags.probabilities[:, 1:].max(axis=1) >= _NO_DOUBT
    beside = sure.copy()
    beside[1:] |= sure[:-1]
    beside[:-1] |= sure[1:]
    chosen = np.flatnonzero(unsure & ~beside)
    places = zip(tags.words.starts[chosen].tolist(), tags.words.ends[chosen].tolist(), strict=True)
    return [
        (start, end)
        for start, end in places
        if end - start > 1
        and not _IN_ADDRESS.match(text[max(0, start - 1) : end + 2])
        and text[start:end] not in _TITLES
    ]


def tagged(text: str, tags: Tags, offset: int) -> list[Finding]:
    """What the tagger finds in one chunk of a text that starts at `offset`."""
    runs = _with_streets(text, [_whole_words(text, run) for run in _tagged_runs(text, tags, offset)])
    found = [finding for run in runs if (finding := _accept_tagged(text, run)) is not None]
    return [*found, *_known(text, tags, offset)]


def _known(text: str, tags: Tags, offset: int) -> list[Finding]:
    """First names that people bear where the tagger has no more than a doubt: most of such words are somebody."""
    chances = tags.probabilities[:, _PERSON]
    found: list[Finding] = []
    for index in np.flatnonzero((chances >= _SUSPECTED) & (chances < BELIEVED)).tolist():
        start, end = int(tags.words.starts[index]) + offset, int(tags.words.ends[index]) + offset
        word = text[start:end]
        if end - start > 2 and word.istitle() and word.lower() not in COMMON and is_first_name(word):
            one = Finding(start, end, "PERSON", _KNOWN, "tagger")
            if not _in_identifier(text, one):
                found.append(one)
    return found


def _tagged_runs(text: str, tags: Tags, offset: int) -> list[Finding]:
    """Join neighbouring words of one class; the score is their mean probability."""
    runs: list[Finding] = []
    best = tags.probabilities.argmax(axis=1)
    last, weights = -2, list[float]()
    for index in np.flatnonzero(best).tolist():
        kind = CLASSES[best[index]]
        start, end = int(tags.words.starts[index]) + offset, int(tags.words.ends[index]) + offset
        score = float(tags.probabilities[index, best[index]])
        if score < BELIEVED or text[start] == "\n":
            continue
        previous = runs[-1] if runs else None
        if previous and last == index - 1 and previous.entity_type == kind:
            weights.append(score)
            runs[-1] = Finding(previous.start, end, kind, min(1.0, sum(weights) / len(weights)), "tagger")
        else:
            weights = [score]
            runs.append(Finding(start, end, kind, score, "tagger"))
        last = index
    return runs


def _accept_tagged(text: str, run: Finding) -> Finding | None:
    """Whether a run of the tagger's is believed."""
    start, end = _trim(text, run.start, run.end)
    if end - start < 2:
        return None
    run, value = replace(run, start=start, end=end), text[start:end]
    match run.entity_type:
        case "PERSON":
            return run if _is_tagged_person(text, run, value) else None
        case "LOCATION":
            if value.lower().removeprefix("the ") in COUNTRIES:
                return replace(run, entity_type="COUNTRY")
            return None if _in_identifier(text, run) else run
        case "STREET_ADDRESS":
            return run if _is_street(run, value) else None
        case "ORGANIZATION":
            heading = _HEADING.search(value) or text[end : end + 1] == ":" or value.startswith("Dear ")
            return None if heading or _in_identifier(text, run) else run
        case "ACCOUNT_NUMBER":
            return run if run.score >= _SURE_NUMBER and _is_account(text, run, value) else None
    return None


def _is_tagged_person(text: str, run: Finding, value: str) -> bool:
    if _STRETCHED.search(value) or any(character.isdigit() for character in value) or _in_identifier(text, run):
        return False
    if value.islower() and not is_given_name(value.split(maxsplit=1)[0]):
        return run.score >= _SURE_MULTIPLE or _is_presented(text, run)
    return not _is_guess(run, value) or _is_presented(text, run)


def _is_guess(run: Finding, value: str) -> bool:
    """Whether a model is hardly sure of a single word by which no one is known to be called."""
    return run.score < _SURE_NEW and value.isalpha() and not is_first_name(value)


def _is_presented(text: str, run: Finding) -> bool:
    """Whether what stands before a name presents somebody."""
    return _INTRODUCED.search(text[max(0, run.start - 24) : run.start]) is not None


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    """Without surrounding spaces and punctuation, and without a genitive's 's."""
    while start < end and not text[start].isalnum():
        start += 1
    while start < end and not (text[end - 1].isalnum() or text[end - 1] == "."):
        end -= 1
    if end - start > 2 and text[end - 2 : end] == "'s":
        end -= 2
    return start, end
