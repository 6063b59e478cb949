"""Where each vendor's wire format says what JSON the answer is to be."""

import json
from typing import Any

import pytest

from proxy.message import Request
from proxy.providers.anthropic_messages import AnthropicMessages
from proxy.providers.cohere import Cohere
from proxy.providers.dialect import Dialect
from proxy.providers.gemini import Gemini
from proxy.providers.ollama import OllamaChat
from proxy.providers.openai_chat import OpenAIChat
from proxy.providers.openai_responses import OpenAIResponses
from proxy.providers.structured import of_gemini, of_ollama, of_openai_chat

SCHEMA = {"type": "object", "properties": {"date": {"type": "string"}}, "required": ["date"]}
ANY = {"type": "object"}
TURN = {"messages": [{"role": "user", "content": "hi"}]}
GEMINI = {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}


@pytest.mark.parametrize(
    ("dialect", "path", "body", "wanted"),
    [
        (OpenAIChat(), "/v1/chat/completions", TURN, None),
        (
            OpenAIChat(),
            "/v1/chat/completions",
            {**TURN, "response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}}},
            SCHEMA,
        ),
        (OpenAIChat(), "/v1/chat/completions", {**TURN, "response_format": {"type": "json_object"}}, ANY),
        (OpenAIChat(), "/v1/chat/completions", {**TURN, "response_format": {"type": "text"}}, None),
        (
            OpenAIResponses(),
            "/v1/responses",
            {"input": "hi", "text": {"format": {"type": "json_schema", "name": "x", "schema": SCHEMA}}},
            SCHEMA,
        ),
        (
            AnthropicMessages(),
            "/v1/messages",
            {**TURN, "output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}},
            SCHEMA,
        ),
        (
            AnthropicMessages(),
            "/v1/messages",
            {**TURN, "output_format": {"type": "json_schema", "schema": SCHEMA}},
            SCHEMA,
        ),
        (
            Gemini(),
            "/v1beta/models/gemini-2.5-flash:generateContent",
            {**GEMINI, "generationConfig": {"responseMimeType": "application/json", "responseJsonSchema": SCHEMA}},
            SCHEMA,
        ),
        (OllamaChat(), "/api/chat", {**TURN, "format": SCHEMA}, SCHEMA),
        (OllamaChat(), "/api/chat", {**TURN, "format": "json"}, ANY),
        (Cohere(), "/v2/chat", {**TURN, "response_format": {"type": "json_object", "schema": SCHEMA}}, SCHEMA),
    ],
)
def test_each_dialect_tells_its_schema(dialect: Dialect, path: str, body: dict[str, Any], wanted: Any) -> None:
    request = Request("POST", "h", path, {"content-type": "application/json"}, json.dumps(body).encode())
    chat = dialect.chat(request)
    assert chat is not None
    assert (None if chat.schema is None else json.loads(chat.schema)) == wanted
    assert "date" not in repr(chat)


def test_geminis_own_schemas_are_put_right() -> None:
    given = {
        "type": "OBJECT",
        "propertyOrdering": ["b", "a", "gone"],
        "properties": {
            "a": {"type": "STRING"},
            "b": {"type": "ARRAY", "items": {"type": "INTEGER"}},
            "type": {"enum": ["STRING"]},
        },
    }
    schema = of_gemini({"responseSchema": given})
    assert schema is not None
    assert schema == json.dumps(
        {
            "type": "object",
            "properties": {
                "b": {"type": "array", "items": {"type": "integer"}},
                "a": {"type": "string"},
                "type": {"enum": ["STRING"]},
            },
        },
        separators=(",", ":"),
    )
    assert json.loads(of_gemini({"response_mime_type": "application/json"}) or "") == ANY
    assert of_gemini({"responseMimeType": "text/plain"}) is None


@pytest.mark.parametrize(
    "wanted", [None, 3, "json", [], {"type": ["json_schema"]}, {"type": 5}, {"json_schema": {"schema": SCHEMA}}]
)
def test_nonsense_asks_for_nothing(wanted: Any) -> None:
    assert of_openai_chat({"response_format": wanted}) is None


@pytest.mark.parametrize(
    "wanted",
    [
        {"type": "json_schema"},
        {"type": "json_schema", "json_schema": {"schema": {}}},
        {"type": "json_schema", "json_schema": {"schema": 3}},
    ],
)
def test_a_schema_that_says_nothing_is_any_object(wanted: Any) -> None:
    assert json.loads(of_openai_chat({"response_format": wanted}) or "") == ANY
    assert json.loads(of_ollama({"format": {}}) or "") == ANY
