import pytest

from detectors.recognizers.cards import find

CARD, CODE = "CREDIT_CARD", "CARD_SECURITY_CODE"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("4111 1111 1111 1111", [("4111 1111 1111 1111", CARD)]),
        ("card 4111111111111111.", [("4111111111111111", CARD)]),
        ("5500-0055-5555-5559", [("5500-0055-5555-5559", CARD)]),
        ("amex 378282246310005", [("378282246310005", CARD)]),
        ("my card is 6759649826438453", [("6759649826438453", CARD)]),
        ("4111 1111 1111 1112", []),  # Luhn
        ("0000 0000 0000 0000", []),
        ("1111222233334444", []),  # no issuer
        ("v4111.1111.1111.1111.2", []),
        ("CVV: 123", [("123", CODE)]),
        ("cvc is 4321", [("4321", CODE)]),
        ('"cvv": "987"', [("987", CODE)]),
        ("cvv please", []),
        ("123", []),
    ],
)
def test_find(found, text, expected):
    assert found(find, text) == expected


def test_odd_lengths_need_a_word(found):
    assert found(find, "6304000000000000") == [("6304000000000000", CARD)]
    assert found(find, "id 4222222222222") == []
    assert found(find, "visa 4222222222222") == [("4222222222222", CARD)]
