"""Worker pools that several serving processes share: the supervisor owns them and lends them over a unix socket.

A detection worker takes some 200 MB and a model more, so that each serving process having its own would cost the most
where it helps the least: there are no more cores than before. One connection is one job: frames as in `proxy.workers`,
and a borrower that closes its connection ends the job as a cancelled call does. The socket lies in a directory that
only its owner may enter.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Coroutine, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgpack

from proxy.errors import DeadlineError, JobError, OverloadError, ProxyError, WorkerError
from proxy.workers import WorkerPool, receive_frame, send_frame

_GRACE = 2.0  # seconds over a job's deadline until the supervisor itself counts as gone
_START_TIMEOUT = 150.0
_POLL = 0.5  # seconds between two looks at how many workers are up
_BROKEN = (OSError, EOFError, asyncio.IncompleteReadError, ValueError, TypeError, msgpack.UnpackException)


def pool_key(job: str, options: Mapping[str, Any]) -> str:
    """A pool's name among all: its job, and its model if it has one."""
    return f"{job}:{options['model']}" if "model" in options else job


@dataclass(slots=True)
class Broker:
    """The lender. `pools` holds what was asked for so far."""

    path: Path
    pools: dict[str, WorkerPool] = field(default_factory=dict)
    _starting: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_unix_server(self._serve, self.path)

    async def close(self) -> None:
        """End every worker."""
        if self._server is not None:
            self._server.close()
        for task in self._starting.values():
            task.cancel()
        await asyncio.gather(*self._starting.values(), return_exceptions=True)
        await asyncio.gather(*(pool.close() for pool in self.pools.values()))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            match await receive_frame(reader):
                case ["ensure", str(job), str(factory), dict(options), int(size)]:
                    await self._ensure(writer, WorkerPool(job, factory, options, size=size))
                case ["watch", str(key)]:
                    await self._watch(writer, key)
                case ["call", str(key), [float() | int() as within, int(cost), bool(admit), queue], payload]:
                    await self._lend(reader, self._relay(writer, key, payload, (within, cost, admit, queue)))
                case _:
                    await send_frame(writer, ["error", "unknown", 0.0])
        except _BROKEN:
            pass  # the borrower is gone, or it is none
        finally:
            writer.close()

    async def _ensure(self, writer: asyncio.StreamWriter, wanted: WorkerPool) -> None:
        key = pool_key(wanted.job, wanted.options)
        if key not in self._starting or (self._starting[key].done() and key not in self.pools):
            self._starting[key] = asyncio.create_task(self._start(key, wanted))
        try:
            await asyncio.shield(self._starting[key])
        except WorkerError as error:
            await send_frame(writer, ["failed", str(error)])
        else:
            await send_frame(writer, ["ready", self.pools[key].info])

    async def _start(self, key: str, pool: WorkerPool) -> None:
        await pool.start()
        self.pools[key] = pool

    async def _watch(self, writer: asyncio.StreamWriter, key: str) -> None:
        """Tell at once, and again and again, how a pool is."""
        while True:
            pool = self.pools.get(key)
            await send_frame(writer, [pool.pids, pool.restarts] if pool is not None else [[], 0])
            await asyncio.sleep(_POLL)

    @staticmethod
    async def _lend(reader: asyncio.StreamReader, job: Coroutine[Any, Any, None]) -> None:
        """Do the job while its borrower is there: it says nothing more, so that anything to read is its end."""
        work = asyncio.create_task(job)
        gone = asyncio.create_task(reader.read(1))
        try:
            await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (work, gone):
                task.cancel()
            await asyncio.gather(work, gone, return_exceptions=True)

    async def _relay(
        self, writer: asyncio.StreamWriter, key: str, payload: object, terms: tuple[float, int, bool, int | None]
    ) -> None:
        pool, (within, cost, admit, queue) = self.pools.get(key), terms
        try:
            if pool is None:
                raise WorkerError(f"there is no {key} pool")
            stream = pool.stream(payload, within=within, cost=cost, admit=admit, queue=queue)
            async with contextlib.aclosing(stream) as results:
                async for result in results:
                    await send_frame(writer, ["item", result])
        except OverloadError as error:
            await send_frame(writer, ["overload", str(error), error.seconds])
        except DeadlineError as error:
            await send_frame(writer, ["deadline", str(error), 0.0])
        except JobError as error:
            await send_frame(writer, ["job", str(error), error.name])
        except ProxyError as error:
            await send_frame(writer, ["error", str(error), 0.0])
        else:
            await send_frame(writer, ["end", "", 0.0])


@dataclass(slots=True)
class RemotePool:
    """A pool of the supervisor's, used as if it were this process's own (`proxy.workers.Pool`)."""

    path: Path
    job: str
    factory: str
    options: Mapping[str, Any] = field(default_factory=dict)
    size: int = 1
    restarts: int = 0
    info: Any = None
    pids: list[int] = field(default_factory=list)
    _following: asyncio.Task[None] | None = None

    @property
    def alive(self) -> int:
        """How many workers were up a moment ago."""
        return len(self.pids)

    async def start(self) -> None:
        """Have the supervisor start the pool, unless it runs already. Raises `WorkerError`."""
        try:
            async with asyncio.timeout(_START_TIMEOUT):
                async with self._asking(["ensure", self.job, self.factory, dict(self.options), self.size]) as reader:
                    kind, value = await receive_frame(reader)
                if kind != "ready":
                    raise WorkerError(str(value))
                self.info = value
                first: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                self._following = asyncio.create_task(self._follow(first))
                await first
        except (TimeoutError, *_BROKEN):
            raise WorkerError(f"the {self.job} workers did not start") from None

    async def call(self, payload: object, *, within: float, cost: int = 0, admit: bool = False) -> Any:
        """The job's one result. Raises `DeadlineError`, `WorkerError`, `OverloadError`."""
        results = [result async for result in self.stream(payload, within=within, cost=cost, admit=admit)]
        if len(results) != 1:
            raise WorkerError(f"the {self.job} worker gave {len(results)} results, expected one")
        return results[0]

    async def stream(
        self, payload: object, *, within: float, cost: int = 0, admit: bool = False, queue: int | None = None
    ) -> AsyncGenerator[Any]:
        """The job's results one by one, all within `within` seconds."""
        request = ["call", pool_key(self.job, self.options), [within, cost, admit, queue], payload]
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within + _GRACE
        try:
            async with self._asking(request) as reader:
                while True:
                    # Not around the loop: between two results the caller's own code runs.
                    async with asyncio.timeout_at(deadline):
                        message = await receive_frame(reader)
                    match message:
                        case ["item", value]:
                            yield value
                        case ["end", *_]:
                            return
                        case ["overload", text, seconds]:
                            raise OverloadError(text, seconds)
                        case ["deadline", text, _]:
                            raise DeadlineError(text)
                        case ["job", text, name]:
                            raise JobError(text, name)
                        case [_, text, _]:
                            raise WorkerError(text)
                        case _:
                            raise WorkerError(f"the {self.job} workers' supervisor said something else")
        except TimeoutError:
            raise DeadlineError(f"the {self.job} workers did not answer within {within:g} s") from None
        except _BROKEN:
            raise WorkerError(f"the {self.job} workers' supervisor is gone") from None

    async def close(self) -> None:
        """Forget the pool; it is the supervisor's to end."""
        if self._following is not None:
            self._following.cancel()
            await asyncio.gather(self._following, return_exceptions=True)

    @contextlib.asynccontextmanager
    async def _asking(self, request: object) -> AsyncGenerator[asyncio.StreamReader]:
        reader, writer = await asyncio.open_unix_connection(self.path)
        try:
            await send_frame(writer, request)
            yield reader
        finally:
            writer.close()

    async def _follow(self, first: "asyncio.Future[None]") -> None:
        """Keep `pids` and `restarts` as they are at the supervisor's."""
        while True:
            with contextlib.suppress(*_BROKEN):
                async with self._asking(["watch", pool_key(self.job, self.options)]) as reader:
                    while True:
                        self.pids, self.restarts = await receive_frame(reader)
                        if not first.done():
                            first.set_result(None)
            self.pids = []
            await asyncio.sleep(_POLL)
