"""Bodies of remote calls that are envelopes with JSON in them: read one by one, and written again where one changes.

A pointer is `~envelope/N` with the pointer in that envelope behind it. What is no JSON in there is skipped, as calls in
protocol buffers are: without their vendor's schema nobody can read them.
"""

import re
from collections.abc import Mapping

from detectors.finding import Skipped, SkipReason
from proxy.envelopes import envelopes
from proxy.errors import BodyError
from proxy.message import Extraction, Replacement
from proxy.providers.json_dialect import JsonDialect
from proxy.providers.lines import joined

_POINTER = re.compile(r"~envelope/(?P<number>[0-9]+)(?P<rest>.*)", re.DOTALL)
_UNPACKED = 20_000_000  # bytes of all envelopes, once decompressed: what a body may have that isn't in envelopes


def extract(body: bytes, coding: str, inside: JsonDialect) -> Extraction:
    """What stands in all envelopes. Raises `BodyError`, `LimitError`."""
    found = enumerate(envelopes(body, coding, _UNPACKED))
    return joined((f"~envelope/{number}", _extract(envelope.data, inside)) for number, (*_, envelope) in found)


def rebuild(
    body: bytes, coding: str, texts: Mapping[str, str], files: Mapping[str, Replacement], inside: JsonDialect
) -> bytes:
    """The body with the texts and files at these pointers replaced. Raises `BodyError`."""
    wanted: dict[int, tuple[dict[str, str], dict[str, Replacement]]] = {}
    for pointer, text in texts.items():
        number, rest = _place(pointer)
        wanted.setdefault(number, ({}, {}))[0][rest] = text
    for pointer, file in files.items():
        number, rest = _place(pointer)
        wanted.setdefault(number, ({}, {}))[1][rest] = file
    parts: list[bytes] = []
    for number, (start, end, envelope) in enumerate(envelopes(body, coding, _UNPACKED)):
        new = wanted.pop(number, None)
        parts.append(body[start:end] if new is None else envelope.with_data(inside.rebuild(envelope.data, *new)))
    if wanted:
        raise BodyError("the body has fewer envelopes than were to be edited")
    return b"".join(parts)


def _extract(data: bytes, inside: JsonDialect) -> Extraction:
    if data.lstrip()[:1] not in {b"{", b"["}:
        skipped = (Skipped("", SkipReason.UNREADABLE_CLIENT),) if data.strip() else ()
        return Extraction(segments=(), skipped=skipped)
    return inside.extract(data)


def _place(pointer: str) -> tuple[int, str]:
    found = _POINTER.fullmatch(pointer)
    if found is None:
        raise BodyError("the body has no envelope at a place that was to be edited")
    return int(found["number"]), found["rest"]
