"""Tokens."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.transforms.token import ALPHABET, check_character, find_tokens, is_token, make_token

TOKEN = make_token(b"key", "scope", "PERSON", "Anna")


def test_a_token_is_stable() -> None:
    # Tokens stand in conversations and prompt caches: their making must not change between versions.
    assert make_token(b"key", "scope", "PERSON", "Anna") == "PERSON_G1A7VXPK"


@given(value=st.text(), scope=st.text(), kind=st.sampled_from(["PERSON", "EMAIL_ADDRESS"]))
def test_every_token_checks_itself(value: str, scope: str, kind: str) -> None:
    token = make_token(b"key", scope, kind, value)
    head, _, code = token.rpartition("_")
    assert head == kind
    assert len(code) == 8
    assert set(code) <= set(ALPHABET)
    assert is_token(token)


@pytest.mark.parametrize(
    "other",
    [
        (b"other", "scope", "PERSON", "Anna", 0),
        (b"key", "other", "PERSON", "Anna", 0),
        (b"key", "scope", "NAME", "Anna", 0),
        (b"key", "scope", "PERSON", "ANNA", 0),
        (b"key", "scope", "PERSON", "Anna ", 0),
        (b"key", "scope", "PERSON", "Anna", 1),
        (b"key", "scopeP", "ERSON", "Anna", 0),  # the same letters, cut elsewhere
    ],
)
def test_everything_goes_into_a_token(other: tuple[bytes, str, str, str, int]) -> None:
    assert make_token(*other).rpartition("_")[2] != TOKEN.rpartition("_")[2]


def test_values_that_are_no_valid_unicode_have_tokens() -> None:
    assert is_token(make_token(b"key", "scope", "PERSON", "\ud800"))


@given(code=st.text(ALPHABET, min_size=7, max_size=7), at=st.integers(0, 5))
def test_swapped_neighbours_are_told(code: str, at: int) -> None:
    swapped = code[:at] + code[at + 1] + code[at] + code[at + 2 :]
    difference = abs(ALPHABET.index(code[at]) - ALPHABET.index(code[at + 1]))
    if difference % 31:
        assert check_character(swapped) != check_character(code)


FOUND = [
    (TOKEN, 1),
    (TOKEN.lower(), 1),
    (f"**{TOKEN}**", 1),
    (TOKEN.replace("_", "\\_"), 1),
    (TOKEN.replace("_", "\\\\_"), 1),
    (f"{TOKEN}'s", 1),
    (f"({TOKEN}) and {TOKEN}", 2),
    (TOKEN + "X", 0),
    (TOKEN[:-1], 0),
    (TOKEN[:-1] + ("Z" if TOKEN[-1] != "Z" else "Y"), 0),
    ("get_capital", 0),
    ("", 0),
]


@pytest.mark.parametrize(("text", "count"), FOUND)
def test_find_tokens(text: str, count: int) -> None:
    found = list(find_tokens(text))
    assert [item.token for item in found] == [TOKEN] * count
    for item in found:
        assert text[item.start : item.end].replace("\\", "").upper() == TOKEN
