"""OpenAI chat completions. Bodies: test_dialects.py; answers: test_sdks.py."""

import json
from pathlib import Path
from typing import Any

import pytest

from proxy.message import ChatMessage, Request, Role
from proxy.providers.dialect import Delta, EventShape
from proxy.providers.openai_chat import OpenAIChat

DIALECT = OpenAIChat()
GOLDEN = Path(__file__).parents[2] / "golden" / DIALECT.name


def request(body: Any, path: str = "/v1/chat/completions") -> Request:
    return Request("POST", "api.openai.com", path, {}, body if isinstance(body, bytes) else json.dumps(body).encode())


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/v1/chat/completions", True),
        ("/v1/chat/completions?x=1", True),
        ("/openai/deployments/gpt/chat/completions?api-version=2024-10-21", True),
        ("/api/v1/chat/completions/", True),
        ("/v1/completions", False),
        ("/v1/chat/completions/x", False),
        ("/?/chat/completions", False),
    ],
)
def test_matches(path: str, expected: bool) -> None:
    assert DIALECT.matches(request({}, path)) is expected


def test_chat() -> None:
    chat = DIALECT.chat(request((GOLDEN / "request.json").read_bytes()))
    assert chat is not None
    assert [message.role for message in chat.messages] == [Role.SYSTEM, Role.USER, Role.ASSISTANT, Role.TOOL, Role.USER]
    assert chat.messages[1].text == "Who is in the picture?"
    assert [call.name for call in chat.messages[2].calls] == ["send_mail", "Anna Schmidt"]
    assert chat.messages[3].answers == chat.messages[2].calls[0].id
    assert (chat.model, chat.stream, chat.max_tokens, chat.temperature) == ("gpt-4o-mini", True, 50, 0.7)
    assert chat.include_usage


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", {}, {"messages": []}, {"messages": "x"}, {"messages": [{"role": "user", "content": " "}]}],
)
def test_nothing_to_answer(body: Any) -> None:
    assert DIALECT.chat(request(body)) is None


def test_plain_chat() -> None:
    chat = DIALECT.chat(request({"messages": [{"role": "user", "content": "Hi"}], "max_tokens": -1, "stream": "yes"}))
    assert chat is not None
    assert chat.messages == (ChatMessage(Role.USER, "Hi"),)
    assert (chat.model, chat.stream, chat.max_tokens, chat.temperature) == ("", False, None, None)


def test_model() -> None:
    assert DIALECT.model(request({"model": "gpt-4o"})) == "gpt-4o"
    assert DIALECT.model(request({"model": 5})) == ""
    assert DIALECT.model(request(b"{")) == ""


def choice(**fields: Any) -> Any:
    return {"choices": [{"index": 2, **fields}]}


SHAPES: list[tuple[Any, EventShape]] = [
    ({"choices": []}, EventShape()),
    ({"error": {"message": "x"}}, EventShape()),
    ([], EventShape()),
    (
        choice(delta={"content": "x"}),
        EventShape(
            (Delta("choice/2/content", "/choices/0/delta/content"),),
            ("choice/2/reasoning", "choice/2/reasoning_content"),
        ),
    ),
    (
        choice(delta={"reasoning_content": "x"}),
        EventShape((Delta("choice/2/reasoning_content", "/choices/0/delta/reasoning_content"),)),
    ),
    (choice(delta={"refusal": "x"}), EventShape((Delta("choice/2/refusal", "/choices/0/delta/refusal"),))),
    (choice(delta={}, finish_reason="stop"), EventShape(closes=("choice/2",))),
    (
        choice(delta={"tool_calls": [{"index": 1, "function": {"arguments": "{"}}]}),
        EventShape(
            (Delta("choice/2/call/1", "/choices/0/delta/tool_calls/0/function/arguments", is_json=True),),
            tuple(f"choice/2/{field}" for field in ("reasoning", "reasoning_content", "content", "refusal")),
        ),
    ),
    (choice(text="x"), EventShape((Delta("choice/2/text", "/choices/0/text"),))),
    (choice(delta={"content": ["x"], "audio": {"data": "x"}}), EventShape()),
]


@pytest.mark.parametrize(("event", "shape"), SHAPES)
def test_shape(event: Any, shape: EventShape) -> None:
    assert DIALECT.shape(event) == shape


def test_what_a_vendor_adds_to_a_delta_is_text_of_its_own() -> None:
    """A field that nobody knows comes in pieces as well: a token, or a name, may be cut between two of them."""
    event = {"choices": [{"index": 0, "delta": {"role": "assistant", "content": "a", "record_field": "b", "x y": "c"}}]}
    deltas = {delta.pointer: delta.channel for delta in OpenAIChat().shape(event).deltas}
    assert deltas == {
        "/choices/0/delta/content": "choice/0/content",
        "/choices/0/delta/record_field": "choice/0/record_field",
    }
