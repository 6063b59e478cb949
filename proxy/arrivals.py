"""Results that another thread has, awaited here: the event loop is woken once for all that come together."""

import asyncio
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Arrivals:
    """What has arrived and is not handed out yet. Belongs to the event loop that it is first used in."""

    _arrived: deque[tuple["asyncio.Future[Any]", "Future[Any]"]] = field(default_factory=deque, repr=False)
    _woken: bool = False

    async def result[T](self, future: "Future[T]", within: float) -> T:
        """The future's result. Raises what it has failed with, or `TimeoutError`."""
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[T] = loop.create_future()
        future.add_done_callback(lambda done: self._come(loop, waiter, done))
        late = loop.call_later(within, _fail, waiter)
        try:
            return await waiter
        finally:
            late.cancel()

    def _come(self, loop: asyncio.AbstractEventLoop, waiter: "asyncio.Future[Any]", done: "Future[Any]") -> None:
        """In whichever thread. What is appended before `_woken` is looked at, is seen by the `_hand_out` to come."""
        self._arrived.append((waiter, done))
        if not self._woken:
            self._woken = True
            try:
                loop.call_soon_threadsafe(self._hand_out)
            except RuntimeError:  # the loop has ended, and with it whoever waited
                self._woken = False

    def _hand_out(self) -> None:
        self._woken = False
        while self._arrived:
            waiter, done = self._arrived.popleft()
            if waiter.done():
                continue  # late, or nobody waits any more
            if done.cancelled():
                waiter.cancel()
            elif (error := done.exception()) is not None:
                waiter.set_exception(error)
            else:
                waiter.set_result(done.result())


def _fail(waiter: "asyncio.Future[Any]") -> None:
    if not waiter.done():
        waiter.set_exception(TimeoutError())
