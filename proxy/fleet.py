"""Several serving processes as one Privet: a supervisor that starts them, speaks for them and owns what they share.

Each process listens on the same ports (SO_REUSEPORT), judges by itself and writes an audit stream of its own. The
supervisor handles no request: it lends detection and models (`proxy.broker`), answers the local API for all, passes
signals on, and starts a process anew when one dies; the others serve meanwhile. Its children end when it does.
"""

import asyncio
import contextlib
import json
import logging
import os
import secrets
import signal
import socket
import sys
import tempfile
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import aiohttp
from aiohttp import web

from configs.settings import Settings, parse_address
from configs.state import StatePaths, make_private_dir
from policy.load import load_policy
from proxy.authority import ensure_authority, ensure_bundle
from proxy.broker import Broker
from proxy.errors import ConfigurationError
from proxy.local import SCAN_LIMIT, no_pages
from proxy.metrics import add_up
from proxy.own_data import OwnData
from proxy.own_head import OwnHead
from proxy.service import Link, Source, ready_text, serve, write_serving
from proxy.shares import Shares, clear_share, make_shares
from proxy.workers import by_job

log = logging.getLogger("privet.fleet")

_RESTART_DELAYS = (0.0, 0.5, 1.0, 2.0, 5.0, 15.0)  # seconds between starts that fail in a row
_START_TIMEOUT = 180.0
_STEADY = 60.0  # seconds after which a process counts as having started well
_MARGIN = 10.0  # seconds over the drain time until a process that doesn't end is killed
_ASK = aiohttp.ClientTimeout(total=5.0)


@dataclass(slots=True, eq=False)
class Member:
    """One serving process."""

    process: asyncio.subprocess.Process
    place: int  # among the processes: whose share of the limits it counts
    addresses: dict[str, str]
    counted: bytes = field(default=b"", repr=False)  # its metrics when last asked


@dataclass(slots=True)
class Fleet:
    """The supervisor's state."""

    settings: Settings
    state: StatePaths
    source: Source
    broker: Broker
    shares: Path
    session: aiohttp.ClientSession
    quiet: bool
    addresses: dict[str, str] = field(default_factory=dict)
    members: list[Member] = field(default_factory=list)
    restarts: int = 0
    stopping: bool = False
    _gone: list[bytes] = field(default_factory=list, repr=False)  # what ended processes had counted, added up
    _turn: int = 0

    async def start_one(self, place: int) -> Member:
        """Start a process and wait until it serves. Raises `ConfigurationError`."""
        clear_share(self.shares, place)  # what one before it counted that died
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-c",
            f"from {__name__} import main; main()",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for the supervisor, which tells its children itself
        )
        assert process.stdin is not None
        assert process.stdout is not None
        told = {
            "settings": self.settings.model_dump(mode="json"),
            # The ports that were chosen stay chosen when the settings are read again.
            "source": [str(self.source.path), [*self.source.overrides, *self._listening()]],
            "pools": str(self.broker.path),
            "api": self.addresses["api"],
            "shares": [str(self.shares), place],
            "quiet": self.quiet,
        }
        try:
            process.stdin.write(json.dumps(told).encode() + b"\n")
            await process.stdin.drain()
            async with asyncio.timeout(_START_TIMEOUT):
                line = await process.stdout.readline()
            member = Member(process, place, json.loads(line)["addresses"])
        except (TimeoutError, OSError, ValueError, KeyError):
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            raise ConfigurationError("a serving process did not start; it said why on stderr") from None
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            raise
        self.members.append(member)
        return member

    async def start_all(self) -> list[Member]:
        """Start every process. Raises `ConfigurationError`."""
        return await asyncio.gather(*(self.start_one(place) for place in range(self.settings.workers)))

    async def keep(self, member: Member) -> None:
        """Wait for the end of a process, and start another in its place unless all are stopping."""
        loop = asyncio.get_running_loop()
        attempt = 0
        while True:
            began = loop.time()
            code = await member.process.wait()
            self.members.remove(member)
            with contextlib.suppress(OSError):  # else its successor does it
                clear_share(self.shares, member.place)
            self._gone = [add_up([*self._gone, member.counted])]
            if self.stopping:
                return
            log.error("serving process %d ended (%d); another is started", member.process.pid, code)
            attempt = 0 if loop.time() - began > _STEADY else attempt + 1
            while True:
                await asyncio.sleep(_RESTART_DELAYS[min(attempt, len(_RESTART_DELAYS) - 1)])
                self.restarts += 1
                try:
                    member = await self.start_one(member.place)
                except (ConfigurationError, OSError) as error:
                    log.error("no serving process in its place: %s", error)  # noqa: TRY400
                    attempt += 1
                else:
                    break

    def _listening(self) -> list[str]:
        listen = self.settings.listen
        return [f"listen.proxy={json.dumps(listen.proxy)}", f"listen.gateway={json.dumps(listen.gateway)}"]

    def tell(self, number: signal.Signals) -> None:
        """Pass a signal on to every process."""
        for member in self.members:
            with contextlib.suppress(ProcessLookupError):
                member.process.send_signal(number)

    async def stop(self) -> None:
        """Have every process drain and end; kill what doesn't."""
        self.stopping = True
        self.tell(signal.SIGTERM)
        waiting = [asyncio.create_task(member.process.wait()) for member in self.members]
        if waiting:
            await asyncio.wait(waiting, timeout=self.settings.drain + _MARGIN)
        self.tell(signal.SIGKILL)
        await asyncio.gather(*waiting)

    # -- the API -------------------------------------------------------------------------------------------------------

    def api(self) -> web.Application:
        """The local API, for all processes."""
        app = web.Application(client_max_size=SCAN_LIMIT, middlewares=[no_pages])
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/readyz", self._readyz)
        app.router.add_get("/metrics", self._metrics)
        for path in ("/scan", "/justify"):
            app.router.add_post(path, self._any)
        return app

    async def _healthz(self, _request: web.Request) -> web.Response:
        answers = [json.loads(body) for _, _, body in await self._ask_all("/healthz")]
        status = {
            "status": "ok",
            "instance": self.state.instance,
            "version": version("privet"),
            "pid": os.getpid(),
            "policy": answers[0]["policy"] if answers else None,
            "data": answers[0]["data"] if answers else None,
            "workers": by_job(self.broker.pools.values()),
            "processes": [{"pid": answer["pid"], "policy": answer["policy"]["revision"]} for answer in answers],
            "process_restarts": self.restarts,
            **self.addresses,
        }
        return web.json_response(status)

    async def _readyz(self, _request: web.Request) -> web.Response:
        answers = [json.loads(body) for _, _, body in await self._ask_all("/readyz")]
        # One process that serves is enough to be sent requests: connections go to those that listen.
        ready = any(answer["ready"] for answer in answers) and not self.stopping
        missing = sorted({what for answer in answers for what in answer["missing"]})
        absent = self.settings.workers - len(answers)
        if absent:
            missing.append(f"{absent} of {self.settings.workers} serving processes don't answer")
        return web.json_response({"ready": ready, "missing": missing}, status=200 if ready else 503)

    async def _metrics(self, _request: web.Request) -> web.Response:
        for member, _, body in await self._ask_all("/metrics"):
            member.counted = body
        body = add_up([*self._gone, *(member.counted for member in self.members)])
        return web.Response(body=body, headers={"content-type": "text/plain; version=0.0.4"})

    async def _any(self, request: web.Request) -> web.Response:
        """What one process answers as well as another."""
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return web.json_response({"error": f"the body is larger than {SCAN_LIMIT} bytes"}, status=413)
        for _ in range(len(self.members)):
            self._turn += 1
            member = self.members[self._turn % len(self.members)]
            with contextlib.suppress(aiohttp.ClientError, TimeoutError, OSError):
                async with self.session.post(f"http://{member.addresses['api']}{request.path}", data=body) as reply:
                    content = await reply.read()
                    return web.Response(status=reply.status, body=content, content_type="application/json")
        return web.json_response({"error": "no serving process answers"}, status=503)

    async def _ask_all(self, path: str) -> list[tuple[Member, int, bytes]]:
        """The processes that answer, with their answers."""

        async def ask(member: Member) -> tuple[Member, int, bytes] | None:
            try:
                async with self.session.get(f"http://{member.addresses['api']}{path}", timeout=_ASK) as reply:
                    return member, reply.status, await reply.read()
            except (aiohttp.ClientError, TimeoutError, OSError):
                return None

        answers = await asyncio.gather(*(ask(member) for member in list(self.members)))
        return [answer for answer in answers if answer is not None]


async def supervise(settings: Settings, announce: Callable[[str], None], source: Source, *, quiet: bool) -> None:
    """Serve with several processes until SIGTERM or SIGINT. Raises at start what `service.serve` raises."""
    state = StatePaths(settings.state_dir)
    make_private_dir(state.root)
    policy = load_policy(settings.policy, settings.hosts, OwnData.open(settings).types, OwnHead.open(settings).labels)
    ensure_authority(state)  # before there are several who could make one
    ensure_bundle(state)
    async with AsyncExitStack() as stack:
        settings, _reserved = _reserve(settings, stack)
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="privet-")))  # 0700, a short path
        shares = directory / "shares"
        make_shares(shares, settings.workers)
        broker = Broker(directory / secrets.token_hex(4))
        await broker.start()
        stack.push_async_callback(broker.close)
        session = await stack.enter_async_context(aiohttp.ClientSession(trust_env=False))
        fleet = Fleet(settings, state, source, broker, shares, session, quiet)
        await _open_api(fleet, stack)
        announce(f"starting {settings.workers} processes and the detection models …")
        stack.push_async_callback(fleet.stop)
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        loop.add_signal_handler(signal.SIGHUP, fleet.tell, signal.SIGHUP)
        waiting = asyncio.create_task(stop.wait())
        stack.callback(waiting.cancel)
        starting = asyncio.create_task(fleet.start_all())
        await asyncio.wait([starting, waiting], return_when=asyncio.FIRST_COMPLETED)
        if not starting.done():
            starting.cancel()
            return
        members = await starting
        fleet.addresses = {**members[0].addresses, "api": fleet.addresses["api"]}
        keeping = [asyncio.create_task(fleet.keep(member)) for member in members]
        write_serving(state, fleet.addresses)
        announce(ready_text(fleet.addresses, policy))
        await waiting
        await fleet.stop()
        for task in keeping:
            task.cancel()
        await asyncio.gather(*keeping, return_exceptions=True)


def _reserve(settings: Settings, stack: AsyncExitStack) -> tuple[Settings, list[socket.socket]]:
    """Fixed ports for the processes to share, taken by sockets that don't listen, while processes come and go.

    Raises `ConfigurationError` if another program has one of them.
    """
    addresses, sockets = {}, []
    for name in ("proxy", "gateway"):
        host, port = parse_address(getattr(settings.listen, name))
        taken = stack.enter_context(socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET))
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            _check_free(host, port)
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            taken.bind((host, port))
        except OSError as error:
            raise ConfigurationError(
                f"listen.{name} {host}:{port}: {error.strerror}. Is another Privet running?"
            ) from None
        port = taken.getsockname()[1]
        addresses[name] = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        sockets.append(taken)
    return settings.model_copy(update={"listen": settings.listen.model_copy(update=addresses)}), sockets


def _check_free(host: str, port: int) -> None:
    """Without SO_REUSEPORT: a second Privet of the same user would quietly take half of the connections."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))


async def _open_api(fleet: Fleet, stack: AsyncExitStack) -> None:
    host, port = parse_address(fleet.settings.listen.api)
    runner = web.AppRunner(fleet.api(), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        raise ConfigurationError(f"listen.api {host}:{port}: {error.strerror}. Is another Privet running?") from None
    fleet.addresses["api"] = f"{host}:{runner.addresses[0][1]}"


def log_to_stderr(*, quiet: bool) -> None:
    """Privet's own log lines: ids, counts, class names."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logger = logging.getLogger("privet")
    logger.addHandler(handler)
    logger.setLevel(logging.WARNING if quiet else logging.INFO)
    logger.propagate = False


def main() -> None:
    """A serving process: told on stdin what to do, it says on stdout that it serves, and ends when stdin does."""
    told = json.loads(sys.stdin.buffer.readline())
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # nothing that a library prints may be taken for the message
    log_to_stderr(quiet=told["quiet"])
    path, overrides = told["source"]
    source = Source(Path(path), tuple(overrides))

    def ready(addresses: dict[str, str]) -> None:
        out.write(json.dumps({"addresses": addresses}) + "\n")
        out.flush()

    async def run() -> None:
        orphaned, loop = asyncio.Event(), asyncio.get_running_loop()

        def ended() -> None:  # nothing more is written to stdin: readable means closed
            loop.remove_reader(sys.stdin.fileno())
            orphaned.set()

        loop.add_reader(sys.stdin.fileno(), ended)
        file, place = told["shares"]
        link = Link(Path(told["pools"]), told["api"], Shares.open(Path(file), place), ready, orphaned)
        await serve(Settings.model_validate(told["settings"]), lambda _: None, source, link)

    try:
        asyncio.run(run())
    except Exception as error:  # noqa: BLE001 - the last guard of a process: the supervisor says that it ended
        log.error("a serving process could not serve: %s", error)  # noqa: TRY400 - start-up errors hold no content
        raise SystemExit(1) from None
