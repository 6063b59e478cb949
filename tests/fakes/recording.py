"""What the vendor saw: requests byte for byte, and connections with their bytes counted at the socket."""

import json
import socket
from dataclasses import dataclass, field
from typing import Any, override


@dataclass(frozen=True, slots=True)
class SeenRequest:
    """A request as it arrived."""

    method: str
    path: str  # with the query
    headers: tuple[tuple[str, str], ...]
    body: bytes
    connection: int
    tls: bool
    sni: str | None = None

    def header(self, name: str) -> str | None:
        """The first header of this name, in any case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.body)

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", "replace")


@dataclass(slots=True)
class Connection:
    """A TCP connection. `wire_bytes` counts what the socket gave, `http_bytes` what was left after TLS."""

    number: int
    tls: bool
    wire_bytes: int = 0
    http_bytes: int = 0
    sni: str | None = None
    open: bool = True


@dataclass(slots=True)
class Recording:
    """Everything since the start or the last `reset`."""

    requests: list[SeenRequest] = field(default_factory=list)
    connections: list[Connection] = field(default_factory=list)
    websocket_messages: list[str | bytes] = field(default_factory=list)

    def clear(self) -> None:
        """Forget everything. Connections that are still open stay, and count from zero."""
        self.requests.clear()
        self.websocket_messages.clear()
        self.connections[:] = [connection for connection in self.connections if connection.open]
        for connection in self.connections:
            connection.wire_bytes = connection.http_bytes = 0

    @property
    def http_bytes(self) -> int:
        """Bytes of HTTP that were received, whole requests or not."""
        return sum(connection.http_bytes for connection in self.connections)

    @property
    def wire_bytes(self) -> int:
        """Bytes that were received, TLS handshakes included."""
        return sum(connection.wire_bytes for connection in self.connections)


class CountingSocket(socket.socket):
    """An accepted socket that counts what is read from it."""

    record: Connection

    @override
    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        data = super().recv(bufsize, flags)
        self.record.wire_bytes += len(data)
        return data

    @override
    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0, /) -> int:
        count = super().recv_into(buffer, nbytes, flags)
        self.record.wire_bytes += count
        return count
