"""What a reply says it cost: the tokens that the vendor, or a model inside, counted.

A copy of the reply's bytes is looked through while it passes, never held back, and nothing here can break it: whatever
can't be read is simply not counted. Vendors name the same numbers differently, and some count cached tokens within the
input, some beside it; here `input` always holds all of them.

Sources: the vendors' API references (OpenAI `usage`, Anthropic `usage`, Gemini `usageMetadata`, Bedrock
`TokenUsage`, Cohere `billed_units`, Ollama `prompt_eval_count`).
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from proxy.event_stream import MEDIA_TYPE as MESSAGES
from proxy.event_stream import EventStreamFramer, parse_message
from proxy.limits import decoder

# Inside a text of the model the quotes are escaped: a key begins after a brace, a comma or a space, never a backslash.
_PLACE = re.compile(
    rb'"(?:usage|usageMetadata|billed_units|amazon-bedrock-invocationMetrics)"\s*:\s*(?=\{)'
    rb'|"(?P<name>prompt_eval_count|eval_count)"\s*:\s*(?P<number>\d{1,12})(?=\D)'
    rb'|"service_tier"\s*:\s*"(?P<tier>[a-z_]{1,20})"'
)
_BEFORE = frozenset(b"{, \n\r\t")
_LONGEST = 8_192  # bytes of what is read as an object, of which real ones take a few hundred
_KEPT = 64  # bytes that the next piece may complete to a key
_MOST = 64_000_000  # bytes of one reply, unpacked: what is longer is no answer of a model

_INPUT = ("input_tokens", "prompt_tokens", "promptTokenCount", "inputTokens", "inputTokenCount")
_OUTPUT = ("output_tokens", "completion_tokens", "candidatesTokenCount", "outputTokens", "outputTokenCount")
_THOUGHT = ("thoughtsTokenCount",)  # counted beside the output
_TOOLS = ("toolUsePromptTokenCount",)  # what tools said, counted beside the input
_READ_WITHIN = ("cachedContentTokenCount", "prompt_cache_hit_tokens")  # counted within the input
_READ_BESIDE = ("cache_read_input_tokens", "cacheReadInputTokens", "cacheReadInputTokenCount")
_WRITTEN_BESIDE = ("cache_creation_input_tokens", "cacheWriteInputTokens", "cacheWriteInputTokenCount")
_DETAILS = ("prompt_tokens_details", "input_tokens_details")
_BEDROCK_INPUT, _BEDROCK_OUTPUT = "x-amzn-bedrock-input-token-count", "x-amzn-bedrock-output-token-count"
_DIGITS = 12
# Tiers, the dearest last; "" is any that costs what is usual. A reply may repeat what the client wrote (metadata, a
# tool's arguments): of several that it names the dearest counts, so that nobody talks the price down.
_TIERS = ("batch", "flex", "", "scale", "fast", "priority")


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one reply. `input` includes `cache_read` and `cache_write`, `output` what a model thought."""

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0
    tier: str = ""  # how the vendor served it, if that costs more or less


class UsageReader:
    """Finds the counts in a reply that passes. `feed` never raises."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        """`headers` are the reply's, their names in lower case."""
        media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        self._counts: dict[str, int] = {}
        self._tier: int | None = None  # its place among `_TIERS`
        for name, header in (("input", _BEDROCK_INPUT), ("output", _BEDROCK_OUTPUT)):
            if (number := headers.get(header, "")).isascii() and number.isdecimal() and len(number) <= _DIGITS:
                self._counts[name] = int(number)
        self._rest = b""
        self._seen = 0
        self._gave_up = False
        self._framer = EventStreamFramer() if media_type == MESSAGES else None
        try:
            self._decoder = decoder(headers.get("content-encoding", ""))
        except Exception:  # noqa: BLE001 - an encoding that nobody can undo: not counted
            self._gave_up = True

    def feed(self, data: bytes) -> None:
        """Look through the next bytes, as they came."""
        if self._gave_up:
            return
        try:
            self._feed(self._decoder.feed(data))
        except Exception:  # noqa: BLE001 - a reply must never suffer because somebody counts
            self._gave_up = True

    @property
    def usage(self) -> Usage | None:
        """What the reply said; None if it said nothing."""
        if not self._counts:
            return None
        return _total(self._counts, "" if self._tier is None else _TIERS[self._tier])

    def _feed(self, data: bytes) -> None:
        self._seen += len(data)
        if self._seen > _MOST:
            self._gave_up = True
        elif self._framer is None:
            self._look(data)
        else:
            for frame in self._framer.feed(data):
                if frame.event:
                    self._look(parse_message(frame.data).data)

    def _look(self, data: bytes) -> None:
        text = self._rest + data if self._rest else data
        keep = max(0, len(text) - _KEPT)
        for place in _PLACE.finditer(text):
            if place.start() and text[place.start() - 1] not in _BEFORE:
                continue
            if place["tier"]:
                self._name(place["tier"].decode())
                continue
            if place["name"]:
                self._counts["input" if place["name"] == b"prompt_eval_count" else "output"] = int(place["number"])
                continue
            found = _object(text, place.end())
            if found is not None:
                self._counts.update(counted(found))
            elif len(text) - place.end() < _LONGEST:
                keep = min(keep, place.start())  # the rest of it comes with the next piece
                break
        # The sign before a key must come along.
        self._rest = text[max(0, keep - 1) :]

    def _name(self, tier: str) -> None:
        if tier == "auto":
            return  # what was asked for; which it became is told later
        rank = _TIERS.index(tier if tier in _TIERS else "")
        self._tier = rank if self._tier is None else max(self._tier, rank)


def _object(text: bytes, start: int) -> Mapping[str, Any] | None:
    """The JSON object that begins there, if it is whole."""
    try:
        found, _ = _JSON.raw_decode(text[start : start + _LONGEST].decode("utf-8", "replace"))
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


_JSON = json.JSONDecoder()


def counted(usage: Mapping[str, Any]) -> dict[str, int]:
    """The counts in an object of a vendor, those that are there, each under our name for it."""
    units = usage.get("billed_units") or usage.get("tokens")
    flat = {**usage, **units} if isinstance(units, Mapping) else usage
    found = {
        "input": _number(flat, _INPUT),
        "output": _number(flat, _OUTPUT),
        "thought": _number(flat, _THOUGHT),
        "tools": _number(flat, _TOOLS),
        "read_within": _number(flat, _READ_WITHIN),
        "read_beside": _number(flat, _READ_BESIDE),
        "written_beside": _number(flat, _WRITTEN_BESIDE),
    }
    for name in _DETAILS:
        if isinstance(details := flat.get(name), Mapping):
            found["read_within"] = _number(details, ("cached_tokens",))
    return {name: number for name, number in found.items() if number is not None}


def _number(values: Mapping[str, Any], names: tuple[str, ...]) -> int | None:
    for name in names:
        value = values.get(name)
        if type(value) is int and 0 <= value < 1 << 40:
            return value
        if type(value) is float and value.is_integer() and 0 <= value < 1 << 40:  # Cohere writes 12.0
            return int(value)
    return None


def _total(counts: Mapping[str, int], tier: str) -> Usage:
    beside, written = counts.get("read_beside", 0), counts.get("written_beside", 0)
    return Usage(
        input=counts.get("input", 0) + counts.get("tools", 0) + beside + written,
        output=counts.get("output", 0) + counts.get("thought", 0),
        cache_read=beside or counts.get("read_within", 0),
        cache_write=written,
        tier=tier,
    )
