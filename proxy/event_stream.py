"""AWS event streams, the binary framing of Bedrock's streamed replies: cut into messages, read, and written again.

A message is: its length, its headers' length, a checksum of these two, headers, payload, a checksum of everything.
`InvokeModelWithResponseStream` puts the model's own event into the payload, in base64 (`bytes`).
Reference: Smithy, Amazon Event Stream specification
"""

import base64
import binascii
import json
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, override

from proxy.framing import DAMAGED, LIMIT, Frame, LengthFramer
from proxy.providers.json_spans import edit

MEDIA_TYPE = "application/vnd.amazon.eventstream"
_PRELUDE = struct.Struct(">III")
_OVERHEAD = 16  # prelude and last checksum
_STRING = 7  # the type of header values that are text
_NESTING = 400


class EventStreamFramer(LengthFramer):
    """Messages as events, those whose checksum is right."""

    def __init__(self, limit: int = LIMIT) -> None:
        super().__init__(_PRELUDE.size, _length, limit)

    @override
    def _cut(self, count: int, *, event: bool) -> Frame:
        frame = super()._cut(count, event=event)
        return frame._replace(event=event and zlib.crc32(frame.data[:-4]) == int.from_bytes(frame.data[-4:]))


def _length(buffer: bytearray) -> int:
    total, headers, check = _PRELUDE.unpack_from(buffer)
    return int(total) if check == zlib.crc32(buffer[:8]) and total >= _OVERHEAD + headers else DAMAGED


@dataclass(frozen=True, slots=True)
class EventMessage:
    """One message. `data` is the JSON that it carries: its payload, or the event inside of it."""

    headers: bytes
    payload: bytes = field(repr=False)
    data: bytes = field(repr=False)

    def with_data(self, data: bytes) -> bytes:
        """The message's bytes with other data, its lengths and checksums made anew."""
        if self.data is self.payload:
            return message(self.headers, data)
        return message(self.headers, edit(self.payload, {"/bytes": base64.b64encode(data).decode()}, nesting=_NESTING))


def parse_message(raw: bytes) -> EventMessage:
    """A whole message as the framer gives it."""
    _, headers, _ = _PRELUDE.unpack_from(raw)
    payload = raw[_PRELUDE.size + headers : -4]
    inner = _inner(payload)
    return EventMessage(raw[_PRELUDE.size : _PRELUDE.size + headers], payload, payload if inner is None else inner)


def message(headers: bytes, payload: bytes) -> bytes:
    """A message's bytes."""
    head = struct.pack(">II", _OVERHEAD + len(headers) + len(payload), len(headers))
    body = head + struct.pack(">I", zlib.crc32(head)) + headers + payload
    return body + struct.pack(">I", zlib.crc32(body))


def event_message(kind: str, data: Mapping[str, Any]) -> bytes:
    """An event as Bedrock sends it."""
    values = {":event-type": kind, ":content-type": "application/json", ":message-type": "event"}
    return message(
        _headers(values), json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")
    )


def exception_message(body: bytes) -> bytes:
    """The end of a stream that may not go on, as Bedrock tells of its own failures."""
    kind = "validationException"
    values = {":exception-type": kind, ":content-type": "application/json", ":message-type": "exception"}
    return message(_headers(values), body)


def _headers(values: Mapping[str, str]) -> bytes:
    return b"".join(
        bytes([len(name)]) + name.encode() + bytes([_STRING]) + struct.pack(">H", len(value)) + value.encode()
        for name, value in values.items()
    )


def _inner(payload: bytes) -> bytes | None:
    """The model's own event, if the payload is nothing but its wrapping."""
    if b'"bytes"' not in payload:
        return None
    try:
        data = json.loads(payload)
        return base64.b64decode(data["bytes"], validate=True) if set(data) <= {"bytes", "p"} else None
    except (ValueError, TypeError, KeyError, binascii.Error):
        return None
