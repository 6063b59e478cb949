"""OpenAI responses. Bodies: test_dialects.py; answers: test_sdks.py."""

import json
from pathlib import Path
from typing import Any

import pytest

from detectors.finding import Skipped, SkipReason
from proxy.message import ChatMessage, Request, Role
from proxy.providers.dialect import Delta, EventShape
from proxy.providers.openai_responses import OpenAIResponses

DIALECT = OpenAIResponses()
GOLDEN = Path(__file__).parents[2] / "golden" / DIALECT.name


def request(body: Any, path: str = "/v1/responses") -> Request:
    return Request("POST", "api.openai.com", path, {}, body if isinstance(body, bytes) else json.dumps(body).encode())


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/v1/responses", True),
        ("/openai/v1/responses?api-version=preview", True),
        ("/backend-api/codex/responses", True),
        ("/v1/responses/compact", True),
        ("/v1/responses/resp_1/cancel", False),
        ("/v1/conversations", True),
    ],
)
def test_matches(path: str, expected: bool) -> None:
    assert DIALECT.matches(request({}, path)) is expected


def test_chat() -> None:
    body = json.loads((GOLDEN / "request.json").read_bytes())
    assert DIALECT.chat(request(body)) is None  # it goes on from a response that the vendor has
    del body["previous_response_id"]
    chat = DIALECT.chat(request(body))
    assert chat is not None
    assert [message.role for message in chat.messages] == [
        Role.SYSTEM,
        Role.USER,
        Role.USER,
        Role.ASSISTANT,
        Role.TOOL,
        Role.ASSISTANT,
    ]
    assert DIALECT.chat(request(body, "/v1/responses/compact")) is None


def test_a_string_as_input() -> None:
    chat = DIALECT.chat(request({"model": "m", "input": "Hi", "stream": True, "max_output_tokens": 5}))
    assert chat is not None
    assert chat.messages == (ChatMessage(Role.USER, "Hi"),)
    assert (chat.stream, chat.max_tokens) == (True, 5)


def test_a_stored_prompt_cannot_be_read() -> None:
    body = json.dumps({"prompt": {"id": "pmpt_1", "variables": {"name": "Anna Schmidt"}}}).encode()
    extraction = DIALECT.extract(body)
    assert extraction.skipped == (Skipped("/prompt/id", SkipReason.OPAQUE),)
    assert "Anna Schmidt" in [segment.text for segment in extraction.segments]


AT = {"item_id": "i", "output_index": 1, "content_index": 2}
SHAPES: list[tuple[Any, EventShape]] = [
    (
        {"type": "response.output_text.delta", **AT, "delta": "x"},
        EventShape((Delta("item/1/response.output_text/2", "/delta"),)),
    ),
    ({"type": "response.output_text.done", **AT, "text": "x"}, EventShape(closes=("item/1/response.output_text/2",))),
    (
        {"type": "response.function_call_arguments.delta", "output_index": 1, "delta": "{"},
        EventShape((Delta("item/1/response.function_call_arguments/0", "/delta", is_json=True),)),
    ),
    (
        {"type": "response.custom_tool_call_input.delta", "output_index": 1, "delta": "x"},
        EventShape((Delta("item/1/response.custom_tool_call_input/0", "/delta"),)),
    ),
    ({"type": "response.audio.delta", "delta": "AAAA"}, EventShape()),
    ({"type": "response.output_item.done", "output_index": 1}, EventShape(closes=("item/1",))),
    ({"type": "response.completed"}, EventShape(closes=("*",))),
    ({"type": "error"}, EventShape(closes=("*",))),
    ({"type": "response.created"}, EventShape()),
    ({"type": "response.output_text.delta", "delta": {"x": 1}}, EventShape()),
    (None, EventShape()),
]


@pytest.mark.parametrize(("event", "shape"), SHAPES)
def test_shape(event: Any, shape: EventShape) -> None:
    assert DIALECT.shape(event) == shape


def test_what_codex_sends_besides_text_is_not_read() -> None:
    """Tools in namespaces and the cache's key: a token in a schema's `type` would break every call."""
    parameters = {
        "type": "object",
        "properties": {"on": {"type": "boolean", "description": "Anna"}},
        "required": ["on"],
    }
    tool = {"type": "function", "name": "wait", "description": "Berta", "parameters": parameters}
    body = {
        "model": "gpt-5",
        "prompt_cache_key": "01a20f82-2c1e-7fe0-aca7-39c1c2bf74fa",
        "tools": [{"type": "namespace", "name": "agents", "description": "Cecilia", "tools": [tool]}],
    }
    segments = DIALECT.extract(json.dumps(body).encode()).segments
    assert sorted(segment.text for segment in segments) == ["Anna", "Berta", "Cecilia"]
    hidden = DIALECT.extract(json.dumps({"model": "gpt-5", "prompt_cache_key": "Anna Schmidt"}).encode()).segments
    assert [segment.text for segment in hidden] == ["Anna Schmidt"]


def test_lanes_of_a_websocket_are_texts_of_their_own() -> None:
    def event(kind: str, lane: str, **more: Any) -> dict[str, Any]:
        return {"type": kind, "stream_id": lane, **more}

    delta = {"output_index": 0, "content_index": 0, "delta": "x"}
    one, two = (DIALECT.shape(event("response.output_text.delta", lane, **delta)).deltas[0] for lane in ("a", "b"))
    assert one.channel != two.channel
    (closed,) = DIALECT.shape(event("response.completed", "a")).closes
    assert one.channel.startswith(f"{closed}/")
    assert not two.channel.startswith(f"{closed}/")


def test_the_names_of_events_are_not_read() -> None:
    body = {"type": "response.create", "event_id": "evt_001", "stream_id": "lane_1", "input": "Anna"}
    assert [segment.text for segment in DIALECT.extract(json.dumps(body).encode()).segments] == ["Anna"]
