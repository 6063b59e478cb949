"""A vendor that can't be reached, or hangs up without an answer: told in the vendor's own error shape.

mitmproxy answers such a request with a page of HTML, and ends the connection. SDKs show that page as the error's text,
and programs that read errors as JSON stumble over it. So when nothing of a reply has come yet, the addon's `error` hook
leaves one in the flow (`unanswered`), and it goes to the client as a reply would. Anything later stays as it is.
"""

from typing import override

from mitmproxy import flow as flows
from mitmproxy import http
from mitmproxy.proxy import layer
from mitmproxy.proxy.layers.http import DropStream, SendHttp
from mitmproxy.proxy.layers.http._events import (
    RequestProtocolError,
    ResponseData,
    ResponseEndOfMessage,
    ResponseHeaders,
    ResponseProtocolError,
)
from mitmproxy.proxy.layers.http._hooks import HttpErrorHook

from proxy.message import Refusal
from proxy.mitm.bodies import BoundedStream
from proxy.providers.dialect import Dialect

STATUS = 502
CODE = "privet_upstream"
_TOLD = "privet.unanswered"  # in a flow's metadata: the reply to give

_WORDS = {
    "upstream_certificate": "The vendor's certificate can't be trusted, so the request was not sent. Tell whoever runs "
    "Privet: the vendor's address or upstream.ca_file is wrong, or something stands between.",
    "upstream_tls": "The vendor could not be reached by TLS, so the request was not sent. Try again in a moment.",
    "upstream_unreachable": "The vendor can't be reached, so the request was not sent. Try again in a moment.",
    "upstream_closed": "The vendor closed the connection without an answer. Try again in a moment.",
}
_OTHER = "The vendor's answer could not be read. Try again in a moment."


class FailingStream(BoundedStream):
    """An exchange that tells of failures in words."""

    @override
    def handle_protocol_error(
        self, event: RequestProtocolError | ResponseProtocolError
    ) -> layer.CommandGenerator[None]:
        if not self._is_unanswered(event):
            yield from super().handle_protocol_error(event)
            return
        self.flow.error = flows.Error(event.message)
        yield HttpErrorHook(self.flow)
        if (yield from self.check_killed(False)):
            return
        told = self.flow.metadata.get(_TOLD)
        if isinstance(told, http.Response):
            yield SendHttp(ResponseHeaders(self.stream_id, told, end_stream=False), self.context.client)
            yield SendHttp(ResponseData(self.stream_id, told.raw_content or b""), self.context.client)
            yield SendHttp(ResponseEndOfMessage(self.stream_id), self.context.client)
        else:
            yield SendHttp(event, self.context.client)
        self.server_state = self.state_errored
        self.flow.live = False
        yield DropStream(self.stream_id)

    def _is_unanswered(self, event: RequestProtocolError | ResponseProtocolError) -> bool:
        """The client has sent everything, nothing of a reply has come, and nobody was told of an error yet."""
        return (
            isinstance(event, ResponseProtocolError)
            and event.code.http_status_code() == STATUS
            and self.flow.response is None
            and self.client_state == self.state_done
            and self.server_state not in (self.state_done, self.state_errored)
        )


def tell_unanswered(flow: http.HTTPFlow, dialect: Dialect, decision_id: str, word: str) -> None:
    """Leave in the flow what its client gets if no reply has come; `word` is the log's for what happened."""
    told = dialect.refusal(Refusal(decision_id, _WORDS.get(word, _OTHER), status=STATUS, code=CODE))
    flow.metadata[_TOLD] = http.Response.make(told.status, told.body, dict(told.headers))
