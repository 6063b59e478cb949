"""From a text to a `Scan`: normalize, read disguises, run every detector, merge, map back to the original's offsets.

A detector that raises doesn't stop the others and never shortens the answer silently: the scan then holds a `Skipped`,
and the policy says what that means. How single things are found is in the detectors' own files.
"""

import hashlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from configs.entities import entity_groups, thresholds
from detectors.alone import settle
from detectors.edges import without_edges
from detectors.errors import DetectorError
from detectors.finding import Finding, Scan, Skipped, SkipReason
from detectors.gate.gate import Gate, build_gate
from detectors.languages import languages
from detectors.merge import merge
from detectors.normalize import Normalized, normalize
from detectors.products import without_products
from detectors.readings import hidden_runs, readings
from detectors.readings.view import TooMuchError, View
from detectors.recognizers.source import Source
from detectors.revision import detection_revision

if TYPE_CHECKING:
    from detectors.own.library import OwnDetector
    from detectors.own.spans import Spans

log = logging.getLogger("privet.detectors")

# One of everything that loads on first use, so that what can't load fails at start-up and not at a request.
_CANARY = (
    "Dear Ana Novak, your IBAN is DE89370400440532013000, your SSN 536-90-4399, mail ana@example.org, key sk-abc123."
)

MODELS = "names-"  # how the name of the detector begins that reads prose alone

_OWN_THRESHOLD = 0.5  # for types that a company named itself


class Detector(Protocol):
    """Finds things in normalized texts. May raise: the scanner turns that into `Skipped`."""

    @property
    def name(self) -> str: ...

    def find_many(self, sources: Sequence[Source]) -> list[list[Finding]]: ...


@dataclass(frozen=True, slots=True)
class Raw:
    """What one detector said, before anything was merged or dropped; offsets are the original's."""

    finding: Finding
    disguised: bool = False  # it was found in what a disguise says
    least: float = 0.0  # the score that such a reading asks for


class Scanner:
    """All detectors, as one. `own` finds the company's own data, whatever else was found at the same place."""

    def __init__(
        self,
        detectors: Sequence[Detector],
        limits: Mapping[str, float] | None = None,
        own: "OwnDetector | None" = None,
        gate: Gate | None = None,
    ) -> None:
        self._detectors = tuple(detectors)
        self._gate = gate
        self._own = own
        self.thresholds = thresholds() if limits is None else limits
        everyone = [*detectors, *([own] if own is not None else [])]
        described = [detection_revision(), *(detector.name for detector in everyone), *sorted(self.thresholds.items())]
        self.revision = hashlib.sha256(repr(described).encode()).hexdigest()[:16]

    def with_own(self, own: "OwnDetector | None") -> "Scanner":
        """The same detectors with other own data: no model is loaded again."""
        return Scanner(self._detectors, self.thresholds, own, self._gate)

    def scan(self, text: str, context: str = "") -> Scan:
        """Everything found in one text. Never raises, whatever the text."""
        return self.scan_many([(text, context)])[0]

    def scan_many(self, items: Sequence[tuple[str, str]]) -> list[Scan]:
        """One scan per (text, context). Quicker than one by one: the models read in batches."""
        normalized = [normalize(text) for text, _ in items]
        failures: list[set[SkipReason]] = [set() for _ in items]
        sources = [
            Source(plain.text, context, self._gate) for plain, (_, context) in zip(normalized, items, strict=True)
        ]
        disguised: list[tuple[int, View, Normalized]] = []
        for index, plain in enumerate(normalized):
            try:
                views = readings(plain.text, hidden_runs(items[index][0], plain), sources[index].places)
                disguised += [(index, view, normalize(view.text)) for view in views]
            except TooMuchError:
                failures[index].add(SkipReason.TOO_LARGE)
        sources += [Source(inner.text, items[index][1], self._gate) for index, _, inner in disguised]
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
        registered = self._registered(sources, owners, failures) if self._own is not None else found[:0]
        for place, (index, view, inner) in enumerate(disguised, len(items)):
            found[index] += _written(merge(inner.text, found[place], self.thresholds), view, inner, view.least)
            if registered:
                # What is registered is there or not: how doubtful the reading is doesn't matter.
                registered[index] += _written(registered[place], view, inner, 0.0)
        scans: list[Scan] = []
        for index, plain in enumerate(normalized):
            merged = merge(plain.text, found[index], self.thresholds)
            if self._own is not None:
                merged = _with_registered(merged, registered[index], self._own.allowed(plain.text))
            named = without_edges(plain.text, without_products(plain.text, merged))
            settled = settle(plain.text, items[index][1], named)
            mapped = tuple(
                Finding(*plain.original(one.start, one.end), one.entity_type, one.score, one.detector)
                for one in settled
            )
            skipped = tuple(Skipped("", reason) for reason in sorted(failures[index]))
            scans.append(Scan(mapped, (), skipped, languages(plain.text)))
        return scans

    def _registered(
        self, sources: Sequence[Source], owners: Sequence[int], failures: list[set[SkipReason]]
    ) -> list[list[Finding]]:
        """What of each text is the company's own data."""
        assert self._own is not None
        results: list[list[Finding]] = []
        limits = self.thresholds
        for owner, findings in zip(owners, _run(self._own, sources), strict=True):
            if findings is None:
                failures[owner].add(SkipReason.DETECTOR_ERROR)
            results.append([one for one in findings or () if one.score >= limits.get(one.entity_type, _OWN_THRESHOLD)])
        return results

    def raw(self, text: str, context: str = "") -> list[Raw]:
        """What every detector says of a text, for explanations. Raises what detectors raise."""
        plain = normalize(text)
        everyone = [*self._detectors, *([self._own] if self._own is not None else [])]
        said = [
            Raw(Finding(*plain.original(one.start, one.end), one.entity_type, one.score, one.detector))
            for detector in everyone
            for one in detector.find_many([Source(plain.text, context, self._gate)])[0]
        ]
        for view in readings(plain.text, hidden_runs(text, plain)):
            inner = normalize(view.text)
            for detector in everyone:
                if view.prose or not detector.name.startswith(MODELS):
                    for one in detector.find_many([Source(inner.text, context, self._gate)])[0]:
                        start, end = inner.original(one.start, one.end)
                        if view.concerns(start, end):
                            span = plain.original(*view.original(start, end))
                            said.append(Raw(Finding(*span, one.entity_type, one.score, one.detector), True, view.least))
        return said


def _with_registered(
    merged: tuple[Finding, ...], registered: Sequence[Finding], allowed: "Spans"
) -> tuple[Finding, ...]:
    """What was found and what is registered, side by side: an address of a customer is both, and rules may name either.

    What the company made public is neither, unless it opens a door.
    """
    together = sorted({*merged, *registered})
    if not allowed:
        return tuple(together)
    secret = entity_groups()["SECRETS"]
    return tuple(one for one in together if one.entity_type in secret or not allowed.around(one.start, one.end))


def _written(findings: Sequence[Finding], view: View, inner: Normalized, least: float) -> Iterator[Finding]:
    """What was found in a view, at the characters that were written."""
    for one in findings:
        start, end = inner.original(one.start, one.end)
        if one.score >= least and view.concerns(start, end):
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


def build_scanner(*, own: "OwnDetector | None" = None) -> Scanner:
    """Load the models and all recognisers (seconds). Raises `DetectorError` if one is missing or changed."""
    from detectors.names import NameDetector  # noqa: PLC0415 - loads models: not for those who read Scanner only
    from detectors.presidio import PresidioDetector  # noqa: PLC0415 - the same
    from detectors.recognizers import pattern_detectors  # noqa: PLC0415 - the same

    patterns = pattern_detectors()  # before the gate, which knows the expressions that have been declared
    scanner = Scanner([NameDetector(), PresidioDetector(), *patterns], own=own, gate=build_gate())
    if scanner.scan(_CANARY).skipped:
        raise DetectorError("a detector fails on the start-up text; the log names it. Reinstall with: make setup")
    return scanner
