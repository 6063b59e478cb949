"""Bodies come in within bounds, or not at all."""

import gzip
import zlib

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from proxy.errors import BodyError, LimitError
from proxy.limits import check_charset, decode_body, decoder

ENCODERS = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}


@pytest.mark.parametrize("name", ENCODERS)
def test_decodes(name: str) -> None:
    body = b'{"text": "hello"}' * 500
    assert decode_body(ENCODERS[name](body), name, len(body)) == body
    assert decode_body(ENCODERS[name](body), name.upper(), len(body)) == body


@pytest.mark.parametrize("name", ENCODERS)
@pytest.mark.parametrize("spoil", [lambda b: b[:-3], lambda b: b + b"x", lambda b: b"junk" + b, lambda _: b""])
def test_refuses_damaged_data(name: str, spoil) -> None:
    with pytest.raises(BodyError):
        decode_body(spoil(ENCODERS[name](b"hello world" * 100)), name, 10_000)


@pytest.mark.parametrize("name", ENCODERS)
def test_refuses_bombs(name: str) -> None:
    bomb = ENCODERS[name](bytes(50_000_000))
    assert len(bomb) < 100_000
    with pytest.raises(LimitError, match=r"limits\.body_bytes"):
        decode_body(bomb, name, 1_000_000)


def test_raw_deflate_is_read_too() -> None:
    machine = zlib.compressobj(wbits=-15)
    raw = machine.compress(b"hello" * 50) + machine.flush()
    assert decode_body(raw, "deflate", 1000) == b"hello" * 50


def test_codings_are_undone_in_reverse_order() -> None:
    body = b"hello" * 100
    assert decode_body(brotli.compress(gzip.compress(body)), "gzip, br", 1000) == body


@pytest.mark.parametrize("name", ["compress", "aes128gcm", "gzip;q=1", "gzip, gzip, gzip"])
def test_unknown_codings_are_refused(name: str) -> None:
    with pytest.raises(BodyError):
        decode_body(b"x", name, 100)


def test_a_plain_body_has_the_same_limit() -> None:
    assert decode_body(b"x" * 100, "", 100) == b"x" * 100
    assert decode_body(b"x" * 100, "identity", 100) == b"x" * 100
    with pytest.raises(LimitError):
        decode_body(b"x" * 101, "", 100)


@given(st.binary(max_size=2000), st.integers(1, 40), st.sampled_from(["", "gzip", "br", "zstd"]))
def test_replies_decode_piece_by_piece(body: bytes, step: int, name: str) -> None:
    encoded = ENCODERS[name](body) if name else body
    machine = decoder(name)
    assert b"".join(machine.feed(encoded[i : i + step]) for i in range(0, len(encoded), step)) == body


def test_a_damaged_reply_is_an_error() -> None:
    with pytest.raises(BodyError):
        decoder("gzip").feed(b"not gzip at all")
    with pytest.raises(BodyError):
        decoder("compress")


@pytest.mark.parametrize(
    ("content_type", "body", "read"),
    [
        ("application/json", b"\xc3\xa4", True),
        ("application/json; charset=UTF-8", b"\xc3\xa4", True),
        ('text/plain; charset="us-ascii"; format=flowed', b"a", True),
        ("text/plain; charset=ISO-8859-1", b"plain", True),
        ("text/plain; charset=ISO-8859-1", b"\xe4", False),
        ("application/json; charset=utf-7", b"+AEE-", False),
        ("application/json; charset = utf-16", b"a", False),
        ("application/json; charset=utf-8; charset=utf-7", b"a", True),  # as the first says, so most readers
        ("application/json; charset=", b"a", False),
    ],
)
def test_charsets(content_type: str, body: bytes, read: bool) -> None:
    if read:
        check_charset(content_type, body)
    else:
        with pytest.raises(BodyError):
            check_charset(content_type, body)


def test_a_gzip_header_with_a_file_name_is_refused() -> None:
    whole = gzip.compress(b"hello")
    assert decode_body(whole, "gzip", 100) == b"hello"
    for flag in (4, 8, 16):
        with pytest.raises(BodyError):
            decode_body(whole[:3] + bytes([flag]) + whole[4:], "gzip", 100)
