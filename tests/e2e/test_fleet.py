"""Several serving processes: they share ports, detection and the audit log, and outlive each other."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.fakes.model import Behaviour
from tests.fakes.service import Service, serving
from tests.fakes.vendor import Vendor
from tests.fakes.ways import WAYS, Answer

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

POLICY = """
schema: privet.policy/1
id: fleet
defaults: {effect: allow, when_uninspected: block, when_error: block}
rules:
  - id: people
    when: {entities: [{type: EMAIL_ADDRESS}]}
    effect: allow
    obligations: [{tokenize: {types: [EMAIL_ADDRESS], restore: true}}]
"""
TEXT = "write to anna.schmidt@example.com"


@pytest.fixture(scope="module")
def vendor() -> Iterator[Vendor]:
    with Vendor() as vendor:
        yield vendor


@pytest.fixture(scope="module")
def fleet(vendor: Vendor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with serving(tmp_path_factory.mktemp("fleet"), vendor, POLICY, {"workers": 2, "drain": 5}) as service:
        yield service


def ask(fleet: Service, text: str = TEXT) -> httpx.Response:
    """One request on a connection of its own, so that any of the processes may get it."""
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": text}]}
    return httpx.post(f"{fleet.gateway}/openai/v1/chat/completions", json=body, timeout=30, trust_env=False)


def until(condition: Callable[[], Any], seconds: float = 60.0) -> Any:
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return value


def serving_pids(fleet: Service) -> set[int]:
    return {process["pid"] for process in fleet.get("/healthz")["processes"]}


def test_processes_share_everything(fleet: Service, vendor: Vendor) -> None:
    vendor.reset()
    before = fleet.metric("privet_requests_total")
    replies = [ask(fleet) for _ in range(40)]
    assert {reply.status_code for reply in replies} == {200}
    assert all("anna.schmidt@example.com" in reply.text for reply in replies)
    assert not vendor.saw("anna.schmidt@example.com")
    assert fleet.metric("privet_requests_total") == before + 40
    status = fleet.get("/healthz")
    assert len(status["processes"]) == 2
    assert len(status["workers"]["detection"]["pids"]) == 1  # lent, not copied
    assert fleet.get("/readyz") == {"ready": True, "missing": []}
    # Each process writes a stream of its own; all of them verify.
    shown = json.loads(fleet.privet("audit", "search", "--json", "--limit", "100").stdout)
    assert len({record["stream"] for record in shown}) == 2
    assert fleet.privet("audit", "verify").returncode == 0


def test_one_process_turns_back_what_another_has_kept(fleet: Service, vendor: Vendor) -> None:
    url = f"{fleet.gateway}/openai/v1/responses"
    sent = httpx.post(url, json={"model": "gpt-4o", "input": TEXT}, timeout=30, trust_env=False)
    assert sent.status_code == 200, sent.text
    token = json.loads(vendor.requests[-1].body)["input"].split()[-1]
    assert token.startswith("EMAIL_ADDRESS_")
    vendor.once(*[Behaviour(raw=(json.dumps({"output": token}).encode(), "application/json"))] * 16)
    # A connection belongs to one process; of sixteen, some belong to the other.
    for _ in range(16):
        polled = httpx.get(f"{url}/resp_1", timeout=30, trust_env=False)
        assert polled.json() == {"output": "anna.schmidt@example.com"}


def test_a_process_that_dies_is_replaced_while_the_other_serves(fleet: Service, vendor: Vendor) -> None:
    before = serving_pids(fleet)
    counted = fleet.metric("privet_requests_total")
    victim = min(before)
    os.kill(victim, signal.SIGKILL)
    until(lambda: victim not in serving_pids(fleet))
    assert {ask(fleet).status_code for _ in range(10)} == {200}
    until(lambda: len(serving_pids(fleet)) == 2)
    assert victim not in serving_pids(fleet)
    assert {ask(fleet).status_code for _ in range(10)} == {200}
    assert fleet.metric("privet_requests_total") == counted + 20  # the dead one's count isn't lost
    assert fleet.privet("audit", "verify").returncode == 0


def test_a_process_that_is_killed_in_flight_takes_its_requests_with_it(fleet: Service, vendor: Vendor) -> None:
    """Its connections end without an answer, the others' requests are judged, and the vendor has those alone."""
    (worker,) = fleet.get("/healthz")["workers"]["detection"]["pids"]
    vendor.reset()
    before = len(intents(fleet))
    os.kill(worker, signal.SIGSTOP)

    async def all_ways() -> list[Answer]:
        new = [{"messages": [{"role": "user", "content": f"hello {TEXT} {n}"}], "model": "gpt-4o"} for n in range(3)]
        sending = [asyncio.create_task(way.send(fleet, body)) for way in WAYS.values() for body in new]
        async with asyncio.timeout(60):
            while await asyncio.to_thread(fleet.metric, "privet_requests_active") < len(sending):
                await asyncio.sleep(0.05)
        busiest = max(serving_pids(fleet), key=lambda pid: len(list(Path(f"/proc/{pid}/fd").iterdir())))
        os.kill(busiest, signal.SIGKILL)
        os.kill(worker, signal.SIGCONT)
        return await asyncio.gather(*sending)

    try:
        answers = asyncio.run(all_ways())
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(worker, signal.SIGCONT)
    served = [answer for answer in answers if answer.status == 200]
    assert 0 in {answer.status for answer in answers} <= {0, 200, 503}  # late is possible as well, unseen is not
    assert len(vendor.requests) == len(served)
    assert not vendor.saw("anna.schmidt@example.com")
    assert len(intents(fleet)) - before == len([answer for answer in answers if answer.status])
    assert fleet.privet("audit", "verify").returncode == 0
    until(lambda: len(serving_pids(fleet)) == 2)
    assert {ask(fleet).status_code for _ in range(8)} == {200}


def intents(fleet: Service) -> list[str]:
    exported = fleet.privet("audit", "export", "--format", "jsonl").stdout.splitlines()
    return [line for line in exported if '"kind":"intent"' in line.replace(" ", "")]


def test_shared_detection_that_dies_refuses_and_comes_back(fleet: Service, vendor: Vendor) -> None:
    (worker,) = fleet.get("/healthz")["workers"]["detection"]["pids"]
    os.kill(worker, signal.SIGSTOP)
    try:
        vendor.reset()

        async def both() -> list[httpx.Response]:
            return list(await asyncio.gather(*(asyncio.to_thread(ask, fleet, f"{TEXT} {n}") for n in range(2))))

        async def kill_meanwhile() -> list[httpx.Response]:
            waiting = asyncio.ensure_future(both())
            await asyncio.sleep(1)
            os.kill(worker, signal.SIGKILL)
            return await waiting

        replies = asyncio.run(kill_meanwhile())
        assert 503 in {reply.status_code for reply in replies}
    finally:
        os.kill(worker, signal.SIGCONT) if worker in fleet.get("/healthz")["workers"]["detection"]["pids"] else None
    assert not vendor.saw("anna.schmidt@example.com")
    assert until(lambda: ask(fleet, f"{TEXT} again").status_code == 200)


def test_a_policy_reaches_every_process(fleet: Service) -> None:
    policy = fleet.directory / "policy.yaml"
    policy.write_text(POLICY + "  - {id: never, when: {entities: [{type: EMAIL_ADDRESS}]}, effect: block}\n")
    fleet.process.send_signal(signal.SIGHUP)
    until(lambda: len({process["policy"] for process in fleet.get("/healthz")["processes"]}) == 1)
    until(lambda: all(ask(fleet).status_code == 403 for _ in range(8)))
    policy.write_text(POLICY)
    until(lambda: all(ask(fleet).status_code == 200 for _ in range(8)))


def test_processes_share_budgets_and_reasons(fleet: Service, vendor: Vendor) -> None:
    policy = fleet.directory / "policy.yaml"
    why = "  - {id: why, when: {entities: [{type: EMAIL_ADDRESS}]}, effect: justify}\n"
    policy.write_text(POLICY + why + "budgets: [{id: few, requests: 5, every: day}]\n")
    fleet.process.send_signal(signal.SIGHUP)
    vendor.reset()
    refused = until(lambda: (reply := ask(fleet)) and reply.status_code == 403 and reply)
    until(lambda: all(ask(fleet).status_code == 403 for _ in range(8)))
    assert vendor.requests == []
    said = fleet.privet("justify", refused.json()["privet"]["decision_id"], "The customer asked for it.")
    assert (said.returncode, "Recorded for why" in said.stdout) == (0, True), said.stderr
    shown = fleet.privet("audit", "show", refused.json()["privet"]["decision_id"]).stdout
    assert "justified" in shown
    assert "justification.length" in shown
    assert "customer" not in shown
    assert sorted(ask(fleet).status_code for _ in range(12)) == [200] * 5 + [429] * 7
    assert not vendor.saw("anna.schmidt@example.com")
    assert fleet.privet("audit", "verify").returncode == 0
    policy.write_text(POLICY)
    until(lambda: all(ask(fleet).status_code == 200 for _ in range(8)))


def test_settings_reach_every_process_and_what_cannot_change_is_said(fleet: Service) -> None:
    document = json.loads(fleet.config.read_text())
    fleet.config.write_text(json.dumps({**document, "limits": {"body_bytes": 1024}, "detection": {"workers": 3}}))
    fleet.process.send_signal(signal.SIGHUP)
    until(lambda: all(ask(fleet, "hello there " * 200).status_code == 413 for _ in range(8)))
    assert "these need a restart: detection.workers" in (fleet.directory / "stderr.log").read_text()
    fleet.config.write_text(json.dumps(document))
    fleet.process.send_signal(signal.SIGHUP)
    until(lambda: all(ask(fleet, "hello there " * 200).status_code == 200 for _ in range(8)))


def test_limits_are_those_of_all_processes_together(fleet: Service, vendor: Vendor) -> None:
    document = json.loads(fleet.config.read_text())
    fleet.config.write_text(json.dumps({**document, "limits": {"connections_per_client": 6}}))
    fleet.process.send_signal(signal.SIGHUP)

    def refused() -> bool:
        try:
            reply = ask(fleet)
        except httpx.TransportError:  # the last one's end isn't heard of yet: so many are closed at once
            return True
        return reply.status_code == 503 and "limits.connections" in reply.json()["error"]["message"]

    held = []
    try:
        for _ in range(6):  # whichever process has each of them
            host, port = fleet.gateway.removeprefix("http://").split(":")
            held.append(socket.create_connection((host, int(port))))
        until(lambda: all(refused() for _ in range(8)))
    finally:
        for connection in held:
            connection.close()
    fleet.config.write_text(json.dumps(document))
    fleet.process.send_signal(signal.SIGHUP)
    until(lambda: not any(refused() for _ in range(8)))


def test_a_taken_port_refuses_the_start(fleet: Service, tmp_path: Path, vendor: Vendor) -> None:
    listen = {"proxy": fleet.addresses["proxy"], "gateway": "127.0.0.1:0", "api": "127.0.0.1:0"}
    with (
        pytest.raises(RuntimeError, match=r"listen\.proxy"),
        serving(tmp_path, vendor, POLICY, {"workers": 2, "listen": listen}),
    ):
        pass


def test_children_end_with_their_supervisor(tmp_path: Path, vendor: Vendor) -> None:
    with serving(tmp_path, vendor, POLICY, {"workers": 2}) as service:
        children = serving_pids(service)
        service.process.kill()
        service.process.wait()
        until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children))
