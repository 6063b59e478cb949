"""Explanations: the words that a finding needs, and why something was dropped."""

import pytest

from detectors.explain import explain
from detectors.finding import Finding
from detectors.scan import Scanner

CARD = "4539148803436467"


class Says:
    """A detector that says what it is told to."""

    def __init__(self, *findings):
        self.name = "says"
        self._findings = findings

    def find_many(self, sources):
        return [[one for one in self._findings if one.end <= len(source.text)] for source in sources]


def test_the_words_that_a_finding_needs(scanner):
    text = "hello there, my passport number is K21345678, ok?"
    (one,) = (item for item in explain(scanner, text) if not item.dropped)
    assert (one.finding.entity_type, one.alone) == ("PASSPORT", None)
    assert "passport" in one.words
    assert "hello" not in one.words
    assert "passport" not in repr(one)


def test_what_counts_by_itself(scanner):
    (one,) = (item for item in explain(scanner, "some text and AKIAQYLPMN5HFIQR7XYA") if not item.dropped)
    assert (one.alone, one.words, one.disguised) == (one.finding.score, (), False)


def test_what_was_written_in_a_disguise(scanner):
    (one,) = (item for item in explain(scanner, f"my card is {' '.join(CARD)} ok") if not item.dropped)
    assert one.disguised


@pytest.mark.parametrize(
    ("findings", "reason"),
    [
        ([Finding(0, 4, "PERSON", 0.2, "says")], "its score is below 0.5"),
        ([Finding(0, 4, "NOBODY", 0.9, "says")], "no policy can name this type"),
        ([Finding(0, 8, "API_KEY", 1.0, "says"), Finding(2, 4, "PERSON", 0.6, "says")], "part of a surer API_KEY"),
    ],
)
def test_why_something_was_dropped(findings, reason):
    explained = explain(Scanner([Says(*findings)], {"PERSON": 0.5, "API_KEY": 0.5}), "some words")
    assert [one.dropped.startswith(reason) for one in explained if one.dropped] == [True]


def test_a_guess_that_was_not_sure_enough():
    says = Says(Finding(0, 16, "CREDIT_CARD", 0.9, "says"))
    explained = explain(Scanner([says], {"CREDIT_CARD": 0.5}), "45391488\n03436467")
    assert any(one.dropped == "a guess at a disguise, which needs 0.95" for one in explained)
