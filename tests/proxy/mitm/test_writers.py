"""What is written for one event leaves together, in order, and before anything that ends the connection."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from proxy.mitm.writers import GatheringWriter


class Transport:
    """Remembers the calls that the system would get."""

    def __init__(self) -> None:
        self.calls: list[Any] = []

    def write(self, data: bytes) -> None:
        self.calls.append(data)

    def write_eof(self) -> None:
        self.calls.append("eof")

    def close(self) -> None:
        self.calls.append("close")

    async def drain(self) -> None:
        self.calls.append("drain")

    def is_closing(self) -> bool:
        return "close" in self.calls


def gathering() -> tuple[GatheringWriter, list[Any]]:
    transport = Transport()
    return GatheringWriter(transport), transport.calls  # type: ignore[arg-type]


def test_what_is_written_for_one_event_is_one_call() -> None:
    writer, calls = gathering()
    writer.write(b"head")
    writer.write(b"body")
    writer.writelines([b"more", b"end"])
    assert calls == []
    writer.flush()
    assert calls == [b"headbodymoreend"]
    writer.write(b"next")
    writer.flush()
    writer.flush()
    assert calls == [b"headbodymoreend", b"next"]


@pytest.mark.parametrize(("end", "word"), [("write_eof", "eof"), ("close", "close")])
def test_everything_leaves_before_the_end(end: str, word: str) -> None:
    writer, calls = gathering()
    writer.write(b"last")
    writer.write(b"words")
    getattr(writer, end)()
    assert calls == [b"lastwords", word]
    writer.flush()
    assert calls == [b"lastwords", word]
    assert writer.is_closing() == (word == "close")


async def test_draining_sends_first() -> None:
    writer, calls = gathering()
    writer.write(b"a")
    await writer.drain()
    assert calls == [b"a", "drain"]


@asynccontextmanager
async def connection() -> AsyncIterator[tuple[GatheringWriter, asyncio.StreamReader]]:
    accepted: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
    server = await asyncio.start_server(lambda *both: accepted.put_nowait(both), "127.0.0.1", 0)
    _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    reader, other = await accepted.get()
    try:
        yield GatheringWriter(writer), reader
    finally:
        writer.close()
        other.close()
        server.close()


async def test_a_real_connection_carries_every_byte_in_order() -> None:
    sent = b""
    async with connection() as (writer, reader), asyncio.timeout(20):
        reading = asyncio.create_task(reader.read())
        for number in range(300):
            for _ in range(number % 4):
                piece = b"%d " % number * 500
                writer.write(piece)
                sent += piece
            if number % 50 == 0:
                await writer.drain()
            if number % 7 == 0:
                writer.flush()
                await asyncio.sleep(0)
        writer.write(b"end")
        writer.write_eof()
        assert await reading == sent + b"end"
        assert writer.get_extra_info("peername")
