"""Cohere's formats, both versions of chat."""

import json
from typing import Any

import pytest

from proxy.message import ChatMessage, Request, Role
from proxy.providers.cohere import Cohere, cohere_shape
from proxy.providers.dialect import Answer
from proxy.restore import StreamRestorer

DIALECT = Cohere()


def request(body: Any, path: str = "/v2/chat") -> Request:
    return Request("POST", "api.cohere.com", path, {}, json.dumps(body).encode())


@pytest.mark.parametrize(
    ("path", "expected"),
    [("/v1/chat", True), ("/v2/chat", True), ("/v2/embed", True), ("/v2/rerank", True), ("/v3/chat", False),
     ("/v1/chat/completions", False), ("/v1/models", False)],
)  # fmt: skip
def test_matches(path: str, expected: bool) -> None:
    assert DIALECT.matches(request({}, path)) is expected


SHAPES: list[tuple[Any, list[tuple[str, str, bool]], tuple[str, ...]]] = [
    (
        {"type": "content-delta", "index": 1, "delta": {"message": {"content": {"text": "Hi"}}}},
        [("item/1/text", "/delta/message/content/text", False)],
        (),
    ),
    (
        {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"thinking": "Hm"}}}},
        [("item/0/thinking", "/delta/message/content/thinking", False)],
        (),
    ),
    ({"type": "tool-plan-delta", "delta": {"message": {"tool_plan": "I"}}}, [("plan", "/delta/message/tool_plan", False)], ()),
    (
        {"type": "tool-call-delta", "index": 0, "delta": {"message": {"tool_calls": {"function": {"arguments": "{"}}}}},
        [("item/0/call", "/delta/message/tool_calls/function/arguments", True)],
        (),
    ),
    ({"type": "tool-call-start", "index": 0}, [], ("plan",)),
    ({"type": "content-end", "index": 1}, [], ("item/1",)),
    ({"type": "message-end"}, [], ("*",)),
    ({"type": "content-delta", "delta": None}, [], ()),
    ({"event_type": "text-generation", "text": "Hi"}, [("text", "/text", False)], ()),
    ({"event_type": "tool-calls-chunk", "tool_call_delta": {"parameters": "{"}}, [("call", "/tool_call_delta/parameters", True)], ()),
    ({"event_type": "stream-end", "response": {"text": "Hi"}}, [], ("*",)),
    ({"event_type": "stream-start"}, [], ()),
    ([], [], ()),
]  # fmt: skip


@pytest.mark.parametrize(("event", "deltas", "closes"), SHAPES)
def test_shape(event: Any, deltas: list[tuple[str, str, bool]], closes: tuple[str, ...]) -> None:
    shape = cohere_shape(event)
    assert [(delta.channel, delta.pointer, delta.is_json) for delta in shape.deltas] == deltas
    assert shape.closes == closes


def test_only_conversations_of_the_second_version_are_answered_inside() -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}], "stream": True}
    chat = DIALECT.chat(request(body))
    assert chat is not None
    assert chat.messages == (ChatMessage(Role.USER, "Hi"),)
    assert (chat.model, chat.stream) == ("m", True)
    assert DIALECT.chat(request(body, "/v1/chat")) is None
    assert DIALECT.chat(request({"texts": ["x"]}, "/v2/embed")) is None
    assert DIALECT.chat(request({"messages": []})) is None


async def test_answers() -> None:
    async def pieces() -> Any:
        for piece in ("He", "llo"):
            yield piece

    chat = DIALECT.chat(request({"messages": [{"role": "user", "content": "x"}]}))
    assert chat is not None
    whole = json.loads(DIALECT.reply(chat, Answer("Hello", "m", 3, 2), "01J").body)
    assert whole["message"]["content"] == [{"type": "text", "text": "Hello"}]
    events = [event async for event in DIALECT.reply_stream(chat, pieces(), "m", "01J")]
    data = [json.loads(event.partition(b"data: ")[2]) for event in events]
    texts = [e["delta"]["message"]["content"]["text"] for e in data if e["type"] == "content-delta"]
    assert "".join(texts) == "Hello"
    assert [e["type"] for e in data][-2:] == ["content-end", "message-end"]


def test_a_token_in_two_lines_of_the_first_versions_stream_is_restored() -> None:
    lines = b"".join(
        json.dumps({"event_type": "text-generation", "text": text}).encode() + b"\n"
        for text in ("PERSON_7K", "Q2MXAB, hi")
    )
    restorer = StreamRestorer(DIALECT, {"PERSON_7KQ2MXAB": "Anna Schmidt"}, "application/stream+json")
    sent = b"".join([*restorer.feed(lines), *restorer.finish()]).splitlines()
    assert "".join(json.loads(line)["text"] for line in sent) == "Anna Schmidt, hi"
