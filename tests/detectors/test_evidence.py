import numpy as np
import pytest

from detectors.evidence import Entity, Judge, Reading
from detectors.ner import TokenScores

CLASSES = ("O", "GIVEN_NAME", "SURNAME", "EMAIL", "PHONE", "BUILDING_NUMBER", "STREET_NAME", "CITY", "DRIVERS_LICENSE")


def reading(text, marks, entities=(), weak=()):
    """A reading in which each marked word has its class surely, each weak word with the probability given."""
    starts, ends, rows = [], [], []
    position = 0
    for word in text.split(" "):
        start = text.index(word, position)
        position = start + len(word)
        row = np.zeros(len(CLASSES), dtype=np.float32)
        kind, score = dict(marks).get(word, "O"), 0.98
        for name, weak_kind, weak_score in weak:
            if name == word:
                row[CLASSES.index(weak_kind)] = weak_score
                kind, score = "O", 1 - weak_score
        row[CLASSES.index(kind)] += score
        starts.append(start)
        ends.append(position)
        rows.append(row)
    spans = tuple(Entity(text.index(value), text.index(value) + len(value), label) for value, label in entities)
    return Reading(0, TokenScores(np.array(starts), np.array(ends), np.array(rows)), spans)


@pytest.mark.parametrize(
    ("text", "marks", "entities", "weak", "expected"),
    [
        ("I am Ana Novak", [("Ana", "GIVEN_NAME"), ("Novak", "SURNAME")], [], [], [("Ana Novak", "PERSON")]),
        ("see jenkins_url here", [("jenkins_url", "SURNAME")], [], [], []),
        ("so YASSSS indeed", [("YASSSS", "SURNAME")], [], [], []),
        ("from France today", [("France", "CITY")], [], [], [("France", "COUNTRY")]),
        ("at 12 Maple", [("12", "BUILDING_NUMBER"), ("Maple", "STREET_NAME")], [], [], [("12 Maple", "STREET_ADDRESS")]),
        ("is 126 divisible", [("126", "BUILDING_NUMBER")], [], [], []),  # a number alone is no house
        ("id a12345-b", [("a12345-b", "DRIVERS_LICENSE")], [], [], [("a12345-b", "DRIVER_LICENSE")]),
        ("Part number 1234567", [("1234567", "DRIVERS_LICENSE")], [], [], []),
        # spaCy's names need a trace of Rampart's
        ("met Lina Kraus there", [], [("Lina Kraus", "PERSON")], [("Kraus", "SURNAME", 0.2)], [("Lina Kraus", "PERSON")]),
        ("met Lina Kraus there", [], [("Lina Kraus", "PERSON")], [], []),
        ("met Robert Kraus there", [], [("Robert Kraus", "PERSON")], [], [("Robert Kraus", "PERSON")]),  # a known name
        ("met Grace Period there", [], [("Grace Period", "PERSON")], [], []),  # a common word
        ("in Kenya now", [], [("Kenya", "GPE")], [], [("Kenya", "COUNTRY")]),
        ("in Tartu now", [], [("Tartu", "GPE")], [], [("Tartu", "LOCATION")]),
        ("by Acme Corp now", [], [("Acme Corp", "ORG")], [], [("Acme Corp", "ORGANIZATION")]),
        ("on Monday now", [], [("Monday", "DATE")], [], []),
    ],
)  # fmt: skip
def test_judge(text, marks, entities, weak, expected):
    found = Judge(CLASSES).findings(text, [reading(text, marks, entities, weak)])
    assert [(text[one.start : one.end], one.entity_type) for one in found] == expected
