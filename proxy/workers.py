"""Worker processes: they do what is slow or may crash (detection, local models), and each job has a deadline.

One event loop serves all connections, so nothing slow may run in it. A worker does one job at a time; a job that is
past its deadline is ended by killing its worker, and another takes the place. Parent and child speak msgpack in frames
of a 4-byte length over pipes: plain values, nothing that could run code. What a job may be is in `proxy.jobs`.

A pool measures how fast its workers are. A job that would not begin within its deadline, by what waits already, is
refused at once (`OverloadError`) instead of after it.

A job that says of itself that it stops (`stops` in what its factory tells) is told when nobody waits for it any more;
other workers are ended then.

A child that dies, hangs or answers nonsense is a `WorkerError` for its job alone. Its stderr is dropped: a traceback
may quote what it was working on.
"""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import AsyncGenerator, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import msgpack

from proxy.errors import DeadlineError, JobError, OverloadError, WorkerError
from proxy.jobs import CANCEL

_START_TIMEOUT = 120.0  # seconds: models are loaded, on a busy machine from a cold disk
_RESTART_DELAYS = (0.0, 0.5, 1.0, 2.0, 5.0, 15.0)  # seconds between starts that fail in a row
_STOPS_WITHIN = 5.0  # seconds
_LEARNING = 0.2  # how much one job changes what is known of a pool's speed
_FRAME_LIMIT = 256 * 1024 * 1024


async def send_frame(writer: asyncio.StreamWriter, message: object) -> None:
    """Write one message."""
    data = msgpack.packb(message, use_bin_type=True, unicode_errors="surrogatepass")
    writer.write(len(data).to_bytes(4) + data)
    await writer.drain()


async def receive_frame(reader: asyncio.StreamReader) -> Any:
    """Read one message. Raises `asyncio.IncompleteReadError`, `ValueError`, `OSError`."""
    return unpacked(await reader.readexactly(frame_length(await reader.readexactly(4))))


def frame_length(head: bytes) -> int:
    """How long the frame after this head is. Raises `ValueError`."""
    length = int.from_bytes(head)
    if length > _FRAME_LIMIT:
        raise ValueError("frame too large")
    return length


def unpacked(data: bytes) -> Any:
    """A frame's message."""
    return msgpack.unpackb(data, raw=False, strict_map_key=False, unicode_errors="surrogatepass")


class Pool(Protocol):
    """Worker processes for one job: this process's own (`WorkerPool`) or borrowed ones (`proxy.broker.RemotePool`)."""

    job: str
    restarts: int
    info: Any

    @property
    def alive(self) -> int:
        """How many workers are up."""

    @property
    def pids(self) -> list[int]:
        """The workers' process ids."""

    async def start(self) -> None:
        """Have every worker ready. Raises `WorkerError`."""

    async def call(self, payload: object, *, within: float, cost: int = 0, admit: bool = False) -> Any:
        """The job's one result. Raises `DeadlineError`, `WorkerError`, `OverloadError`."""

    def stream(
        self, payload: object, *, within: float, cost: int = 0, admit: bool = False, queue: int | None = None
    ) -> AsyncGenerator[Any]:
        """The job's results one by one, all within `within` seconds; with `queue`, while so many wait at most."""

    async def close(self) -> None:
        """Let the workers go."""


def by_job(pools: Iterable[Pool]) -> dict[str, dict[str, Any]]:
    """How the workers of each job are. A job may have several pools: one for each model that does a task."""
    told: dict[str, dict[str, Any]] = {}
    for pool in pools:
        job = told.setdefault(pool.job, {"alive": 0, "pids": [], "restarts": 0})
        job["alive"] += pool.alive
        job["pids"] += pool.pids
        job["restarts"] += pool.restarts
    return told


@dataclass(slots=True)
class _Load:
    """What waits in a pool, and how fast it goes. A cost is in whatever unit the caller counts, such as characters."""

    waiting: int = 0
    speed: float = 0.0  # cost per second and worker; 0 while nothing was measured

    def done(self, cost: int, seconds: float) -> None:
        if cost and seconds > 0:
            measured = cost / seconds
            self.speed = measured if not self.speed else self.speed + _LEARNING * (measured - self.speed)

    def delay(self, workers: int) -> float:
        """Seconds until a worker would be free for a new job."""
        return self.waiting / (self.speed * max(1, workers)) if self.speed else 0.0


@dataclass(slots=True, eq=False)
class _Worker:
    process: asyncio.subprocess.Process
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    ready: Any = None  # what the job's factory says of itself (revision, …)
    length: int | None = None  # of a frame whose head was read: a reader may be cancelled between the two

    async def send(self, message: object) -> None:
        await send_frame(self.writer, message)

    async def receive(self) -> Any:
        if self.length is None:
            self.length = frame_length(await self.reader.readexactly(4))
        data = await self.reader.readexactly(self.length)
        self.length = None
        return unpacked(data)

    def kill(self) -> None:
        if self.process.returncode is not None:
            return  # its number may be another's by now
        with contextlib.suppress(ProcessLookupError):
            # It leads a session of its own, so that this ends what it has started, too.
            os.killpg(self.process.pid, signal.SIGKILL)

    async def end(self) -> None:
        """Kill it and wait until nothing of it is left, its pipes included."""
        self.kill()
        self.writer.close()
        await self.process.wait()


@dataclass(slots=True)
class WorkerPool:
    """`size` processes that run a job made by `factory` (`module:function`) with `options`. `job` is its name."""

    job: str
    factory: str
    options: Mapping[str, Any] = field(default_factory=dict)
    size: int = 1
    restarts: int = 0
    info: Any = None
    _waiting: int = 0
    _idle: asyncio.Queue[_Worker] = field(default_factory=asyncio.Queue)
    _alive: set[_Worker] = field(default_factory=set)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _load: _Load = field(default_factory=_Load)
    _closed: bool = False

    async def start(self) -> None:
        """Start every worker and wait until all are ready. Raises `WorkerError`."""
        results = await asyncio.gather(*(self._spawn() for _ in range(self.size)), return_exceptions=True)
        failures = [result for result in results if isinstance(result, BaseException)]
        if failures:
            await self.close()
            raise failures[0]

    @property
    def alive(self) -> int:
        """How many workers are up."""
        return len(self._alive)

    @property
    def pids(self) -> list[int]:
        """The workers' process ids."""
        return [worker.process.pid for worker in self._alive]

    async def call(self, payload: object, *, within: float, cost: int = 0, admit: bool = False) -> Any:
        """The job's one result. Raises `DeadlineError`, `WorkerError`, `OverloadError`."""
        results = [result async for result in self.stream(payload, within=within, cost=cost, admit=admit)]
        if len(results) != 1:
            raise WorkerError(f"the {self.job} worker gave {len(results)} results, expected one")
        return results[0]

    async def stream(
        self, payload: object, *, within: float, cost: int = 0, admit: bool = False, queue: int | None = None
    ) -> AsyncGenerator[Any]:
        """The job's results one by one, all within `within` seconds. Raises `DeadlineError`, `WorkerError`.

        With `admit`, a job that would only wait past its deadline is refused at once, and with `queue` one for which
        more than so many would wait (`OverloadError`).
        """
        if admit and (delay := self._load.delay(self.alive)) > within:
            raise OverloadError(
                f"the {self.job} workers are busy for {delay:.0f} s, the deadline is {within:g} s", delay
            )
        self._load.waiting += cost
        try:
            async with contextlib.aclosing(self._results(payload, within, cost, queue)) as results:
                async for result in results:
                    yield result
        finally:
            self._load.waiting -= cost

    async def _results(self, payload: object, within: float, cost: int, queue: int | None) -> AsyncGenerator[Any]:
        deadline = time.monotonic() + within
        if queue is not None and self._waiting >= queue and self._idle.empty():
            raise OverloadError(f"{self._waiting} jobs wait for the {self.job} workers already")
        self._waiting += 1
        try:
            worker = await self._acquire(deadline)
        finally:
            self._waiting -= 1
        began = time.monotonic()
        clean = broken = False
        stops = isinstance(worker.ready, dict) and worker.ready.get("stops") is True
        try:
            async with asyncio.timeout_at(asyncio.get_running_loop().time() + max(0.0, deadline - time.monotonic())):
                await worker.send(payload)
            while True:
                remaining = deadline - time.monotonic()
                async with asyncio.timeout(max(0.0, remaining)):
                    kind, value = await worker.receive()
                if kind == "item":
                    yield value
                elif kind == "end":
                    clean = True
                    self._load.done(cost, time.monotonic() - began)
                    return
                else:
                    clean = kind == "error"
                    broken = not clean
                    raise JobError(f"the {self.job} worker failed: {value}", str(value))
        except TimeoutError:
            raise DeadlineError(f"the {self.job} worker did not answer within {within:g} s") from None
        except (OSError, EOFError, asyncio.IncompleteReadError, ValueError, TypeError, msgpack.UnpackException):
            broken = True
            raise WorkerError(f"the {self.job} worker is gone") from None
        finally:
            # Also when the caller went away in the middle: a worker that still works for nobody is stopped or replaced.
            if clean:
                self._idle.put_nowait(worker)
            elif stops and not broken and not self._closed:
                task = asyncio.get_running_loop().create_task(self._stop(worker))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            else:
                self._replace(worker)

    async def close(self) -> None:
        """End all workers."""
        self._closed = True
        for task in self._tasks:
            task.cancel()
        workers = list(self._alive)
        self._alive.clear()
        await asyncio.gather(*(worker.end() for worker in workers))
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _acquire(self, deadline: float) -> _Worker:
        while True:
            try:
                async with asyncio.timeout(max(0.0, deadline - time.monotonic())):
                    worker = await self._idle.get()
            except TimeoutError:
                if not self._alive:
                    raise WorkerError(f"no {self.job} worker is up") from None
                raise DeadlineError(f"all {self.job} workers were busy until the deadline") from None
            if worker in self._alive and not worker.reader.at_eof():
                return worker

    async def _stop(self, worker: _Worker) -> None:
        """Tell a worker that nobody waits any more; one that doesn't hear it soon is replaced."""
        try:
            async with asyncio.timeout(_STOPS_WITHIN):
                await worker.send(CANCEL)
                while (await worker.receive())[0] == "item":
                    pass
        except (OSError, EOFError, ValueError, TypeError, LookupError, msgpack.UnpackException):
            self._replace(worker)
        else:
            self._idle.put_nowait(worker)

    def _replace(self, worker: _Worker) -> None:
        """End a worker; `_follow` sees it and starts another."""
        worker.kill()
        self._alive.discard(worker)

    async def _follow(self, worker: _Worker) -> None:
        """Wait for the end of a worker, whatever it comes from, and start another in its place."""
        await worker.process.wait()
        self._alive.discard(worker)
        if not self._closed:
            await self._respawn()

    async def _respawn(self) -> None:
        for attempt in range(sys.maxsize):
            await asyncio.sleep(_RESTART_DELAYS[min(attempt, len(_RESTART_DELAYS) - 1)])
            try:
                self.restarts += 1
                await self._spawn()
            except WorkerError:
                continue
            return

    async def _spawn(self) -> None:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",  # a folder named like one of our packages where Privet was started is not ours
            "-c",
            "from proxy.jobs import main; main()",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=None if os.environ.get("PRIVET_DEBUG_WORKERS") else asyncio.subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for the parent, which ends its workers itself
        )
        if process.stdin is None or process.stdout is None:
            raise WorkerError("a worker's pipes could not be made")
        worker = _Worker(process, process.stdout, process.stdin)
        try:
            async with asyncio.timeout(_START_TIMEOUT):
                await worker.send([self.factory, dict(self.options)])
                kind, value = await worker.receive()
        except (TimeoutError, OSError, EOFError, ValueError):
            await worker.end()
            raise WorkerError(f"the {self.job} worker did not start") from None
        except BaseException:
            await worker.end()
            raise
        if kind != "ready" or self._closed:
            await worker.end()
            if kind != "ready":
                raise WorkerError(f"the {self.job} worker can't start: {value}")
            return
        worker.ready = self.info = value
        self._alive.add(worker)
        self._idle.put_nowait(worker)
        task = asyncio.get_running_loop().create_task(self._follow(worker))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
