"""A GGUF file says what it reads and how; one that is cut off or none at all is an error."""

from pathlib import Path

import gguf
import numpy as np
import pytest

from local_models.catalog import path_of
from local_models.errors import ModelError
from local_models.gguf_file import Facts, facts


def test_the_shipped_model() -> None:
    assert facts(path_of("smollm2-135m")) == Facts("llama", 8192, "chatml")


def written(path: Path, *, template: str = "", context: int = 4096) -> Path:
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(context)
    if template:
        writer.add_chat_template(template)
    writer.add_tensor("token_embd.weight", np.zeros((64, 32), dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@pytest.mark.parametrize(
    ("template", "frame"),
    [
        ("{{ '<|im_start|>' }}", "chatml"),
        ("<|start_header_id|>", "llama3"),
        ("<bos><start_of_turn>", "gemma"),
        ("[INST]", None),
        ("", None),
    ],
)
def test_the_frame_is_told_by_the_chat_template(tmp_path: Path, template: str, frame: str | None) -> None:
    assert facts(written(tmp_path / "m.gguf", template=template)) == Facts("llama", 4096, frame)


@pytest.mark.parametrize("keep", [0, 3, 4, 20, 60, -4000])
def test_a_part_of_a_file(tmp_path: Path, keep: int) -> None:
    whole = written(tmp_path / "m.gguf", template="<|im_start|>").read_bytes()
    (tmp_path / "part.gguf").write_bytes(whole[:keep])
    with pytest.raises(ModelError, match="no whole GGUF file"):
        facts(tmp_path / "part.gguf")


@pytest.mark.parametrize("content", [b"<html>not found</html>" * 50, b"GGUF" + b"\xff" * 400])
def test_what_is_no_such_file(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m.gguf").write_bytes(content)
    with pytest.raises(ModelError, match="no whole GGUF file"):
        facts(tmp_path / "m.gguf")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="can't read"):
        facts(tmp_path / "none.gguf")
