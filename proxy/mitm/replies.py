"""Exchanges whose streamed replies are awaited, and go on by time as well as by data; and that tell who has gone away.

mitmproxy calls a stream's transformer synchronously, so that nothing can be asked of another process meanwhile. Here
each piece of such a reply is a hook (`privet_reply_piece`), which mitmproxy awaits while other streams go on; and while
something is held back, a hook with no data says that time has passed.

mitmproxy also keeps in a queue that an HTTP/2 client reset a stream, until the hook that runs for it has returned: an
inspection would go on for nobody. So an exchange says it at once, as a connection does (`proxy.mitm.connections`).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar, override

from mitmproxy import http
from mitmproxy.proxy import commands, events, layer
from mitmproxy.proxy.layers import http as http_layer
from mitmproxy.proxy.layers.http import SendHttp
from mitmproxy.proxy.layers.http._events import RequestProtocolError, ResponseData, ResponseEndOfMessage

from proxy.local import AT_ONCE
from proxy.mitm.failures import FailingStream
from proxy.replies import ScannedReply


@dataclass(slots=True)
class ReplyPiece:
    """A piece of a streamed reply; `None`: time has passed; `b""`: the end. Whoever hears of it fills `out`."""

    flow: http.HTTPFlow
    data: bytes | None = field(repr=False)
    out: list[bytes] = field(default_factory=list, repr=False)


@dataclass
class ReplyPieceHook(commands.StartHook):
    """One piece. A hook may have one argument only."""

    name = "privet_reply_piece"
    piece: ReplyPiece


class AwaitingStream(FailingStream):
    """One request and its reply."""

    gone: ClassVar["staticmethod[[http.HTTPFlow], None]"]  # called when its client wants no answer any more
    _waiting = False

    @override
    def handle_event(self, event: events.Event) -> layer.CommandGenerator[None]:
        if self._paused and isinstance(event, RequestProtocolError):
            self.gone(self.flow)
        yield from super().handle_event(event)

    @override
    def _handle_event(self, event: events.Event) -> layer.CommandGenerator[None]:
        if isinstance(event, events.Wakeup):
            self._waiting = False
            if self._awaited() is not None and self.server_state == self.state_stream_response_body:
                yield from self._send(None)
            return
        yield from super()._handle_event(event)

    @override
    def state_stream_response_body(self, event: events.Event) -> layer.CommandGenerator[None]:
        if self._awaited() is None or not isinstance(event, ResponseData | ResponseEndOfMessage):
            yield from super().state_stream_response_body(event)
        elif isinstance(event, ResponseData):
            yield from self._send(event.data)
        else:
            yield from self._send(b"")
            yield from self.send_response(already_streamed=True)

    @override
    def send_response(self, already_streamed: bool = False) -> layer.CommandGenerator[None]:
        if AT_ONCE in self.flow.request.headers:  # refused by its headers: how it goes on interests nobody
            self.client_state = self.state_done
        yield from super().send_response(already_streamed)

    def _awaited(self) -> ScannedReply | None:
        stream: Any = self.flow.response.stream if self.flow.response is not None else None
        return stream if isinstance(stream, ScannedReply) else None

    def _send(self, data: bytes | None) -> layer.CommandGenerator[None]:
        piece = ReplyPiece(self.flow, data)
        yield ReplyPieceHook(piece)
        for part in piece.out:
            yield SendHttp(ResponseData(self.stream_id, part), self.context.client)
        awaited = self._awaited()
        if awaited is not None and data != b"" and not self._waiting:
            self._waiting = True
            yield commands.RequestWakeup(awaited.wait)


def media_type_of(response: http.Response) -> str:
    """The content type without its parameters, lower case."""
    content_type: str = response.headers.get("content-type", "")
    return content_type.partition(";")[0].strip().lower()


def unframe(flow: http.HTTPFlow) -> None:
    """A streamed reply that changes on its way has no known length, and is no longer encoded."""
    response = flow.response
    if response is None:
        return
    response.headers.pop("content-encoding", None)
    if "content-length" in response.headers:
        del response.headers["content-length"]
        if flow.request.http_version.startswith("HTTP/1"):
            response.headers["transfer-encoding"] = "chunked"


def rewrite(response: http.Response, body: bytes) -> None:
    """Another body for a whole reply."""
    response.headers.pop("content-encoding", None)
    response.raw_content = body
    if "transfer-encoding" not in response.headers:
        response.headers["content-length"] = str(len(body))


def install(gone: Callable[[http.HTTPFlow], None]) -> None:
    """Have mitmproxy make such exchanges."""
    vars(http_layer)["HttpStream"] = type("Stream", (AwaitingStream,), {"gone": staticmethod(gone)})
