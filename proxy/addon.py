"""The addon: what Privet does in mitmproxy's hooks. Refuse first, judge, lift the refusal last.

mitmproxy logs an addon's exception and lets the flow go on, so every request to an LLM host carries a refusal from the
moment its headers are read; only a verdict that was recorded lifts it, and only that very refusal. What the hooks must
hold to was measured; docs/architecture.md lists it, tests/proxy/test_traps.py tests it.
"""

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mitmproxy import http
from mitmproxy.connection import Client
from mitmproxy.proxy import mode_specs

from configs.hosts import HostTable
from configs.settings import Settings
from proxy.answer import Task
from proxy.conversation import Conversation, is_websocket
from proxy.envelopes import ACCEPTED as ENVELOPES_ACCEPTED
from proxy.gate import Gate
from proxy.identity import Credentials, Principal, identify, is_trusted, parse_basic
from proxy.local import ANSWER_PATH, AT_ONCE, LocalServer
from proxy.message import Response
from proxy.metrics import Metrics
from proxy.mitm.failures import tell_unanswered
from proxy.mitm.flows import (
    aim,
    ask_for_credentials,
    client_address,
    error_word,
    failed,
    frame,
    headers_of,
    names,
    own_address,
    request_of,
    strip,
    turn_back,
)
from proxy.mitm.replies import ReplyPiece
from proxy.mitm.travel import Travel
from proxy.mitm.websocket import Message, close_word, converse, pass_on
from proxy.pipeline import Pipeline, Verdict
from proxy.providers.bedrock import is_bidirectional
from proxy.providers.registry import gateway_route
from proxy.record import Outcome, Record
from proxy.replies import ScannedReply
from proxy.reply_judge import enforces_replies
from proxy.settle import settle

log = logging.getLogger("privet.proxy")

EXCESS = (
    b"There are more connections to Privet than it may have, or they come faster than they may "
    b"(limits.connections, limits.connections_per_client, limits.new_connections_per_client).\n"
)
# A method is a word of the client's own: any other would be text that goes out unread.
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT"})
API_PATHS = frozenset({"/scan", "/justify", "/healthz", "/readyz", "/metrics"})
GATEWAY_PLACEHOLDER = "gateway.invalid"
_STATE = "privet"
_COMPRESSION = "sec-websocket-extensions"  # what it costs in memory has no bound
_DIGEST_HEADERS = ("content-md5", "digest", "content-digest", "repr-digest")


@dataclass(slots=True)
class _Flow:
    """What Privet knows of one flow."""

    refusal: http.Response | None  # Privet's own; None for flows that aren't Privet's business
    gateway: bool = False
    route: str = ""  # of the gateway: whose API is meant
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)  # as the client sent them, lower case
    verdict: Verdict | None = None
    secret: str | None = field(default=None, repr=False)
    opens: bool = False  # it asks for a WebSocket
    conversation: Conversation | None = None  # the WebSocket, once it may be opened
    reply: Travel = field(default_factory=Travel)
    closed: bool = False


@dataclass(slots=True)
class PrivetAddon:
    """mitmproxy's view of Privet."""

    settings: Settings
    pipeline: Pipeline
    record: Record
    local: LocalServer
    metrics: Metrics
    credentials: Credentials | None
    api_port: Callable[[], int]
    inner_port: Callable[[], int]
    gateway_bases: Mapping[str, str]
    on_running: Callable[[], None]
    users: dict[str, str] = field(default_factory=dict, repr=False)  # client connection → verified user
    draining: bool = False  # Privet is stopping: connections end with the reply that is on its way
    _running: dict[str, tuple[http.HTTPFlow, _Flow]] = field(default_factory=dict, repr=False)  # by flow id
    # By client connection and flow. Who cancels a task takes it out, so that it is known why it was cancelled.
    _judging: dict[str, dict[str, asyncio.Task[Any]]] = field(default_factory=dict, repr=False)
    hosts: HostTable = field(init=False, repr=False)
    gate: Gate = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """What follows from the settings."""
        self.hosts = self.settings.host_table
        self.gate = Gate(lambda: self.settings.limits, self.pipeline.others)

    def running(self) -> None:
        """All listeners are up."""
        self.on_running()

    def busy(self) -> set[str]:
        """The client connections on which a request to an LLM host runs."""
        return {flow.client_conn.id for flow, _ in self._running.values()}

    def cut_off(self) -> None:
        """End the streams that still run, with an error event at their next piece."""
        for _, state in self._running.values():
            if state.reply.stream is not None:
                state.reply.stream.cut_off()
            if state.conversation is not None:
                state.conversation.ending = True

    def client_gone(self, client: Client) -> None:
        """Nobody waits any more for what is judged on this connection."""
        tasks = self._judging.get(client.id, {})
        while tasks:
            tasks.popitem()[1].cancel()

    def stream_gone(self, flow: http.HTTPFlow) -> None:
        """Nobody waits any more for this one of the requests on an HTTP/2 connection."""
        task = self._judging.get(flow.client_conn.id, {}).pop(flow.id, None)
        if task is not None:
            task.cancel()

    # -- connections ---------------------------------------------------------------------------------------------------

    async def http_connect(self, flow: http.HTTPFlow) -> None:
        """A client asks for a tunnel: check the proxy credentials it gave, if any."""
        try:
            if (why := self.gate.excess(flow.client_conn.id)) is not None:
                flow.response = http.Response.make(why[1], EXCESS, {"content-type": "text/plain", "retry-after": "1"})
            elif not await self._check_credentials(flow):
                flow.response = ask_for_credentials()
        except BaseException:  # noqa: BLE001 - an exception that got out would open the tunnel
            flow.response = http.Response.make(502, b"Privet could not check the proxy credentials.\n")

    def client_connected(self, client: Client) -> None:
        """Count the connection; one far too many ends here."""
        if (why := self.gate.connected(client.id, str(client.peername[0]))) is not None:
            client.error = "too many connections"
            self.metrics.failures.labels(why).inc()

    def client_disconnected(self, client: Client) -> None:
        """Forget who was behind this connection."""
        self.gate.gone(client.id)
        self.users.pop(client.id, None)
        self._judging.pop(client.id, None)
        for ended in [number for number, (flow, _) in self._running.items() if flow.client_conn.id == client.id]:
            del self._running[ended]
            self.gate.release(ended)

    # -- requests ------------------------------------------------------------------------------------------------------

    async def requestheaders(self, flow: http.HTTPFlow) -> None:
        """Refuse first. What Privet has no business with passes through, unread."""
        refusal = failed()
        try:
            if flow.response is not None:
                return
            state = _Flow(refusal=refusal, headers=headers_of(flow))
            flow.metadata[_STATE] = state
            if isinstance(flow.client_conn.proxy_mode, mode_specs.ReverseMode):
                state.gateway = True
                if flow.request.path.partition("?")[0] in API_PATHS:
                    state.refusal = None
                    flow.request.scheme, flow.request.host, flow.request.port = "http", "127.0.0.1", self.api_port()
                    return
            elif not any(self._is_llm(name) for name in names(flow)):
                state.refusal = None
                if not await self._check_credentials(flow):
                    flow.response = ask_for_credentials()
                    return
                strip(flow)
                flow.request.stream = True
                return
            why = self.gate.refuses(flow.client_conn.id, flow.id, state.headers)
            if why is None and is_bidirectional(flow.request.path):
                why = "bidirectional", 403  # its client waits for an answer before it ends the request
            if why is None:
                flow.response = refusal
            else:
                await self._turn_away(flow, state, *why)
        except BaseException:  # noqa: BLE001 - an exception that got out would let the flow go on
            flow.response = refusal

    async def _turn_away(self, flow: http.HTTPFlow, state: _Flow, reason: str, status: int) -> None:
        """Refuse by the headers alone. mitmproxy would keep the body first: it goes to the inner door, emptied."""
        request = request_of(flow, state.headers, flow.request.host)
        state.verdict = await self.pipeline.refuse(request, self._nobody(flow), reason, status)
        self.metrics.count(state.verdict)
        if (told := state.verdict.refusal) is None:
            raise RuntimeError("a refusal refuses")
        self._send_inside(flow, state, told)
        if reason == "bidirectional" or flow.request.http_version.startswith("HTTP/2"):
            flow.request.headers[AT_ONCE] = "1"
        flow.request.headers["transfer-encoding"] = "chunked"
        flow.request.stream = lambda _: []

    async def request(self, flow: http.HTTPFlow) -> None:
        """Judge the whole request; lift the own refusal only for a recorded verdict that lets it go."""
        state = flow.metadata.get(_STATE)
        if not isinstance(state, _Flow):
            if flow.response is None:
                flow.response = http.Response.make(503, b"Privet did not see this request's headers.\n")
            return
        if state.refusal is None or flow.response is not state.refusal:
            return
        self._running[flow.id] = flow, state
        try:
            verdict = await self._interruptible(flow, state)
            state.verdict = verdict
            self.metrics.count(verdict)
            if (told := verdict.refusal) is not None:
                flow.response = http.Response.make(told.status, told.body, dict(told.headers))
            elif verdict.target is not None and verdict.chat is not None:
                self._reroute(flow, state, verdict)
                flow.response = None
            else:
                self._forward(flow, verdict)
                if state.opens:
                    state.conversation = Conversation(self.pipeline, verdict, self.record.outcome)
                flow.response = None
        except BaseException as error:  # noqa: BLE001 - also a cancellation must end in a refusal, or the client hangs
            self.metrics.failures.labels("addon").inc()
            log.error("a request was refused: %s", type(error).__name__)  # noqa: TRY400 - a traceback may quote it
            flow.response = state.refusal
            if isinstance(error, Exception) and state.verdict is None:
                await self._tell(flow, state, error)

    async def _tell(self, flow: http.HTTPFlow, state: _Flow, error: Exception) -> None:
        """Record a refusal that has no verdict, and word it as the vendor would. It is in force already."""
        try:
            nobody = Principal(user=None, department="", address=client_address(flow))
            request = request_of(flow, state.headers, flow.request.host)
            state.verdict = await self.pipeline.refuse(request, nobody, type(error).__name__, 503)
            if (told := state.verdict.refusal) is not None:
                flow.response = http.Response.make(told.status, told.body, dict(told.headers))
        except Exception as again:  # noqa: BLE001 - it stays refused, only without a record
            log.error("a refusal is not recorded: %s", type(again).__name__)  # noqa: TRY400

    async def _interruptible(self, flow: http.HTTPFlow, state: _Flow) -> Verdict:
        """The verdict; a refusal if the client goes away meanwhile, which ends the inspection."""
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("hooks run in tasks")
        tasks = self._judging.setdefault(flow.client_conn.id, {})
        tasks[flow.id] = task
        try:
            return await self._judge(flow, state)
        except asyncio.CancelledError:
            if flow.id in tasks:
                raise
            task.uncancel()
            request = request_of(flow, state.headers, flow.request.host)
            return await self.pipeline.refuse(request, self._nobody(flow), "client_disconnected", 499)
        finally:
            tasks.pop(flow.id, None)

    async def _judge(self, flow: http.HTTPFlow, state: _Flow) -> Verdict:
        principal = await self._principal(flow, state)
        if state.gateway:
            route = gateway_route(flow.request.path, state.headers)
            if route is None or route[0] not in self.gateway_bases:
                somebody = principal or self._nobody(flow)
                unknown = request_of(flow, state.headers, "gateway")
                return await self.pipeline.refuse(unknown, somebody, "unknown_route", 404)
            state.route = route[0]
            aim(flow, self.gateway_bases[route[0]], route[1])
        request = request_of(flow, state.headers, flow.request.host)
        if principal is None:
            return await self.pipeline.refuse(request, self._nobody(flow), "credentials", 407)
        if not state.gateway and len(set(names(flow))) != 1:
            return await self.pipeline.refuse(request, principal, "host_mismatch", 421)
        if self._may_open(flow, state):
            state.opens = True
        elif flow.request.method not in METHODS:
            return await self.pipeline.refuse(request, principal, "method", 405)
        elif "upgrade" in state.headers or flow.request.method == "CONNECT" or ":protocol" in state.headers:
            return await self.pipeline.refuse(request, principal, "websocket", 426)
        self.metrics.active.inc()
        try:
            return await self.pipeline.judge(
                request, principal, content_encoding=state.headers.get("content-encoding", "")
            )
        finally:
            self.metrics.active.dec()

    def _may_open(self, flow: http.HTTPFlow, state: _Flow) -> bool:
        """Whether it asks for a WebSocket in which what must be inspected can be."""
        # What an opaque host sends nobody can read, so that a rule about replies could only block it, once it is open.
        unread = self.hosts.family(flow.request.host) == "opaque" and enforces_replies(self.pipeline.policy)
        return self.settings.websocket.enabled and is_websocket(flow.request.method, state.headers) and not unread

    def _forward(self, flow: http.HTTPFlow, verdict: Verdict) -> None:
        request = flow.request
        gone = [self.settings.identity.header, self.settings.identity.department_header, _COMPRESSION]
        if verdict.body is not None:
            request.raw_content = verdict.body
            gone += ("content-encoding", *_DIGEST_HEADERS)
        strip(flow, *gone)
        if verdict.path is not None:
            request.path = verdict.path
        for name, value in verdict.headers.items():
            if value is None or name == _COMPRESSION:
                request.headers.pop(name, None)
            else:
                request.headers[name] = value
        if verdict.tokens or verdict.vault is not None:
            strip(flow, *ENVELOPES_ACCEPTED)
            request.headers["accept-encoding"] = "identity"
        frame(request)

    def _reroute(self, flow: http.HTTPFlow, state: _Flow, verdict: Verdict) -> None:
        if verdict.chat is None or verdict.target is None:
            raise ValueError("a rerouted request needs a chat and a target")
        decision = verdict.decision.id
        task = Task(verdict.chat, verdict.target, verdict.dialect, decision, verdict.answer)
        self._send_inside(flow, state, task)
        flow.request.raw_content = b""
        frame(flow.request)

    def _send_inside(self, flow: http.HTTPFlow, state: _Flow, task: Task | Response) -> None:
        """Point the flow at the inner door, where the task is done."""
        state.secret = secrets.token_urlsafe(32)
        self.local.expect(state.secret, task)
        request = flow.request
        request.headers.clear()  # the vendor's key stays here too
        request.scheme, request.host, request.port = "http", "127.0.0.1", self.inner_port()
        request.method, request.path = "POST", ANSWER_PATH + state.secret
        request.headers["host"] = f"127.0.0.1:{request.port}"

    # -- replies -------------------------------------------------------------------------------------------------------

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        """Decide how the reply travels: as it is, restored piece by piece, or whole once it is there."""
        state = flow.metadata.get(_STATE)
        if not isinstance(state, _Flow) or flow.response is None:
            return
        if state.refusal is None:
            flow.response.stream = True
            return
        verdict = state.verdict
        if verdict is None or verdict.refusal is not None:
            return  # Privet's own refusal
        flow.request.raw_content = b""  # it is sent; a stream may go on for long
        self.gate.release(flow.id)
        try:
            self._travel(flow, state, verdict)
        except Exception as error:  # noqa: BLE001 - `Travel` itself doesn't raise: tokens stay tokens, nothing leaks
            state.reply.failed = type(error).__name__

    def _travel(self, flow: http.HTTPFlow, state: _Flow, verdict: Verdict) -> None:
        response = flow.response
        if response is None:
            return
        response.headers["x-privet-decision"] = verdict.decision.id
        if state.route:
            own = f"{own_address(flow)}/{state.route}"
            turn_back(response, self.gateway_bases[state.route], own)
        if self.draining and flow.request.http_version.startswith("HTTP/1") and response.status_code != 101:
            response.headers["connection"] = "close"
        if response.status_code == 101:
            response.headers.pop("sec-websocket-extensions", None)
            if state.conversation is None or response.headers.get("upgrade", "").lower() != "websocket":
                flow.kill()  # nobody asked for this protocol: nothing may speak it
            return
        hold = (self.settings.reply.hold_characters, self.settings.reply.hold_seconds)
        state.reply.begin(flow, verdict, self.pipeline.inspector, hold)

    async def privet_reply_piece(self, piece: ReplyPiece) -> None:
        """A piece of a streamed reply that is inspected."""
        response = piece.flow.response
        if response is not None and isinstance(response.stream, ScannedReply):
            piece.out += await response.stream.take(piece.data)

    async def response(self, flow: http.HTTPFlow) -> None:
        """The reply is complete: inspect and restore it if it was kept whole, and record the outcome."""
        state = flow.metadata.get(_STATE)
        if not isinstance(state, _Flow) or state.refusal is None or flow.response is None:
            return
        if state.verdict is not None and state.verdict.refusal is None:
            await state.reply.finish(flow, state.verdict)
        if flow.websocket is None:  # else it only begins
            self._close(flow, state, error=None)

    async def error(self, flow: http.HTTPFlow) -> None:
        """The flow failed (vendor unreachable, connection reset, client gone): record that."""
        state = flow.metadata.get(_STATE)
        if not isinstance(state, _Flow) or state.refusal is None:
            return
        word = error_word(flow.error.msg if flow.error else "")
        if word == "too_large" and state.verdict is None:  # past the hard limit there is no `request` hook
            request = request_of(flow, state.headers, flow.request.host)
            state.verdict = await self.pipeline.refuse(request, self._nobody(flow), "body_too_large", 413)
        elif state.verdict is not None:
            tell_unanswered(flow, state.verdict.dialect, state.verdict.decision.id, word)
        self._close(flow, state, error=word)

    async def websocket_message(self, flow: http.HTTPFlow) -> None:
        """Judge what either side says. Until then `outgoing` is None: nothing goes."""
        state, message = flow.metadata.get(_STATE), flow.websocket and flow.websocket.messages[-1]
        if not isinstance(message, Message) or not isinstance(state, _Flow):
            return
        try:
            if state.refusal is None:  # no LLM host
                pass_on(message)
            elif (talk := state.conversation) is not None:
                await converse(message, talk, self._judging.setdefault(flow.client_conn.id, {}), self.metrics.count)
        except BaseException as error:  # noqa: BLE001 - whatever it was, the message stays here
            self.metrics.failures.labels("addon").inc()
            log.error("a message was refused: %s", type(error).__name__)  # noqa: TRY400 - a traceback may quote it
            message.outgoing = None

    async def websocket_end(self, flow: http.HTTPFlow) -> None:
        """The connection is over: record how it ended."""
        state = flow.metadata.get(_STATE)
        if not isinstance(state, _Flow) or state.refusal is None:
            return
        if (talk := state.conversation) is not None:
            await talk.over()
            state.reply.restored, state.reply.judge = talk.restored, talk.judge
            state.reply.failed = talk.failed or close_word(flow)
        self._close(flow, state, error=None)

    def _close(self, flow: http.HTTPFlow, state: _Flow, *, error: str | None) -> None:
        self._running.pop(flow.id, None)
        self.gate.release(flow.id)
        if state.closed:
            return
        state.closed = True
        if state.secret is not None:
            self.local.forget(state.secret)
        if (verdict := state.verdict) is None:
            return
        if state.reply.restored:
            self.metrics.restored.inc()
        response = flow.response
        source = state.reply.stream or state.conversation
        received = source.received if source else len((response and response.raw_content) or b"")
        failed = error or state.reply.failed or (state.reply.stream.failed if state.reply.stream else None)
        failed = failed or ("vault_unreadable" if verdict.vault is not None and verdict.vault.failed else None)
        outcome = Outcome(
            status=response.status_code if response is not None else 0,
            response_bytes=received,
            duration_ms=int((time.monotonic() - verdict.started) * 1000),
            restored=state.reply.restored,
            error=failed,
            judge=state.reply.judge,
            usage=self.local.answerer.took(verdict.decision.id) or state.reply.usage,
        )
        self.record.outcome(verdict, outcome)
        settle(verdict, outcome, self.metrics, self.pipeline.ledger, self.pipeline.tariff, passed=self.record.passed)

    def _is_llm(self, host: str) -> bool:
        return self.hosts.knows(host)

    async def _check_credentials(self, flow: http.HTTPFlow) -> bool:
        """Whether the flow's proxy credentials, if it has any, are right; remembers whose they are."""
        header = flow.request.headers.get("proxy-authorization")
        if header is None or self.credentials is None:
            return True
        given = parse_basic(header)
        if given is None or not await self.credentials.verify(*given):
            return False
        self.users[flow.client_conn.id] = given[0]
        return True

    async def _principal(self, flow: http.HTTPFlow, state: _Flow) -> Principal | None:
        address = client_address(flow)
        if state.gateway:
            if not is_trusted(address, self.settings.identity.trusted_clients):
                return identify(self.pipeline.policy, address=address)
            user = state.headers.get(self.settings.identity.header.lower()) or None
            department = state.headers.get(self.settings.identity.department_header.lower()) or None
            return identify(self.pipeline.policy, address=address, user=user, claimed_department=department)
        if not await self._check_credentials(flow):
            return None
        return identify(self.pipeline.policy, address=address, user=self.users.get(flow.client_conn.id))

    def _nobody(self, flow: http.HTTPFlow) -> Principal:
        return identify(self.pipeline.policy, address=client_address(flow))
