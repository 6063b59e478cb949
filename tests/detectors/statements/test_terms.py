"""Where the words of the special categories stand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.entities import entity_groups
from detectors.statements.terms import LANGUAGES, hits


def said(text):
    return {(text[hit.start : hit.end], hit.term.meaning.entity_type) for hit in hits(text)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("diabetes", ("diabetes", "HEALTH_CONDITION")),
        ("HIV-positive", ("HIV-positive", "HEALTH_CONDITION")),
        ("the Catholics", ("Catholics", "RELIGION")),  # a plural
        ("katholische Eltern", ("katholische", "RELIGION")),  # an ending
        ("Jehovah\u2019s Witness", ("Jehovah\u2019s Witness", "RELIGION")),  # a typographic apostrophe
        ("in ver.di", ("ver.di", "UNION_MEMBERSHIP")),
        ("mutation BRCA1", ("mutation BRCA1", "GENETIC_DATA")),
        ("auf einen Rollstuhl angewiesen", ("auf einen Rollstuhl angewiesen", "HEALTH_CONDITION")),
        ("İstanbul, diabetes", ("diabetes", "HEALTH_CONDITION")),  # longer in lower case
        ("MS", ("MS", "HEALTH_CONDITION")),
    ],
)
def test_words_that_are_there(text, expected):
    assert expected in said(text)


@pytest.mark.parametrize(
    "text",
    ["prediabetesx", "catholicism", "ms", "Ms Berg", "vote po", "user_diabetes", "a/union", "blindly", "unions2", ""],
)
def test_words_that_are_not(text):
    assert said(text) == set()


def test_every_language_has_words_of_every_category():
    index = {}
    from detectors.statements.terms import _index

    for terms in _index().values():
        for term in terms:
            for language in term.meaning.languages:
                index.setdefault(language, set()).add(term.meaning.entity_type)
    assert set(index) == set(LANGUAGES)
    assert all(kinds == entity_groups()["SPECIAL_CATEGORY"] for kinds in index.values())


@given(st.text(max_size=200))
def test_places_are_in_the_text(text):
    for hit in hits(text + " diabetes " + text):
        assert 0 <= hit.start < hit.end <= 2 * len(text) + 10
