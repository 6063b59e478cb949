"""What compares equal, and where it stands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.own.words import canonical, words_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Müller", "MULLER"),
        ("Jörg  Müller-Lüdenscheidt", "jorg muller ludenscheidt"),
        ("Straße", "STRASSE"),
        ("DE89 3704 0044", "de8937040044"),
        ("e\u0301te\u0301", "été"),
        ("Łódź", "lodz"),
        ("ﬁnance", "finance"),
        ("١٢٣", "123"),
        ("İstanbul", "istanbul"),
        ("a\u00adb", "ab"),
        ("O'Brien", "OBrien"),
        ("x_y", "x y"),
    ],
)
def test_equal(one, other):
    assert canonical(one) == canonical(other)


@pytest.mark.parametrize(("one", "other"), [("Meier", "Meyer"), ("12", "21"), ("ab", "abc"), ("é", "a")])
def test_different(one, other):
    assert canonical(one) != canonical(other)


def spans(text):
    words = words_of(text)
    return [text[start:end] for start, end in zip(words.starts.tolist(), words.ends.tolist(), strict=True)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" ., ", []),
        ("Anna, K-482", ["Anna", "K", "482"]),
        ("Straße 7", ["Straße", "7"]),
        ("王小明 ok", ["王", "小", "明", "ok"]),
        ("e\u0301te\u0301 😀x", ["e\u0301te", "x"]),
        ("\ud800a", ["a"]),
    ],
)
def test_words(text, expected):
    assert spans(text) == expected


@given(st.text(max_size=60))
def test_offsets_point_at_what_is_compared(text):
    words = words_of(text)
    assert len(words.first) == len(words) + 1
    assert (words.starts < words.ends).all()
    assert (words.starts[1:] >= words.ends[:-1]).all()
    for index, (start, end) in enumerate(zip(words.starts.tolist(), words.ends.tolist(), strict=True)):
        written = "".join(map(chr, words.codes[words.first[index] : words.first[index + 1]].tolist()))
        assert canonical(text[start:end]) == written


@given(st.text(alphabet=st.characters(max_codepoint=0x24F), max_size=40))
def test_case_spaces_and_signs_say_nothing(text):
    assert canonical(text) == canonical(f" -{text}. ")
    assert canonical(canonical(text)) == canonical(text)


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz0123456789 .-", max_size=40))
def test_case_says_nothing(text):
    assert canonical(text.upper()) == canonical(text)
