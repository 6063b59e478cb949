import pytest

from detectors.recognizers.answers import find


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("What is your account number?\nSure, it's 44556677.", [("44556677", "ACCOUNT_NUMBER")]),
        ("Support: May I have your phone number?\nAna: it's 555-0199", [("555-0199", "PHONE_NUMBER")]),
        ("And your username, please?\nYes, it's novak77", [("novak77", "USERNAME")]),
        ("I got the code, it's 654321.", [("654321", "PASSWORD")]),
        ("What is your account number? When?\nIt's 8:30 PM", []),
        ("What is the order number? It's 2024", []),
        ("How many users do we have?\nIt's 45000", []),
        ("How far is it by number of miles?\nIt's 450 miles", []),
        # the whole message
        ("85612587531", [("85612587531", "ACCOUNT_NUMBER")]),
        ("a 3 f 6 h 8", [("a 3 f 6 h 8", "ACCOUNT_NUMBER")]),
        ("john and 8908", [("8908", "ACCOUNT_NUMBER"), ("john", "PERSON")]),
        ("i am maria lopez", [("maria lopez", "PERSON")]),
        ("42", []),
        ("windows 10586", []),
        ("error 10054", []),
        ("year 2024", []),
        ("hello world", []),
        ("12 plus 30", []),
    ],
)
def test_find(found, text, expected):
    assert found(find, text) == expected


def test_a_number_in_a_field_of_data_is_data(found):
    assert found(find, "1700000000", "created") == []
    assert found(find, "1700000000", "content") == [("1700000000", "ACCOUNT_NUMBER")]


@pytest.mark.parametrize("text", ["A123456780", "AB1234567", "12345678Z", "AAA123456.", "KSD1287349"])
def test_a_code_that_is_the_whole_message(found, text):
    assert [kind for _, kind in found(find, text)] == ["ACCOUNT_NUMBER"]


@pytest.mark.parametrize(
    "text", ["a1234567", "RTX 4090", "CVE-2024-12345", "ISO9001", "v1234567890123", "f00123456 fails"]
)
def test_near_misses_of_a_code(found, text):
    assert found(find, text) == []
