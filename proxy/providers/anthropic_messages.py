"""Anthropic messages (`…/v1/messages`, `…/v1/messages/count_tokens`), also on Vertex and compatible servers.

Signed thinking is read like everything else, but never restored in replies: the signature covers its text.
Reference: https://docs.claude.com/en/api/messages
"""

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, override

from detectors.finding import SkipReason
from local_models.speech import Call, End, Finish, Said
from proxy.message import Chat, ChatMessage, Refusal, Request, Response, Role
from proxy.providers import exemptions as look
from proxy.providers.dialect import Answer, Delta, EventShape
from proxy.providers.exemptions import Exemptions
from proxy.providers.json_dialect import (
    JsonDialect,
    arguments_of,
    call_id,
    calling,
    event,
    items,
    mapping,
    mark,
    path_ends,
    real_number,
    refusal_text,
    refused,
    result,
    role_named,
    string,
    text_of,
    turn,
    whole,
    whole_number,
)
from proxy.providers.structured import of_anthropic
from proxy.providers.wishes import of_anthropic as of_wishes

_VERTEX = re.compile(r"/publishers/anthropic/models/[^/]+:(?:stream)?[rR]awPredict$")
_FINISH = {
    Finish.STOP: "end_turn",
    Finish.LENGTH: "max_tokens",
    Finish.CALLS: "tool_use",
    Finish.SEQUENCE: "stop_sequence",
}
_ERRORS = {400: "invalid_request_error", 403: "permission_error", 404: "not_found_error", 413: "request_too_large"}


def _block(base: str) -> dict[str, look.Check]:
    """The exempt places of a content block."""
    return {
        f"{base}/type": look.word,
        f"{base}/id": look.identifier,
        f"{base}/tool_use_id": look.identifier,
        f"{base}/name": look.name,
        f"{base}/signature": look.signature,
        f"{base}/data": look.redacted,
        f"{base}/encrypted_content": look.signature,
        f"{base}/cache_control/type": look.word,
        f"{base}/cache_control/ttl": look.duration,
        f"{base}/source/type": look.word,
        f"{base}/source/media_type": look.media_type,
        f"{base}/caller/type": look.word,
        f"{base}/citations/*/type": look.word,
        f"{base}/citations/*/encrypted_index": look.signature,
    }


def _opaque_block(base: str) -> dict[str, tuple[look.Check, SkipReason]]:
    return {
        f"{base}/source/data": (look.base64_source, SkipReason.UNSUPPORTED_MEDIA),
        f"{base}/source/url": (look.anything, SkipReason.OPAQUE),
        f"{base}/source/file_id": (look.anything, SkipReason.OPAQUE),
        f"{base}/file_id": (look.anything, SkipReason.OPAQUE),
    }


_BLOCKS = (
    "/messages/*/content/*",
    "/messages/*/content/*/content/*",
    "/messages/*/content/*/content/*/source/content/*",
    "/messages/*/content/*/source/content/*",
    "/system/*",
)


@dataclass(frozen=True, slots=True)
class AnthropicMessages(JsonDialect):
    """Messages."""

    name: ClassVar[str] = "anthropic-messages"
    provider: ClassVar[str] = "anthropic"
    exemptions: ClassVar[Exemptions] = Exemptions(
        exact={
            "/model": look.model,
            "/anthropic_version": look.word,
            "/messages/*/role": look.word,
            **{place: check for base in _BLOCKS for place, check in _block(base).items()},
            "/messages/*/content/*/content/encrypted_content": look.signature,
            "/messages/*/content/*/content/type": look.word,
            "/cache_control/type": look.word,
            "/cache_control/ttl": look.duration,
            "/tools/*/type": look.word,
            "/tools/*/name": look.name,
            "/tools/*/model": look.model,
            "/tools/*/cache_control/type": look.word,
            "/tools/*/cache_control/ttl": look.duration,
            "/tools/*/allowed_callers/*": look.word,
            "/tool_choice/type": look.word,
            "/tool_choice/name": look.name,
            "/thinking/type": look.word,
            "/thinking/display": look.word,
            "/service_tier": look.word,
            "/inference_geo": look.word,
            "/speed": look.word,
            "/output_config/effort": look.word,
            "/output_config/format/type": look.word,
            "/output_format/type": look.word,
            "/context_management/edits/*/type": look.word,
            "/mcp_servers/*/type": look.word,
            "/container": look.identifier,
            "/container/id": look.identifier,
        },
        schemas=("/tools/*/input_schema", "/output_format/schema", "/output_config/format/schema"),
        opaque={place: entry for base in _BLOCKS for place, entry in _opaque_block(base).items()},
    )

    @override
    def matches(self, request: Request) -> bool:
        return path_ends(request, "/messages", "/messages/count_tokens") or bool(_VERTEX.search(request.endpoint))

    @override
    def roles(self, data: Any) -> Mapping[str, Role]:
        roles = {"/system": Role.SYSTEM}
        for index, entry in enumerate(items(mapping(data).get("messages"))):
            message = mapping(entry)
            roles[f"/messages/{index}"] = role_named(message.get("role"))
            for position, block in enumerate(items(message.get("content"))):
                if string(mapping(block).get("type")).endswith("tool_result"):
                    roles[f"/messages/{index}/content/{position}"] = Role.TOOL
        return roles

    @override
    def refusal(self, refusal: Refusal) -> Response:
        return refused(refusal, anthropic_error(refusal))

    @override
    def chat(self, request: Request) -> Chat | None:
        if request.endpoint.endswith("count_tokens"):
            return None
        body = self.read(request.body)
        messages = turn(Role.SYSTEM, text_of(body.get("system")))
        for entry in items(body.get("messages")):
            messages += _turns(mapping(entry))
        if not messages:
            return None
        return Chat(
            messages=tuple(messages),
            model=string(body.get("model")),
            stream=body.get("stream") is True,
            max_tokens=whole_number(body.get("max_tokens")),
            temperature=real_number(body.get("temperature")),
            schema=of_anthropic(body),
            wishes=of_wishes(body),
        )

    @override
    def reply(self, chat: Chat, answer: Answer, decision_id: str) -> Response:
        content: list[Any] = [_text(answer.text)] if answer.text or not answer.calls else []
        content += [_call(call, number, decision_id) for number, call in enumerate(answer.calls)]
        usage = _usage(answer.input_tokens, answer.output_tokens)
        body = _message(answer.model, decision_id, content, usage)
        stop = {"stop_reason": _FINISH[answer.finish], "stop_sequence": answer.sequence}
        return whole({**body, **stop}, decision_id, answer.model)

    @override
    async def reply_stream(
        self, chat: Chat, pieces: AsyncIterator[Said], model: str, decision_id: str
    ) -> AsyncIterator[bytes]:
        def send(kind: str, **fields: Any) -> bytes:
            return event({"type": kind, **fields}, kind)

        start = _message(model, decision_id, [], _usage(0, 0))
        yield send("message_start", message=start, privet=mark(decision_id, model))
        yield send("ping")
        end, index, calls, open_text = End(), 0, 0, False
        async for piece in pieces:
            if isinstance(piece, End):
                end = piece
            elif isinstance(piece, str):
                if not open_text:
                    yield send("content_block_start", index=index, content_block=_text(""))
                open_text = True
                yield send("content_block_delta", index=index, delta={"type": "text_delta", "text": piece})
            else:
                if open_text:
                    yield send("content_block_stop", index=index)
                    index, open_text = index + 1, False
                yield send(
                    "content_block_start", index=index, content_block={**_call(piece, calls, decision_id), "input": {}}
                )
                delta = {"type": "input_json_delta", "partial_json": piece.arguments}
                yield send("content_block_delta", index=index, delta=delta)
                yield send("content_block_stop", index=index)
                index, calls = index + 1, calls + 1
        if not index and not open_text:
            yield send("content_block_start", index=index, content_block=_text(""))
            open_text = True
        if open_text:
            yield send("content_block_stop", index=index)
        stop = {"stop_reason": _FINISH[end.finish], "stop_sequence": end.sequence}
        counts = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens")
        usage = _usage(end.input, end.output)
        yield send("message_delta", delta=stop, usage={name: usage[name] for name in counts})
        yield send("message_stop")

    @override
    def shape(self, event: object) -> EventShape:
        return anthropic_shape(event)


def anthropic_error(refusal: Refusal) -> dict[str, Any]:
    """Anthropic's error body."""
    kind = _ERRORS.get(refusal.status, "api_error" if refusal.status >= 500 else "permission_error")
    error = {"type": kind, "message": refusal_text(refusal), "code": refusal.code}
    return {"type": "error", "error": error, "request_id": f"req_{refusal.decision_id}"}


def anthropic_shape(event: object) -> EventShape:
    """Where the text of a messages event stands."""
    data = mapping(event)
    channel = f"block/{data.get('index')}"
    match data.get("type"):
        case "content_block_start":
            block = mapping(data.get("content_block"))
            if block.get("type") == "text" and isinstance(block.get("text"), str):
                return EventShape(deltas=(Delta(f"{channel}/text", "/content_block/text"),))
            if block.get("type") == "thinking":
                return EventShape(keeps=("/content_block/thinking",))
        case "content_block_delta":
            match mapping(data.get("delta")).get("type"):
                case "text_delta":
                    return EventShape(deltas=(Delta(f"{channel}/text", "/delta/text"),))
                case "input_json_delta":
                    return EventShape(deltas=(Delta(f"{channel}/json", "/delta/partial_json", is_json=True),))
                case "thinking_delta":
                    return EventShape(keeps=("/delta/thinking",))
        case "content_block_stop":
            return EventShape(closes=(channel,))
        case "ping":
            return EventShape(overtakes=True)
        case "message_delta" | "message_stop" | "error":
            return EventShape(closes=("*",))
    return EventShape()


def _turns(message: Mapping[str, Any]) -> list[ChatMessage]:
    role, content = role_named(message.get("role")), message.get("content")
    if isinstance(content, str):
        return turn(role, content)
    turns: list[ChatMessage] = []
    for entry in items(content):
        block = mapping(entry)
        kind = string(block.get("type"))
        if kind == "text":
            turns += turn(role, string(block.get("text")))
        elif kind.endswith("tool_use"):
            turns += calling(block.get("id"), block.get("name"), block.get("input"))
        elif kind.endswith("tool_result"):
            turns += result(block.get("tool_use_id"), text_of(block.get("content")))
        elif kind == "document":
            turns += turn(role, string(mapping(block.get("source")).get("data")))
    return turns


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def _call(call: Call, number: int, decision_id: str) -> dict[str, Any]:
    name = call_id("toolu_", decision_id, number)
    return {"type": "tool_use", "id": name, "name": call.name, "input": arguments_of(call)}


def _message(model: str, decision_id: str, content: list[Any], usage: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": f"msg_{decision_id}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": content,
        "stop_reason": None,
        "stop_sequence": None,
        "usage": usage,
        "privet": mark(decision_id, model),
    }


def _usage(read: int, written: int) -> dict[str, Any]:
    return {
        "input_tokens": read,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
        "output_tokens": written,
        "service_tier": "standard",
    }
