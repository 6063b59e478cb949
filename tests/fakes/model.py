"""The pretended model: what a request asked (`Prompt`), what is answered (`Reply`), and how (`Behaviour`). Pure.

Left alone it echoes the last thing the user said, so that what reached the vendor comes back in the reply. When a
request offers tools and its text names one, or forces one, that tool is called with the strings that the text quotes.
"""

import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_QUOTED = re.compile(r"\"([^\"]+)\"|“([^”]+)”|'([^']{3,})'|`([^`]+)`")


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that the request offers, with the JSON schema of its arguments."""

    name: str
    schema: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Prompt:
    """A request, whatever its dialect: the last text, and what shapes the reply."""

    text: str
    model: str
    stream: bool = False
    from_tool: bool = False  # the last message is a tool's result
    tools: tuple[Tool, ...] = ()
    forced_tool: str | None = None  # "*" for any
    include_usage: bool = False  # OpenAI's stream_options
    input_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call of the model."""

    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reply:
    """What the pretended model answers: a text, tool calls, or both."""

    text: str = ""
    calls: tuple[Call, ...] = ()

    @property
    def tokens(self) -> int:
        """A plausible count for `usage`."""
        return 1 + len(self.text) // 4 + 8 * len(self.calls)


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How the vendor acts on every request until it is told otherwise."""

    text: str | Callable[[Prompt], str] | None = None  # None: "You said: " and the last text
    call: Call | Callable[[Prompt], Call | None] | None = None  # call this tool, whatever the prompt says
    piece_sizes: Sequence[int] = (3, 1, 7, 2)  # characters per streamed piece, in turn
    chunk_bytes: int | None = None  # cut the stream here instead of between events, also within characters
    ascii_json: bool = False  # write non-ASCII text as \uXXXX
    status: int = 200
    retry_after: int | None = None
    delay: float = 0.0  # seconds before the first byte
    pace: float = 0.0  # seconds between streamed events
    drop_after: int | None = None  # cut the connection after so many streamed events (0: before any)
    compress: bool = False  # gzip, if the client takes it
    require_key: bool = False  # 401 without credentials
    raw: tuple[bytes, str] | None = None  # answer these bytes with this media type, whatever was asked
    websocket: bool = False  # take WebSockets for responses, too
    dimensions: int = 8  # of embeddings that don't ask for a size


def answer(prompt: Prompt, behaviour: Behaviour) -> Reply:
    """What the pretended model says to a prompt."""
    call = behaviour.call(prompt) if callable(behaviour.call) else behaviour.call
    if call is not None:
        return Reply(calls=(call,))
    if (tool := _wanted_tool(prompt)) is not None and behaviour.text is None:
        return Reply(calls=(Call(tool.name, _arguments(tool, prompt.text)),))
    match behaviour.text:
        case None:
            return Reply(f"{'The tool said' if prompt.from_tool else 'You said'}: {prompt.text}")
        case str(text):
            return Reply(text)
        case function:
            return Reply(function(prompt))


def pieces(text: str, sizes: Sequence[int]) -> Iterator[str]:
    """The text cut into pieces of these sizes, in turn."""
    start = 0
    for size in itertools.cycle(sizes):
        if start >= len(text):
            return
        yield text[start : start + size]
        start += size


def text_of(content: Any) -> str:
    """The text of a content field: a string, or a list of strings and parts with a `text`."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "\n".join(part if isinstance(part, str) else part["text"] for part in parts if _has_text(part))


def quoted(text: str) -> list[str]:
    """The strings that a text puts in quotation marks or backticks."""
    return [next(filter(None, match.groups())) for match in _QUOTED.finditer(text)]


def _has_text(part: Any) -> bool:
    return isinstance(part, str) or (isinstance(part, dict) and isinstance(part.get("text"), str))


def _wanted_tool(prompt: Prompt) -> Tool | None:
    if prompt.from_tool or not prompt.tools:
        return None
    if prompt.forced_tool is not None:
        named = (tool for tool in prompt.tools if prompt.forced_tool in {"*", tool.name})
    else:
        named = (tool for tool in prompt.tools if re.search(rf"\b{re.escape(tool.name)}\b", prompt.text))
    return next(named, None)


def _arguments(tool: Tool, text: str) -> dict[str, Any]:
    strings = itertools.chain(quoted(text), itertools.repeat(text))
    return {name: _value(schema, strings) for name, schema in tool.schema.get("properties", {}).items()}


def _value(schema: Mapping[str, Any], strings: Iterator[str]) -> Any:
    match str(schema.get("type", "string")).lower():
        case "integer" | "number":
            return 1
        case "boolean":
            return True
        case "array":
            return [_value(schema.get("items", {}), strings)]
        case "object":
            return {name: _value(inner, strings) for name, inner in schema.get("properties", {}).items()}
        case _:
            return schema["enum"][0] if schema.get("enum") else next(strings)
