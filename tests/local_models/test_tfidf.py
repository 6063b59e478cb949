"""Hashed n-grams: a head's meaning hangs on every bucket."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_models.tfidf import BUCKETS, frequencies, weighted

PINNED = [359, 29393, 39101, 44442, 55987, 62381]


def test_the_hash_is_the_one_that_heads_were_trained_with() -> None:
    buckets, values = frequencies("abc")
    assert buckets.tolist() == PINNED
    assert values.tolist() == [1.0] * len(PINNED)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Revenue 4.2m", "revenue 7.9m", True),
        ("Revenue", "revenue", True),
        ("revenue", "revenues", False),
        ("a\nb c", "a b c", False),  # code has lines
        ("12", "123", False),
    ],
)
def test_what_counts_as_the_same(one: str, other: str, same: bool) -> None:
    assert (frequencies(one)[0].tolist() == frequencies(other)[0].tolist()) is same


@given(st.text(max_size=300))
def test_buckets_are_sorted_distinct_and_in_bounds(text: str) -> None:
    buckets, values = frequencies(text)
    assert (np.diff(buckets) > 0).all()
    assert ((buckets >= 0) & (buckets < BUCKETS)).all()
    assert (values >= 1.0).all()


@given(st.text(min_size=1, max_size=300))
def test_weights_have_length_one(text: str) -> None:
    _, values = weighted(text, np.linspace(0.5, 3.0, BUCKETS, dtype=np.float32))
    assert np.linalg.norm(values) == pytest.approx(1.0, abs=1e-5)


def test_repeating_counts_logarithmically() -> None:
    # " aaa…a " has the gram "aaa" n - 2 times
    _, values = frequencies("a" * 12)
    assert values.max() == pytest.approx(1 + np.log(10))


def test_grams_spread_over_the_buckets() -> None:
    words = [f"{a}{b}{c}" for a in "abcdefghij" for b in "klmnopqrst" for c in "uvwxyzabcd"]
    used = np.concatenate([frequencies(word)[0] for word in words])
    assert len(np.unique(used)) > 0.95 * BUCKETS * (1 - np.exp(-len(set(grams(words))) / BUCKETS))


def grams(words: list[str]) -> list[str]:
    padded = [f" {word} " for word in words]
    return [text[at : at + size] for text in padded for size in (3, 4, 5) for at in range(len(text) - size + 1)]
