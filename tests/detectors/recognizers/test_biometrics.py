"""Numbers of biometric records."""

import pytest

from detectors.recognizers.biometrics import find


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("fingerprint ID: FP-20931", "FP-20931"),
        ("face template 88213-A", "88213-A"),
        ("Fingerabdruck-ID: 99812", "99812"),
        ('"iris_template": "a81f20c9"', "a81f20c9"),
        ("voiceprint number is VP20931", "VP20931"),
        ("biometric id 20931-77", "20931-77"),
    ],
)
def test_positives(found, text, value):
    assert found(find, text) == [(value, "BIOMETRIC_ID")]


@pytest.mark.parametrize(
    "text",
    [
        "face ID unlock on iPhone 12",
        "fingerprint sensor 2000 dpi",
        "the iris dataset has 150 samples",
        "fingerprint of the key: aa:bb",
        "typeface id 12",
        "DNA sample was taken in 2020",
        "",
    ],
)
def test_near_misses(found, text):
    assert found(find, text) == []
