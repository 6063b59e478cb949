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


@pytest.mark.parametrize(
    ("named", "text", "expected"),
    [
        ("Ana Novak", "Novak called", ["PERSON"]),
        ("Ana Novak", "I saw Novak, then Novak's car", ["PERSON", "PERSON"]),
        ("Ana Novak", "novak called", []),
        ("Ana Novak", "NOVAK", []),
        ("Ana Novak", "Novakova, novak.com, novak@x.org, Novak.com, /home/Novak, Novak(1)", []),
        ("Ana Novak", "Ana", []),  # a first name alone is somebody's or nobody's: the detectors say
        ("Ana Li", "Li called", []),
        ("Ana May", "May is warm", []),
        ("Novak", "Novak", []),
        ("ana novak", "Novak", []),
    ],
)
def test_a_family_name_alone_in_another_text(named, text, expected):
    assert types((f"Hi, {named} here", (named, "PERSON")), (text,))[1] == expected
    assert types((text,), (f"Hi, {named} here", (named, "PERSON")))[0] == expected


def test_what_the_detectors_say_of_the_place_stays():
    assert types(("Ana Novak", ("Ana Novak", "PERSON")), ("at Novak Ltd", ("Novak Ltd", "ORGANIZATION")))[1] == [
        "ORGANIZATION"
    ]
    assert types(("Ana Novak; Novak",)) == [[]]


def test_a_doubtful_name_vouches_for_nothing():
    segments = [Segment(f"/{number}", Role.USER, text, "") for number, text in enumerate(("Ana Novak", "Novak"))]
    scans = [Scan((Finding(0, 9, "PERSON", 0.6, "fake"),)), Scan()]
    assert acquainted(segments, scans)[1].findings == ()


def test_many_names_are_searched_at_once():
    people = [f"Ana Novak{chr(97 + number)}" for number in range(20)]
    texts = [(f"{person} is here", (person, "PERSON")) for person in people]
    assert types(*texts, ("Novakb and Novakc",))[-1] == ["PERSON", "PERSON"]


def test_what_was_skipped_stays():
    skipped = (Skipped("", SkipReason.DETECTOR_ERROR),)
    segments = [Segment("/0", Role.USER, "Ana says yes to Ana Novak", "")]
    scan = Scan((Finding(0, 3, "FIRST_NAME", 0.9, "fake"), Finding(16, 25, "PERSON", 0.9, "fake")), (), skipped)
    (found,) = acquainted(segments, [scan])
    assert found.skipped == skipped
    assert [one.entity_type for one in found.findings] == ["PERSON", "PERSON"]


def test_nothing_is_nothing():
    assert acquainted([], []) == []
