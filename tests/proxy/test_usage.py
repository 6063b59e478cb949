"""Tokens that replies tell, in the shapes of many vendors, whole and cut anywhere; and that nothing here can break."""

import gzip
import json
from pathlib import Path

import pytest
from genai_prices import extract_usage
from hypothesis import given
from hypothesis import strategies as st

from proxy.event_stream import event_message
from proxy.usage import Usage, UsageReader, counted

WIRE = Path(__file__).parents[2] / "../shared/data/wire"
SSE, JSON, STREAM = "text/event-stream", "application/json", "application/vnd.amazon.eventstream"
PROVIDERS = {"gemini": "google", "bedrock": "aws"}


def sse(*events: object) -> bytes:
    return b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events)


def read(body: bytes, media_type: str = JSON, step: int = 1 << 20, **headers: str) -> Usage | None:
    reader = UsageReader({"content-type": media_type, **headers})
    for at in range(0, len(body), step):
        reader.feed(body[at : at + step])
    return reader.usage


ANSWERS = [
    pytest.param(
        JSON,
        json.dumps(
            {
                "choices": [{"message": {"content": 'say "usage": {"prompt_tokens": 7}'}}],
                "usage": {
                    "prompt_tokens": 100,
                    "completion_tokens": 20,
                    "total_tokens": 120,
                    "prompt_tokens_details": {"cached_tokens": 64},
                    "completion_tokens_details": {"reasoning_tokens": 8},
                },
            },
            indent=2,
        ).encode(),
        Usage(100, 20, 64, 0),
        id="openai-chat",
    ),
    pytest.param(
        SSE,
        sse(
            {"choices": [{"delta": {"content": "Hi"}}], "usage": None},
            {"choices": [], "usage": {"prompt_tokens": 11, "completion_tokens": 3}},
        )
        + b"data: [DONE]\n\n",
        Usage(11, 3),
        id="openai-stream",
    ),
    pytest.param(
        SSE,
        sse(
            {"type": "response.created", "response": {"usage": None}},
            {
                "type": "response.completed",
                "response": {
                    "usage": {"input_tokens": 50, "output_tokens": 5, "input_tokens_details": {"cached_tokens": 32}}
                },
            },
        ),
        Usage(50, 5, 32),
        id="openai-responses-stream",
    ),
    pytest.param(
        JSON,
        json.dumps({"data": [], "usage": {"prompt_tokens": 8, "total_tokens": 8}}).encode(),
        Usage(8, 0),
        id="embeddings",
    ),
    pytest.param(
        SSE,
        sse(
            {
                "type": "message_start",
                "message": {
                    "usage": {
                        "input_tokens": 25,
                        "cache_read_input_tokens": 1000,
                        "cache_creation_input_tokens": 200,
                        "output_tokens": 1,
                    }
                },
            },
            {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "Hi"}},
            {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 15}},
        ),
        Usage(1225, 15, 1000, 200),
        id="anthropic-stream",
    ),
    pytest.param(
        JSON,
        json.dumps(
            [
                {"usageMetadata": {"promptTokenCount": 10, "candidatesTokenCount": 1}},
                {
                    "usageMetadata": {
                        "promptTokenCount": 10,
                        "candidatesTokenCount": 9,
                        "thoughtsTokenCount": 30,
                        "cachedContentTokenCount": 4,
                        "toolUsePromptTokenCount": 100,
                    }
                },
            ]
        ).encode(),
        Usage(110, 39, 4),
        id="gemini",
    ),
    pytest.param(
        STREAM,
        event_message("contentBlockDelta", {"delta": {"text": "Hi"}})
        + event_message(
            "metadata", {"usage": {"inputTokens": 30, "outputTokens": 6, "cacheReadInputTokens": 5, "totalTokens": 41}}
        ),
        Usage(35, 6, 5),
        id="bedrock-converse-stream",
    ),
    pytest.param(
        JSON,
        json.dumps({"usage": {"billed_units": {"input_tokens": 12.0, "output_tokens": 7.0}}}).encode(),
        Usage(12, 7),
        id="cohere",
    ),
    pytest.param(
        "application/x-ndjson",
        b'{"message":{"content":"Hi"},"done":false}\n{"done":true,"prompt_eval_count":26,"eval_count":298}\n',
        Usage(26, 298),
        id="ollama",
    ),
]


@pytest.mark.parametrize(("media_type", "body", "expected"), ANSWERS)
@pytest.mark.parametrize("step", [1, 7, 100, 1 << 20])
def test_answers(media_type: str, body: bytes, expected: Usage, step: int) -> None:
    assert read(body, media_type, step) == expected


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b'{"usage": null}',
        b'{"usage": {}}',
        b'{"usage": {"input_tokens": "many", "output_tokens": -4}}',
        b'{"usage": {"input_tokens": true}}',
        b'{"text": "\\"usage\\": {\\"input_tokens\\": 5}"}',
        b'{"usage": {"input_tokens": 5',
        b'{"usage": ' + b"[" * 3000,
        b"\xff\xfe" * 500,
    ],
)
@pytest.mark.parametrize("step", [3, 1 << 20])
def test_what_tells_nothing(body: bytes, step: int) -> None:
    assert read(body, step=step) is None


def test_compressed() -> None:
    body = json.dumps({"usage": {"input_tokens": 3, "output_tokens": 4}}).encode()
    assert read(gzip.compress(body), step=5, **{"content-encoding": "gzip"}) == Usage(3, 4)
    assert read(body, **{"content-encoding": "gzip"}) is None  # damaged
    assert read(body, **{"content-encoding": "rot13"}) is None


def test_bedrocks_headers() -> None:
    headers = {"x-amzn-bedrock-input-token-count": "17", "x-amzn-bedrock-output-token-count": "4"}
    assert read(b'{"completion": "Hi"}', **headers) == Usage(17, 4)
    assert read(b"{}", **{"x-amzn-bedrock-input-token-count": "many"}) is None


def test_a_long_reply_is_bounded() -> None:
    reader = UsageReader({"content-type": JSON, "content-encoding": "gzip"})
    reader.feed(gzip.compress(b"0" * 65_000_000))
    reader.feed(b'{"usage": {"input_tokens": 3}}')
    assert reader.usage is None


@given(st.binary(max_size=300), st.sampled_from([SSE, JSON, STREAM, ""]), st.sampled_from(["", "gzip", "br", "zstd"]))
def test_nothing_breaks_it(body: bytes, media_type: str, encoding: str) -> None:
    read(body, media_type, 7, **{"content-encoding": encoding})


@pytest.mark.skipif(not WIRE.exists(), reason="the recordings aren't here")
def test_recordings_say_what_another_reader_says() -> None:
    """genai-prices reads the same replies by its own rules."""
    compared = 0
    for line in (WIRE / "index.jsonl").read_text().splitlines():
        entry = json.loads(line)
        body = (WIRE / entry["response"]).read_bytes()
        if not entry["response"].endswith(".json") or b"usage" not in body:
            continue
        # It leaves out what Gemini's tools said.
        if b"toolUsePromptTokenCount" in body:
            continue
        theirs = _other(entry["provider"], json.loads(body))
        if theirs is not None:
            assert read(body) == theirs, entry["response"]
            compared += 1
    assert compared > 20


def _other(provider: str, body: object) -> Usage | None:
    for flavor in ("default", "chat", "responses", "anthropic", "embeddings"):
        try:
            found = extract_usage(body, provider_id=PROVIDERS.get(provider, provider), api_flavor=flavor).usage
        except (LookupError, ValueError):
            continue
        return Usage(
            *(int(number or 0) for number in (found.input_tokens, found.output_tokens, found.cache_read_tokens)),
            int(found.cache_write_tokens or 0),
        )
    return None


def test_counted_knows_only_numbers() -> None:
    assert counted({"input_tokens": 3, "details": {"input_tokens": 9}, "name": "x"}) == {"input": 3}


@pytest.mark.parametrize(
    ("named", "tier"),
    [
        (["flex"], "flex"),
        (["auto", "flex"], "flex"),
        (["default", "flex"], ""),  # a client's own metadata, repeated after what the vendor says
        (["flex", "default"], ""),
        (["standard", "batch"], ""),
        (["priority", "default"], "priority"),
        (["default"], ""),
    ],
)
def test_of_several_tiers_the_dearest_counts(named: list[str], tier: str) -> None:
    said = ",".join(f'"x": {{"service_tier":"{one}"}}' for one in named)
    found = read(b'{"usage":{"input_tokens":3,"output_tokens":1},%s}' % said.encode())
    assert found is not None
    assert found.tier == tier
