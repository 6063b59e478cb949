"""Gemini's wire formats: generateContent, its streams (SSE and JSON array), embeddings, errors. Pure."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tests.fakes.model import Behaviour, Prompt, Reply, Tool, pieces, text_of
from tests.fakes.openai_wire import dumps, identifier, vector_of


def prompt_of(body: Mapping[str, Any], model: str, *, stream: bool) -> Prompt:
    """What a generateContent request asks."""
    contents = body.get("contents") or []
    parts: list[dict[str, Any]] = next(
        (c["parts"] for c in reversed(contents) if c.get("role", "user") in {"user", "function"}), []
    )
    results = [part["functionResponse"] for part in parts if "functionResponse" in part]
    config = ((body.get("toolConfig") or {}).get("functionCallingConfig")) or {}
    names = config.get("allowedFunctionNames") or ["*"]
    return Prompt(
        text="\n".join(json.dumps(result.get("response")) for result in results) if results else text_of(parts),
        model=model,
        stream=stream,
        from_tool=bool(results),
        tools=tuple(
            Tool(function["name"], _schema(function))
            for tool in body.get("tools") or []
            for function in tool.get("functionDeclarations") or []
        ),
        forced_tool=names[0] if config.get("mode") == "ANY" else None,
        input_tokens=len(json.dumps(contents)) // 4,
    )


def _schema(function: Mapping[str, Any]) -> Mapping[str, Any]:
    # The API reads both spellings, as protobuf's JSON does; the Python SDK sends the second one.
    names = ("parameters", "parameters_json_schema", "parametersJsonSchema")
    return next((function[name] for name in names if function.get(name)), {})


def whole(prompt: Prompt, reply: Reply) -> dict[str, Any]:
    """A whole generateContent answer."""
    parts = [{"text": reply.text}] if reply.text or not reply.calls else []
    return _chunk(prompt, reply, [*parts, *_calls(reply)], finish="STOP")


def chunks(prompt: Prompt, reply: Reply, behaviour: Behaviour) -> Iterator[dict[str, Any]]:
    """The chunks of a stream; the last one says STOP."""
    for piece in pieces(reply.text, behaviour.piece_sizes):
        yield _chunk(prompt, reply, [{"text": piece}])
    for call in _calls(reply):
        yield _chunk(prompt, reply, [call])
    yield _chunk(prompt, reply, [{"text": ""}], finish="STOP")


def sse_stream(prompt: Prompt, reply: Reply, behaviour: Behaviour) -> Iterator[bytes]:
    """`?alt=sse`: events that end in CRLF, as the vendor writes them."""
    for chunk in chunks(prompt, reply, behaviour):
        yield f"data: {dumps(chunk, behaviour)}\r\n\r\n".encode()


def array_stream(prompt: Prompt, reply: Reply, behaviour: Behaviour) -> Iterator[bytes]:
    """Without `alt=sse`: one JSON array, written element by element."""
    start = "["
    for chunk in chunks(prompt, reply, behaviour):
        yield f"{start}{json.dumps(chunk, indent=2, ensure_ascii=behaviour.ascii_json)}".encode()
        start = ",\r\n"
    yield b"]"


def _calls(reply: Reply) -> list[dict[str, Any]]:
    return [{"functionCall": {"name": call.name, "args": dict(call.arguments)}} for call in reply.calls]


def _chunk(prompt: Prompt, reply: Reply, parts: list[dict[str, Any]], finish: str | None = None) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"parts": parts, "role": "model"}}
    if finish:
        candidate["finishReason"] = finish
    usage = {"promptTokenCount": prompt.input_tokens, "totalTokenCount": prompt.input_tokens + reply.tokens}
    return {
        "candidates": [{**candidate, "index": 0}],
        "usageMetadata": {
            **usage,
            "candidatesTokenCount": reply.tokens,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": prompt.input_tokens}],
        },
        "modelVersion": prompt.model,
        "responseId": identifier("", prompt, 22),
    }


def embedding(body: Mapping[str, Any], behaviour: Behaviour) -> dict[str, Any]:
    """The vector of one content."""
    text = text_of(body["content"]["parts"])
    return {"embedding": {"values": vector_of(text, int(body.get("outputDimensionality") or behaviour.dimensions))}}


def embeddings(body: Mapping[str, Any], behaviour: Behaviour) -> dict[str, Any]:
    """The vectors of a batch."""
    return {"embeddings": [embedding(request, behaviour)["embedding"] for request in body["requests"]]}


def models() -> dict[str, Any]:
    """The list of models."""
    name = "gemini-2.5-flash"
    methods = ["generateContent", "countTokens"]
    return {"models": [{"name": f"models/{name}", "displayName": name, "supportedGenerationMethods": methods}]}


def error(status: int, message: str) -> dict[str, Any]:
    """The error body for a status."""
    name = {401: "UNAUTHENTICATED", 404: "NOT_FOUND", 429: "RESOURCE_EXHAUSTED"}.get(
        status, "INTERNAL" if status >= 500 else "INVALID_ARGUMENT"
    )
    return {"error": {"code": status, "message": message, "status": name}}
