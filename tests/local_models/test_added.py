"""The company's own entries in the catalogue."""

import json
from pathlib import Path
from typing import Any

import pytest

from local_models.added import FILE, limits_use, read, write
from local_models.errors import ModelError
from local_models.spec import ModelSpec

SPEC = ModelSpec(
    name="ours",
    purpose="chat",
    file="ours.gguf",
    sha256="a" * 64,
    size=5,
    licence="MIT",
    context=512,
    source="https://models.internal/ours.gguf",
    languages=("en", "de"),
    frame="llama3",
)


def test_what_was_written_is_read(tmp_path: Path) -> None:
    assert read(tmp_path) == ()
    write(tmp_path / "new", [SPEC])
    assert read(tmp_path / "new") == (SPEC,)
    assert [path.name for path in (tmp_path / "new").iterdir()] == [FILE]
    write(tmp_path / "new", [])
    assert read(tmp_path / "new") == ()


def entry(**changes: Any) -> Any:
    row = {"name": "ours", "purpose": "chat", "file": "o.gguf", "sha256": "a" * 64, "size": 5, "licence": "MIT"}
    return {**row, "context": 512, "source": "/o.gguf", **changes}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "expected the schema"),
        (json.dumps({"schema": "privet.models/2", "models": []}), "expected the schema"),
        *(
            (json.dumps({"schema": "privet.models/1", "models": [row]}), says)
            for row, says in [
                ("x", "a name for every model"),
                (entry(extra=1), "unknown keys: extra"),
                (entry(sha256="abc"), "a sha256 that is none"),
                (entry(name="../x"), "a name or"),
                (entry(size=0), "no size"),
                (entry(context="many"), "no context"),
                (entry(licence=""), "no licence"),
                (entry(file="../../x"), "its file has a path"),
                (entry(purpose="features"), "expected chat"),
            ]
        ),
    ],
)
def test_an_entry_that_can_not_be_read_is_an_error(tmp_path: Path, content: str, says: str) -> None:
    (tmp_path / FILE).write_text(content)
    with pytest.raises(ModelError, match=says):
        read(tmp_path)


def test_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ModelError, match="PRIVET_MODELS_DIR"):
        write(tmp_path / "file", [SPEC])


@pytest.mark.parametrize(("licence", "limits"), [("Apache-2.0", False), ("MIT", False), ("Gemma", True), ("", True)])
def test_which_licences_are_asked_about(licence: str, limits: bool) -> None:
    assert limits_use(licence) is limits
