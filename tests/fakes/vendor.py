"""A stand-in for the LLM vendors: real TLS and plain sockets, real wire formats, everything it sees recorded.

    with Vendor() as vendor:
        vendor.port, vendor.plain_port, vendor.ca_file      # TLS with a throw-away CA, and plain HTTP
        vendor.behaviour = Behaviour(text="…", pace=0.01)   # from now on
        vendor.once(Behaviour(status=429, retry_after=0))   # for the next request alone
        vendor.requests, vendor.connections, vendor.http_bytes

It runs in a thread with an event loop of its own. `python -m tests.fakes.vendor` serves until it is interrupted.
What it answers is decided in `tests.fakes.routes`.
"""

import argparse
import asyncio
import contextlib
import logging
import socket
import ssl
import tempfile
import threading
import weakref
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, override

from aiohttp import WSMsgType, web

from tests.fakes import realtime_wire
from tests.fakes.certificates import VENDOR_NAMES, Authority
from tests.fakes.model import Behaviour
from tests.fakes.recording import Connection, CountingSocket, Recording, SeenRequest
from tests.fakes.routes import Answer, respond

MAX_BODY = 256 * 1024 * 1024

_QUIET = logging.getLogger("tests.fakes.vendor.access")
_QUIET.setLevel(logging.CRITICAL)


class Vendor:
    """The stand-in; a context manager. `names` are those of its certificate."""

    def __init__(
        self,
        behaviour: Behaviour | None = None,
        *,
        names: Sequence[str] = VENDOR_NAMES,
        authority: Authority | None = None,
        port: int = 0,
        plain_port: int = 0,
    ) -> None:
        self.behaviour = behaviour or Behaviour()
        self.authority = authority or Authority()
        self._names = names
        self._wanted_ports = (port, plain_port)
        self._recording = Recording()
        self._queue: deque[Behaviour] = deque()
        self._changed = threading.Condition()
        self._server_names: weakref.WeakKeyDictionary[ssl.SSLObject | ssl.SSLSocket, str] = weakref.WeakKeyDictionary()

    # What a test uses

    def once(self, *behaviours: Behaviour) -> None:
        """Answer the next requests so, one each; then go on as before."""
        self._queue.extend(behaviours)

    @property
    def requests(self) -> list[SeenRequest]:
        """Every whole request, in the order of arrival."""
        return list(self._recording.requests)

    @property
    def connections(self) -> list[Connection]:
        """Every accepted TCP connection."""
        return list(self._recording.connections)

    @property
    def websocket_messages(self) -> list[str | bytes]:
        """What came over WebSockets."""
        return list(self._recording.websocket_messages)

    @property
    def http_bytes(self) -> int:
        """Bytes of HTTP received, whole requests or not. 0 proves that nothing of a request arrived."""
        return self._recording.http_bytes

    @property
    def wire_bytes(self) -> int:
        """Bytes received at the sockets, TLS handshakes included."""
        return self._recording.wire_bytes

    def saw(self, text: str) -> bool:
        """Whether a text arrived in any path, header or body."""
        wanted = text.encode()
        return any(
            wanted in request.body or text in request.path or any(text in value for _, value in request.headers)
            for request in self.requests
        )

    def wait_for(self, count: int, timeout: float = 10.0) -> list[SeenRequest]:
        """The requests, once there are `count`. Raises TimeoutError."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._recording.requests) >= count, timeout):
                raise TimeoutError(f"expected {count} requests, got {len(self._recording.requests)}")
        return self.requests

    def reset(self) -> None:
        """Forget requests, bytes and what was queued with `once`."""
        self._queue.clear()
        self._recording.clear()

    @property
    def url(self) -> str:
        """The base URL with TLS, for clients that trust `ca_file`."""
        return f"https://localhost:{self.port}"

    @property
    def plain_url(self) -> str:
        """The base URL without TLS."""
        return f"http://127.0.0.1:{self.plain_port}"

    # Its life

    def __enter__(self) -> Self:
        self._directory = tempfile.TemporaryDirectory(prefix="vendor-")
        self.ca_file = Path(self._directory.name) / "ca.pem"
        self.ca_file.write_bytes(self.authority.pem())
        context = self.authority.server_context(self._names, Path(self._directory.name))
        context.sni_callback = self._note_name
        tls, plain = (_listener(port) for port in self._wanted_ports)
        self.port, self.plain_port = tls.getsockname()[1], plain.getsockname()[1]
        started = threading.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(tls, plain, context, started)), name="vendor", daemon=True
        )
        self._thread.start()
        if not started.wait(10):
            raise TimeoutError("the stand-in vendor did not start")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
        self._directory.cleanup()

    async def _serve(
        self, tls: socket.socket, plain: socket.socket, context: ssl.SSLContext, started: threading.Event
    ) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        server = web.Server(self._answer, request_factory=_request)
        accepting = [
            asyncio.create_task(self._accept(server, tls, context)),
            asyncio.create_task(self._accept(server, plain, None)),
        ]
        started.set()
        await self._stop.wait()
        for task in accepting:
            task.cancel()
        await asyncio.gather(*accepting, return_exceptions=True)
        tls.close()
        plain.close()
        await server.shutdown(0.1)

    async def _accept(self, server: web.Server, listener: socket.socket, context: ssl.SSLContext | None) -> None:
        loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as group:
            while True:
                accepted, _ = await loop.sock_accept(listener)
                sock = CountingSocket(fileno=accepted.detach())
                sock.setblocking(False)
                sock.record = Connection(number=len(self._recording.connections), tls=context is not None)
                self._recording.connections.append(sock.record)
                group.create_task(self._connect(server, sock, context))

    async def _connect(self, server: web.Server, sock: CountingSocket, context: ssl.SSLContext | None) -> None:
        def protocol() -> _Protocol:
            return _Protocol(server, sock.record, self._server_names)

        # A client that doesn't trust the certificate, or doesn't speak TLS, ends here: its bytes are counted.
        try:
            await asyncio.get_running_loop().connect_accepted_socket(protocol, sock, ssl=context)
        except (OSError, asyncio.IncompleteReadError):
            sock.record.open = False

    def _note_name(self, connection: ssl.SSLObject | ssl.SSLSocket, name: str | None, _: ssl.SSLContext) -> None:
        if name:
            self._server_names[connection] = name

    # Answering

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        protocol = request.protocol
        assert isinstance(protocol, _Protocol)
        seen = SeenRequest(
            method=request.method,
            path=request.raw_path,
            headers=tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in request.raw_headers),
            body=body,
            connection=protocol.record.number,
            tls=protocol.record.tls,
            sni=protocol.record.sni,
        )
        with self._changed:
            self._recording.requests.append(seen)
            self._changed.notify_all()
        upgrade = request.headers.get("upgrade", "").lower() == "websocket"
        if upgrade and realtime_wire.speaks(request.path, self.behaviour):
            return await self._websocket(request)
        if "upgrade" in request.headers:  # as a vendor whose endpoint speaks no WebSocket
            return web.Response(status=426, text="plain requests only")
        behaviour = self._queue.popleft() if self._queue else self.behaviour
        if behaviour.delay:
            await asyncio.sleep(behaviour.delay)
        return await _write(request, respond(seen, behaviour), behaviour)

    async def _websocket(self, request: web.BaseRequest) -> web.StreamResponse:
        websocket, session = web.WebSocketResponse(), realtime_wire.Session(request.path)
        await websocket.prepare(request)
        await _say(websocket, session.greeting(), self.behaviour)
        async for message in websocket:
            if message.type not in {WSMsgType.TEXT, WSMsgType.BINARY}:
                continue
            self._recording.websocket_messages.append(message.data)
            behaviour = self._queue.popleft() if self._queue else self.behaviour
            await _say(websocket, session.answers(message.data, behaviour), behaviour)
            if behaviour.drop_after is not None:
                await websocket.close(code=1011, message=b"The stand-in was told to fail.")
        return websocket


class _Protocol(web.RequestHandler):
    """aiohttp's server protocol, with its bytes counted."""

    def __init__(
        self,
        server: web.Server,
        record: Connection,
        names: weakref.WeakKeyDictionary[ssl.SSLObject | ssl.SSLSocket, str],
    ) -> None:
        # As received: a compressed body is recorded compressed. A connection stays open as long as vendors keep it.
        super().__init__(
            server, loop=asyncio.get_running_loop(), access_log=_QUIET, auto_decompress=False, keepalive_timeout=75
        )
        self.record = record
        self._names = names

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if (tls := transport.get_extra_info("ssl_object")) is not None:
            self.record.sni = self._names.get(tls)
        super().connection_made(transport)

    @override
    def data_received(self, data: bytes) -> None:
        self.record.http_bytes += len(data)
        super().data_received(data)

    @override
    def connection_lost(self, exc: BaseException | None) -> None:
        self.record.open = False
        super().connection_lost(exc)


async def _say(websocket: web.WebSocketResponse, messages: Iterable[str | bytes], behaviour: Behaviour) -> None:
    for number, message in enumerate(messages):
        if number == behaviour.drop_after:
            return
        await (websocket.send_str(message) if isinstance(message, str) else websocket.send_bytes(message))
        if behaviour.pace:
            await asyncio.sleep(behaviour.pace)


def _request(
    message: Any, payload: Any, protocol: web.RequestHandler, writer: Any, task: "asyncio.Task[None]"
) -> web.BaseRequest:
    loop = asyncio.get_running_loop()
    return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=MAX_BODY)


async def _write(request: web.BaseRequest, answer: Answer, behaviour: Behaviour) -> web.StreamResponse:
    headers = {"content-type": answer.media_type, "x-request-id": "req_stand_in", **answer.headers}
    if answer.events is None:
        whole = web.Response(status=answer.status, body=answer.body, headers=headers)
        if behaviour.compress:
            whole.enable_compression()
        if behaviour.drop_after is not None:
            _cut(request)
        return whole
    response = web.StreamResponse(status=answer.status, headers={**headers, "cache-control": "no-cache"})
    if behaviour.compress:
        response.enable_compression()
    await response.prepare(request)
    for number, data in enumerate(_cuts(answer.events, behaviour.chunk_bytes)):
        if number == behaviour.drop_after:
            _cut(request)
            return response
        await response.write(data)
        if behaviour.pace:
            await asyncio.sleep(behaviour.pace)
    await response.write_eof()
    return response


def _cuts(events: Iterator[bytes], size: int | None) -> Iterator[bytes]:
    if size is None:
        yield from events
        return
    whole = b"".join(events)
    yield from (whole[start : start + size] for start in range(0, len(whole), size))


def _cut(request: web.BaseRequest) -> None:
    if isinstance(request.transport, asyncio.Transport):
        request.transport.abort()


def _listener(port: int) -> socket.socket:
    listener = socket.create_server(("127.0.0.1", port), backlog=128)
    listener.setblocking(False)
    return listener


def main() -> None:
    """Serve until interrupted; say where."""
    parser = argparse.ArgumentParser(description="A stand-in for OpenAI, Anthropic and Gemini.")
    parser.add_argument("--port", type=int, default=0, help="TLS port (default: a free one)")
    parser.add_argument("--plain-port", type=int, default=0, help="plain HTTP port (default: a free one)")
    arguments = parser.parse_args()
    with Vendor(port=arguments.port, plain_port=arguments.plain_port) as vendor:
        print(f"TLS    {vendor.url}  (authority: {vendor.ca_file})")
        print(f"plain  {vendor.plain_url}", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
