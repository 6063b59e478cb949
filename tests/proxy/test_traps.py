"""What was found out about mitmproxy, held to. The table is in docs/architecture.md."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import h2.config
import h2.connection
import h2.events
import httpx
import pytest
from mitmproxy import http

from proxy.pipeline import Pipeline
from proxy.replies import ReplyStream
from tests.fakes.privet import Running, running
from tests.fakes.vendor import Vendor

URL = "https://api.openai.com/v1/chat/completions"


def chat(text: str, **more: Any) -> dict[str, Any]:
    return {"model": "gpt-4o", "messages": [{"role": "user", "content": text}], **more}


@pytest.fixture(scope="module")
def vendor_server():
    with Vendor() as vendor:
        yield vendor


@pytest.fixture
def vendor(vendor_server: Vendor):
    vendor_server.reset()
    return vendor_server


@pytest.fixture
async def privet(tmp_path: Path, vendor: Vendor):
    async with running(tmp_path, vendor) as privet:
        yield privet


@pytest.mark.parametrize("http2", [False, True])
async def test_a_request_goes_and_comes_back(privet: Running, vendor: Vendor, http2: bool) -> None:
    async with privet.client(http2=http2) as client:
        reply = await client.post(URL, json=chat("hello"))
    assert reply.status_code == 200
    assert reply.http_version == ("HTTP/2" if http2 else "HTTP/1.1")
    assert "You said: hello" in reply.text
    assert reply.headers["x-privet-decision"] == privet.store.intents[0].decision_id
    assert [outcome.outcome.status for outcome in privet.store.outcomes] == [200]


async def test_http2_is_not_offered_unless_it_is_wanted(tmp_path: Path, vendor: Vendor) -> None:
    listen = {"proxy": "127.0.0.1:0", "gateway": "127.0.0.1:0", "api": "127.0.0.1:0"}
    async with (
        running(tmp_path, vendor, settings={"listen": listen}) as privet,
        httpx.AsyncClient(verify=privet.trust(), proxy=privet.proxy, trust_env=False, http2=True) as client,
    ):
        replies = [await client.post(URL, json=chat("hello")) for _ in range(3)]
    assert {(reply.status_code, reply.http_version) for reply in replies} == {(200, "HTTP/1.1")}
    assert len({request.connection for request in vendor.requests}) == 1


@pytest.mark.parametrize("http2", [False, True])
@pytest.mark.parametrize("fault", [RuntimeError("anna@example.com"), asyncio.CancelledError(), SystemExit(3)])
async def test_whatever_the_hook_raises_nothing_leaves(
    privet: Running, vendor: Vendor, monkeypatch, fault: BaseException, http2: bool, caplog
) -> None:
    """Exceptions are injected where no guard of the pipeline sees them: in the addon's own code."""

    async def fail(*_: Any, **__: Any) -> None:
        raise fault

    monkeypatch.setattr(Pipeline, "judge", fail)
    async with privet.client(http2=http2) as client:
        reply = await client.post(URL, json=chat("hello"))
    assert reply.status_code == 503
    assert vendor.http_bytes == 0
    assert "anna" not in caplog.text


@pytest.mark.parametrize("hook", ["requestheaders", "http_connect"])
async def test_early_hooks_fail_closed_too(privet: Running, vendor: Vendor, monkeypatch, hook: str) -> None:
    if hook == "requestheaders":
        monkeypatch.setattr("proxy.addon.headers_of", lambda _: 1 / 0)
    else:
        monkeypatch.setattr(type(privet.addon), "_check_credentials", lambda *_: 1 / 0)
    async with privet.client() as client:
        try:
            reply = await client.post(URL, json=chat("hello"))
            assert reply.status_code == 503
        except httpx.ProxyError:
            assert hook == "http_connect"
    assert vendor.http_bytes == 0


async def test_only_the_own_refusal_is_lifted(privet: Running, vendor: Vendor, monkeypatch) -> None:
    """Another addon's answer (as a proxy's 407 would be) stays, whatever the verdict."""
    original = type(privet.addon).requestheaders

    async def answered(self: Any, flow: http.HTTPFlow) -> None:
        await original(self, flow)
        flow.response = http.Response.make(418, b"someone else's answer")

    monkeypatch.setattr(type(privet.addon), "requestheaders", answered)
    async with privet.client() as client:
        reply = await client.post(URL, json=chat("hello"))
    assert reply.status_code == 418
    assert vendor.http_bytes == 0


async def _h2_exchange(privet: Running, send: Any) -> list[Any]:
    """A raw HTTP/2 conversation through the proxy: `send(connection)` writes frames, events come back."""
    host, port = privet.addresses["proxy"].split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"CONNECT api.openai.com:443 HTTP/1.1\r\nHost: api.openai.com:443\r\n\r\n")
    assert b"200" in await reader.readuntil(b"\r\n\r\n")
    context = ssl.create_default_context(cafile=str(privet.state.ca_cert))
    context.set_alpn_protocols(["h2"])
    await writer.start_tls(context, server_hostname="api.openai.com")
    connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
    connection.initiate_connection()
    send(connection)
    writer.write(connection.data_to_send())
    events: list[Any] = []
    async with asyncio.timeout(10):
        while not any(isinstance(event, h2.events.StreamEnded | h2.events.StreamReset) for event in events):
            data = await reader.read(65536)
            if not data:
                break
            events += connection.receive_data(data)
            writer.write(connection.data_to_send())
    writer.close()
    return events


HEADERS = [(":method", "POST"), (":scheme", "https"), (":path", "/v1/chat/completions"), ("content-type", "application/json")]  # fmt: skip


async def test_an_h2_body_without_content_length_is_framed(privet: Running, vendor: Vendor) -> None:
    body = json.dumps(chat("hello")).encode()

    def send(connection: h2.connection.H2Connection) -> None:
        connection.send_headers(1, [*HEADERS[:3], (":authority", "api.openai.com"), HEADERS[3]])
        connection.send_data(1, body, end_stream=True)

    await _h2_exchange(privet, send)
    (request,) = vendor.requests
    assert request.body == body
    assert request.header("content-length") == str(len(body))


async def test_an_h2_body_cannot_smuggle_a_request(privet: Running, vendor: Vendor) -> None:
    """Read as HTTP/1 without a length, this body would be a second request."""
    smuggled = b"POST /smuggled HTTP/1.1\r\nHost: api.openai.com\r\nContent-Length: 0\r\n\r\n"

    def send(connection: h2.connection.H2Connection) -> None:
        headers = [
            *HEADERS[:2],
            (":path", "/v1/other"),
            (":authority", "api.openai.com"),
            ("content-type", "text/plain"),
        ]
        connection.send_headers(1, headers)
        connection.send_data(1, smuggled)
        connection.send_headers(1, [("x-trailer", "anna@example.com")], end_stream=True)

    await _h2_exchange(privet, send)
    assert [request.path for request in vendor.requests] == ["/v1/other"]
    assert vendor.requests[0].body == smuggled
    assert vendor.requests[0].header("x-trailer") is None


@pytest.mark.parametrize(
    ("connect", "sni", "host"),
    [
        ("api.openai.com:443", "api.openai.com", "api.anthropic.com"),
        ("api.openai.com:443", "api.openai.com", "evil.example"),
        ("api.openai.com:443", "api.anthropic.com", "api.openai.com"),
        ("evil.example:443", "api.openai.com", "api.openai.com"),
        ("127.0.0.1:443", "api.openai.com", "api.openai.com"),
    ],
)
async def test_names_that_disagree_are_refused(
    privet: Running, vendor: Vendor, connect: str, sni: str, host: str
) -> None:
    proxy_host, port = privet.addresses["proxy"].split(":")
    reader, writer = await asyncio.open_connection(proxy_host, int(port))
    writer.write(f"CONNECT {connect} HTTP/1.1\r\nHost: {connect}\r\n\r\n".encode())
    await reader.readuntil(b"\r\n\r\n")
    context = ssl.create_default_context(cafile=str(privet.state.ca_cert))
    context.check_hostname = False
    await writer.start_tls(context, server_hostname=sni)
    body = json.dumps(chat("hello")).encode()
    writer.write(
        f"POST /v1/chat/completions HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n".encode()
        + body
    )
    reply = await asyncio.wait_for(reader.readuntil(b"\r\n"), 10)
    assert b" 421 " in reply
    assert vendor.http_bytes == 0
    assert privet.store.intents[0].decision.effect == "block"
    writer.close()


async def test_an_absolute_form_inside_a_tunnel_is_refused(privet: Running, vendor: Vendor) -> None:
    host, port = privet.addresses["proxy"].split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"CONNECT localhost:443 HTTP/1.1\r\nHost: localhost:443\r\n\r\n")
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"GET https://api.openai.com/v1/models HTTP/1.1\r\nHost: api.openai.com\r\n\r\n")
    reply = await asyncio.wait_for(reader.read(4096), 10)
    assert b" 421 " in reply.split(b"\r\n")[0]
    assert vendor.http_bytes == 0
    writer.close()


@pytest.mark.parametrize(
    "data", [b"\x00\x01\x02 raw bytes\r\n", b"SSH-2.0-OpenSSH_9.2\r\n", b"EHLO anna@example.com\r\n"]
)
@pytest.mark.parametrize("tls", [False, True])
async def test_raw_bytes_to_an_llm_host_go_nowhere(privet: Running, vendor: Vendor, data: bytes, tls: bool) -> None:
    host, port = privet.addresses["proxy"].split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"CONNECT api.openai.com:443 HTTP/1.1\r\nHost: api.openai.com:443\r\n\r\n")
    await reader.readuntil(b"\r\n\r\n")
    if tls:
        context = ssl.create_default_context(cafile=str(privet.state.ca_cert))
        await writer.start_tls(context, server_hostname="api.openai.com")
    writer.write(data)
    try:
        async with asyncio.timeout(1):
            await reader.read(4096)
    except (TimeoutError, ConnectionError, ssl.SSLError):
        pass
    writer.close()
    assert vendor.http_bytes == 0


@pytest.mark.parametrize("upgrade", ["h2c", "foo/1", "websocket, foo"])
async def test_an_upgrade_to_anything_but_a_websocket_is_refused(privet: Running, vendor: Vendor, upgrade: str) -> None:
    headers = {"connection": "upgrade", "upgrade": upgrade, "sec-websocket-version": "13"}
    async with privet.client() as client:
        reply = await client.get("https://api.openai.com/v1/realtime", headers=headers)
    assert reply.status_code == 426  # Codex goes on with plain requests then, at once
    assert "WebSocket" in reply.json()["error"]["message"]
    assert vendor.http_bytes == 0
    assert privet.store.intents[0].decision.effect == "block"


async def test_other_hosts_are_passed_through_untouched(tmp_path: Path, vendor: Vendor) -> None:
    """TLS to a host that is no LLM's is not intercepted: the client sees the server's own certificate."""
    async with running(tmp_path, vendor, hosts=("localhost",)) as privet:
        context = ssl.create_default_context(cafile=str(vendor.ca_file))
        async with httpx.AsyncClient(proxy=privet.proxy, verify=context, trust_env=False) as client:
            reply = await client.post("https://localhost/v1/chat/completions", json=chat("anna@example.com"))
    assert reply.status_code == 200
    assert "anna@example.com" in vendor.requests[0].text
    assert "x-privet-decision" not in reply.headers
    assert privet.store.intents == []


async def test_plain_http_to_other_hosts_is_passed_through(privet: Running, vendor: Vendor) -> None:
    async with privet.client() as client:
        reply = await client.post(f"{vendor.plain_url}/v1/chat/completions", json=chat("anna@example.com"))
    assert reply.status_code == 200
    assert "anna@example.com" in vendor.requests[0].text
    assert privet.store.intents == []


async def test_a_body_past_the_hard_limit_never_leaves(tmp_path: Path, vendor: Vendor) -> None:
    async with (
        running(tmp_path, vendor, settings={"limits": {"body_bytes": 2048}}) as privet,
        privet.client() as client,
    ):
        for size in (3000, 300_000):
            reply = await client.post(URL, json=chat("x" * size))
            assert reply.status_code == 413
    assert vendor.http_bytes == 0
    assert [event.decision.effect for event in privet.store.intents] == ["block", "block"]


async def test_a_body_without_end_is_cut_off_and_recorded(tmp_path: Path, vendor: Vendor) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 1000

    async with (
        running(tmp_path, vendor, settings={"limits": {"body_bytes": 2048}}) as privet,
        privet.client() as client,
    ):
        with pytest.raises(httpx.TransportError):
            await client.post(URL, content=endless(), headers={"content-type": "application/json"})
        async with asyncio.timeout(10):
            while not privet.store.intents:
                await asyncio.sleep(0.01)
        assert privet.store.intents[0].decision.effect == "block"
    assert vendor.http_bytes == 0


def test_a_transformer_that_fails_ends_in_the_open() -> None:
    def fail(_: bytes) -> list[bytes]:
        raise ValueError("anna@example.com")

    stream = ReplyStream(feed=fail, finish=list, decision_id="01ABC", sse=True)
    (event,) = stream(b"data: {}\n\n")
    assert event.startswith(b"event: error\n")
    assert b"01ABC" in event
    assert b"anna" not in event
    assert stream(b"more") == []
    assert stream(b"") == []
    assert stream.failed == "ValueError"


def test_a_transformer_never_gives_an_empty_piece() -> None:
    """`b""` would be written as the end of a chunked body."""
    stream = ReplyStream(feed=lambda data: [b"", data, b""], finish=lambda: [b""], decision_id="x")
    assert stream(b"abc") == [b"abc"]
    assert stream(b"") == []
