"""What Privet costs a request, beside a direct connection and bare mitmproxy: the same requests, the same stand-in.

Repeated text is what most of a conversation consists of: its findings are remembered. New text is scanned in full. The
floor of every figure is bare mitmproxy's; the client, the proxy and the vendor share the machine's cores.
"""

import asyncio
import os
import ssl
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from bench import Row
from bench.bare import bare
from bench.load import PATH, Series, Streams, Way, bodies, burst, chat, conversation, session, stream, take_turns
from bench.stage import Stage, process_tree, stage

KB = 1024
SIZES = (KB, 20 * KB, 200 * KB)
AT_ONCE = (1, 16, 64)
CONVERSATION = 100 * KB
FLOOR = "bare mitmproxy"
NAMES = "Please tell Anna Schmidt (anna.schmidt@acme-mail.com) that her order is on its way. " * 6


@dataclass(frozen=True, slots=True)
class Volume:
    """How many requests each figure rests on."""

    small: int  # bodies of 1 KB; larger ones get fewer
    new: int
    turns: int
    streams: int
    soak: int


def run(*, quick: bool) -> list[Row]:
    """Measure without the document classifier, then new text with it."""
    volume = Volume(32, 24, 3, 8, 200) if quick else Volume(512, 192, 20, 60, 50_000)
    with stage() as staged:
        rows = asyncio.run(_measure(staged, volume))
    with stage(labels=True) as staged:
        rows += asyncio.run(_labelled(staged, volume))
    return [*rows, *_several(volume)]


async def _measure(staged: Stage, volume: Volume) -> list[Row]:
    with bare(staged.vendor) as floor:
        all_ways = (*ways(staged), floor)
        async with session() as client:
            rows = await latencies(client, all_ways, volume)
            rows += await _conversations(client, all_ways, volume)
            rows += await streams(client, all_ways, volume)
            rows += await _throughput(client, staged, volume)
    return rows


def ways(staged: Stage) -> list[Way]:
    """Straight to the vendor, through the proxy, through the gateway."""
    direct = ssl.create_default_context(cafile=staged.vendor.ca_file)
    return [
        Way("direct", f"https://localhost:{staged.vendor.port}{PATH}", direct),
        Way("proxy", f"https://api.openai.com{PATH}", staged.privet.trust(), staged.privet.proxy),
        Way("gateway", f"{staged.privet.gateway}/openai{PATH}"),
    ]


async def latencies(client: aiohttp.ClientSession, among: Sequence[Way], volume: Volume) -> list[Row]:
    """Requests of each size, so many at a time: text that was seen before, then new text."""
    rows: list[Row] = []
    for size in SIZES:
        for at_once in AT_ONCE:
            feeds = {way.name: bodies(size, new=False, seed=size) for way in among}
            count = max(8, volume.small * KB // max(KB, size // 4))
            series = await take_turns(client, among, feeds, at_once, count)
            rows += rows_of("latency, repeated text", f"{size // KB} KB, {at_once} at a time", series)
    for size, at_once in ((KB, 1), (KB, 16), (20 * KB, 1)):
        feeds = {way.name: bodies(size, new=True, seed=size + index) for index, way in enumerate(among)}
        series = await take_turns(client, among, feeds, at_once, max(8, volume.new * KB // size))
        rows += rows_of("latency, new text", f"{size // KB} KB, {at_once} at a time", series)
    return rows


async def _conversations(client: aiohttp.ClientSession, among: Sequence[Way], volume: Volume) -> list[Row]:
    feeds = {way.name: conversation(CONVERSATION, seed=index) for index, way in enumerate(among)}
    for way in among:  # what was said before today is known
        await burst(client, way, feeds[way.name], 1, 1)
    series = await take_turns(client, among, feeds, 1, volume.turns)
    return rows_of("latency, a 100 KB conversation that grows by 1 KB a turn", "one turn", series)


async def streams(client: aiohttp.ClientSession, among: Sequence[Way], volume: Volume) -> list[Row]:
    """Streamed replies that need nothing, and replies full of tokens to turn back."""
    rows: list[Row] = []
    for what, body in (("nothing to restore", next(_streamed(1))), ("names to restore", chat(NAMES, stream=True))):
        taken = {way.name: Streams() for way in among}
        for _ in range(volume.streams):
            for way in among:
                await stream(client, way, body, taken[way.name])
        group = "streamed replies of some 200 events"
        rows += rows_of(group, f"{what}: first byte", {name: found.first for name, found in taken.items()})
        rows += rows_of(group, f"{what}: per event", {name: found.per_event for name, found in taken.items()})
    return rows


def _streamed(seed: int) -> Iterator[bytes]:
    for body in bodies(600, new=False, seed=seed):
        yield body[:-1] + b', "stream": true}'


async def _throughput(client: aiohttp.ClientSession, staged: Stage, volume: Volume) -> list[Row]:
    """Many requests: what one of them costs in processor time, and what stays in memory."""
    rows: list[Row] = []
    _, proxy, gateway = ways(staged)
    group = "throughput and memory"
    before = _memory(staged)
    for way in (proxy, gateway):
        spent = _cpu_seconds(staged)
        await burst(client, way, bodies(KB, new=False, seed=3), 64, volume.soak // 2)
        spent = _cpu_seconds(staged) - spent
        rows.append(
            Row(group, f"{way.name}, 1 KB repeated: requests per second of one core", volume.soak / 2 / spent, "1/s")
        )
    grown = _memory(staged) - before
    rows.append(Row(group, f"resident memory after {volume.soak:,} more requests", before + grown, "MB", before))
    return rows


def _several(volume: Volume) -> list[Row]:
    """Two serving processes beside one, in time that passes: the client and the vendor share the cores with them."""
    paces = []
    for workers in (1, 2):
        with stage(workers=workers) as staged:
            paces.append(asyncio.run(_pace(ways(staged)[1], volume.soak // 10)))
    what = "proxy, 1 KB repeated, 64 at a time, two serving processes: requests per second"
    note = "the floor is one process; client and vendor have the same cores"
    return [Row("throughput and memory", what, paces[1], "1/s", paces[0], note)]


async def _pace(way: Way, count: int) -> float:
    async with session() as client:
        feed = bodies(KB, new=False, seed=3)
        await burst(client, way, feed, 64, 128)
        began = time.perf_counter()
        await burst(client, way, feed, 64, count)
        return count / (time.perf_counter() - began)


async def _labelled(staged: Stage, volume: Volume) -> list[Row]:
    async with session() as client:
        among = ways(staged)
        feeds = {way.name: bodies(KB, new=True, seed=77 + index) for index, way in enumerate(among)}
        series = await take_turns(client, among, feeds, 1, max(8, volume.new // 2))
    return rows_of("latency, new text", "1 KB, labelled, 1 at a time", series)


def rows_of(group: str, what: str, series: dict[str, Series]) -> list[Row]:
    """Median and 99th percentile of each way, beside bare mitmproxy's or, where that is missing, the direct ones."""
    direct, floor = series["direct"], series.get(FLOOR, series["direct"])
    rows = []
    for name, taken in series.items():
        mine = None if taken is floor else floor
        for figure in ("median", "p99"):
            value, base = getattr(taken, figure), getattr(direct, figure)
            note = "" if taken is direct else f"adds {value - base:.2f} ms"
            rows.append(Row(group, f"{name}, {what}: {figure}", value, "ms", mine and getattr(mine, figure), note))
    return rows


def _memory(staged: Stage) -> float:
    """Resident megabytes of all of Privet's processes."""
    pids = ",".join(map(str, process_tree(staged.privet)))
    listing = subprocess.run(["ps", "-o", "rss=", "-p", pids], capture_output=True, text=True, check=True).stdout
    return sum(map(int, listing.split())) / 1024


def _cpu_seconds(staged: Stage) -> float:
    """Processor time that all of Privet's processes have had."""
    ticks = 0
    for pid in process_tree(staged.privet):
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
        ticks += sum(map(int, stat.rpartition(")")[2].split()[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")
