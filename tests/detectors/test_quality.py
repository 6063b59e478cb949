"""Detection on the labelled sets beside the project, with bounds that only a real loss of quality breaks.

The sets are read in place; without them these tests skip. `make bench` has the figures themselves.
"""

import pytest

from bench.detection import DATA, HARMLESS, LABELLED, load
from configs.entities import sensitive_types
from detectors.evaluation.score import Score, measure, of_types

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"no labelled data at {DATA}"),
]
SAMPLE = 60


@pytest.fixture(scope="module")
def scores(scanner):
    def find(texts):
        scans = scanner.scan_many([(text, "") for text in texts])
        assert not any(scan.skipped for scan in scans)
        return [scan.findings for scan in scans]

    return {name: measure(load(name, SAMPLE), find, of_types(sensitive_types())) for name in (*LABELLED, *HARMLESS)}


def total(scores, names):
    score = Score()
    for name in names:
        score.add(scores[name])
    return score.figures()


def test_few_labelled_values_are_missed(scores):
    figures = total(scores, LABELLED)
    assert figures["leak"] < 0.07
    assert figures["leak_identifying"] < 0.04


def test_little_else_is_touched(scores):
    assert total(scores, LABELLED)["damage"] < 0.02
    assert total(scores, HARMLESS)["touched"] < 0.12


def test_secrets(scores):
    assert scores["secrets"].figures()["leak"] < 0.22
