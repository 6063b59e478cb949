"""A first name that is part of somebody's full name elsewhere in the same request is that person's.

Each text is scanned by itself (and remembered by itself), so that "Ana says yes" has a `FIRST_NAME`. Where another text
of the request names Ana Novak, it is a `PERSON`, and policies treat both alike.
"""

from collections.abc import Sequence
from dataclasses import replace

from detectors.finding import Scan
from proxy.message import Segment

_ALONE = "FIRST_NAME"


def acquainted(segments: Sequence[Segment], scans: Sequence[Scan]) -> list[Scan]:
    """The scans, one for each segment, with the first names of people whom the request names in full as `PERSON`."""
    alone = [any(one.entity_type == _ALONE for one in scan.findings) for scan in scans]
    if not any(alone):
        return list(scans)
    named = {
        word
        for segment, scan in zip(segments, scans, strict=True)
        for one in scan.findings
        if one.entity_type == "PERSON"
        for word in segment.text[one.start : one.end].casefold().split()
    }
    return [
        _with_people(segment.text, scan, named) if here else scan
        for segment, scan, here in zip(segments, scans, alone, strict=True)
    ]


def _with_people(text: str, scan: Scan, named: set[str]) -> Scan:
    findings = tuple(
        replace(one, entity_type="PERSON")
        if one.entity_type == _ALONE and text[one.start : one.end].casefold() in named
        else one
        for one in scan.findings
    )
    return replace(scan, findings=findings)
