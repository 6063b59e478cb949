from pathlib import Path

import pytest

from detectors.revision import detection_revision, digest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "rules.py").write_text("LIMIT = 1")
    (tmp_path / "terms.yaml").write_text("a: b")
    return tmp_path


def test_the_same_files_give_the_same_digest(folder: Path) -> None:
    assert digest(folder) == digest(folder)


@pytest.mark.parametrize("name", ["inner/rules.py", "terms.yaml", "new.py", "inner/new.txt"])
def test_any_change_of_code_or_tables_changes_it(folder: Path, name: str) -> None:
    before = digest(folder)
    with (folder / name).open("a") as file:
        file.write("#")
    assert digest(folder) != before


def test_a_file_of_another_name_changes_it(folder: Path) -> None:
    before = digest(folder)
    (folder / "terms.yaml").rename(folder / "words.yaml")
    assert digest(folder) != before


def test_what_was_compiled_or_left_by_an_editor_does_not(folder: Path) -> None:
    before = digest(folder)
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "rules.cpython-313.pyc").write_bytes(b"\0")
    (folder / "rules.py.swp").write_bytes(b"\0")
    assert digest(folder) == before


def test_the_package_itself_has_one() -> None:
    assert len(detection_revision()) == 64
