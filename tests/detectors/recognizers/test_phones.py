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
        ("May I have your phone number? It's +1234567890.", ["+1234567890"]),
        ("the direct line is +1987654321", ["+1987654321"]),
        ("it grew by +1234567890 since", []),
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


@pytest.mark.parametrize("number", ["+1-400-354-6468", "+1 (555) 250-3622", "+1-800-896-8711", "+1.900.706.5627"])
def test_a_number_that_is_no_persons_needs_something_beside_it(found, number):
    assert found(find, f" {number}\n") == []
    assert found(find, f"{number}, Ana Novak") == [(number, "PHONE_NUMBER")]
    assert found(find, f"Ana Novak\n{number}") == [(number, "PHONE_NUMBER")]


@pytest.mark.parametrize("number", ["+1-201-845-9551", "+1 415 555 0123", "+49 30 901820", "+44 20 7946 0018"])
def test_a_number_that_a_person_can_have_counts_alone(found, number):
    assert found(find, number) == [(number, "PHONE_NUMBER")]
