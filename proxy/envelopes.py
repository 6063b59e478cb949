"""Envelopes: the framing of remote calls over HTTP (Connect's streams, gRPC, gRPC-web), read where it holds JSON.

An envelope is one byte of flags, the length of its payload in four bytes, and the payload, compressed if the first flag
says so. The second flag (Connect) and the eighth (gRPC-web) mark the last one, which holds an error or trailers.
References: https://connectrpc.com/docs/protocol, https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md
"""

import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from proxy.errors import BodyError, LimitError
from proxy.framing import DAMAGED, LIMIT, LengthFramer
from proxy.limits import decode_body

_JSON_CALL = re.compile(r"application/(?:connect|grpc|grpc-web)\+json", re.ASCII)
_HEAD = struct.Struct(">BI")
_COMPRESSED, _END = 0x01, 0x02
_AT_MOST = 10_000  # envelopes of one body
_FLAGS = frozenset({0x00, 0x01, 0x02, 0x03, 0x80, 0x81})
_COMPRESSION = ("connect-content-encoding", "grpc-encoding")  # the headers that name it
ACCEPTED = ("connect-accept-encoding", "grpc-accept-encoding")  # the headers that ask for it in the reply


@dataclass(frozen=True, slots=True)
class Envelope:
    """One envelope. `data` is its payload."""

    flags: int
    data: bytes = field(repr=False)

    def with_data(self, data: bytes) -> bytes:
        """The envelope's bytes with another payload, which isn't compressed."""
        return _HEAD.pack(self.flags & ~_COMPRESSED, len(data)) + data


def is_json_call(media_type: str) -> bool:
    """Whether a body of this type is envelopes with JSON in them."""
    return _JSON_CALL.fullmatch(media_type) is not None


def compression(headers: Mapping[str, str]) -> str:
    """How those of a request's envelopes are compressed that say that they are; empty if no header says it."""
    return next((headers[name] for name in _COMPRESSION if name in headers), "")


def parse_envelope(raw: bytes) -> Envelope:
    """A whole envelope as the framer gives it. What is compressed stays so: nobody asked for it."""
    flags, _ = _HEAD.unpack_from(raw)
    return Envelope(flags, raw[_HEAD.size :])


def last_envelope(body: bytes) -> bytes:
    """The end of a stream, with an error."""
    return Envelope(_END, b"").with_data(body)


def envelopes(body: bytes, coding: str, limit: int) -> Iterator[tuple[int, int, Envelope]]:
    """From where to where each envelope of a whole body stands, and what is in it. Raises `BodyError`, `LimitError`."""
    at = count = 0
    while at < len(body):
        if len(body) - at < _HEAD.size:
            raise BodyError("the last envelope of the body is cut off")
        flags, size = _HEAD.unpack_from(body, at)
        start, end = at + _HEAD.size, at + _HEAD.size + size
        if flags not in _FLAGS or end > len(body):
            raise BodyError("the body is not made of envelopes, as its content type says")
        data = body[start:end]
        if flags & _COMPRESSED:
            if coding in {"", "identity"}:
                raise BodyError("an envelope of the body is compressed, and no header says how")
            data = decode_body(data, coding, max(0, limit))
        limit -= len(data)
        count += 1
        if count > _AT_MOST:
            raise LimitError(f"the body has more than the {_AT_MOST} envelopes that Privet reads")
        yield at, end, Envelope(flags, data)
        at = end


class EnvelopeFramer(LengthFramer):
    """Envelopes as events, those whose payload isn't too large."""

    def __init__(self, limit: int = LIMIT) -> None:
        super().__init__(_HEAD.size, _length, _HEAD.size + limit)


def _length(buffer: bytearray) -> int:
    flags, size = _HEAD.unpack_from(buffer)
    return _HEAD.size + int(size) if flags in _FLAGS else DAMAGED
