"""How old somebody is; and how long things last."""

import pytest

from detectors.recognizers.ages import find


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("a man aged 43", "43"),
        ("a 43-year-old patient", "43"),
        ("43 yo F with cough", "43"),
        ("54M with chest pain", "54"),
        ("Age: 45.", "45"),
        ("age=30", "30"),
        ("she is 34 years old", "34"),
        ("I'm 34 and unhappy", "34"),
        ("my daughter is 6", "6"),
        ("Alter: 43", "43"),
        ("der 43-Jährige", "43"),
        ("j'ai 34 ans", "34"),
        ("tengo 34 años", "34"),
        ("Paciente varón de 67 años", "67"),
        ("ho 34 anni", "34"),
        ("hij is 43 jaar oud", "43"),
        ("tenho 34 anos", "34"),
        ("mam 34 lata", "34"),
    ],
)
def test_positives(found, text, age):
    assert found(find, text)[0] == (age, "AGE")


@pytest.mark.parametrize(
    ("text", "age"), [("a 92-year-old woman", "92"), ("aged 90", "90"), ("Alter: 101", "101"), ("elle a 94 ans", "94")]
)
def test_from_ninety_on_few_are_so_old(found, text, age):
    assert set(found(find, text)) == {(age, "AGE_OVER_89")}


def test_a_member_of_json(found):
    assert found(find, "43", "age") == [("43", "AGE")]
    assert found(find, "43", "page") == []


@pytest.mark.parametrize(
    "text",
    [
        "a 12-year-old scotch",
        "10 years of experience",
        "il a 10 ans d'expérience",
        "I am 5 minutes late",
        "version 34 is 40 percent faster",
        "page 34 of 50",
        "you must be at least 18 years old",
        "he is 40% done",
        "a 30-year fixed mortgage",
        "average: 43",
        "aged 3000",
        "age: unknown",
        "I'm 5'11",
        "the package is 12 x 40",
        "",
    ],
)
def test_near_misses(found, text):
    assert found(find, text) == []
