"""OpenAI's chat format, as servers in the house speak it: the body that asks, and the chunks of the answer. Pure.

A call of a tool comes in pieces and is passed on when it is whole and its arguments are JSON: nobody shall act on half
of one. Not every server counts tokens; where none were told they are estimated.
"""

import json
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

from local_models.errors import BackendError
from local_models.speech import AUTO, NONE, REQUIRED, Asked, Call, End, Finish, Tool, Turn, plain

_MOST_CALLS = 64
_LONGEST_CALL = 1_000_000  # characters of its arguments
_MOST_TOKENS = 1 << 40  # of one answer that are believed
_PER_TOKEN = 4  # characters, where nobody counted
_FINISH = {"length": Finish.LENGTH, "max_tokens": Finish.LENGTH, "tool_calls": Finish.CALLS}


def written(model: str, asked: Asked) -> dict[str, Any]:
    """The body of a request for a streamed chat completion."""
    body: dict[str, Any] = {
        "model": model,
        "messages": _messages(asked),
        "max_tokens": asked.max_tokens,
        "temperature": asked.temperature,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if asked.top_p is not None:
        body["top_p"] = asked.top_p
    if asked.stop:
        body["stop"] = list(asked.stop)
    if asked.schema is not None:
        wanted = {"name": "answer", "strict": True, "schema": json.loads(asked.schema)}
        body["response_format"] = {"type": "json_schema", "json_schema": wanted}
    if asked.tools and asked.choice != NONE:
        body["tools"] = [_tool(tool) for tool in asked.tools]
        named = {"type": "function", "function": {"name": asked.choice}}
        body["tool_choice"] = asked.choice if asked.choice in {AUTO, REQUIRED} else named
    return body


@dataclass(slots=True)
class Heard:
    """What has come of an answer so far."""

    place: str  # who answers, for errors
    offered: AbstractSet[str]  # names of the tools
    finished: bool = False
    _finish: Finish = Finish.STOP
    _sequence: str | None = field(default=None, repr=False)
    _calls: dict[int, list[str]] = field(default_factory=dict, repr=False)  # id, name, arguments so far
    _usage: tuple[int, int] | None = None
    _pieces: int = 0

    def piece(self, data: str) -> str:
        """The text of the next chunk, of which there may be none. Raises `BackendError`."""
        try:
            chunk: Any = json.loads(data)
            if "error" in chunk:
                raise BackendError(f"{self.place} reported an error in the middle of its answer")
            choices = chunk["choices"]
            self._count(chunk.get("usage"))
            if not choices:  # the usage chunk has none
                return ""
            choice = choices[0]
            delta = choice.get("delta") or {}
            for position, call in enumerate(delta.get("tool_calls") or ()):
                self._continue(int(call.get("index", position)), call)
            if (finish := choice.get("finish_reason")) is not None:
                self.finished, self._finish = True, _FINISH.get(finish, Finish.STOP)
                if isinstance(choice.get("stop_reason"), str):  # vLLM tells which words ended it
                    self._finish, self._sequence = Finish.SEQUENCE, choice["stop_reason"]
            text = delta.get("content") or ""
            self._pieces += bool(text)
            return text + ""
        except (ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError, RecursionError):
            raise BackendError(f"{self.place} sent a chunk that is no chat completion") from None

    def calls(self) -> list[Call]:
        """The calls, all whole. Raises `BackendError` on one that can't be carried out."""
        found: list[Call] = []
        for _, (call_id, name, arguments) in sorted(self._calls.items()):
            whole = _is_object(arguments or "{}")
            if not whole and self._finish is Finish.LENGTH:
                break  # cut off by the limit, which the end tells
            if name not in self.offered or not whole:
                wrong = "a tool that nobody offered" if name not in self.offered else "arguments that are no JSON"
                raise BackendError(f"{self.place} called {wrong}", kind="request")
            found.append(Call(call_id, name, arguments or "{}"))
        return found

    def end(self, asked: Asked) -> End:
        """How it ended."""
        finish = self._finish
        if finish is not Finish.LENGTH and self._calls:
            finish = Finish.CALLS
        elif finish is Finish.CALLS:
            finish = Finish.STOP
        read, said = self._usage or (_estimate(asked), max(self._pieces, len(self._calls)))
        return End(finish, read, said, self._sequence)

    def _count(self, usage: Any) -> None:
        if isinstance(usage, dict):
            read, said = usage.get("prompt_tokens"), usage.get("completion_tokens")
            if type(read) is int and type(said) is int and 0 <= read < _MOST_TOKENS and 0 <= said < _MOST_TOKENS:
                self._usage = read, said

    def _continue(self, number: int, call: Any) -> None:
        if number not in self._calls and len(self._calls) >= _MOST_CALLS:
            raise BackendError(f"{self.place} called more than {_MOST_CALLS} tools at once", kind="request")
        kept = self._calls.setdefault(number, ["", "", ""])
        function = call.get("function") or {}
        kept[0] = (call.get("id") or kept[0]) + ""  # a text, or it is no call
        kept[1] += function.get("name") or "" if not kept[1] else ""
        kept[2] += function.get("arguments") or ""
        if len(kept[2]) > _LONGEST_CALL:
            message = f"{self.place} called a tool with more than {_LONGEST_CALL} characters"
            raise BackendError(message, kind="request")


def _messages(asked: Asked) -> list[dict[str, Any]]:
    if not asked.tools:
        return [{"role": role, "content": text} for role, text in plain(asked.turns)]
    answered = {turn.answers for turn in asked.turns if turn.role == "tool"}
    known = {call.id for turn in asked.turns for call in turn.calls} & answered
    messages: list[dict[str, Any]] = []
    for turn in asked.turns:
        calls = [call for call in turn.calls if call.id in known]
        if calls and len(calls) == len(turn.calls):
            message = {"role": "assistant", "content": turn.text or None, "tool_calls": [_call(one) for one in calls]}
            messages.append(message)
        elif turn.role == "tool" and turn.answers in known:
            messages.append({"role": "tool", "tool_call_id": turn.answers, "content": turn.text})
        else:  # a call that nobody answered, or an answer to what nobody asked: servers would refuse it
            messages += [{"role": role, "content": text} for role, text in plain([turn])]
            known -= {call.id for call in calls}
    return messages


def _call(call: Call) -> dict[str, Any]:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def _tool(tool: Tool) -> dict[str, Any]:
    function = {"name": tool.name, "description": tool.description, "parameters": json.loads(tool.schema)}
    return {"type": "function", "function": function}


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def _estimate(asked: Asked) -> int:
    return sum(len(_text(turn)) for turn in asked.turns) // _PER_TOKEN


def _text(turn: Turn) -> str:
    return "".join(text for _, text in plain([turn]))
