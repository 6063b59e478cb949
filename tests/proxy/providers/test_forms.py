"""Names and values in forms and query strings. More in test_generic.py and test_registry.py."""

import pytest

from proxy.errors import BodyError
from proxy.providers import forms


def test_fields_know_where_they_stand() -> None:
    encoded = "a=x%20y&B+c=z"
    found = forms.fields(encoded, "~f")
    assert [(f.pointer, encoded[f.start : f.end], f.text) for f in found] == [
        ("~f/a", "x%20y", "x y"),
        ("~f/~i1~key", "B+c", "B c"),
        ("~f/~i1", "z", "z"),
    ]


def test_what_is_not_replaced_stays_byte_for_byte() -> None:
    assert forms.rebuild("a=%7e&b=x&&c", "~f", {"~f/b": "y"}, 64) == "a=%7e&b=y&&c"


@pytest.mark.parametrize("encoded", ["a=%ff", "%c3=x", "a=%ED%A0%80"])
def test_what_is_not_utf_8_is_an_error(encoded: str) -> None:
    with pytest.raises(BodyError):
        forms.fields(encoded, "~f")


def test_a_value_that_only_begins_like_json_is_text() -> None:
    found = forms.fields("a={x&b=%5B1%5D", "~f")
    assert [(s.pointer, s.text) for s in forms.segments(found, 64)] == [("~f/a", "{x")]


def test_a_repr_holds_no_content() -> None:
    assert "secret" not in repr(forms.fields("a=secret", "~f"))


@pytest.mark.parametrize(
    ("encoded", "text"),
    [
        ("n=Anna%2520Schmidt", "Anna Schmidt"),
        ("n=Anna%252520Schmidt", "Anna Schmidt"),
        ("n=100%25", "100%"),
        ("n=50%25+more", "50% more"),
        ("n=%25FF", "%FF"),  # once more would be no UTF-8
        ("n=a%2Bb", "a+b"),
    ],
)
def test_what_is_encoded_twice_is_read(encoded: str, text: str) -> None:
    (field,) = forms.fields(encoded, "~form")
    assert field.text == text
