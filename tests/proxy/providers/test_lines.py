"""JSON lines, each by the dialect that its own members name."""

import json
from typing import Any

import pytest

from proxy.errors import BodyError
from proxy.message import NO_FILES, Replacement
from proxy.providers.generic import Generic
from proxy.providers.json_dialect import JsonDialect
from proxy.providers.lines import by_members, extract, rebuild
from proxy.providers.registry import dialects

NAMED = tuple(dialect for dialect in dialects() if isinstance(dialect, JsonDialect))
MESSAGES = [{"role": "user", "content": "Hello Anna"}]


def choose(line: bytes) -> JsonDialect:
    return by_members(line, NAMED, Generic())


def body_of(*lines: Any) -> bytes:
    return b"\n".join(json.dumps(line).encode() for line in lines) + b"\n"


def batch(url: str, body: Any) -> dict[str, Any]:
    return {"custom_id": "request-1", "method": "POST", "url": url, "body": body}


LINES: list[tuple[Any, dict[str, str]]] = [
    (
        batch("/v1/chat/completions", {"model": "gpt-4o", "messages": MESSAGES}),
        {"/body/messages/0/content": "Hello Anna"},
    ),
    (
        batch("/v1/responses", {"model": "gpt-4o", "input": "Hello Anna", "previous_response_id": "resp_1a2b"}),
        {"/body/input": "Hello Anna"},
    ),
    (
        batch("/v1/embeddings", {"model": "m", "input": ["Hello Anna"]}),
        {"/body/input/0": "Hello Anna"},
    ),
    (
        {"custom_id": "r-1", "params": {"model": "claude-4", "max_tokens": 1, "messages": MESSAGES}},
        {"/params/messages/0/content": "Hello Anna"},
    ),
    (
        {"key": "r-1", "request": {"contents": [{"role": "user", "parts": [{"text": "Hello Anna"}]}]}},
        {"/key": "r-1", "/request/contents/0/parts/0/text": "Hello Anna"},
    ),
    ({"messages": MESSAGES}, {"/messages/0/content": "Hello Anna"}),
    ({"prompt": "Hello", "completion": "Anna"}, {"/prompt": "Hello", "/completion": "Anna"}),
    # nobody's words: everything is read
    (batch("/v1/unknown", {"role": "Anna"}), {"/body/role": "Anna"}),
    (batch("/v1/Anna", {"role": "x"}), {"/url": "/v1/Anna", "/body/role": "x"}),
    ({**batch("", {"role": "x"}), "custom_id": "Anna"}, {"/custom_id": "Anna", "/body/role": "x"}),
    ({"body": "Anna", "url": 1}, {"/body": "Anna"}),
    ("Anna", {"": "Anna"}),
]  # fmt: skip


@pytest.mark.parametrize(("line", "expected"), LINES)
def test_what_is_read_of_a_line(line: Any, expected: dict[str, str]) -> None:
    body = body_of(line)
    found = {segment.pointer: segment.text for segment in extract(body, choose).segments}
    assert found == {f"~line/0{pointer}": text for pointer, text in expected.items()}
    texts = dict.fromkeys(found, "[NEW]")
    again = extract(rebuild(body, texts, NO_FILES, choose), choose)
    assert {segment.text for segment in again.segments} >= {"[NEW]"}
    assert "Anna" not in str([segment.text for segment in again.segments])


def test_other_lines_stay_byte_for_byte() -> None:
    body = b'{"a": 1.0,  "b":"x"}\r\n\n{"messages": [{"content":"Anna"}] }\n "x" '
    new = rebuild(body, {"~line/2/messages/0/content": "B"}, NO_FILES, choose)
    assert new == b'{"a": 1.0,  "b":"x"}\r\n\n{"messages": [{"content":"B"}] }\n "x" '


def test_a_line_that_is_json_in_a_string_can_be_edited() -> None:
    assert rebuild(b'"[\\"Anna\\"]"', {"~line/0~json/0": "B"}, NO_FILES, choose) == b'"[\\"B\\"]"'


def test_a_file_in_a_line_can_be_replaced() -> None:
    part = {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0="}}
    body = body_of({"messages": [{"role": "user", "content": [part]}]})
    (file,) = extract(body, choose).attachments
    assert (file.pointer, file.data) == ("~line/0/messages/0/content/0/file/file_data", b"%PDF-")
    new = json.loads(rebuild(body, {}, {file.pointer: Replacement(b"x", "text/plain", ".txt")}, choose))
    assert new["messages"][0]["content"][0]["file"] == {
        "filename": "a.pdf.txt",
        "file_data": "data:text/plain;base64,eA==",
    }


@pytest.mark.parametrize("pointer", ["~line/7/a", "/a", "~line/x/a", ""])
def test_places_that_are_not_there(pointer: str) -> None:
    with pytest.raises(BodyError):
        rebuild(b'{"a": "x"}', {pointer: "y"}, NO_FILES, choose)


def test_a_line_that_is_not_json_is_an_error() -> None:
    with pytest.raises(BodyError):
        extract(b'{"a": "x"}\n{"a', choose)
