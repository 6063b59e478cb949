import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.words import LONGEST, ROWS, looks, shape, words_of


def test_words_of():
    text = "Ana's id_7:\n42nd  Straße"
    found = words_of(text)
    assert [word for word, _ in found.words] == ["Ana", "'", "s", "id", "_", "7", ":", "\n", "42", "nd", "Straße"]
    assert [glued for _, glued in found.words] == [False, True, True, False, True, True, True, True, True, True, False]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Novak", "Xxxx"), ("A", "X"), ("McDonald", "XxXxxx"), ("12345", "ddddd"), ("9" * 99, "d" * 12), ("?", "?")],
)
def test_shape(text, expected):
    assert shape(text) == expected


def test_looks_tell_words_apart_by_what_they_share():
    (whole, parts), (other, other_parts) = looks(("Kowalski", False)), looks(("Kowalska", False))
    assert whole[0] != other[0]  # another word
    assert whole[1] == other[1]  # the same beginning
    assert whole[3] == other[3]  # the same shape
    assert len(set(parts) & set(other_parts)) >= 8
    assert looks(("x", False))[0][3] != looks(("x", True))[0][3]


@given(st.text(max_size=200))
def test_words_point_into_the_text_and_lose_only_spaces(text):
    found = words_of(text)
    spans = list(zip(found.starts.tolist(), found.ends.tolist(), strict=True))
    assert all(
        text[start:end][: 2 * LONGEST] == word for (start, end), (word, _) in zip(spans, found.words, strict=True)
    )
    covered = {index for start, end in spans for index in range(start, end)}
    assert all(text[index].isspace() or not text[index].isprintable() or text[index] in "\u2028\u2029" or
               not (text[index].isalnum() or text[index] == "_")
               for index in set(range(len(text))) - covered)  # fmt: skip


@given(st.text(min_size=1, max_size=60), st.booleans())
def test_rows_are_rows_of_the_table(text, glued):
    whole, parts = looks((text, glued))
    assert all(0 <= row < ROWS for row in (*whole, *parts))
    assert parts
