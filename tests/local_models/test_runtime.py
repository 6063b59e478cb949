"""llama.cpp behind its two doors: quiet, bounded, without content in errors."""

import subprocess
import sys
from pathlib import Path

import pytest

from local_models.errors import ModelError
from local_models.runtime import FeatureModel, Generator


@pytest.mark.parametrize("content", [b"", b"GGUF", b"not a model at all" * 100])
def test_a_file_that_is_no_model(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(content)
    with pytest.raises(ModelError, match="privet models verify"):
        FeatureModel(path, max_tokens=256, threads=1)
    with pytest.raises(ModelError, match="can't load"):
        Generator(path, context=256, threads=1)


def test_a_context_that_would_abort_the_process(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="multiple of 256"):
        FeatureModel(tmp_path / "model.gguf", max_tokens=300, threads=1)


def test_nothing_is_written_to_stdout_or_stderr() -> None:
    code = "from local_models.classify import load_classifier; load_classifier().classify('hello there')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, cwd=Path(__file__).parents[2])
    assert (done.stdout, done.stderr) == (b"", b"")
