"""AWS's binary framing: cut anywhere, read, written again; botocore's own reader is the judge."""

import base64
import json
from pathlib import Path

import pytest
from botocore.eventstream import EventStreamBuffer
from hypothesis import given
from hypothesis import strategies as st

from proxy.event_stream import EventStreamFramer, event_message, message, parse_message
from proxy.providers.bedrock import BedrockConverse, BedrockInvoke
from proxy.restore import StreamRestorer

WIRE = Path(__file__).parents[2] / "../shared/data/wire"
TOKENS = {"PERSON_7KQ2MXAB": "Anna Schmidt-Ünal"}
TYPE = "application/vnd.amazon.eventstream"


def read(data: bytes) -> list[tuple[str, bytes]]:
    """What botocore reads: kind and payload of every message. It checks both checksums."""
    buffer = EventStreamBuffer()
    buffer.add_data(data)
    return [(event.headers.get(":event-type", ""), event.payload) for event in buffer]


def through(restorer: StreamRestorer, data: bytes, size: int) -> bytes:
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    return b"".join([*(out for piece in pieces for out in restorer.feed(piece)), *restorer.finish()])


def delta(text: str) -> bytes:
    return event_message("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": text}, "p": "abc"})


@given(text=st.text(max_size=30))
def test_what_is_written_is_read_by_botocore(text: str) -> None:
    ((kind, payload),) = read(event_message("contentBlockDelta", {"delta": {"text": text}}))
    assert kind == "contentBlockDelta"
    assert json.loads(payload) == {"delta": {"text": text.encode("utf-8", "replace").decode()}}


@pytest.mark.parametrize("size", [1, 7, 100, 10_000])
def test_frames_join_to_the_same_bytes(size: int) -> None:
    stream = delta("Hello") + delta("wörld") + message(b"", b"")
    framer = EventStreamFramer()
    frames = [frame for at in range(0, len(stream), size) for frame in framer.feed(stream[at : at + size])]
    assert [frame.event for frame in frames] == [True, True, True]
    assert b"".join(frame.data for frame in frames) == stream
    assert framer.finish() == []


DAMAGE = [
    b"not an event stream at all",
    delta("x")[:5] + b"\x00" + delta("x")[6:],
    b"\x00\x00\x00\x05\x00\x00\x00\x00" + b"\x00" * 20,
]


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("size", [1, 1000])
def test_from_damage_on_bytes_pass_as_they_are(damage: bytes, size: int) -> None:
    stream = delta("PERSON_7K") + damage + delta("Q2MXAB")
    assert through(StreamRestorer(BedrockConverse(), TOKENS, TYPE), stream, size) == stream


def test_a_message_with_a_wrong_checksum_passes_unread_and_the_next_is_read() -> None:
    broken = delta("PERSON_7KQ2MXAB")[:-1] + b"\x00"
    sent = through(StreamRestorer(BedrockConverse(), TOKENS, TYPE), broken + delta("PERSON_7KQ2MXAB "), 9)
    assert sent.startswith(broken)
    ((_, payload),) = read(sent[len(broken) :])
    assert json.loads(payload)["delta"]["text"] == "Anna Schmidt-Ünal "


def test_a_message_that_is_too_large_passes_unread() -> None:
    stream = delta("PERSON_7KQ2MXAB" * 50) + delta("PERSON_7KQ2MXAB ")
    sent = through(StreamRestorer(BedrockConverse(), TOKENS, TYPE, limit=300), stream, 50)
    first, second = read(sent)
    assert b"PERSON" in first[1]
    assert json.loads(second[1])["delta"]["text"] == "Anna Schmidt-Ünal "


def test_a_message_that_is_cut_off_passes() -> None:
    stream = delta("Hello ") + delta("PERSON_7KQ2MXAB")[:30]
    assert through(StreamRestorer(BedrockConverse(), TOKENS, TYPE), stream, 11) == stream


@pytest.mark.parametrize("size", [1, 13, 10_000])
def test_tokens_are_restored_across_messages_with_right_checksums(size: int) -> None:
    stream = (
        event_message("messageStart", {"role": "assistant"}) + delta("Dear PERSON_") + delta("7KQ2") + delta("MXAB, hi")
    )
    stream += event_message("contentBlockStop", {"contentBlockIndex": 0})
    sent = read(through(StreamRestorer(BedrockConverse(), TOKENS, TYPE), stream, size))
    assert [kind for kind, _ in sent] == [kind for kind, _ in read(stream)]
    texts = [json.loads(payload).get("delta", {}).get("text", "") for _, payload in sent]
    assert "".join(texts) == "Dear Anna Schmidt-Ünal, hi"
    assert all(json.loads(payload).get("p", "abc") == "abc" for _, payload in sent)


def test_tool_input_stays_json() -> None:
    def piece(text: str) -> bytes:
        return event_message("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"toolUse": {"input": text}}})

    stream = piece('{"to": "PERSON_7K') + piece('Q2MXAB"}')
    sent = read(through(StreamRestorer(BedrockConverse(), {"PERSON_7KQ2MXAB": 'Anna "A"'}, TYPE), stream, 5))
    joined = "".join(json.loads(payload)["delta"]["toolUse"]["input"] for _, payload in sent)
    assert json.loads(joined) == {"to": 'Anna "A"'}


def test_signed_thinking_is_left_alone() -> None:
    def piece(delta: dict[str, str]) -> bytes:
        return event_message("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"reasoningContent": delta}})

    stream = piece({"text": "PERSON_7KQ2MXAB wants"}) + piece({"signature": "EqQBCkYIAxgCIkBx"})
    assert through(StreamRestorer(BedrockConverse(), TOKENS, TYPE), stream, 1000) == stream


@pytest.mark.parametrize("size", [1, 50, 10_000])
def test_a_models_own_events_are_restored_inside_their_wrapping(size: int) -> None:
    def chunk(text: str) -> bytes:
        event = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}
        wrapped = base64.b64encode(json.dumps(event).encode()).decode()
        return event_message("chunk", {"bytes": wrapped, "p": "abcd"})

    stream = chunk("Dear PERSON_7K") + chunk("Q2MXAB, hi")
    sent = [
        json.loads(payload) for _, payload in read(through(StreamRestorer(BedrockInvoke(), TOKENS, TYPE), stream, size))
    ]
    texts = [json.loads(base64.b64decode(data["bytes"]))["delta"]["text"] for data in sent]
    assert "".join(texts) == "Dear Anna Schmidt-Ünal, hi"
    assert [data["p"] for data in sent] == ["abcd", "abcd"]


@pytest.mark.parametrize(
    "payload", [b"", b"[]", b'{"bytes": 1}', b'{"bytes": "%%"}', b'{"bytes": "eA==", "other": 1}', b'{"bytes"']
)
def test_what_is_no_wrapping_is_the_data_itself(payload: bytes) -> None:
    parsed = parse_message(message(b"", payload))
    assert parsed.data == payload
    assert parsed.with_data(b"x") == message(b"", b"x")


@pytest.mark.skipif(not WIRE.exists(), reason="the recorded streams are not here")
@pytest.mark.parametrize("size", [1, 17, 4096])
def test_recorded_streams_stay_the_same(size: int) -> None:
    for path in sorted(WIRE.glob("*.response.bin")):
        stream = path.read_bytes()
        assert through(StreamRestorer(BedrockConverse(), TOKENS, TYPE), stream, size) == stream
        framer = EventStreamFramer()
        assert all(frame.event for frame in framer.feed(stream))
        assert framer.finish() == []
