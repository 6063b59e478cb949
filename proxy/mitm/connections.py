"""A client connection that tells at once when its client is gone, and sends together what one event leads to.

While a hook runs, mitmproxy keeps the end of the connection in a queue until the hook has returned: an inspection would
go on for nobody. So the connection handler says it the moment it hears it.
"""

from collections.abc import Callable
from typing import override

from mitmproxy.connection import Client
from mitmproxy.proxy import events, mode_servers

from proxy.mitm.writers import GatheringWriter

# mitmproxy's own, taken before any server puts another in its place: a second one would build on the first one's.
_Handler = mode_servers.ProxyConnectionHandler


def handler_class(gone: Callable[[Client], None]) -> type[mode_servers.ProxyConnectionHandler]:
    """A connection handler that calls `gone` when its client closes or breaks the connection."""

    class Handler(_Handler):
        @override
        async def server_event(self, event: events.Event) -> None:
            if isinstance(event, events.ConnectionClosed) and event.connection is self.client:
                gone(self.client)
            await super().server_event(event)
            for transport in self.transports.values():
                if isinstance(writer := transport.writer, GatheringWriter):
                    writer.flush()

    return Handler
