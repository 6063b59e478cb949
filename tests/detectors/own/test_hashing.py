"""Hashes of rows of words: the same for the same row wherever it stands, and nobody's without the key."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.own.hashing import Keys, encrypted, every_row, fixed_rows, paired
from detectors.own.words import canonical, words_of

KEYS = Keys(b"k" * 32)
ALL = np.ones(97, dtype=bool)


def hashes(text, keys=KEYS, most=3, lengths=ALL, salt=b"s" * 16):
    """What is written → its hash, for every row of the text."""
    words = words_of(text)
    found = {}
    for rows in every_row(words, keys.points, most, lengths):
        values = encrypted(keys.cipher(salt), rows.reduced)
        for first, count, value in zip(rows.words.tolist(), rows.counts.tolist(), values.tolist(), strict=True):
            found[canonical(text[words.starts[first] : words.ends[first + count - 1]])] = value
    return found


def test_every_row_of_words():
    assert set(hashes("a b c d", most=2)) == {"a", "b", "c", "d", "ab", "bc", "cd"}


def test_only_rows_of_lengths_that_occur():
    lengths = np.zeros(97, dtype=bool)
    lengths[3] = True
    assert set(hashes("ab c d efg", lengths=lengths)) == {"abc", "efg"}


@settings(max_examples=50)
@given(st.text(alphabet="ab c1ü.", max_size=30), st.text(alphabet="xyz ,", max_size=40))
def test_a_row_has_one_hash_wherever_it_stands(text, before):
    alone = hashes(text)
    shifted = hashes(f"{before} | {text}")
    assert {row: shifted[row] for row in alone} == alone
    assert len(set(alone.values())) == len(alone)


def test_rows_across_the_pieces_in_which_a_long_text_is_read():
    filler = " ".join(["filler"] * 20_000)
    lengths = np.arange(97) == len("blueheron")
    assert hashes(f"{filler} Blue Heron {filler}", lengths=lengths) == hashes("Blue Heron", lengths=lengths)


def test_words_of_absurd_length():
    assert set(hashes(f"{'x' * 40_000} ab {'1' * 40_000} c")) == {"ab", "c"}
    assert [rows.words.tolist() for rows in fixed_rows(words_of("x" * 40_000 + " a b c"), KEYS.points, 3, 1)] == [[1]]


def test_another_key_another_salt():
    mine = hashes("Anna")["anna"]
    assert hashes("Anna", keys=Keys(b"l" * 32))["anna"] != mine
    assert hashes("Anna", salt=b"t" * 16)["anna"] != mine
    assert Keys(b"k" * 32).name == KEYS.name != Keys(b"l" * 32).name
    assert "kkk" not in repr(KEYS)


def test_rows_of_one_size():
    words = words_of("one two three four five")
    (rows,) = fixed_rows(words, KEYS.points, 3, 1)
    assert rows.words.tolist() == [0, 1, 2]
    (rows,) = fixed_rows(words, KEYS.points, 3, 12)
    assert rows.words.tolist() == [1, 2]
    assert list(fixed_rows(words_of("one two"), KEYS.points, 3, 1)) == []


def test_pairs_have_no_order():
    one, other = np.array([3, 5], dtype=np.uint64), np.array([4, 2], dtype=np.uint64)
    assert paired(b"k" * 32, one, other).tolist() == paired(b"k" * 32, other, one).tolist()
    assert len(set(paired(b"k" * 32, one, other).tolist())) == 2
