"""A vendor that gives no answer is told as the vendor tells its own errors."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import anthropic
import httpx
import httpx2
import pytest

from tests.fakes.model import Behaviour
from tests.fakes.privet import Running, running
from tests.fakes.vendor import Vendor

OPENAI = "https://api.openai.com/v1/chat/completions"
ANTHROPIC = "https://api.anthropic.com/v1/messages"
BODY = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hello"}]}


@pytest.fixture(scope="module")
def vendor_server():
    with Vendor() as vendor:
        yield vendor


@pytest.fixture
def vendor(vendor_server: Vendor):
    vendor_server.reset()
    return vendor_server


@contextlib.asynccontextmanager
async def nobody_there(path: Path, vendor: Vendor) -> AsyncIterator[Running]:
    """Privet in front of a vendor whose port nobody listens on."""
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    hosts = dict.fromkeys(("api.openai.com", "api.anthropic.com"), f"127.0.0.1:{port}")
    settings = {"upstream": {"hosts": hosts, "ca_file": vendor.ca_file}}
    async with running(path, vendor, settings=settings) as privet:
        yield privet


def openai_error(body: Any) -> Any:
    return body["error"]


def anthropic_error(body: Any) -> Any:
    assert body["type"] == "error"
    return body["error"]


@pytest.mark.parametrize("http2", [False, True])
@pytest.mark.parametrize(("url", "error"), [(OPENAI, openai_error), (ANTHROPIC, anthropic_error)])
async def test_nobody_listens(
    tmp_path: Path, vendor: Vendor, url: str, error: Callable[[Any], Any], http2: bool
) -> None:
    async with nobody_there(tmp_path, vendor) as privet, privet.client(http2=http2) as client:
        replies = [await client.post(url, json=BODY) for _ in range(2)]  # the connection goes on
    for reply, intent in zip(replies, privet.store.intents, strict=True):
        assert reply.status_code == 502
        assert error(reply.json())["code"] == "privet_upstream"
        assert "can't be reached" in error(reply.json())["message"]
        assert reply.headers["x-privet-decision"] == intent.decision_id
        assert "x-should-retry" not in reply.headers  # the SDKs try again
    assert [outcome.outcome.error for outcome in privet.store.outcomes] == ["upstream_unreachable"] * 2


async def test_the_vendor_hangs_up(tmp_path: Path, vendor: Vendor) -> None:
    vendor.behaviour = Behaviour(drop_after=0)
    async with running(tmp_path, vendor) as privet, privet.client() as client:
        reply = await client.post(OPENAI, json=BODY)
        vendor.behaviour = Behaviour()
        again = await client.post(OPENAI, json=BODY)
    assert (reply.status_code, again.status_code) == (502, 200)
    assert "closed the connection" in reply.json()["error"]["message"]
    assert privet.store.outcomes[0].outcome.error == "upstream_closed"


async def test_a_reply_that_breaks_off_in_the_middle_is_not_made_to_look_whole(tmp_path: Path, vendor: Vendor) -> None:
    vendor.behaviour = Behaviour(drop_after=2)
    async with (
        running(tmp_path, vendor) as privet,
        privet.client() as client,
        client.stream("POST", OPENAI, json={**BODY, "stream": True}) as reply,
    ):
        text = b""
        with contextlib.suppress(httpx.RemoteProtocolError):
            async for piece in reply.aiter_raw():
                text += piece
    assert reply.status_code == 200
    assert b"[DONE]" not in text
    assert b"privet_upstream" not in text


async def test_the_sdk_raises_its_own_error(tmp_path: Path, vendor: Vendor) -> None:
    async with nobody_there(tmp_path, vendor) as privet:
        through = httpx2.AsyncClient(verify=privet.trust(), proxy=privet.proxy, trust_env=False)
        async with anthropic.AsyncAnthropic(api_key="k", http_client=through, max_retries=0) as client:
            with pytest.raises(anthropic.InternalServerError, match="can't be reached") as raised:
                await client.messages.create(model="m", max_tokens=9, messages=[{"role": "user", "content": "hello"}])
    assert raised.value.status_code == 502
    assert "<html>" not in str(raised.value)
