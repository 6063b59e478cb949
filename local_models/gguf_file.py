"""What a GGUF file says of itself: whether it is whole, how much it reads, and how conversations are written for it."""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_models.errors import ModelError
from local_models.spec import Frame

_MARKS: tuple[tuple[str, Frame], ...] = (
    ("<|im_start|>", "chatml"),
    ("<|start_header_id|>", "llama3"),
    ("<start_of_turn>", "gemma"),
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the header says. `frame` is None when the file has no chat template, or one that Privet doesn't know."""

    architecture: str
    context: int
    frame: Frame | None


def facts(path: Path) -> Facts:
    """Read the header. Raises `ModelError` when the file is no GGUF file, or a part of one."""
    import gguf  # noqa: PLC0415 - 0.3 s that only adding a model needs

    try:
        reader = gguf.GGUFReader(path)
        architecture = str(_field(reader, "general.architecture") or "")
        context = _field(reader, f"{architecture}.context_length")
        template = str(_field(reader, "tokenizer.chat_template") or "")
        whole = all(tensor.data.nbytes == tensor.n_bytes for tensor in reader.tensors)
    except OSError as error:
        raise ModelError(f"can't read {path}: {error.strerror}") from None
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError, MemoryError, struct.error):
        whole, architecture, context, template = False, "", 0, ""
    if not whole or not architecture or not isinstance(context, int) or context <= 0:
        raise ModelError(f"{path} is no whole GGUF file of a language model. Fetch or copy it anew")
    frame = next((name for mark, name in _MARKS if mark in template), None)
    return Facts(architecture, context, frame)


def _field(reader: Any, name: str) -> Any:
    found = reader.fields.get(name)
    return None if found is None else found.contents()
