"""Names that stand for entity types, and suggestions."""

import pytest

from configs.entities import entity_groups, entity_types
from policy.vocabulary import CODES, PACKS, Code, nearest, types_named


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("PERSOM", ". Did you mean PERSON?"),
        ("person", ". Did you mean PERSON?"),
        ("EMAIL", ". Did you mean EMAIL_ADDRESS?"),
        ("xyzzy", ""),
        (3, ""),
        (None, ""),
    ],
)
def test_nearest(word, hint):
    assert nearest(word, ["EMAIL_ADDRESS", "PERSON"]) == hint


def test_names_of_types_and_groups():
    assert types_named("PERSON") == {"PERSON"}
    assert types_named("SECRETS") == entity_groups()["SECRETS"]
    assert types_named("*") == set(entity_types())
    assert types_named("NOBODY") is None


def test_a_group_that_is_called_like_a_type_holds_it():
    both = set(entity_types()) & set(entity_groups())
    assert "NATIONAL_ID" in both
    for name in both:
        assert name in types_named(name)


def test_every_code_is_described():
    assert set(CODES) == set(Code)


def test_packs_are_there():
    from policy.load import pack_path

    assert all(pack_path(name).is_file() for name in PACKS)
