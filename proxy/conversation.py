"""A WebSocket to an LLM host: each message of the client is judged as a request of its own, each reply restored.

Realtime APIs speak JSON events in text frames (OpenAI realtime, Codex' responses, Gemini Live), so that a message is
read by a dialect, decided by the policy and recorded before it goes. What is no JSON is text, what is neither is
uninspected, and the policy says what that means. The vendor's messages are pieces of one stream: a token may be cut.
Pure but for the pipeline that is handed in; mitmproxy is unknown.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from proxy.errors import ProxyError
from proxy.identity import Principal
from proxy.message import Refusal, Request
from proxy.pipeline import Pipeline, Verdict
from proxy.record import Outcome
from proxy.restore import StreamRestorer

_LINES = "application/x-ndjson"
_WITHHELD = ("upgrade", "connection", "content-encoding", "content-length", "content-type")


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
class Conversation:
    """One connection: who speaks, to whom, and what must be turned back."""

    pipeline: Pipeline
    principal: Principal
    opening: Request
    tell: Callable[[Verdict, Outcome], None]  # how a message ended
    tokens: dict[str, str] = field(default_factory=dict, repr=False)
    received: int = 0
    restored: bool = False
    failed: str | None = None
    ending: bool = False  # Privet stops: the next message is the last
    _restorer: StreamRestorer | None = field(default=None, repr=False)

    async def from_client(self, content: bytes, *, is_text: bool) -> tuple[bytes | None, Verdict]:
        """What goes to the vendor in the message's place, or None with a verdict that refuses."""
        headers = {name: value for name, value in self.opening.headers.items() if name not in _WITHHELD}
        request = Request(
            method="POST",
            host=self.opening.host,
            path=self.opening.endpoint,
            headers={**headers, "content-type": _media_type(content, is_text=is_text)},
            body=content,
        )
        verdict = await self.pipeline.judge(request, self.principal)
        if verdict.refusal is None and verdict.target is not None:
            verdict = _kept_inside(verdict)
        self._told(verdict)
        if verdict.refusal is not None:
            return None, verdict
        self._expect(verdict)
        return verdict.body if verdict.body is not None else content, verdict

    def from_server(self, content: bytes) -> list[bytes]:
        """What goes to the client: messages that may end in the middle of a token wait for the next."""
        self.received += len(content)
        if self._restorer is None:
            return [content]
        line = content.replace(b"\n", b" ").replace(b"\r", b" ")  # between JSON's tokens only
        try:
            pieces = b"".join(self._restorer.feed(line + b"\n"))
        except ProxyError as error:
            self.failed = type(error).__name__
            self._restorer = None
            return [content]
        out = [piece for piece in pieces.split(b"\n") if piece]
        if out == [line]:
            return [content]
        self.restored = True
        return out

    def rest(self) -> list[bytes]:
        """What still waits when the vendor has ended the connection."""
        if self._restorer is None:
            return []
        left, self._restorer = b"".join(self._restorer.finish()), None
        return [piece for piece in left.split(b"\n") if piece]

    def _expect(self, verdict: Verdict) -> None:
        """From now on the tokens of this message are turned back, too."""
        if verdict.vault is None and verdict.tokens.items() <= self.tokens.items():
            return
        self.tokens = {**self.tokens, **verdict.tokens}
        # What the old one holds back are pieces of a reply that is interrupted: they would be out of turn later.
        self._restorer = StreamRestorer(verdict.dialect, self.tokens, _LINES, vault=verdict.vault)

    def _told(self, verdict: Verdict) -> None:
        refusal = verdict.refusal
        self.tell(
            verdict,
            Outcome(
                status=refusal.status if refusal is not None else 101,
                response_bytes=0,
                duration_ms=int((time.monotonic() - verdict.started) * 1000),
            ),
        )


def error_event(verdict: Verdict) -> bytes:
    """The vendor's error as an event: what an SDK reports as the session's error."""
    if verdict.refusal is None:
        raise ValueError("only a refusal has an error event")
    body = json.loads(verdict.refusal.body)
    return json.dumps({"type": "error", "event_id": f"privet_{verdict.decision.id}", **body}).encode()


def _kept_inside(verdict: Verdict) -> Verdict:
    """A message that an internal model would have to answer: none speaks over a WebSocket."""
    refusal = Refusal(
        decision_id=verdict.decision.id,
        message="This message must stay inside, and no internal model can answer it over a WebSocket.",
        rules=verdict.decision.determining_rules,
    )
    return replace(verdict, refusal=verdict.dialect.refusal(refusal), target=None, chat=None, tokens={})


def _media_type(content: bytes, *, is_text: bool) -> str:
    if content.lstrip()[:1] in {b"{", b"["}:
        return "application/json"
    return "text/plain" if is_text else "application/octet-stream"
