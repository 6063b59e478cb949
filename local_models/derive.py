"""Makes the feature model: the first layers of a Llama-type GGUF file, without its output head, requantised.

What was measured to matter (see docs/models.md): architecture `llama-embed` with `attention.causal` leaves the output
head out, which is half of the time; Q4_0 has the fast kernels that Q4_1 lacks. Both are done here on the file alone,
with numpy, so that the same input gives the same bytes on every machine.
"""

import os
import tempfile
from pathlib import Path
from typing import Any

from local_models.errors import ModelError

_ARCHITECTURE = "llama-embed"
_LEFT_OUT = ("GGUF.", "general.architecture", "general.file_type", "tokenizer.chat_template", "llama.block_count")


def derive(source: Path, target: Path, layers: int) -> None:
    """Write `source`'s first `layers` layers to `target`, all at once or not at all. Raises `ModelError`."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    except OSError as error:
        raise ModelError(
            f"can't write the feature model to {target.parent}: {error.strerror}. "
            "Make it where that is allowed with: privet models prepare, or set PRIVET_MODELS_DIR"
        ) from None
    os.close(handle)
    unfinished = Path(name)
    try:
        _write(source, unfinished, layers)
        unfinished.chmod(0o644)
        unfinished.replace(target)
    except OSError as error:
        raise ModelError(f"can't write the feature model {target}: {error.strerror}") from None
    finally:
        unfinished.unlink(missing_ok=True)


def _write(source: Path, target: Path, layers: int) -> None:
    import gguf  # noqa: PLC0415 - 0.3 s that only making the file needs

    reader = gguf.GGUFReader(source)
    count = reader.fields["llama.block_count"].contents()
    if layers > count:
        raise ModelError(f"{source} has {count} layers, expected at least {layers}")
    writer = gguf.GGUFWriter(target, _ARCHITECTURE)
    for key, field in reader.fields.items():
        if not key.startswith(_LEFT_OUT):
            _copy_field(writer, key.replace("llama.", f"{_ARCHITECTURE}.", 1), field)
    writer.add_block_count(layers)
    writer.add_causal_attention(True)
    for tensor in reader.tensors:
        if _is_kept(tensor.name, layers):
            data, kind = _requantised(tensor)
            writer.add_tensor(tensor.name, data, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _copy_field(writer: Any, key: str, field: Any) -> None:
    kind, *inner = field.types
    writer.add_key_value(key, field.contents(), kind, sub_type=inner[-1] if inner else None)


def _is_kept(name: str, layers: int) -> bool:
    if name.startswith("blk."):
        return int(name.split(".")[1]) < layers
    return name in {"token_embd.weight", "output_norm.weight"}


def _requantised(tensor: Any) -> tuple[Any, Any]:
    from gguf import GGMLQuantizationType, quants  # noqa: PLC0415 - the same

    if tensor.tensor_type != GGMLQuantizationType.Q4_1:
        return tensor.data, tensor.tensor_type
    wide = quants.dequantize(tensor.data, tensor.tensor_type)
    return quants.quantize(wide, GGMLQuantizationType.Q4_0), GGMLQuantizationType.Q4_0
