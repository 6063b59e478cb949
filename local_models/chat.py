"""`EmbeddedChat`: a small chat model in this process, which answers piece by piece.

The prompt is put together from tokens, in the frame that the model knows (ChatML, Llama 3's or Gemma's): what a person
wrote is never read as a control token, so that nobody can write a turn of somebody else. What doesn't fit the context
is left out: the system messages and the newest message are kept (cut at the end when they alone are too long), then as
many of the earlier turns as fit, the newest first.
"""

import os
from collections.abc import Generator as Pieces
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from local_models.catalog import path_of, spec_of
from local_models.errors import ModelError
from local_models.runtime import Generator
from local_models.spec import Frame
from local_models.speech import End

# The model reads 8,192 tokens, but a core reads some 90 a second: more would only make people wait.
MAX_CONTEXT = 2048
_ROLES = frozenset({"system", "user", "assistant"})
_SYSTEM = "You are a helpful assistant. Answer briefly and to the point."
_MIN_ANSWER = 16  # tokens that are kept free for an answer, whatever the prompt's length

type Tokens = list[int]


@dataclass(frozen=True, slots=True)
class _Frame:
    """How a turn begins and ends for a model, and what stands before all of them."""

    start: str
    end: str
    begin: str = ""
    roles: Mapping[str, str] = field(default_factory=dict)  # that are called otherwise

    def opens(self, role: str) -> str:
        return self.start.format(role=self.roles.get(role, role))


_FRAMES: Mapping[Frame, _Frame] = {
    "chatml": _Frame("<|im_start|>{role}\n", "<|im_end|>\n"),
    "llama3": _Frame("<|start_header_id|>{role}<|end_header_id|>\n\n", "<|eot_id|>", "<|begin_of_text|>"),
    "gemma": _Frame("<start_of_turn>{role}\n", "<end_of_turn>\n", "<bos>", {"system": "user", "assistant": "model"}),
}


class EmbeddedChat:
    """A loaded chat model. Belongs to one thread; one answer at a time."""

    def __init__(self, generator: Generator, frame: Frame = "chatml") -> None:
        self._generator = generator
        self._frame = _FRAMES[frame]
        self._end = generator.control(self._frame.end)

    def stream(
        self,
        messages: Sequence[tuple[str, str]],
        *,
        max_tokens: int,
        temperature: float,
        schema: str | None = None,
    ) -> Pieces[str]:
        """Answer `messages`, pairs of role (system, user, assistant) and text, with at most `max_tokens` tokens.

        Empty pieces come while the model reads. With `schema` the answer is JSON that fits it, or `GrammarError`.
        """
        room = self._generator.context - max(_MIN_ANSWER, min(max_tokens, self._generator.context // 2))
        prompt, fixed = self._prompt(messages, room)
        return self._generator.continuation(
            prompt, max_tokens=max(1, max_tokens), temperature=max(0.0, temperature), fixed=fixed, schema=schema
        )

    @property
    def ended(self) -> End:
        """How the last answer ended, and the tokens it took."""
        return self._generator.ended

    def _prompt(self, messages: Sequence[tuple[str, str]], room: int) -> tuple[Tokens, int]:
        """The tokens to continue, and how many of them are the system's turn."""
        if unknown := {role for role, _ in messages} - _ROLES:
            raise ValueError(f"expected the roles system, user and assistant, got {', '.join(sorted(unknown))}")
        system = "\n\n".join(text for role, text in messages if role == "system") or _SYSTEM
        turns = [(role, text) for role, text in messages if role != "system"]
        opening = self._generator.control(self._frame.opens("assistant"))
        begin = self._generator.control(self._frame.begin) if self._frame.begin else []
        room -= len(opening) + len(begin)
        # Half of the room at most for the system messages, the rest for the newest turn, what is left for earlier ones.
        first = [*begin, *self._turn("system", system, room // 2)]
        room -= len(first) - len(begin)
        kept: list[Tokens] = []
        for index, (role, text) in enumerate(reversed(turns)):
            turn = self._turn(role, text, room if index == 0 else None)
            if len(turn) > room:
                break
            kept.append(turn)
            room -= len(turn)
        return [*first, *(token for turn in reversed(kept) for token in turn), *opening], len(first)

    def _turn(self, role: str, text: str, limit: int | None) -> Tokens:
        start = self._generator.control(self._frame.opens(role))
        body = self._generator.tokens(text)
        if limit is not None:
            body = body[: max(0, limit - len(start) - len(self._end))]
        return [*start, *body, *self._end]


def load_chat(name: str = "smollm2-135m") -> EmbeddedChat:
    """Load a chat model of the catalogue. Raises `ModelError`."""
    spec = spec_of(name)
    if spec.purpose != "chat":
        raise ModelError(f"{name} is a model for {spec.purpose}, expected one for chat")
    # Half of the processors: the other half is for the proxy and detection, and waiting threads spin.
    threads = max(1, (os.process_cpu_count() or 2) // 2)
    generator = Generator(path_of(name), context=min(spec.context, MAX_CONTEXT), threads=threads)
    return EmbeddedChat(generator, spec.frame)
