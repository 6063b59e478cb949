"""The feature model is the first layers of the whole one, nothing else."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from local_models import derive as module
from local_models.catalog import path_of
from local_models.derive import derive
from local_models.embed import Embedder
from local_models.errors import ModelError
from local_models.runtime import FeatureModel

TEXTS = (
    "Q3 revenue came in at 4.2m, EBITDA margin 18 %.",
    "def total(prices):\n    return sum(prices)",
    "The patient was discharged with antibiotics.",
)


def cosine(one: Any, other: Any) -> float:
    return float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))


@pytest.mark.slow
def test_its_vectors_are_those_of_a_plain_llama_cut_to_four_layers(
    tmp_path: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Without the two tricks: the ordinary architecture with its output head, and the weights as they were.
    monkeypatch.setattr(module, "_ARCHITECTURE", "llama")
    monkeypatch.setattr(module, "_requantised", lambda tensor: (tensor.data, tensor.tensor_type))
    derive(path_of("smollm2-135m"), tmp_path / "plain.gguf", 4)
    plain = FeatureModel(tmp_path / "plain.gguf", max_tokens=256, threads=1)
    for text in TEXTS:
        assert cosine(plain.vector(text), embedder.vector(text)) > 0.99
    # The comparison can fail: other texts, and another number of layers, are further away.
    assert cosine(plain.vector(TEXTS[0]), embedder.vector(TEXTS[1])) < 0.95
    derive(path_of("smollm2-135m"), tmp_path / "three.gguf", 3)
    three = FeatureModel(tmp_path / "three.gguf", max_tokens=256, threads=1)
    assert cosine(three.vector(TEXTS[0]), embedder.vector(TEXTS[0])) < 0.99


@pytest.mark.slow
def test_more_layers_than_there_are(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="has 30 layers, expected at least 99"):
        derive(path_of("smollm2-135m"), tmp_path / "out.gguf", 99)
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ModelError, match="PRIVET_MODELS_DIR"):
        derive(path_of("smollm2-135m"), tmp_path / "file" / "out.gguf", 4)


def test_a_failure_in_the_middle_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "_write", full)
    with pytest.raises(ModelError, match="No space left"):
        derive(path_of("smollm2-135m"), tmp_path / "out.gguf", 4)
    assert list(tmp_path.iterdir()) == []
