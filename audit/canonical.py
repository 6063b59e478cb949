"""Event ↔ bytes, and record ↔ bytes: RFC 8785 (JSON Canonicalization Scheme).

    record = {"event": {…}, "prev": leaf hash of the record before, "seq": 1…, "stream": ULID, "v": 1}

House limits make canonical JSON easy: no floats, whole numbers below 2^53, keys in ASCII. Under them the standard
library's encoder writes RFC 8785's bytes (a test compares it with the `rfc8785` package), at a quarter of the cost.
Fields that equal their default are left out. Fields that this version doesn't know are refused on write and kept,
as `AuditEvent.unknown`, on read.
"""

import json
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, fields
from functools import cache
from typing import Any

from audit.errors import EventError
from audit.event import AuditEvent

VERSION = 1


def encode(event: AuditEvent) -> bytes:
    """The event's canonical bytes. Raises `EventError`."""
    return encode_with_json(event)[0]


def encode_with_json(event: AuditEvent) -> tuple[bytes, dict[str, Any]]:
    """The event's canonical bytes and the JSON that they say. Raises `EventError`."""
    if event.unknown:
        raise EventError(f"fields that this version can't write: {', '.join(sorted(event.unknown))}")
    data = to_json(event)
    return canonical(data), data


def canonical(value: Any) -> bytes:
    """RFC 8785 bytes of JSON without floats. Raises `EventError`."""
    try:
        return _ENCODER.encode(value).encode()
    except (TypeError, ValueError):
        raise EventError("the event can't be written as JSON") from None


_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def to_json(value: Any) -> dict[str, Any]:
    """The event, or a part of it, as plain JSON values without defaults."""
    result: dict[str, Any] = {}
    for name, default in _plan(value.__class__):
        item = getattr(value, name)
        if default is not MISSING and item == default:
            continue
        if isinstance(item, tuple):
            result[name] = [part if isinstance(part, str) else to_json(part) for part in item]
        elif hasattr(item, "__dataclass_fields__"):
            result[name] = to_json(item)
        else:
            result[name] = dict(item) if isinstance(item, Mapping) else item
    return result


@cache
def _plan(kind: Any) -> tuple[tuple[str, Any], ...]:
    return tuple((item.name, _default(item)) for item in fields(kind) if item.name != "unknown")


def _default(item: "Field[Any]") -> Any:
    return item.default_factory() if item.default_factory is not MISSING else item.default


def decode(data: bytes) -> AuditEvent:
    """The event of these bytes. Raises `EventError`."""
    return from_json(_object(data))


def from_json(data: Mapping[str, Any]) -> AuditEvent:
    """The event of parsed JSON. Raises `EventError`."""
    unknown: dict[str, str] = {}
    try:
        values = _known(AuditEvent, data, "", unknown)
        return AuditEvent(**values, unknown=unknown)
    except (TypeError, ValueError, AttributeError):
        raise EventError("the event lacks a field, or one has another type than expected") from None


def _known(kind: type, data: Mapping[str, Any], path: str, unknown: dict[str, str]) -> dict[str, Any]:
    known = {item.name: item for item in fields(kind) if item.name != "unknown"}
    values: dict[str, Any] = {}
    for name, item in data.items():
        if name not in known:
            unknown[path + name] = canonical(item).decode()
            continue
        nested = known[name].metadata.get("of")
        if isinstance(item, list):
            values[name] = tuple(
                part if nested is None else nested(**_known(nested, part, f"{path}{name}.{index}.", unknown))
                for index, part in enumerate(item)
            )
        elif nested is not None:
            values[name] = nested(**_known(nested, item, f"{path}{name}.", unknown))
        else:
            values[name] = item
    return values


@dataclass(frozen=True, slots=True)
class Record:
    """An event with its place in a stream. `event` is parsed JSON, as stored."""

    stream: str
    seq: int
    prev: bytes
    event: Mapping[str, Any]


def encode_record(event: bytes, *, stream: str, seq: int, prev: bytes) -> bytes:
    """The record's body around an encoded event: keys are in RFC 8785's order, so nothing is encoded twice."""
    return b'{"event":%b,"prev":"%b","seq":%d,"stream":"%b","v":%d}' % (
        event,
        prev.hex().encode(),
        seq,
        stream.encode(),
        VERSION,
    )


def decode_record(body: bytes) -> Record:
    """The record of a stored body. Raises `EventError`."""
    data = _object(body)
    try:
        prev = bytes.fromhex(data["prev"])
        stream, seq, event = data["stream"], data["seq"], data["event"]
    except (KeyError, TypeError, ValueError):
        raise EventError("the record lacks a field, or one has another type than expected") from None
    if not (
        isinstance(stream, str) and type(seq) is int and isinstance(event, dict) and isinstance(data.get("v"), int)
    ):
        raise EventError("a field of the record has another type than expected")
    return Record(stream, seq, prev, event)


def _object(data: bytes) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        raise EventError("the stored bytes are not JSON") from None
    if not isinstance(value, dict):
        raise EventError("the stored bytes are not a JSON object")
    return value
