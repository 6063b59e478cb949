"""TLS as a client brings it: httpx offers HTTP/1.1 before HTTP/2, and the proxy takes what is offered first."""

import ssl
from collections.abc import Iterable
from typing import override


class Http2Context(ssl.SSLContext):
    """Offers HTTP/2 alone, whatever the library asks for: a test of HTTP/2 must not end in HTTP/1.1."""

    @override
    def set_alpn_protocols(self, alpn_protocols: Iterable[str]) -> None:
        super().set_alpn_protocols(["h2"])


def trusting(ca_file: str, *, http2: bool = False) -> ssl.SSLContext:
    """A context that trusts this authority alone."""
    if not http2:
        return ssl.create_default_context(cafile=ca_file)
    context = Http2Context(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cafile=ca_file)
    return context
