"""An addon that lets no raw bytes through to an LLM host: what can't be read as HTTP goes nowhere."""

from collections.abc import Callable

from mitmproxy import tcp
from mitmproxy.proxy import layer
from mitmproxy.proxy.layers.http import HttpLayer, HTTPMode


class NoRawBytes:
    """Comes after mitmproxy's own `NextLayer`, whose choice it changes."""

    def __init__(self, is_llm: Callable[[str], bool]) -> None:
        self._is_llm = is_llm

    def next_layer(self, nextlayer: layer.NextLayer) -> None:
        """Inside a tunnel to an LLM host, whatever isn't TLS is read as HTTP: never raw bytes, also on port 53."""
        context = nextlayer.context
        address = context.server.address
        if address is None or not self._is_llm(address[0]) or nextlayer.data_client()[:1] == b"\x16":
            return
        if any(isinstance(item, HttpLayer) for item in context.layers) and nextlayer.data_client():
            nextlayer.layer = HttpLayer(context, HTTPMode.transparent)

    def tcp_start(self, flow: tcp.TCPFlow) -> None:
        """Raw bytes to an LLM host can't be read, so they may not leave."""
        address = flow.server_conn.address
        if address is not None and self._is_llm(address[0]):
            flow.kill()
