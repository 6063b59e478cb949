"""`FewShot`: an embedded chat model does a task, shown a few examples, under a grammar made of the task's schema.

The instruction and the examples are one system message, always the same, so that the model reads it once. A grammar
makes the form right, not the content: how often an answer is right was measured or isn't known, and that share is the
confidence of every answer. A model this small doesn't know what it doesn't know.
"""

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol, Self

from local_models.errors import GrammarError, ModelError
from local_models.tasks.answerer import Answer
from local_models.tasks.stored import write_about
from local_models.tasks.task import Example, Task
from local_models.tasks.template import HOLE

SHOTS = 8
KIND = "few_shot"
_SHOWN = 600  # characters of an example's input
_ALL_SHOWN = 2_400  # of all of them: half of what the model reads is for the instruction and these
_READ = 4_000  # characters of an input; more wouldn't fit
_TOKENS = 96


class Chat(Protocol):
    """What is needed of `local_models.chat.EmbeddedChat`."""

    def stream(
        self, messages: Sequence[tuple[str, str]], *, max_tokens: int, temperature: float, schema: str | None = None
    ) -> Iterator[str]:
        """The answer, piece by piece."""


@dataclass(frozen=True, slots=True)
class FewShot:
    """A chat model with examples. `right` is the share of its answers that were right where that was measured."""

    chat: Chat = field(repr=False)
    model: str
    shots: int = SHOTS
    right: float = 0.0
    memory_mb: float = 230.0
    task: Task | None = field(default=None, repr=False)
    shown: tuple[Example, ...] = field(default=(), repr=False)

    @property
    def name(self) -> str:
        """What tables and records call it."""
        return f"{self.model}, {len(self.shown) or self.shots} examples"

    def fit(self, task: Task, examples: Sequence[Example]) -> Self:
        """Shown some of these examples: short ones, of each word as many."""
        return replace(self, task=task, shown=_shown(task, examples, self.shots))

    def answer(self, text: str) -> Answer:
        """What the model writes. Raises `ModelError` if it was never fitted."""
        task = self.task
        if task is None:
            raise ModelError("this answerer was not given a task. Call fit first")
        began = time.monotonic()
        messages = [("system", self.instruction()), ("user", text[:_READ])]
        schema = json.dumps(task.schema)
        try:
            written = "".join(self.chat.stream(messages, max_tokens=_TOKENS, temperature=0.0, schema=schema))
            output: Any = json.loads(written)
        except (GrammarError, ValueError, RecursionError):
            output = None
        fits = output is not None and task.fits(output)
        return Answer(
            output=output if fits else None,
            confidence=self.right if fits else 0.0,
            seconds=time.monotonic() - began,
        )

    def instruction(self) -> str:
        """The system message."""
        if self.task is None:
            return ""
        prompt = self.task.prompt.replace(HOLE, "").strip()
        parts = [prompt, *(f"Input: {one.input[:_SHOWN]}\nOutput: {json.dumps(one.output)}" for one in self.shown)]
        return "\n\n".join(parts)

    def save(self, directory: Path) -> None:
        """Write down what makes it: the model's name, the examples that it is shown, how often it was right."""
        if self.task is None:
            raise ModelError("this answerer was not given a task. Call fit first")
        about = {
            "task": self.task.id,
            "task_revision": self.task.revision,
            "model": self.model,
            "right": self.right,
            "shown": [{"input": one.input, "output": one.output} for one in self.shown],
        }
        write_about(directory, KIND, about)


def _shown(task: Task, examples: Sequence[Example], count: int) -> tuple[Example, ...]:
    """Short examples, in turn of each word that the output can have, as many as may be shown."""
    named = next((one.name for one in task.fields if one.kind == "choice"), None)
    groups: dict[Any, list[Example]] = {}
    for example in sorted((one for one in examples if one.output is not None), key=lambda one: len(one.input)):
        groups.setdefault(None if named is None else (example.output or {}).get(named), []).append(example)
    chosen: list[Example] = []
    room = _ALL_SHOWN
    while groups and len(chosen) < count:
        for word in list(groups):
            example = groups[word].pop(len(groups[word]) // 2)  # neither the shortest nor a long one
            if not groups[word]:
                del groups[word]
            if len(chosen) < count and min(len(example.input), _SHOWN) <= room:
                room -= min(len(example.input), _SHOWN)
                chosen.append(example)
    return tuple(chosen)
