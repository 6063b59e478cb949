import xml.etree.ElementTree as ET

import pytest

from bench.calibration import Bin, bins, cheapest, drawn, error, judged, judged_types
from detectors.evaluation.rows import Row
from detectors.finding import Finding

ROW = Row("Ana Novak lives in Tartu", ((0, 9, "PERSON"), (19, 24, "LOCATION")))


def finding(kind, start=0, end=9, score=0.9, detector="tagger"):
    return Finding(start, end, kind, score, detector)


@pytest.mark.parametrize(
    ("found", "verdicts"),
    [
        (finding("PERSON"), [("tagger", 0.9, True)]),
        (finding("PERSON", 4, 30), [("tagger", 0.9, True)]),  # touching is enough
        (finding("PERSON", 10, 15), [("tagger", 0.9, False)]),
        (finding("PERSON", 19, 24), [("tagger", 0.9, False)]),  # of another type
        (finding("PERSON", detector="phones"), [("patterns", 0.9, True)]),
        (finding("EMAIL_ADDRESS", detector="emails"), []),  # the set doesn't label any
    ],
)
def test_verdicts(found, verdicts):
    assert judged([ROW], [[found]], taught=False) == verdicts


def test_of_sets_that_were_taught_the_patterns_alone_count():
    found = [finding("PERSON"), finding("PERSON", detector="phones")]
    assert judged([ROW], [found], taught=True) == [("patterns", 0.9, True)]


def test_everything_is_wrong_in_harmless_texts():
    assert judged([Row("nobody")], [[finding("EMAIL_ADDRESS", 0, 6)]], taught=False) == [("tagger", 0.9, False)]


def test_types_are_judged_of_patterns_alone():
    found = [
        finding("PERSON", score=0.6, detector="phones"),
        finding("PERSON"),
        finding("EMAIL_ADDRESS", detector="emails"),
    ]
    assert judged_types([ROW], [found]) == [("PERSON", 0.6, True)]


@pytest.mark.parametrize(
    ("verdicts", "best"),
    [
        ([(0.6, True), (0.9, True)], (0.5, 0, 0)),
        ([(0.6, False)] * 6 + [(0.6, True), (0.9, True)], (0.601, 5, 6)),  # a value missed costs five false alarms
        ([(0.6, False)] * 4 + [(0.6, True), (0.9, True)], (0.5, 4, 4)),
        ([(0.3, True)], (0.0, 0, 5)),
    ],
)
def test_the_cheapest_threshold(verdicts, best):
    assert cheapest(verdicts, 0.5) == best


def test_bins_and_error():
    verdicts = [("tagger", 0.92, True), ("tagger", 0.94, False), ("tagger", 1.0, True), ("rampart", 0.55, False)]
    found = bins(verdicts)
    assert found["tagger"] == [Bin(2, pytest.approx(0.93), 0.5), Bin(1, 1.0, 1.0)]
    assert found["rampart"] == [Bin(1, 0.55, 0.0)]
    assert error(found["tagger"]) == pytest.approx(2 / 3 * 0.43)
    assert error([]) == 0


def test_the_picture_is_xml_without_bins_of_few():
    picture = ET.fromstring(drawn({"tagger": [Bin(50, 0.9, 0.8), Bin(2, 1.0, 0.0)]}))
    assert len([one for one in picture.iter() if one.tag.endswith("circle")]) == 1
