"""What requests and connections hold at a time, and what they may: bodies, headers, connections. Pure counting.

A body is counted from its headers on, before a byte of it is kept: with the length that it says, or with the most that
a body may have if it doesn't say. A message of a WebSocket says nothing, and is counted as it grows. So the memory for
bodies is bounded whatever comes. The limits are those of all serving processes together (`proxy.shares`).
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from configs.settings import LimitSettings
from proxy.newcomers import Newcomers
from proxy.shares import Alone, Others

_FRAMING = 4  # characters of `: ` and the line's end
TOO_MANY, TOO_FAST = "too_many_connections", "too_many_new_connections"
_STATUS = {TOO_MANY: 503, TOO_FAST: 429}


@dataclass(slots=True)
class Gate:
    """The counters of one process. `limits` are read each time, since they may change."""

    limits: Callable[[], LimitSettings]
    others: Others = field(default_factory=Alone)
    clock: Callable[[], float] = time.monotonic
    held: int = 0  # bytes of bodies
    _bodies: dict[str, int] = field(default_factory=dict)
    _addresses: dict[str, str] = field(default_factory=dict)  # of open connections, by id
    _clients: Counter[str] = field(default_factory=Counter)
    _excess: dict[str, str] = field(default_factory=dict)  # connections that are told why they may do nothing
    _newcomers: Newcomers = field(init=False)

    def __post_init__(self) -> None:
        """What is counted over time."""
        self._newcomers = Newcomers(self.others, self.clock)

    def connected(self, connection: str, address: str) -> str | None:
        """Count a connection. A reason if it must be closed at once: to say so in words would be too much as well."""
        limits = self.limits()
        elsewhere, all_elsewhere = self.others.opened(address)
        total, own = len(self._addresses) + all_elsewhere, self._clients[address] + elsewhere
        if total >= limits.connections or own >= limits.connections_per_client:
            # A tenth over the limit is let in far enough to be told why.
            if total >= 1.1 * limits.connections or own >= 1.1 * limits.connections_per_client + 1:
                self.others.closed(address)
                return TOO_MANY
            self._excess[connection] = TOO_MANY
        elif not (admitted := self._newcomers.admit(address, limits.new_connections_per_client)):
            if admitted is False:
                self.others.closed(address)
                return TOO_FAST
            self._excess[connection] = TOO_FAST
        self._addresses[connection] = address
        self._clients[address] += 1
        return None

    def gone(self, connection: str) -> None:
        """A connection ended."""
        self._excess.pop(connection, None)
        address = self._addresses.pop(connection, None)
        if address is not None:
            self.others.closed(address)
            self._clients[address] -= 1
            if not self._clients[address]:
                del self._clients[address]

    def excess(self, connection: str) -> tuple[str, int] | None:
        """Why the connection is one too many, and the status that says so."""
        reason = self._excess.get(connection)
        return None if reason is None else (reason, _STATUS[reason])

    def refuses(self, connection: str, flow: str, headers: Mapping[str, str]) -> tuple[str, int] | None:
        """Why a request with these headers is refused, and the status; None lets it in, and counts its body as held."""
        limits = self.limits()
        if (why := self.excess(connection)) is not None:
            return why
        if (
            len(headers) > limits.headers
            or sum(len(n) + len(v) + _FRAMING for n, v in headers.items()) > limits.header_bytes
        ):
            return "headers_too_large", 431
        size = body_size(headers, limits.body_bytes)
        if size > limits.body_bytes:
            return "body_too_large", 413
        held = self.held + size
        if size and held + self.others.bodies(held) > limits.inflight_bytes:
            self.others.bodies(self.held)
            return "bodies_too_large", 503
        self._bodies[flow], self.held = size, held
        return None

    def keeps(self, flow: str, size: int) -> bool:
        """Whether so much of a message that is still arriving may be held. Then it is counted, until `release`."""
        held = self.held - self._bodies.get(flow, 0) + size
        if held + self.others.bodies(held) > self.limits().inflight_bytes:
            self.others.bodies(self.held)
            return False
        self._bodies[flow], self.held = size, held
        return True

    def release(self, flow: str) -> None:
        """A body isn't kept any more."""
        if size := self._bodies.pop(flow, 0):
            self.held -= size
            self.others.bodies(self.held)


def body_size(headers: Mapping[str, str], most: int) -> int:
    """The bytes of a body as its headers (lower-case names) say; `most` if they don't."""
    length = headers.get("content-length", "")
    if length.isascii() and length.isdigit():
        return int(length)
    return most if "transfer-encoding" in headers or "content-type" in headers else 0
