"""Legacy completions: what goes in, and answers in their shape."""

import json
from typing import Any

import pytest

from detectors.finding import Skipped, SkipReason
from local_models.speech import End, Finish
from proxy.message import ChatMessage, Request, Role
from proxy.providers.dialect import Answer
from proxy.providers.openai_completions import OpenAICompletions

DIALECT = OpenAICompletions()


def request(body: Any, path: str = "/v1/completions") -> Request:
    return Request("POST", "api.openai.com", path, {}, json.dumps(body).encode())


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/v1/completions", True),
        ("/v1/engines/copilot-codex/completions", True),
        ("/v1/fim/completions", True),
        ("/beta/completions/", True),
        ("/api/organizations/x/completion", False),
        ("/v1/completionsx", False),
    ],
)
def test_matches(path: str, expected: bool) -> None:
    assert DIALECT.matches(request({}, path)) is expected


def test_token_numbers_cannot_be_read() -> None:
    assert DIALECT.extract(b'{"prompt": [[1, 2]]}').skipped == (Skipped("/prompt", SkipReason.OPAQUE),)


@pytest.mark.parametrize(
    ("prompt", "text"),
    [("Hello", "Hello"), (["Hello", "Anna"], "Hello\nAnna"), ([1, 2], None), ("", None), (None, None)],
)
def test_chat(prompt: Any, text: str | None) -> None:
    chat = DIALECT.chat(request({"model": "m", "prompt": prompt, "stream": True, "max_tokens": 5}))
    if text is None:
        assert chat is None
        return
    assert chat is not None
    assert chat.messages == (ChatMessage(Role.USER, text),)
    assert (chat.model, chat.stream, chat.max_tokens) == ("m", True, 5)


async def test_answers() -> None:
    async def pieces() -> Any:
        for piece in ("He", "llo", End(Finish.STOP, 3, 2)):
            yield piece

    chat = DIALECT.chat(request({"prompt": "x", "stream": True, "stream_options": {"include_usage": True}}))
    assert chat is not None
    whole = json.loads(DIALECT.reply(chat, Answer("Hello", "m", 3, 2), "01J").body)
    assert (whole["object"], whole["choices"][0]["text"], whole["usage"]["total_tokens"]) == (
        "text_completion",
        "Hello",
        5,
    )
    events = [event async for event in DIALECT.reply_stream(chat, pieces(), "m", "01J")]
    assert events[-1] == b"data: [DONE]\n\n"
    data = [json.loads(event.removeprefix(b"data: ")) for event in events[:-1]]
    assert "".join(event["choices"][0]["text"] for event in data) == "Hello"
    assert (data[-1]["choices"][0]["finish_reason"], data[-1]["usage"]["completion_tokens"]) == ("stop", 2)
    assert [delta.channel for delta in DIALECT.shape(data[0]).deltas] == ["choice/0/text"]
