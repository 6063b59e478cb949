"""What a model costs is measured in a process of its own and kept by the file's hash."""

from pathlib import Path

import pytest

from local_models.errors import ModelError
from local_models.measure import FILE, Measured, measure, record, recorded


def test_a_shipped_model() -> None:
    measured = measure("smollm2-135m")
    assert 0 < measured.seconds < 300
    assert 50_000_000 < measured.memory < 2_000_000_000


def test_a_model_that_can_not_be_loaded() -> None:
    with pytest.raises(ModelError, match="privet models verify"):
        measure("gpt-5")


def test_what_was_measured_is_kept(tmp_path: Path) -> None:
    assert recorded(tmp_path) == {}
    record(tmp_path / "m", {"a" * 64: Measured(0.5, 1000)})
    assert recorded(tmp_path / "m") == {"a" * 64: Measured(0.5, 1000)}


@pytest.mark.parametrize("content", ["{", "[]", '{"a": 1}', '{"a": {"seconds": "x", "memory": 1}}'])
def test_a_file_that_says_nothing(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE).write_text(content)
    assert recorded(tmp_path) == {}


def test_where_nothing_can_be_written_nothing_is_kept(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    record(tmp_path / "file", {"a": Measured(0.5, 1000)})
    assert recorded(tmp_path / "file") == {}
