"""Google's pages: chunks with lengths in UTF-16 units, cut anywhere; a reader of our own, in text, is the judge."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.google_chunks import GUARD, Chunk, JsonFramer, chunk, parse_json_frame
from proxy.providers.generic import Generic
from proxy.restore import StreamRestorer, restore_body

TOKENS = {"PERSON_7KQ2MXAB": 'Anna "Schmidt" 😀'}
JSON = "application/json"


def said(text: str) -> bytes:
    """What the page says: JSON in JSON."""
    inner = json.dumps([None, ["c_1", "r_1"], [["rc_1", [text]]]], ensure_ascii=False)
    return json.dumps([["wrb.fr", None, inner]], ensure_ascii=False).encode()


def page(*texts: str) -> bytes:
    return GUARD + b"\n\n" + b"".join(chunk(said(text)) for text in texts) + chunk(b'[["e",4,null,null,132]]')


def read(body: bytes) -> list[str]:
    """The texts of a page's reply, read as a script does: by characters of UTF-16."""
    units = body.decode().removeprefix(")]}'").lstrip().encode("utf-16-le")
    texts: list[str] = []
    while units.strip(b"\n\0"):
        end = units.index("\n".encode("utf-16-le"))
        length = int(units[:end].decode("utf-16-le"))
        payload, units = units[end : end + 2 * length].decode("utf-16-le"), units[end + 2 * length :]
        assert payload[0] == payload[-1] == "\n"
        (first,) = json.loads(payload)
        if first[0] == "wrb.fr":
            texts.append(json.loads(first[2])[2][0][1][0])
    return texts


def through(body: bytes, size: int) -> bytes:
    restorer = StreamRestorer(Generic(), TOKENS, JSON)
    pieces = [out for at in range(0, len(body), size) for out in restorer.feed(body[at : at + size])]
    return b"".join([*pieces, *restorer.finish()])


TEXTS = ["Dear PERS", "Dear PERSON_7KQ2MXAB, grüße 😀", 'PERSON_7KQ2MXAB "quoted" \n twice: PERSON_7KQ2MXAB']
RESTORED = [text.replace("PERSON_7KQ2MXAB", TOKENS["PERSON_7KQ2MXAB"]) for text in TEXTS]


@pytest.mark.parametrize("size", [1, 2, 7, 100, 100_000])
def test_tokens_come_back_in_chunks_of_the_right_length(size: int) -> None:
    assert read(through(page(*TEXTS), size)) == RESTORED


def test_a_whole_reply_is_restored_alike() -> None:
    assert read(restore_body(page(*TEXTS), JSON, TOKENS)) == RESTORED
    assert read(restore_body(page(*TEXTS), "text/plain", TOKENS)) == RESTORED
    harmless = page("hello", "PERSON_00000000")
    assert restore_body(harmless, JSON, TOKENS) == harmless


@settings(max_examples=60)
@given(st.lists(st.text(max_size=20), max_size=4), st.integers(1, 40))
def test_without_tokens_every_byte_stays(texts: list[str], size: int) -> None:
    texts = [text.encode("utf-8", "replace").decode() for text in texts]
    body = page(*texts)
    assert through(body, size) == body
    assert read(body) == texts


@given(st.text(max_size=20))
def test_a_chunk_is_read_as_it_was_written(text: str) -> None:
    data = json.dumps(text, ensure_ascii=False).encode("utf-8", "replace")
    raw = chunk(data)
    assert parse_json_frame(raw) == Chunk(data, (b"\n", b"\n"))
    assert parse_json_frame(raw).with_data(data) == raw


def test_each_chunk_goes_on_at_once() -> None:
    body = page(*TEXTS)
    restorer = StreamRestorer(Generic(), TOKENS, JSON)
    first = body.index(b"\n", len(GUARD) + 2) + len(said(TEXTS[0])) + 2
    assert b"".join(restorer.feed(body[:first])) == body[:first]


def test_a_document_behind_the_guard_without_lengths() -> None:
    body = GUARD + b'\n["PERSON_7KQ2MXAB"]'
    assert json.loads(through(body, 3).removeprefix(GUARD)) == [TOKENS["PERSON_7KQ2MXAB"]]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b")]",
        GUARD,
        GUARD + b"\n\n12",
        GUARD + b"\n\n50\n[cut off, PERSON_7KQ2MXAB",
        GUARD + b"\n\nno length PERSON_7KQ2MXAB",
        GUARD + b"\n\n1234567890123\nPERSON_7KQ2MXAB",
        GUARD + b"\n\n999999999\nPERSON_7KQ2MXAB",
        GUARD + b"\n\n5\n\xff\xff\xff\nPERSON_7KQ2MXAB",
    ],
)
def test_what_is_not_as_it_says_passes_as_it_came(body: bytes) -> None:
    assert [through(body, size) for size in (1, 3, 100)] == [body] * 3


def test_other_json_is_an_array_that_grows() -> None:
    framer = JsonFramer()
    assert [frame.data for frame in framer.feed(b'[{"a": 1},') if frame.event] == [b'{"a": 1}']
    assert not framer.is_chunked
    assert parse_json_frame(b'{"a": 1}').with_data(b"{}") == b"{}"
    assert "secret" not in repr(parse_json_frame(b'{"secret": 1}'))
