import pytest

from detectors.recognizers.speakers import find


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[10:16 AM] Mike: hi", "Mike"),
        ("Dear Ms Novak,\nthanks", "Novak"),
        ("Hi Sarah,\n", "Sarah"),
        ("Best regards,\nTom Brown\nCEO", "Tom Brown"),
        ("Name: Lena Ortiz\n", "Lena Ortiz"),
        ("Bob Lee (bob@example.com)", "Bob Lee"),
        ("From: Ana Novak <ana@example.com>", "Ana Novak"),
        ("My name is Ana Novak and", "Ana Novak"),
    ],
)
def test_positives(found, text, value):
    assert (value, "PERSON") in found(find, text)


@pytest.mark.parametrize(
    "text",
    [
        "[10:16 AM] Support: hi",
        "Dear Customer,",
        "Hi all,",
        "Name: Total",
        "Best regards,\nCustomer Service",
        "Note: Important",
        "",
    ],
)
def test_near_misses(found, text):
    assert found(find, text) == []
