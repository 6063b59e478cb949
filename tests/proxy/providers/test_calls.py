"""Remote calls with JSON in envelopes: read like any JSON, skipped where there is none."""

import gzip
import json

import pytest

from detectors.finding import Skipped, SkipReason
from proxy.errors import BodyError
from proxy.message import Attachment, Replacement, Request, Role
from proxy.providers.generic import Generic
from proxy.providers.registry import dialect_for
from tests.proxy.test_envelopes import envelope

CALLS = Generic(media_type="application/connect+json", family="opaque", coding="gzip")
BODY = envelope({"text": "Anna", "n": 123456789}) + envelope(gzip.compress(b'{"more": ["Bob", "x"]}'), 1)


def test_what_is_read_and_replaced() -> None:
    read = {segment.pointer: segment.text for segment in CALLS.extract(BODY).segments}
    assert read == {
        "~envelope/0/text": "Anna",
        "~envelope/0/n": "123456789",
        "~envelope/1/more/0": "Bob",
        "~envelope/1/more/1": "x",
    }
    assert CALLS.rebuild(BODY, {}) is BODY
    first, second = CALLS.rebuild(BODY, {"~envelope/1/more/0": "B"})[:34], {"more": ["B", "x"]}
    assert first == BODY[: len(first)]
    assert CALLS.rebuild(BODY, {"~envelope/1/more/0": "B"}).endswith(envelope(second))
    assert CALLS.rebuild(BODY, {"~envelope/0/text": "A"}).startswith(envelope({"text": "A", "n": 123456789}))


def test_a_file_in_an_envelope_is_an_attachment() -> None:
    body = envelope({"file": "data:image/png;base64,iVBORw0KGgo="})
    (file,) = CALLS.extract(body).attachments
    assert file == Attachment("~envelope/0/file", Role.USER, b"\x89PNG\r\n\x1a\n", "image/png")
    new = CALLS.rebuild(body, {}, {file.pointer: Replacement(b"hello", "text/plain")})
    assert new == envelope({"file": "data:text/plain;base64,aGVsbG8="})


def test_what_is_no_json_is_skipped() -> None:
    found = CALLS.extract(envelope(b"\x0a\x04Anna") + envelope({"a": "b"}) + envelope(b""))
    assert found.skipped == (Skipped("~envelope/0", SkipReason.UNREADABLE_CLIENT),)
    assert [segment.text for segment in found.segments] == ["b"]
    protobuf = Generic(media_type="application/connect+proto").extract(envelope(b"\x0a\x04Anna"))
    assert protobuf.skipped == (Skipped("", SkipReason.UNREADABLE_CLIENT),)


@pytest.mark.parametrize("pointer", ["/text", "~envelope/2/text", "~envelope/0/other", "~envelope/x"])
def test_places_that_cannot_be_edited(pointer: str) -> None:
    with pytest.raises(BodyError):
        CALLS.rebuild(BODY, {pointer: "x"})


@pytest.mark.parametrize("body", [b'{"text": "Anna"}', envelope(b'{"text": '), BODY[:-1]])
def test_what_is_not_as_it_says_is_an_error(body: bytes) -> None:
    with pytest.raises(BodyError):
        CALLS.extract(body)


def test_the_header_says_how_it_is_compressed() -> None:
    headers = {"content-type": "application/connect+json", "connect-content-encoding": "gzip"}
    dialect = dialect_for(Request("POST", "api2.cursor.sh", "/aiserver.v1.Chat/Stream", headers, BODY))
    assert (
        json.dumps([segment.text for segment in dialect.extract(BODY).segments]) == '["Anna", "123456789", "Bob", "x"]'
    )
