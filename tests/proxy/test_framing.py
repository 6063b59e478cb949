"""Cutting streams into events."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.framing import (
    ArrayFramer,
    Frame,
    Framer,
    WholeFramer,
    WholeMessage,
    line_framer,
    parse_sse,
    parse_whole,
    sse_framer,
)

ENDS = st.sampled_from([b"\n", b"\r\n", b"\r"])
LINES = st.sampled_from([b"", b"data: {}", b"data:x", b"data", b": c", b"event: e", b"id: 1", b"datax: y", b"\xff"])


def run(framer: Framer, stream: bytes, cuts: list[int]) -> list[Frame]:
    frames: list[Frame] = []
    start = 0
    for end in sorted({*(cut % (len(stream) + 1) for cut in cuts), len(stream)}):
        frames += framer.feed(stream[start:end])
        start = end
    return frames + framer.finish()


def events(frames: list[Frame]) -> list[bytes]:
    return [frame.data for frame in frames if frame.event]


@given(
    lines=st.lists(st.tuples(LINES, ENDS), max_size=12),
    cuts=st.lists(st.integers(0, 1000), max_size=12),
    limit=st.sampled_from([5, 20, 1000]),
)
def test_sse_frames_do_not_depend_on_cuts(lines: list[tuple[bytes, bytes]], cuts: list[int], limit: int) -> None:
    stream = b"".join(line + end for line, end in lines)
    whole, cut = run(sse_framer(limit), stream, []), run(sse_framer(limit), stream, cuts)
    assert b"".join(frame.data for frame in whole) == stream
    assert b"".join(frame.data for frame in cut) == stream
    assert events(cut) == events(whole)
    for frame in whole:
        assert b"".join(prefix + content + end for prefix, content, end, _ in parse_sse(frame.data).lines) == frame.data


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (b"data: a\n\ndata: b\n\n", [b"data: a\n\n", b"data: b\n\n"]),
        (b"data: a\r\n\r\ndata: b\r\n\r\n", [b"data: a\r\n\r\n", b"data: b\r\n\r\n"]),
        (b"data: a\r\rdata: b\r\r", [b"data: a\r\r", b"data: b\r\r"]),
        (b"data: a\r\ndata: b\r\n\r\n", [b"data: a\r\ndata: b\r\n\r\n"]),
        (b"data: a\n\r\ndata: b", [b"data: a\n\r\n", b"data: b"]),
        (b"", []),
    ],
)
def test_sse_events(stream: bytes, expected: list[bytes]) -> None:
    assert events(run(sse_framer(), stream, [])) == expected
    assert events(run(sse_framer(), stream, list(range(len(stream))))) == expected


@pytest.mark.parametrize(
    ("event", "data"),
    [
        (b"data: a\n\n", b"a"),
        (b"data:a\n\n", b"a"),
        (b"data:  a\n\n", b" a"),
        (b"data\n\n", b""),
        (b"data: a\ndata: b\n\n", b"a\nb"),
        (b"\xef\xbb\xbfdata: a\n\n", b"a"),
        (b": data: a\n\n", None),
        (b"datum: a\n\n", None),
        (b"event: x\n\n", None),
    ],
)
def test_the_data_of_an_event(event: bytes, data: bytes | None) -> None:
    assert parse_sse(event).data == data


@pytest.mark.parametrize(
    ("event", "data", "expected"),
    [
        (b"event: e\r\ndata: a\r\n\r\n", b"b", b"event: e\r\ndata: b\r\n\r\n"),
        (b"data: a\ndata: b\nid: 1\n\n", b"c\nd", b"data: c\ndata: d\nid: 1\n\n"),
        (b"data: a\n\n", b"b\nc", b"data: b\ndata: c\n\n"),
        (b"data: a", b"b", b"data: b\n"),
        (b"\xef\xbb\xbfdata: a\n\n", b"b\nc", b"\xef\xbb\xbfdata: b\ndata: c\n\n"),
    ],
)
def test_an_event_with_other_data(event: bytes, data: bytes, expected: bytes) -> None:
    assert parse_sse(event).with_data(data) == expected


json_objects = st.dictionaries(
    st.text(max_size=3), st.one_of(st.text('{}[]"\\,a', max_size=6), st.lists(st.integers(), max_size=2)), max_size=3
)


@given(
    objects=st.lists(json_objects, max_size=4),
    gap=st.sampled_from([",", ",\r\n", " , "]),
    cuts=st.lists(st.integers(0, 1000), max_size=12),
    limit=st.sampled_from([10, 10_000]),
)
def test_array_frames_do_not_depend_on_cuts(objects: list[object], gap: str, cuts: list[int], limit: int) -> None:
    stream = f"[{gap.join(json.dumps(item) for item in objects)}]".encode()
    whole, cut = run(ArrayFramer(limit), stream, []), run(ArrayFramer(limit), stream, cuts)
    assert b"".join(frame.data for frame in whole) == stream
    assert b"".join(frame.data for frame in cut) == stream
    assert events(cut) == events(whole)
    if limit > 10:
        assert [json.loads(event) for event in events(whole)] == objects


def test_an_event_over_the_limit_is_no_event() -> None:
    stream = b"data: " + b"x" * 50 + b"\n\ndata: y\n\n"
    for cuts in ([], list(range(len(stream)))):
        assert events(run(sse_framer(20), stream, cuts)) == [b"data: y\n\n"]


def test_a_last_event_over_the_limit_is_no_event_either() -> None:
    stream = b"data: {}\n\r"  # an LF might still follow, so that only the end tells that it is whole
    for cuts in ([], list(range(len(stream)))):
        assert events(run(sse_framer(5), stream, cuts)) == []


def test_lines() -> None:
    assert events(run(line_framer(), b"a\nb\nc", [1, 3])) == [b"a\n", b"b\n", b"c"]


def test_a_repr_holds_no_content() -> None:
    assert "secret" not in repr(Frame(b"secret")) + repr(parse_sse(b"data: secret\n\n"))


@given(content=st.binary(max_size=40), is_text=st.booleans())
def test_a_whole_message_is_what_it_was(content: bytes, is_text: bool) -> None:
    message = WholeMessage.of(content, is_text=is_text)
    (frame,) = WholeFramer(100).feed(message.written())
    assert frame.event
    again = parse_whole(frame.data)
    assert (again.data, again.is_text) == (content, is_text)
    assert parse_whole(again.with_data(b"other")) == WholeMessage.of(b"other", is_text=is_text)
    assert repr(message) == f"WholeMessage({len(content)} bytes)"


def test_a_whole_message_over_the_limit_is_no_event() -> None:
    framer = WholeFramer(10)
    assert [frame.event for frame in framer.feed(b"t" * 11) + framer.feed(b"t" * 10)] == [False, True]
    assert framer.finish() == []
