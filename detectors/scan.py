"""From a text to a `Scan`: normalize, read disguises, run every detector, merge, map back to the original's offsets.

A detector that raises doesn't stop the others and never shortens the answer silently: the scan then holds a `Skipped`,
and the policy says what that means. How single things are found is in the detectors' own files.
"""

import hashlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from configs.entities import thresholds
from detectors.errors import DetectorError
from detectors.finding import Finding, Scan, Skipped, SkipReason
from detectors.merge import merge
from detectors.normalize import Normalized, normalize
from detectors.readings import readings
from detectors.readings.view import TooMuchError, View
from detectors.recognizers.source import Source

log = logging.getLogger("privet.detectors")

# One of everything that loads on first use, so that what can't load fails at start-up and not at a request.
_CANARY = (
    "Dear Ana Novak, your IBAN is DE89370400440532013000, your SSN 536-90-4399, mail ana@example.org, key sk-abc123."
)

# Part of every revision: raise it when code changes what is found.
DETECTION_VERSION = "6"
MODELS = "names-"  # how the name of the detector begins that reads prose alone


class Detector(Protocol):
    """Finds things in normalized texts. May raise: the scanner turns that into `Skipped`."""

    @property
    def name(self) -> str: ...

    def find_many(self, sources: Sequence[Source]) -> list[list[Finding]]: ...


class Scanner:
    """All detectors, as one."""

    def __init__(self, detectors: Sequence[Detector], limits: Mapping[str, float] | None = None) -> None:
        self._detectors = tuple(detectors)
        self._thresholds = thresholds() if limits is None else limits
        described = [DETECTION_VERSION, *(detector.name for detector in detectors), *sorted(self._thresholds.items())]
        self.revision = hashlib.sha256(repr(described).encode()).hexdigest()[:16]

    def scan(self, text: str, context: str = "") -> Scan:
        """Everything found in one text. Never raises, whatever the text."""
        return self.scan_many([(text, context)])[0]

    def scan_many(self, items: Sequence[tuple[str, str]]) -> list[Scan]:
        """One scan per (text, context). Quicker than one by one: the models read in batches."""
        normalized = [normalize(text) for text, _ in items]
        failures: list[set[SkipReason]] = [set() for _ in items]
        disguised: list[tuple[int, View, Normalized]] = []
        for index, plain in enumerate(normalized):
            try:
                disguised += [(index, view, normalize(view.text)) for view in readings(plain.text)]
            except TooMuchError:
                failures[index].add(SkipReason.TOO_LARGE)
        sources = [Source(plain.text, context) for plain, (_, context) in zip(normalized, items, strict=True)]
        sources += [Source(inner.text, items[index][1]) for index, _, inner in disguised]
        # Names are looked for in views that may be prose: the others are numbers and keys.
        prose = [*range(len(items)), *(at for at, (_, view, _) in enumerate(disguised, len(items)) if view.prose)]
        found: list[list[Finding]] = [[] for _ in sources]
        owners = [*range(len(items)), *(index for index, _, _ in disguised)]
        for detector in self._detectors:
            among = prose if detector.name.startswith(MODELS) else range(len(sources))
            for place, findings in zip(among, _run(detector, [sources[at] for at in among]), strict=True):
                if findings is None:
                    failures[owners[place]].add(SkipReason.DETECTOR_ERROR)
                else:
                    found[place].extend(findings)
        for place, (index, view, inner) in enumerate(disguised, len(items)):
            found[index] += _written(merge(inner.text, found[place], self._thresholds), view, inner)
        scans: list[Scan] = []
        for index, plain in enumerate(normalized):
            mapped = tuple(
                Finding(*plain.original(one.start, one.end), one.entity_type, one.score, one.detector)
                for one in merge(plain.text, found[index], self._thresholds)
            )
            scans.append(Scan(mapped, (), tuple(Skipped("", reason) for reason in sorted(failures[index]))))
        return scans


def _written(findings: Sequence[Finding], view: View, inner: Normalized) -> Iterator[Finding]:
    """What was found in a view, at the characters that were written."""
    for one in findings:
        start, end = inner.original(one.start, one.end)
        if one.score >= view.least and view.concerns(start, end):
            yield Finding(*view.original(start, end), one.entity_type, one.score, one.detector)


def _run(detector: Detector, sources: Sequence[Source]) -> list[list[Finding] | None]:
    """A detector's findings per text; None where it raised. One bad text doesn't spoil the others' answers."""
    try:
        return list(detector.find_many(sources))
    except Exception as error:  # noqa: BLE001 - the guard: any failure of any detector becomes Skipped, policy decides
        if len(sources) == 1:
            # The error's type alone: its message may hold the text.
            log.error("detector %s failed: %s", detector.name, type(error).__name__)  # noqa: TRY400 - a traceback too
            return [None]
    return [_run(detector, [source])[0] for source in sources]


def build_scanner(*, languages: Sequence[str] = ("en",)) -> Scanner:
    """Load the models and all recognisers (seconds). Raises `DetectorError` if one is missing or changed."""
    unknown = sorted(set(languages) - {"en"})
    if unknown:
        raise DetectorError(f"no models for {', '.join(unknown)}: expected languages: [en]")
    from detectors.names import NameDetector  # noqa: PLC0415 - loads models: not for those who read Scanner only
    from detectors.presidio import PresidioDetector  # noqa: PLC0415 - the same
    from detectors.recognizers import pattern_detectors  # noqa: PLC0415 - the same

    scanner = Scanner([NameDetector(), PresidioDetector(), *pattern_detectors()])
    if scanner.scan(_CANARY).skipped:
        raise DetectorError("a detector fails on the start-up text; the log names it. Reinstall with: make setup")
    return scanner
