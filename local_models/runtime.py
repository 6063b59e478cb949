"""The only importer of llama_cpp: a feature model and a text generator, nothing else of it leaves this module.

The native library's log is dropped: it would land between a worker's frames, and it may quote what it reads. What
fails raises `ModelError` without content. An object here belongs to one thread.
"""

import codecs
import ctypes
import os
from collections import OrderedDict
from collections.abc import Generator as Pieces
from collections.abc import Iterator, Sequence
from pathlib import Path

# When the native code aborts, it would start a debugger to print its stack; the worker's parent starts another instead.
os.environ.setdefault("GGML_NO_BACKTRACE", "1")

import llama_cpp
import numpy as np
import numpy.typing as npt

from local_models.errors import GrammarError, ModelError
from local_models.json_schema import bounded
from local_models.speech import End, Finish

_STEP = 128  # tokens that are read at a time, some seconds on a slow core: between two the caller may stop
_SHORTEST_KEPT = 32  # tokens of a beginning; a shorter one is read as fast as its state is copied
_MOST_KEPT = 8  # beginnings
_MOST_KEPT_BYTES = 64_000_000  # 23 KB a token for SmolLM2
_LONGEST_GRAMMAR = 300_000  # characters

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
        self._states: OrderedDict[tuple[int, ...], bytes] = OrderedDict()  # of beginnings that came more than once
        self.context = context
        self.ended = End()  # how the last continuation ended

    def tokens(self, text: str) -> list[int]:
        """The text's tokens; what looks like a control token is read as plain text."""
        return list(self._llama.tokenize(text.encode("utf-8", errors="replace"), add_bos=False, special=False))

    def control(self, text: str) -> list[int]:
        """The tokens of a prompt's frame, such as `<|im_start|>`."""
        return list(self._llama.tokenize(text.encode(), add_bos=False, special=True))

    def continuation(
        self, prompt: Sequence[int], *, max_tokens: int, temperature: float, fixed: int = 0, schema: str | None = None
    ) -> Pieces[str]:
        """What the model writes after `prompt`, in pieces of whole characters, until its end token or the limit.

        While it reads, it yields empty pieces, so that whoever waits can stop it. The first `fixed` tokens are kept
        for the next prompt that begins so. With a JSON schema the text is such a document, or `GrammarError` is raised.
        """
        grammar = self._grammar(schema) if schema is not None else None
        room = min(max_tokens, self.context - len(prompt))
        ended, written = room <= 0 and grammar is None, 0
        self.ended = End(Finish.LENGTH, len(prompt))
        if room > 0:
            yield from self._read(list(prompt), fixed)
            decoder = codecs.getincrementaldecoder("utf-8")("replace")  # a character may be cut across tokens
            tokens = self._llama.generate(
                list(prompt),
                temp=temperature,
                top_p=0.9,
                # Without it a model this small repeats itself to the limit. JSON has to repeat its quotes and commas.
                repeat_penalty=1.1 if grammar is None else 1.0,
                grammar=grammar,
            )
            try:
                for written, token in enumerate(tokens, start=1):
                    if llama_cpp.llama_vocab_is_eog(self._vocab, token):
                        ended = True
                        break
                    if piece := decoder.decode(self._llama.detokenize([token])):
                        yield piece
                    if written >= room:
                        break
            except ValueError:
                raise GrammarError("llama.cpp can't make a grammar of the JSON schema") from None
            finally:
                self.ended = End(Finish.STOP if ended else Finish.LENGTH, len(prompt), written)
            if rest := decoder.decode(b"", final=True):
                yield rest
        if grammar is not None and not ended:
            raise GrammarError("the answer reached its limit before the JSON document was complete")

    def _grammar(self, schema: str) -> llama_cpp.LlamaGrammar:
        """The grammar of the JSON documents that fit the schema. Raises `GrammarError`; nothing is fetched."""
        try:
            text = llama_cpp.llama_grammar.json_schema_to_gbnf(bounded(schema))
        except (AssertionError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
            raise GrammarError(f"the JSON schema can't be made a grammar: {type(error).__name__}") from None
        if len(text) > _LONGEST_GRAMMAR:
            raise GrammarError(f"the grammar of the JSON schema has {len(text)} characters, too many to go by")
        # The library doesn't look whether llama.cpp could read the grammar, and would crash on it.
        read = llama_cpp.llama_sampler_init_grammar(self._vocab, text.encode("utf-8", errors="replace"), b"root")
        if not read:
            raise GrammarError("llama.cpp can't read the grammar of the JSON schema")
        llama_cpp.llama_sampler_free(read)
        return llama_cpp.LlamaGrammar.from_string(text, verbose=False)

    def _read(self, prompt: list[int], fixed: int) -> Iterator[str]:
        """Have the model read all but the last token, in steps, from where it knows the prompt's beginning."""
        llama, last = self._llama, len(prompt) - 1
        known = self._known(prompt[:last])
        beginning = tuple(prompt[:fixed])
        worth_keeping = _SHORTEST_KEPT <= fixed <= last
        if worth_keeping and known < fixed and self._states.get(beginning):
            self._recall(beginning)
            known = fixed
        llama.n_tokens = known
        for start, end in _steps(known, fixed if worth_keeping else 0, last):
            llama.eval(prompt[start:end])
            if worth_keeping and end == fixed:
                self._keep(beginning)
            yield ""

    def _known(self, prompt: Sequence[int]) -> int:
        """How many of the tokens are the ones that the model read last."""
        before = self._llama.input_ids[: self._llama.n_tokens].tolist()
        return next(
            (at for at, (a, b) in enumerate(zip(before, prompt, strict=False)) if a != b), min(len(before), len(prompt))
        )

    def _keep(self, beginning: tuple[int, ...]) -> None:
        """Keep the state after a beginning that comes for the second time; of the first time only that it came."""
        context = self._llama.ctx
        state = b""
        if beginning in self._states:
            size = llama_cpp.llama_state_seq_get_size(context, 0)
            if size <= _MOST_KEPT_BYTES:
                buffer = (ctypes.c_uint8 * size)()
                if llama_cpp.llama_state_seq_get_data(context, buffer, size, 0) == size:
                    state = bytes(buffer)
        self._states[beginning] = state
        self._states.move_to_end(beginning)
        while len(self._states) > _MOST_KEPT or sum(map(len, self._states.values())) > _MOST_KEPT_BYTES:
            self._states.popitem(last=False)

    def _recall(self, beginning: tuple[int, ...]) -> None:
        state = self._states[beginning]
        self._states.move_to_end(beginning)
        self._llama.reset()
        llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(self._llama.ctx), True)
        buffer = (ctypes.c_uint8 * len(state)).from_buffer_copy(state)
        if llama_cpp.llama_state_seq_set_data(self._llama.ctx, buffer, len(state), 0) != len(state):
            raise ModelError("llama.cpp could not take a kept state back")
        self._llama.input_ids[: len(beginning)] = beginning


def _steps(known: int, fixed: int, last: int) -> Iterator[tuple[int, int]]:
    """Pieces of the prompt to read one after the other; one of them ends at `fixed`."""
    at = known
    while at < last:
        end = min(at + _STEP, last)
        if at < fixed < end:
            end = fixed
        yield at, end
        at = end


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
