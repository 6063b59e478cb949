"""The real service with real faults: killed and stopped workers, a locked and a vanished log, a broken policy."""

import os
import signal
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.fakes.service import Service, privet, serving, write_config
from tests.fakes.vendor import Vendor

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

POLICY = """
schema: privet.policy/1
id: faults
extends: builtin/secrets
defaults: {effect: allow, when_uninspected: block, when_error: block}
"""
COUNTER = iter(range(1_000_000))


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory):
    with Vendor() as vendor:
        directory = tmp_path_factory.mktemp("faulty")
        settings = {"detection": {"deadline": 2.0}, "audit": {"commit_timeout": 1.0}}
        with serving(directory, vendor, POLICY, settings) as service:
            yield service, vendor


@pytest.fixture
def both(faulty: tuple[Service, Vendor]):
    service, vendor = faulty
    _until(lambda: service.get("/readyz")["ready"])
    vendor.reset()
    return service, vendor


def _post(service: Service) -> httpx.Response:
    """A request with text that no cache has seen."""
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": f"What comes after {next(COUNTER)} apples?"}]}
    return httpx.post(f"{service.gateway}/v1/chat/completions", json=body, trust_env=False, timeout=30)


def _until(condition: Callable[[], Any], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.05)


def _workers(service: Service) -> list[int]:
    return service.get("/healthz")["workers"]["detection"]["pids"]


def test_a_worker_that_is_killed(both: tuple[Service, Vendor]) -> None:
    service, vendor = both
    (pid,) = _workers(service)
    os.kill(pid, signal.SIGSTOP)  # so that the job is surely under way when it is killed
    import threading

    threading.Timer(0.5, os.kill, (pid, signal.SIGKILL)).start()
    reply = _post(service)
    assert reply.status_code == 503
    assert vendor.http_bytes == 0
    _until(lambda: service.get("/readyz")["ready"])
    assert _post(service).status_code == 200
    assert _workers(service) != [pid]


def test_a_worker_that_hangs(both: tuple[Service, Vendor]) -> None:
    service, vendor = both
    os.kill(_workers(service)[0], signal.SIGSTOP)
    start = time.monotonic()
    reply = _post(service)
    assert reply.status_code == 503
    assert time.monotonic() - start < 10
    assert vendor.http_bytes == 0
    _until(lambda: service.get("/readyz")["ready"])
    assert _post(service).status_code == 200


def test_a_log_that_is_locked(both: tuple[Service, Vendor]) -> None:
    service, vendor = both
    other = sqlite3.connect(service.directory / "audit.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    start = time.monotonic()
    reply = _post(service)
    assert reply.status_code == 503
    assert "record" in reply.json()["error"]["message"]
    assert time.monotonic() - start < 10
    assert vendor.http_bytes == 0
    other.execute("ROLLBACK")
    other.close()
    _until(lambda: _post(service).status_code == 200)
    assert service.privet("audit", "verify").returncode == 0


def test_a_policy_that_breaks_while_serving(both: tuple[Service, Vendor]) -> None:
    service, vendor = both
    file = service.directory / "policy.yaml"
    revision = service.get("/healthz")["policy"]["revision"]
    file.write_text(POLICY + "rules: [{id: x, wehn: {}}]\n")
    _until(lambda: "the old one stays" in service.log)
    assert "policy.yaml:" in service.log
    assert service.get("/healthz")["policy"]["revision"] == revision
    assert _post(service).status_code == 200
    file.write_text(POLICY.replace("effect: allow", "effect: block"))
    _until(lambda: service.get("/healthz")["policy"]["revision"] != revision)
    vendor.reset()
    assert _post(service).status_code == 403
    assert vendor.http_bytes == 0
    file.unlink()
    time.sleep(2)
    assert _post(service).status_code == 403
    file.write_text(POLICY)
    _until(lambda: service.get("/healthz")["policy"]["revision"] == revision)
    assert _post(service).status_code == 200


def test_a_log_that_is_gone(faulty: tuple[Service, Vendor]) -> None:
    """The last test here: what the deleted file held stays lost, and `verify` says so."""
    service, vendor = faulty
    _until(lambda: service.get("/readyz")["ready"])
    for file in service.directory.glob("audit.db*"):
        file.unlink()
    vendor.reset()
    reply = _post(service)
    if reply.status_code == 200:  # a log that was made anew may take records, but never in silence
        assert service.privet("audit", "verify", check=False).returncode == 3
    else:
        assert reply.status_code == 503
        assert vendor.http_bytes == 0


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda directory: (directory / "policy.yaml").unlink(), "policy.yaml:1:1: no such file"),
        (lambda directory: (directory / "policy.yaml").write_text("schema: [\n"), "policy.yaml:"),
        (lambda directory: (directory / "policy.yaml").write_text("id: x\n"), "schema"),
        (lambda directory: (directory / "privet.yaml").write_text("listn: {}\n"), "listn: no such setting"),
        (lambda directory: (directory / "privet.yaml").unlink(), "no such file"),
        (lambda directory: (directory / "audit.db").write_bytes(b"no database at all" * 100), "audit"),
        (lambda directory: (directory / "state").write_text("a file"), "state"),
    ],
)
def test_a_start_that_is_refused(tmp_path: Path, spoil, says: str) -> None:
    with Vendor() as vendor:
        config = write_config(tmp_path, vendor, POLICY)
        spoil(tmp_path)
        ended = privet("--config", str(config), "serve", check=False)
    assert ended.returncode == 2
    assert says in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_port_that_is_taken(faulty: tuple[Service, Vendor], tmp_path: Path) -> None:
    service, vendor = faulty
    config = write_config(tmp_path, vendor, POLICY)
    for name in ("api", "proxy"):
        ended = privet(
            "--config", str(config), "--set", f"listen.{name}={service.addresses[name]}", "serve", check=False
        )
        assert ended.returncode != 0
        assert service.addresses[name].split(":")[1] in ended.stderr
        assert "Traceback" not in ended.stderr
