"""OpenAI responses and conversations (`…/responses`, `…/conversations`), also as Azure, Codex and Mistral speak them.

Reference: https://platform.openai.com/docs/api-reference/responses
"""

import re
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, override

from detectors.finding import Skipped, SkipReason
from proxy.message import Chat, ChatMessage, Refusal, Request, Response, Role
from proxy.providers import exemptions as look
from proxy.providers.dialect import Answer, Delta, EventShape
from proxy.providers.exemptions import Exemptions
from proxy.providers.json_dialect import (
    JsonDialect,
    event,
    items,
    mapping,
    mark,
    path_ends,
    real_number,
    refused,
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
        )

    @override
    def reply(self, chat: Chat, answer: Answer, decision_id: str) -> Response:
        usage = _usage(answer.input_tokens, answer.output_tokens)
        body = _response(
            chat,
            answer.model,
            decision_id,
            status="completed",
            output=[_message(answer.text, decision_id)],
            usage=usage,
        )
        return whole(body, decision_id, answer.model)

    @override
    async def reply_stream(
        self, chat: Chat, pieces: AsyncIterator[str], model: str, decision_id: str
    ) -> AsyncIterator[bytes]:
        number = -1

        def send(kind: str, **fields: Any) -> bytes:
            nonlocal number
            number += 1
            return event({"type": kind, "sequence_number": number, **fields}, kind)

        item_id = f"msg_{decision_id}"
        at = {"item_id": item_id, "output_index": 0, "content_index": 0}
        started = _response(chat, model, decision_id, status="in_progress", output=[], usage=None)
        yield send("response.created", response=started)
        yield send("response.in_progress", response=started)
        empty = {**_message("", decision_id), "status": "in_progress", "content": []}
        yield send("response.output_item.added", output_index=0, item=empty)
        yield send("response.content_part.added", **at, part=_part(""))
        written: list[str] = []
        async for piece in pieces:
            written.append(piece)
            yield send("response.output_text.delta", **at, delta=piece, logprobs=[])
        text = "".join(written)
        yield send("response.output_text.done", **at, text=text, logprobs=[])
        yield send("response.content_part.done", **at, part=_part(text))
        message = _message(text, decision_id)
        yield send("response.output_item.done", output_index=0, item=message)
        done = _response(chat, model, decision_id, status="completed", output=[message], usage=_usage(0, len(written)))
        yield send("response.completed", response=done)

    @override
    def shape(self, event: object) -> EventShape:
        return responses_shape(event)


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
        called = string(entry.get("arguments")) or string(entry.get("input"))
        return turn(Role.ASSISTANT, f"[called {string(entry.get('name')) or kind} with {called}]")
    if kind.endswith("_output"):
        return turn(Role.TOOL, text_of(entry.get("output")))
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


def _response(
    chat: Chat, model: str, decision_id: str, *, status: str, output: list[Any], usage: Mapping[str, Any] | None
) -> dict[str, Any]:
    return {
        "id": f"resp_{decision_id}",
        "object": "response",
        "created_at": written_at(decision_id),
        "status": status,
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "max_output_tokens": chat.max_tokens,
        "model": model,
        "output": output,
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "reasoning": {"effort": None, "summary": None},
        "store": False,
        "temperature": chat.temperature if chat.temperature is not None else 1.0,
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": usage,
        "user": None,
        "metadata": {},
        "privet": mark(decision_id, model),
    }
