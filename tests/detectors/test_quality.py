"""Detection on the labelled sets beside the project, with bounds that only a real loss of quality breaks.

The sets are read in place; without them these tests skip. `make bench` has the figures themselves.
"""

import pytest

from bench.detection import DATA, FORMS, HARMLESS, LABELLED, LANGUAGES, PROMPTS, SECRETS, STYLES, load
from configs.entities import sensitive_types
from detectors.evaluation.score import Score, measure, of_types

pytestmark = pytest.mark.slow
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"no labelled data at {DATA}")
SAMPLE = 60


def measured(scanner, names):
    def find(texts):
        scans = scanner.scan_many([(text, "") for text in texts])
        assert not any(scan.skipped for scan in scans)
        return [scan.findings for scan in scans]

    return {name: measure(load(name, SAMPLE), find, of_types(sensitive_types())) for name in names}


@pytest.fixture(scope="module")
def scores(scanner):
    return measured(scanner, (*LABELLED, *HARMLESS))


def total(scores, names):
    score = Score()
    for name in names:
        score.add(scores[name])
    return score.figures()


@needs_data
def test_few_labelled_values_are_missed(scores):
    figures = total(scores, LABELLED)
    assert figures["leak"] < 0.07
    assert figures["leak_identifying"] < 0.04


@needs_data
def test_little_else_is_touched(scores):
    assert total(scores, LABELLED)["damage"] < 0.02
    assert total(scores, HARMLESS)["touched"] < 0.06


@needs_data
def test_secrets(scores):
    assert scores["secrets"].figures()["leak"] < 0.22


def test_our_own_secrets_and_look_alikes(scanner):
    real, alike = (score.figures() for score in measured(scanner, SECRETS).values())
    assert real["leak"] < 0.05
    assert alike["touched_secrets"] < 0.05


def test_our_own_sentences_in_eight_languages(scanner):
    figures = total(measured(scanner, LANGUAGES), LANGUAGES)
    assert figures["leak_identifying"] < 0.06
    assert figures["damage"] < 0.04


def test_our_own_letters_and_forms_in_many_languages(scanner):
    scores = measured(scanner, FORMS)
    measured_languages, others = FORMS[:8], FORMS[8:]
    assert total(scores, measured_languages)["leak_identifying"] < 0.05
    assert total(scores, others)["leak_identifying"] < 0.12
    assert total(scores, FORMS)["damage"] < 0.06


def test_our_own_harmless_prompts(scanner):
    assert total(measured(scanner, PROMPTS), PROMPTS)["touched"] < 0.2


def test_our_own_lines_in_many_styles(scanner):
    figures = total(measured(scanner, (STYLES,)), (STYLES,))
    assert figures["leak_identifying"] < 0.15
    assert figures["damage"] < 0.04
