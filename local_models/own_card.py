"""What a company's own head is worth, by documents that it never saw, and the model card that says so."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import sqrt
from typing import Any

import numpy as np
import numpy.typing as npt

from local_models.corpus import PUBLIC
from local_models.evaluate import calibration_bins, calibration_error, macro_f1

OTHER = "(another label)"
FALSE_ALARMS = 0.02  # of the documents that are something else: what the suggested threshold allows
_Z = 1.96


@dataclass(frozen=True, slots=True)
class LabelScores:
    """One label: its documents, how many were taken for it, and the `min_score` that rules may begin with."""

    documents: int
    found: int  # of its documents at the threshold
    low: float  # of the share found: 95 % interval
    high: float
    false_alarms: int  # of the other documents, at the threshold
    others: int
    min_score: float


@dataclass(frozen=True, slots=True)
class OwnScores:
    """The figures of a head of a company's own."""

    documents: int
    macro_f1: float
    calibration_error: float
    public_taken_for_sensitive: float | None  # the share of public documents whose likeliest label is another
    labels: Mapping[str, LabelScores]
    confusion: Sequence[Sequence[int]]  # rows: the folder's labels in order; columns: the same, and OTHER
    bins: Sequence[tuple[int, float, float]]

    def plain(self) -> dict[str, Any]:
        """As JSON: rounded."""
        plain: dict[str, Any] = _rounded(asdict(self))
        return plain


def judged(truth: Sequence[str], answers: npt.NDArray[Any], labels: Sequence[str]) -> OwnScores:
    """Judge what was said of documents by heads that never saw them; `labels` names the columns of `answers`."""
    index = np.asarray([labels.index(name) for name in truth])
    best = answers.argmax(axis=1)
    named = sorted(set(truth))
    place = {labels.index(name): number for number, name in enumerate(named)}
    counts = [[0] * (len(named) + 1) for _ in named]
    for right, guess in zip(truth, best, strict=True):
        counts[named.index(right)][place.get(int(guess), len(named))] += 1
    public = index == labels.index(PUBLIC)
    sure, hit = answers.max(axis=1), best == index
    return OwnScores(
        documents=len(truth),
        macro_f1=macro_f1(index, best),
        calibration_error=calibration_error(sure, hit),
        public_taken_for_sensitive=float((~hit[public]).mean()) if public.any() else None,
        labels={name: _of_label(answers[:, labels.index(name)], index == labels.index(name)) for name in named},
        confusion=counts,
        bins=calibration_bins(sure, hit),
    )


def _of_label(scores: npt.NDArray[Any], own: npt.NDArray[Any]) -> LabelScores:
    """The lowest threshold from 0.5 on with few enough false alarms."""
    steps = np.round(np.arange(0.5, 0.96, 0.05), 2)
    allowed = FALSE_ALARMS * max(1, int((~own).sum()))
    threshold = next((float(step) for step in steps if (scores[~own] >= step).sum() <= allowed), float(steps[-1]))
    found, many = int((scores[own] >= threshold).sum()), int(own.sum())
    low, high = interval(found, many)
    return LabelScores(many, found, low, high, int((scores[~own] >= threshold).sum()), int((~own).sum()), threshold)


def interval(hits: int, total: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share."""
    if not total:
        return 0.0, 1.0
    share, square = hits / total, _Z * _Z / total
    middle, half = share + square / 2, _Z * sqrt(share * (1 - share) / total + square / total / 4)
    return max(0.0, (middle - half) / (1 + square)), min(1.0, (middle + half) / (1 + square))


def card(metadata: Mapping[str, Any], scores: OwnScores) -> str:
    """The model card, Markdown."""
    meanings, counts = metadata["meanings"], metadata["documents"]
    lines = [
        "# Document labels of our own",
        "",
        f"Head `{metadata['revision']}`, trained on {metadata['trained']} on top of Privet's `{metadata['base']}` with",
        f"the feature model `{metadata['feature_model']}` (SHA-256 `{metadata['feature_sha256'][:12]}…`).",
        "",
        "| label | what it means | documents | found | 95 % interval | false alarms | `min_score` |",
        "| --- | --- | ---: | ---: | --- | ---: | ---: |",
    ]
    for name, one in scores.labels.items():
        lines.append(
            f"| `{name}` | {meanings.get(name) or '(not said)'} | {counts[name]} | {one.found} of {one.documents} | "
            f"{one.low:.0%} to {one.high:.0%} | {one.false_alarms} of {one.others} | {one.min_score:g} |"
        )
    public = scores.public_taken_for_sensitive
    lines += [
        "",
        f"Macro-F1 {scores.macro_f1:.3f}; calibration error {scores.calibration_error:.3f}"
        + ("." if public is None else f"; {public:.1%} of the public documents are taken for something else."),
        "",
        "Every document was judged by a head that never saw it. `found` and `false alarms` are at `min_score`, the",
        f"lowest from 0.5 on with at most {FALSE_ALARMS:.0%} false alarms; the interval says how little some dozens of",
        "documents tell. Documents of another kind than these, or written by others, will do worse.",
        "",
        "![what documents were taken for](confusion.svg)",
        "",
        "![how sure, and how often right](reliability.svg)",
        "",
        "## To use it",
        "",
        "```yaml",
        "# privet.yaml",
        "classifier:",
        f"  head: {metadata['directory']}",
        "# the policy",
        "rules:",
    ]
    for name, one in scores.labels.items():
        if name != PUBLIC:
            asked = f"labels: [{{name: {name}, min_score: {one.min_score:g}}}]"
            lines.append(f"  - {{id: {name.replace('_', '-')}, when: {{{asked}}}, effect: block}}")
    return "\n".join([*lines, "```", ""])


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(one) for one in value]
    return value
