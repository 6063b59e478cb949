"""How one reply travels through mitmproxy: chosen when its headers are there, finished when it has ended.

A reply that nobody has to look into goes on as it came if anything fails (tokens stay tokens). One that the policy has
inspected is refused then, or its stream ends.
"""

from dataclasses import dataclass, field

from mitmproxy import http

from proxy.inquiry import wants_stream
from proxy.message import Response
from proxy.mitm.replies import media_type_of, rewrite, unframe
from proxy.pipeline import Inspector, Verdict
from proxy.replies import ReplyStream, ScannedReply, Watch, WholeReply, passing, way
from proxy.reply_judge import ReplyJudge
from proxy.token_index import TokenIndex
from proxy.usage import Usage, UsageReader


@dataclass(slots=True)
class Travel:
    """The reply of one flow."""

    stream: ReplyStream | ScannedReply | None = None
    judge: ReplyJudge | None = None
    restored: bool = False
    failed: str | None = None
    _counts: UsageReader | None = field(default=None, repr=False)
    _whole: WholeReply | None = field(default=None, repr=False)  # changed once it is there
    _watch: Watch | None = field(default=None, repr=False)

    def begin(self, flow: http.HTTPFlow, verdict: Verdict, inspector: Inspector, hold: tuple[int, float]) -> None:
        """Choose, once the headers are there. `hold`: characters and seconds that a stream may be held back."""
        response = flow.response
        if response is None:
            return
        try:
            self._choose(flow, response, verdict, inspector, hold)
        except Exception as error:  # noqa: BLE001 - what is to be inspected is refused when it is there
            self.failed = type(error).__name__
            if not self._must_be_inspected:
                response.stream = self.stream = passing(verdict.decision.id)
        # Only now: whatever went wrong with counting, how the reply travels is settled.
        if flow.request.method == "POST" and 200 <= response.status_code < 300:
            self._counts = UsageReader({name.lower(): value for name, value in response.headers.items()})
        if self.stream is not None:
            self.stream.counts = self._counts

    @property
    def usage(self) -> Usage | None:
        """The tokens that the reply says it took, as far as it has come."""
        return self._counts.usage if self._counts is not None else None

    async def finish(self, flow: http.HTTPFlow, verdict: Verdict) -> None:
        """Inspect and restore what was kept whole, and look into what was only watched."""
        try:
            if self._watch is not None:
                await self._watch.finish()
            elif self.stream is None:
                if self._counts is not None and flow.response is not None:
                    self._counts.feed(flow.response.raw_content or b"")
                await self._change(flow, verdict)
        except BaseException as error:  # noqa: BLE001 - tokens stay tokens, but what was not inspected doesn't go on
            self.failed = type(error).__name__
            if self.judge is not None and self._must_be_inspected:
                self._refuse(flow, self.judge.refusal(verdict.dialect))

    @property
    def _must_be_inspected(self) -> bool:
        return self.judge is not None and not self.judge.rules.watch_only

    def _choose(
        self,
        flow: http.HTTPFlow,
        response: http.Response,
        verdict: Verdict,
        inspector: Inspector,
        hold: tuple[int, float],
    ) -> None:
        if verdict.reply is not None and 200 <= response.status_code < 300:  # vendors' errors aren't what a model says
            placed = TokenIndex(verdict.tokens, verdict.vault)
            self.judge = ReplyJudge(verdict.reply, inspector, placed, verdict.decision.id)
        chosen = way(
            verdict.dialect,
            verdict.tokens,
            verdict.vault,
            self.judge,
            media_type=media_type_of(response),
            content_encoding=response.headers.get("content-encoding", ""),
            endpoint=verdict.request.endpoint,
            decision_id=verdict.decision.id,
            hold=hold,
            streaming=wants_stream(verdict.request),
        )
        if isinstance(chosen, WholeReply):
            self._whole = chosen
            return
        self._watch = chosen if isinstance(chosen, Watch) else None
        self.stream = chosen.stream if isinstance(chosen, Watch) else chosen
        if not (isinstance(self.stream, ReplyStream) and self.stream.passes):
            unframe(flow)
            self.restored = bool(verdict.tokens) or verdict.vault is not None
        response.stream = self.stream

    async def _change(self, flow: http.HTTPFlow, verdict: Verdict) -> None:
        response = flow.response
        if response is None or (self._whole is None and self.judge is None):
            return
        if self._whole is None:
            raise ValueError("nobody knows how this reply is to be inspected")
        body = response.get_content(strict=True) or b""
        changed = await self._whole.finish(body, media_type_of(response))
        if isinstance(changed, Response):
            self.failed = "reply_blocked"
            self._refuse(flow, changed)
        elif changed != body:
            rewrite(response, changed)
            self.restored = bool(verdict.tokens) or verdict.vault is not None

    @staticmethod
    def _refuse(flow: http.HTTPFlow, refusal: Response) -> None:
        flow.response = http.Response.make(refusal.status, refusal.body, dict(refusal.headers))
