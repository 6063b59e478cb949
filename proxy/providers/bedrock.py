"""AWS Bedrock: the Converse API, and models in their own formats (`invoke`). Replies stream in AWS's binary framing.

Requests are signed by the client (`proxy.signing` says what that means for one that is changed).
Reference: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
"""

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, override
from urllib.parse import unquote

from detectors.finding import SkipReason
from local_models.speech import Call, End, Finish, Said
from proxy.event_stream import MEDIA_TYPE, event_message
from proxy.message import Chat, ChatMessage, Refusal, Request, Response, Role
from proxy.providers import exemptions as look
from proxy.providers.anthropic_messages import AnthropicMessages
from proxy.providers.dialect import Answer, Delta, EventShape
from proxy.providers.event_shapes import known_shape
from proxy.providers.exemptions import Exemptions
from proxy.providers.json_dialect import (
    JsonDialect,
    arguments_of,
    call_id,
    calling,
    compact,
    items,
    mapping,
    mark,
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
from proxy.providers.wishes import of_bedrock
from proxy.providers.within import Within

_PATH = re.compile(
    r"^(?:/[^/]+)*/model/(?P<model>[^/]+)/"
    r"(?P<operation>converse|converse-stream|invoke|invoke-with-response-stream|count-tokens)$"
)
_FINISH = {
    Finish.STOP: "end_turn",
    Finish.LENGTH: "max_tokens",
    Finish.CALLS: "tool_use",
    Finish.SEQUENCE: "stop_sequence",
}
_ERRORS = {400: "ValidationException", 413: "ValidationException", 404: "ResourceNotFoundException"}
_FILE = (look.anything, SkipReason.UNSUPPORTED_MEDIA)
_ELSEWHERE = (look.anything, SkipReason.OPAQUE)
_BLOCKS = ("/messages/*/content/*", "/messages/*/content/*/toolResult/content/*", "/system/*")


def _block(base: str) -> dict[str, look.Check]:
    return {
        f"{base}/cachePoint/type": look.word,
        f"{base}/cachePoint/ttl": look.duration,
        f"{base}/toolUse/toolUseId": look.identifier,
        f"{base}/toolUse/name": look.name,
        f"{base}/toolUse/type": look.word,
        f"{base}/toolResult/toolUseId": look.identifier,
        f"{base}/toolResult/status": look.word,
        f"{base}/toolResult/type": look.word,
        f"{base}/reasoningContent/reasoningText/signature": look.signature,
        f"{base}/reasoningContent/redactedContent": look.signature,
        **{f"{base}/{kind}/format": look.word for kind in ("image", "document", "video", "audio")},
    }


def _opaque_block(base: str) -> dict[str, tuple[look.Check, SkipReason]]:
    places: dict[str, tuple[look.Check, SkipReason]] = {}
    for kind in ("image", "document", "video", "audio"):
        places[f"{base}/{kind}/source/bytes"] = _FILE
        places[f"{base}/{kind}/source/s3Location/uri"] = _ELSEWHERE
    return places


def _operation(request: Request) -> str:
    found = _PATH.match(request.endpoint)
    return found["operation"] if found else ""


def _model(request: Request) -> str:
    found = _PATH.match(request.endpoint)
    return unquote(found["model"]) if found else ""


@dataclass(frozen=True, slots=True)
class BedrockConverse(JsonDialect):
    """Converse, whole and streamed."""

    name: ClassVar[str] = "bedrock-converse"
    provider: ClassVar[str] = "bedrock"
    exemptions: ClassVar[Exemptions] = Exemptions(
        exact={
            "/messages/*/role": look.word,
            **{place: check for base in _BLOCKS for place, check in _block(base).items()},
            "/toolConfig/tools/*/toolSpec/name": look.name,
            "/toolConfig/tools/*/systemTool/name": look.name,
            "/toolConfig/tools/*/cachePoint/type": look.word,
            "/toolConfig/toolChoice/tool/name": look.name,
            "/guardrailConfig/guardrailIdentifier": look.identifier,
            "/guardrailConfig/guardrailVersion": look.word,
            "/guardrailConfig/trace": look.word,
            "/guardrailConfig/streamProcessingMode": look.word,
            "/performanceConfig/latency": look.word,
            "/serviceTier/type": look.word,
            "/additionalModelRequestFields/thinking/type": look.word,
        },
        schemas=("/toolConfig/tools/*/toolSpec/inputSchema/json",),
        opaque={place: entry for base in _BLOCKS for place, entry in _opaque_block(base).items()},
    )

    @override
    def matches(self, request: Request) -> bool:
        return _operation(request).startswith("converse")

    @override
    def roles(self, data: Any) -> Mapping[str, Role]:
        roles = {"/system": Role.SYSTEM}
        for index, entry in enumerate(items(mapping(data).get("messages"))):
            message = mapping(entry)
            roles[f"/messages/{index}"] = role_named(message.get("role"))
            for position, block in enumerate(items(message.get("content"))):
                if "toolResult" in mapping(block):
                    roles[f"/messages/{index}/content/{position}"] = Role.TOOL
        return roles

    @override
    def model(self, request: Request) -> str:
        return _model(request)

    @override
    def refusal(self, refusal: Refusal) -> Response:
        return bedrock_refusal(refusal)

    @override
    def chat(self, request: Request) -> Chat | None:
        body = self.read(request.body)
        messages = turn(Role.SYSTEM, text_of(body.get("system")))
        for entry in items(body.get("messages")):
            messages += _turns(mapping(entry))
        if not messages:
            return None
        config = mapping(body.get("inferenceConfig"))
        return Chat(
            messages=tuple(messages),
            model=self.model(request),
            stream=_operation(request) == "converse-stream",
            max_tokens=whole_number(config.get("maxTokens")),
            temperature=real_number(config.get("temperature")),
            wishes=of_bedrock(body),
            stream_type=MEDIA_TYPE,
        )

    @override
    def reply(self, chat: Chat, answer: Answer, decision_id: str) -> Response:
        content: list[Any] = [{"text": answer.text}] if answer.text or not answer.calls else []
        for number, call in enumerate(answer.calls):
            content.append({"toolUse": {**_call(call, number, decision_id), "input": arguments_of(call)}})
        body = {
            "output": {"message": {"role": "assistant", "content": content}},
            "stopReason": _FINISH[answer.finish],
            "usage": _usage(answer.input_tokens, answer.output_tokens),
            "metrics": {"latencyMs": 0},
            "privet": mark(decision_id, answer.model),
        }
        return whole(body, decision_id, answer.model)

    @override
    async def reply_stream(
        self, chat: Chat, pieces: AsyncIterator[Said], model: str, decision_id: str
    ) -> AsyncIterator[bytes]:
        def block(kind: str, index: int, **fields: Any) -> bytes:
            return event_message(kind, {"contentBlockIndex": index, **fields})

        yield event_message("messageStart", {"role": "assistant"})
        end, index, calls, open_text = End(), 0, 0, False
        async for piece in pieces:
            if isinstance(piece, End):
                end = piece
            elif isinstance(piece, str):
                open_text = True
                yield block("contentBlockDelta", index, delta={"text": piece})
            else:
                if open_text:
                    yield block("contentBlockStop", index)
                    index, open_text = index + 1, False
                yield block("contentBlockStart", index, start={"toolUse": _call(piece, calls, decision_id)})
                yield block("contentBlockDelta", index, delta={"toolUse": {"input": piece.arguments}})
                yield block("contentBlockStop", index)
                index, calls = index + 1, calls + 1
        if open_text or not index:
            yield block("contentBlockStop", index)
        yield event_message("messageStop", {"stopReason": _FINISH[end.finish]})
        yield event_message("metadata", {"usage": _usage(end.input, end.output), "metrics": {"latencyMs": 0}})

    @override
    def shape(self, event: object) -> EventShape:
        return converse_shape(event)


_CONVERSE = BedrockConverse()


@dataclass(frozen=True, slots=True)
class BedrockCount(Within):
    """Counting the tokens of a Converse request."""

    name: ClassVar[str] = "bedrock-count"
    # The other form holds a whole body in base64, which is an attachment.
    exemptions: ClassVar[Exemptions] = Exemptions(exact={}, opaque={"/input/invokeModel/body": _FILE})

    inner: JsonDialect = _CONVERSE
    base: str = "/input/converse"

    @override
    def matches(self, request: Request) -> bool:
        return _operation(request) == "count-tokens"

    @override
    def model(self, request: Request) -> str:
        return _model(request)


@dataclass(frozen=True, slots=True)
class BedrockInvoke(AnthropicMessages):
    """A model's own format. The exempt places are those of Claude's; in other models' bodies everything is read."""

    name: ClassVar[str] = "bedrock-invoke"
    provider: ClassVar[str] = "bedrock"

    @override
    def matches(self, request: Request) -> bool:
        return _operation(request).startswith("invoke")

    @override
    def roles(self, data: Any) -> Mapping[str, Role]:
        return {"": Role.USER, **AnthropicMessages.roles(self, data)}

    @override
    def model(self, request: Request) -> str:
        return _model(request)

    @override
    def refusal(self, refusal: Refusal) -> Response:
        return bedrock_refusal(refusal)

    @override
    def chat(self, request: Request) -> Chat | None:
        return None  # each model's answer has a format of its own

    @override
    def shape(self, event: object) -> EventShape:
        return known_shape(event)


def is_bidirectional(path: str) -> bool:
    """Whether a path is that of a stream in both directions, of which a request never ends before its reply begins."""
    return path.partition("?")[0].rstrip("/").endswith("/invoke-with-bidirectional-stream")


def bedrock_refusal(refusal: Refusal) -> Response:
    """AWS's error body, and its kind in the header where its SDKs look for it."""
    kind = _ERRORS.get(
        refusal.status, "ServiceUnavailableException" if refusal.status >= 500 else "AccessDeniedException"
    )
    response = refused(refusal, {"message": refusal_text(refusal)})
    return Response(response.status, {**response.headers, "x-amzn-errortype": kind}, response.body)


def converse_shape(event: object) -> EventShape:
    """Where the text of a streamed event stands."""
    data = mapping(event)
    channel = f"block/{data.get('contentBlockIndex')}"
    delta = mapping(data.get("delta"))
    if isinstance(delta.get("text"), str):
        return EventShape(deltas=(Delta(f"{channel}/text", "/delta/text"),))
    if isinstance(mapping(delta.get("toolUse")).get("input"), str):
        return EventShape(deltas=(Delta(f"{channel}/json", "/delta/toolUse/input", is_json=True),))
    if "reasoningContent" in delta:
        return EventShape(keeps=("/delta/reasoningContent/text",))  # a signature over it comes last
    if "stopReason" in data:
        return EventShape(closes=("*",))
    if "contentBlockIndex" in data and "start" not in data:
        return EventShape(closes=(channel,))
    return EventShape()


def _turns(message: Mapping[str, Any]) -> list[ChatMessage]:
    role = role_named(message.get("role"))
    turns: list[ChatMessage] = []
    for entry in items(message.get("content")):
        block = mapping(entry)
        call, said = mapping(block.get("toolUse")), mapping(block.get("toolResult"))
        if call:
            turns += calling(call.get("toolUseId"), call.get("name"), call.get("input"))
        elif said:
            texts = [string(mapping(part).get("text")) or compact(part) for part in items(said.get("content"))]
            turns += result(said.get("toolUseId"), "\n".join(texts))
        else:
            turns += turn(role, string(block.get("text")))
    return turns


def _call(call: Call, number: int, decision_id: str) -> dict[str, Any]:
    return {"toolUseId": call_id("tooluse_", decision_id, number), "name": call.name}


def _usage(read: int, written: int) -> dict[str, int]:
    return {"inputTokens": read, "outputTokens": written, "totalTokens": read + written}
