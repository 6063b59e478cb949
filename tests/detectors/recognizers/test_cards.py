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


@pytest.mark.parametrize(
    ("text", "value", "kind"),
    [
        (
            "%B4111111111111111^ROE/JANE^2812101100000000?",
            "%B4111111111111111^ROE/JANE^2812101100000000?",
            "CARD_TRACK",
        ),
        (";4111111111111111=28121011000000000?", ";4111111111111111=28121011000000000?", "CARD_TRACK"),
        ("4111 1111 1111 1111 exp 12/28", "12/28", "CARD_EXPIRY"),
        ("my visa, valid thru: 03/2029", "03/2029", "CARD_EXPIRY"),
        ("my card PIN is 4821", "4821", "CARD_SECURITY_CODE"),
        ("debit card pin: 482113", "482113", "CARD_SECURITY_CODE"),
    ],
)
def test_what_else_is_card_data(found, text, value, kind):
    assert (value, kind) in found(find, text)


@pytest.mark.parametrize(
    "text",
    [
        "%B4111111111111112^ROE/JANE^2812101100000000?",
        ";4111111111111111=28131011000000000?",
        "the contract: exp 12/28",
        "my card, exp 13/28",
        "my card is valid until 12/28/2026",
        "pin 4821 of the chip",
    ],
)
def test_near_misses_of_card_data(found, text):
    assert not {kind for _, kind in found(find, text)} - {CARD}
