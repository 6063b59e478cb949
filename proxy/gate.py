"""What requests and connections hold at a time, and what they may: bodies, headers, connections. Pure counting.

A body is counted from its headers on, before a byte of it is kept: with the length that it says, or with the most that
a body may have if it doesn't say. So the memory for bodies is bounded whatever comes.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from configs.settings import LimitSettings

_FRAMING = 4  # characters of `: ` and the line's end


@dataclass(slots=True)
class Gate:
    """The counters of one process. `limits` are read each time, since they may change."""

    limits: Callable[[], LimitSettings]
    held: int = 0  # bytes of bodies
    _bodies: dict[str, int] = field(default_factory=dict)
    _addresses: dict[str, str] = field(default_factory=dict)  # of open connections, by id
    _clients: Counter[str] = field(default_factory=Counter)
    _excess: set[str] = field(default_factory=set)

    def connected(self, connection: str, address: str) -> bool:
        """Count a connection. False if it must be closed at once: refusing it properly would be too much as well."""
        limits = self.limits()
        total, own = len(self._addresses), self._clients[address]
        if total >= limits.connections or own >= limits.connections_per_client:
            # A tenth over the limit is let in far enough to be told why.
            if total >= 1.1 * limits.connections or own >= 1.1 * limits.connections_per_client + 1:
                return False
            self._excess.add(connection)
        self._addresses[connection] = address
        self._clients[address] += 1
        return True

    def gone(self, connection: str) -> None:
        """A connection ended."""
        self._excess.discard(connection)
        address = self._addresses.pop(connection, None)
        if address is not None:
            self._clients[address] -= 1
            if not self._clients[address]:
                del self._clients[address]

    def is_excess(self, connection: str) -> bool:
        """Whether the connection is one too many."""
        return connection in self._excess

    def refuses(self, connection: str, flow: str, headers: Mapping[str, str]) -> tuple[str, int] | None:
        """Why a request with these headers is refused, and the status; None lets it in, and counts its body as held."""
        limits = self.limits()
        if connection in self._excess:
            return "too_many_connections", 503
        if (
            len(headers) > limits.headers
            or sum(len(n) + len(v) + _FRAMING for n, v in headers.items()) > limits.header_bytes
        ):
            return "headers_too_large", 431
        size = body_size(headers, limits.body_bytes)
        if size > limits.body_bytes:
            return "body_too_large", 413
        if self.held + size > limits.inflight_bytes:
            return "bodies_too_large", 503
        self._bodies[flow] = size
        self.held += size
        return None

    def release(self, flow: str) -> None:
        """A body isn't kept any more."""
        self.held -= self._bodies.pop(flow, 0)


def body_size(headers: Mapping[str, str], most: int) -> int:
    """The bytes of a body as its headers (lower-case names) say; `most` if they don't."""
    length = headers.get("content-length", "")
    if length.isascii() and length.isdigit():
        return int(length)
    return most if "transfer-encoding" in headers or "content-type" in headers else 0
