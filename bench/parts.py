"""Which part of detection takes how much of its time: of prose, code and log lines, by detector.

    python -m bench.parts

Shares of processor time in one process, from the same texts as in `bench/detection.py`. What a detector is the first to
ask for (a text in lower case, where its numbers stand) counts as its own. Shares say more than times do: on a busy
machine all parts are slower.
"""

import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence

from bench.detection import LABELLED, LOGS, SOURCE_CODE, load
from detectors import scan
from detectors.finding import Finding
from detectors.gate.gate import Gate
from detectors.recognizers.source import Source

ROUNDS = 3
_SAMPLE = 100
_TOGETHER = 64
_LEAST = 0.02  # of all: smaller parts are told as one
_STEPS = ("normalize", "readings", "merge", "settle", "languages", "without_edges", "without_products")


class Timed:
    """A detector whose time is taken."""

    def __init__(self, detector: scan.Detector, spent: Counter[str]) -> None:
        self._detector, self._spent = detector, spent
        self.name = detector.name

    def find_many(self, sources: Sequence[Source]) -> list[list[Finding]]:
        """What the detector finds."""
        return timed(self._detector.find_many, self.name.partition("-")[0], self._spent)(sources)


def timed[**P, R](function: Callable[P, R], name: str, spent: Counter[str]) -> Callable[P, R]:
    """The function, its processor time added up under a name."""

    def call(*arguments: P.args, **options: P.kwargs) -> R:
        started = time.process_time()
        try:
            return function(*arguments, **options)
        finally:
            spent[name] += time.process_time() - started

    return call


def shares(texts: Sequence[str]) -> dict[str, float]:
    """Part → its share of the time that scanning these texts takes, the largest first; the quickest of some rounds."""
    best: tuple[float, Counter[str]] | None = None
    for _ in range(ROUNDS):
        spent: Counter[str] = Counter()
        scanner = scan.build_scanner()  # a new one each time: lines that a model has read are remembered
        timed_ones = [Timed(detector, spent) for detector in scanner._detectors]  # noqa: SLF001 - they are timed one by one
        watched = scan.Scanner(timed_ones, scanner.thresholds, None, scanner._gate)  # noqa: SLF001 - the same
        kept = {name: getattr(scan, name) for name in _STEPS}, Gate.places
        try:
            for name, function in kept[0].items():
                setattr(scan, name, timed(function, name, spent))
            Gate.places = timed(kept[1], "gate", spent)  # type: ignore[method-assign] # put back below
            started = time.process_time()
            for first in range(0, len(texts), _TOGETHER):
                watched.scan_many([(text, "") for text in texts[first : first + _TOGETHER]])
            whole = time.process_time() - started
        finally:
            for name, function in kept[0].items():
                setattr(scan, name, function)
            Gate.places = kept[1]  # type: ignore[method-assign] # as it was
        spent["readings"] -= spent["gate"]  # which they are the first to ask
        if best is None or whole < best[0]:
            best = whole, spent
    assert best is not None
    whole, spent = best
    told = {name: seconds / whole for name, seconds in spent.most_common() if seconds >= _LEAST * whole}
    return {**told, "everything else": 1 - sum(told.values())}


def main() -> int:
    """Print the shares."""
    for name, sets in {"prose": LABELLED, "code": (SOURCE_CODE,), "log lines": (LOGS,)}.items():
        texts = [row.text for each in sets for row in load(each, _SAMPLE)]
        parts = ", ".join(f"{part} {100 * share:.0f} %" for part, share in shares(texts).items())
        print(f"{name}: {parts}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
