"""What does a task: `Answerer`, and its `Answer`. The kinds of answerers stand in files of their own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, Self

from local_models.tasks.task import Example, Task


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. `output` is None if there is none: what was written doesn't fit, or the input isn't this task."""

    output: Mapping[str, Any] | None = field(repr=False)
    confidence: float  # a probability that it is right
    seconds: float = 0.0
    input_tokens: int = 0
    output_tokens: int = 0


class Answerer(Protocol):
    """Does one task. `fit` makes one that does it from examples; an unfitted one only knows how."""

    @property
    def name(self) -> str:
        """What tables and records call it."""

    @property
    def memory_mb(self) -> float:
        """How much more memory a process needs with it."""

    def fit(self, task: Task, examples: Sequence[Example]) -> Self:
        """One that does `task`, made from these examples alone. Raises `TrainingError`."""

    def answer(self, text: str) -> Answer:
        """The answer for one input. Raises `LocalModelError` when its model fails."""

    def save(self, directory: Path) -> None:
        """Write a fitted one down: arrays and JSON, with the SHA-256 of what it was made from."""
