"""What only the context makes confidential: which sentences are read, and how well they are told."""

import json
from pathlib import Path

import numpy as np
import pytest

from local_models.errors import ModelError
from local_models.evaluate import false_alarms, ranking
from local_models.sentences import (
    CONFIDENTIAL,
    MOST_LOOKED_AT,
    MOST_READ,
    SentenceClassifier,
    load_sentence_classifier,
    sentences,
)

SET = Path(__file__).parents[2] / "bench/sets/confidential.jsonl"
TRAINING = Path(__file__).parents[2] / "local_models/training/confidential.jsonl"


@pytest.fixture(scope="module")
def classifier() -> SentenceClassifier:
    return load_sentence_classifier()


def rows(path: Path) -> list[tuple[str, bool]]:
    lines = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    return [(line["text"], line["label"] == CONFIDENTIAL) for line in lines]


def judged(classifier: SentenceClassifier, every: int) -> tuple[float, float]:
    asked = rows(SET)[::every]
    yes = np.asarray([one for _, one in asked])
    scores = np.asarray([classifier.score(text) for text, _ in asked])
    return ranking(scores[yes], scores[~yes]), false_alarms(scores[yes], scores[~yes], 0.9)


def test_a_sample_of_the_test_sentences_is_told_apart(classifier: SentenceClassifier) -> None:
    assert judged(classifier, 4)[0] > 0.94


@pytest.mark.slow
def test_all_test_sentences_are_told_apart(classifier: SentenceClassifier) -> None:
    area, alarms = judged(classifier, 1)
    assert area >= 0.97
    assert alarms <= 0.1


def test_no_test_sentence_was_trained_on() -> None:
    trained, asked = dict(rows(TRAINING)), dict(rows(SET))
    assert not trained.keys() & asked.keys()
    for group in (trained, asked):
        assert sum(group.values()) >= 140
        assert len(group) - sum(group.values()) >= 150


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("One two three. Four five six!\nSeven eight nine", ["One two three.", "Four five six!", "Seven eight nine"]),
        ("Yes. No thanks. ok", []),
        ("  Spaces   between\twords here  ", ["Spaces between words here"]),
        ("Costs rose by 3.5 percent this year.", ["Costs rose by 3.5 percent this year."]),
        ("", []),
        ('He said "we sell it." They said no to that.', ['He said "we sell it.', "They said no to that."]),
    ],
)
def test_sentences(text: str, found: list[str]) -> None:
    assert sentences([text]) == found


def test_long_and_many_sentences_are_bounded() -> None:
    assert all(len(one) <= 400 for one in sentences(["word " * 5000]))
    assert len(sentences(["x" * 100_000])) == 0  # no words
    many = sentences([f"This is sentence number {number}." for number in range(5000)])
    assert len(many) == MOST_LOOKED_AT
    assert many[-1].endswith("4999.")


def test_the_strongest_sentence_decides(classifier: SentenceClassifier) -> None:
    secret = "We announce the acquisition of Halden Works on Monday, and nobody knows yet."
    around = ["What a nice day it is in the park.", "How do I bake bread at home?"] * 3
    assert (classifier.strongest([*around, secret]) or 0) == classifier.score(secret) > 0.8
    assert (classifier.strongest(around) or 0) < 0.5
    assert classifier.strongest(["ok", ""]) is None


def test_the_model_reads_few_sentences_and_none_twice(classifier: SentenceClassifier) -> None:
    texts = [f"We will close plant {number} in May and the staff don't know." for number in range(40)]
    before = classifier.read
    classifier.strongest(texts)
    assert classifier.read - before == MOST_READ
    classifier.strongest(texts)
    assert classifier.read - before == MOST_READ


def test_nothing_of_a_text_is_kept(classifier: SentenceClassifier) -> None:
    classifier.score("The blue heron flies at midnight over the bay.")
    assert "heron" not in repr(classifier)


def test_a_head_of_another_feature_model_is_refused(classifier: SentenceClassifier) -> None:
    from local_models.embed import load_embedder

    with pytest.raises(ModelError, match="privet models train confidential"):
        SentenceClassifier(classifier.head, load_embedder())
