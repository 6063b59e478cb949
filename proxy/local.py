"""The local HTTP server: the API that machines ask (`/scan`, `/healthz`, `/readyz`, `/metrics`), and the inner door.

Through the inner door the addon has rerouted requests answered: mitmproxy can't stream an answer of its own, so it
connects here instead (a loopback port of its own, one secret per request). Nothing else may come in that way.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from detectors.whole import gathered, parts
from local_models.errors import BackendError
from proxy.answer import Answerer, Task
from proxy.errors import OverloadError, ProxyError
from proxy.justify import Justify
from proxy.ledger import ASKED_SECONDS, LedgerError
from proxy.message import Refusal, Response
from proxy.metrics import Metrics
from proxy.pipeline import Inspector
from proxy.reasons import SHORTEST, usable
from proxy.record import RecordError

ANSWER_PATH = "/answer/"
AT_ONCE = "x-privet-at-once"  # the header of a request that is answered before it has ended
_LARGE_TEXT = 100_000  # characters that take long enough to look for encodings in that others would feel it
SCAN_LIMIT = 5_000_000  # bytes of a /scan request


@web.middleware
async def no_pages(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Refuse web pages: any site that somebody visits can have their browser post to this machine, in their name."""
    if "origin" in request.headers:
        return _problem(403, "this is for programs, not for web pages: a request with an Origin header is refused")
    return await handler(request)


@dataclass(slots=True)
class LocalServer:
    """The handlers; `status` says how Privet is, `ready` whether it may be sent requests."""

    inspector: Inspector
    answerer: Answerer
    metrics: Metrics
    status: Callable[[], Mapping[str, Any]]
    ready: Callable[[], list[str]]  # what is missing; empty when ready
    labelling: Callable[[], bool]
    justify: Justify | None = None
    _tasks: dict[str, Task | Response] = field(default_factory=dict, repr=False)

    def expect(self, secret: str, task: Task | Response) -> None:
        """The next request to the inner door with this secret is answered by `task`, or with this response."""
        self._tasks[secret] = task

    def forget(self, secret: str) -> None:
        """The request that `expect` announced won't come any more."""
        self._tasks.pop(secret, None)

    def public(self) -> web.Application:
        """The API."""
        app = web.Application(client_max_size=SCAN_LIMIT, middlewares=[no_pages])
        app.router.add_post("/scan", self._scan)
        app.router.add_post("/justify", self._justify)
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/readyz", self._readyz)
        app.router.add_get("/metrics", self._metrics)
        return app

    def inner(self) -> web.Application:
        """The inner door."""
        app = web.Application()
        app.router.add_post(ANSWER_PATH + "{secret}", self._answer)
        return app

    async def _healthz(self, _request: web.Request) -> web.Response:
        return web.json_response({"status": "ok", **self.status()})

    async def _readyz(self, _request: web.Request) -> web.Response:
        missing = self.ready()
        return web.json_response({"ready": not missing, "missing": missing}, status=503 if missing else 200)

    async def _metrics(self, _request: web.Request) -> web.Response:
        return web.Response(body=self.metrics.render(), headers={"content-type": "text/plain; version=0.0.4"})

    async def _scan(self, request: web.Request) -> web.Response:
        try:
            body = json.loads(await request.read())
        except web.HTTPRequestEntityTooLarge:
            return _problem(413, f"the body is larger than {SCAN_LIMIT} bytes")
        except (ValueError, RecursionError):
            return _problem(400, 'expected JSON such as {"text": "…"}')
        text = body.get("text") if isinstance(body, dict) else None
        if not isinstance(text, str):
            return _problem(400, 'expected a string under "text"')
        among = await asyncio.to_thread(parts, text) if len(text) >= _LARGE_TEXT else parts(text)
        scan = gathered(among, await self.inspector.scan([(part.text, part.context) for part in among]))
        labelled = await self.inspector.label([text]) if self.labelling() else None
        skipped = [*scan.skipped, *(labelled.skipped if labelled else ())]
        answer: dict[str, Any] = {
            "findings": [
                {
                    "entity_type": finding.entity_type,
                    "start": finding.start,
                    "end": finding.end,
                    "score": round(finding.score, 4),
                    "detector": finding.detector,
                }
                for finding in scan.findings
            ],
            "labels": [
                {"name": label.name, "score": round(label.score, 4), "model": label.model}
                for label in (labelled.labels if labelled else ())
            ],
        }
        if scan.languages:
            answer["languages"] = list(scan.languages)
        if skipped:
            answer["skipped"] = [{"reason": item.reason.value} for item in skipped]
        return web.json_response(answer, status=503 if skipped else 200)

    async def _justify(self, request: web.Request) -> web.Response:
        try:
            body = json.loads(await request.read())
        except (web.HTTPRequestEntityTooLarge, ValueError, RecursionError):
            body = None
        decision, reason = (body.get(name) if isinstance(body, dict) else None for name in ("decision_id", "reason"))
        if not isinstance(decision, str) or not isinstance(reason, str):
            return _problem(400, 'expected JSON such as {"decision_id": "01…", "reason": "…"}')
        if not usable(reason):
            return _problem(400, f"expected a reason of at least {SHORTEST} characters")
        if self.justify is None:
            return _problem(503, "this Privet keeps no reasons")
        try:
            rules = await self.justify.answer(decision, reason)
        except (LedgerError, RecordError):
            return _problem(503, "the reason could not be kept. Try again in a moment")
        if rules is None:
            return _problem(404, f"nobody was asked why for this decision in the last {ASKED_SECONDS // 60} minutes")
        return web.json_response({"decision_id": decision, "rules": list(rules), "seconds": ASKED_SECONDS})

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        task = self._tasks.pop(request.match_info["secret"], None)
        if task is None:
            return _problem(404, "no request waits here")
        if isinstance(task, Response):
            # The body is dropped on the way here. Its end is awaited: a client of HTTP/1 that still sends reads no
            # answer, unless it waits for one.
            if AT_ONCE not in request.headers:
                await request.read()
            return web.Response(status=task.status, headers=dict(task.headers), body=task.body)
        headers = {"x-privet-rerouted": task.target.name, "x-privet-model": task.target.model}
        try:
            if not task.chat.stream:
                whole = await self.answerer.whole(task)
                return web.Response(status=whole.status, headers={**whole.headers, **headers}, body=whole.body)
            return await self._stream(request, task, headers)
        except (ProxyError, BackendError) as error:
            refusal, reason = _unanswered(task, error)
            self.metrics.failures.labels(reason).inc()
            return web.Response(status=refusal.status, headers=dict(refusal.headers), body=refusal.body)

    async def _stream(self, request: web.Request, task: Task, headers: Mapping[str, str]) -> web.StreamResponse:
        events = self.answerer.events(task)
        try:
            first = await anext(events, None)  # an error before the first event can still be told as an error
            response = web.StreamResponse(headers={"content-type": task.chat.stream_type, **headers})
            await response.prepare(request)
            if first is not None:
                await response.write(first)
            try:
                async for event in events:
                    await response.write(event)
            except (ProxyError, BackendError):
                self.metrics.failures.labels("model_down").inc()
                # The status is gone out already: an aborted connection tells the client that the answer isn't whole.
                if request.transport is not None:
                    request.transport.abort()
            return response
        finally:
            await events.aclose()


def _unanswered(task: Task, error: ProxyError | BackendError) -> tuple[Response, str]:
    """Why an internal model gives no answer, for the person who asked; and what the metrics call it."""
    retry_after = None
    if isinstance(error, OverloadError) or getattr(error, "kind", "") == "busy":
        reason, status, code, why = "model_busy", 503, "privet_model_busy", "is busy. Try again in a moment."
        retry_after = max(1, round(getattr(error, "seconds", 1.0)))
    elif getattr(error, "name", "") == "GrammarError" or getattr(error, "kind", "") == "request":
        reason, status, code = "model_refused", 422, "privet_model_refused"
        why = "can't answer it in the form that it asks for."
        if task.chat.schema is not None:
            why = "can't answer it with JSON of the schema that it asks for within its limit of tokens."
    else:
        reason, status, code, why = "model_down", 503, "privet_model_unavailable", "can't answer at the moment."
    refusal = Refusal(
        decision_id=task.decision_id,
        message=f"This request must stay inside, and the internal model {why}",
        status=status,
        code=code,
        retry_after=retry_after,
    )
    return task.dialect.refusal(refusal), reason


def _problem(status: int, message: str) -> web.Response:
    return web.json_response({"error": message}, status=status)
