"""OpenAI responses and conversations (`…/responses`, `…/conversations`), also as Azure, Codex and Mistral speak them.

Reference: https://platform.openai.com/docs/api-reference/responses
"""

import json
import re
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, override

from detectors.finding import Skipped, SkipReason
from local_models.speech import AUTO, NONE, REQUIRED, Call, End, Finish, Said, Tool
from proxy.message import Chat, ChatMessage, Refusal, Request, Response, Role
from proxy.providers import exemptions as look
from proxy.providers.dialect import Answer, Delta, EventShape
from proxy.providers.exemptions import Exemptions
from proxy.providers.json_dialect import (
    JsonDialect,
    call_id,
    calling,
    event,
    items,
    mapping,
    mark,
    path_ends,
    real_number,
    refused,
    result,
    role_named,
    string,
    text_of,
    turn,
    whole,
    whole_number,
    written_at,
)
from proxy.providers.openai_chat import openai_error
from proxy.providers.structured import of_openai_responses
from proxy.providers.wishes import of_openai_responses as of_wishes

_CONVERSATION = re.compile(r"/conversations(?:/[^/]+(?:/(?:items|restart))?)?$")
_LIST = re.compile(r"/(?:items|inputs)(?=/|$)")  # what conversations call their input
_ITEM = "/input/*"
_PART = "/input/*/content/*"
_OUTPUT = "/input/*/output/*"
# Kinds of `….delta` events whose text is a piece of JSON.
_JSON_KINDS = frozenset(
    {"response.function_call_arguments", "response.mcp_call_arguments", "response.mcp_call.arguments"}
)


def _parts(base: str) -> dict[str, look.Check]:
    return {f"{base}/type": look.word, f"{base}/detail": look.word, f"{base}/input_audio/format": look.word}


def _opaque_parts(base: str) -> dict[str, tuple[look.Check, SkipReason]]:
    return {
        f"{base}/image_url": (look.anything, SkipReason.OPAQUE),
        f"{base}/file_url": (look.anything, SkipReason.OPAQUE),
        f"{base}/file_id": (look.anything, SkipReason.OPAQUE),
        f"{base}/file_data": (look.anything, SkipReason.UNSUPPORTED_MEDIA),
        f"{base}/input_audio/data": (look.anything, SkipReason.UNSUPPORTED_MEDIA),
    }


@dataclass(frozen=True, slots=True)
class OpenAIResponses(JsonDialect):
    """Responses."""

    name: ClassVar[str] = "openai-responses"
    provider: ClassVar[str] = "openai"
    exemptions: ClassVar[Exemptions] = Exemptions(
        exact={
            "/type": look.word,  # over a WebSocket: the event's
            "/event_id": look.identifier,
            "/stream_id": look.identifier,
            "/model": look.model,
            "/previous_response_id": look.identifier,
            "/conversation": look.identifier,
            "/conversation/id": look.identifier,
            f"{_ITEM}/type": look.word,
            f"{_ITEM}/role": look.word,
            f"{_ITEM}/id": look.identifier,
            f"{_ITEM}/call_id": look.identifier,
            f"{_ITEM}/status": look.word,
            f"{_ITEM}/phase": look.word,
            f"{_ITEM}/name": look.name,
            f"{_ITEM}/encrypted_content": look.signature,
            f"{_ITEM}/summary/*/type": look.word,
            **_parts(_PART),
            **_parts(_OUTPUT),
            f"{_PART}/annotations/*/type": look.word,
            "/include/*": look.word,
            "/instructions/*/type": look.word,
            "/instructions/*/role": look.word,
            "/tools/*/type": look.word,
            "/tools/*/name": look.name,
            "/tools/*/tools/*/type": look.word,  # a namespace of tools, as Codex sends them
            "/tools/*/tools/*/name": look.name,
            "/tools/*/search_context_size": look.word,
            "/tools/*/user_location/type": look.word,
            "/tools/*/vector_store_ids/*": look.identifier,
            "/tools/*/container": look.identifier,
            "/tools/*/container/type": look.word,
            "/tools/*/format/type": look.word,
            "/tools/*/format/syntax": look.word,
            "/tool_choice": look.word,
            "/tool_choice/type": look.word,
            "/tool_choice/mode": look.word,
            "/tool_choice/name": look.name,
            "/text/format/type": look.word,
            "/text/format/name": look.name,
            "/text/verbosity": look.word,
            "/reasoning/effort": look.word,
            "/reasoning/summary": look.word,
            "/reasoning/generate_summary": look.word,
            "/truncation": look.word,
            "/service_tier": look.word,
            "/prompt_cache_key": look.identifier,
            "/prompt_cache_retention": look.word,
            "/moderation/model": look.model,
            "/agent_id": look.identifier,  # Mistral
            "/handoff_execution": look.word,
        },
        schemas=("/tools/*/parameters", "/tools/*/tools/*/parameters", "/text/format/schema"),
        opaque={**_opaque_parts(_PART), **_opaque_parts(_OUTPUT)},
    )

    @override
    def matches(self, request: Request) -> bool:
        return (
            path_ends(request, "/responses", "/responses/input_tokens", "/responses/compact")
            or _CONVERSATION.search(request.endpoint.rstrip("/")) is not None
        )

    @override
    def normal(self, shape: str) -> str:
        return _LIST.sub("/input", shape, count=1) if _LIST.match(shape) else shape

    @override
    def roles(self, data: Any) -> Mapping[str, Role]:
        roles = {"/instructions": Role.SYSTEM, "/input": Role.USER, "/inputs": Role.USER}
        for name in ("input", "items", "inputs"):
            for index, entry in enumerate(items(mapping(data).get(name))):
                roles[f"/{name}/{index}"] = item_role(mapping(entry))
        return roles

    @override
    def unreadable(self, data: Any) -> Iterable[Skipped]:
        """A stored prompt is text that only the vendor has; the variables that go into it are read."""
        if mapping(mapping(data).get("prompt")).get("id"):
            yield Skipped(pointer="/prompt/id", reason=SkipReason.OPAQUE)

    @override
    def refusal(self, refusal: Refusal) -> Response:
        return refused(refusal, openai_error(refusal))

    @override
    def chat(self, request: Request) -> Chat | None:
        body = self.read(request.body)
        if not request.endpoint.rstrip("/").endswith("/responses") or body.get("previous_response_id"):
            return None  # the conversation's beginning is at the vendor
        messages = turn(Role.SYSTEM, text_of(body.get("instructions")))
        given = body.get("input")
        if isinstance(given, str):
            messages += turn(Role.USER, given)
        for entry in items(given):
            messages += _turns(mapping(entry))
        if not messages:
            return None
        return Chat(
            messages=tuple(messages),
            model=string(body.get("model")),
            stream=body.get("stream") is True,
            max_tokens=whole_number(body.get("max_output_tokens")),
            temperature=real_number(body.get("temperature")),
            schema=of_openai_responses(body),
            wishes=of_wishes(body),
        )

    @override
    def reply(self, chat: Chat, answer: Answer, decision_id: str) -> Response:
        output = [_message(answer.text, decision_id)] if answer.text or not answer.calls else []
        output += [_call(call, number, decision_id) for number, call in enumerate(answer.calls)]
        usage = _usage(answer.input_tokens, answer.output_tokens)
        body = _response(chat, answer.model, decision_id, finish=answer.finish, output=output, usage=usage)
        return whole(body, decision_id, answer.model)

    @override
    async def reply_stream(
        self, chat: Chat, pieces: AsyncIterator[Said], model: str, decision_id: str
    ) -> AsyncIterator[bytes]:
        writer = _Events(decision_id)
        started = _response(chat, model, decision_id)
        yield writer.send("response.created", response=started)
        yield writer.send("response.in_progress", response=started)
        end, calls = End(), 0
        async for piece in pieces:
            match piece:
                case End():
                    end = piece
                case Call():
                    for data in (*writer.closed(), *writer.call(piece, calls)):
                        yield data
                    calls += 1
                case _:
                    for data in writer.text(piece):
                        yield data
        for data in writer.closed(needed=calls == 0):
            yield data
        usage = _usage(end.input, end.output)
        done = _response(chat, model, decision_id, finish=end.finish, output=writer.output, usage=usage)
        yield writer.send(f"response.{done['status']}", response=done)

    @override
    def shape(self, event: object) -> EventShape:
        return responses_shape(event)


class _Events:
    """The events of one streamed response, numbered, and the items that they told of."""

    def __init__(self, decision_id: str) -> None:
        self.output: list[dict[str, Any]] = []
        self._id = decision_id
        self._number = -1
        self._written: list[str] | None = None  # of the message that is open

    def send(self, kind: str, **fields: Any) -> bytes:
        self._number += 1
        return event({"type": kind, "sequence_number": self._number, **fields}, kind)

    def text(self, piece: str) -> Iterator[bytes]:
        if self._written is None:
            self._written = []
            empty = {**_message("", self._id), "status": "in_progress", "content": []}
            yield self.send("response.output_item.added", output_index=len(self.output), item=empty)
            yield self.send("response.content_part.added", **self._place(), part=_part(""))
        if piece:
            self._written.append(piece)
            yield self.send("response.output_text.delta", **self._place(), delta=piece, logprobs=[])

    def closed(self, *, needed: bool = False) -> Iterator[bytes]:
        """The message's end, if one is open; with `needed` there is one, though it may be empty."""
        if needed and not self.output:
            yield from self.text("")
        if self._written is None:
            return
        text, self._written = "".join(self._written), None
        yield self.send("response.output_text.done", **self._place(), text=text, logprobs=[])
        yield self.send("response.content_part.done", **self._place(), part=_part(text))
        yield self._done(_message(text, self._id))

    def call(self, call: Call, number: int) -> Iterator[bytes]:
        item = _call(call, number, self._id)
        at = {"item_id": item["id"], "output_index": len(self.output)}
        begun = {**item, "status": "in_progress", "arguments": ""}
        yield self.send("response.output_item.added", output_index=len(self.output), item=begun)
        yield self.send("response.function_call_arguments.delta", **at, delta=call.arguments)
        done = {"name": call.name, "arguments": call.arguments}
        yield self.send("response.function_call_arguments.done", **at, **done)
        yield self._done(item)

    def _place(self) -> dict[str, Any]:
        return {"item_id": f"msg_{self._id}", "output_index": len(self.output), "content_index": 0}

    def _done(self, item: dict[str, Any]) -> bytes:
        self.output.append(item)
        return self.send("response.output_item.done", output_index=len(self.output) - 1, item=item)


def responses_shape(event: object) -> EventShape:
    """Where the text of a responses event stands."""
    data = mapping(event)
    kind = string(data.get("type"))
    # Over a WebSocket several responses may be on their way at a time, each in a lane of its own.
    lane = f"lane/{data['stream_id']}/" if "stream_id" in data else ""
    if kind in {"response.completed", "response.incomplete", "response.failed", "response.cancelled", "error"}:
        return EventShape(closes=(lane.rstrip("/") or "*",))
    stem, _, end = kind.rpartition(".")
    place = f"{lane}item/{data.get('output_index', data.get('item_id'))}"
    part = data.get("content_index", data.get("summary_index", 0))
    channel = f"{place}/{stem}/{part}"
    if end == "delta" and isinstance(data.get("delta"), str):
        if stem in {"response.audio", "response.output_audio", "response.image_generation_call"}:
            return EventShape()
        return EventShape(deltas=(Delta(channel, "/delta", is_json=stem in _JSON_KINDS),))
    if end == "delta" and stem == "message.output" and isinstance(data.get("content"), str):  # Mistral
        return EventShape(deltas=(Delta(channel, "/content"),))
    if end == "delta" and stem == "function.call" and isinstance(data.get("arguments"), str):
        return EventShape(deltas=(Delta(f"{channel}/{data.get('tool_call_id')}", "/arguments", is_json=True),))
    if kind == "conversation.response.done":
        return EventShape(closes=("*",))
    if end == "done":
        return EventShape(closes=(place if stem == "response.output_item" else channel,))
    return EventShape()


def item_role(entry: Mapping[str, Any]) -> Role:
    """Who speaks in an item of a conversation."""
    kind = string(entry.get("type"))
    if kind.endswith("_output"):
        return Role.TOOL
    if kind.endswith("_call") or kind in {"reasoning", "mcp_list_tools", "mcp_approval_request", "compaction"}:
        return Role.ASSISTANT
    return role_named(entry.get("role"))


def _turns(entry: Mapping[str, Any]) -> list[ChatMessage]:
    kind = string(entry.get("type"))
    if kind.endswith("_call"):
        given = string(entry.get("arguments")) or string(entry.get("input"))
        return calling(entry.get("call_id"), string(entry.get("name")) or kind, given)
    if kind.endswith("_output"):
        return result(entry.get("call_id"), text_of(entry.get("output")))
    if kind in {"", "message"}:
        return turn(item_role(entry), text_of(entry.get("content")))
    return []


def _part(text: str) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _message(text: str, decision_id: str) -> dict[str, Any]:
    return {
        "id": f"msg_{decision_id}",
        "type": "message",
        "status": "completed",
        "role": "assistant",
        "content": [_part(text)],
    }


def _usage(read: int, written: int) -> dict[str, Any]:
    return {
        "input_tokens": read,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": written,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": read + written,
    }


def _call(call: Call, number: int, decision_id: str) -> dict[str, Any]:
    return {
        "id": call_id("fc_", decision_id, number),
        "type": "function_call",
        "status": "completed",
        "arguments": call.arguments,
        "call_id": call_id("call_", decision_id, number),
        "name": call.name,
    }


def _response(
    chat: Chat,
    model: str,
    decision_id: str,
    *,
    finish: Finish | None = None,
    output: list[dict[str, Any]] | None = None,
    usage: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """A response; without `finish` it has just begun."""
    cut = finish is Finish.LENGTH
    made = written_at(decision_id)
    return {
        "id": f"resp_{decision_id}",
        "object": "response",
        "created_at": made,
        "status": "in_progress" if finish is None else "incomplete" if cut else "completed",
        "background": False,
        "completed_at": None if finish is None or cut else made,
        "error": None,
        "frequency_penalty": 0.0,
        "incomplete_details": {"reason": "max_output_tokens"} if cut else None,
        "instructions": None,
        "max_output_tokens": chat.max_tokens,
        "max_tool_calls": None,
        "model": model,
        "output": output or [],
        "parallel_tool_calls": True,
        "presence_penalty": 0.0,
        "previous_response_id": None,
        "prompt_cache_key": None,
        "prompt_cache_retention": None,
        "reasoning": {"effort": None, "summary": None},
        "safety_identifier": None,
        "service_tier": "default",
        "store": False,
        "temperature": chat.temperature if chat.temperature is not None else 1.0,
        "text": {"format": _format(chat), "verbosity": "medium"},
        "tool_choice": _choice(chat.wishes.choice),
        "tools": [_tool(tool) for tool in chat.wishes.tools],
        "top_logprobs": 0,
        "top_p": 1.0 if chat.wishes.top_p is None else chat.wishes.top_p,
        "truncation": "disabled",
        "usage": usage,
        "user": None,
        "metadata": {},
        "privet": mark(decision_id, model),
    }


def _format(chat: Chat) -> dict[str, Any]:
    if chat.schema is None:
        return {"type": "text"}
    return {"type": "json_schema", "name": "answer", "strict": True, "schema": json.loads(chat.schema)}


def _choice(choice: str) -> str | dict[str, str]:
    return choice if choice in {AUTO, NONE, REQUIRED} else {"type": "function", "name": choice}


def _tool(tool: Tool) -> dict[str, Any]:
    head = {"type": "function", "name": tool.name, "description": tool.description}
    return {**head, "parameters": json.loads(tool.schema), "strict": True}
