"""Figures worked out by hand."""

import numpy as np
import pytest

from local_models.corpus import Example
from local_models.evaluate import calibration_error, false_alarms, judge, macro_f1, ranking, recall_by, score

LABELS = ("hr", "financial", "public")


def test_macro_f1() -> None:
    truth, guess = np.asarray([0, 0, 1, 1]), np.asarray([0, 1, 1, 1])
    assert macro_f1(truth, guess) == pytest.approx((2 / 3 + 4 / 5) / 2)
    assert macro_f1(truth, truth) == 1.0
    assert macro_f1(truth, np.asarray([2, 2, 2, 2])) == 0.0


@pytest.mark.parametrize(
    ("positive", "negative", "auc"),
    [([0.9, 0.8], [0.1, 0.2], 1.0), ([0.1], [0.9], 0.0), ([0.5], [0.5], 0.5), ([0.9, 0.3], [0.5, 0.1], 0.75)],
)
def test_ranking(positive: list[float], negative: list[float], auc: float) -> None:
    assert ranking(np.asarray(positive), np.asarray(negative)) == pytest.approx(auc)


def test_false_alarms_at_a_recall() -> None:
    positive = np.linspace(0.1, 1.0, 10)  # nine of ten are at least 0.2
    assert false_alarms(positive, np.asarray([0.15, 0.25, 0.95, 0.05]), 0.9) == 0.5
    assert false_alarms(positive, np.asarray([0.15, 0.25, 0.95, 0.05]), 1.0) == 0.75


def test_calibration_error() -> None:
    assert calibration_error(np.asarray([0.75] * 4), np.asarray([True, True, True, False])) == pytest.approx(0.0)
    assert calibration_error(np.asarray([0.95] * 4), np.asarray([False] * 4)) == pytest.approx(0.95)
    assert calibration_error(np.asarray([1.0]), np.asarray([True])) == 0.0


def test_score() -> None:
    probabilities = np.asarray([[0.9, 0.05, 0.05], [0.85, 0.1, 0.05], [0.1, 0.1, 0.8]])
    found = score(["hr", "financial", "public"], probabilities, LABELS)
    assert found.recall_at_rule == 0.5  # one of two sensitive texts has its own label at 0.8 or more
    assert found.wrong_at_rule == pytest.approx(1 / 3)  # the other has hr
    assert found.auc == 1.0
    assert found.plain()["texts"] == 3


def test_score_without_public_texts() -> None:
    found = score(["hr"], np.asarray([[0.9, 0.05, 0.05]]), LABELS)
    assert found.auc is None
    assert found.false_alarms_at_recall_90 is None


def test_recall_by_group() -> None:
    probabilities = np.asarray([[0.9, 0.1, 0.0], [0.1, 0.9, 0.0], [0.0, 0.1, 0.9]])
    found = recall_by(["a", "a", "b"], ["hr", "hr", "public"], probabilities, LABELS)
    assert found == {"a": {"hr": 0.5}, "b": {"public": 1.0}}


def test_judge_asks_about_each_text() -> None:
    examples = [
        Example(text="profit", label="financial", source="x"),
        Example(text="hello", label="public", source="x"),
    ]
    right = {"profit": "financial", "hello": "public"}
    names = ("source_code", "hr", "medical", "legal", "financial", "customer", "public")
    found = judge(lambda text: {name: float(name == right[text]) for name in names}, examples)
    assert (found.macro_f1, found.recall_at_rule, found.wrong_at_rule) == (1.0, 1.0, 0.0)
