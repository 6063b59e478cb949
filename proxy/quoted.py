"""Earlier tokens and surrogates that stand in a request. They say nothing to anybody: so they stay as they are.

Only what the vault knows for this very person counts. What merely looks like a token is scanned like any text, and a
finding that reaches beyond a token keeps what is outside it.
"""

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from detectors.finding import Finding
from proxy.message import Segment
from proxy.token_index import TokenIndex
from proxy.transforms.token import find_tokens
from proxy.vault import View

# A quick look, since this is done for every text: the code of a token after its underscore.
_CODE = re.compile(r"_[0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{8}(?![0-9A-Za-z_])")


@dataclass(frozen=True, slots=True)
class Quoted:
    """What was quoted: where, and what the reply may turn back."""

    spans: Mapping[str, Sequence[tuple[int, int]]]  # pointer → where quoted tokens stand
    tokens: Mapping[str, str] = field(repr=False)  # token or surrogate → value
    silent: frozenset[str] = frozenset()  # tokens that nobody turns back


def quoted(segments: Sequence[Segment], findings: Mapping[str, Sequence[Finding]], view: View) -> Quoted:
    """The tokens and surrogates of the person's own that the request quotes."""
    spans: dict[str, list[tuple[int, int]]] = {}
    tokens: dict[str, str] = {}
    silent: set[str] = set()
    for segment in segments:
        if not _CODE.search(segment.text):
            continue
        for found in find_tokens(segment.text):
            entry = view.entry(found.token)
            if entry is not None:
                spans.setdefault(segment.pointer, []).append((found.start, found.end))
                if entry.value is None:
                    silent.add(found.token)
                else:
                    tokens[found.token] = entry.value
    if view.surrogates:
        known = {text.lower(): text for text in view.surrogates}
        for segment in segments:
            for finding in findings.get(segment.pointer, ()):
                text = known.get(segment.text[finding.start : finding.end].lower())
                if text is not None:
                    spans.setdefault(segment.pointer, []).append((finding.start, finding.end))
                    tokens[text] = view.surrogates[text]
    return Quoted(spans=spans, tokens=tokens, silent=frozenset(silent))


def unquoted(
    segments: Sequence[Segment], findings: Mapping[str, Sequence[Finding]], found: Quoted
) -> dict[str, tuple[Finding, ...]]:
    """The findings without what is quoted in them."""
    left = {pointer: tuple(items) for pointer, items in findings.items()}
    for segment in segments:
        if segment.pointer in found.spans and segment.pointer in left:
            left[segment.pointer] = without(segment.text, left[segment.pointer], found.spans[segment.pointer])
    return {pointer: items for pointer, items in left.items() if items}


def without(text: str, findings: Sequence[Finding], spans: Sequence[tuple[int, int]]) -> tuple[Finding, ...]:
    """The parts of findings that lie outside the spans and say anything."""
    ordered = sorted(spans)
    parts = (part for finding in findings for part in _outside(finding, ordered))
    return tuple(part for part in parts if any(character.isalnum() for character in text[part.start : part.end]))


def _outside(finding: Finding, spans: Sequence[tuple[int, int]]) -> list[Finding]:
    parts: list[Finding] = []
    start = finding.start
    for begin, end in spans:
        if end <= start or begin >= finding.end:
            continue
        if begin > start:
            parts.append(_part(finding, start, begin))
        start = end
    if start < finding.end:
        parts.append(finding if start == finding.start else _part(finding, start, finding.end))
    return parts


def _part(finding: Finding, start: int, end: int) -> Finding:
    return Finding(start, end, finding.entity_type, finding.score, finding.detector)


def untouched(text: str, findings: Sequence[Finding], placed: TokenIndex) -> tuple[Finding, ...]:
    """Findings in redacted text that don't touch what Privet itself put there."""
    spans: list[tuple[int, int]] = []
    at = 0
    for part in placed.cut(text, final=True)[0]:
        if part.token is not None:
            spans.append((at, at + len(part.text)))
        at += len(part.text)
    starts = [start for start, _ in spans]

    def touches(finding: Finding) -> bool:
        before = bisect_left(starts, finding.end)  # those that begin before the finding ends; they don't overlap
        return before > 0 and spans[before - 1][1] > finding.start

    return tuple(finding for finding in findings if not touches(finding))
