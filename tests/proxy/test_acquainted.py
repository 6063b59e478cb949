import pytest

from detectors.finding import Finding, Scan, Skipped, SkipReason
from proxy.acquainted import acquainted
from proxy.message import Role, Segment


def types(*texts):
    """The types of the findings per text; each is (text, *(value, type))."""
    segments = [Segment(f"/{number}", Role.USER, text, "") for number, (text, *_) in enumerate(texts)]
    scans = [
        Scan(tuple(Finding(text.index(v), text.index(v) + len(v), kind, 0.9, "fake") for v, kind in values))
        for text, *values in texts
    ]
    return [[one.entity_type for one in scan.findings] for scan in acquainted(segments, scans)]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (("Ana Novak called", ("Ana Novak", "PERSON")), ("ana says yes", ("ana", "FIRST_NAME")), ["PERSON"]),
        (("Hi Ana,", ("Ana", "PERSON")), ("tell Ana that", ("Ana", "FIRST_NAME")), ["PERSON"]),
        (("Ana Novak called", ("Ana Novak", "PERSON")), ("Bob has two apples", ("Bob", "FIRST_NAME")), ["FIRST_NAME"]),
        (("Ana lives here", ("Ana", "FIRST_NAME")), ("Ana says yes", ("Ana", "FIRST_NAME")), ["FIRST_NAME"]),
        (("Ana Novak", ("Ana Novak", "PERSON")), ("in Ana", ("Ana", "LOCATION")), ["LOCATION"]),
    ],
)
def test_who_is_meant(first, second, expected):
    assert types(first, second)[1] == expected
    assert types(second, first)[0] == expected


def test_what_was_skipped_stays():
    skipped = (Skipped("", SkipReason.DETECTOR_ERROR),)
    segments = [Segment("/0", Role.USER, "Ana says yes to Ana Novak", "")]
    scan = Scan((Finding(0, 3, "FIRST_NAME", 0.9, "fake"), Finding(16, 25, "PERSON", 0.9, "fake")), (), skipped)
    (found,) = acquainted(segments, [scan])
    assert found.skipped == skipped
    assert [one.entity_type for one in found.findings] == ["PERSON", "PERSON"]


def test_nothing_is_nothing():
    assert acquainted([], []) == []
