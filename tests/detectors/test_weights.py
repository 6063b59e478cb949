import pytest

from detectors.errors import DetectorError
from detectors.weights import RAMPART, SPACY_ENGLISH, Weights, verified_folder


@pytest.mark.parametrize("weights", [RAMPART, SPACY_ENGLISH])
def test_the_pinned_models_are_installed(weights):
    assert verified_folder(weights).is_dir()


@pytest.mark.parametrize(
    ("weights", "says"),
    [
        (Weights("some-model", "no_such_package_anywhere", ".", {}), "some-model is not installed"),
        (Weights("some-model", "detectors", ".", {"missing.bin": "0"}), "can't read"),
        (Weights("some-model", "detectors", ".", {"finding.py": "0" * 64}), "expected 000"),
    ],
)
def test_what_is_wrong_is_said(weights, says):
    with pytest.raises(DetectorError, match=says):
        verified_folder(weights)
