"""Bodies of every kind that no other dialect speaks for."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.finding import Skipped, SkipReason
from proxy.errors import BodyError
from proxy.message import Attachment, Extraction, Refusal, Replacement, Request, Role
from proxy.providers.generic import Generic

FORM = "application/x-www-form-urlencoded"
LINES = "application/x-ndjson"

READ: list[tuple[str, bytes, dict[str, str]]] = [
    ("application/json", b'{"a": {"b": ["x y"]}, "n": 123456789}', {"/a/b/0": "x y", "/n": "123456789"}),
    ("application/vnd.api+json", b'{"a": "x y"}', {"/a": "x y"}),
    (LINES, b'{"a":"x"}\n\n{"a":"y"}\n', {"~line/0/a": "x", "~line/2/a": "y"}),
    ("application/jsonl", b'"x"\n["y"]', {"~line/0": "x", "~line/1/0": "y"}),
    (FORM, b"a=x+y&b=%C3%A9&c=&d", {"~form/a": "x y", "~form/b": "é"}),
    (
        FORM,
        b"f.req=%5B%22x%22%2C%22%5B%5C%22y%5C%22%5D%22%5D",
        {"~form/f.req~key": "f.req", "~form/f.req~json/0": "x", "~form/f.req~json/1~json/0": "y"},
    ),
    (FORM, b"Anna+S=x&a=1&a=2", {"~form/~i0~key": "Anna S", "~form/~i0": "x", "~form/a": "1", "~form/a~2": "2"}),
    (FORM, b'{"a": "\\u0041nna"}', {"/a": "Anna"}),
    ("application/octet-stream", b'{"a": "\\u0041nna"}', {"/a": "Anna"}),
    ("text/plain", "Grüße".encode(), {"": "Grüße"}),
    ("text/plain", b'{"a": "x"}', {"/a": "x"}),
    ("text/plain", b'{"a": "x"', {"": '{"a": "x"'}),
    (
        "application/xml",
        b"<?xml version='1.0' encoding='UTF-8'?><a>x</a>",
        {"": "<?xml version='1.0' encoding='UTF-8'?><a>x</a>"},
    ),
    ("application/xml", b"<a>x</a>", {"": "<a>x</a>"}),
    ("image/svg+xml", b"<a>x</a>", {"": "<a>x</a>"}),
    ("", b'[{"a": "x"}]', {"/0/a": "x"}),
    ("", b"hello", {"": "hello"}),
    ("application/json", b'"x y"', {"": "x y"}),
    ("application/json", b" \n", {}),
]


@pytest.mark.parametrize(("media_type", "body", "expected"), READ)
def test_what_is_read(media_type: str, body: bytes, expected: dict[str, str]) -> None:
    extraction = Generic(media_type=media_type).extract(body)
    assert {segment.pointer: segment.text for segment in extraction.segments} == expected
    assert extraction.skipped == ()


SKIPPED: list[tuple[str, bytes, SkipReason]] = [
    ("application/grpc", b"\x00\x00", SkipReason.UNREADABLE_CLIENT),
    ("application/grpc-web-text", b"AAAA", SkipReason.UNREADABLE_CLIENT),
    ("application/connect+proto", b"\x00\x00", SkipReason.UNREADABLE_CLIENT),
    ("application/connect+proto", b"\x00\x00\x00\x00\x02{}", SkipReason.UNREADABLE_CLIENT),
    ("application/proto", b"\x0a\x01a", SkipReason.UNREADABLE_CLIENT),
    ("application/x-protobuf", b"\x0a\x01a", SkipReason.UNREADABLE_CLIENT),
    ("text/plain", b"Gr\xfc\xdfe", SkipReason.UNREADABLE),
    ("text/plain", b"A" * 2000, SkipReason.UNSUPPORTED_MEDIA),
    ("application/xml", b"<?xml version='1.0' encoding='utf-7'?><a>+AEE-nna</a>", SkipReason.UNREADABLE),
    ("text/xml", b'<?xml version="1.0" encoding="cp500"?><a/>', SkipReason.UNREADABLE),
]


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("text/html", b"An<b>na</b>"),
        ("text/rtf", b"{\\rtf1 An{\\b na}}"),
        ("text/plain", b" {\\rtf1 An{\\b na}}"),
        ("text/plain", b"%PDF-1.7 and so on"),
        ("text/html", b'{"a": "x"}'),
    ],
)
def test_a_body_whose_letters_are_spelled_otherwise_is_a_file(media_type: str, body: bytes) -> None:
    generic = Generic(media_type=media_type)
    assert generic.extract(body) == Extraction((), attachments=(Attachment("", Role.USER, body, media_type),))
    with pytest.raises(BodyError):
        generic.rebuild(body, {}, {"": Replacement(b"[text]", "text/markdown")})


@pytest.mark.parametrize(("media_type", "body", "reason"), SKIPPED)
def test_what_cannot_be_read(media_type: str, body: bytes, reason: SkipReason) -> None:
    extraction = Generic(media_type=media_type).extract(body)
    assert extraction.segments == ()
    assert extraction.skipped == (Skipped("", reason),)
    assert extraction.attachments == ()


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("image/png", b"\x89PNG"),
        ("application/pdf", b"%PDF-1.7 text"),
        ("application/octet-stream", b"%PDF-1.7 text"),
        ("application/octet-stream", b"\x00hello"),
        ("application/x-protobuf-not", b"\x0a\x01a"),
        ("", b"\xff\xfe\x00"),
        ("", b"a\x00b"),
    ],
)
def test_a_body_that_is_a_file_is_an_attachment(media_type: str, body: bytes) -> None:
    dialect = Generic(media_type=media_type)
    extraction = dialect.extract(body)
    assert (extraction.segments, extraction.skipped) == ((), ())
    assert extraction.attachments == (Attachment("", Role.USER, body, media_type),)
    assert dialect.rebuild(body, {}, {"": Replacement(b"new", media_type)}) == b"new"
    with pytest.raises(BodyError):  # the header would go on saying what it was
        dialect.rebuild(body, {}, {"": Replacement(b"new", "text/x-other")})
    with pytest.raises(BodyError):
        dialect.rebuild(body, {"": "text"})


def test_an_untyped_file_that_is_text_is_read() -> None:
    extraction = Generic(media_type="application/octet-stream").extract("Grüße".encode())
    assert [segment.text for segment in extraction.segments] == ["Grüße"]


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("application/json", b"a=b"),
        (LINES, b'{"a":1}\n{"a'),
        (FORM, b"a=%FF"),
        (FORM, "a=é".encode()),
    ],
)
def test_a_body_that_is_not_what_its_type_says_is_an_error(media_type: str, body: bytes) -> None:
    with pytest.raises(BodyError):
        Generic(media_type=media_type).extract(body)


REBUILT: list[tuple[str, bytes, dict[str, str], bytes]] = [
    ("application/json", b'{"a": "x", "n": 1.0}', {"/a": "y"}, b'{"a": "y", "n": 1.0}'),
    (LINES, b'{"a":"x"}\r\n\n{"a": "y"}\n', {"~line/2/a": "z"}, b'{"a":"x"}\r\n\n{"a": "z"}\n'),
    (LINES, b'"x"', {"~line/0": "y"}, b'"y"'),
    (FORM, b"a=x&b=%20&c", {"~form/a": "y z&"}, b"a=y+z%26&b=%20&c"),
    (FORM, b"f=%5B%22x%22%5D", {"~form/f~json/0": "y"}, b"f=%5B%22y%22%5D"),
    (FORM, b"Anna+S=x", {"~form/~i0~key": "[PERSON]"}, b"%5BPERSON%5D=x"),
    ("text/plain", b"x", {"": "é"}, "é".encode()),
    ("", b"x", {"": "y"}, b"y"),
]


@pytest.mark.parametrize(("media_type", "body", "texts", "expected"), REBUILT)
def test_rebuild(media_type: str, body: bytes, texts: dict[str, str], expected: bytes) -> None:
    dialect = Generic(media_type=media_type)
    assert dialect.rebuild(body, texts) == expected
    assert dialect.rebuild(body, {}) is body


@pytest.mark.parametrize(
    ("media_type", "body", "pointer"),
    [
        ("image/png", b"x", ""),
        ("text/plain", b"x", "/a"),
        (LINES, b'"x"', "~line/5"),
        (FORM, b"a=x", "~form/b"),
        ("application/json", b"{}", "/a"),
    ],
)
def test_what_is_not_there_cannot_be_replaced(media_type: str, body: bytes, pointer: str) -> None:
    with pytest.raises(BodyError):
        Generic(media_type=media_type).rebuild(body, {pointer: "y"})


@given(
    fields=st.lists(st.tuples(st.text(max_size=4), st.text(max_size=6)), max_size=4),
    kind=st.sampled_from([FORM, LINES, "text/plain"]),
)
def test_every_text_can_be_replaced(fields: list[tuple[str, str]], kind: str) -> None:
    from urllib.parse import urlencode

    bodies = {
        FORM: urlencode(fields),
        LINES: "\n".join(json.dumps(dict([field])) for field in fields),
        "text/plain": "".join(name + value for name, value in fields),
    }
    dialect = Generic(media_type=kind)
    body = bodies[kind].encode()
    texts = {segment.pointer: f"{segment.text}!" for segment in dialect.extract(body).segments}
    again = dialect.extract(dialect.rebuild(body, texts))
    assert sorted(segment.text for segment in again.segments) == sorted(texts.values())


def test_legacy_completions_with_token_numbers() -> None:
    extraction = Generic().extract(b'{"prompt": [1, 2, 3], "model": "m"}')
    assert extraction.skipped == (Skipped("/prompt", SkipReason.OPAQUE),)


@pytest.mark.parametrize(
    ("provider", "key"), [("anthropic", "type"), ("gemini", "status"), ("openai", "param"), ("generic", "param")]
)
def test_errors_take_the_providers_shape(provider: str, key: str) -> None:
    body = json.loads(Generic(family=provider).refusal(Refusal("01J", "No.")).body)
    assert key in body["error"]


@pytest.mark.parametrize(
    ("event", "channel"),
    [
        ({"choices": [{"text": "x"}]}, "choice/0/text"),
        ({"candidates": [{"content": {"parts": [{"text": "x"}]}}]}, "candidate/0/text"),
        ({"type": "response.output_text.delta", "output_index": 0, "delta": "x"}, "item/0/response.output_text/0"),
        ({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "x"}}, "block/0/text"),
    ],
)
def test_known_events_are_told_by_their_shape(event: Any, channel: str) -> None:
    assert [delta.channel for delta in Generic().shape(event).deltas] == [channel]


def test_the_model() -> None:
    request = Request("POST", "h", "/x", {}, b'{"model": "m"}')
    assert Generic().model(request) == "m"
    assert Generic(media_type="image/png").model(request) == ""
    assert Generic().chat(request) is None
