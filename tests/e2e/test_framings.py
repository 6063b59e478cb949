"""Formats with lengths and binary heads, on the whole way: Connect's JSON, Google's pages, streams in both directions."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlencode

import h2.config
import h2.connection
import h2.events
import pytest

from proxy.google_chunks import GUARD, chunk
from tests.fakes.model import Behaviour
from tests.fakes.privet import POLICY, Running, running
from tests.fakes.vendor import Vendor
from tests.proxy.test_envelopes import envelope
from tests.proxy.test_google_chunks import read, said

pytestmark = pytest.mark.e2e

HOST = "api.openai.com"
ECHO = f"https://{HOST}/echo"
PAGE = f"https://{HOST}/_/BardChatUi/data/assistant.lamda.BardFrontendService/StreamGenerate?rt=c"
BATCH = f"https://{HOST}/_/BardChatUi/data/batchexecute?rt=c"
BEDROCK = "bedrock-runtime.eu-central-1.amazonaws.com"
DUPLEX = "/model/amazon.nova-sonic-v1:0/invoke-with-bidirectional-stream"
FIRST_EVENT = b"\0\0\0\x10 the first event"
CONNECT = {"content-type": "application/connect+json"}
NAME = "Anna Schmidt"
REPLIES = (
    POLICY
    + """
  - {id: replies, "on": [reply], when: {entities: [{type: PERSON}]}, effect: block}
"""
)


@pytest.fixture(scope="module")
def vendor_server() -> Iterator[Vendor]:
    with Vendor() as vendor:
        yield vendor


@pytest.fixture
def vendor(vendor_server: Vendor) -> Vendor:
    vendor_server.reset()
    return vendor_server


async def test_connect_json_is_redacted_and_restored(tmp_path: Path, vendor: Vendor) -> None:
    body = envelope({"text": f"I am {NAME}"}) + envelope(gzip.compress(json.dumps({"to": NAME}).encode()), 1)
    headers = {**CONNECT, "connect-content-encoding": "gzip", "connect-accept-encoding": "gzip"}
    async with running(tmp_path, vendor) as privet, privet.client() as http:
        reply = await http.post(ECHO, content=body, headers=headers)
    (seen,) = vendor.requests
    assert NAME.encode() not in seen.body
    token = json.loads(seen.body[5:].split(b"\0")[0])["text"].removeprefix("I am ")
    assert seen.body == envelope({"text": f"I am {token}"}) + envelope({"to": token})
    assert seen.header("connect-accept-encoding") is None
    assert reply.content == envelope({"text": f"I am {NAME}"}) + envelope({"to": NAME})


@pytest.mark.parametrize(
    "body",
    [
        envelope(b"\x0a\x0cAnna Schmidt"),
        envelope({"a": "b"}) + envelope(b"\x0a\x0cAnna Schmidt"),
        envelope({"a": NAME})[:-1],
        envelope({"a": "b"}) + NAME.encode(),
        envelope(gzip.compress(json.dumps({"to": NAME}).encode()), 1),
        envelope({"a": NAME}, 16),
    ],
)
async def test_calls_that_cannot_be_read_stay_here(tmp_path: Path, vendor: Vendor, body: bytes) -> None:
    async with running(tmp_path, vendor) as privet, privet.client() as http:
        assert (await http.post(ECHO, content=body, headers=CONNECT)).status_code in {400, 403}
    assert vendor.requests == []


async def test_connect_json_in_which_nothing_is_found_goes_byte_for_byte(tmp_path: Path, vendor: Vendor) -> None:
    body = envelope({"text": "hello"}) + envelope(gzip.compress(b'{"a": "b"}'), 1)
    headers = {**CONNECT, "connect-content-encoding": "gzip"}
    async with running(tmp_path, vendor) as privet, privet.client() as http:
        assert (await http.post(ECHO, content=body, headers=headers)).content == body
    assert vendor.requests[0].body == body


def form(text: str) -> bytes:
    return urlencode({"f.req": json.dumps([None, json.dumps([[text, 0, None], ["en"]])]), "at": "AJx:1"}).encode()


@pytest.mark.parametrize("address", [PAGE, BATCH])
async def test_the_gemini_page_is_redacted_and_restored(tmp_path: Path, vendor: Vendor, address: str) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded;charset=UTF-8"}
    async with running(tmp_path, vendor) as privet, privet.client() as http:
        vendor.once(Behaviour(raw=(GUARD, "application/json")))
        await http.post(address, content=form(f"I am {NAME}"), headers=headers)
        sent = json.loads(json.loads(parse_qs(vendor.requests[0].body.decode())["f.req"][0])[1])
        token = sent[0][0].removeprefix("I am ")
        assert token.startswith("PERSON_")
        texts = [token[:9], f"{token} 😀", f'Hello {token},\n"{token}"']
        answer = GUARD + b"\n\n" + b"".join(chunk(said(text)) for text in texts)
        vendor.once(Behaviour(raw=(answer, "application/json; charset=utf-8"), chunk_bytes=11))
        reply = await http.post(address, content=form(f"I am {NAME}"), headers=headers)
    assert not vendor.saw(NAME)
    assert read(reply.content) == [text.replace(token, NAME) for text in texts]


@pytest.mark.parametrize("address", [PAGE, BATCH, ECHO])
async def test_what_a_rule_blocks_in_such_replies_does_not_arrive(tmp_path: Path, vendor: Vendor, address: str) -> None:
    page = GUARD + b"\n\n" + chunk(said("hello")) + chunk(said(f"It is {NAME}."))
    calls = envelope({"text": "hello"}) + envelope({"text": f"It is {NAME}."})
    media = "application/connect+json" if address == ECHO else "application/json"
    vendor.behaviour = Behaviour(raw=(calls if address == ECHO else page, media), chunk_bytes=13)
    async with running(tmp_path, vendor, policy=REPLIES) as privet, privet.client() as http:
        reply = await http.post(address, json={"text": "who?"})
    assert NAME not in reply.text
    assert "privet" in reply.text


@pytest.fixture
async def bedrock(tmp_path: Path, vendor: Vendor) -> AsyncIterator[Running]:
    more = {"upstream": {"hosts": {BEDROCK: f"127.0.0.1:{vendor.port}"}, "ca_file": vendor.ca_file,
                         "gateway": {"bedrock": f"https://{BEDROCK}"}}}  # fmt: skip
    async with running(tmp_path, vendor, settings=more) as privet:
        yield privet
        assert [event.decision.effect for event in privet.store.intents] == ["block"]
    assert vendor.requests == []
    # One of an earlier test may still be closing; one that was opened for this would say so, or nothing yet.
    assert [one for one in vendor.connections if one.sni in (BEDROCK, None)] == []


async def test_a_stream_in_both_directions_is_refused_before_it_ends(bedrock: Running) -> None:
    """Its client sends a part and waits; nothing of what it says later may be waited for."""
    host, port = bedrock.addresses["proxy"].split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"CONNECT {BEDROCK}:443 HTTP/1.1\r\nHost: {BEDROCK}:443\r\n\r\n".encode())
    await reader.readuntil(b"\r\n\r\n")
    context = bedrock.trust(http2=True)
    context.set_alpn_protocols(["h2"])
    await writer.start_tls(context, server_hostname=BEDROCK)
    connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True, header_encoding="utf-8"))
    connection.initiate_connection()
    connection.send_headers(1, [(":method", "POST"), (":scheme", "https"), (":authority", BEDROCK), (":path", DUPLEX)])
    connection.send_data(1, FIRST_EVENT)
    writer.write(connection.data_to_send())
    status, body, ended = "", b"", False
    async with asyncio.timeout(30):
        while not ended and (data := await reader.read(65536)):
            for event in connection.receive_data(data):
                match event:
                    case h2.events.ResponseReceived():
                        status = dict(event.headers)[":status"]
                    case h2.events.DataReceived():
                        body += event.data
                    case h2.events.StreamEnded():
                        ended = True
                    case h2.events.StreamReset():
                        pytest.fail("the answer was cut off")
            writer.write(connection.data_to_send())
    writer.close()
    assert status == "403"
    assert b"both ways" in body


async def test_it_is_refused_at_the_gateway_as_well(bedrock: Running) -> None:
    host, port = bedrock.addresses["gateway"].split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    head = f"POST /bedrock{DUPLEX} HTTP/1.1\r\nHost: {host}:{port}\r\nTransfer-Encoding: chunked\r\n\r\n"
    writer.write(head.encode() + b"%x\r\n%b\r\n" % (len(FIRST_EVENT), FIRST_EVENT))
    async with asyncio.timeout(30):
        answer = await reader.readuntil(b"\r\n\r\n")
        assert b" 403 " in answer.split(b"\r\n")[0]
        assert b"both ways" in await reader.readuntil(b"both ways")
    writer.close()
