"""Privet and the stand-in vendor, each in a process of its own, for benchmarks that need both running."""

import contextlib
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.fakes.service import Service, serving

POLICY = """
schema: privet.policy/1
id: bench
extends: builtin/secrets
mode: enforce
defaults: {effect: allow, when_uninspected: block, when_error: block}
rules:
  - id: customers
    when: {entities: [{group: PII, min_score: 0.6}]}
    effect: allow
    obligations: [{tokenize: {types: [PERSON, EMAIL_ADDRESS, PHONE_NUMBER, IBAN_CODE], restore: true}}]
"""
LABEL_RULE = """
  - id: figures
    when: {labels: [{name: financial, min_score: 0.99}]}
    effect: block
"""


@dataclass(frozen=True, slots=True)
class VendorProcess:
    """The stand-in vendor: its TLS port and its authority's certificate."""

    port: int
    ca_file: Path


@dataclass(frozen=True, slots=True)
class Stage:
    """What runs: the vendor, and Privet."""

    vendor: VendorProcess
    privet: Service
    start_seconds: float


@contextlib.contextmanager
def stage(*, labels: bool = False, workers: int = 1) -> Iterator[Stage]:
    """Start both; stop both. With `labels`, the policy asks the document classifier."""
    with vendor() as upstream, tempfile.TemporaryDirectory(prefix="privet-bench-") as name:
        began = time.monotonic()
        policy = POLICY + (LABEL_RULE if labels else "")
        with serving(Path(name), upstream, policy, {"workers": workers}) as privet:
            yield Stage(upstream, privet, time.monotonic() - began)


@contextlib.contextmanager
def vendor() -> Iterator[VendorProcess]:
    """The stand-in vendor in its own process."""
    process = subprocess.Popen([sys.executable, "-m", "tests.fakes.vendor"], stdout=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline() if process.stdout else ""
        found = re.search(r":(\d+)\s+\(authority: (.+)\)", line)
        if found is None:
            raise RuntimeError("the stand-in vendor did not start")
        yield VendorProcess(int(found[1]), Path(found[2]))
    finally:
        process.terminate()
        process.wait(10)


def process_tree(privet: Service) -> dict[int, str]:
    """Privet's processes and what each is for."""
    status = privet.get("/healthz")
    jobs = {pid: f"{job} worker" for job, worker in status["workers"].items() for pid in worker["pids"]}
    names = {privet.process.pid: "proxy, gateway, audit", **jobs}
    return {pid: names.get(pid, "helper") for pid in [privet.process.pid, *_descendants(privet.process.pid)]}


def _descendants(pid: int) -> list[int]:
    listing = subprocess.run(["ps", "-axo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    children: dict[int, list[int]] = {}
    for line in listing.splitlines():
        child, parent = map(int, line.split())
        children.setdefault(parent, []).append(child)
    found, waiting = [], [pid]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found
