"""Cohere (`…/v1/chat`, `…/v2/chat`, embed, rerank, classify and their kin).

Reference: https://docs.cohere.com/reference/chat
"""

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, override

from detectors.finding import SkipReason
from local_models.speech import Call, End, Finish, Said
from proxy.message import Chat, Refusal, Request, Response, Role
from proxy.providers import exemptions as look
from proxy.providers.dialect import Answer, Delta, EventShape
from proxy.providers.exemptions import Exemptions
from proxy.providers.json_dialect import (
    JsonDialect,
    call_id,
    event,
    items,
    mapping,
    mark,
    real_number,
    refusal_text,
    refused,
    role_named,
    string,
    whole,
    whole_number,
)
from proxy.providers.openai_chat import turns_of
from proxy.providers.structured import of_openai_chat
from proxy.providers.wishes import of_openai_chat as of_wishes

_PATH = re.compile(r"/v[12]/(?:chat|embed|rerank|generate|classify|summarize|tokenize)$")
_FINISH = {
    Finish.STOP: "COMPLETE",
    Finish.LENGTH: "MAX_TOKENS",
    Finish.CALLS: "TOOL_CALL",
    Finish.SEQUENCE: "STOP_SEQUENCE",
}
_CONTENT = "/messages/*/content/*"
_CALL = "/messages/*/tool_calls/*"


@dataclass(frozen=True, slots=True)
class Cohere(JsonDialect):
    """Chat in both versions, and what turns texts into numbers."""

    name: ClassVar[str] = "cohere"
    provider: ClassVar[str] = "cohere"
    exemptions: ClassVar[Exemptions] = Exemptions(
        exact={
            "/model": look.model,
            "/messages/*/role": look.word,
            f"{_CONTENT}/type": look.word,
            f"{_CONTENT}/image_url/detail": look.word,
            "/messages/*/tool_call_id": look.identifier,
            f"{_CALL}/id": look.identifier,
            f"{_CALL}/type": look.word,
            f"{_CALL}/function/name": look.name,
            "/chat_history/*/role": look.word,
            "/tools/*/type": look.word,
            "/tools/*/name": look.name,
            "/tools/*/function/name": look.name,
            "/tool_choice": look.word,
            "/response_format/type": look.word,
            "/citation_options/mode": look.word,
            "/citation_quality": look.word,
            "/prompt_truncation": look.word,
            "/safety_mode": look.word,
            "/thinking/type": look.word,
            "/connectors/*/id": look.word,
            "/input_type": look.word,
            "/embedding_types/*": look.word,
            "/truncate": look.word,
            "/inputs/*/content/*/type": look.word,
        },
        schemas=("/tools/*/function/parameters", "/response_format/json_schema", "/response_format/schema"),
        opaque={
            f"{_CONTENT}/image_url/url": (look.anything, SkipReason.OPAQUE),
            "/images/*": (look.anything, SkipReason.OPAQUE),
            "/inputs/*/content/*/image_url/url": (look.anything, SkipReason.OPAQUE),
        },
    )

    @override
    def matches(self, request: Request) -> bool:
        return _PATH.search(request.endpoint) is not None

    @override
    def roles(self, data: Any) -> Mapping[str, Role]:
        body = mapping(data)
        roles = {"/preamble": Role.SYSTEM, "/tool_results": Role.TOOL}
        roles |= dict.fromkeys(("/message", "/prompt", "/texts", "/inputs", "/query", "/documents", "/text"), Role.USER)
        for name in ("messages", "chat_history"):
            for index, entry in enumerate(items(body.get(name))):
                roles[f"/{name}/{index}"] = _role(mapping(entry))
        return roles

    @override
    def refusal(self, refusal: Refusal) -> Response:
        return refused(refusal, {"message": refusal_text(refusal)})

    @override
    def chat(self, request: Request) -> Chat | None:
        """Conversations of the second version."""
        body = self.read(request.body)
        if not request.endpoint.endswith("/v2/chat"):
            return None
        turns = turns_of(body.get("messages"))
        if not turns:
            return None
        return Chat(
            messages=tuple(turns),
            model=string(body.get("model")),
            stream=body.get("stream") is True,
            max_tokens=whole_number(body.get("max_tokens")),
            temperature=real_number(body.get("temperature")),
            schema=of_openai_chat(body),
            wishes=of_wishes(body),
        )

    @override
    def reply(self, chat: Chat, answer: Answer, decision_id: str) -> Response:
        message: dict[str, Any] = {"role": "assistant"}
        if answer.text or not answer.calls:
            message["content"] = [{"type": "text", "text": answer.text}]
        if answer.calls:
            message["tool_calls"] = [_call(call, number, decision_id) for number, call in enumerate(answer.calls)]
        body = {
            "id": decision_id,
            "finish_reason": _FINISH[answer.finish],
            "message": message,
            "usage": _usage(answer.input_tokens, answer.output_tokens),
            "privet": mark(decision_id, answer.model),
        }
        return whole(body, decision_id, answer.model)

    @override
    async def reply_stream(
        self, chat: Chat, pieces: AsyncIterator[Said], model: str, decision_id: str
    ) -> AsyncIterator[bytes]:
        def send(kind: str, **fields: Any) -> bytes:
            return event({"type": kind, **fields}, kind)

        start = {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}
        yield send("message-start", id=decision_id, delta={"message": start}, privet=mark(decision_id, model))
        end, open_text, calls = End(), False, 0
        async for piece in pieces:
            if isinstance(piece, End):
                end = piece
            elif isinstance(piece, str):
                if not open_text:
                    content = {"type": "text", "text": ""}
                    yield send("content-start", index=0, delta={"message": {"content": content}})
                open_text = True
                yield send("content-delta", index=0, delta={"message": {"content": {"text": piece}}})
            else:
                call = _call(piece, calls, decision_id)
                begun = {**call, "function": {"name": piece.name, "arguments": ""}}
                written = {"function": {"arguments": piece.arguments}}
                yield send("tool-call-start", index=calls, delta={"message": {"tool_calls": begun}})
                yield send("tool-call-delta", index=calls, delta={"message": {"tool_calls": written}})
                yield send("tool-call-end", index=calls)
                calls += 1
        if open_text:
            yield send("content-end", index=0)
        yield send("message-end", delta={"finish_reason": _FINISH[end.finish], "usage": _usage(end.input, end.output)})

    @override
    def shape(self, event: object) -> EventShape:
        return cohere_shape(event)


def cohere_shape(event: object) -> EventShape:
    """Where the text of a streamed event stands, in either version."""
    data = mapping(event)
    place, kind = f"item/{data.get('index', 0)}", string(data.get("type") or data.get("event_type"))
    message = mapping(mapping(data.get("delta")).get("message"))
    match kind:
        case "content-delta":
            content = mapping(message.get("content"))
            return EventShape(
                deltas=tuple(
                    Delta(f"{place}/{name}", f"/delta/message/content/{name}")
                    for name in ("text", "thinking")
                    if isinstance(content.get(name), str)
                )
            )
        case "tool-plan-delta" if isinstance(message.get("tool_plan"), str):
            return EventShape(deltas=(Delta("plan", "/delta/message/tool_plan"),))
        case "tool-call-delta" if isinstance(_arguments(message), str):
            at = "/delta/message/tool_calls/function/arguments"
            return EventShape(deltas=(Delta(f"{place}/call", at, is_json=True),))
        case "content-end" | "tool-call-end":
            return EventShape(closes=(place,))
        case "tool-call-start":
            return EventShape(closes=("plan",))
        case "message-end" | "stream-end":
            return EventShape(closes=("*",))
        case "text-generation" if isinstance(data.get("text"), str):
            return EventShape(deltas=(Delta("text", "/text"),))
        case "tool-calls-chunk" if isinstance(mapping(data.get("tool_call_delta")).get("parameters"), str):
            return EventShape(deltas=(Delta("call", "/tool_call_delta/parameters", is_json=True),))
        case _:
            return EventShape()


def _role(entry: Mapping[str, Any]) -> Role:
    name = string(entry.get("role")).lower()
    return Role.ASSISTANT if name == "chatbot" else role_named(name)


def _arguments(message: Mapping[str, Any]) -> Any:
    return mapping(mapping(message.get("tool_calls")).get("function")).get("arguments")


def _call(call: Call, number: int, decision_id: str) -> dict[str, Any]:
    function = {"name": call.name, "arguments": call.arguments}
    return {"id": call_id("call_", decision_id, number), "type": "function", "function": function}


def _usage(read: int, written: int) -> dict[str, Any]:
    tokens = {"input_tokens": read, "output_tokens": written}
    return {"billed_units": tokens, "tokens": tokens}
