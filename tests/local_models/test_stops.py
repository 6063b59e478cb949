"""Words before which an answer ends, however the answer is cut into pieces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_models.stops import Until


def cut(pieces: list[str], *stop: str) -> tuple[str, str | None]:
    until = Until(stop)
    return "".join(until.cut(pieces)), until.words


@pytest.mark.parametrize(
    ("pieces", "stop", "said", "words"),
    [
        (["Hello"], [], "Hello", None),
        (["Hel", "", "lo"], ["\n"], "Hello", None),
        (["Hel", "lo\nW", "orld"], ["\n"], "Hello", "\n"),
        (["a EN", "D b"], ["END"], "a ", "END"),
        (["a EN", "X"], ["END"], "a ENX", None),
        (["a EN"], ["END"], "a EN", None),
        (["one two"], ["two", "one"], "", "one"),
        (["x"], [""], "x", None),
    ],
)
def test_it_ends_before_them(pieces: list[str], stop: list[str], said: str, words: str | None) -> None:
    assert cut(pieces, *stop) == (said, words)


@given(st.lists(st.text("abc", max_size=4), max_size=8), st.lists(st.text("abc", min_size=1, max_size=3), max_size=3))
def test_the_cuts_make_no_difference(pieces: list[str], stop: list[str]) -> None:
    text = "".join(pieces)
    first = min((at for words in stop if (at := text.find(words)) >= 0), default=None)
    said, words = cut(pieces, *stop)
    assert said == text[:first]
    assert (words is None) is (first is None)


def test_what_can_not_be_the_words_beginning_is_not_held_back() -> None:
    assert list(Until(["END"]).cut(["a", "bE", "x"]))[:2] == ["a", "b"]
