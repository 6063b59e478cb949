"""Bedrock's wire format: Converse, whole and in AWS's binary framing. Pure.

The framing is written here once more on purpose: what Privet reads and writes must not be its own idea of it.
"""

import binascii
import json
import struct
from collections.abc import Iterator, Mapping
from typing import Any

from tests.fakes.model import Behaviour, Prompt, Reply, pieces

MEDIA_TYPE = "application/vnd.amazon.eventstream"


def prompt_of(body: Mapping[str, Any], model: str, *, stream: bool) -> Prompt:
    """What a Converse request asks."""
    texts = [block["text"] for block in body["messages"][-1]["content"] if "text" in block]
    return Prompt(text="\n".join(texts), model=model, stream=stream, input_tokens=7)


def whole(prompt: Prompt, reply: Reply) -> dict[str, Any]:
    """A whole answer."""
    return {
        "output": {"message": {"role": "assistant", "content": [{"text": reply.text}]}},
        "stopReason": "end_turn",
        "usage": {"inputTokens": prompt.input_tokens, "outputTokens": 5, "totalTokens": prompt.input_tokens + 5},
        "metrics": {"latencyMs": 12},
    }


def stream(prompt: Prompt, reply: Reply, behaviour: Behaviour) -> Iterator[bytes]:
    """The answer as events."""
    yield _event("messageStart", {"role": "assistant", "p": "abc"})
    for piece in pieces(reply.text, behaviour.piece_sizes):
        yield _event("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": piece}, "p": "abcdef"})
    yield _event("contentBlockStop", {"contentBlockIndex": 0, "p": "ab"})
    yield _event("messageStop", {"stopReason": "end_turn", "p": "ab"})
    usage = {"inputTokens": prompt.input_tokens, "outputTokens": 5, "totalTokens": prompt.input_tokens + 5}
    yield _event("metadata", {"usage": usage, "metrics": {"latencyMs": 12}, "p": "ab"})


def _event(kind: str, data: Mapping[str, Any]) -> bytes:
    headers = b""
    for name, value in ((":event-type", kind), (":content-type", "application/json"), (":message-type", "event")):
        headers += struct.pack(
            f">B{len(name)}sBH{len(value)}s", len(name), name.encode(), 7, len(value), value.encode()
        )
    payload = json.dumps(data).encode()
    prelude = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    message = prelude + struct.pack(">I", binascii.crc32(prelude)) + headers + payload
    return message + struct.pack(">I", binascii.crc32(message))
