"""Borrowed workers answer as own ones do, and a borrower that goes away frees them."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from proxy.broker import Broker, RemotePool, pool_key
from proxy.errors import DeadlineError, OverloadError, WorkerError

OBEDIENT = "tests.fakes.jobs:obedient"


@pytest.fixture
async def broker(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Broker]:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    broker = Broker(tmp_path_factory.mktemp("b") / "s")
    await broker.start()
    yield broker
    await broker.close()


@pytest.fixture
async def pool(broker: Broker) -> AsyncIterator[RemotePool]:
    pool = RemotePool(broker.path, "obedient", OBEDIENT, {"greeting": "hi"})
    await pool.start()
    yield pool
    await pool.close()


async def test_answers(pool: RemotePool, broker: Broker) -> None:
    assert pool.info == {"greeting": "hi"}
    assert (pool.alive, pool.pids) == (1, broker.pools["obedient"].pids)
    value = {"text": "ä\ud800\0", "number": 1.5, "list": [None, True]}
    assert await pool.call(["echo", value], within=5) == value
    assert [item async for item in pool.stream(["count", 3], within=5)] == [0, 1, 2]


async def test_several_borrow_the_same(pool: RemotePool, broker: Broker) -> None:
    other = RemotePool(broker.path, "obedient", OBEDIENT, {"greeting": "hi"})
    await other.start()
    pids = await asyncio.gather(*(one.call(["pid"], within=10) for one in (pool, other, pool)))
    assert set(pids) == set(broker.pools["obedient"].pids)
    await other.close()


async def test_an_error_is_told_without_its_text(pool: RemotePool) -> None:
    with pytest.raises(WorkerError, match="ValueError") as error:
        await pool.call(["raise", "anna@example.com"], within=5)
    assert "anna" not in str(error.value)


async def test_a_late_job_is_late_here_too(pool: RemotePool) -> None:
    with pytest.raises(DeadlineError):
        await pool.call(["sleep", 60], within=0.2)
    assert await pool.call(["echo", 1], within=20) == 1


async def test_a_killed_worker_fails_its_job(pool: RemotePool) -> None:
    pid = await pool.call(["pid"], within=10)
    job = asyncio.create_task(pool.call(["sleep", 60], within=60))
    await asyncio.sleep(0.2)
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(WorkerError):
        await job
    assert await pool.call(["echo", 1], within=20) == 1


async def test_a_borrower_that_goes_away_frees_the_worker(pool: RemotePool) -> None:
    job = asyncio.create_task(pool.call(["sleep", 60], within=60))
    await asyncio.sleep(0.2)
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job
    assert await pool.call(["echo", 1], within=20) == 1


async def test_what_would_wait_too_long_is_refused_at_once(pool: RemotePool) -> None:
    assert await pool.call(["sleep", 0.2], within=20, cost=100) == "awake"  # some 500 a second
    job = asyncio.create_task(pool.call(["sleep", 1], within=20, cost=5000))
    await asyncio.sleep(0.2)
    with pytest.raises(OverloadError) as error:
        await pool.call(["echo", 1], within=1.0, cost=1, admit=True)
    assert error.value.seconds > 1.0
    assert await job == "awake"
    assert await pool.call(["echo", 1], within=1.0, cost=1, admit=True) == 1


async def test_a_supervisor_that_is_gone_is_an_error(pool: RemotePool, broker: Broker) -> None:
    await broker.close()
    broker.path.unlink(missing_ok=True)
    with pytest.raises(WorkerError):
        await pool.call(["echo", 1], within=1)
    async with asyncio.timeout(10):
        while pool.alive:
            await asyncio.sleep(0.05)


async def test_a_job_that_cannot_be_made_refuses_the_start(broker: Broker) -> None:
    for _ in "12":
        with pytest.raises(WorkerError, match="the model file is missing"):
            await RemotePool(broker.path, "broken", "tests.fakes.jobs:broken").start()


async def test_nonsense_is_answered_with_an_error(broker: Broker, pool: RemotePool) -> None:
    reader, writer = await asyncio.open_unix_connection(broker.path)
    writer.write(b"\0\0\0\x01\xc0")
    assert b"unknown" in await reader.read(100)
    writer.write(b"\xff" * 100)
    writer.close()
    assert await pool.call(["echo", 1], within=5) == 1


def test_a_model_has_a_pool_of_its_own() -> None:
    assert (pool_key("chat", {"model": "a"}), pool_key("detection", {"own": {}})) == ("chat:a", "detection")
