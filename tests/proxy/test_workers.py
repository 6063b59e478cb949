"""Worker processes: answers in time, and what happens when there are none."""

import asyncio
import os
import signal
import time
from pathlib import Path

import pytest

from proxy import workers
from proxy.errors import DeadlineError, JobError, OverloadError, WorkerError
from proxy.workers import WorkerPool


@pytest.fixture
async def pool(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    pool = WorkerPool("obedient", "tests.fakes.jobs:obedient", {"greeting": "hi"})
    await pool.start()
    yield pool
    await pool.close()


async def _until(condition, seconds: float = 15.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


async def test_answers(pool: WorkerPool) -> None:
    assert pool.info == {"greeting": "hi"}
    value = {"text": "ä\ud800\0", "number": 1.5, "list": [None, True]}
    assert await pool.call(["echo", value], within=5) == value
    assert [item async for item in pool.stream(["count", 3], within=5)] == [0, 1, 2]
    assert pool.restarts == 0


async def test_large_payloads(pool: WorkerPool) -> None:
    text = "x" * 5_000_000
    assert await pool.call(["echo", text], within=10) == text


async def test_an_error_is_told_without_its_text(pool: WorkerPool) -> None:
    with pytest.raises(WorkerError, match="ValueError") as error:
        await pool.call(["raise", "anna@example.com"], within=5)
    assert "anna" not in str(error.value)
    assert await pool.call(["echo", 1], within=5) == 1
    assert pool.restarts == 0


async def test_a_late_job_is_ended_and_its_worker_replaced(pool: WorkerPool) -> None:
    pid = await pool.call(["pid"], within=5)
    start = time.monotonic()
    with pytest.raises(DeadlineError):
        await pool.call(["sleep", 60], within=0.2)
    assert time.monotonic() - start < 5
    assert await pool.call(["pid"], within=20) != pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_a_killed_worker_fails_its_job_alone(pool: WorkerPool) -> None:
    job = asyncio.create_task(pool.call(["sleep", 60], within=30))
    await asyncio.sleep(0.2)
    os.kill(pool.pids[0], signal.SIGKILL)
    with pytest.raises(WorkerError):
        await job
    assert await pool.call(["echo", "again"], within=20) == "again"


async def test_a_worker_killed_while_idle_is_replaced(pool: WorkerPool) -> None:
    os.kill(pool.pids[0], signal.SIGKILL)
    await _until(lambda: pool.alive == 0)
    assert await pool.call(["echo", "again"], within=20) == "again"
    assert pool.restarts == 1


async def test_a_worker_that_dies_by_itself(pool: WorkerPool) -> None:
    with pytest.raises(WorkerError):
        await pool.call(["die"], within=5)
    await _until(lambda: pool.alive == 1)


async def test_all_busy_until_the_deadline(pool: WorkerPool) -> None:
    job = asyncio.create_task(pool.call(["sleep", 2], within=30))
    await asyncio.sleep(0.1)
    with pytest.raises(DeadlineError, match="busy"):
        await pool.call(["echo", 1], within=0.2)
    assert await job == "awake"


async def test_a_consumer_that_goes_away_frees_the_worker(pool: WorkerPool) -> None:
    stream = pool.stream(["count", 100_000], within=30)
    assert await anext(stream) == 0
    await stream.aclose()
    assert await pool.call(["echo", 1], within=20) == 1


async def test_a_cancelled_call_frees_the_worker(pool: WorkerPool) -> None:
    job = asyncio.create_task(pool.call(["sleep", 60], within=60))
    await asyncio.sleep(0.1)
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job
    assert await pool.call(["echo", 1], within=20) == 1


@pytest.mark.parametrize(
    ("factory", "says"),
    [("tests.fakes.jobs:broken", "the model file is missing"), ("no_such_module:job", "no_such_module")],
)
async def test_a_job_that_cannot_be_made_refuses_the_start(monkeypatch: pytest.MonkeyPatch, factory, says) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    with pytest.raises(WorkerError, match=says):
        await WorkerPool("broken", factory).start()


async def test_closing_leaves_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    pool = WorkerPool("obedient", "tests.fakes.jobs:obedient", size=2)
    await pool.start()
    pids = pool.pids
    assert len(pids) == 2
    await pool.close()
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    with pytest.raises(WorkerError):
        await pool.call(["echo", 1], within=0.1)


async def test_what_would_wait_too_long_is_refused_at_once(pool: WorkerPool) -> None:
    assert await pool.call(["echo", 1], within=0.5, cost=10_000_000, admit=True) == 1  # nothing is known yet
    pool._load.speed = 500.0
    job = asyncio.create_task(pool.call(["sleep", 1], within=20, cost=5000))
    await _until(lambda: pool._load.waiting == 5000)
    with pytest.raises(OverloadError) as error:
        await pool.call(["echo", 1], within=2.0, cost=1, admit=True)
    assert error.value.seconds == 10.0
    assert await pool.call(["echo", 1], within=15.0, cost=1, admit=True) == 1
    assert await job == "awake"
    assert pool._load.waiting == 0


@pytest.fixture
async def stoppable(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    monkeypatch.setattr(workers, "_STOPS_WITHIN", 60.0)  # however slow the machine is
    pool = WorkerPool("stoppable", "tests.fakes.jobs:stoppable")
    await pool.start()
    yield pool
    await pool.close()


@pytest.mark.parametrize("what", ["talk", "read"])
async def test_a_job_that_nobody_waits_for_is_stopped_and_its_worker_stays(stoppable: WorkerPool, what: str) -> None:
    [pid] = stoppable.pids
    for turn in range(1, 4):
        results = stoppable.stream(what, within=60)
        assert await anext(results) == turn
        await results.aclose()
    assert await stoppable.call("once", within=60) == 4
    assert (stoppable.pids, stoppable.restarts) == ([pid], 0)


async def test_a_job_past_its_deadline_is_stopped_too(stoppable: WorkerPool) -> None:
    [pid] = stoppable.pids
    with pytest.raises(DeadlineError):
        await stoppable.call("read", within=0.2)
    assert await stoppable.call("once", within=60) == 2
    assert stoppable.pids == [pid]


async def test_a_job_that_is_cancelled_while_it_reads_is_stopped(stoppable: WorkerPool) -> None:
    for _ in range(20):  # wherever in a frame it is
        task = asyncio.create_task(stoppable.call("talk", within=60))
        await asyncio.sleep(0.003)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert await stoppable.call("once", within=60) >= 1
    assert stoppable.restarts == 0


async def test_a_worker_that_does_not_hear_is_replaced(stoppable: WorkerPool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_STOPS_WITHIN", 0.1)
    with pytest.raises(DeadlineError):
        await stoppable.call("deaf", within=0.2)
    assert await stoppable.call("once", within=60) == 1  # another process
    assert stoppable.restarts == 1


async def test_a_worker_without_memory_is_replaced(stoppable: WorkerPool) -> None:
    with pytest.raises(JobError, match="MemoryError"):
        await stoppable.call("gorge", within=60)
    assert await stoppable.call("once", within=60) == 1
    assert stoppable.restarts == 1


async def test_what_the_queue_has_no_place_for_is_refused_at_once(stoppable: WorkerPool) -> None:
    busy = stoppable.stream("read", within=60)
    assert await anext(busy) == 1

    async def ask(queue: int) -> list[int]:
        return [item async for item in stoppable.stream("once", within=60, queue=queue)]

    waiting = asyncio.create_task(ask(1))
    await _until(lambda: stoppable._waiting == 1)
    with pytest.raises(OverloadError, match="1 jobs wait"):
        await ask(1)
    await busy.aclose()
    assert await waiting == [2]
    assert await ask(0) == [3]  # nobody has to wait
