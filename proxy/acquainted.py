"""Who is named in full somewhere in a request is known in its other texts, too.

Each text is scanned by itself (and remembered by itself), so that "Ana says yes" has a `FIRST_NAME`, and "Novak called"
may have nothing. Where another text of the request names Ana Novak, both are a `PERSON`: policies treat them alike, and
tokens say that it is the same one (`proxy/transforms/persons.py`).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from detectors.finding import Finding, Scan
from detectors.given_names import COMMON
from detectors.repeats import SURE
from proxy.message import Segment

_ALONE = "FIRST_NAME"
_PERSON = "PERSON"
_WORD = re.compile(r"(?<![\w@./-])[^\W\d_]{3,}(?![\w@(=]|[./]\w)")
_LESS_SURE = 0.9
_FEW = 16  # names; so many are searched one by one, which is quicker than to look at every word


def acquainted(segments: Sequence[Segment], scans: Sequence[Scan]) -> list[Scan]:
    """The scans, one for each segment, with the parts of the names of people whom the request names in full."""
    named: set[str] = set()
    family: dict[str, float] = {}
    alone = False
    for segment, scan in zip(segments, scans, strict=True):
        for one in scan.findings:
            if one.entity_type == _PERSON:
                words = segment.text[one.start : one.end].split()
                named.update(word.casefold() for word in words)
                if len(words) > 1 and one.score >= SURE and _tells(words[-1]):
                    family[words[-1]] = max(family.get(words[-1], 0.0), one.score)
            alone = alone or one.entity_type == _ALONE
    if not (family and len(segments) > 1) and not (alone and named):
        return list(scans)
    places = [_places(segment.text, family) if len(segments) > 1 else [] for segment in segments]
    return [
        _with_people(segment.text, scan, named, found)
        for segment, scan, found in zip(segments, scans, places, strict=True)
    ]


def _tells(word: str) -> bool:
    """Whether a family name that stands alone is one: no word that means something else, too."""
    return _WORD.fullmatch(word) is not None and word.istitle() and word.lower() not in COMMON


def _places(text: str, family: Mapping[str, float]) -> list[Finding]:
    """Where family names stand alone."""
    if len(family) <= _FEW and not any(name in text for name in family):
        return []
    return [
        Finding(match.start(), match.end(), _PERSON, round(family[match[0]] * _LESS_SURE, 4), "acquainted")
        for match in _WORD.finditer(text)
        if match[0] in family
    ]


def _with_people(text: str, scan: Scan, named: set[str], places: Iterable[Finding]) -> Scan:
    findings = [
        replace(one, entity_type=_PERSON)
        if one.entity_type == _ALONE and text[one.start : one.end].casefold() in named
        else one
        for one in scan.findings
    ]
    # What was found there already knows better what it is.
    more = [place for place in places if all(one.end <= place.start or place.end <= one.start for one in findings)]
    return replace(scan, findings=tuple(sorted([*findings, *more]) if more else findings))
