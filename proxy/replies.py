"""A reply on its way to the client: as it is, piece by piece, or whole; inspected, tokens turned back, counted.

mitmproxy calls a transformer synchronously with each piece, and with `b""` at the end. Two of its habits shape this
file (docs/architecture.md, "mitmproxy"): an empty `bytes` item ends a chunked HTTP/1 reply, so that nothing is said by
returning `[]`; and an exception here would lose a piece in silence, so that every error ends the stream in the open.
A reply that is inspected goes through `proxy.mitm.replies` instead, which waits.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from detectors.finding import Skipped, SkipReason
from proxy.limits import Decoder, decoder
from proxy.message import Response
from proxy.providers.dialect import Dialect
from proxy.reply_judge import ReplyJudge
from proxy.reply_stream import StreamScan
from proxy.reply_texts import judged_body
from proxy.restore import SSE, UNTYPED, StreamRestorer, is_streamed, is_text, restore_body
from proxy.token_index import Known
from proxy.usage import UsageReader

_STOPPED = "Privet was stopped before this reply ended."
_WATCHED_BYTES = 4_000_000  # of a stream that is only recorded


@dataclass(slots=True)
class ReplyStream:
    """A transformer for mitmproxy's `Response.stream`. `failed` tells the outcome what went wrong."""

    feed: Callable[[bytes], list[bytes]]
    finish: Callable[[], list[bytes]]
    decision_id: str
    sse: bool = False
    passes: bool = False  # every byte as it came
    received: int = 0
    failed: str | None = None
    ending: bool = False
    counts: UsageReader | None = None  # gets a copy of all that comes

    def cut_off(self) -> None:
        """Privet stops: the next piece is the last, and says so."""
        self.ending = True

    def __call__(self, data: bytes) -> list[bytes]:
        """What to send on for this piece; `b""` is the end."""
        if self.failed is not None:
            return []
        self.received += len(data)
        if self.counts is not None:
            self.counts.feed(data)
        if self.ending and data:
            self.failed = "stopped"
            # The piece before may have ended in the middle of an event.
            return [b"\n\n" + error_event(self.decision_id, _STOPPED)] if self.sse else []
        try:
            pieces = self.feed(data) if data else self.finish()
        except Exception as error:  # noqa: BLE001 - an exception that got out would lose bytes in silence
            self.failed = type(error).__name__
            return [error_event(self.decision_id)] if self.sse else []
        return [piece for piece in pieces if piece]


def error_event(decision_id: str, message: str = "Privet could not restore this reply.") -> bytes:
    """The end of a stream that can't go on, as server-sent events have it."""
    error = {"type": "privet_error", "message": f"{message} Decision {decision_id}."}
    return b"event: error\ndata: " + json.dumps({"type": "error", "error": error}).encode() + b"\n\n"


def passing(decision_id: str, *, sse: bool = False) -> ReplyStream:
    """Every byte goes on at once. `sse` if an error event could be read among them."""
    return ReplyStream(feed=lambda data: [data], finish=list, decision_id=decision_id, sse=sse, passes=True)


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
    return ReplyStream(both.feed, both.finish, decision_id, sse=media_type == SSE)


@dataclass(slots=True)
class ScannedReply:
    """A streamed reply that is inspected on its way. Its transformer is awaited (`proxy.mitm.replies`)."""

    scan: StreamScan = field(repr=False)
    decoder: Decoder = field(repr=False)
    restorer: StreamRestorer = field(repr=False)
    decision_id: str
    wait: float  # seconds until `take(None)` says that time has passed
    sse: bool = False
    received: int = 0
    failed: str | None = None
    ending: bool = False
    counts: UsageReader | None = None  # gets a copy of all that comes
    _ended: bool = False

    def cut_off(self) -> None:
        """Privet stops: the next piece is the last, and says so."""
        self.ending = True

    def __call__(self, _data: bytes) -> list[bytes]:
        """Nothing goes on without being inspected."""
        return []

    async def take(self, data: bytes | None) -> list[bytes]:
        """What to send on for this piece; `b""` is the end, None says that time has passed."""
        if self._ended or self.failed is not None:
            return []
        self.received += len(data or b"")
        if self.counts is not None and data:
            self.counts.feed(data)
        if self.ending and data != b"":
            self.failed = "stopped"
            return [b"\n\n" + error_event(self.decision_id, _STOPPED)] if self.sse else []
        try:
            return [piece for piece in await self._take(data) if piece]
        except BaseException as error:  # noqa: BLE001 - whatever it was: what was not inspected doesn't go on
            self.failed = type(error).__name__
            return [error_event(self.decision_id)] if self.sse else []

    async def _take(self, data: bytes | None) -> list[bytes]:
        if data is None:
            pieces = await self.scan.tick()
        elif data:
            pieces = await self.scan.feed(self.decoder.feed(data))
        else:
            pieces = await self.scan.finish()
        out = [part for piece in pieces if piece for part in self.restorer.feed(piece)]
        if self.scan.blocked:
            self._ended, self.failed = True, "reply_blocked"
        return out + self.restorer.finish() if data == b"" or self.scan.blocked else out


@dataclass(slots=True)
class WholeReply:
    """A reply that is changed once it is there."""

    dialect: Dialect
    tokens: Mapping[str, str] = field(repr=False)
    vault: Known | None
    judge: ReplyJudge | None

    async def finish(self, body: bytes, media_type: str) -> bytes | Response:
        """The reply as the client gets it; the same object if it is as it came; or what it gets instead."""
        if self.judge is not None:
            body = await judged_body(body, media_type, self.judge)
            if self.judge.blocks:
                return self.judge.refusal(self.dialect)
        if media_type == UNTYPED:
            restorer = StreamRestorer(self.dialect, self.tokens, media_type, vault=self.vault)
            return b"".join((*restorer.feed(body), *restorer.finish()))
        return restore_body(body, media_type, self.tokens, self.vault)


@dataclass(slots=True)
class Watch:
    """A copy of a stream that nobody holds back, looked into when it has ended."""

    stream: ReplyStream
    scan: StreamScan = field(repr=False)
    judge: ReplyJudge
    decoder: Decoder = field(repr=False)
    seen: bytearray = field(default_factory=bytearray, repr=False)

    def tap(self) -> None:
        """Copy what the stream is fed from now on."""
        feed = self.stream.feed

        def both(data: bytes) -> list[bytes]:
            if len(self.seen) < _WATCHED_BYTES:
                self.seen += data
            return feed(data)

        self.stream.feed = both

    async def finish(self) -> None:
        """Look into it. What is found is in the judge."""
        if len(self.seen) >= _WATCHED_BYTES:
            self.judge.skipped.append(Skipped("", SkipReason.TOO_LARGE))
        await self.scan.feed(self.decoder.feed(bytes(self.seen)))
        await self.scan.finish()


type Way = ReplyStream | ScannedReply | WholeReply | Watch


def way(
    dialect: Dialect,
    tokens: Mapping[str, str],
    vault: Known | None,
    judge: ReplyJudge | None,
    *,
    media_type: str,
    content_encoding: str,
    endpoint: str,
    decision_id: str,
    hold: tuple[int, float],
    streaming: bool = False,
) -> Way:
    """How a reply travels: at once, piece by piece, or when it is whole. Raises `BodyError`.

    `streaming` if a stream was asked for: some servers stream without saying of what type.
    """
    media_type = media_type or (SSE if streaming else "")
    restores = bool(tokens) or vault is not None
    streamed = is_streamed(media_type, endpoint) and media_type != UNTYPED
    if judge is None or (judge.rules.watch_only and streamed):
        if restores and is_streamed(media_type, endpoint):
            stream = restoring(dialect, tokens, media_type, content_encoding, decision_id, vault=vault)
        elif restores and is_text(media_type):
            return WholeReply(dialect, tokens, vault, judge)
        else:
            stream = passing(decision_id, sse=media_type == SSE and not content_encoding)
        if judge is None:
            return stream
        watch = Watch(stream, StreamScan(dialect, media_type, judge, 1 << 30), judge, decoder(content_encoding))
        watch.tap()
        return watch
    if streamed:
        restorer = StreamRestorer(dialect, tokens if restores else {}, media_type, vault=vault)
        scan = StreamScan(dialect, media_type, judge, hold[0])
        return ScannedReply(scan, decoder(content_encoding), restorer, decision_id, hold[1], media_type == SSE)
    return WholeReply(dialect, tokens, vault, judge)
