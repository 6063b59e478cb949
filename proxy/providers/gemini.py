"""Google Gemini (`…/models/NAME:generateContent` and its kin, files, caches), on its own hosts, Vertex and Code Assist.

Vertex and Code Assist speak it under other paths; Code Assist wraps request and reply (`request`, `response`). Fields
may be camelCase or snake_case, as protocol buffers allow. A stream is server-sent events with `alt=sse`, otherwise one
JSON array that grows.
Reference: https://ai.google.dev/api/generate-content
"""

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, override
from urllib.parse import parse_qs

from detectors.finding import SkipReason
from local_models.speech import Call, End, Finish, Said
from proxy.message import Chat, ChatMessage, Refusal, Request, Response, Role
from proxy.providers import exemptions as look
from proxy.providers.dialect import Answer, Delta, EventShape
from proxy.providers.exemptions import Exemptions
from proxy.providers.json_dialect import (
    JSON,
    SSE,
    JsonDialect,
    arguments_of,
    calling,
    compact,
    event,
    items,
    mapping,
    mark,
    real_number,
    refusal_text,
    refused,
    result,
    role_named,
    string,
    turn,
    whole,
    whole_number,
)
from proxy.providers.structured import of_gemini
from proxy.providers.wishes import of_gemini as of_wishes

_PATH = re.compile(
    r":(?P<method>generateContent|streamGenerateContent|countTokens|computeTokens|embedContent|batchEmbedContents"
    r"|batchGenerateContent|asyncBatchEmbedContent|generateAnswer)$"
    r"|/cachedContents(?:/[^/]+)?$|/v1(?:beta|alpha)/(?:files|batches|tunedModels)(?:/[^/]+)*$"
)
_MODEL = re.compile(r"/models/(?P<model>[^/:]+)")
_ENVELOPE = re.compile(
    r"^/(?:request|generate_content_request|requests/\*|batch/input_config/requests/requests/\*/request)(?=/)"
)
_CAMEL = re.compile(r"(?<=[a-z0-9])([A-Z])")
_FINISH = {Finish.STOP: "STOP", Finish.SEQUENCE: "STOP", Finish.CALLS: "STOP", Finish.LENGTH: "MAX_TOKENS"}
_STATUS = {400: "INVALID_ARGUMENT", 403: "PERMISSION_DENIED", 404: "NOT_FOUND", 413: "INVALID_ARGUMENT"}


def _parts(base: str) -> dict[str, look.Check]:
    part = f"{base}/parts/*"
    return {
        f"{base}/role": look.word,
        f"{part}/thought_signature": look.signature,
        f"{part}/function_call/id": look.identifier,
        f"{part}/function_call/name": look.name,
        f"{part}/function_response/id": look.identifier,
        f"{part}/function_response/name": look.name,
        f"{part}/inline_data/mime_type": look.media_type,
        f"{part}/file_data/mime_type": look.media_type,
        f"{part}/executable_code/language": look.word,
        f"{part}/code_execution_result/outcome": look.word,
    }


def _opaque_parts(base: str) -> dict[str, tuple[look.Check, SkipReason]]:
    part = f"{base}/parts/*"
    return {
        f"{part}/inline_data/data": (look.anything, SkipReason.UNSUPPORTED_MEDIA),
        f"{part}/file_data/file_uri": (look.anything, SkipReason.OPAQUE),
    }


_CONTENTS = ("/contents/*", "/contents", "/content", "/system_instruction")
_CONFIG = "/generation_config"


@dataclass(frozen=True, slots=True)
class Gemini(JsonDialect):
    """Generate content, count tokens, embed content, batches of these; cached contents and files."""

    name: ClassVar[str] = "gemini"
    provider: ClassVar[str] = "gemini"
    exemptions: ClassVar[Exemptions] = Exemptions(
        exact={
            "/model": look.model,
            "/task_type": look.word,
            "/cached_content": look.model,
            "/ttl": look.duration,
            "/file/mime_type": look.media_type,
            "/batch/model": look.model,
            "/batch/input_config/file_name": look.model,
            **{place: check for base in _CONTENTS for place, check in _parts(base).items()},
            f"{_CONFIG}/response_mime_type": look.media_type,
            f"{_CONFIG}/response_modalities/*": look.word,
            f"{_CONFIG}/media_resolution": look.word,
            f"{_CONFIG}/thinking_config/thinking_level": look.word,
            f"{_CONFIG}/speech_config/language_code": look.word,
            f"{_CONFIG}/speech_config/voice_config/prebuilt_voice_config/voice_name": look.word,
            "/safety_settings/*/category": look.word,
            "/safety_settings/*/threshold": look.word,
            "/tools/*/function_declarations/*/name": look.name,
            "/tools/*/function_declarations/*/behavior": look.word,
            "/tool_config/function_calling_config/mode": look.word,
            "/tool_config/function_calling_config/allowed_function_names/*": look.name,
        },
        schemas=(
            f"{_CONFIG}/response_schema",
            f"{_CONFIG}/response_json_schema",
            "/tools/*/function_declarations/*/parameters",
            "/tools/*/function_declarations/*/parameters_json_schema",
            "/tools/*/function_declarations/*/response",
        ),
        opaque={place: entry for base in _CONTENTS for place, entry in _opaque_parts(base).items()},
    )

    @override
    def matches(self, request: Request) -> bool:
        found = _PATH.search(request.endpoint)
        # What goes to /upload/ is a file, and said to be one by its content type.
        return found is not None and "/anthropic/" not in request.endpoint and "/upload/" not in request.endpoint

    @override
    def normal(self, shape: str) -> str:
        return _ENVELOPE.sub("", _CAMEL.sub(lambda match: f"_{match[1].lower()}", shape))

    @override
    def roles(self, data: Any) -> Mapping[str, Role]:
        roles: dict[str, Role] = {}
        for prefix, body in _bodies(mapping(data)):
            for key in ("systemInstruction", "system_instruction"):
                roles[f"{prefix}/{key}"] = Role.SYSTEM
            for key in ("content", "contents"):
                roles[f"{prefix}/{key}"] = Role.USER
            for index, entry in enumerate(items(body.get("contents"))):
                content = mapping(entry)
                base = f"{prefix}/contents/{index}"
                roles[base] = role_named(content.get("role"))
                for position, part in enumerate(items(content.get("parts"))):
                    if either(mapping(part), "functionResponse"):
                        roles[f"{base}/parts/{position}"] = Role.TOOL
        return roles

    @override
    def model(self, request: Request) -> str:
        found = _MODEL.search(request.endpoint)
        return found["model"] if found else string(self.read(request.body).get("model"))

    @override
    def refusal(self, refusal: Refusal) -> Response:
        return refused(refusal, gemini_error(refusal))

    @override
    def chat(self, request: Request) -> Chat | None:
        found = _PATH.search(request.endpoint)
        if found is None or found["method"] not in {"generateContent", "streamGenerateContent"}:
            return None
        body = self.read(request.body)
        if "request" in body:
            return None  # Code Assist expects its own envelope around the answer
        system = mapping(either(body, "systemInstruction"))
        messages = turn(Role.SYSTEM, "\n".join(string(mapping(p).get("text")) for p in items(system.get("parts"))))
        waiting: list[tuple[str, str]] = []
        for entry in items(body.get("contents")):
            messages += _turns(mapping(entry), waiting)
        if not messages:
            return None
        config = mapping(either(body, "generationConfig"))
        query = parse_qs(request.path.partition("?")[2])
        return Chat(
            messages=tuple(messages),
            model=self.model(request),
            stream=found["method"] == "streamGenerateContent",
            max_tokens=whole_number(either(config, "maxOutputTokens")),
            temperature=real_number(config.get("temperature")),
            schema=of_gemini(config),
            wishes=of_wishes(body, config),
            stream_type=SSE if query.get("alt") == ["sse"] else JSON,
        )

    @override
    def reply(self, chat: Chat, answer: Answer, decision_id: str) -> Response:
        parts: list[Any] = [{"text": answer.text}] if answer.text or not answer.calls else []
        parts += [_call(call) for call in answer.calls]
        usage = _usage(answer.input_tokens, answer.output_tokens)
        return whole(_body(answer.model, decision_id, parts, _FINISH[answer.finish], usage), decision_id, answer.model)

    @override
    async def reply_stream(
        self, chat: Chat, pieces: AsyncIterator[Said], model: str, decision_id: str
    ) -> AsyncIterator[bytes]:
        as_events = chat.stream_type == SSE

        def send(data: Any, *, first: bool = False) -> bytes:
            return event(data) if as_events else (("[" if first else ",\r\n") + compact(data)).encode()

        count, end = 0, End()
        async for piece in pieces:
            if isinstance(piece, End):
                end = piece
                continue
            count += 1
            part = {"text": piece} if isinstance(piece, str) else _call(piece)
            yield send(_body(model, decision_id, [part], None, _usage(0, count)), first=count == 1)
        usage = _usage(end.input, end.output)
        yield send(_body(model, decision_id, [{"text": ""}], _FINISH[end.finish], usage), first=count == 0)
        if not as_events:
            yield b"]"

    @override
    def shape(self, event: object) -> EventShape:
        return gemini_shape(event)


def gemini_error(refusal: Refusal) -> dict[str, Any]:
    """Google's error body."""
    status = _STATUS.get(refusal.status, "UNAVAILABLE" if refusal.status >= 500 else "PERMISSION_DENIED")
    info = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": refusal.code.upper(),
        "domain": "privet",
        "metadata": {"decision_id": refusal.decision_id},
    }
    error = {"code": refusal.status, "message": refusal_text(refusal), "status": status, "details": [info]}
    return {"error": error}


def gemini_shape(event: object) -> EventShape:
    """Where the text of one streamed response stands."""
    prefix, data = _reply(event)
    deltas: list[Delta] = []
    closes: list[str] = []
    for position, entry in enumerate(items(data.get("candidates"))):
        candidate = mapping(entry)
        base = f"candidate/{candidate.get('index', position)}"
        for at, item in enumerate(items(mapping(candidate.get("content")).get("parts"))):
            part = mapping(item)
            if isinstance(part.get("text"), str):
                kind, other = ("thought", "text") if part.get("thought") is True else ("text", "thought")
                place = f"{prefix}/candidates/{position}/content/parts/{at}/text"
                deltas.append(Delta(channel=f"{base}/{kind}", pointer=place))
                closes.append(f"{base}/{other}")
            elif part:
                closes.append(base)  # a call or an image ends the text before it
        if either(candidate, "finishReason") is not None:
            closes.append(base)
    return EventShape(deltas=tuple(deltas), closes=tuple(closes))


def _reply(event: object) -> tuple[str, Mapping[str, Any]]:
    data = mapping(event)
    if "candidates" not in data and isinstance(data.get("response"), dict):
        return "/response", mapping(data["response"])
    return "", data


def _bodies(data: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """The request, and the requests that it wraps."""
    bodies = [("", data)]
    bodies += [(f"/{key}", mapping(data[key])) for key in ("request", "generateContentRequest") if key in data]
    bodies += [(f"/requests/{index}", mapping(item)) for index, item in enumerate(items(data.get("requests")))]
    for name in ("inputConfig", "input_config"):
        given = mapping(mapping(mapping(data.get("batch")).get(name)).get("requests"))
        base = f"/batch/{name}/requests/requests"
        entries = enumerate(items(given.get("requests")))
        bodies += [(f"{base}/{index}/request", mapping(mapping(item).get("request"))) for index, item in entries]
    return bodies


def either(data: Mapping[str, Any], camel: str) -> Any:
    """A field by its camelCase or its snake_case name."""
    return data.get(camel, data.get(_CAMEL.sub(lambda match: f"_{match[1].lower()}", camel)))


def _turns(content: Mapping[str, Any], waiting: list[tuple[str, str]]) -> list[ChatMessage]:
    """A content's turns. Calls need not have an id: `waiting` are those that nobody answered yet, by name and id."""
    role = role_named(content.get("role"))
    turns: list[ChatMessage] = []
    for item in items(content.get("parts")):
        part = mapping(item)
        call, said = mapping(either(part, "functionCall")), mapping(either(part, "functionResponse"))
        if isinstance(part.get("text"), str) and part.get("thought") is not True:
            turns += turn(role, part["text"])
        elif call:
            name = string(call.get("name"))
            number = string(call.get("id")) or f"call_{len(waiting)}_{name}"
            waiting.append((name, number))
            turns += calling(number, name, mapping(call.get("args")))
        elif said:
            name = string(said.get("name"))
            open_calls = [one for one in waiting if one[0] == name]
            number = string(said.get("id")) or (open_calls[0][1] if open_calls else "")
            if open_calls:
                waiting[waiting.index(open_calls[0])] = ("", "")
            turns += result(number, compact(said.get("response")))
    return turns


def _call(call: Call) -> dict[str, Any]:
    return {"functionCall": {"name": call.name, "args": arguments_of(call)}}


def _usage(read: int, written: int) -> dict[str, Any]:
    return {
        "promptTokenCount": read,
        "candidatesTokenCount": written,
        "totalTokenCount": read + written,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": read}],
    }


def _body(
    model: str, decision_id: str, parts: list[Any], finish: str | None, usage: Mapping[str, Any]
) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"parts": parts, "role": "model"}, "index": 0}
    if finish is not None:
        candidate["finishReason"] = finish
    return {
        "candidates": [candidate],
        "usageMetadata": usage,
        "modelVersion": model,
        "responseId": decision_id,
        "privet": mark(decision_id, model),
    }
