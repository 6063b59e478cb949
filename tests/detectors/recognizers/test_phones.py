import pytest

from detectors.recognizers.phones import find


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("call +44 20 7946 0018 now", ["+44 20 7946 0018"]),
        ("+14155550123", ["+14155550123"]),
        ("(415) 555-0123", ["(415) 555-0123"]),
        ("415-555-0123 ext. 12", ["415-555-0123 ext. 12"]),
        ("Tel. 030 901820", ["030 901820"]),
        ('{"phone": "4155550123"}', ["4155550123"]),
        ("06 12 34 56 78", ["06 12 34 56 78"]),
        ("my number is 555-6789", ["555-6789"]),
        ("order 4155550123", []),
        ("4155550123", []),  # ten digits alone may be anything
        ("2024-05-01", []),
        ("from 1999-2004", []),
        ("3.141592653589", []),
        ("$415-555", []),
        ("account number is 555-987-6543", []),
        ("", []),
    ],
)
def test_find(found, text, values):
    assert found(find, text) == [(value, "PHONE_NUMBER") for value in values]


@pytest.mark.parametrize("number", ["+1-000-555-0199", "+1 (111) 867 5309", "+1-911-234-5678", "+1.211.234.5678"])
def test_areas_that_no_plan_has(found, number):
    assert found(find, f"call me at {number} please") == []
