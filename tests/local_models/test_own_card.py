"""Scores of a company's own labels, and the card that tells them."""

import numpy as np
import pytest

from local_models.own_card import card, interval, judged

LABELS = ("financial", "public", "board_papers")


def scores():
    truth = ["board_papers"] * 4 + ["public"] * 4
    answers = np.asarray([[0.1, 0.1, 0.8]] * 3 + [[0.8, 0.1, 0.1]] + [[0.1, 0.8, 0.1]] * 3 + [[0.1, 0.3, 0.6]])
    return judged(truth, answers, LABELS)


def test_documents_are_counted_where_they_were_taken_for() -> None:
    found = scores()
    assert found.confusion == [[3, 0, 1], [1, 3, 0]]  # one board paper taken for a label of Privet's
    assert found.public_taken_for_sensitive == 0.25
    board = found.labels["board_papers"]
    assert (board.found, board.documents, board.false_alarms, board.min_score) == (3, 4, 0, 0.65)
    assert board.low < 0.75 < board.high


def test_the_interval_is_wilsons() -> None:
    assert interval(11, 12) == pytest.approx((0.646, 0.985), abs=0.001)
    assert interval(0, 0) == (0.0, 1.0)


def test_the_card_says_all_of_it() -> None:
    metadata = {
        "revision": "own-documents@abc",
        "directory": "heads",
        "trained": "2026-01-02",
        "base": "documents@def",
        "feature_model": "smollm2",
        "feature_sha256": "0" * 64,
        "meanings": {"board_papers": "what the board reads"},
        "documents": {"board_papers": 4, "public": 4},
    }
    said = card(metadata, scores())
    assert "| `board_papers` | what the board reads | 4 | 3 of 4 |" in said
    assert "| `public` | (not said) |" in said
    assert "25.0% of the public documents are taken for something else" in said
    assert "{name: board_papers, min_score: 0.65}" in said
    assert "name: public" not in said
