"""Several servers for one model: who is asked, who is left alone for a while, and who is asked instead.

A request goes to the least busy server, and to another one as long as no text has come: what has begun can't begin
again. A server that can't be reached, or that fails three times in a row, rests (a circuit breaker): one second, then
twice as long each time, and the first request after that finds out for all. A check (`GET {base_url}/models`) wakes a
resting server earlier and puts one to rest that hangs before a request has to. Each server has at most `concurrency`
requests; at most `queue` wait for a place, the next one is refused at once.

Only the servers that the policy names are ever asked. Nothing here sees what is said.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from local_models.errors import BackendError, BusyError

_FAILURES = 3  # in a row; a server that can't even be reached rests after one
_RESTS = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)  # seconds
_LEAST_PATIENCE = 0.5  # of the time that is left a server may take to begin while there is another one to ask

type Ask[T] = Callable[[str, float], AsyncGenerator[T]]  # a server's base URL and the seconds left → its answer
type Observe = Callable[[str, str, float], None]  # the server's base URL, how it went, seconds until it began


@dataclass(slots=True, eq=False)
class Endpoint:
    """One server and how it has been lately."""

    base_url: str
    running: int = 0
    failures: int = 0  # in a row
    rests: int = 0  # in a row
    rests_until: float = 0.0  # the loop's time
    trying: bool = False  # a request is finding out whether it is back
    asked: int = 0  # the turn in which it was asked last

    def resting(self, now: float) -> bool:
        """Whether it is to be left alone: it failed, or somebody is finding out."""
        return self.rests > 0 and (now < self.rests_until or self.trying)


@dataclass(slots=True, eq=False)
class Endpoints:
    """The servers of one model. Belongs to one event loop."""

    endpoints: tuple[Endpoint, ...]
    concurrency: int
    queue: int
    observe: Observe = field(default=lambda _url, _outcome, _seconds: None, repr=False)
    _waiting: deque[asyncio.Future[None]] = field(default_factory=deque, repr=False)
    _turn: int = 0

    @classmethod
    def of(cls, base_urls: Sequence[str], *, concurrency: int, queue: int, observe: Observe | None = None) -> Endpoints:
        """The servers at these addresses."""
        made = cls(tuple(Endpoint(url) for url in base_urls), concurrency, queue)
        if observe is not None:
            made.observe = observe
        return made

    async def stream[T](self, ask: Ask[T], *, within: float) -> AsyncGenerator[T]:
        """An answer, piece by piece, from whichever server gives one. Raises `BackendError`, `BusyError`."""
        loop = asyncio.get_running_loop()
        until = loop.time() + within
        tried: set[Endpoint] = set()
        last: BackendError | None = None
        while (endpoint := await self._acquire(tried, until)) is not None:
            tried.add(endpoint)
            began, started = loop.time(), False
            pieces = ask(endpoint.base_url, until - began)
            try:
                piece = await self._first(pieces, until - began, alone=len(tried) == len(self.endpoints))
                started = True
                self._succeeded(endpoint, loop.time() - began)
                while piece is not None:
                    yield piece
                    piece = await anext(pieces, None)
            except BackendError as error:
                self._failed(endpoint, error, loop.time() - began, broke_off=started)
                if started or not error.elsewhere:
                    raise
                last = error
            else:
                return
            finally:
                await pieces.aclose()
                self._release(endpoint)
        raise last or self._refusal(loop.time())

    async def check(self, probe: Callable[[str], Awaitable[bool]]) -> None:
        """Ask every idle server whether it is there; `probe` says so of a base URL."""
        idle = [one for one in self.endpoints if not one.running]
        answers = await asyncio.gather(*(probe(one.base_url) for one in idle))
        for endpoint, there in zip(idle, answers, strict=True):
            if there and endpoint.rests:
                self._recover(endpoint)
            elif not there and not endpoint.running:
                self._rest(endpoint)

    def status(self) -> list[dict[str, str | int | bool]]:
        """How each server is, for `/healthz`."""
        now = asyncio.get_running_loop().time()
        return [
            {"server": place(one.base_url), "up": not one.resting(now), "running": one.running}
            for one in self.endpoints
        ]

    @staticmethod
    async def _first[T](pieces: AsyncGenerator[T], seconds: float, *, alone: bool) -> T | None:
        """The first piece. While another server could be asked, this one has but half of the time."""
        try:
            async with asyncio.timeout(seconds if alone else seconds * _LEAST_PATIENCE):
                return await anext(pieces, None)
        except TimeoutError:
            raise BackendError("the model server did not begin to answer in time") from None

    async def _acquire(self, tried: set[Endpoint], until: float) -> Endpoint | None:
        """A server with a free place that wasn't tried yet; None if all that are left rest."""
        loop = asyncio.get_running_loop()
        waited = False
        while True:
            left = [one for one in self.endpoints if one not in tried and not one.resting(loop.time())]
            if not left:
                return None
            free = [one for one in left if one.running < self.concurrency]
            if free and (waited or not self._waiting):
                endpoint = min(free, key=lambda one: (one.rests > 0, one.running, one.asked))
                self._turn += 1
                endpoint.asked = self._turn
                endpoint.running += 1
                endpoint.trying = endpoint.rests > 0
                return endpoint
            if not waited and len(self._waiting) >= self.queue:
                raise BusyError(f"{self.queue} requests wait for this model already")
            await self._wait(until, first=waited)
            waited = True

    async def _wait(self, until: float, *, first: bool) -> None:
        turn = asyncio.get_running_loop().create_future()
        (self._waiting.appendleft if first else self._waiting.append)(turn)
        try:
            async with asyncio.timeout_at(until):
                await turn
        except TimeoutError:
            self._pass_on(turn)
            raise BusyError("every server of this model was busy until the deadline") from None
        except asyncio.CancelledError:
            self._pass_on(turn)
            raise

    def _pass_on(self, turn: asyncio.Future[None]) -> None:
        """Whoever waited is gone: a place that was meant for it is the next one's."""
        if turn in self._waiting:
            self._waiting.remove(turn)
        elif turn.done() and not turn.cancelled():
            self._wake()

    def _wake(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return

    def _wake_all(self) -> None:
        waiting = list(self._waiting)
        self._waiting.clear()
        for turn in waiting:
            if not turn.done():
                turn.set_result(None)

    def _release(self, endpoint: Endpoint) -> None:
        endpoint.running -= 1
        endpoint.trying = False
        self._wake()

    def _succeeded(self, endpoint: Endpoint, seconds: float) -> None:
        self._recover(endpoint)
        self.observe(endpoint.base_url, "ok", seconds)

    def _recover(self, endpoint: Endpoint) -> None:
        endpoint.failures = endpoint.rests = 0
        endpoint.rests_until, endpoint.trying = 0.0, False
        self._wake_all()

    def _failed(self, endpoint: Endpoint, error: BackendError, seconds: float, *, broke_off: bool) -> None:
        self.observe(endpoint.base_url, "broke_off" if broke_off else error.kind, seconds)
        if error.kind in {"request", "busy"}:
            return  # nothing is wrong with the server
        endpoint.failures += 1
        if endpoint.trying or error.kind == "unreachable" or endpoint.failures >= _FAILURES:
            self._rest(endpoint)

    def _rest(self, endpoint: Endpoint) -> None:
        seconds = _RESTS[min(endpoint.rests, len(_RESTS) - 1)]
        endpoint.rests += 1
        endpoint.rests_until = asyncio.get_running_loop().time() + seconds
        self._wake_all()  # whoever waits for this server alone has to look again

    def _refusal(self, now: float) -> BackendError:
        soonest = min((one.rests_until for one in self.endpoints), default=now)
        return BackendError(
            f"all {len(self.endpoints)} servers of this model failed lately; the next is tried in "
            f"{max(0.0, soonest - now):.0f} s",
            kind="unreachable",
        )


def place(base_url: str) -> str:
    """A server's address without credentials or path: what logs, metrics and errors may say."""
    scheme, _, rest = base_url.partition("://")
    return f"{scheme}://{rest.partition('/')[0].rpartition('@')[2]}"
