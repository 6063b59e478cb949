"""The only importer of llama_cpp: a feature model and a text generator, nothing else of it leaves this module.

The native library's log is dropped: it would land between a worker's frames, and it may quote what it reads. What
fails raises `ModelError` without content. An object here belongs to one thread.
"""

import codecs
import ctypes
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

# When the native code aborts, it would start a debugger to print its stack; the worker's parent starts another instead.
os.environ.setdefault("GGML_NO_BACKTRACE", "1")

import llama_cpp
import numpy as np
import numpy.typing as npt

from local_models.errors import ModelError

Vector = npt.NDArray[np.float32]


@llama_cpp.llama_log_callback  # type: ignore[untyped-decorator]  # llama_cpp is not typed for us
def _drop(_level: int, _text: bytes, _user_data: ctypes.c_void_p) -> None:
    """Take a line of the native log and forget it."""


llama_cpp.llama_log_set(_drop, ctypes.c_void_p(0))


class FeatureModel:
    """Turns a text into the mean of its tokens' last hidden states."""

    def __init__(self, path: Path, *, max_tokens: int, threads: int) -> None:
        if max_tokens % 256:
            raise ValueError(f"llama.cpp aborts unless max_tokens is a multiple of 256, got {max_tokens}")
        self._llama = _load(
            path,
            threads=threads,
            context=max_tokens,
            embedding=True,
            pooling_type=llama_cpp.LLAMA_POOLING_TYPE_MEAN,
            n_batch=max_tokens,
            n_ubatch=max_tokens,
        )
        self._max_tokens = max_tokens
        self.width: int = self._llama.n_embd()

    def vector(self, text: str) -> Vector:
        """The features of the text's first tokens; zeros for an empty text."""
        # Lone surrogates can't be encoded, and characters far past the last token only cost time.
        head = text[: self._max_tokens * 32].encode("utf-8", errors="replace").decode("utf-8")
        if not head:
            return np.zeros(self.width, dtype=np.float32)
        return np.asarray(self._llama.embed(head, normalize=False, truncate=True), dtype=np.float32)


class Generator:
    """Continues a sequence of tokens."""

    def __init__(self, path: Path, *, context: int, threads: int) -> None:
        self._llama = _load(path, threads=threads, context=context)
        self._vocab = llama_cpp.llama_model_get_vocab(self._llama.model)
        self.context = context

    def tokens(self, text: str) -> list[int]:
        """The text's tokens; what looks like a control token is read as plain text."""
        return list(self._llama.tokenize(text.encode("utf-8", errors="replace"), add_bos=False, special=False))

    def control(self, text: str) -> list[int]:
        """The tokens of a prompt's frame, such as `<|im_start|>`."""
        return list(self._llama.tokenize(text.encode(), add_bos=False, special=True))

    def continuation(self, prompt: Sequence[int], *, max_tokens: int, temperature: float) -> Iterator[str]:
        """What the model writes after `prompt`, in pieces of whole characters, until its end token or the limit."""
        room = min(max_tokens, self.context - len(prompt))
        if room <= 0:
            return
        decoder = codecs.getincrementaldecoder("utf-8")("replace")  # a character may be cut across tokens
        tokens = self._llama.generate(
            list(prompt),
            temp=temperature,
            top_p=0.9,
            repeat_penalty=1.1,  # without it a model this small repeats itself to the limit
        )
        for index, token in enumerate(tokens, start=1):
            if llama_cpp.llama_vocab_is_eog(self._vocab, token):
                break
            if piece := decoder.decode(self._llama.detokenize([token])):
                yield piece
            if index >= room:
                break
        if rest := decoder.decode(b"", final=True):
            yield rest


def _load(path: Path, *, threads: int, context: int, **options: object) -> llama_cpp.Llama:
    try:
        return llama_cpp.Llama(
            model_path=str(path),
            n_ctx=context,
            n_threads=threads,
            n_threads_batch=threads,
            n_gpu_layers=0,
            verbose=False,
            **options,
        )
    except (ValueError, OSError, RuntimeError) as error:
        raise ModelError(
            f"llama.cpp can't load {path}: {type(error).__name__}. Check it with: privet models verify"
        ) from None
