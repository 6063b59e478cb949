"""The latency that Privet adds to a request, against a direct TLS connection to the same vendor.

Client, Privet and vendor are processes of their own on one machine. Connections are kept alive on both sides. The ways
(direct, proxy, gateway) take turns within one run, so that what else the machine does falls on all of them alike.
Repeated text is what a conversation mostly consists of: its findings are remembered. New text is scanned in full.
"""

import asyncio
import json
import random
import ssl
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import aiohttp

from bench import Row
from bench.stage import Stage, stage

GROUP = "latency of a 1 KB chat"
BODY_BYTES = 1024
CONCURRENCY = (1, 16)
WARM_UP = 20
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
    context: ssl.SSLContext | None
    proxy: str | None = None


@dataclass(slots=True)
class Series:
    """Latencies in milliseconds of one way, text and concurrency."""

    values: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """The 50th percentile."""
        return statistics.median(self.values)

    @property
    def p99(self) -> float:
        """The 99th percentile."""
        return statistics.quantiles(self.values, n=100, method="inclusive")[98]


def run(*, quick: bool) -> list[Row]:
    """Measure without the document classifier, then new text with it."""
    many, fewer, few = (48, 48, 32) if quick else (640, 256, 128)
    with stage() as staged:
        rows = asyncio.run(_measure(staged, many, "repeated text"))
        rows += asyncio.run(_measure(staged, fewer, "new text"))
    with stage(labels=True) as staged:
        rows += asyncio.run(_measure(staged, few, "new text, labelled"))
    return rows


async def _measure(staged: Stage, count: int, text: str) -> list[Row]:
    rows: list[Row] = []
    connector = aiohttp.TCPConnector(limit=0, limit_per_host=0)
    async with aiohttp.ClientSession(connector=connector, trust_env=False) as session:
        for concurrency in CONCURRENCY:
            series = await _take_turns(session, _ways(staged), text, concurrency, count)
            rows += _rows(series, f"{text}, {concurrency} at a time")
    return rows


def _ways(staged: Stage) -> list[Way]:
    direct = ssl.create_default_context(cafile=staged.vendor.ca_file)
    path = "/v1/chat/completions"
    return [
        Way("direct", f"https://localhost:{staged.vendor.port}{path}", direct),
        Way("proxy", f"https://api.openai.com{path}", staged.privet.trust(), staged.privet.proxy),
        Way("gateway", f"{staged.privet.gateway}/openai{path}", None),
    ]


async def _take_turns(
    session: aiohttp.ClientSession, ways: list[Way], text: str, concurrency: int, count: int
) -> dict[str, Series]:
    bodies = _bodies(text, seed=concurrency)
    series = {way.name: Series() for way in ways}
    for way in ways:
        await _burst(session, way, bodies, concurrency, WARM_UP)
    calls = max(concurrency, 8)
    for _ in range(max(1, count // calls)):
        for way in ways:
            series[way.name].values += await _burst(session, way, bodies, concurrency, calls)
    return series


async def _burst(
    session: aiohttp.ClientSession, way: Way, bodies: Iterator[bytes], concurrency: int, count: int
) -> list[float]:
    left = iter(range(count))

    async def work() -> list[float]:
        return [await _call(session, way, next(bodies)) for _ in left]  # the workers share one iterator

    taken = await asyncio.gather(*(work() for _ in range(concurrency)))
    return [value for values in taken for value in values]


async def _call(session: aiohttp.ClientSession, way: Way, body: bytes) -> float:
    headers = {"content-type": "application/json", "authorization": "Bearer sk-bench"}
    began = time.perf_counter()
    async with session.post(way.url, data=body, headers=headers, proxy=way.proxy, ssl=way.context or True) as reply:
        await reply.read()
        if reply.status != 200:
            raise RuntimeError(f"{way.name}: expected 200, got {reply.status}")
    return 1000 * (time.perf_counter() - began)


def _bodies(text: str, *, seed: int) -> Iterator[bytes]:
    """Chat requests of 1 KB, all the same or each a new one. Another seed gives others."""
    source = random.Random(seed)
    same = _body(source)
    while True:
        yield same if text.startswith("repeated") else _body(source)


def _body(source: random.Random) -> bytes:
    frame = json.dumps({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": ""}]})
    content = ""
    while len(content) < BODY_BYTES:
        content += source.choice(_WORDS) + source.choice((" ", " ", " ", " ", ", ", ". "))
    return frame.replace('""', json.dumps(content[: BODY_BYTES - len(frame)])).encode()


def _rows(series: dict[str, Series], what: str) -> list[Row]:
    direct = series["direct"]
    rows = []
    for name, taken in series.items():
        if name == "direct":
            continue
        added = taken.median - direct.median
        rows += [
            Row(GROUP, f"{name}, {what}: median", taken.median, "ms", direct.median, f"adds {added:.1f} ms"),
            Row(GROUP, f"{name}, {what}: p99", taken.p99, "ms", direct.p99, f"adds {taken.p99 - direct.p99:.1f} ms"),
        ]
    return rows
