from itertools import pairwise

import numpy as np
import pytest

from detectors.ner import MAX_PIECES, OVERLAP_PIECES, RampartModel, _plan


@pytest.fixture(scope="module")
def model():
    return RampartModel()


@pytest.mark.parametrize("count", [0, 1, MAX_PIECES, MAX_PIECES + 1, 5 * MAX_PIECES, 1000, 1001])
def test_windows_cover_all_pieces(count):
    plan = _plan(count)
    assert {index for first, last in plan for index in range(first, last)} == set(range(count))
    assert all(0 < last - first <= MAX_PIECES for first, last in plan)
    assert all(b[0] == a[1] - OVERLAP_PIECES for a, b in pairwise(plan))


def test_pieces_point_into_the_text(model):
    text = "I am Ana Novak from Zürich."
    scores = model.read([text])[0]
    pieces = [text[start:end] for start, end in zip(scores.starts, scores.ends, strict=True)]
    assert "Ana" in pieces
    best = [model.classes[index] for index in scores.probabilities.argmax(axis=1)]
    assert best[pieces.index("Ana")] == "GIVEN_NAME"
    assert np.allclose(scores.probabilities.sum(axis=1), 1.0, atol=1e-4)


def test_batches_change_nothing(model):
    texts = ["My name is Ana Novak.", "", "Hello", "I live at 12 Maple Street, Springfield. " * 8, "x"]
    together = model.read(texts)
    for text, scores in zip(texts, together, strict=True):
        alone = model.read([text])[0]
        assert np.allclose(alone.probabilities, scores.probabilities, atol=0.05)


def test_a_text_longer_than_a_window(model):
    text = "nothing here at all " * 120 + "my name is Ana Novak"
    scores = model.read([text])[0]
    assert (scores.probabilities.sum(axis=1) > 0.99).all()
    best = model.classes[int(scores.probabilities[-1].argmax())]
    assert best == "SURNAME"


def test_nothing(model):
    assert model.read([]) == []
    assert len(model.read([""])[0].starts) == 0
