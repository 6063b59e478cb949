import pytest

from detectors.evaluation.rows import Row
from detectors.evaluation.score import Score, fitting, measure, of_types, totals
from detectors.finding import Finding

ACTED = of_types(frozenset({"PERSON", "PASSWORD", "STREET_ADDRESS"}))


def scored(rows, *findings):
    """`findings`: per row, (start, end, type)."""

    def find(texts):
        assert [row.text for row in rows] == texts
        return [[Finding(start, end, kind, 0.9, "fake") for start, end, kind in found] for found in findings]

    return measure(rows, find, ACTED)


NAMED = Row("I am Ana Novak", ((5, 14, "PERSON"),))


@pytest.mark.parametrize(
    ("found", "leak", "partial", "damage"),
    [
        ([], 1.0, 0.0, 0.0),
        ([(5, 14, "PERSON")], 0.0, 0.0, 0.0),
        ([(5, 8, "PERSON")], 0.0, 1.0, 0.0),
        ([(0, 14, "PERSON")], 0.0, 0.0, 1.0),
        ([(0, 14, "LOCATION")], 0.0, 0.0, 0.0),  # not acted on: no damage
        ([(0, 1, "PERSON")], 1.0, 0.0, 0.2),
    ],
)
def test_leak_and_damage(found, leak, partial, damage):
    figures = scored([NAMED], found).figures()
    assert (figures["leak"], figures["partial_leak"]) == (leak, partial)
    assert figures["leak_identifying"] == leak
    assert figures["damage"] == pytest.approx(damage)


def test_what_no_policy_acts_on_passes():
    figures = scored([NAMED], [(5, 14, "LOCATION")]).figures()
    assert (figures["leak"], figures["leak_acted"], figures["damage_all"]) == (0.0, 1.0, 0.0)


def test_a_comma_that_stays_is_no_part_of_a_value():
    assert scored([Row("Novak, Ana.", ((0, 11, "PERSON"),))], [(0, 10, "PERSON")]).figures()["partial_leak"] == 0.0


def test_precision_recall_and_f1_of_a_type():
    row = Row("Ana met Bob in Rome", ((0, 3, "PERSON"), (8, 11, "PERSON"), (15, 19, "LOCATION")))
    score = scored([row], [(0, 3, "PERSON"), (4, 7, "PERSON"), (15, 19, "PERSON")])
    person, place = score.labels["PERSON"].figures(), score.labels["LOCATION"].figures()
    assert (person["precision"], person["recall"]) == (pytest.approx(1 / 3), 0.5)
    assert person["f1"] == pytest.approx(0.4)
    assert person["damaged_characters"] == 3
    assert (place["leak"], place["recall"], place["precision"]) == (0.0, 0.0, None)


def test_nothing_right_is_an_f1_of_nought():
    assert scored([NAMED], [(0, 1, "PERSON")]).labels["PERSON"].figures()["f1"] == 0.0


@pytest.mark.parametrize(
    ("label", "right", "wrong"),
    [
        ("SECRET", "API_KEY", "PERSON"),
        ("SECRET", "SECRET", "USERNAME"),
        ("ID", "MEDICAL_RECORD", "DATE_TIME"),
        ("US_SSN", "NATIONAL_ID", "PHONE_NUMBER"),
        ("ADDRESS", "STREET_ADDRESS", "PERSON"),
        ("LOCATION", "COUNTRY", "ORGANIZATION"),
        ("PERSON", "PERSON", "LOCATION"),
        ("SHOE_SIZE", "SHOE_SIZE", "PERSON"),
    ],
)
def test_which_types_fit_a_label(label, right, wrong):
    assert right in fitting(label)
    assert wrong not in fitting(label)


def test_harmless_texts_that_are_acted_on():
    rows = [Row("a plain text"), Row("another one"), Row("a third"), NAMED]
    found = [[(0, 1, "PERSON")], [(0, 1, "LOCATION")], [(0, 1, "PASSWORD")], []]
    figures = scored(rows, *found).figures()
    assert figures["touched"] == pytest.approx(2 / 3)
    assert figures["touched_secrets"] == pytest.approx(1 / 3)


def test_stand_ins_are_no_values_and_no_harm():
    row = Row("call [PHONE_1]", ((5, 14, "PHONE_NUMBER"),))
    figures = scored([row], [(5, 14, "PERSON")]).figures()
    assert (figures["values"], figures["damage"], figures["leak"]) == (0, 0.0, None)


def test_sets_add_up():
    one, two = scored([NAMED], []), scored([NAMED, Row("x")], [(5, 14, "PERSON")], [(0, 1, "PERSON")])
    total = totals({"one": one, "two": two})
    assert total.figures()["leak"] == 0.5
    assert total.negatives == 1
    assert total.chars == one.chars + two.chars
    assert one.figures()["leak"] == 1.0  # untouched


def test_nothing_measured_has_no_shares():
    assert Score().figures()["leak"] is None
    assert Score().figures()["kb_per_second"] is None
