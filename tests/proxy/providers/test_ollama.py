"""Ollama's formats: conversations, prompts, and streams of JSON lines."""

import json
from typing import Any

import pytest

from proxy.message import ChatMessage, Request, Role
from proxy.providers.dialect import Answer
from proxy.providers.ollama import OllamaChat, OllamaGenerate, ollama_shape

CHAT, GENERATE = OllamaChat(), OllamaGenerate()
HELLO = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}


def request(body: Any, path: str = "/api/chat") -> Request:
    return Request("POST", "localhost", path, {}, json.dumps(body).encode())


@pytest.mark.parametrize(
    ("path", "chat", "generate"),
    [
        ("/api/chat", True, False),
        ("/api/generate", False, True),
        ("/api/embed", False, True),
        ("/api/chat/completions", False, False),
        ("/api/tags", False, False),
    ],
)
def test_matches(path: str, chat: bool, generate: bool) -> None:
    assert (CHAT.matches(request({}, path)), GENERATE.matches(request({}, path))) == (chat, generate)


@pytest.mark.parametrize(("stream", "expected"), [({}, True), ({"stream": True}, True), ({"stream": False}, False)])
def test_it_streams_unless_told_not_to(stream: dict[str, bool], expected: bool) -> None:
    chat = CHAT.chat(request({**HELLO, **stream, "options": {"num_predict": 7, "temperature": 0}}))
    assert chat is not None
    assert (chat.stream, chat.max_tokens, chat.temperature, chat.stream_type) == (
        expected,
        7,
        0.0,
        "application/x-ndjson",
    )


def test_prompts() -> None:
    chat = GENERATE.chat(request({"prompt": "Hi", "system": "Be brief"}, "/api/generate"))
    assert chat is not None
    assert chat.messages == (ChatMessage(Role.SYSTEM, "Be brief"), ChatMessage(Role.USER, "Hi"))
    assert GENERATE.chat(request({"prompt": "Hi", "context": [1]}, "/api/generate")) is None
    assert GENERATE.chat(request({"input": "Hi"}, "/api/embed")) is None
    assert CHAT.chat(request({"messages": []})) is None


@pytest.mark.parametrize(("dialect", "path"), [(CHAT, "/api/chat"), (GENERATE, "/api/generate")])
async def test_answers(dialect: OllamaChat, path: str) -> None:
    async def pieces() -> Any:
        for piece in ("He", "llo"):
            yield piece

    def text(body: Any) -> str:
        found = body["message"]["content"] if dialect is CHAT else body["response"]
        assert isinstance(found, str)
        return found

    chat = dialect.chat(request({**HELLO, "prompt": "Hi"}, path))
    assert chat is not None
    whole = json.loads(dialect.reply(chat, Answer("Hello", "m", 3, 2), "01J").body)
    assert (text(whole), whole["done"]) == ("Hello", True)
    lines = [json.loads(line) async for line in dialect.reply_stream(chat, pieces(), "m", "01J")]
    assert "".join(text(line) for line in lines) == "Hello"
    assert [line["done"] for line in lines] == [False, False, True]


@pytest.mark.parametrize(
    ("event", "pointers", "closes"),
    [
        ({"message": {"content": "x", "thinking": "y"}, "done": False}, ["/message/thinking", "/message/content"], ()),
        ({"response": "x", "done": False}, ["/response"], ()),
        ({"response": "", "done": True}, ["/response"], ("*",)),
        ({"message": {"content": "", "tool_calls": []}, "done": False}, ["/message/content"], ("*",)),
        ({"message": {"content": None}}, [], ()),
        ("x", [], ()),
    ],
)
def test_shape(event: Any, pointers: list[str], closes: tuple[str, ...]) -> None:
    shape = ollama_shape(event)
    assert [delta.pointer for delta in shape.deltas] == pointers
    assert shape.closes == closes
