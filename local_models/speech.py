"""What is said to a chat model and what it answers, in plain values: `Turn`, `Tool`, `Asked`; text, `Call`, `End`.

Every way to ask a model (in a worker, at an OpenAI-compatible server) takes the one and gives the other, and every
dialect writes it in its vendor's words.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

type TurnRole = Literal["system", "user", "assistant", "tool"]

AUTO, NONE, REQUIRED = "auto", "none", "required"  # which tools are called: as the model likes, none, any of them

NO_ARGUMENTS = '{"type":"object","properties":{},"additionalProperties":false}'


class Finish(StrEnum):
    """Why an answer ended."""

    STOP = "stop"  # the model had said everything
    LENGTH = "length"  # the limit of tokens was reached
    CALLS = "calls"  # it calls tools, and waits for what they say
    SEQUENCE = "sequence"  # it came to words at which the caller wanted it to end


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a tool, whole. `arguments` is the text of a JSON object."""

    id: str
    name: str
    arguments: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class End:
    """How an answer ended and how many tokens it took; always the last of an answer."""

    finish: Finish = Finish.STOP
    input: int = 0
    output: int = 0
    sequence: str | None = field(default=None, repr=False)  # the words that ended it


type Said = str | Call | End  # an answer is some texts and calls, and an end


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that a model may call. `schema` is the JSON schema of its arguments, as text."""

    name: str
    description: str = field(default="", repr=False)
    schema: str = field(default=NO_ARGUMENTS, repr=False)


@dataclass(frozen=True, slots=True)
class Turn:
    """What somebody said. An assistant may have called tools; what a tool said answers the call with this id."""

    role: TurnRole
    text: str = field(repr=False)
    calls: tuple[Call, ...] = ()
    answers: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A conversation, and how its next turn is wanted."""

    turns: tuple[Turn, ...]
    max_tokens: int
    temperature: float = 0.0
    top_p: float | None = None
    stop: tuple[str, ...] = field(default=(), repr=False)
    schema: str | None = field(default=None, repr=False)  # the text is to be JSON of this schema
    tools: tuple[Tool, ...] = ()
    choice: str = AUTO  # or NONE, REQUIRED, or a tool's name


def called(name: str, arguments: str) -> str:
    """A call as text, for models that know of none."""
    return f"[called {name} with {arguments}]"


def plain(turns: Sequence[Turn]) -> list[tuple[str, str]]:
    """Turns as pairs of role and text: calls are written out, and what tools said comes from the user."""
    pairs: list[tuple[str, str]] = []
    for turn in turns:
        texts = [turn.text, *(called(call.name, call.arguments) for call in turn.calls)]
        text = "\n".join(part for part in texts if part)
        if text:
            pairs.append(("user" if turn.role == "tool" else turn.role, text))
    return pairs
