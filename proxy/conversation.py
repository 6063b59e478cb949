"""A WebSocket to an LLM host: each message of the client is judged as a request of its own, what comes is its reply.

Realtime APIs speak JSON events in frames (OpenAI realtime and responses, Gemini Live), so that a message is read by a
dialect, decided by the policy and recorded before it goes. What is no JSON is text, what is neither is uninspected, and
the policy says what that means. The vendor's messages are one stream, whose pieces they are: a token or a name may be
cut. What comes between two of the client's messages is the reply to the first of them. Mitmproxy is unknown here.
"""

import asyncio
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from detectors.finding import Skipped, SkipReason
from proxy.framing import WHOLE, WholeMessage, parse_whole
from proxy.message import Refusal, Request, Response
from proxy.pipeline import Pipeline, Verdict
from proxy.providers.dialect import Dialect
from proxy.providers.gemini_live import GeminiLive
from proxy.record import Outcome
from proxy.reply_judge import ReplyJudge
from proxy.reply_stream import StreamScan
from proxy.restore import StreamRestorer
from proxy.token_index import Known, TokenIndex

_WITHHELD = ("upgrade", "connection", "content-encoding", "content-length", "content-type")
_WATCHED_BYTES = 4_000_000  # of a reply that is only recorded
_REASON_BYTES = 123  # what RFC 6455 §5.5.1 leaves for words in a close
_EVERYTHING = 1 << 30


def is_websocket(method: str, headers: Mapping[str, str]) -> bool:
    """Whether a request asks for a WebSocket as RFC 6455 §4.2.1 has it."""
    return (
        method == "GET"
        and headers.get("upgrade", "").strip().lower() == "websocket"
        and "upgrade" in headers.get("connection", "").lower()
        and headers.get("sec-websocket-version", "").strip() == "13"
        and "content-length" not in headers
        and "transfer-encoding" not in headers
    )


@dataclass(slots=True)
class _Turn:
    """What the client said last, and what was found in what came back since."""

    verdict: Verdict
    judge: ReplyJudge
    watches: bool  # nothing is held back, and it is looked into afterwards
    received: int = 0
    watched: list[bytes] = field(default_factory=list, repr=False)

    def took(self, piece: bytes) -> None:
        """One message more of the reply."""
        self.received += len(piece) - 1
        if self.watches and self.received < _WATCHED_BYTES:
            self.watched.append(piece)
        else:
            self.watched.clear()


@dataclass(slots=True)
class Conversation:
    """One connection: what its opening was let go with, and what must be turned back."""

    pipeline: Pipeline
    opened: Verdict
    tell: Callable[[Verdict, Outcome], None]  # how a message ended
    tokens: dict[str, str] = field(default_factory=dict, repr=False)
    received: int = 0
    restored: bool = False
    failed: str | None = None
    ending: bool = False  # Privet stops: the next message is the last
    judge: ReplyJudge | None = field(init=False)  # of what came before the client said anything
    _model: str = field(init=False)  # which the address or a message has named
    _vault: Known | None = field(default=None, repr=False)
    _index: TokenIndex = field(default_factory=lambda: TokenIndex({}), repr=False)
    _turn: _Turn | None = field(default=None, repr=False)
    _scan: StreamScan | None = field(default=None, repr=False)  # if what is found can change something
    _restorer: StreamRestorer | None = field(default=None, repr=False)
    _stuck: bool = False  # nothing has gone on since time was up
    _looking: set[asyncio.Task[None]] = field(default_factory=set, repr=False)

    def __post_init__(self) -> None:
        """What the opening said (its query, its headers) may come back, too."""
        self._model = self.opened.model
        self._expect(self.opened)
        self._next_turn(self.opened)
        self.judge = self._turn.judge if self._turn is not None else None

    # -- what the client says ------------------------------------------------------------------------------------------

    async def from_client(self, content: bytes, *, is_text: bool) -> tuple[bytes | None, Verdict]:
        """What goes to the vendor in the message's place, or None with a verdict that refuses."""
        request = self.request(content, is_text=is_text)
        verdict = await self.pipeline.judge(request, self.opened.principal, model=self._model)
        if verdict.refusal is None and verdict.target is not None:
            verdict = _kept_inside(verdict)
        if verdict.refusal is not None:
            self._told(verdict, verdict.refusal.status)
            return None, verdict
        self._model = verdict.model or self._model
        self._expect(verdict)
        self._next_turn(verdict)
        return verdict.body if verdict.body is not None else content, verdict

    def request(self, content: bytes, *, is_text: bool) -> Request:
        """A message as a request."""
        opening = self.opened.request
        headers = {name: value for name, value in opening.headers.items() if name not in _WITHHELD}
        return Request(
            method="POST",
            host=opening.host,
            path=opening.endpoint,
            headers={**headers, "content-type": _media_type(content, is_text=is_text)},
            body=content,
        )

    def _expect(self, verdict: Verdict) -> None:
        """From now on the tokens of this message are turned back, too."""
        vault = verdict.vault or self._vault
        if verdict.tokens.items() <= self.tokens.items() and _says_the_same(vault, self._vault):
            return  # nearly every message: what is known is built anew only when there is more of it
        self.tokens, self._vault = {**self.tokens, **verdict.tokens}, vault
        self._index = TokenIndex(self.tokens, vault)
        self.restored = True
        if self._restorer is None:
            self._restorer = StreamRestorer(self.opened.dialect, self.tokens, WHOLE, vault=vault)
        else:
            self._restorer.know(self._index)

    def _next_turn(self, verdict: Verdict) -> None:
        """What comes from now on is the reply to this message."""
        judge = self._judged(verdict)
        self._end_turn()
        if judge is not None:
            self._turn = _Turn(verdict, judge, watches=self._scan is None)
        else:
            self._told(verdict, 101)

    def _judged(self, verdict: Verdict) -> ReplyJudge | None:
        """Who judges the reply to a message. A connection whose replies were inspected stays so."""
        before = self._turn.judge if self._turn is not None else None
        rules = verdict.reply or (before.rules if before is not None else None)
        if rules is None:
            return None
        if before is None:
            judge = ReplyJudge(rules, self.pipeline.inspector, self._index, verdict.decision.id)
        else:
            judge = before.following(rules, self._index, verdict.decision.id)
        if self._scan is not None:
            self._scan.judged_by(judge)
        elif not rules.watch_only:
            hold = self.pipeline.settings.reply.hold_characters
            self._scan = StreamScan(self.opened.dialect, WHOLE, judge, hold)
        return judge

    # -- what the vendor says ------------------------------------------------------------------------------------------

    async def from_server(self, content: bytes, *, is_text: bool) -> list[WholeMessage]:
        """What goes to the client: messages that may end in the middle of a token or a name wait for the next."""
        self.received += len(content)
        message = WholeMessage.of(content, is_text=is_text)
        if self._scan is None and self._restorer is None and self._turn is None:
            return [message]
        piece = message.written()
        if self._turn is not None:
            self._turn.took(piece)
        self._stuck = False
        return self._turned_back(await self._scan.feed(piece) if self._scan is not None else [piece])

    async def time_passed(self) -> list[WholeMessage]:
        """What goes on since nothing came for a while."""
        pieces = self._turned_back(await self._scan.tick()) if self._scan is not None else []
        if not pieces and self._stuck and self._restorer is not None:
            pieces = _messages(self._restorer.let_go())
        self._stuck = not pieces
        return pieces

    async def rest(self) -> list[WholeMessage]:
        """What still waits when the vendor has ended the connection."""
        pieces = self._turned_back(await self._scan.finish()) if self._scan is not None else []
        return pieces + (_messages(self._restorer.finish()) if self._restorer is not None else [])

    @property
    def wait(self) -> float | None:
        """Seconds after which `time_passed` is to be called; None if nothing waits."""
        waits = (self._scan is not None and self._scan.waits) or (self._restorer is not None and self._restorer.waits)
        return self.pipeline.settings.reply.hold_seconds if waits else None

    @property
    def blocked(self) -> Response | None:
        """The refusal of a reply that may not go on."""
        if self._scan is None or not self._scan.blocked or self._turn is None:
            return None
        return self._turn.judge.refusal(self.opened.dialect)

    def _turned_back(self, pieces: Sequence[bytes]) -> list[WholeMessage]:
        if self._restorer is None:
            return _messages(pieces)
        return _messages([out for piece in pieces if piece for out in self._restorer.feed(piece)])

    # -- what is recorded ----------------------------------------------------------------------------------------------

    async def over(self) -> None:
        """The connection has ended: tell how its last message did."""
        if self._scan is not None and self._scan.blocked:
            self.failed = self.failed or "reply_blocked"
        self._end_turn()
        if self._looking:
            await asyncio.wait(self._looking)

    def _end_turn(self) -> None:
        turn, self._turn = self._turn, None
        if turn is None:
            return
        if not turn.watches:
            self._told(turn.verdict, 101, turn)
            return
        looking = asyncio.create_task(self._look_back(turn))  # nobody waits for what can change nothing
        self._looking.add(looking)
        looking.add_done_callback(self._looking.discard)

    async def _look_back(self, turn: _Turn) -> None:
        """Look into a reply that is only recorded, and record it."""
        try:
            scan = StreamScan(self.opened.dialect, WHOLE, turn.judge, _EVERYTHING)
            if turn.received >= _WATCHED_BYTES:
                turn.judge.skipped.append(Skipped("", SkipReason.TOO_LARGE))
            for piece in turn.watched:
                await scan.feed(piece)
            await scan.finish()
        finally:
            self._told(turn.verdict, 101, turn)

    def _told(self, verdict: Verdict, status: int, turn: _Turn | None = None) -> None:
        if verdict is self.opened:
            return  # whoever holds the connection tells of its opening
        self.tell(
            verdict,
            Outcome(
                status=status,
                response_bytes=turn.received if turn is not None else 0,
                duration_ms=int((time.monotonic() - verdict.started) * 1000),
                restored=bool(verdict.tokens) and turn is not None and turn.received > 0,
                error=self.failed if turn is not None else None,
                judge=turn.judge if turn is not None else None,
            ),
        )


def error_event(dialect: Dialect, refusal: Response, decision_id: str, message: bytes = b"") -> bytes | None:
    """A refusal as the vendor's error event, which its SDK reports; None where the protocol has none.

    `message` is what was refused: OpenAI's events name the event that they are about.
    """
    if isinstance(dialect, GeminiLive):
        return None
    body = json.loads(refusal.body)
    event: dict[str, Any] = {"type": "error", "event_id": f"privet_{decision_id}", **body}
    event["status"] = refusal.status
    if "retry-after" in refusal.headers:
        event["privet"] = {**body.get("privet", {}), "retry_after": int(refusal.headers["retry-after"])}
    asked = _object(message)
    if isinstance(asked.get("stream_id"), str):
        event["stream_id"] = asked["stream_id"]
    if isinstance(asked.get("event_id"), str) and isinstance(body.get("error"), dict):
        event["error"] = {**body["error"], "event_id": asked["event_id"]}
    return json.dumps(event).encode()


def close_reason(dialect: Dialect, refusal: Response, decision_id: str) -> str:
    """Words for the close: the decision, and why, where there is no error event that says it."""
    if not isinstance(dialect, GeminiLive):
        return f"privet {decision_id}"
    words = f"privet {decision_id}: {json.loads(refusal.body)['error']['message']}"
    return words.encode()[:_REASON_BYTES].decode(errors="ignore")


def _kept_inside(verdict: Verdict) -> Verdict:
    """A message that an internal model would have to answer: none speaks over a WebSocket."""
    refusal = Refusal(
        decision_id=verdict.decision.id,
        message="This message must stay inside, and no internal model can answer it over a WebSocket.",
        rules=verdict.decision.determining_rules,
    )
    return replace(verdict, refusal=verdict.dialect.refusal(refusal), target=None, chat=None, tokens={})


def _says_the_same(one: Known | None, other: Known | None) -> bool:
    """Whether two views into the vault know the same kinds of tokens, and the same surrogates."""
    if one is other or one is None or other is None:
        return one is other
    return one.types == other.types and one.surrogates == other.surrogates


def _messages(pieces: Sequence[bytes]) -> list[WholeMessage]:
    return [parse_whole(piece) for piece in pieces if piece]


def _media_type(content: bytes, *, is_text: bool) -> str:
    if content.lstrip()[:1] in {b"{", b"["}:
        return "application/json"
    return "text/plain" if is_text else "application/octet-stream"


def _object(message: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(message)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
