"""A client that goes away while it is judged: the inspection ends at once, and the record says why."""

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path

import h2.config
import h2.connection
import h2.errors
import h2.events
import pytest
from mitmproxy.proxy import mode_servers
from mitmproxy.proxy.layers import websocket

from configs.settings import LimitSettings
from proxy.gate import Gate
from proxy.mitm.connections import handler_class
from proxy.mitm.websocket import layer_class
from tests.fakes.model import Behaviour
from tests.fakes.privet import Running, running
from tests.fakes.vendor import Vendor

BODY = json.dumps({"model": "gpt-4o", "messages": [{"role": "user", "content": "hello"}]}).encode()


def test_servers_in_one_process_do_not_build_on_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each would add its calls to those of all before it, and none of them would ever be freed."""
    depths = set()
    for _ in range(3):
        handler, layer = handler_class(lambda client: None), layer_class(lambda: 1000, Gate(LimitSettings))
        monkeypatch.setitem(vars(mode_servers), "ProxyConnectionHandler", handler)
        monkeypatch.setitem(vars(websocket), "WebsocketLayer", layer)
        depths.add((len(handler.__mro__), len(layer.__mro__)))
    assert len(depths) == 1


async def _send(privet: Running) -> asyncio.StreamWriter:
    host, port = privet.addresses["gateway"].split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    head = f"POST /openai/v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: {len(BODY)}\r\n"
    writer.write(head.encode() + b"Content-Type: application/json\r\n\r\n" + BODY)
    return writer


@pytest.mark.parametrize("abort", [False, True])
async def test_a_client_that_goes_away_ends_the_inspection(tmp_path: Path, abort: bool) -> None:
    with Vendor() as vendor:
        async with running(tmp_path, vendor) as privet:
            privet.inspector.hold = asyncio.Event()
            writer = await _send(privet)
            async with asyncio.timeout(10):
                await privet.inspector.started.wait()
                assert privet.addon.busy()
                if abort:
                    writer.transport.abort()
                else:
                    writer.close()
                while not privet.store.outcomes:  # although the inspection is still held
                    await asyncio.sleep(0.01)
            assert privet.pipeline.active == 0
            (intent,) = privet.store.intents
            assert [part.reason for part in intent.skipped] == ["client_disconnected"]
            assert intent.decision.effect == "block"
            assert privet.store.outcomes[0].outcome.error == "client_disconnected"
            assert not privet.addon.busy()
            assert vendor.http_bytes == 0


async def test_a_client_that_stays_is_served(tmp_path: Path) -> None:
    with Vendor() as vendor:
        async with running(tmp_path, vendor) as privet:
            privet.inspector.hold = asyncio.Event()
            first, second = await _send(privet), await _send(privet)
            async with asyncio.timeout(10):
                while privet.pipeline.active < 2:
                    await asyncio.sleep(0.01)
                first.close()
                while privet.pipeline.active > 1:
                    await asyncio.sleep(0.01)
                privet.inspector.hold.set()
                while len(vendor.requests) < 1:
                    await asyncio.sleep(0.01)
            second.close()
            assert len(vendor.requests) == 1


@dataclass
class Http2:
    """A client that resets streams as it likes."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    state: h2.connection.H2Connection

    @classmethod
    async def connect(cls, privet: Running) -> "Http2":
        host, port = privet.addresses["proxy"].split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"CONNECT api.openai.com:443 HTTP/1.1\r\nHost: api.openai.com:443\r\n\r\n")
        assert b" 200 " in await reader.readuntil(b"\r\n\r\n")
        trust = privet.trust(http2=True)
        trust.set_alpn_protocols(["h2"])
        await writer.start_tls(trust, server_hostname="api.openai.com")
        client = cls(reader, writer, h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8")))
        client.state.initiate_connection()
        client.flush()
        return client

    def flush(self) -> None:
        self.writer.write(self.state.data_to_send())

    def post(self, body: bytes) -> int:
        stream = self.state.get_next_available_stream_id()
        head = {":method": "POST", ":scheme": "https", ":authority": "api.openai.com", ":path": "/v1/chat/completions"}
        more = {"content-type": "application/json", "content-length": str(len(body))}
        self.state.send_headers(stream, list({**head, **more}.items()))
        self.state.send_data(stream, body, end_stream=True)
        self.flush()
        return stream

    def cancel(self, stream: int) -> None:
        self.state.reset_stream(stream, h2.errors.ErrorCodes.CANCEL)
        self.flush()

    async def event(self, kind: type[h2.events.Event], stream: int) -> h2.events.Event:
        """The next event of this kind on this stream. Raises TimeoutError, EOFError."""
        async with asyncio.timeout(20):
            while data := await self.reader.read(65536):
                events = self.state.receive_data(data)
                self.flush()
                for event in events:
                    if isinstance(event, kind) and getattr(event, "stream_id", None) == stream:
                        return event
        raise EOFError


async def test_a_reset_stream_ends_its_inspection_and_no_other(tmp_path: Path) -> None:
    with Vendor() as vendor:
        async with running(tmp_path, vendor) as privet:
            privet.inspector.hold = asyncio.Event()
            client = await Http2.connect(privet)
            left, kept = client.post(BODY), client.post(BODY)
            async with asyncio.timeout(20):
                while privet.pipeline.active < 2:
                    await asyncio.sleep(0.01)
                client.cancel(left)
                while not privet.store.outcomes:  # although the inspection is still held
                    await asyncio.sleep(0.01)
            assert privet.pipeline.active == 1
            (intent,) = privet.store.intents
            assert [part.reason for part in intent.skipped] == ["client_disconnected"]
            assert intent.decision.effect == "block"
            assert privet.store.outcomes[0].outcome.error == "client_disconnected"
            assert vendor.http_bytes == 0
            privet.inspector.hold.set()
            reply = await client.event(h2.events.ResponseReceived, kept)
            assert dict(reply.headers)[":status"] == "200"
            assert len(vendor.requests) == 1
            assert not privet.addon.busy()
            client.writer.close()


async def test_a_reset_stream_ends_its_reply(tmp_path: Path) -> None:
    with Vendor(behaviour=Behaviour(text="One two three four " * 2000, pace=0.05)) as vendor:
        async with running(tmp_path, vendor) as privet:
            client = await Http2.connect(privet)
            stream = client.post(BODY[:-1] + b', "stream": true}')
            await client.event(h2.events.DataReceived, stream)
            client.cancel(stream)
            async with asyncio.timeout(20):
                while not privet.store.outcomes:
                    await asyncio.sleep(0.01)
                while any(connection.open for connection in vendor.connections):  # nobody pays for the rest
                    await asyncio.sleep(0.01)
            assert privet.store.outcomes[0].outcome.error == "client_disconnected"
            assert not privet.addon.busy()
            assert privet.addon.gate.held == 0
            client.writer.close()


async def test_a_stream_that_is_reset_before_its_body_is_there(tmp_path: Path) -> None:
    with Vendor() as vendor:
        async with running(tmp_path, vendor) as privet:
            client = await Http2.connect(privet)
            stream = client.state.get_next_available_stream_id()
            head = [(":method", "POST"), (":scheme", "https"), (":authority", "api.openai.com"), (":path", "/v1/x")]
            client.state.send_headers(stream, [*head, ("content-length", "100")])
            client.state.send_data(stream, b"half")
            client.flush()
            async with asyncio.timeout(20):
                while not privet.addon.gate.held:
                    await asyncio.sleep(0.01)
                client.cancel(stream)
                while privet.addon.gate.held:
                    await asyncio.sleep(0.01)
            assert not privet.addon.busy()
            assert vendor.http_bytes == 0
            again = client.post(BODY)
            assert dict((await client.event(h2.events.ResponseReceived, again)).headers)[":status"] == "200"
            client.writer.close()
