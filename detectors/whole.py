"""A text scanned with what is encoded in it: for who hands in a text and asks what is in it, not for requests.

A request's encodings are texts of their own, which are changed and encoded again (`proxy.encoded`). Here what is found
in one is a finding of the run that says it: the whole run, however deep the value was.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from configs.entities import thresholds
from detectors.encoded import LEVELS, SHORTEST, before, runs
from detectors.finding import Finding, Scan, Skipped, SkipReason
from detectors.merge import merge


@dataclass(frozen=True, slots=True)
class Part:
    """A text, or what `start` to `end` of it says."""

    text: str = field(repr=False)
    context: str = field(default="", repr=False)
    start: int | None = None
    end: int = 0
    told: int = 0  # so many of its characters stand before what is encoded, and tell what it is
    deepest: bool = False  # something is encoded in it once more, and isn't read


def parts(text: str, context: str = "") -> list[Part]:
    """The text itself, and everything that is encoded in it."""
    level = [Part(text, context)]
    found = level
    for _ in range(LEVELS):
        level = [inner for part in level for inner in _inside(part)]
        if not level:
            return found
        found = [*found, *level]
    deeper = {id(part) for part in level if next(_inside(part), None) is not None}
    return [replace(part, deepest=True) if id(part) in deeper else part for part in found]


def gathered(among: Sequence[Part], scans: Sequence[Scan]) -> Scan:
    """One scan of the text, given those of its parts in the same order."""
    findings: list[Finding] = []
    skipped: dict[SkipReason, None] = {}
    for part, scan in zip(among, scans, strict=True):
        for one in scan.findings:
            if part.start is None:
                findings.append(one)
            elif one.end > part.told:
                findings.append(Finding(part.start, part.end, one.entity_type, one.score, one.detector))
        skipped.update(dict.fromkeys(item.reason for item in scan.skipped))
        if part.deepest:
            skipped[SkipReason.TOO_LARGE] = None
    if len(findings) > len(scans[0].findings):
        # What the company registered stands beside what else was found, wherever it is.
        known = thresholds()
        own = {one for one in findings if one.entity_type not in known}
        findings = sorted({*merge(among[0].text, (one for one in findings if one not in own), known), *own})
    spoken = tuple(dict.fromkeys(name for scan in scans for name in scan.languages))
    return Scan(tuple(findings), scans[0].labels, tuple(Skipped("", reason) for reason in skipped), spoken)


def _inside(part: Part) -> Iterator[Part]:
    if len(part.text) < SHORTEST:
        return
    for ways in runs(part.text):
        for run in ways:
            if (said := run.says) is not None:
                told = before(part.text, run.start)
                start, end = (run.start, run.end) if part.start is None else (part.start, part.end)
                yield Part(told + said, part.context, start, end, len(told))
                break
