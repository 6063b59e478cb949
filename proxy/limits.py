"""Bodies come in within bounds: content encodings undone, never past a size, in one go or piece by piece.

RFC 9110 §8.4 names the codings: gzip, deflate, br (RFC 7932), zstd (RFC 8878). A coding that is not known, a stream
that is damaged or goes on after its end, is a `BodyError`; more than the limit is a `LimitError`.
"""

import re
import zlib
from collections.abc import Callable
from typing import Protocol

import brotli
import zstandard

from proxy.errors import BodyError, LimitError

# zstd's own default for decoders; a frame may ask for gigabytes (RFC 8878 §3.1.1.1.2 recommends 8 MB).
_ZSTD_WINDOW = 8 * 1024 * 1024
_CODINGS_AT_MOST = 2
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([^\s;\"']*)", re.IGNORECASE)
_UTF_8 = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})
_LIKE_ASCII = frozenset({"iso-8859-1", "latin1", "latin-1", "windows-1252"})


def decode_body(body: bytes, content_encoding: str, limit: int) -> bytes:
    """The body without its content encodings. Raises `BodyError`, `LimitError`."""
    codings = [name.strip().lower() for name in content_encoding.split(",") if name.strip()]
    codings = [name for name in codings if name != "identity"]
    if len(codings) > _CODINGS_AT_MOST:
        raise BodyError(f"content-encoding: at most {_CODINGS_AT_MOST} codings, got {len(codings)}")
    for name in reversed(codings):
        decode = _DECODERS.get(name)
        if decode is None:
            raise BodyError("content-encoding: expected gzip, deflate, br or zstd, got another coding")
        body = decode(body, limit)
    if len(body) > limit:
        raise LimitError(f"the body has {len(body)} bytes, limits.body_bytes allows {limit}")
    return body


def check_charset(content_type: str, body: bytes) -> None:
    """Bodies are read as UTF-8, so that a content type may not say otherwise. Raises `BodyError`."""
    said = _CHARSET.search(content_type)
    if said is None or said[1].lower() in _UTF_8 or (said[1].lower() in _LIKE_ASCII and body.isascii()):
        return
    raise BodyError("the content type names a character set that Privet doesn't read; it reads UTF-8")


class Decoder(Protocol):
    """Undoes a content encoding piece by piece."""

    def feed(self, data: bytes) -> bytes:
        """What these bytes decode to. Raises `BodyError`."""


class _Identity:
    def feed(self, data: bytes) -> bytes:
        return data


class _Stepwise:
    def __init__(self, step: Callable[[bytes], bytes], errors: type[Exception]) -> None:
        self._step, self._errors = step, errors

    def feed(self, data: bytes) -> bytes:
        try:
            return self._step(data)
        except self._errors:
            raise BodyError("the reply's content encoding is damaged") from None


def decoder(content_encoding: str) -> Decoder:
    """A decoder for a streamed reply. Raises `BodyError` for a coding that can't be undone."""
    match content_encoding.strip().lower():
        case "" | "identity":
            return _Identity()
        case "gzip" | "x-gzip":
            return _Stepwise(zlib.decompressobj(wbits=31).decompress, zlib.error)
        case "br":
            return _Stepwise(brotli.Decompressor().process, brotli.error)
        case "zstd":
            return _Stepwise(
                zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj().decompress, zstandard.ZstdError
            )
        case _:
            raise BodyError("the reply has a content encoding that can't be undone piece by piece")


def _too_large(limit: int) -> LimitError:
    return LimitError(f"the body is larger than {limit} bytes once decompressed (limits.body_bytes)")


def _damaged(name: str) -> BodyError:
    return BodyError(f"the body is not whole {name} data, as its content-encoding says")


def _zlib(body: bytes, limit: int, wbits: int, name: str) -> bytes:
    machine = zlib.decompressobj(wbits=wbits)
    try:
        data = machine.decompress(body, limit + 1)
    except zlib.error:
        raise _damaged(name) from None
    if len(data) > limit or machine.unconsumed_tail:
        raise _too_large(limit)
    if not machine.eof or machine.unused_data:
        raise _damaged(name)
    return data


# RFC 1952 §2.3.1: a file name, a comment or an extra field in the header, which nobody reads as content.
_GZIP_ASIDES = 0b0001_1100


def _gzip(body: bytes, limit: int) -> bytes:
    if len(body) > 3 and body[3] & _GZIP_ASIDES:
        raise BodyError("the gzip header holds a file name, a comment or an extra field, which can't be inspected")
    return _zlib(body, limit, 31, "gzip")


def _deflate(body: bytes, limit: int) -> bytes:
    # RFC 9110 §8.4.1.2: zlib's format; some clients send a raw deflate stream all the same.
    zlib_header = len(body) > 1 and body[0] & 0x0F == 8 and int.from_bytes(body[:2]) % 31 == 0
    return _zlib(body, limit, 15 if zlib_header else -15, "deflate")


def _brotli(body: bytes, limit: int) -> bytes:
    machine = brotli.Decompressor()
    try:
        data: bytes = machine.process(body, output_buffer_limit=limit + 1)
        while len(data) <= limit and not machine.can_accept_more_data():
            data += machine.process(b"", output_buffer_limit=limit + 1 - len(data))
    except brotli.error:
        raise _damaged("br") from None
    if len(data) > limit:
        raise _too_large(limit)
    if not machine.is_finished():
        raise _damaged("br")
    return data


# A block of 3 bytes can stand for 128 KB: in pieces of 1 KB no step makes more than some 40 MB.
_ZSTD_PIECE = 1024


def _zstd(body: bytes, limit: int) -> bytes:
    machine = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj()
    data = bytearray()
    try:
        for start in range(0, len(body), _ZSTD_PIECE):
            if machine.eof:
                raise _damaged("zstd")
            data += machine.decompress(body[start : start + _ZSTD_PIECE])
            if len(data) > limit:
                raise _too_large(limit)
    except zstandard.ZstdError:
        raise _damaged("zstd") from None
    if not machine.eof or machine.unused_data:
        raise _damaged("zstd")
    return bytes(data)


_DECODERS: dict[str, Callable[[bytes, int], bytes]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}
