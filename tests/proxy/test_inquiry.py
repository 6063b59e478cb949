"""The facts that a policy may ask for."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from detectors.finding import Finding
from policy.decision import EntityFact
from proxy.identity import Principal
from proxy.inquiry import ask, tool_names, wants_stream
from proxy.message import Extraction, Request, Role, Segment
from proxy.pipeline import Inspection

CHAT: dict[str, Any] = {
    "tools": [
        {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object"}}},
        {"type": "custom", "custom": {"name": "sql"}},
    ],
    "functions": [{"name": "old_style"}],
    "messages": [
        {"role": "user", "content": '{"tools": [{"name": "quoted"}]}'},
        {"role": "assistant", "tool_calls": [{"id": "1", "type": "function", "function": {"name": "called"}}]},
        {"role": "assistant", "function_call": {"name": "called_old"}},
    ],
}
RESPONSES: dict[str, Any] = {
    "tools": [
        {"type": "function", "name": "lookup", "parameters": {}},
        {"type": "web_search"},
        {"type": "mcp", "server_label": "tracker", "server_url": "https://mcp.example"},
        {"type": "namespace", "name": "crm", "tools": [{"type": "function", "name": "find_customer"}]},
    ],
    "input": [
        {"type": "function_call", "name": "run"},
        {"type": "code_interpreter_call", "id": "x"},
        {"type": "message", "content": "hi", "name": "nobody"},
    ],
}
ANTHROPIC: dict[str, Any] = {
    "mcp_servers": [{"type": "url", "name": "wiki", "url": "https://mcp.example"}],
    "tools": [{"name": "Bash", "input_schema": {}}, {"type": "web_search_20250305", "name": "web_search"}],
    "messages": [{"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "Read", "input": {}}]}],
}
GEMINI: dict[str, Any] = {
    "tools": [
        {"functionDeclarations": [{"name": "find"}]},
        {"googleSearch": {}},
        {"function_declarations": [{"name": "b"}]},
    ],
    "contents": [{"parts": [{"functionCall": {"name": "gone", "args": {}}}]}],
}
BEDROCK: dict[str, Any] = {
    "toolConfig": {"tools": [{"toolSpec": {"name": "spec"}}]},
    "messages": [{"role": "assistant", "content": [{"toolUse": {"toolUseId": "1", "name": "use"}}]}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("body", "names"),
    [
        (CHAT, {"get_weather", "sql", "old_style", "called", "called_old"}),
        (
            RESPONSES,
            {"lookup", "web_search", "mcp", "tracker", "namespace", "crm", "find_customer", "run", "code_interpreter"},
        ),
        (ANTHROPIC, {"wiki", "Bash", "web_search", "web_search_20250305", "Read"}),
        (GEMINI, {"find", "googleSearch", "b", "gone"}),
        (BEDROCK, {"spec", "use"}),
        ({"messages": [{"content": "tools", "name": "anna"}]}, set()),
        ({"tools": "x", "function": 3, "functions": [None, 1, "y", {"name": 7}]}, set()),
        ([], set()),
    ],
)
def test_tools(body: Any, names: set[str]) -> None:
    assert set(tool_names(json.dumps(body).encode())) == names


@pytest.mark.parametrize("body", [b"", b"plain text", b'--x\r\n{"tools": [{"name": "a"}]}', b"{broken", b'"a"'])
def test_what_is_no_json_offers_no_tools(body: bytes) -> None:
    assert tool_names(body) == ()


@pytest.mark.parametrize(
    "body",
    [
        b'{"tools": [{"name": "shell"}], "tools": []}',
        b'{"tools": [], "tools": [{"name": "shell"}]}',
        b'{"tools": [{"name": "x", "name": "shell"}]}',
        b'{"tools": [{"name": "shell", "name": "x"}]}',
        b'{"tools": [{"function": {"name": "shell", "name": "x"}}]}',
        b'{"a": {"tools": [{"name": "shell"}]}, "a": 1}',
        b'\xef\xbb\xbf {"tools": {"name": "shell"}}',
        b'{"n": NaN, "tools": [{"name": "shell"}]}',
    ],
)
def test_what_is_said_twice_is_read_twice(body: bytes) -> None:
    assert "shell" in tool_names(body)


def test_batches_are_read_line_by_line() -> None:
    lines = [json.dumps({"custom_id": "1", "body": body}).encode() for body in (CHAT, ANTHROPIC)]
    assert {"get_weather", "Bash"} <= set(tool_names(b"\n".join([*lines, b"", b"{broken"])))


def test_deep_bodies_end() -> None:
    deep = b'{"a":' * 900 + b'{"tools":[{"name":"deep"}]}' + b"}" * 900
    assert tool_names(deep) == ("deep",)


def request(path: str = "/v1/chat/completions", body: bytes = b"{}", **headers: str) -> Request:
    return Request(method="POST", host="api.openai.com", path=path, headers=headers, body=body)


@pytest.mark.parametrize(
    ("path", "body", "streams"),
    [
        ("/v1/chat/completions", b'{"stream": true}', True),
        ("/v1/chat/completions", b'{"stream":true}', True),
        ("/v1/chat/completions", b'{"stream": false}', False),
        ("/v1/chat/completions", rb'{"content": "\"stream\": true"}', False),
        ("/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse", b"{}", True),
        ("/model/anthropic.claude/invoke-with-response-stream", b"{}", True),
        ("/model/anthropic.claude/converse-stream", b"{}", True),
        ("/model/upstream-x/converse", b"{}", False),
    ],
)
def test_streaming(path: str, body: bytes, streams: bool) -> None:
    assert wants_stream(request(path, body)) is streams


def test_everything_is_told_but_the_text() -> None:
    segments = (Segment("/messages/0/content", Role.TOOL, "I am Anna Schmidt"),)
    inspection = Inspection(
        extraction=Extraction(segments=segments),
        findings={"/messages/0/content": (Finding(5, 17, "PERSON", 0.9, "d"),)},
    )
    now = datetime(2026, 11, 24, tzinfo=UTC)
    asked = ask(
        request("/v1/x?key=1", b'{"stream": true}', **{"user-agent": "codex/1", "x-privet-task": " sorting "}),
        Principal(user="ana", department="finance", address="10.0.0.1"), inspection,
        dialect="openai-chat", provider="openai", region="us", model="gpt-4o", tools=("shell",), at=now,
    )  # fmt: skip
    assert (asked.department, asked.user, asked.tasks) == ("finance", "ana", ("sorting",))
    assert asked.entities == (EntityFact("PERSON", 0.9, "tool"),)
    assert (asked.dialect, asked.client, asked.region, asked.tools) == ("openai-chat", "codex/1", "us", ("shell",))
    assert (asked.streaming, asked.bytes, asked.at, asked.endpoint) == (True, 16, now, "/v1/x")
    assert "Anna" not in repr(asked)
