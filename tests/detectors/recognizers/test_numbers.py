import pytest

from detectors.recognizers.numbers import digits_of, luhn_valid


def test_digits_of():
    assert digits_of("+1 (2) 3-4") == "1234"


@pytest.mark.parametrize(
    ("value", "valid"),
    [("4111 1111 1111 1111", True), ("79927398713", True), ("79927398710", False), ("0000000000", False), ("", False)],
)
def test_luhn(value, valid):
    assert luhn_valid(value) is valid
