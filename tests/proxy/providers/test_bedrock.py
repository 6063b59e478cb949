"""Bedrock's formats."""

import json
from typing import Any

import pytest
from botocore.eventstream import EventStreamBuffer

from local_models.speech import Call
from proxy.message import ChatMessage, Refusal, Request, Role
from proxy.providers.bedrock import BedrockConverse, BedrockCount, BedrockInvoke, converse_shape, is_bidirectional
from proxy.providers.dialect import Answer

CONVERSE = BedrockConverse()
MODEL = "us.amazon.nova-micro-v1%3A0"


def request(body: Any, operation: str = "converse") -> Request:
    return Request("POST", "h", f"/model/{MODEL}/{operation}", {}, json.dumps(body).encode())


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ("converse", BedrockConverse),
        ("converse-stream", BedrockConverse),
        ("count-tokens", BedrockCount),
        ("invoke", BedrockInvoke),
        ("invoke-with-response-stream", BedrockInvoke),
        ("invoke-with-bidirectional-stream", None),
        ("other", None),
    ],
)
def test_matches(operation: str, expected: type | None) -> None:
    dialects = [kind() for kind in (BedrockConverse, BedrockCount, BedrockInvoke)]
    matching = [type(dialect) for dialect in dialects if dialect.matches(request({}, operation))]
    assert matching == ([expected] if expected else [])
    for dialect in dialects:
        assert dialect.model(request({}, "converse")) == "us.amazon.nova-micro-v1:0"
        assert dialect.model(Request("POST", "h", "/x", {}, b"")) == ""


RESULT = [{"text": "x"}, {"json": {"b": 2}}]


def test_chat() -> None:
    body = {
        "system": [{"text": "Be brief"}],
        "messages": [
            {"role": "user", "content": [{"text": "Hi"}, {"cachePoint": {"type": "default"}}]},
            {"role": "assistant", "content": [{"toolUse": {"toolUseId": "t1", "name": "f", "input": {"a": 1}}}]},
            {"role": "user", "content": [{"toolResult": {"toolUseId": "t1", "content": RESULT}}]},
        ],
        "inferenceConfig": {"maxTokens": 7, "temperature": 0.5},
    }
    chat = CONVERSE.chat(request(body, "converse-stream"))
    assert chat is not None
    assert chat.messages == (
        ChatMessage(Role.SYSTEM, "Be brief"),
        ChatMessage(Role.USER, "Hi"),
        ChatMessage(Role.ASSISTANT, "", calls=(Call("t1", "f", '{"a":1}'),)),
        ChatMessage(Role.TOOL, 'x\n{"json":{"b":2}}', answers="t1"),
    )
    assert (chat.stream, chat.max_tokens, chat.temperature) == (True, 7, 0.5)
    assert CONVERSE.chat(request({"messages": []})) is None
    assert BedrockInvoke().chat(request({"messages": [{"role": "user", "content": "x"}]}, "invoke")) is None
    assert BedrockCount().chat(request(body, "count-tokens")) is None


def test_what_lies_in_a_bucket_cannot_be_read() -> None:
    block = {"video": {"format": "mp4", "source": {"s3Location": {"uri": "s3://bucket/anna.mp4"}}}}
    extraction = CONVERSE.extract(json.dumps({"messages": [{"role": "user", "content": [block]}]}).encode())
    assert [item.reason.value for item in extraction.skipped] == ["opaque"]
    assert "s3://bucket/anna.mp4" in {segment.text for segment in extraction.segments}


async def test_answers() -> None:
    async def pieces() -> Any:
        for piece in ("He", "llo"):
            yield piece

    chat = CONVERSE.chat(request({"messages": [{"role": "user", "content": [{"text": "x"}]}]}))
    assert chat is not None
    whole = json.loads(CONVERSE.reply(chat, Answer("Hello", "m", 3, 2), "01J").body)
    assert whole["output"]["message"]["content"] == [{"text": "Hello"}]
    buffer = EventStreamBuffer()
    buffer.add_data(b"".join([event async for event in CONVERSE.reply_stream(chat, pieces(), "m", "01J")]))
    events = [(event.headers[":event-type"], json.loads(event.payload)) for event in buffer]
    assert "".join(data["delta"]["text"] for kind, data in events if kind == "contentBlockDelta") == "Hello"
    assert [kind for kind, _ in events][-2:] == ["messageStop", "metadata"]


@pytest.mark.parametrize(
    ("status", "kind"),
    [(403, "AccessDeniedException"), (400, "ValidationException"), (413, "ValidationException"),
     (404, "ResourceNotFoundException"), (503, "ServiceUnavailableException")],
)  # fmt: skip
def test_refusals_name_their_kind_where_sdks_look(status: int, kind: str) -> None:
    for dialect in (CONVERSE, BedrockCount(), BedrockInvoke()):
        response = dialect.refusal(Refusal("01J", "No.", status=status))
        assert (response.status, response.headers["x-amzn-errortype"]) == (status, kind)


SHAPES: list[tuple[Any, list[tuple[str, str, bool]], tuple[str, ...], tuple[str, ...]]] = [
    ({"contentBlockIndex": 0, "delta": {"text": "x"}}, [("block/0/text", "/delta/text", False)], (), ()),
    (
        {"contentBlockIndex": 1, "delta": {"toolUse": {"input": "{"}}},
        [("block/1/json", "/delta/toolUse/input", True)], (), (),
    ),
    ({"contentBlockIndex": 0, "delta": {"reasoningContent": {"text": "x"}}}, [], (), ("/delta/reasoningContent/text",)),
    ({"contentBlockIndex": 0}, [], ("block/0",), ()),
    ({"contentBlockIndex": 0, "start": {"toolUse": {}}}, [], (), ()),
    ({"stopReason": "end_turn"}, [], ("*",), ()),
    ({"role": "assistant"}, [], (), ()),
    ([], [], (), ()),
]  # fmt: skip


@pytest.mark.parametrize(("event", "deltas", "closes", "keeps"), SHAPES)
def test_shape(event: Any, deltas: Any, closes: tuple[str, ...], keeps: tuple[str, ...]) -> None:
    shape = converse_shape(event)
    assert [(delta.channel, delta.pointer, delta.is_json) for delta in shape.deltas] == deltas
    assert (shape.closes, shape.keeps) == (closes, keeps)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/model/amazon.nova-sonic-v1:0/invoke-with-bidirectional-stream", True),
        ("/bedrock/model/m/invoke-with-bidirectional-stream/?x=1", True),
        ("/model/m/invoke-with-response-stream", False),
        ("/model/m/converse?x=/invoke-with-bidirectional-stream", False),
    ],
)
def test_streams_in_both_directions(path: str, expected: bool) -> None:
    assert is_bidirectional(path) is expected
