"""After many requests nothing of them is left: no flow, no body, no count that stays up."""

import asyncio
import gc
import json
from pathlib import Path

import pytest
from mitmproxy.http import HTTPFlow

from tests.fakes.privet import Running, running
from tests.fakes.vendor import Vendor
from tests.fakes.ways import HttpWay

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

REQUESTS, AT_ONCE = 210, 8
WAYS = [HttpWay("h1"), HttpWay("h2", http2=True), HttpWay("gateway", gateway=True)]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
async def test_nothing_is_left(tmp_path: Path, way: HttpWay) -> None:
    before = flows()  # of tests that ran before this one
    with Vendor() as vendor:
        async with running(tmp_path, vendor) as privet:
            async with way.client(privet) as client:
                left = iter(range(REQUESTS))

                async def work() -> None:
                    for number in left:
                        # Allowed with tokens, allowed as it is, blocked: in turn.
                        said = ["hello Anna Schmidt", "hello", "my key is hunter2-secret"][number % 3]
                        content = f"{said} {number} " + "word " * 400
                        body = {"model": "gpt-4o", "messages": [{"role": "user", "content": content}]}
                        reply = await way.post(client, json.dumps(body).encode())
                        assert reply.status_code == (403 if number % 3 == 2 else 200), reply.text
                        vendor.reset()
                        privet.store.events.clear()
                        privet.inspector.texts.clear()

                await asyncio.gather(*(work() for _ in range(AT_ONCE)))
            await gone(privet)
            assert flows() <= before + AT_ONCE
            addon = privet.addon
            assert (addon.busy(), addon.gate.held, addon.users, addon._judging, addon.local._tasks) == (
                set(),
                0,
                {},
                {},
                {},
            )


def flows() -> int:
    """How many flows are in memory."""
    gc.collect()
    return sum(isinstance(thing, HTTPFlow) for thing in gc.get_objects())


async def gone(privet: Running) -> None:
    """Every client connection has ended."""
    async with asyncio.timeout(30):
        while privet.addon.gate._addresses:
            await asyncio.sleep(0.02)
