"""What crosses the process boundary comes back the same."""

import pytest

from detectors.finding import Finding, Label, Scan, Skipped, SkipReason
from proxy.jobs import labels_from_plain, scan_from_plain, scan_to_plain


def test_scans_round_trip() -> None:
    scan = Scan(
        findings=(Finding(0, 4, "PERSON", 0.9, "ner"), Finding(5, 9, "SECRET", 1.0, "keys")),
        skipped=(Skipped("", SkipReason.DETECTOR_ERROR),),
    )
    assert scan_from_plain(scan_to_plain(scan)) == scan


@pytest.mark.parametrize("plain", [None, [], [[]], [[[1, 0, "X", 0.5, "d"]], []], [[], [["", "no such reason"]]]])
def test_nonsense_is_an_error(plain) -> None:
    with pytest.raises((ValueError, TypeError)):
        scan_from_plain(plain)


def test_labels() -> None:
    assert labels_from_plain([["hr", 0.5, "m"]]) == (Label("hr", 0.5, "m"),)
