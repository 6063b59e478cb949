"""Limits that are met before a body is kept: each refusal in the vendor's shape, and the vendor has nothing."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.fakes.privet import Running, running
from tests.fakes.vendor import Vendor
from tests.fakes.ways import HttpWay

pytestmark = pytest.mark.e2e

LIMITS = {
    "body_bytes": 100_000,
    "inflight_bytes": 150_000,
    "headers": 40,
    "header_bytes": 4000,
    "connections_per_client": 4,
}
way = pytest.mark.parametrize(
    "way", [HttpWay("h1"), HttpWay("h2", http2=True), HttpWay("gateway", gateway=True)], ids=lambda way: way.name
)


@pytest.fixture(scope="module")
def vendor_server() -> Iterator[Vendor]:
    with Vendor() as vendor:
        yield vendor


@pytest.fixture
def vendor(vendor_server: Vendor) -> Vendor:
    vendor_server.reset()
    return vendor_server


@pytest.fixture
async def privet(tmp_path: Path, vendor: Vendor) -> AsyncIterator[Running]:
    async with running(tmp_path, vendor, settings={"limits": LIMITS}) as privet:
        yield privet


def body(size: int) -> bytes:
    return json.dumps({"model": "gpt-4o", "messages": [{"role": "user", "content": "word " * (size // 5)}]}).encode()


@way
@pytest.mark.parametrize(
    ("size", "more", "status"),
    [
        (1000, {}, 200),
        (5_000_000, {}, 413),
        (1000, {f"x-{number}": "y" for number in range(60)}, 431),
        (1000, {"x-long": "y" * 5000}, 431),
    ],
    ids=["fits", "body", "headers", "header bytes"],
)
async def test_limits(
    privet: Running, vendor: Vendor, way: HttpWay, size: int, more: dict[str, str], status: int
) -> None:
    async with way.client(privet) as client:
        reply = await way.post(client, body(size), {"content-type": "application/json", **more})
        assert reply.status_code == status
        if status != 200:
            error = reply.json()
            assert "limits" in error["error"]["message"]
            assert error["privet"]["decision_id"] == privet.store.intents[0].decision_id
            assert vendor.http_bytes == 0
        again = await way.post(client, body(100))  # on the same or a new connection, as the client likes
        assert again.status_code == 200
    async with asyncio.timeout(10):
        while len(privet.store.outcomes) < 2:
            await asyncio.sleep(0.01)
    assert privet.store.outcomes[0].outcome.status == status
    assert privet.addon.gate.held == 0


@way
async def test_bodies_of_all_requests(privet: Running, vendor: Vendor, way: HttpWay) -> None:
    privet.inspector.hold = asyncio.Event()
    async with way.client(privet) as client:
        waiting = asyncio.create_task(way.post(client, body(90_000)))
        async with asyncio.timeout(10):
            await privet.inspector.started.wait()
        async with way.client(privet) as other:
            refused = await way.post(other, body(90_000))
        assert refused.status_code == 503
        assert refused.headers["retry-after"] == "1"
        assert "inflight_bytes" in refused.json()["error"]["message"]
        assert vendor.http_bytes == 0
        privet.inspector.hold.set()
        assert (await waiting).status_code == 200
    assert privet.addon.gate.held == 0


async def test_too_many_connections(privet: Running, vendor: Vendor) -> None:
    address = privet.addresses["gateway"].split(":")
    held = [await asyncio.open_connection(address[0], int(address[1])) for _ in range(4)]
    async with asyncio.timeout(10):
        while len(privet.addon.gate._addresses) < 4:
            await asyncio.sleep(0.01)
    async with HttpWay("gateway", gateway=True).client(privet) as client:
        reply = await HttpWay("gateway", gateway=True).post(client, body(100))
        assert reply.status_code == 503
        assert "connections" in reply.json()["error"]["message"]
    async with privet.client() as client:
        with pytest.raises(httpx.ProxyError, match="503"):
            await client.post("https://api.openai.com/v1/chat/completions", json={})
    assert vendor.http_bytes == 0
    for _, writer in held:
        writer.close()
    async with asyncio.timeout(10):
        while privet.addon.gate._addresses:
            await asyncio.sleep(0.01)
    async with privet.client() as client:
        assert (await _post(client)).status_code == 200


async def _post(client: httpx.AsyncClient) -> Any:
    headers = {"content-type": "application/json"}
    return await client.post("https://api.openai.com/v1/chat/completions", content=body(100), headers=headers)


async def test_connections_that_come_too_fast(tmp_path: Path, vendor: Vendor) -> None:
    gateway = HttpWay("gateway", gateway=True)
    async with running(tmp_path, vendor, settings={"limits": {"new_connections_per_client": 3}}) as privet:
        privet.addon.gate._newcomers.clock = lambda: 1000.0  # no new stretch of time begins meanwhile
        async with gateway.client(privet) as client:
            for _ in range(9):  # as many requests as it likes on one connection
                assert (await gateway.post(client, body(100))).status_code == 200
        requests = len(vendor.requests)
        refused = []
        for _ in range(5):
            async with gateway.client(privet) as client:
                try:
                    refused.append(await gateway.post(client, body(100)))
                except (httpx.RemoteProtocolError, httpx.ReadError):
                    break
        assert [reply.status_code for reply in refused] == [200, 200, 429]
        assert refused[-1].headers["retry-after"] == "1"
        assert "limits.new_connections_per_client" in refused[-1].json()["error"]["message"]
        assert len(vendor.requests) == requests + 2
        counted = privet.addon.metrics.failures.labels("too_many_new_connections")._value.get()
        assert counted == 2  # one was told, one closed at once: no words, and nothing to record
        assert privet.store.intents[-1].decision.effect == "block"


async def test_a_tunnel_is_refused_before_its_handshake(tmp_path: Path, vendor: Vendor) -> None:
    async with running(tmp_path, vendor, settings={"limits": {"new_connections_per_client": 1}}) as privet:
        privet.addon.gate._newcomers.clock = lambda: 1000.0
        async with privet.client() as client:
            assert (await _post(client)).status_code == 200
        requests = len(vendor.requests)
        async with privet.client() as client:
            with pytest.raises(httpx.ProxyError, match="429"):
                await _post(client)
        assert len(vendor.requests) == requests
