"""Masking."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.transforms.mask import mask


@pytest.mark.parametrize(
    ("value", "keep", "expected"),
    [
        ("4111 1111 1111 1234", 4, "*" * 15 + "1234"),
        ("4111 1111 1111 12-34", 4, "*" * 15 + "12-34"),
        ("Anna", 0, "****"),
        ("Anna", 2, "**na"),
        ("Anna", 4, "**na"),  # never more than half
        ("Anna", 99, "**na"),
        ("Anna", -1, "****"),
        ("A", 1, "*"),
        ("anna@x.com", 3, "******" + ".com"[0:0] + "*com"),
        ("", 3, ""),
    ],
)
def test_mask(value: str, keep: int, expected: str) -> None:
    assert mask(value, keep) == expected


@given(value=st.text(), keep=st.integers(-1, 30))
def test_length_stays_and_at_least_half_is_hidden(value: str, keep: int) -> None:
    masked = mask(value, keep)
    assert len(masked) == len(value)
    letters = [i for i, c in enumerate(value) if c.isalnum()]
    shown = [i for i in letters if masked[i] == value[i]]
    assert len(shown) <= max(0, keep)
    assert len(shown) <= len(letters) // 2
