"""WebSockets with every frame in our hands: nothing is passed on unless the addon says what.

mitmproxy sends a message on unless a hook drops it, hands pings' payloads and close reasons through unseen, and keeps
every message. Here a message goes nowhere until `Message.outgoing` is set; if the hook fails, the connection ends.
Pings keep their meaning but lose their payload: the peer gets a number, and its pong is turned back. A close carries no
words to the vendor. A message past the limit ends the connection (1009) before it is whole.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, override

import wsproto.events as ws
from mitmproxy import http
from mitmproxy.proxy import commands, context, events, layer
from mitmproxy.proxy.layers import websocket
from mitmproxy.websocket import WebSocketMessage
from wsproto.connection import ConnectionState
from wsproto.frame_protocol import Opcode

from proxy.conversation import Conversation, close_reason, error_event
from proxy.framing import WholeMessage
from proxy.gate import Gate
from proxy.message import Response
from proxy.pipeline import Verdict

GOING_AWAY, TOO_BIG, REFUSED, FAILED, LATER = 1001, 1009, 1008, 1011, 1013
_PINGS_AT_MOST = 16
_SMALL = 65_536  # bytes of a message that aren't counted: connections are


@dataclass(frozen=True, slots=True)
class Ending:
    """How a connection ends: a last message for the client, if any, and a close code with a reason."""

    code: int
    reason: str = ""
    last: bytes | None = None


class Message(WebSocketMessage):
    """A whole message. `outgoing` is what goes on in its place; None (nobody decided) ends the connection."""

    outgoing: list[WholeMessage] | None = None
    ending: Ending | None = None
    last: bool = False  # no message: the vendor has ended the connection, and what was held back can go
    late: bool = False  # no message: what was held back has waited long enough
    wait: float | None = None  # seconds after which to ask again, since something is held back


class _Peer:
    """What is known of one side besides its protocol state."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.size = 0
        self.pings: dict[bytes, bytes] = {}  # what was sent → what the other side had sent

    def add(self, data: bytes | str) -> None:
        piece = data.encode() if isinstance(data, str) else bytes(data)
        self.pieces.append(piece)
        self.size += len(piece)

    def take(self) -> bytes:
        whole, self.pieces, self.size = b"".join(self.pieces), [], 0
        return whole


# mitmproxy's own, taken before any server puts another in its place: a second one would build on the first one's.
_Layer = websocket.WebsocketLayer


def layer_class(limit: Callable[[], int], gate: Gate) -> type[websocket.WebsocketLayer]:
    """A WebSocket layer whose messages may have `limit()` bytes; `gate` counts those of all that are arriving."""

    class InspectedLayer(_Layer):
        def __init__(self, where: context.Context, flow: http.HTTPFlow) -> None:
            super().__init__(where, flow)
            self._client, self._server = _Peer(), _Peer()
            self._count = 0
            self._waiting = False

        @override
        def relay_messages(self, event: events.Event) -> layer.CommandGenerator[None]:
            if isinstance(event, events.Wakeup):
                self._waiting = False
                late = Message(Opcode.TEXT, False, b"")
                late.late = True
                yield from self._decide(late, self.client_ws)
            if not isinstance(event, events.ConnectionEvent):
                return
            from_client = event.connection == self.context.client
            source, sink = (self.client_ws, self.server_ws) if from_client else (self.server_ws, self.client_ws)
            source.receive_data(event.data if isinstance(event, events.DataReceived) else None)
            for item in source.events():
                yield from self._relay(item, sink, from_client=from_client)
                if self._handle_event == self.done:
                    return

        def _relay(self, item: Any, sink: Any, *, from_client: bool) -> layer.CommandGenerator[None]:
            here, there = (self._client, self._server) if from_client else (self._server, self._client)
            match item:
                case ws.Message():
                    here.add(item.data)
                    held = here.size + there.size
                    if here.size > limit():
                        yield from self._end(Ending(TOO_BIG, "limits.body_bytes"))
                    elif held > _SMALL and not gate.keeps(self.flow.id, held):
                        yield from self._end(Ending(LATER, "limits.inflight_bytes"))
                    elif item.message_finished:
                        kind = Opcode.TEXT if isinstance(item, ws.TextMessage) else Opcode.BINARY
                        yield from self._decide(Message(kind, from_client, here.take()), sink)
                case ws.Ping():
                    self._count += 1
                    number = self._count.to_bytes(8)
                    if len(there.pings) >= _PINGS_AT_MOST:
                        there.pings.pop(next(iter(there.pings)))
                    there.pings[number] = bytes(item.payload)
                    yield sink.send2(ws.Ping(payload=number))
                case ws.Pong():
                    asked = here.pings.pop(bytes(item.payload), None)
                    if asked is not None:
                        yield sink.send2(ws.Pong(payload=asked))
                case ws.CloseConnection():
                    assert self.flow.websocket
                    self.flow.websocket.closed_by_client = from_client
                    if not from_client:
                        farewell = Message(Opcode.TEXT, from_client, b"")
                        farewell.last = True
                        yield from self._decide(farewell, sink)
                        if self._handle_event == self.done:
                            return
                    yield from self._end(Ending(item.code, "" if from_client else item.reason or ""), item.code)

        def _decide(self, message: Message, sink: Any) -> layer.CommandGenerator[None]:
            assert self.flow.websocket
            self.flow.websocket.messages = [message]  # the last one only: memory stays flat
            yield websocket.WebsocketMessageHook(self.flow)
            self.flow.websocket.messages = []
            gate.release(self.flow.id)
            if message.outgoing is None and message.ending is None:
                message.ending = Ending(FAILED, "privet failed")
            if sink.state is ConnectionState.OPEN:
                for part in message.outgoing or ():
                    yield sink.send2(_frame(part))
            if message.ending is not None:
                yield from self._end(message.ending)
            elif message.wait is not None and not self._waiting:
                self._waiting = True
                yield commands.RequestWakeup(message.wait)

        @override
        def done(self, _: events.Event) -> layer.CommandGenerator[None]:
            yield from ()

        def _end(self, ending: Ending, to_server: int = GOING_AWAY) -> layer.CommandGenerator[None]:
            assert self.flow.websocket
            self.flow.websocket.close_code = ending.code
            if ending.last is not None and self.client_ws.state is ConnectionState.OPEN:
                yield self.client_ws.send2(ws.TextMessage(ending.last.decode()))
            for side, closing in (
                (self.client_ws, ws.CloseConnection(ending.code, ending.reason or None)),
                (self.server_ws, ws.CloseConnection(to_server)),
            ):
                if side.state in {ConnectionState.OPEN, ConnectionState.REMOTE_CLOSING}:
                    yield side.send2(closing)
                yield commands.CloseConnection(side.conn)
            gate.release(self.flow.id)
            yield websocket.WebsocketEndHook(self.flow)
            self.flow.live = False
            self._handle_event = self.done

    return InspectedLayer


def _frame(message: WholeMessage) -> ws.TextMessage | ws.BytesMessage:
    """One message in one frame: what servers accept the most readily."""
    if message.is_text:
        return ws.TextMessage(message.data.decode(errors="replace"))
    return ws.BytesMessage(message.data)


def pass_on(message: Message) -> None:
    """Let a message go as it is."""
    message.outgoing = [] if message.last else [WholeMessage.of(message.content, is_text=message.is_text)]


async def converse(
    message: Message, talk: Conversation, tasks: dict[str, asyncio.Task[Any]], count: Callable[[Verdict], None]
) -> None:
    """Decide about a message; no longer once its client has gone away, which takes this task out of `tasks`."""
    task, number = asyncio.current_task(), talk.opened.decision.id
    if task is None:
        raise RuntimeError("hooks run in tasks")
    tasks[number] = task
    try:
        await _decide(message, talk, count)
    except asyncio.CancelledError:
        if number in tasks:
            talk.failed = "CancelledError"
            raise
        task.uncancel()
        message.outgoing, talk.failed = None, "client_disconnected"
        if message.from_client:
            request = talk.request(message.content, is_text=message.is_text)
            count(await talk.pipeline.refuse(request, talk.opened.principal, talk.failed, 499))
    except BaseException as error:
        talk.failed = type(error).__name__
        raise
    finally:
        tasks.pop(number, None)


async def _decide(message: Message, talk: Conversation, count: Callable[[Verdict], None]) -> None:
    """Say what goes on in a message's place: the client's is judged, the vendor's inspected and restored."""
    if message.from_client and not talk.ending:
        content, verdict = await talk.from_client(message.content, is_text=message.is_text)
        count(verdict)
        if content is not None:
            message.outgoing = [WholeMessage.of(content, is_text=message.is_text)]
        elif verdict.refusal is not None:
            message.ending = _refused(talk, verdict.refusal, verdict.decision.id, message.content)
        return
    message.outgoing = []
    if message.late:
        message.outgoing += await talk.time_passed()
    elif not message.last and not message.from_client:
        message.outgoing += await talk.from_server(message.content, is_text=message.is_text)
    if message.last or (talk.ending and not message.from_client):
        message.outgoing += await talk.rest()
    if (refusal := talk.blocked) is not None:
        message.ending = _refused(talk, refusal, refusal.headers["x-privet-decision"])
    elif talk.ending:
        talk.failed = "stopped"
        message.ending = Ending(GOING_AWAY, "privet stops")
    message.wait = talk.wait


def _refused(talk: Conversation, refusal: Response, decision_id: str, about: bytes = b"") -> Ending:
    dialect = talk.opened.dialect
    return Ending(
        LATER if refusal.status == 503 else REFUSED,
        close_reason(dialect, refusal, decision_id),
        error_event(dialect, refusal, decision_id, about),
    )


def close_word(flow: http.HTTPFlow) -> str | None:
    """A code word for a connection that ended with one of RFC 6455's codes for a failure."""
    code = flow.websocket.close_code if flow.websocket is not None else None
    return f"close_{code}" if code is not None and 1002 <= code <= 1015 and code != 1005 else None
