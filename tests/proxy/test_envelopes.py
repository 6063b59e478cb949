"""Envelopes of remote calls: cut anywhere, read, written again; restored in replies."""

import gzip
import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.envelopes import (
    Envelope,
    EnvelopeFramer,
    compression,
    envelopes,
    is_json_call,
    last_envelope,
    parse_envelope,
)
from proxy.errors import BodyError, LimitError
from proxy.providers.generic import Generic
from proxy.restore import StreamRestorer

TYPE = "application/connect+json"
TOKENS = {"PERSON_7KQ2MXAB": 'Anna "Schmidt" Ünal'}


def envelope(data: object, flags: int = 0) -> bytes:
    payload = data if isinstance(data, bytes) else json.dumps(data).encode()
    return struct.pack(">BI", flags, len(payload)) + payload


@pytest.mark.parametrize(
    ("media_type", "expected"),
    [
        ("application/connect+json", True),
        ("application/grpc+json", True),
        ("application/grpc-web+json", True),
        ("application/connect+proto", False),
        ("application/grpc-web-text+json", False),
        ("application/json", False),
    ],
)
def test_types(media_type: str, expected: bool) -> None:
    assert is_json_call(media_type) is expected


@given(st.lists(st.tuples(st.sampled_from([0, 2, 128]), st.binary(max_size=40)), max_size=5), st.integers(1, 50))
def test_frames_join_to_the_same_bytes_and_are_read(items: list[tuple[int, bytes]], size: int) -> None:
    body = b"".join(envelope(data, flags) for flags, data in items)
    framer = EnvelopeFramer()
    frames = [frame for at in range(0, len(body), size) for frame in framer.feed(body[at : at + size])]
    assert framer.finish() == []
    assert b"".join(frame.data for frame in frames) == body
    assert [parse_envelope(frame.data) for frame in frames] == [Envelope(flags, data) for flags, data in items]
    assert [found for *_, found in envelopes(body, "", 1000)] == [Envelope(flags, data) for flags, data in items]


def test_what_is_compressed_is_read_and_written_plain() -> None:
    body = envelope(b"{}") + envelope(gzip.compress(b'{"a": 1}'), 1)
    found = [item for *_, item in envelopes(body, "gzip", 1000)]
    assert [item.data for item in found] == [b"{}", b'{"a": 1}']
    assert found[1].with_data(b"[]") == envelope(b"[]")
    assert compression({"connect-content-encoding": "gzip"}) == compression({"grpc-encoding": "gzip"}) == "gzip"
    assert compression({"content-encoding": "gzip"}) == ""


@pytest.mark.parametrize(
    ("body", "coding"),
    [
        (b"\0\0\0", ""),
        (envelope(b"{}")[:-1], ""),
        (envelope(b"{}") + b"\0", ""),
        (envelope(b"{}", 4), ""),
        (b'{"a": "not in an envelope"}', ""),
        (envelope(gzip.compress(b"{}"), 1), ""),
        (envelope(gzip.compress(b"{}"), 1), "identity"),
        (envelope(gzip.compress(b"{}"), 1), "br"),
        (envelope(gzip.compress(b"{}"), 1), "snappy"),
        (envelope(b"not gzip", 1), "gzip"),
    ],
)
def test_what_is_not_envelopes_is_refused(body: bytes, coding: str) -> None:
    with pytest.raises(BodyError):
        list(envelopes(body, coding, 1000))


def test_small_envelopes_unfold_within_a_limit_together() -> None:
    bomb = envelope(gzip.compress(bytes(600)), 1)
    assert len(list(envelopes(bomb, "gzip", 1000))) == 1
    with pytest.raises(LimitError):
        list(envelopes(bomb * 2, "gzip", 1000))
    with pytest.raises(LimitError):
        list(envelopes(envelope(bytes(600)) * 2 + bomb, "gzip", 1000))


def test_too_many_envelopes_are_a_limit() -> None:
    assert len(list(envelopes(envelope(b"") * 10_000, "", 1000))) == 10_000
    with pytest.raises(LimitError):
        list(envelopes(envelope(b"") * 10_001, "", 1000))


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_tokens_come_back_in_envelopes_of_the_right_length(size: int) -> None:
    sent = [{"text": "Dear PERS"}, {"text": "ON_7KQ2MXAB, hello"}, {"a": {"b": "PERSON_7KQ2MXAB"}}]
    body = b"".join(map(envelope, sent)) + envelope({}, 2)
    restorer = StreamRestorer(Generic(media_type=TYPE), TOKENS, TYPE)
    pieces = [out for at in range(0, len(body), size) for out in restorer.feed(body[at : at + size])]
    got = list(envelopes(b"".join([*pieces, *restorer.finish()]), "", 10_000))
    said = [json.loads(item.data) for *_, item in got]
    assert said[0]["text"] + said[1]["text"] == f"Dear {TOKENS['PERSON_7KQ2MXAB']}, hello"
    assert said[2:] == [{"a": {"b": TOKENS["PERSON_7KQ2MXAB"]}}, {}]
    assert [item.flags for *_, item in got] == [0, 0, 0, 2]


@pytest.mark.parametrize(
    "body",
    [
        envelope(gzip.compress(b'{"text": "PERSON_7KQ2MXAB"}'), 1),
        b"\x07PERSON_7KQ2MXAB and no envelope",
        envelope(b"PERSON_7KQ2MXAB")[:-3],
        envelope(b"\x0a\x0fPERSON_7KQ2MXAB\xff"),
    ],
)
def test_what_cannot_be_read_passes_as_it_came(body: bytes) -> None:
    restorer = StreamRestorer(Generic(media_type=TYPE), TOKENS, TYPE)
    assert b"".join([*restorer.feed(body), *restorer.finish()]) == body


def test_an_envelope_that_is_too_large_passes_and_the_next_is_restored() -> None:
    large, small = envelope({"a": "PERSON_7KQ2MXAB" * 10}), envelope({"a": "PERSON_7KQ2MXAB"})
    restorer = StreamRestorer(Generic(media_type=TYPE), TOKENS, TYPE, limit=100)
    body = large + small
    out = b"".join(
        [*(o for at in range(0, len(body), 9) for o in restorer.feed(body[at : at + 9])), *restorer.finish()]
    )
    assert out.startswith(large)
    assert json.loads(out[len(large) + 5 :]) == {"a": TOKENS["PERSON_7KQ2MXAB"]}


def test_an_error_ends_a_stream() -> None:
    assert last_envelope(b'{"error": {}}') == envelope(b'{"error": {}}', 2)
    assert "secret" not in repr(parse_envelope(envelope(b"secret")))
