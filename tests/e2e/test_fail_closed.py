"""Requests that must not leave for what they are: unreadable, too large, unwanted, cut off. Each way in.

What fails inside Privet is the matrix, `tests/e2e/test_matrix.py`.
"""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.fakes.privet import Running, running
from tests.fakes.vendor import Vendor
from tests.fakes.ways import BODY, JSON, WAYS, HttpWay

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def vendor_server():
    with Vendor() as vendor:
        yield vendor


@pytest.fixture
def vendor(vendor_server: Vendor) -> Vendor:
    vendor_server.reset()
    return vendor_server


@pytest.fixture
async def privet(tmp_path: Path, vendor: Vendor) -> AsyncIterator[Running]:
    async with running(tmp_path, vendor, settings={"limits": {"body_bytes": 20_000, "concurrent": 2}}) as privet:
        yield privet


way = pytest.mark.parametrize("way", WAYS.values(), ids=lambda way: way.name)


FORM = {"content-type": "multipart/form-data; boundary=b"}
BAD_BODIES: dict[str, tuple[bytes, dict[str, str], int]] = {
    "too large": (json.dumps({"messages": [{"role": "user", "content": "x" * 30_000}]}).encode(), JSON, 413),
    "not json": (b"hello Anna Schmidt", JSON, 400),
    "not utf-8": (b'{"messages": [{"role": "user", "content": "\xff\xfe"}]}', JSON, 400),
    "cut off": (b'{"messages": [{"role": "user", "content": "hello', JSON, 400),
    "too deep": (b"[" * 5000 + b"]" * 5000, JSON, 413),
    "gzip that is none": (b"hello", {**JSON, "content-encoding": "gzip"}, 400),
    "gzip bomb": (gzip.compress(bytes(5_000_000)), {**JSON, "content-encoding": "gzip"}, 413),
    "unknown coding": (b"hello", {**JSON, "content-encoding": "aes128gcm"}, 400),
    "multipart that is damaged": (b"--b\r\n\r\nAnna\n--b--", FORM, 400),
    "multipart without a boundary": (b"--b\r\n\r\nAnna\r\n--b--", {"content-type": "multipart/form-data"}, 400),
    "two content types in one": (
        b"--b\r\n\r\nAnna\r\n--b--",
        {"content-type": f"{FORM['content-type']}, text/plain"},
        400,
    ),
    "a batch with a bad line": (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.jsonl"\r\n\r\n{"body": {}}\n{"Anna\r\n--b--',
        FORM,
        400,
    ),
    "a field's name that would have to change": (
        b'--b\r\nContent-Disposition: form-data; name="Anna Schmidt"\r\n\r\nx\r\n--b--',
        FORM,
        400,
    ),
    "binary": (b"\x00\x01\x02\x03" * 100, {"content-type": "application/octet-stream"}, 400),
}


@way
@pytest.mark.parametrize("name", BAD_BODIES)
async def test_bodies_that_cannot_be_read(privet: Running, vendor: Vendor, way: HttpWay, name: str) -> None:
    body, headers, status = BAD_BODIES[name]
    async with way.client(privet) as client:
        reply = await way.post(client, body, headers)
    assert reply.status_code == status, reply.text
    assert "Anna" not in reply.text
    assert vendor.http_bytes == 0
    assert privet.store.intents[-1].decision.effect == "block"


@way
@pytest.mark.parametrize(
    "media_type", ["application/connect+proto", "application/grpc-web+proto", "application/x-protobuf"]
)
async def test_calls_that_nobody_can_read(privet: Running, vendor: Vendor, way: HttpWay, media_type: str) -> None:
    async with way.client(privet) as client:
        reply = await client.post("/v1/unheard", content=b"\x0a\x0cAnna Schmidt", headers={"content-type": media_type})
    assert reply.status_code == 403, reply.text
    assert "unreadable_client" in reply.text
    assert vendor.http_bytes == 0


@way
async def test_a_secret_is_blocked(privet: Running, vendor: Vendor, way: HttpWay) -> None:
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "my key is hunter2-secret"}]}
    async with way.client(privet) as client:
        reply = await way.post(client, json.dumps(body).encode())
    assert reply.status_code == 403
    error = reply.json()
    assert "Take the credential out." in error["error"]["message"]
    assert error["privet"]["rules"] == ["secrets-stay"]
    assert "hunter2" not in reply.text
    assert vendor.http_bytes == 0


async def test_too_many_at_once_are_refused_at_once(privet: Running, vendor: Vendor) -> None:
    privet.inspector.hold = asyncio.Event()
    async with privet.client() as client:
        waiting = [asyncio.create_task(client.post("https://api.openai.com/v1/chat/completions", json=BODY)) for _ in "12"]  # fmt: skip
        async with asyncio.timeout(10):
            while privet.pipeline.active < 2:
                await asyncio.sleep(0.01)
        reply = await client.post("https://api.openai.com/v1/chat/completions", json=BODY)
        assert reply.status_code == 503
        assert reply.headers["retry-after"] == "1"
        assert vendor.http_bytes == 0
        privet.inspector.hold.set()
        assert [reply.status_code for reply in await asyncio.gather(*waiting)] == [200, 200]


@pytest.mark.parametrize("stage", ["in the body", "while it is inspected"])
async def test_the_client_goes_away(privet: Running, vendor: Vendor, stage: str) -> None:
    body = json.dumps(BODY).encode()
    privet.inspector.hold = asyncio.Event()
    host, port = privet.addresses["gateway"].split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    head = f"POST /openai/v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
    writer.write(head.encode() + b"Content-Type: application/json\r\n\r\n")
    if stage == "in the body":
        writer.write(body[:30])
        await writer.drain()
        await asyncio.sleep(0.2)
        writer.close()
    else:
        writer.write(body)
        async with asyncio.timeout(10):
            await privet.inspector.started.wait()
        writer.close()
        await asyncio.sleep(0.2)
        privet.inspector.hold.set()
    await asyncio.sleep(0.5)
    assert vendor.http_bytes == 0


async def test_an_unknown_gateway_path_is_refused(privet: Running, vendor: Vendor) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        reply = await client.post(f"{privet.gateway}/nonsense/v1/x", json=BODY)
    assert reply.status_code == 404
    assert "/openai/" in reply.json()["error"]["message"]
    assert vendor.http_bytes == 0


async def test_wrong_proxy_credentials_are_refused(tmp_path: Path, vendor: Vendor) -> None:
    import bcrypt

    from proxy.identity import Credentials

    users = Credentials({"ana": bcrypt.hashpw(b"secret", bcrypt.gensalt(4))})
    async with running(tmp_path, vendor, users=users) as privet:
        proxy = privet.proxy.replace("http://", "http://ana:wrong@")
        async with privet.client(proxy=proxy) as client:
            with pytest.raises(httpx.ProxyError, match="407"):
                await client.post("https://api.openai.com/v1/chat/completions", json=BODY)
        assert vendor.http_bytes == 0
        proxy = privet.proxy.replace("http://", "http://ana:secret@")
        async with privet.client(proxy=proxy) as client:
            await client.post("https://api.openai.com/v1/chat/completions", json=BODY)
        actor = privet.store.intents[-1].actor
        assert (actor.user, actor.department) == ("ana", "finance")
    assert b"proxy-authorization" not in b" ".join(n.encode().lower() for r in vendor.requests for n, _ in r.headers)
