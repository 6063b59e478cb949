from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.prose import CHUNK, is_prose, prose_chunks, windows


@pytest.mark.parametrize(
    ("line", "prose"),
    [
        ("My name is Ana.", True),
        ("Ana", True),
        ('{"name": "Ana Novak", "age": 4}', True),
        ("ana,novak,Main Street 5", True),
        ("2024-01-01 INFO user Ana Novak logged in", True),
        ("- Tom Harris (555-765-4321)", True),
        ("", False),
        ("12 34 56", False),
        ("x" * 300, False),
        ("node_modules/x/index.js", False),
        ("QUJD" * 40 + " =", False),
        ("for (int i = 0; i < n; i++) {", False),
        ("import os", False),
        ("    return value", False),
        ("};", False),
        ('    author = "Ana Novak";', True),
        ("// written by Ana Novak;", True),
    ],
)
def test_is_prose(line, prose):
    assert is_prose(line) is prose


def test_windows_cut_where_sentences_end():
    text = "One two three. " * 10
    pieces = list(windows(text, 40, 10))
    assert all(text[end - 1] == "." or end == len(text) for _, end in pieces)


def test_windows_overlap_inside_a_sentence():
    text = "word " * 40
    pieces = list(windows(text, 50, 20))
    assert all(second[0] < first[1] for first, second in pairwise(pieces))


@given(st.text("ab. \n", max_size=400), st.integers(10, 60))
def test_windows_cover_everything_and_stay_small(text, size):
    pieces = list(windows(text, size, size // 4))
    assert all(0 < end - start <= size for start, end in pieces)
    assert {index for start, end in pieces for index in range(start, end)} == set(range(len(text)))


@given(st.text(max_size=1500))
def test_chunks_are_small_and_in_order(text):
    chunks = prose_chunks(text)
    assert all(0 <= start < end <= len(text) and end - start <= CHUNK for start, end in chunks)
    assert chunks == sorted(chunks)


def test_a_megabyte_in_one_line_is_cut():
    chunks = prose_chunks("Ana Novak lives here " * 50_000)
    assert max(end - start for start, end in chunks) <= CHUNK
    assert chunks[-1][1] == 21 * 50_000


@pytest.mark.parametrize(
    ("line", "read"),
    [
        ("<p>Customer Anna Schmidt, lives here.</p>", True),
        ("  <td>Jürgen Kowalski</td><td>12</td>", True),
        ("<p>my name is anna</p>", True),
        ("<li class='x'><a href='/y'>terms of service</a></li>", False),
        ("<div class='main-page'>", False),
        ("<Button onClick={save}>Save changes</Button>", False),
        ("List<String> names = new ArrayList<>();", False),
    ],
)
def test_between_the_tags_of_a_page_stand_words(line, read):
    assert is_prose(line) is read
