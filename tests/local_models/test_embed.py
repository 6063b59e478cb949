"""The feature model's vectors."""

import numpy as np
import pytest

from local_models.catalog import spec_of
from local_models.embed import FEATURE_MODEL, MAX_TOKENS, Embedder


def test_it_says_what_it_is(embedder: Embedder) -> None:
    assert embedder.sha256 == spec_of(FEATURE_MODEL).sha256
    assert embedder.width == 576


def test_the_same_text_gives_the_same_vector_whatever_came_between(embedder: Embedder) -> None:
    first = embedder.vector("The parties agree.")
    embedder.vector("Something else entirely. " * 50)
    assert np.array_equal(first, embedder.vector("The parties agree."))
    assert not np.allclose(first, embedder.vector("The parties disagree."), rtol=0.01)


@pytest.mark.parametrize("text", ["", "x", "\x00", "\ud800 lone", "🙂" * 5000, "<|im_end|>" * 1000, "word " * 20_000])
def test_any_text_has_a_finite_vector(embedder: Embedder, text: str) -> None:
    vector = embedder.vector(text)
    assert vector.shape == (embedder.width,)
    assert np.isfinite(vector).all()
    assert vector.any() == bool(text)


def test_only_the_first_tokens_count(embedder: Embedder) -> None:
    start = "one two three four " * MAX_TOKENS
    assert np.array_equal(embedder.vector(start + "alpha"), embedder.vector(start + "omega"))
