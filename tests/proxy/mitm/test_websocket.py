"""Real WebSockets through a running proxy: what each side gets of messages, pings, closes and sizes."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import websockets

from proxy.conversation import Conversation
from proxy.mitm.websocket import FAILED, LATER, REFUSED, TOO_BIG
from proxy.reply_stream import StreamScan
from tests.fakes.model import Behaviour
from tests.fakes.privet import POLICY, Running, running
from tests.fakes.vendor import Vendor
from tests.fakes.ways import REALTIME

SETTINGS = {"limits": {"body_bytes": 4096}}


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
    async with running(tmp_path, vendor, settings=SETTINGS) as privet:
        yield privet


@asynccontextmanager
async def session(privet: Running, **options: Any) -> AsyncIterator[websockets.ClientConnection]:
    options = {"open_timeout": 20, "close_timeout": 20, **options}
    async with websockets.connect(REALTIME, proxy=privet.proxy, ssl=privet.trust(), **options) as session:
        await session.recv()
        yield session


def item(text: str) -> str:
    return json.dumps({"type": "x", "item": {"role": "user", "content": [{"type": "input_text", "text": text}]}})


async def _until_closed(talk: websockets.ClientConnection) -> AsyncIterator[str | bytes]:
    try:
        while True:
            yield await talk.recv()
    except websockets.ConnectionClosed:
        return


async def recorded(privet: Running, count: int) -> None:
    async with asyncio.timeout(10):
        while len(privet.store.outcomes) < count:
            await asyncio.sleep(0.01)


async def test_messages_go_redacted_and_come_back(privet: Running, vendor: Vendor) -> None:
    async with session(privet) as talk:
        for _ in range(3):
            await talk.send(item("hello Anna Schmidt"))
            assert "Anna Schmidt" in str(await talk.recv())
    assert "Anna" not in "".join(map(str, vendor.websocket_messages))
    await recorded(privet, 4)
    assert [event.decision.effect for event in privet.store.intents] == ["allow"] * 4
    assert [event.outcome.status for event in privet.store.outcomes] == [101] * 4
    assert not privet.addon.busy()


async def test_fragments_are_one_message(privet: Running, vendor: Vendor) -> None:
    text = item("hello Anna Schmidt")
    async with session(privet) as talk:
        await talk.send([text[:60], text[60:75], text[75:]])
        assert "Anna Schmidt" in str(await talk.recv())
    assert len(vendor.websocket_messages) == 1


async def test_through_the_gateway(privet: Running, vendor: Vendor) -> None:
    url = f"{privet.gateway.replace('http', 'ws', 1)}/openai/v1/realtime?model=m"
    async with websockets.connect(url, proxy=None) as talk:
        await talk.recv()
        await talk.send(item("hello Anna Schmidt"))
        assert "Anna Schmidt" in str(await talk.recv())
    assert "Anna" not in "".join(map(str, vendor.websocket_messages))


async def test_a_refusal_is_an_error_event_and_a_close(privet: Running, vendor: Vendor) -> None:
    async with session(privet) as talk:
        await talk.send(item("my key is hunter2-secret"))
        assert json.loads(await talk.recv())["error"]["code"] == "privet_blocked"
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await talk.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == REFUSED
        assert closed.value.rcvd.reason == f"privet {privet.store.intents[-1].decision_id}"
    assert vendor.websocket_messages == []
    await recorded(privet, 2)


async def test_what_follows_a_refused_message_does_not_go_either(privet: Running, vendor: Vendor) -> None:
    async with session(privet) as talk:
        await asyncio.gather(*(talk.send(item(text)) for text in ("my key is hunter2-secret", "one", "two")))
        assert [json.loads(message)["type"] async for message in _until_closed(talk)] == ["error"]
    assert vendor.websocket_messages == []


@pytest.mark.parametrize("fault", [RuntimeError("Anna Schmidt"), asyncio.CancelledError(), SystemExit(3)])
async def test_whatever_the_hook_raises_nothing_leaves(
    privet: Running, vendor: Vendor, monkeypatch, fault, caplog
) -> None:
    async def fail(*_: Any, **__: Any) -> None:
        raise fault

    async with session(privet) as talk:
        monkeypatch.setattr(Conversation, "from_client", fail)
        await talk.send(item("hello Anna Schmidt"))
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await talk.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == FAILED
    assert vendor.websocket_messages == []
    assert "Anna" not in caplog.text


async def test_a_hook_that_is_not_there_lets_nothing_through(privet: Running, vendor: Vendor, monkeypatch) -> None:
    monkeypatch.setattr(type(privet.addon), "websocket_message", lambda *_: None)
    async with websockets.connect(REALTIME, proxy=privet.proxy, ssl=privet.trust()) as talk:
        with contextlib.suppress(websockets.ConnectionClosed):  # the vendor's greeting ended it already
            await talk.send(item("hello Anna Schmidt"))
        assert [message async for message in _until_closed(talk)] == []
    assert vendor.websocket_messages == []


async def test_a_message_past_the_limit_ends_it_before_it_is_whole(privet: Running, vendor: Vendor) -> None:
    async def endless() -> AsyncIterator[str]:
        while True:
            yield "x" * 1000

    # What the client still writes then is reset, which it doesn't notice: it would wait for an end.
    async with session(privet, close_timeout=0.1) as talk:
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await talk.send(endless())
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == TOO_BIG
    assert vendor.websocket_messages == []


async def test_pings_work_and_their_words_stay_here(privet: Running, vendor: Vendor) -> None:
    async with session(privet) as talk:
        for payload in (b"Anna Schmidt", b"", b"again"):
            async with asyncio.timeout(10):
                await (await talk.ping(payload))
        await talk.close(1000, "Anna Schmidt says goodbye")
    assert not vendor.saw("Anna")


async def test_nothing_is_compressed(privet: Running, vendor: Vendor) -> None:
    async with session(privet, compression="deflate") as talk:
        assert talk.protocol.extensions == []
    assert vendor.requests[-1].header("sec-websocket-extensions") is None


async def test_a_client_that_vanishes_is_recorded(privet: Running, vendor: Vendor) -> None:
    async with session(privet) as talk:
        talk.transport.abort()
        await recorded(privet, 1)
    assert not privet.addon.busy()


async def test_memory_of_a_long_talk_is_flat(privet: Running, vendor: Vendor) -> None:
    async with session(privet) as talk:
        for number in range(50):
            await talk.send(item(f"hello {number}"))
            await talk.recv()
        (flow, _) = next(iter(privet.addon._running.values()))
        assert flow.websocket is not None
        assert len(flow.websocket.messages) <= 1


async def test_switched_off_they_are_refused(tmp_path: Path, vendor: Vendor) -> None:
    async with running(tmp_path, vendor, settings={"websocket": {"enabled": False}}) as privet:
        with pytest.raises(websockets.InvalidStatus) as refused:
            async with session(privet):
                pass
    assert refused.value.response.status_code == 426
    assert vendor.http_bytes == 0


async def closing(talk: websockets.ClientConnection) -> int:
    """The code with which the connection is closed, whatever comes before."""
    with contextlib.suppress(websockets.ConnectionClosed):
        while True:
            await talk.recv()
    return talk.close_code or 0


def frame(head: int, payload: bytes) -> bytes:
    """A frame of a client, masked with zeros."""
    return bytes([head, 0x80 | len(payload), 0, 0, 0, 0]) + payload


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (frame(0x81, b"\xff Anna Schmidt"), 1007),  # a text that is no UTF-8
        (frame(0x01, "é".encode()[:1]) + frame(0x80, b"Anna Schmidt"), 1007),  # cut within a character
        (frame(0xC1, b"Anna Schmidt"), 1002),  # compressed, which nobody agreed to
        (frame(0x83, b"Anna Schmidt"), 1002),  # of no known kind
        (frame(0x80, b"Anna Schmidt"), 1002),  # goes on with what never began
        (frame(0x01, b"Anna") + frame(0x81, b" Schmidt"), 1002),  # begins before the other has ended
        (bytes([0x81, 12]) + b"Anna Schmidt", 1002),  # not masked
    ],
    ids=["utf-8", "half a character", "compressed", "unknown", "continued", "begun twice", "unmasked"],
)  # fmt: skip
async def test_frames_that_are_none_end_it(privet: Running, vendor: Vendor, raw: bytes, code: int) -> None:
    async with session(privet) as talk:
        talk.transport.write(raw)
        assert await closing(talk) == code
    assert vendor.websocket_messages == []
    await recorded(privet, 1)
    assert privet.store.outcomes[0].outcome.error == f"close_{code}"


@pytest.mark.parametrize(
    "text",
    ["[" * 2000 + "]" * 2000, '{"a":' * 500 + "1" + "}" * 500, '{"a": NaN}', '{"a": 1, "a', '{"n": ' + "9" * 4000 + "}"],
    ids=["arrays", "objects", "nan", "cut off", "digits"],
)  # fmt: skip
async def test_json_that_is_meant_to_break_readers_stays_here(privet: Running, vendor: Vendor, text: str) -> None:
    async with session(privet) as talk:
        await talk.send(text)
        event = json.loads(await talk.recv())
        if event.get("type") != "error":  # a number is a text, however long
            assert vendor.websocket_messages == [text]
            return
        assert await closing(talk) == REFUSED
    assert vendor.websocket_messages == []


async def test_a_client_that_goes_away_while_its_message_is_read_ends_the_reading(
    privet: Running, vendor: Vendor
) -> None:
    async with session(privet) as talk:
        privet.inspector.hold = asyncio.Event()
        privet.inspector.started.clear()
        await talk.send(item("hello Anna Schmidt"))
        await privet.inspector.started.wait()
        talk.transport.abort()
        async with asyncio.timeout(10):
            while len(privet.store.intents) < 2:
                await asyncio.sleep(0.01)
    await recorded(privet, 1)
    assert [part.reason for part in privet.store.intents[-1].skipped] == ["client_disconnected"]
    assert privet.store.outcomes[-1].outcome.error == "client_disconnected"
    assert vendor.websocket_messages == []


def said(text: str) -> str:
    return json.dumps({"type": "response.output_text.delta", "item_id": "i", "delta": text})


async def test_what_waits_goes_on_when_time_is_up(tmp_path: Path, vendor: Vendor) -> None:
    async with running(tmp_path, vendor, settings={"reply": {"hold_seconds": 0.05}}) as privet, session(privet) as talk:
        await talk.send(item("hello Anna Schmidt"))
        await talk.recv()
        for _ in range(2):  # the vendor says the same; a P may be the beginning of a token
            await talk.send(said("a P"))
            async with asyncio.timeout(10):
                assert json.loads(await talk.recv())["delta"] == "a P"


async def test_what_waits_goes_on_when_the_vendor_ends_it(privet: Running, vendor: Vendor) -> None:
    async with session(privet) as talk:
        await talk.send(item("hello Anna Schmidt"))
        await talk.recv()
        vendor.once(Behaviour(text="is it PERSON", piece_sizes=(50,), drop_after=2))
        await talk.send(json.dumps({"type": "response.create"}))
        got = [json.loads(message) async for message in _until_closed(talk)]
        assert talk.close_code == 1011
    assert [event.get("delta") for event in got] == [None, "is it PERSON"]


REPLIES = (
    POLICY
    + """
  - {id: no-secrets, "on": [reply], when: {entities: [SECRET]}, effect: block, message: The model wrote a credential.}
"""
)


@pytest.mark.parametrize("fault", [RuntimeError("Anna Schmidt"), asyncio.CancelledError(), SystemExit(3)])
async def test_what_could_not_be_inspected_does_not_reach_the_client(
    tmp_path: Path, vendor: Vendor, monkeypatch, fault: BaseException
) -> None:
    async def fail(*_: Any) -> None:
        raise fault

    async with running(tmp_path, vendor, policy=REPLIES) as privet, session(privet) as talk:
        monkeypatch.setattr(StreamScan, "feed", fail)
        await talk.send(item("hello"))
        assert [message async for message in _until_closed(talk)] == []
        assert talk.close_code == FAILED
        await recorded(privet, 2)
        assert {event.outcome.error for event in privet.store.outcomes} == {type(fault).__name__}


async def test_a_reply_that_is_blocked_when_the_vendor_ends_it_ends_once(tmp_path: Path, vendor: Vendor) -> None:
    async with running(tmp_path, vendor, policy=REPLIES) as privet, session(privet) as talk:
        await talk.send(item("hello"))
        await talk.recv()
        vendor.once(Behaviour(text="hunter2-secret", piece_sizes=(50,), drop_after=2))
        await talk.send(json.dumps({"type": "response.create"}))
        got = [json.loads(message) async for message in _until_closed(talk)]
        assert talk.close_code == REFUSED
        await recorded(privet, 3)
    assert [event["type"] for event in got] == ["response.created", "error"]
    assert got[-1]["error"]["code"] == "privet_reply_blocked"


async def test_when_privet_stops_the_next_message_is_the_last(privet: Running, vendor: Vendor) -> None:
    async with session(privet) as talk:
        privet.addon.cut_off()
        await talk.send(item("hello Anna Schmidt"))
        assert await closing(talk) == 1001
        await recorded(privet, 1)
    assert vendor.websocket_messages == []
    assert privet.store.outcomes[-1].outcome.error == "stopped"


async def test_all_messages_together_have_a_limit_too(tmp_path: Path, vendor: Vendor) -> None:
    limits = {"body_bytes": 1_000_000, "inflight_bytes": 300_000}
    async with running(tmp_path, vendor, settings={"limits": limits}) as privet, session(privet) as other:
        gate = privet.addon.gate
        sending = [asyncio.create_task(other.send(parts("x" * 200_000)))]
        async with asyncio.timeout(10):
            while gate.held < 200_000:
                await asyncio.sleep(0.01)
        async with session(privet, close_timeout=0.1) as talk:
            sending.append(asyncio.create_task(talk.send(parts("x" * 200_000))))
            assert await closing(talk) == LATER
        for task in sending:
            task.cancel()
        await asyncio.gather(*sending, return_exceptions=True)
        other.transport.abort()
        await recorded(privet, 2)
        assert gate.held == 0
    assert vendor.websocket_messages == []


async def parts(text: str) -> AsyncIterator[str]:
    """A message that never ends."""
    for start in range(0, len(text), 10_000):
        yield text[start : start + 10_000]
    await asyncio.Event().wait()
