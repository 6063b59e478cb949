"""A streamed reply on its way to the client, piece by piece: decoded if need be, tokens turned back, bytes counted.

mitmproxy calls the transformer synchronously with each piece, and with `b""` at the end. Two of its habits shape this
file (docs/architecture.md, "mitmproxy"): an empty `bytes` item ends a chunked HTTP/1 reply, so that nothing is said by
returning `[]`; and an exception here would lose a piece in silence, so that every error ends the stream in the open.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from proxy.limits import Decoder, decoder
from proxy.providers.dialect import Dialect
from proxy.restore import StreamRestorer
from proxy.token_index import Known


@dataclass(slots=True)
class ReplyStream:
    """A transformer for mitmproxy's `Response.stream`. `failed` tells the outcome what went wrong."""

    feed: Callable[[bytes], list[bytes]]
    finish: Callable[[], list[bytes]]
    decision_id: str
    sse: bool = False
    received: int = 0
    failed: str | None = None
    ending: bool = False

    def cut_off(self) -> None:
        """Privet stops: the next piece is the last, and says so."""
        self.ending = True

    def __call__(self, data: bytes) -> list[bytes]:
        """What to send on for this piece; `b""` is the end."""
        if self.failed is not None:
            return []
        self.received += len(data)
        if self.ending and data:
            self.failed = "stopped"
            # The piece before may have ended in the middle of an event.
            return [b"\n\n" + self._error_event("Privet was stopped before this reply ended.")] if self.sse else []
        try:
            pieces = self.feed(data) if data else self.finish()
        except Exception as error:  # noqa: BLE001 - an exception that got out would lose bytes in silence
            self.failed = type(error).__name__
            return [self._error_event()] if self.sse else []
        return [piece for piece in pieces if piece]

    def _error_event(self, message: str = "Privet could not restore this reply.") -> bytes:
        error = {"type": "privet_error", "message": f"{message} Decision {self.decision_id}."}
        return b"event: error\ndata: " + json.dumps({"type": "error", "error": error}).encode() + b"\n\n"


def passing(decision_id: str, *, sse: bool = False) -> ReplyStream:
    """Every byte goes on at once. `sse` if an error event could be read among them."""
    return ReplyStream(feed=lambda data: [data], finish=list, decision_id=decision_id, sse=sse)


@dataclass(slots=True)
class _Restoring:
    decoder: Decoder
    restorer: StreamRestorer = field(repr=False)

    def feed(self, data: bytes) -> list[bytes]:
        decoded = self.decoder.feed(data)
        return self.restorer.feed(decoded) if decoded else []

    def finish(self) -> list[bytes]:
        return self.restorer.finish()


def restoring(
    dialect: Dialect,
    tokens: Mapping[str, str],
    media_type: str,
    content_encoding: str,
    decision_id: str,
    *,
    vault: Known | None = None,
) -> ReplyStream:
    """Tokens are turned back on the way. Raises `BodyError` for an encoding that can't be undone piece by piece."""
    both = _Restoring(decoder(content_encoding), StreamRestorer(dialect, tokens, media_type, vault=vault))
    return ReplyStream(both.feed, both.finish, decision_id, sse=media_type == "text/event-stream")
