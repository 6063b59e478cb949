"""A connection's writer that sends together what is written for one event.

mitmproxy writes a message's head, its body and the end of a stream separately, and each write is a call of the system
and a packet that wakes the other side. The connection handler (`proxy.mitm.connections`), which alone writes, says when
an event is dealt with: then all of it leaves at once, and nothing waits for more.
"""

import asyncio
from typing import Any


class GatheringWriter:
    """An `asyncio.StreamWriter` that gathers; everything but writing is that writer's own."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._pieces: list[bytes] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._writer, name)

    def write(self, data: bytes) -> None:
        """Send these bytes with the others of this event."""
        self._pieces.append(data)

    def writelines(self, data: list[bytes]) -> None:
        """Likewise."""
        self._pieces += data

    async def drain(self) -> None:
        """Send, then wait until there is room for more."""
        self.flush()
        await self._writer.drain()

    def write_eof(self) -> None:
        """Send, then say that nothing follows."""
        self.flush()
        self._writer.write_eof()

    def close(self) -> None:
        """Send, then close."""
        self.flush()
        self._writer.close()

    def flush(self) -> None:
        """The event is dealt with: send."""
        if self._pieces:
            pieces, self._pieces = self._pieces, []
            self._writer.write(pieces[0] if len(pieces) == 1 else b"".join(pieces))
