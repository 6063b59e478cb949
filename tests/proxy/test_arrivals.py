"""Results of another thread: each to the one who waits for it, with one wake-up for many."""

import asyncio
import threading
from concurrent.futures import Future
from typing import Any

import pytest

from proxy.arrivals import Arrivals


async def test_each_gets_its_own() -> None:
    arrivals = Arrivals()
    futures: list[Future[int]] = [Future() for _ in range(200)]

    def answer() -> None:
        for number, future in enumerate(futures):
            if number % 3:
                future.set_result(number)
            else:
                future.set_exception(ValueError(number))

    waiting = [asyncio.create_task(arrivals.result(future, 20)) for future in futures]
    await asyncio.sleep(0)
    thread = threading.Thread(target=answer)
    thread.start()
    got = await asyncio.gather(*waiting, return_exceptions=True)
    thread.join()
    assert [one if isinstance(one, int) else one.args[0] for one in got] == list(range(200))
    assert [isinstance(one, ValueError) for one in got] == [not number % 3 for number in range(200)]


async def test_one_wake_up_for_what_comes_together(monkeypatch: pytest.MonkeyPatch) -> None:
    loop, woken = asyncio.get_running_loop(), []
    call = loop.call_soon_threadsafe

    def counting(*arguments: Any) -> asyncio.Handle:
        woken.append(1)
        return call(*arguments)

    monkeypatch.setattr(loop, "call_soon_threadsafe", counting)
    arrivals = Arrivals()
    for _ in range(2):  # and again: none is forgotten
        futures: list[Future[int]] = [Future() for _ in range(50)]
        waiting = [asyncio.create_task(arrivals.result(future, 20)) for future in futures]
        await asyncio.sleep(0)
        for future in futures:
            future.set_result(1)
        assert sum(await asyncio.gather(*waiting)) == 50
    assert len(woken) == 2


async def test_what_is_there_already() -> None:
    future: Future[int] = Future()
    future.set_result(5)
    assert await Arrivals().result(future, 20) == 5


async def test_late_cancelled_and_abandoned() -> None:
    arrivals = Arrivals()
    late: Future[int] = Future()
    with pytest.raises(TimeoutError):
        await arrivals.result(late, 0.01)
    late.set_result(1)  # nobody minds
    cancelled: Future[int] = Future()
    cancelled.cancel()
    with pytest.raises(asyncio.CancelledError):
        await arrivals.result(cancelled, 20)
    abandoned: Future[int] = Future()
    task = asyncio.create_task(arrivals.result(abandoned, 20))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    abandoned.set_result(1)
    good: Future[int] = Future()
    good.set_result(2)
    assert await arrivals.result(good, 20) == 2


def test_a_loop_that_has_ended_is_no_error() -> None:
    arrivals, future = Arrivals(), Future[int]()

    async def leave() -> None:
        with pytest.raises(TimeoutError):
            await arrivals.result(future, 0.01)

    asyncio.run(leave())
    future.set_result(1)
    fresh: Future[int] = Future()
    fresh.set_result(2)
    assert asyncio.run(arrivals.result(fresh, 20)) == 2
