"""Are scores probabilities? Of findings with a score of 0.9, nine in ten should be right.

    python bench/calibration.py             a table per family of detectors: score, share that is right, error
    python bench/calibration.py --write     the same, and docs/reliability.svg
    python bench/calibration.py --thresholds    of each type, which would cost least on the patterns' findings

Measured on the texts in `bench/sets/`, which nothing was taught with, and for the patterns, which aren't taught, on
labelled sets too. A finding is right if it touches a value of a fitting label; what stands in a harmless prompt is
wrong. Types that identify nobody by themselves (places, dates, companies, first names) don't count.
"""

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.detection import DATA, FORMS, HARMLESS, LANGUAGES, PROMPTS, SECRETS, STYLES, load, privet
from bench.detection import LABELLED as EVERY_LABELLED
from configs.entities import thresholds
from detectors.evaluation.rows import Row
from detectors.evaluation.score import fitting
from detectors.finding import Finding
from detectors.presidio import PresidioDetector
from detectors.recognizers import pattern_detectors
from detectors.scan import Scanner

PICTURE = Path(__file__).parents[1] / "docs/reliability.svg"
OWN = (*LANGUAGES, *FORMS, STYLES, *PROMPTS)
# For the patterns alone, and only for findings of a type that the set labels.
LABELLED = ("presidio_generated_large", "phone_examples", "wnut17_dev", "benign_prompts", "clinc150_val")
EVERYTHING = (*EVERY_LABELLED, *HARMLESS)
MANY = 30  # findings of a type from which its threshold can be judged
MODELS = ("tagger", "rampart", "repeats", "speakers")
PATTERNS = "patterns"
EDGES = (0.0, 0.6, 0.7, 0.8, 0.9, 0.97, 1.01)
MISSED = 5  # what a missed value costs, where a false alarm costs one
FEW = 10  # findings: a bin with fewer says little, and isn't drawn
_SIZE, _MARGIN = 360, 44
_COLOURS = {"tagger": "#0b6e4f", "rampart": "#c1666b", "repeats": "#4357ad", "speakers": "#d4a017", PATTERNS: "#333333"}


@dataclass(frozen=True, slots=True)
class Bin:
    """Findings of like scores: how many, what they promised on average, what share was right."""

    count: int
    promised: float
    right: float


Judged = tuple[str, float, bool]
"""The family, the score, and whether the finding was right."""


def judged(rows: Sequence[Row], found: Iterable[Sequence[Finding]], *, taught: bool) -> list[Judged]:
    """Every finding that can be judged, with its verdict; of sets that the models were taught with, the patterns'."""
    types = {kind for row in rows for _, _, label in row.spans for kind in fitting(label)}
    result: list[Judged] = []
    for row, findings in zip(rows, found, strict=True):
        for one in findings:
            family = one.detector if one.detector in MODELS else PATTERNS
            if (taught and family != PATTERNS) or (types and one.entity_type not in types):
                continue
            right = any(one.entity_type in fitting(label) for label in _touched(row, one))
            result.append((family, one.score, right))
    return result


def bins(verdicts: Iterable[Judged]) -> dict[str, list[Bin]]:
    """The bins of each family, lowest scores first; empty ones are left out."""
    members: dict[tuple[str, int], list[tuple[float, bool]]] = {}
    for family, score, right in verdicts:
        index = next(index for index, edge in enumerate(EDGES[1:]) if score < edge)
        members.setdefault((family, index), []).append((score, right))
    result: dict[str, list[Bin]] = {}
    for (family, _), among in sorted(members.items()):
        count = len(among)
        one = Bin(count, sum(score for score, _ in among) / count, sum(right for _, right in among) / count)
        result.setdefault(family, []).append(one)
    return result


def cheapest(verdicts: Sequence[tuple[float, bool]], now: float) -> tuple[float, int, int]:
    """The threshold at which misses and false alarms cost least, what they cost there, and what they cost now.

    Of thresholds that cost the same, the one in force, or the lowest.
    """

    def cost(threshold: float) -> int:
        missed = sum(right and score < threshold for score, right in verdicts)
        return MISSED * missed + sum(not right and score >= threshold for score, right in verdicts)

    above = [score + 0.001 for score in sorted({score for score, _ in verdicts})]
    best = min([now, 0.0, *above], key=cost)
    return best, cost(best), cost(now)


def _thresholds() -> None:
    """Print it, for types of which the patterns found enough; findings below the thresholds in force are asked for."""
    limits = thresholds()
    scanner = Scanner([PresidioDetector(), *pattern_detectors()], dict.fromkeys(limits, 0.01))
    found: dict[str, list[tuple[float, bool]]] = {}
    for name in (*OWN, *SECRETS, *(EVERYTHING if DATA.is_dir() else ())):
        rows = load(name, 0)
        scans = [one.findings for one in scanner.scan_many([(row.text, "") for row in rows])]
        for kind, score, right in judged_types(rows, scans):
            found.setdefault(kind, []).append((score, right))
    for kind, among in sorted(found.items()):
        if len(among) >= MANY:
            best, least, cost = cheapest(among, limits[kind])
            print(f"{kind}: {len(among)} findings, {limits[kind]} costs {cost}; {best:.2f} would cost {least}")


def judged_types(rows: Sequence[Row], found: Iterable[Sequence[Finding]]) -> list[Judged]:
    """The patterns' findings by type, of types that the rows label, with their verdicts."""
    types = {kind for row in rows for _, _, label in row.spans for kind in fitting(label)}
    return [
        (one.entity_type, one.score, any(one.entity_type in fitting(label) for label in _touched(row, one)))
        for row, findings in zip(rows, found, strict=True)
        for one in findings
        if one.detector not in MODELS and (not types or one.entity_type in types)
    ]


def _touched(row: Row, one: Finding) -> list[str]:
    return [label for start, end, label in row.spans if start < one.end and one.start < end]


def error(among: Sequence[Bin]) -> float:
    """The expected calibration error: how far promise and truth are apart, weighted by how often."""
    total = sum(one.count for one in among)
    return sum(one.count * abs(one.promised - one.right) for one in among) / total if total else 0.0


def drawn(families: dict[str, list[Bin]]) -> str:
    """The reliability diagram as SVG: a line per family; on the diagonal, scores are probabilities."""

    def at(promised: float, right: float) -> tuple[float, float]:
        return _MARGIN + (promised - 0.4) / 0.6 * _SIZE, _MARGIN + (1 - right) * _SIZE

    def text(x: float, y: float, said: str, more: str = "") -> str:
        return f'<text x="{x:.0f}" y="{y:.0f}" font-size="12" font-family="sans-serif" {more}>{said}</text>'

    whole = _SIZE + 2 * _MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {whole + 70} {whole}">',
        f'<rect width="{whole + 70}" height="{whole}" fill="white"/>',
        f'<rect x="{_MARGIN}" y="{_MARGIN}" width="{_SIZE}" height="{_SIZE}" fill="none" stroke="#999"/>',
    ]
    (x1, y1), (x2, y2) = at(0.4, 0.4), at(1, 1)
    parts.append(f'<line x1="{x1:.0f}" y1="{y1:.0f}" x2="{x2:.0f}" y2="{y2:.0f}" stroke="#999" stroke-dasharray="4"/>')
    for tenth in (4, 6, 8, 10):
        x, _ = at(tenth / 10, 0)
        parts.append(text(x - 8, whole - _MARGIN + 16, f"{tenth / 10}"))
    for tenth in (0, 2, 4, 6, 8, 10):
        _, y = at(0.4, tenth / 10)
        parts.append(text(_MARGIN - 26, y + 4, f"{tenth / 10}"))
    parts += [text(_MARGIN + _SIZE / 2 - 20, whole - 8, "score"), text(6, 24, "share of findings that are right")]
    for row, (family, among) in enumerate(sorted(families.items())):
        colour = _COLOURS[family]
        points = [(*at(max(0.4, one.promised), one.right), one.count) for one in among if one.count >= FEW]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{min(9, 2 + count**0.5 / 6):.1f}" fill="{colour}"/>'
            for x, y, count in points
        ]
        parts.append(text(whole - _MARGIN + 8, _MARGIN + 16 + 18 * row, family, f'fill="{colour}"'))
    return "\n".join([*parts, "</svg>\n"])


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, draw if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, metavar="FOLDER", help="the tagger's, from `privet models train ner`")
    parser.add_argument("--write", action="store_true", help=f"write {PICTURE.name}")
    parser.add_argument("--thresholds", action="store_true", help="what each type's threshold costs, and the cheapest")
    options = parser.parse_args(arguments)
    if options.thresholds:
        _thresholds()
        return 0
    find, acted = privet(options.weights)
    verdicts: list[Judged] = []
    for name in (*OWN, *(LABELLED if DATA.is_dir() else ())):
        rows = load(name, 0)
        found = [acted(findings) for findings in find([row.text for row in rows])]
        verdicts += judged(rows, found, taught=name in LABELLED)
    families = bins(verdicts)
    for family, among in families.items():
        print(f"{family}: {sum(one.count for one in among)} findings, calibration error {error(among):.3f}")
        for one in among:
            print(f"  score {one.promised:.2f}  right {one.right:.2f}  of {one.count}")
    if options.write:
        PICTURE.write_text(drawn(families), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
