import numpy as np
import pytest

from detectors.evidence import Judge, Reading, doubts, suspected, tagged
from detectors.ner import TokenScores
from detectors.tagger import CLASSES as TAGS
from detectors.tagger import Tags
from detectors.words import words_of

CLASSES = ("O", "GIVEN_NAME", "SURNAME", "EMAIL", "PHONE", "BUILDING_NUMBER", "STREET_NAME", "CITY", "DRIVERS_LICENSE")


def reading(text, marks):
    """A reading in which each marked word has its class surely."""
    starts, ends, rows = [], [], []
    position = 0
    for word in text.split(" "):
        start = text.index(word, position)
        position = start + len(word)
        row = np.zeros(len(CLASSES), dtype=np.float32)
        kind, score = dict(marks).get(word, "O"), 0.98
        row[CLASSES.index(kind)] += score
        starts.append(start)
        ends.append(position)
        rows.append(row)
    return Reading(0, TokenScores(np.array(starts), np.array(ends), np.array(rows)))


@pytest.mark.parametrize(
    ("text", "marks", "expected"),
    [
        ("I am Ana Novak", [("Ana", "GIVEN_NAME"), ("Novak", "SURNAME")], [("Ana Novak", "PERSON")]),
        ("see jenkins_url here", [("jenkins_url", "SURNAME")], []),
        ("so YASSSS indeed", [("YASSSS", "SURNAME")], []),
        ("from France today", [("France", "CITY")], [("France", "COUNTRY")]),
        ("at 12 Maple", [("12", "BUILDING_NUMBER"), ("Maple", "STREET_NAME")], [("12 Maple", "STREET_ADDRESS")]),
        ("is 126 divisible", [("126", "BUILDING_NUMBER")], []),  # a number alone is no house
        ("wake me at 430am please", [("430am", "BUILDING_NUMBER")], []),
        ("id a12345-b", [("a12345-b", "DRIVERS_LICENSE")], [("a12345-b", "DRIVER_LICENSE")]),
        ("Part number 1234567", [("1234567", "DRIVERS_LICENSE")], []),
    ],
)  # fmt: skip
def test_judge(text, marks, expected):
    found = Judge(CLASSES).findings(text, [reading(text, marks)])
    assert [(text[one.start : one.end], one.entity_type) for one in found] == expected


def tags(text, marks):
    """Tags in which each marked word has its class with the probability given."""
    words = words_of(text)
    rows = np.zeros((len(words.words), len(TAGS)), dtype=np.float32)
    for index, (word, _) in enumerate(words.words):
        kind, score = marks.get(word, ("O", 0.99))
        rows[index, TAGS.index(kind)] = score
        rows[index, 0] += 1 - score
    return Tags(words, rows)


P, A, L, C, N = "PERSON", "STREET_ADDRESS", "LOCATION", "ORGANIZATION", "ACCOUNT_NUMBER"


@pytest.mark.parametrize(
    ("text", "marks", "expected"),
    [
        ("I am Ana Novak.", {"Ana": (P, 0.9), "Novak": (P, 0.8)}, [("Ana Novak", P)]),
        ("Ana\nNovak", {"Ana": (P, 0.9), "Novak": (P, 0.8), "\n": (P, 0.9)}, [("Ana", P), ("Novak", P)]),
        ("Ana and Novak", {"Ana": (P, 0.9), "Novak": (P, 0.8)}, [("Ana", P), ("Novak", P)]),
        ("see novak_url here", {"novak": (P, 0.9)}, []),
        ("so Yasssss", {"Yasssss": (P, 0.9)}, []),
        ("ask peter today", {"peter": (P, 0.6)}, [("peter", P)]),  # a known name needs no capital
        ("ask zorblat today", {"zorblat": (P, 0.6)}, []),
        ("ask zorblat today", {"zorblat": (P, 0.9)}, [("zorblat", P)]),
        ("ask Zorblat today", {"Zorblat": (P, 0.6)}, []),  # hardly sure, and nobody is known to be called so
        ("hi Zorblat", {"Zorblat": (P, 0.6)}, [("Zorblat", P)]),
        ("ask Torben today", {"Torben": (P, 0.6)}, [("Torben", P)]),
        ("ask Torben today", {"Torben": (P, 0.2)}, [("Torben", P)]),  # a known first name, where there is a doubt
        ("ask Torben today", {"Torben": (P, 0.05)}, []),
        ("ask torben today", {"torben": (P, 0.2)}, []),
        ("in May now", {"May": (P, 0.2)}, []),  # a common word
        ("see /Torben/x", {"Torben": (P, 0.2)}, []),
        ("my name is zorblat", {"zorblat": (P, 0.6)}, [("zorblat", P)]),
        ("to Kenya now", {"Kenya": (L, 0.9)}, [("Kenya", "COUNTRY")]),
        ("to Tartu now", {"Tartu": (L, 0.9)}, [("Tartu", L)]),
        ("at 12 Maple", {"12": (A, 0.9), "Maple": (A, 0.9)}, [("12 Maple", A)]),
        ("is 126 divisible", {"126": (A, 0.9)}, []),
        ("by Acme Corp now", {"Acme": (C, 0.9), "Corp": (C, 0.9)}, [("Acme Corp", C)]),
        ("Budget Review", {"Budget": (C, 0.9), "Review": (C, 0.9)}, []),
        ("it is 8 hgh 6", {"8": (N, 0.9), "hgh": (N, 0.9), "6": (N, 0.9)}, [("8 hgh 6", N)]),
        ("it is 83 6", {"83": (N, 0.9), "6": (N, 0.9)}, []),  # too short
        ("part number 458989", {"458989": (N, 0.9)}, []),
        ("a 4589-x", {"4589": (N, 0.9)}, [("4589", N)]),
        ("what is 4817 * 3926 here", {"4817": (N, 0.9), "3926": (N, 0.9)}, []),
        ("what is 543 times 344", {"543": (N, 0.9), "times": (N, 0.9), "344": (N, 0.9)}, []),
        ("signed in 1494 there", {"1494": (N, 0.9)}, []),
        ("in May, 2019 it was", {"2019": (N, 0.9)}, []),
        ("my pin is 1494 there", {"1494": (N, 0.9)}, [("1494", N)]),
        ("maybe Ana", {"Ana": (P, 0.08)}, []),
        ("I\\'m Ana\\'s friend", {"Ana": (P, 0.9)}, [("Ana", P)]),
        ("so says Ana\\n\\nand goes", {"Ana": (P, 0.9)}, [("Ana", P)]),
        ("in C:\\Ana\\data here", {"Ana": (P, 0.9)}, []),
    ],
)
def test_tagged(text, marks, expected):
    found = tagged(text, tags(text, marks), 0)
    assert [(text[one.start : one.end], one.entity_type) for one in found] == expected
    moved = tagged("\n\n" + text, tags(text, marks), 2)
    assert [(one.start - 2, one.end - 2, one.entity_type) for one in moved] == [
        (one.start, one.end, one.entity_type) for one in found
    ]


@pytest.mark.parametrize(
    ("marks", "expected"),
    [
        ({}, []),
        ({"Lina": (P, 0.4)}, ["Lina"]),
        ({"Lina": (P, 0.9)}, []),
        ({"Lina": (P, 0.9), "Kraus": (P, 0.4)}, []),  # the end of a name alone is in doubt
        ({"met": (P, 0.1)}, []),
        ({"Lina": (C, 0.4)}, []),  # companies are nobody
    ],
)
def test_doubts(marks, expected):
    text = "met Lina Kraus there"
    assert [text[start:end] for start, end in doubts(text, tags(text, marks))] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ask doe about it", ["doe"]),
        ("ask doe.", ["doe"]),
        ("mail jane.doe@example.com", []),
        ("mail doe@example.com", []),
        ("see /home/doe/x", []),
        ("set doe_id", []),
        ("ask (doe)", ["doe"]),
    ],
)
def test_parts_of_addresses_are_in_no_doubt(text, expected):
    assert [text[start:end] for start, end in doubts(text, tags(text, {"doe": (P, 0.4)}))] == expected


def test_suspected():
    text = "met Lina there"
    assert suspected(tags(text, {"Lina": (P, 0.2)}), 10) == ((14, 18),)
    assert suspected(tags(text, {"Lina": (P, 0.05)}), 10) == ()
