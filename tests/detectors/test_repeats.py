import pytest

from detectors.finding import Finding
from detectors.repeats import repeats


def names(text, *values, score=0.95):
    findings = [Finding(text.index(v), text.index(v) + len(v), "PERSON", score, "test") for v in values]
    return [(one.start, text[one.start : one.end]) for one in repeats(text, findings)]


@pytest.mark.parametrize(
    ("text", "sure", "expected"),
    [
        ("Sarah: hi\nTom: hi\nSarah: bye", "Sarah", [(0, "Sarah"), (18, "Sarah")]),
        ("Ana Novak came. Novak left.", "Ana Novak", [(0, "Ana"), (4, "Novak"), (16, "Novak")]),
        ("Will Smith will write. Will he?", "Will Smith", []),  # common words
        ("Sarah sarah SARAH Sarahs x.Sarah", "Sarah", [(0, "Sarah")]),
    ],
)
def test_repeats(text, sure, expected):
    assert names(text, sure) == expected


def test_unsure_names_are_not_looked_for():
    assert names("Sarah and Sarah", "Sarah", score=0.6) == []
