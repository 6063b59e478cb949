"""Streamed replies on their way: decoded, restored, counted, and ended in the open when something fails."""

import gzip
import json

import pytest

from proxy.errors import BodyError
from proxy.providers.openai_chat import OpenAIChat
from proxy.replies import ReplyStream, WholeReply, error_event, passing, restoring, way

TOKENS = {"PERSON_7KQ2MXAB": "Anna Schmidt"}


def _event(text: str) -> bytes:
    return b"data: " + json.dumps({"choices": [{"index": 0, "delta": {"content": text}}]}).encode() + b"\n\n"


def _text(stream: bytes) -> str:
    events = [json.loads(line[6:]) for line in stream.split(b"\n") if line.startswith(b"data: {")]
    return "".join(event["choices"][0]["delta"].get("content", "") for event in events)


def test_passing_changes_nothing_and_counts() -> None:
    stream = passing("x")
    assert stream(b"abc") == [b"abc"]
    assert stream(b"") == []
    assert stream.received == 3


@pytest.mark.parametrize("encoding", ["", "gzip"])
@pytest.mark.parametrize("step", [1, 7, 10_000])
def test_restoring(encoding: str, step: int) -> None:
    body = b"".join(map(_event, ["Dear PER", "SON_7KQ2", "MXAB, hello"])) + b"data: [DONE]\n\n"
    data = gzip.compress(body) if encoding else body
    stream = restoring(OpenAIChat(), TOKENS, "text/event-stream", encoding, "x")
    pieces = [piece for at in range(0, len(data), step) for piece in stream(data[at : at + step])] + stream(b"")
    assert all(pieces)
    assert _text(b"".join(pieces)) == "Dear Anna Schmidt, hello"
    assert b"".join(pieces).endswith(b"data: [DONE]\n\n")


def test_a_damaged_encoding_ends_in_an_error_event() -> None:
    stream = restoring(OpenAIChat(), TOKENS, "text/event-stream", "gzip", "01ABC")
    assert stream(b"not gzip") == [error_event(stream.decision_id)]
    assert stream.failed == "BodyError"


def test_an_encoding_that_cannot_be_streamed_is_refused() -> None:
    with pytest.raises(BodyError):
        restoring(OpenAIChat(), TOKENS, "text/event-stream", "compress", "x")


@pytest.mark.parametrize(
    ("media_type", "streaming", "kind"),
    [
        ("text/event-stream", True, ReplyStream),
        ("", True, ReplyStream),
        ("", False, WholeReply),
        ("application/json", True, WholeReply),
        ("text/plain", False, WholeReply),
        ("image/png", False, ReplyStream),
    ],
)
def test_ways(media_type: str, streaming: bool, kind: type) -> None:
    chosen = way(
        OpenAIChat(),
        TOKENS,
        None,
        None,
        media_type=media_type,
        content_encoding="",
        endpoint="/v1/chat/completions",
        decision_id="id",
        hold=(100, 1.0),
        streaming=streaming,
    )
    assert isinstance(chosen, kind)
    if isinstance(chosen, ReplyStream):
        assert chosen.passes is (media_type == "image/png")
        restored = b"".join([*chosen(_event("PERSON_7KQ2MXAB.")), *chosen(b"")])
        assert (b"Anna Schmidt" in restored) is (media_type != "image/png")


async def test_a_whole_reply_of_no_type_is_restored() -> None:
    whole = WholeReply(OpenAIChat(), TOKENS, None, None)
    assert await whole.finish(b'{"a": "PERSON_7KQ2MXAB"}', "") == b'{"a": "Anna Schmidt"}'
    untouched = b"\xff\xfe"
    assert await whole.finish(untouched, "") is untouched
