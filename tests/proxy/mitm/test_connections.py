"""A client that goes away while it is judged: the inspection ends at once, and the record says why."""

import asyncio
import json
from pathlib import Path

import pytest
from mitmproxy.proxy import mode_servers
from mitmproxy.proxy.layers import websocket

from proxy.mitm.connections import handler_class
from proxy.mitm.websocket import layer_class
from tests.fakes.privet import Running, running
from tests.fakes.vendor import Vendor

BODY = json.dumps({"model": "gpt-4o", "messages": [{"role": "user", "content": "hello"}]}).encode()


def test_servers_in_one_process_do_not_build_on_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each would add its calls to those of all before it, and none of them would ever be freed."""
    depths = set()
    for _ in range(3):
        handler, layer = handler_class(lambda client: None), layer_class(lambda: 1000)
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
