"""Anthropic's wire formats: messages, token counts, models, errors. Pure: prompts and replies to JSON."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tests.fakes.model import Behaviour, Prompt, Reply, Tool, pieces, text_of
from tests.fakes.openai_wire import dumps, identifier, sse


def messages_prompt(body: Mapping[str, Any]) -> Prompt:
    """What a messages request asks."""
    content = next((m["content"] for m in reversed(body["messages"]) if m["role"] == "user"), "")
    results = [part for part in content if isinstance(part, dict) and part.get("type") == "tool_result"]
    choice = body.get("tool_choice") or {}
    forced = {"any": "*", "tool": choice.get("name")}.get(choice.get("type", ""))
    return Prompt(
        text="\n".join(text_of(part.get("content")) for part in results) if results else text_of(content),
        model=body["model"],
        stream=bool(body.get("stream")),
        from_tool=bool(results),
        tools=tuple(Tool(tool["name"], tool.get("input_schema") or {}) for tool in body.get("tools") or []),
        forced_tool=forced,
        input_tokens=count_tokens(body)["input_tokens"],
    )


def message(prompt: Prompt, reply: Reply) -> dict[str, Any]:
    """A whole message."""
    return {
        **_envelope(prompt),
        "content": _blocks(prompt, reply),
        "stop_reason": "tool_use" if reply.calls else "end_turn",
        "usage": {**_usage(prompt), "output_tokens": reply.tokens},
    }


def stream(prompt: Prompt, reply: Reply, behaviour: Behaviour) -> Iterator[bytes]:
    """A message as events, with a ping after the first block has begun."""
    for event in _events(prompt, reply, behaviour):
        yield sse(event, behaviour, event=event["type"])


def _events(prompt: Prompt, reply: Reply, behaviour: Behaviour) -> Iterator[dict[str, Any]]:
    yield {
        "type": "message_start",
        "message": {**_envelope(prompt), "content": [], "usage": {**_usage(prompt), "output_tokens": 1}},
    }
    for index, block in enumerate(_blocks(prompt, reply)):
        empty = {**block, "text": ""} if block["type"] == "text" else {**block, "input": {}}
        yield {"type": "content_block_start", "index": index, "content_block": empty}
        if index == 0:
            yield {"type": "ping"}
        kind, key, text = (
            ("text_delta", "text", block["text"])
            if block["type"] == "text"
            else ("input_json_delta", "partial_json", dumps(block["input"], behaviour))
        )
        if kind == "input_json_delta":
            yield {"type": "content_block_delta", "index": index, "delta": {"type": kind, key: ""}}
        for piece in pieces(text, behaviour.piece_sizes):
            yield {"type": "content_block_delta", "index": index, "delta": {"type": kind, key: piece}}
        yield {"type": "content_block_stop", "index": index}
    yield {
        "type": "message_delta",
        "delta": {"stop_reason": "tool_use" if reply.calls else "end_turn", "stop_sequence": None},
        "usage": {"output_tokens": reply.tokens},
    }
    yield {"type": "message_stop"}


def _envelope(prompt: Prompt) -> dict[str, Any]:
    return {
        "model": prompt.model,
        "id": identifier("msg_", prompt, 24),
        "type": "message",
        "role": "assistant",
        "stop_reason": None,
        "stop_sequence": None,
    }


def _blocks(prompt: Prompt, reply: Reply) -> list[dict[str, Any]]:
    text = [{"type": "text", "text": reply.text}] if reply.text or not reply.calls else []
    calls = [
        {
            "type": "tool_use",
            "id": identifier(f"toolu_{index}", prompt, 23),
            "name": call.name,
            "input": dict(call.arguments),
        }
        for index, call in enumerate(reply.calls)
    ]
    return [*text, *calls]


def _usage(prompt: Prompt) -> dict[str, Any]:
    return {
        "input_tokens": prompt.input_tokens,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
        "service_tier": "standard",
    }


def count_tokens(body: Mapping[str, Any]) -> dict[str, int]:
    """How large a request is."""
    return {"input_tokens": len(json.dumps([body.get("system"), body["messages"]])) // 4}


def models() -> dict[str, Any]:
    """The list of models."""
    data = [
        {
            "type": "model",
            "id": "claude-sonnet-4-6",
            "display_name": "Claude Sonnet 4.6",
            "created_at": "2026-02-04T00:00:00Z",
        }
    ]
    return {"data": data, "has_more": False, "first_id": data[0]["id"], "last_id": data[0]["id"]}


def error(status: int, text: str) -> dict[str, Any]:
    """The error body for a status."""
    kind = {
        401: "authentication_error",
        404: "not_found_error",
        429: "rate_limit_error",
        529: "overloaded_error",
    }.get(status, "api_error" if status >= 500 else "invalid_request_error")
    return {"type": "error", "error": {"type": kind, "message": text}, "request_id": "req_011CdTWAQmA1D3sNBuwECd55"}
