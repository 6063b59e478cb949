from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.entities import entity_groups, entity_types, thresholds
from detectors.finding import Finding
from detectors.merge import merge

TEXT = "x" * 60
GIVE_WAY = {"DATE_TIME", "ORGANIZATION"}.union(
    *(entity_groups()[name] for name in ("SPECIAL_CATEGORY", "TRAITS", "MACHINES"))
)


def one(start, end, kind="PERSON", score=0.9):
    return Finding(start, end, kind, score, "test")


def spans(findings):
    return [(f.start, f.end, f.entity_type) for f in findings]


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        ([], []),
        ([one(5, 9), one(1, 3)], [(1, 3, "PERSON"), (5, 9, "PERSON")]),
        ([one(1, 5), one(5, 9)], [(1, 5, "PERSON"), (5, 9, "PERSON")]),  # neighbours stay two
        ([one(1, 5), one(1, 5)], [(1, 5, "PERSON")]),
        ([one(1, 6), one(4, 9, "API_KEY", 1.0)], [(1, 9, "API_KEY")]),  # the surest leads, nothing is uncovered
        ([one(1, 4), one(3, 7), one(6, 9, "JWT", 1.0)], [(1, 9, "JWT")]),  # a chain is one
        # `user:key@example.com` is credentials, however sure it is that an address is in it
        ([one(1, 6, "CONNECTION_STRING", 0.95), one(4, 9, "EMAIL_ADDRESS", 1.0)], [(1, 9, "CONNECTION_STRING")]),
        ([one(1, 6, "API_KEY", 0.7), one(4, 9, "CREDIT_CARD", 1.0)], [(1, 9, "CREDIT_CARD")]),  # a guess isn't
        ([one(1, 9, "DATE_TIME", 1.0), one(3, 5)], [(3, 5, "PERSON")]),  # a date gives way
        ([one(2, 6, "CREDIT_CARD"), one(1, 9, "CARD_TRACK")], [(1, 9, "CARD_TRACK")]),  # the stripe says more
        ([one(1, 9, "DATE_TIME", 0.9)], [(1, 9, "DATE_TIME")]),
        ([one(1, 9, score=0.1)], []),  # under its threshold
        ([one(1, 9, "NO_SUCH_TYPE")], []),
        ([one(50, 70)], []),  # out of bounds
    ],
)
def test_merge(findings, expected):
    assert spans(merge(TEXT, findings, thresholds())) == expected


@pytest.mark.parametrize(
    ("text", "names", "expected"),
    [
        ("Ask Ana van der Velden now", ("Ana", "Velden"), ["Ana van der Velden"]),
        ("Ask Ana Montes de Oca now", ("Ana Montes", "Oca"), ["Ana Montes de Oca"]),
        ("Ask Ana and Velden now", ("Ana", "Velden"), ["Ana", "Velden"]),
        ("Ask Ana, de Velden", ("Ana", "Velden"), ["Ana", "Velden"]),
    ],
)
def test_parts_of_a_name_are_one(text, names, expected):
    found = [Finding(text.index(name), text.index(name) + len(name), "PERSON", 0.9, "tagger") for name in names]
    assert [text[one.start : one.end] for one in merge(text, found, {"PERSON": 0.5})] == expected


def test_statements_keep_what_others_leave():
    text = "Diagnosis: depression, says Ana Novak"
    said, name = Finding(11, 37, "HEALTH_CONDITION", 0.8, "records"), one(28, 37)
    limits = thresholds()
    assert spans(merge(text, [said, name], limits)) == [(11, 27, "HEALTH_CONDITION"), (28, 37, "PERSON")]
    assert spans(merge(text, [Finding(28, 35, "RELIGION", 0.8, "records"), name], limits)) == [(28, 37, "PERSON")]
    assert spans(merge(text, [said, one(12, 20, "DATE_TIME", 1.0)], limits)) == [(11, 37, "HEALTH_CONDITION")]


def test_an_illness_is_not_its_discoverer():
    text = "my father has Parkinson's disease, says Parkinson"
    ill = Finding(14, 33, "HEALTH_CONDITION", 0.75, "statements")
    names = [Finding(14, 23, "PERSON", 0.9, "tagger"), Finding(40, 49, "PERSON", 0.9, "tagger")]
    expected = [(14, 33, "HEALTH_CONDITION"), (40, 49, "PERSON")]
    assert spans(merge(text, [ill, *names], thresholds())) == expected


@pytest.mark.parametrize(
    ("text", "name", "said", "expected"),
    [
        ("Er ist schwul.", (3, 13), (7, 13, "statements"), ["SEXUAL_ORIENTATION"]),
        ("She is Christian Black.", (7, 22), (7, 16, "statements"), ["PERSON"]),  # a name stays one
        ("Orientation: gay", (13, 16), (13, 16, "records"), ["SEXUAL_ORIENTATION"]),
        ("Orientation: gay, says Ana", (23, 26), (13, 26, "records"), ["SEXUAL_ORIENTATION", "PERSON"]),
    ],
)
def test_what_is_said_is_no_name(text, name, said, expected):
    found = [
        Finding(*name, "PERSON", 0.9, "tagger"),
        Finding(said[0], said[1], "SEXUAL_ORIENTATION", 0.75, said[2]),
    ]
    assert [one.entity_type for one in merge(text, found, thresholds())] == expected


def test_parts_of_an_address_are_one():
    text = "12 Maple Street, Springfield, 62704 and Boston"
    parts = [
        one(0, 15, "STREET_ADDRESS"),
        one(17, 28, "LOCATION"),
        one(30, 35, "STREET_ADDRESS"),
        one(40, 46, "LOCATION"),
    ]
    assert spans(merge(text, parts, thresholds())) == [(0, 35, "STREET_ADDRESS"), (40, 46, "LOCATION")]


anything = st.builds(
    lambda start, length, kind, score: Finding(start, start + length, kind, score, "test"),
    st.integers(0, 80),
    st.integers(1, 30),
    st.sampled_from(sorted(entity_types())),
    st.floats(0, 1),
)


@given(st.lists(anything, max_size=30))
def test_laws(findings):
    limits = thresholds()
    merged = merge(TEXT, findings, limits)
    assert list(merged) == sorted(merged)
    assert all(0 <= f.start < f.end <= len(TEXT) for f in merged)
    assert all(first.end <= second.start for first, second in pairwise(merged))
    covered = {index for f in merged for index in range(f.start, f.end)}
    for f in findings:
        if f.end <= len(TEXT) and f.score >= limits[f.entity_type] and f.entity_type not in GIVE_WAY:
            assert covered.issuperset(range(f.start, f.end))


@given(st.lists(anything, max_size=20), st.randoms())
def test_the_order_of_findings_changes_nothing(findings, random):
    shuffled = list(findings)
    random.shuffle(shuffled)
    assert spans(merge(TEXT, findings, thresholds())) == spans(merge(TEXT, shuffled, thresholds()))
