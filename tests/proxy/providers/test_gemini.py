"""Gemini. Bodies: test_dialects.py; answers: test_sdks.py."""

import json
from pathlib import Path
from typing import Any

import pytest

from proxy.message import ChatMessage, Request, Role
from proxy.providers.dialect import Delta, EventShape
from proxy.providers.gemini import Gemini

DIALECT = Gemini()
GOLDEN = Path(__file__).parents[2] / "golden" / DIALECT.name
PATH = "/v1beta/models/gemini-2.5-pro:generateContent"


def request(body: Any, path: str = PATH) -> Request:
    given = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Request("POST", "generativelanguage.googleapis.com", path, {}, given)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (PATH, True),
        ("/v1beta/models/gemini:streamGenerateContent?alt=sse", True),
        ("/v1beta/models/gemini:countTokens", True),
        ("/v1beta/models/e:batchEmbedContents", True),
        ("/v1internal:streamGenerateContent?alt=sse", True),
        ("/v1beta1/projects/p/locations/l/publishers/google/models/gemini:generateContent", True),
        ("/v1/projects/p/locations/l/publishers/anthropic/models/c:rawPredict", False),
        ("/v1beta/openai/chat/completions", False),
        ("/v1beta/models", False),
    ],
)
def test_matches(path: str, expected: bool) -> None:
    assert DIALECT.matches(request({}, path)) is expected


def test_chat() -> None:
    chat = DIALECT.chat(request((GOLDEN / "request.json").read_bytes()))
    assert chat is not None
    assert [m.role for m in chat.messages] == [Role.SYSTEM, Role.USER, Role.ASSISTANT, Role.ASSISTANT, Role.TOOL]
    assert (chat.model, chat.stream, chat.max_tokens, chat.temperature) == ("gemini-2.5-pro", False, 50, 0.5)


@pytest.mark.parametrize(
    ("query", "media"), [("?alt=sse", "text/event-stream; charset=utf-8"), ("", "application/json")]
)
def test_how_a_stream_is_framed(query: str, media: str) -> None:
    body = {"contents": [{"parts": [{"text": "Hi"}]}]}
    chat = DIALECT.chat(request(body, f"/v1beta/models/g:streamGenerateContent{query}"))
    assert chat is not None
    assert chat.stream
    assert chat.stream_type == media
    assert chat.messages == (ChatMessage(Role.USER, "Hi"),)


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"contents": []}, PATH),
        ({"contents": [{"parts": [{"text": "x"}]}]}, "/v1beta/models/g:countTokens"),
        ({"request": {"contents": [{"parts": [{"text": "x"}]}]}}, "/v1internal:generateContent"),
    ],
)
def test_nothing_to_answer(body: Any, path: str) -> None:
    assert DIALECT.chat(request(body, path)) is None


def test_wrapped_requests_are_read_alike() -> None:
    inner = json.loads((GOLDEN / "request.json").read_bytes())
    plain = DIALECT.extract(json.dumps(inner).encode())
    for wrapped, prefix in [
        ({"model": "gemini-2.5-pro", "request": inner}, "/request"),
        ({"requests": [inner]}, "/requests/0"),
        ({"generateContentRequest": inner}, "/generateContentRequest"),
    ]:
        extraction = DIALECT.extract(json.dumps(wrapped).encode())
        assert [(s.pointer, s.role) for s in extraction.segments] == [
            (prefix + s.pointer, s.role) for s in plain.segments
        ]
        assert [s.pointer for s in extraction.skipped] == [prefix + s.pointer for s in plain.skipped]


def event(*parts: Any, **fields: Any) -> Any:
    return {"candidates": [{"content": {"parts": list(parts)}, "index": 3, **fields}]}


def text(at: int, kind: str = "text", prefix: str = "") -> Delta:
    return Delta(f"candidate/3/{kind}", f"{prefix}/candidates/0/content/parts/{at}/text")


SHAPES: list[tuple[Any, EventShape]] = [
    (event({"text": "x"}), EventShape((text(0),), ("candidate/3/thought",))),
    (event({"text": "x", "thought": True}), EventShape((text(0, "thought"),), ("candidate/3/text",))),
    (event({"functionCall": {}}), EventShape(closes=("candidate/3",))),
    (event({"text": "x"}, finishReason="STOP"), EventShape((text(0),), ("candidate/3/thought", "candidate/3"))),
    ({"response": event({"text": "x"})}, EventShape((text(0, prefix="/response"),), ("candidate/3/thought",))),
    ({"usageMetadata": {}}, EventShape()),
    (7, EventShape()),
]


@pytest.mark.parametrize(("event_", "shape"), SHAPES)
def test_shape(event_: Any, shape: EventShape) -> None:
    assert DIALECT.shape(event_) == shape
