"""Values that are split over what a person says: half a card number in one message, the rest in the next.

The same for what tools gave, call by call. Where one text of a person's ends with a part of something and the next
one begins with another part, and both together have the form of a value that proves itself (check digits, a vendor's
format), they are scanned together. What is found then is a finding in each of the texts. Most texts end with a full
stop or a word, which costs next to nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from detectors.finding import Finding, Scan
from detectors.readings.apart import beginning_of, end_of, promising
from proxy.message import Role, Segment

_LEAST = 0.9
_BEFORE = 160  # characters before the first part: they may say what it is
_MOST_PARTS = 24


class Scanning(Protocol):
    """What scans texts."""

    async def scan(self, texts: Sequence[tuple[str, str]]) -> list[Scan]:
        """One scan for each (text, context)."""


@dataclass(frozen=True, slots=True)
class Seam:
    """Parts of texts that are one text together; `parts` are (number of the segment, start, end)."""

    text: str = field(repr=False)
    told: int  # characters before the first part
    parts: tuple[tuple[int, int, int], ...]

    def pieces(self, found: Finding) -> Iterator[tuple[int, Finding]]:
        """A finding in this text as findings in the segments, if it goes over a seam."""
        at = self.told
        touched: list[tuple[int, Finding]] = []
        for number, start, end in self.parts:
            first, last = max(found.start, at), min(found.end, at + end - start)
            if first < last:
                span = (start + first - at, start + last - at)
                touched.append((number, Finding(*span, found.entity_type, found.score, found.detector)))
            at += end - start
        if len(touched) > 1:
            yield from touched


def seams(segments: Sequence[Segment]) -> list[Seam]:
    """What may be split over the texts of the person, or over what tools gave."""
    return [seam for role in (Role.USER, Role.TOOL) for seam in _of_role(segments, role)]


def _of_role(segments: Sequence[Segment], role: Role) -> list[Seam]:
    mine = [number for number, segment in enumerate(segments) if segment.role is role and segment.text]
    found: list[Seam] = []
    chain: list[tuple[int, int, int]] = []
    for number in mine:
        text = segments[number].text
        head = beginning_of(text) if chain else None
        if head is not None:
            chain.append((number, *head))
            if head[1] == len(text.rstrip()) and len(chain) < _MOST_PARTS:
                if (seam := _seam(segments, chain)) is not None:
                    found.append(seam)
                continue
            if (seam := _seam(segments, chain)) is not None:
                found.append(seam)
        chain = []
        if _ends_with_a_part(text) and (tail := end_of(text)) is not None:
            chain = [(number, *tail)]
    return found


async def scan_all(inspector: Scanning, segments: Sequence[Segment]) -> list[Scan]:
    """One scan for each segment, in order, with what is split over several."""
    between = seams(segments)
    texts = [(segment.text, segment.context) for segment in segments]
    scans = await inspector.scan([*texts, *((seam.text, "") for seam in between)])
    if not between:
        return scans
    own, joined = scans[: len(texts)], scans[len(texts) :]
    for seam, scan in zip(between, joined, strict=True):
        for number, *_ in seam.parts if scan.skipped else ():
            own[number] = replace(own[number], skipped=(*own[number].skipped, *scan.skipped))
        for one in scan.findings:
            if one.score >= _LEAST:
                for number, piece in seam.pieces(one):
                    own[number] = _with(own[number], piece)
    return own


def _seam(segments: Sequence[Segment], chain: Sequence[tuple[int, int, int]]) -> Seam | None:
    whole = "".join(segments[number].text[start:end] for number, start, end in chain)
    if not promising(whole):
        return None
    number, start, _ = chain[0]
    before = segments[number].text[max(0, start - _BEFORE) : start]
    return Seam(before + whole, len(before), tuple(chain))


def _ends_with_a_part(text: str) -> bool:
    """A quick test: a digit, a capital or a sign of a token among the last characters, and no full stop."""
    last = text[-24:].rstrip()
    return bool(last) and (last[-1].isalnum() or last[-1] in "@+-_") and any(c.isdigit() or c in "@_" for c in last)


def _with(scan: Scan, piece: Finding) -> Scan:
    """The scan with one more finding, which takes over what it overlaps."""
    apart = [one for one in scan.findings if one.end <= piece.start or one.start >= piece.end]
    over = [one for one in scan.findings if one not in apart]
    start, end = min([piece.start, *(o.start for o in over)]), max([piece.end, *(o.end for o in over)])
    whole = Finding(start, end, piece.entity_type, piece.score, piece.detector)
    return replace(scan, findings=tuple(sorted([*apart, whole])))
