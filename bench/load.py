"""The measuring client: ways to the vendor, requests sent along them in turn, what each took.

The ways take turns in short bursts, so that a machine that is busier for a while is so for all of them.
"""

import asyncio
import itertools
import json
import random
import ssl
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import aiohttp

PATH = "/v1/chat/completions"
WARM_UP = 12
_TEXT = (
    "please explain how the cache decides which entry it drops first when memory runs low and why that matters for "
    "requests that arrive in bursts while a slow disk still writes the older pages back so the index can be rebuilt "
    "without losing order or making readers wait longer than they would with a plain list of recent items"
)
_WORDS = _TEXT.split()


@dataclass(frozen=True, slots=True)
class Way:
    """One way to the vendor."""

    name: str
    url: str
    context: ssl.SSLContext | None = None
    proxy: str | None = None


@dataclass(slots=True)
class Series:
    """What the requests of one way took, in milliseconds."""

    values: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """The 50th percentile."""
        return statistics.median(self.values)

    @property
    def p99(self) -> float:
        """The 99th percentile."""
        return statistics.quantiles(self.values, n=100, method="inclusive")[98]


@dataclass(slots=True)
class Streams:
    """Streamed replies of one way: until the first byte, and for each event after it."""

    first: Series = field(default_factory=Series)
    per_event: Series = field(default_factory=Series)


def session() -> aiohttp.ClientSession:
    """A client that keeps as many connections as it is asked for, and waits as long as it takes."""
    connector = aiohttp.TCPConnector(limit=0, limit_per_host=0)
    return aiohttp.ClientSession(connector=connector, trust_env=False, timeout=aiohttp.ClientTimeout(total=600))


def prose(source: random.Random, size: int) -> str:
    """A text of so many characters with nothing in it that has to be found."""
    pieces: list[str] = []
    length = 0
    while length < size:
        pieces.append(source.choice(_WORDS) + source.choice((" ", " ", " ", " ", ", ", ". ")))
        length += len(pieces[-1])
    return "".join(pieces)[:size]


def chat(*texts: str, stream: bool = False) -> bytes:
    """A chat of these messages, the last one the user's."""
    roles = itertools.cycle(("user", "assistant") if len(texts) % 2 else ("assistant", "user"))
    messages = [{"role": role, "content": text} for role, text in zip(roles, texts, strict=False)]
    return json.dumps({"model": "gpt-4o-mini", "messages": messages, **({"stream": True} if stream else {})}).encode()


def bodies(size: int, *, new: bool, seed: int) -> Iterator[bytes]:
    """Chats of so many bytes, each a new one or all the same. Another seed gives others."""
    source = random.Random(seed)
    room = size - len(chat(""))
    same = chat(prose(source, room))
    while True:
        yield chat(prose(source, room)) if new else same


def conversation(size: int, *, seed: int) -> Iterator[bytes]:
    """A conversation of so many bytes that grows by 1 KB a turn, as agents send it: all of it, each time."""
    source = random.Random(seed)
    texts = [prose(source, 500) for _ in range(2 * size // 1024 - 1)]
    while True:
        texts += [prose(source, 500), prose(source, 500)]  # an answer, and the next question
        yield chat(*texts)


async def take_turns(
    client: aiohttp.ClientSession, ways: Sequence[Way], feeds: dict[str, Iterator[bytes]], at_once: int, count: int
) -> dict[str, Series]:
    """`count` requests along each way, `at_once` of them at a time. A feed for each way says what is sent."""
    series = {way.name: Series() for way in ways}
    for way in ways:
        await burst(client, way, feeds[way.name], at_once, max(at_once, WARM_UP if count > WARM_UP else 1))
    calls = min(count, max(at_once, 8))
    for _ in range(max(1, count // calls)):
        for way in ways:
            series[way.name].values += await burst(client, way, feeds[way.name], at_once, calls)
    return series


async def burst(
    client: aiohttp.ClientSession, way: Way, feed: Iterator[bytes], at_once: int, count: int
) -> list[float]:
    """What `count` requests took, `at_once` of them at a time."""
    left = iter(range(count))

    async def work() -> list[float]:
        return [await call(client, way, next(feed)) for _ in left]  # the workers share one iterator

    taken = await asyncio.gather(*(work() for _ in range(at_once)))
    return [value for values in taken for value in values]


async def call(client: aiohttp.ClientSession, way: Way, body: bytes) -> float:
    """Milliseconds until the whole reply is there. Raises RuntimeError for anything but 200."""
    began = time.perf_counter()
    async with _post(client, way, body) as reply:
        await reply.read()
        _check(way, reply)
    return 1000 * (time.perf_counter() - began)


async def stream(client: aiohttp.ClientSession, way: Way, body: bytes, into: Streams) -> None:
    """One streamed reply."""
    began = time.perf_counter()
    async with _post(client, way, body) as reply:
        _check(way, reply)
        data = bytearray(await reply.content.readany())
        first = time.perf_counter()
        data += await reply.read()
    events = data.count(b"\n\n")
    into.first.values.append(1000 * (first - began))
    into.per_event.values.append(1000 * (time.perf_counter() - first) / max(1, events))


def _post(client: aiohttp.ClientSession, way: Way, body: bytes) -> "aiohttp.client._RequestContextManager":
    headers = {"content-type": "application/json", "authorization": "Bearer sk-bench"}
    return client.post(way.url, data=body, headers=headers, proxy=way.proxy, ssl=way.context or True)


def _check(way: Way, reply: aiohttp.ClientResponse) -> None:
    if reply.status != 200:
        raise RuntimeError(f"{way.name}: expected 200, got {reply.status}")
