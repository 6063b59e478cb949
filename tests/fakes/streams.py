"""Streamed replies in the vendors' formats, built piece by piece and read back; tokens to put into them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from proxy.providers.dialect import Dialect
from proxy.providers.registry import dialects
from proxy.restore import StreamRestorer
from proxy.transforms.token import make_token

_DIALECTS = {dialect.name: dialect for dialect in dialects()}
CHAT, RESPONSES = _DIALECTS["openai-chat"], _DIALECTS["openai-responses"]
ANTHROPIC, GEMINI = _DIALECTS["anthropic-messages"], _DIALECTS["gemini"]
PERSON = make_token(b"key", "s", "PERSON", "Anna Schmidt")
MAIL = make_token(b"key", "s", "EMAIL_ADDRESS", "anna@example.com")
NASTY = make_token(b"key", "s", "SECRET", "nasty")
TOKENS = {PERSON: "Anna Schmidt", MAIL: "anna@example.com", NASTY: 'a"b\\c\nd é🙂'}
SSE = "text/event-stream"
WIRE = Path(__file__).parents[2] / "../shared/data/wire"


def restore(dialect: Dialect, stream: bytes, cuts: list[int] | None = None, media: str = SSE, **extra: Any) -> bytes:
    restorer = StreamRestorer(dialect, extra.pop("tokens", TOKENS), media, **extra)
    out: list[bytes] = []
    ends = sorted({*(cut % (len(stream) + 1) for cut in cuts or []), len(stream)})
    start = 0
    for end in ends:
        out += restorer.feed(stream[start:end])
        start = end
    out += restorer.finish()
    assert b"" not in out
    return b"".join(out)


def restore_bytewise(dialect: Dialect, stream: bytes, media: str = SSE, **extra: Any) -> bytes:
    return restore(dialect, stream, list(range(len(stream))), media, **extra)


def sse(events: list[Any], end: str = "\n", kinds: bool = False) -> bytes:
    out = ""
    for item in events:
        data = item if isinstance(item, str) else json.dumps(item, ensure_ascii=False)
        kind = f"event: {item['type']}{end}" if kinds and isinstance(item, dict) else ""
        out += f"{kind}data: {data}{end}{end}"
    return out.encode()


def data_of(stream: bytes) -> list[Any]:
    lines = stream.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    return [json.loads(line[5:]) for line in lines if line.startswith(b"data:") and b"[DONE]" not in line]


# One stream builder and one reader of its text for each dialect.


def chat_stream(pieces: list[str]) -> list[Any]:
    def chunk(delta: Any, finish: str | None = None) -> Any:
        return {
            "id": "c",
            "object": "chat.completion.chunk",
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        }

    return [
        chunk({"role": "assistant", "content": ""}),
        *(chunk({"content": p}) for p in pieces),
        chunk({}, "stop"),
        "[DONE]",
    ]


def chat_text(stream: bytes) -> str:
    return "".join(e["choices"][0]["delta"].get("content") or "" for e in data_of(stream))


def chat_tool_stream(pieces: list[str]) -> list[Any]:
    def chunk(delta: Any, finish: str | None = None) -> Any:
        return {"id": "c", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}

    head = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "mail", "arguments": ""}}
    calls = [{"tool_calls": [{"index": 0, "function": {"arguments": p}}]} for p in pieces]
    return [
        chunk({"role": "assistant", "content": None, "tool_calls": [head]}),
        *map(chunk, calls),
        chunk({}, "tool_calls"),
        "[DONE]",
    ]


def chat_arguments(stream: bytes) -> str:
    calls = [c for e in data_of(stream) for c in e["choices"][0]["delta"].get("tool_calls", [])]
    assert "".join(c["function"].get("name", "") for c in calls) == "mail"
    return "".join(c["function"]["arguments"] for c in calls)


def messages_stream(pieces: list[str]) -> list[Any]:
    return [
        {"type": "message_start", "message": {"id": "m", "content": [], "usage": {"input_tokens": 1}}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "ping"},
        *({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": p}} for p in pieces),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 9}},
        {"type": "message_stop"},
    ]


def messages_text(stream: bytes) -> str:
    return "".join(e["delta"]["text"] for e in data_of(stream) if e["type"] == "content_block_delta")


def messages_tool_stream(pieces: list[str]) -> list[Any]:
    return [
        {
            "type": "content_block_start",
            "index": 1,
            "content_block": {"type": "tool_use", "id": "toolu_1", "name": "mail", "input": {}},
        },
        *(
            {"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": p}}
            for p in pieces
        ),
        {"type": "content_block_stop", "index": 1},
    ]


def messages_arguments(stream: bytes) -> str:
    return "".join(e["delta"]["partial_json"] for e in data_of(stream) if e["type"] == "content_block_delta")


def responses_stream(pieces: list[str]) -> list[Any]:
    at = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    text = "".join(pieces)
    return [
        {"type": "response.created", "sequence_number": 0, "response": {"id": "resp_1"}},
        *({"type": "response.output_text.delta", **at, "delta": p, "sequence_number": n} for n, p in enumerate(pieces)),
        {"type": "response.output_text.done", **at, "text": text},
        {
            "type": "response.output_item.done",
            "output_index": 0,
            "item": {"content": [{"type": "output_text", "text": text}]},
        },
        {"type": "response.completed", "response": {"output": [{"content": [{"text": text}]}]}},
    ]


def responses_text(stream: bytes) -> str:
    events = data_of(stream)
    text = "".join(e["delta"] for e in events if e["type"].endswith(".delta"))
    done = [e["text"] for e in events if e["type"] == "response.output_text.done"]
    assert done == [text]
    assert events[-1]["response"]["output"][0]["content"][0]["text"] == text
    return text


def responses_tool_stream(pieces: list[str]) -> list[Any]:
    at = {"item_id": "fc_1", "output_index": 0}
    return [
        *({"type": "response.function_call_arguments.delta", **at, "delta": p} for p in pieces),
        {"type": "response.function_call_arguments.done", **at, "arguments": "".join(pieces)},
        {"type": "response.completed", "response": {"output": []}},
    ]


def read_json(value: Any) -> Any:
    match value:
        case str():
            try:
                inner = json.loads(value)
            except ValueError:
                return value
            return ("json", read_json(inner)) if isinstance(inner, dict | list) else value
        case list():
            return [read_json(item) for item in value]
        case dict():
            return {key: read_json(item) for key, item in value.items()}
        case _:
            return value


def responses_arguments(stream: bytes) -> str:
    events = data_of(stream)
    text = "".join(e["delta"] for e in events if e["type"].endswith(".delta"))
    assert read_json(json.loads(events[-2]["arguments"])) == read_json(json.loads(text))
    return text


def gemini_stream(pieces: list[str]) -> list[Any]:
    def body(text: str, **more: Any) -> Any:
        return {"candidates": [{"content": {"parts": [{"text": text}], "role": "model"}, "index": 0, **more}]}

    return [*(body(p) for p in pieces), body("", finishReason="STOP")]


def gemini_text(stream: bytes) -> str:
    return "".join(e["candidates"][0]["content"]["parts"][0]["text"] for e in data_of(stream))


type Builder = Callable[[list[str]], list[Any]]
type Reader = Callable[[bytes], str]
TEXTS: dict[str, tuple[Dialect, Builder, Reader]] = {
    "chat": (CHAT, chat_stream, chat_text),
    "responses": (RESPONSES, responses_stream, responses_text),
    "messages": (ANTHROPIC, messages_stream, messages_text),
    "gemini": (GEMINI, gemini_stream, gemini_text),
}
ARGUMENTS: dict[str, tuple[Dialect, Builder, Reader]] = {
    "chat": (CHAT, chat_tool_stream, chat_arguments),
    "responses": (RESPONSES, responses_tool_stream, responses_arguments),
    "messages": (ANTHROPIC, messages_tool_stream, messages_arguments),
}
