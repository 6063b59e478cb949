"""A reply of any length passes; a request is refused in words, not by a cut connection."""

from pathlib import Path

import pytest

from tests.fakes.model import Behaviour
from tests.fakes.privet import running
from tests.fakes.vendor import Vendor
from tests.fakes.ways import HttpWay

LIMITS = {"limits": {"body_bytes": 4096}}
WAYS = [HttpWay("h1"), HttpWay("h2", http2=True), HttpWay("gateway", gateway=True)]
way = pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)


@way
async def test_a_long_reply_passes(tmp_path: Path, way: HttpWay) -> None:
    text = "long " * 50_000
    with Vendor(Behaviour(text=text)) as vendor:
        async with running(tmp_path, vendor, settings=LIMITS) as privet, way.client(privet) as client:
            reply = await way.post(client, b'{"model": "m", "messages": [{"role": "user", "content": "hello"}]}')
    assert reply.status_code == 200
    assert text.strip() in reply.text


@way
async def test_a_long_request_is_refused_in_words(tmp_path: Path, way: HttpWay) -> None:
    with Vendor() as vendor:
        async with running(tmp_path, vendor, settings=LIMITS) as privet, way.client(privet) as client:
            reply = await way.post(client, b"x" * 3_000_000)
        assert reply.status_code == 413
        assert "limits" in reply.json()["error"]["message"]
        assert vendor.http_bytes == 0
