"""The same value gives the same fingerprint however it is written; another key, type or value another one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.fingerprint import fingerprint, normalise

KEY = b"k" * 32


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Ana Maria", "  ana   MARIA ", True),
        ("4111 1111 1111 1111", "4111-1111-1111-1111", True),
        ("+1 (415) 555-0123", "1 415 555 0123", True),
        ("DE89 3704 0044 0532 0130 00", "de89370400440532013000", True),
        ("\uff21na", "Ana", True),
        ("ana@example.com", "ANA@Example.com", True),
        ("Ana-Maria", "Anamaria", False),
        ("ana.m@example.com", "anam@example.com", False),
        ("Ana", "Anna", False),
    ],
)
def test_normalised(one, other, same):
    assert (fingerprint(KEY, "X", one) == fingerprint(KEY, "X", other)) is same


def test_key_and_type_count():
    one = fingerprint(KEY, "PERSON", "Ana")
    assert one != fingerprint(b"j" * 32, "PERSON", "Ana")
    assert one.hmac != fingerprint(KEY, "CITY", "Ana").hmac
    assert len(one.hmac) == 32


@given(st.text())
def test_normalise_is_idempotent_enough(text):
    assert fingerprint(KEY, "X", text) == fingerprint(KEY, "X", f" {text} ")
    assert normalise(text) == normalise(f"{text} ")


def test_any_text_has_one():
    assert fingerprint(KEY, "X", "\ud800")
