"""mitmproxy's limit for bodies, held where a body is kept and nowhere else.

mitmproxy goes by the length that headers declare: it cuts a request off before the addon could refuse it in words, and
a reply (a file of results, a film) that would only pass through. What headers declare is the addon's to judge; what
counts here is what is in memory.
"""

from typing import override

from mitmproxy.proxy import layer
from mitmproxy.proxy.layers import http


class BoundedStream(http.HttpStream):
    """An exchange whose kept bodies are bounded."""

    @override
    def check_body_size(self, request: bool) -> layer.CommandGenerator[bool]:
        kept = self.request_body_buf if request else self.response_body_buf
        return (yield from super().check_body_size(request)) if kept else False
