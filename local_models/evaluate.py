"""How good a classifier's probabilities are: pure functions over labels and probabilities.

Sensitive means: not public. A text's sensitivity is 1 - P(public).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from local_models.corpus import LABELS, PUBLIC, READ, Example

Probabilities = npt.NDArray[Any]  # texts x labels
RULE_SCORE = 0.8  # the threshold that policies are shown with


@dataclass(frozen=True, slots=True)
class Scores:
    """The figures of one evaluation."""

    texts: int
    macro_f1: float  # over the labels that occur
    auc: float | None  # a sensitive text is more sensitive than a public one
    false_alarms_at_recall_90: float | None  # share of public texts at the threshold that finds 90 % of sensitive ones
    calibration_error: float  # expected calibration error of the likeliest label, ten bins
    recall_at_rule: float | None  # sensitive texts whose own label scores at least RULE_SCORE
    wrong_at_rule: float  # all texts that a wrong sensitive label would score so high

    def plain(self) -> dict[str, Any]:
        """As JSON: rounded."""
        return {key: round(value, 4) if isinstance(value, float) else value for key, value in asdict(self).items()}


def score(truth: Sequence[str], probabilities: Probabilities, labels: Sequence[str]) -> Scores:
    """Judge probabilities against the true labels."""
    index = np.asarray([labels.index(name) for name in truth])
    public = labels.index(PUBLIC)
    best = probabilities.argmax(axis=1)
    sensitive = index != public
    sensitivity = 1.0 - probabilities[:, public]
    both = bool(sensitive.any() and (~sensitive).any())
    own = probabilities[np.arange(len(index)), index]
    others = probabilities.copy()
    others[np.arange(len(index)), index] = 0.0
    others[:, public] = 0.0
    return Scores(
        texts=len(truth),
        macro_f1=macro_f1(index, best),
        auc=ranking(sensitivity[sensitive], sensitivity[~sensitive]) if both else None,
        false_alarms_at_recall_90=false_alarms(sensitivity[sensitive], sensitivity[~sensitive], 0.9) if both else None,
        calibration_error=calibration_error(probabilities.max(axis=1), best == index),
        recall_at_rule=float((own[sensitive] >= RULE_SCORE).mean()) if sensitive.any() else None,
        wrong_at_rule=float((others.max(axis=1) >= RULE_SCORE).mean()),
    )


def judge(classify: Callable[[str], Mapping[str, float]], examples: Sequence[Example]) -> Scores:
    """A classifier's scores on some texts."""
    answers = [classify(example.text[:READ]) for example in examples]
    probabilities = np.asarray([[answer[label] for label in LABELS] for answer in answers])
    return score([example.label for example in examples], probabilities, LABELS)


def macro_f1(truth: npt.NDArray[Any], predicted: npt.NDArray[Any]) -> float:
    """The mean F1 of the classes that occur in `truth`."""
    values = []
    for label in np.unique(truth):
        right = int(((predicted == label) & (truth == label)).sum())
        values.append(2.0 * right / (int((predicted == label).sum()) + int((truth == label).sum())))
    return float(np.mean(values))


def ranking(positive: npt.NDArray[Any], negative: npt.NDArray[Any]) -> float:
    """The area under the ROC curve: how often a positive one outranks a negative one, ties half."""
    order = np.sort(negative)
    below = np.searchsorted(order, positive, side="left")
    equal = np.searchsorted(order, positive, side="right") - below
    return float((below + equal / 2).mean() / len(negative))


def false_alarms(positive: npt.NDArray[Any], negative: npt.NDArray[Any], recall: float) -> float:
    """The share of negatives at or above the threshold that keeps `recall` of the positives."""
    ordered = np.sort(positive)[::-1]
    threshold = ordered[min(len(ordered) - 1, int(np.ceil(recall * len(ordered))) - 1)]
    return float((negative >= threshold).mean())


def calibration_error(confidence: npt.NDArray[Any], right: npt.NDArray[Any], bins: int = 10) -> float:
    """The mean distance between how sure and how right, over bins of equal width, weighted by their size."""
    found = calibration_bins(confidence, right, bins)
    return sum(count / len(confidence) * abs(sure - share) for count, sure, share in found)


def calibration_bins(
    confidence: npt.NDArray[Any], right: npt.NDArray[Any], bins: int = 10
) -> list[tuple[int, float, float]]:
    """Of each bin that isn't empty: how many, how sure on average, and what share was right."""
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    inside = [place == one for one in range(bins)]
    return [(int(one.sum()), float(confidence[one].mean()), float(right[one].mean())) for one in inside if one.any()]


def recall_by(
    groups: Sequence[str], truth: Sequence[str], probabilities: Probabilities, labels: Sequence[str]
) -> Mapping[str, Mapping[str, float]]:
    """Per group and label: the share of texts whose likeliest label is right."""
    best = [labels[int(one)] for one in probabilities.argmax(axis=1)]
    table: dict[str, dict[str, list[bool]]] = {}
    for group, label, guess in zip(groups, truth, best, strict=True):
        table.setdefault(group, {}).setdefault(label, []).append(label == guess)
    return {
        group: {label: round(sum(hits) / len(hits), 3) for label, hits in sorted(row.items())}
        for group, row in sorted(table.items())
    }
