"""Recorded exchanges of real vendors, replayed: what is harmless stays the same, byte for byte, and what is planted stays.

Skips without the recordings. Every exchange goes through the restorer cut at random places, through the whole proxy over
TLS, and, once for each of its strings and each of many planted values, through the path of a request.
"""

import copy
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from configs.hosts import host_table
from configs.settings import Settings
from policy.load import load_policy
from proxy.identity import Principal
from proxy.message import Request
from proxy.pipeline import Pipeline
from proxy.providers.registry import dialect_for
from proxy.record import Record
from proxy.restore import StreamRestorer, restore_body
from tests.fakes.certificates import VENDOR_NAMES
from tests.fakes.model import Behaviour
from tests.fakes.privet import ListStore, TableInspector, running
from tests.fakes.vendor import Vendor

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

WIRE = Path(__file__).parents[2] / "../shared/data/wire"
# Media types of the recordings, by the ending of the file's name.
TYPES = {"json": "application/json", "sse": "text/event-stream", "bin": "application/vnd.amazon.eventstream"}
TOKENS = {"PERSON_7KQ2MXAB": "Anna Schmidt", "EMAIL_ADDRESS_9PLXW2QD": "anna@example.com"}
# A harmless body for replies that came without their request, by what the path ends with.
BODIES: dict[str, dict[str, Any]] = {
    "messages": {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Hello"}]},
    "completions": {"model": "m", "prompt": "Hello", "messages": [{"role": "user", "content": "Hello"}]},
    "responses": {"model": "m", "input": "Hello"},
    "embeddings": {"model": "m", "input": "Hello"},
    "generateContent": {"contents": [{"parts": [{"text": "Hello"}]}]},
    "streamGenerateContent": {"contents": [{"parts": [{"text": "Hello"}]}]},
}


@dataclass(frozen=True)
class Exchange:
    name: str
    url: str
    status: int
    request: bytes
    response: bytes
    media_type: str

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def path(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.path}?{parts.query}" if parts.query else parts.path

    def asked(self, body: bytes) -> Request:
        return Request("POST", self.host, self.path, {"content-type": "application/json"}, body)


def exchanges() -> Iterator[Exchange]:
    if not WIRE.exists():
        return
    for line in (WIRE / "index.jsonl").read_text().splitlines():
        entry = json.loads(line)
        ending = entry["response"].rpartition(".")[2]
        last = urlsplit(entry["uri"]).path.rpartition("/")[2].rpartition(":")[2]
        request = (WIRE / entry["request"]).read_bytes() if entry["request"] else json.dumps(BODIES[last]).encode()
        yield Exchange(
            entry["response"],
            entry["uri"],
            entry["status"],
            request,
            (WIRE / entry["response"]).read_bytes(),
            TYPES[ending],
        )


ALL = tuple(exchanges())
every = pytest.mark.parametrize("exchange", ALL, ids=[exchange.name for exchange in ALL])
needs_wire = pytest.mark.skipif(not ALL, reason="the recorded exchanges are not here")


def test_the_recordings_are_all_of_hosts_that_are_known() -> None:
    for exchange in ALL:
        assert host_table().knows(exchange.host), exchange.host
        assert dialect_for(exchange.asked(exchange.request)).name != "generic", exchange.url


@needs_wire
@every
def test_a_reply_without_tokens_stays_the_same_wherever_it_is_cut(exchange: Exchange) -> None:
    dialect = dialect_for(exchange.asked(exchange.request))
    assert restore_body(exchange.response, exchange.media_type, TOKENS) == exchange.response
    cuts = random.Random(exchange.name)
    for size in (1, 3, 40, 1500, len(exchange.response)):
        restorer, at, sent = StreamRestorer(dialect, TOKENS, exchange.media_type), 0, []
        while at < len(exchange.response):
            step = cuts.randint(1, size)
            sent += restorer.feed(exchange.response[at : at + step])
            at += step
        same(b"".join([*sent, *restorer.finish()]), exchange.response)


def same(sent: bytes, came: bytes) -> None:
    """The same bytes; only a ping may have overtaken a text that waits for its next piece."""
    if sent != came:
        sides = [data.split(b"\n\n") for data in (sent, came)]
        assert sorted(sides[0]) == sorted(sides[1])
        assert [e for e in sides[0] if b"event: ping" not in e] == [e for e in sides[1] if b"event: ping" not in e]


PASSING = """
schema: privet.policy/1
id: passing
defaults: {effect: allow, when_uninspected: allow, when_error: block}
rules:
  - id: secrets-stay
    when: {entities: [{group: SECRETS}]}
    effect: block
  - id: people
    when: {entities: [{group: PII}]}
    effect: allow
    obligations: [{tokenize: {types: [PII], restore: true}}]
"""


@pytest.fixture(scope="module")
def vendor() -> Iterator[Vendor]:
    with Vendor(names=sorted({*VENDOR_NAMES, *(exchange.host for exchange in ALL)})) as vendor:
        yield vendor


@needs_wire
@pytest.mark.parametrize("chunk", [None, 1, 37, 4096])
async def test_whole_exchanges_through_the_proxy(tmp_path: Path, vendor: Vendor, chunk: int | None) -> None:
    """Once as they are, and once with a name in the query, so that the reply is read for tokens."""
    chosen = ALL if chunk is None else random.Random(chunk).sample(ALL, 12)
    hosts = [exchange.host for exchange in ALL]
    async with running(tmp_path, vendor, policy=PASSING, hosts=hosts) as privet, privet.client() as client:
        for exchange in chosen:
            if chunk != 1 or len(exchange.response) < 20_000:
                await _replay(client, vendor, exchange, chunk)


async def _replay(client: httpx.AsyncClient, vendor: Vendor, exchange: Exchange, chunk: int | None) -> None:
    for name in ("", "Anna Schmidt"):
        vendor.reset()
        vendor.once(Behaviour(raw=(exchange.response, exchange.media_type), status=200, chunk_bytes=chunk))
        plain = exchange.url.partition("#")[0]
        url = f"{plain}{'&' if '?' in plain else '?'}note={name}" if name else plain
        reply = await client.post(url, content=exchange.request, headers={"content-type": "application/json"})
        assert reply.status_code == 200, (exchange.name, reply.text)
        same(reply.content, exchange.response)
        (seen,) = vendor.requests
        assert seen.body == exchange.request, exchange.name
        assert not vendor.saw("Anna")


# What is planted, and what it is. A vendor's own key is a secret wherever it stands.
PLANTED = {
    "Anna Schmidt": "PERSON",
    "anna.schmidt@example.com": "EMAIL_ADDRESS",
    "4111 1111 1111 1111": "CREDIT_CARD",
    "4111-1111-1111-1111": "CREDIT_CARD",
    "4111111111111111": "CREDIT_CARD",
    "DE89370400440532013000": "IBAN_CODE",
    "123-45-6789": "US_SSN",
    "+49 151 23456789": "PHONE_NUMBER",
    "AKIAIOSFODNN7EXAMPLE": "AWS_ACCESS_KEY",
    "sk-proj-Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MA": "SECRET",
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a": "SECRET",
    "the password is hunter2": "SECRET",
}

FEW = ("Anna Schmidt", "4111-1111-1111-1111", "sk-proj-Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MA")


def strings(data: Any, base: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The places of all string values."""
    if isinstance(data, str):
        yield base
    for key, value in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
        yield from strings(value, (*base, key))


def planted(data: Any, place: tuple[str | int, ...], value: str) -> Any:
    if not place:
        return value
    changed = copy.deepcopy(data)
    node = changed
    for key in place[:-1]:
        node = node[key]
    node[place[-1]] = value
    return changed


def pipeline_of(path: Path) -> Pipeline:
    (path / "policy.yaml").write_text(PASSING)
    return Pipeline(
        settings=Settings(),
        policy=load_policy(path / "policy.yaml"),
        inspector=TableInspector(known=PLANTED),
        recorder=Record(ListStore(), b"f" * 32, 20.0),
        token_key=b"t" * 32,
    )


WHO = Principal(user=None, department="default", address="127.0.0.1")


@needs_wire
@every
@pytest.mark.parametrize("whole", [True, False], ids=["alone", "in its text"])
async def test_a_value_planted_in_any_string_never_leaves(tmp_path: Path, exchange: Exchange, whole: bool) -> None:
    """Blocked or replaced; or the place is one of those that can't be read, which the policy blocks unless told not to."""
    pipeline = pipeline_of(tmp_path)
    data = json.loads(exchange.request)
    for place in strings(data):
        old = data
        for key in place:
            old = old[key]
        for value in PLANTED if whole else FEW:
            text = value if whole else f"{old} {value}"
            body = json.dumps(planted(data, place, text), ensure_ascii=False).encode()
            verdict = await pipeline.judge(exchange.asked(body), WHO)
            if verdict.refusal is None and value.encode() in (verdict.body or body):
                pointer = "".join(f"/{key}" for key in place)
                skipped = {item.pointer.partition("~")[0] for item in verdict.inspection.skipped}
                assert pointer in skipped, (exchange.name, pointer, value)


@needs_wire
@every
async def test_a_value_planted_as_a_name_never_leaves(tmp_path: Path, exchange: Exchange) -> None:
    """The same for the names of members, which are content as well."""
    pipeline = pipeline_of(tmp_path)
    data = json.loads(exchange.request)
    for place in [(), *(place[:-1] for place in strings(data))]:
        node = copy.deepcopy(data)
        holder = node
        for key in place:
            holder = holder[key]
        if not isinstance(holder, dict):
            continue
        for value in FEW:
            holder[value] = "x"
            body = json.dumps(node, ensure_ascii=False).encode()
            verdict = await pipeline.judge(exchange.asked(body), WHO)
            assert verdict.refusal is not None or value.encode() not in (verdict.body or body), (exchange.name, place)
            del holder[value]
