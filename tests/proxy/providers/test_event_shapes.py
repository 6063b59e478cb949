"""Events told by what is in them; and texts that go on in events that nobody knows."""

from typing import Any

import pytest

from proxy.providers.event_shapes import known_shape
from proxy.providers.generic import Generic
from proxy.restore import StreamRestorer

KNOWN: list[tuple[Any, str]] = [
    ({"choices": [{"text": "x"}]}, "/choices/0/text"),
    ({"candidates": [{"content": {"parts": [{"text": "x"}]}}]}, "/candidates/0/content/parts/0/text"),
    ({"response": {"candidates": [{"content": {"parts": [{"text": "x"}]}}]}}, "/response/candidates/0/content/parts/0/text"),
    ({"type": "response.output_text.delta", "output_index": 0, "delta": "x"}, "/delta"),
    ({"type": "transcript.text.delta", "delta": "x"}, "/delta"),
    ({"type": "message.output.delta", "content": "x"}, "/content"),
    ({"type": "function.call.delta", "arguments": "{"}, "/arguments"),
    ({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "x"}}, "/delta/text"),
    ({"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": "x"}}}}, "/delta/message/content/text"),
    ({"event_type": "text-generation", "text": "x"}, "/text"),
    ({"message": {"content": "x"}, "done": False}, "/message/content"),
    (
        {"id": "m", "object": "thread.message.delta", "delta": {"content": [{"index": 0, "text": {"value": "x"}}]}},
        "/delta/content/0/text/value",
    ),
    # web applications
    ({"p": "/message/content/parts/0", "o": "append", "v": "x"}, "/v"),
    ({"v": "x"}, "/v"),
    ({"o": "patch", "v": [{"p": "/message/status", "o": "replace", "v": "y"}, {"p": "/m", "o": "append", "v": "x"}]}, "/v/1/v"),
    ({"type": "completion", "completion": "x"}, "/completion"),
    # nobody's
    ({"data": {"token": "x"}}, "/data/token"),
    ({"items": [{"output": "x"}]}, "/items/0/output"),
]  # fmt: skip


@pytest.mark.parametrize(("event", "pointer"), KNOWN)
def test_known_shape(event: Any, pointer: str) -> None:
    assert [delta.pointer for delta in known_shape(event).deltas] == [pointer]


@pytest.mark.parametrize(
    "event",
    [{}, [], "text", 1, None, {"v": {"text": "x"}}, {"v": []}, {"a": {"b": {"c": {"d": {"e": {"text": "x"}}}}}}],
)
def test_events_without_text(event: Any) -> None:
    shape = known_shape(event)
    assert (shape.deltas, shape.closes) == ((), ("*",))


@pytest.mark.parametrize(
    "events",
    [
        [b'{"p": "/message/content/parts/0", "o": "append", "v": "Dear PERSON_7K"}', b'{"v": "Q2MXAB, hello"}'],
        [b'{"data": {"token": "Dear PERSON_7K"}}', b'{"data": {"token": "Q2MXAB, hello"}}'],
        [b'{"completion": "Dear PERSON_7K"}', b'{"completion": "Q2MXAB, hello"}'],
    ],
)
def test_a_token_in_two_events_of_a_page_is_restored(events: list[bytes]) -> None:
    restorer = StreamRestorer(Generic(), {"PERSON_7KQ2MXAB": "Anna Schmidt"}, "text/event-stream")
    stream = b"".join(b"data: " + event + b"\n\n" for event in events)
    sent = b"".join([*restorer.feed(stream), *restorer.finish()])
    assert b"Dear Anna Schmidt" in sent
    assert b"PERSON" not in sent
