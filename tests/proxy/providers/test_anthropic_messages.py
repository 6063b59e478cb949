"""Anthropic messages. Bodies: test_dialects.py; answers: test_sdks.py."""

import json
from pathlib import Path
from typing import Any

import pytest

from proxy.message import ChatMessage, Request, Role
from proxy.providers.anthropic_messages import AnthropicMessages
from proxy.providers.dialect import Delta, EventShape

DIALECT = AnthropicMessages()
GOLDEN = Path(__file__).parents[2] / "golden" / DIALECT.name


def request(body: Any, path: str = "/v1/messages") -> Request:
    return Request(
        "POST", "api.anthropic.com", path, {}, body if isinstance(body, bytes) else json.dumps(body).encode()
    )


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/v1/messages", True),
        ("/v1/messages?beta=true", True),
        ("/v1/messages/count_tokens", True),
        ("/v1/projects/p/locations/l/publishers/anthropic/models/claude@1:streamRawPredict", True),
        ("/v1/projects/p/locations/l/publishers/google/models/gemini:rawPredict", False),
        ("/v1/messages/batches", False),
    ],
)
def test_matches(path: str, expected: bool) -> None:
    assert DIALECT.matches(request({}, path)) is expected


def test_chat() -> None:
    body = (GOLDEN / "request.json").read_bytes()
    chat = DIALECT.chat(request(body))
    assert chat is not None
    assert chat.messages[0] == ChatMessage(Role.SYSTEM, "You help Anna.")
    assert ChatMessage(Role.USER, "Hunter2Hunter2Hunter2") in chat.messages
    called = [call for message in chat.messages for call in message.calls]
    assert chat.messages[-1] == ChatMessage(Role.TOOL, "Main Street 5", answers=called[0].id)
    assert (chat.model, chat.stream, chat.max_tokens) == ("claude-sonnet-4-20250514", True, 1024)
    assert DIALECT.chat(request(body, "/v1/messages/count_tokens")) is None
    assert DIALECT.chat(request({"messages": []})) is None


SHAPES: list[tuple[Any, EventShape]] = [
    (
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        EventShape((Delta("block/0/text", "/content_block/text"),)),
    ),
    (
        {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": ""}},
        EventShape(keeps=("/content_block/thinking",)),
    ),
    ({"type": "content_block_start", "index": 0, "content_block": {"type": "tool_use", "input": {}}}, EventShape()),
    (
        {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "x"}},
        EventShape((Delta("block/1/text", "/delta/text"),)),
    ),
    (
        {"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": "{"}},
        EventShape((Delta("block/1/json", "/delta/partial_json", is_json=True),)),
    ),
    (
        {"type": "content_block_delta", "index": 1, "delta": {"type": "thinking_delta", "thinking": "x"}},
        EventShape(keeps=("/delta/thinking",)),
    ),
    ({"type": "content_block_delta", "index": 1, "delta": {"type": "signature_delta", "signature": "x"}}, EventShape()),
    ({"type": "content_block_stop", "index": 1}, EventShape(closes=("block/1",))),
    ({"type": "message_stop"}, EventShape(closes=("*",))),
    ({"type": "ping"}, EventShape(overtakes=True)),
    ({"type": "a kind that nobody knows yet"}, EventShape()),
    ("x", EventShape()),
]


@pytest.mark.parametrize(("event", "shape"), SHAPES)
def test_shape(event: Any, shape: EventShape) -> None:
    assert DIALECT.shape(event) == shape
