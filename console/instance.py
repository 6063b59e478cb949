"""The Privet that serves from a state directory: finding it, starting it for commands that need it, stopping it.

A Privet that `privet run` started ends with the last command that uses it. Who uses it is known by locks, which the
kernel drops when a process ends, however it ends:

    run.lock    held while one process looks, starts or stops
    run.users   shared by every command that runs through this Privet
    run.pid     the Privet that was started for commands, and may be stopped after the last
"""

import contextlib
import fcntl
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from configs.settings import Settings, parse_address
from configs.state import StateError, StatePaths, make_private_dir

ANSWER_SECONDS = 3.0  # the local API answers in milliseconds; a busy machine gets more
READY_SECONDS = 120.0  # models load in seconds; a slow disk or a first derivation takes longer
STOP_SECONDS = 15.0
LOG_BYTES = 2_000_000  # the log starts anew above this; one older one is kept
_POLL = 0.1


class InstanceError(Exception):
    """There is no Privet that a command may be run through; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Running:
    """A Privet that answers, and how it is reached."""

    pid: int
    version: str
    api: str
    proxy: str = ""  # empty until it listens
    gateway: str = ""


def find_running(settings: Settings) -> Running | None:
    """The Privet that serves from these settings' state directory; None if nothing listens.

    Raises `InstanceError` when something else holds the address of the local API.
    """
    paths = StatePaths(settings.state_dir)
    recorded = _recorded_api(paths)
    for address in dict.fromkeys(filter(None, (recorded, settings.listen.api))):
        host, port = _reach(address)
        if port == 0:
            continue
        answer = _ask(host, port, "/healthz")
        if isinstance(answer, dict) and answer.get("instance") == paths.instance:
            return Running(
                pid=int(answer.get("pid", 0)),
                version=str(answer.get("version", "")),
                api=address,
                proxy=str(answer.get("proxy", "")),
                gateway=str(answer.get("gateway", "")),
            )
        if answer is not None and address == settings.listen.api:
            who = "another Privet, with another state directory," if _is_privet(answer) else "another program"
            raise InstanceError(
                f"listen.api {address} is held by {who} so no Privet can start here. Stop it, or choose other ports: "
                "set listen.api, listen.proxy and listen.gateway."
            )
    return None


def taken_addresses(settings: Settings) -> tuple[tuple[str, str], ...]:
    """The listeners whose address something holds: (setting, address)."""
    taken = []
    for name in ("proxy", "gateway", "api"):
        address = getattr(settings.listen, name)
        host, port = parse_address(address)
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server: TIME_WAIT doesn't count
            try:
                probe.bind((host, port))
            except OSError:
                taken.append((f"listen.{name}", address))
    return tuple(taken)


@contextlib.contextmanager
def running_privet(
    settings: Settings,
    serve: Sequence[str],
    *,
    keep: bool,
    say: Callable[[str], None],
    seconds: float = READY_SECONDS,
) -> Iterator[Running]:
    """A Privet that is ready and stays while the block runs: the one that serves already, or one started by `serve`.

    `keep` leaves it running afterwards. Raises `InstanceError` or `StateError`.
    """
    paths = StatePaths(settings.state_dir)
    make_private_dir(paths.root)
    started: subprocess.Popen[bytes] | None = None
    with contextlib.ExitStack() as stack:
        with _locked(paths.root / "run.lock"):
            running = find_running(settings)
            if running is None:
                started = _start(settings, paths, serve)
            try:
                running = _wait_ready(settings, paths, started, say, seconds)
                if started is not None and not keep:
                    _write_private(paths.root / "run.pid", str(running.pid))
                users = stack.enter_context(_open_private(paths.root / "run.users"))
                fcntl.flock(users, fcntl.LOCK_SH)
            except BaseException:
                if started is not None:
                    _stop_process(started)
                raise
            if keep:
                (paths.root / "run.pid").unlink(missing_ok=True)
        try:
            yield running
        finally:
            with _locked(paths.root / "run.lock"):
                fcntl.flock(users, fcntl.LOCK_UN)
                _stop_if_last(settings, paths, users, started)


def log_tail(path: Path, lines: int = 12) -> list[str]:
    """The last lines of a log."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]
    except OSError:
        return []


def log_path(paths: StatePaths) -> Path:
    """Where a Privet in the background writes what it has to say."""
    return paths.root / "serve.log"


def _start(settings: Settings, paths: StatePaths, serve: Sequence[str]) -> "subprocess.Popen[bytes]":
    if taken := taken_addresses(settings):
        held = ", ".join(f"{name} {address}" for name, address in taken)
        raise InstanceError(
            f"{held}: something else holds this address, so Privet can't start and the command is not run. "
            "Stop it, or set another port."
        )
    log = log_path(paths)
    with contextlib.suppress(OSError):
        if log.stat().st_size > LOG_BYTES:
            log.replace(log.with_suffix(".log.1"))
    with _open_private(log) as output:
        return subprocess.Popen(  # noqa: S603 - our own command line
            list(serve),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C is for the command, and Privet outlives the terminal
        )


def _wait_ready(
    settings: Settings,
    paths: StatePaths,
    started: "subprocess.Popen[bytes] | None",
    say: Callable[[str], None],
    seconds: float,
) -> Running:
    begun = time.monotonic()
    while True:
        running = None
        with contextlib.suppress(InstanceError):  # nothing held the ports a moment ago: it is Privet, coming up
            running = find_running(settings)
        if running is not None and running.proxy and _is_ready(running):
            say("")
            return running
        waited = time.monotonic() - begun
        if started is not None and started.poll() is not None:
            said = log_tail(log_path(paths)) or ["(nothing: can its log be written, or is the disk full?)"]
            raise InstanceError(
                "Privet did not start, so the command is not run. It said:\n"
                + "\n".join(f"  {line}" for line in said)
                + f"\nIts log: {log_path(paths)}"
            )
        if waited > seconds:
            raise InstanceError(
                f"Privet was not ready after {seconds:.0f} s, so the command is not run. See its log: {log_path(paths)}"
            )
        say(f"{'starting Privet' if started else 'waiting for Privet'} … {waited:.0f} s")
        time.sleep(_POLL)


def _stop_if_last(
    settings: Settings, paths: StatePaths, users: IO[str], started: "subprocess.Popen[bytes] | None"
) -> None:
    """Stop the Privet that was started for commands, if no other command uses it. The lock is held."""
    marker = paths.root / "run.pid"
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        pid = int(marker.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return  # others use it, or it was not started for commands
    marker.unlink(missing_ok=True)
    if started is not None and started.pid == pid:
        _stop_process(started)
        return
    running = None
    with contextlib.suppress(InstanceError):
        running = find_running(settings)
    if running is None or running.pid != pid:
        return  # it ended by itself, and its number may be another process's by now
    _signal(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(InstanceError):
            if find_running(settings) is None:
                return
        time.sleep(_POLL)
    _signal(pid, signal.SIGKILL)


def _stop_process(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def _recorded_api(paths: StatePaths) -> str:
    """The address that the last Privet of this directory wrote down: the only way to know a port that it chose."""
    try:
        address = str(json.loads(paths.serving.read_text(encoding="utf-8"))["api"])
        parse_address(address)
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    return address


def _reach(address: str) -> tuple[str, int]:
    host, port = parse_address(address)
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port  # noqa: S104 - compared, not bound


def _is_ready(running: Running) -> bool:
    answer = _ask(*_reach(running.api), "/readyz")
    return isinstance(answer, dict) and answer.get("ready") is True


def _is_privet(answer: Any) -> bool:
    return isinstance(answer, dict) and "instance" in answer


def tell(running: Running, path: str, document: Mapping[str, Any]) -> tuple[int, Mapping[str, Any]]:
    """What the local API answers to a document: status and JSON. Raises `InstanceError`."""
    host, port = _reach(running.api)
    connection = http.client.HTTPConnection(host, port, timeout=ANSWER_SECONDS)
    try:
        connection.request("POST", path, json.dumps(document), {"content-type": "application/json"})
        response = connection.getresponse()
        answer = json.loads(response.read(1_000_000))
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise InstanceError(f"Privet at {running.api} does not answer ({type(error).__name__})") from None
    finally:
        connection.close()
    return response.status, answer if isinstance(answer, dict) else {}


def _ask(host: str, port: int, path: str) -> Any:
    """The JSON that a local listener answers; "" if it is something else, None if nothing listens."""
    connection = http.client.HTTPConnection(host, port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", path)
        return json.loads(connection.getresponse().read(1_000_000))
    except ConnectionRefusedError:
        return None
    except (OSError, http.client.HTTPException, ValueError):
        return ""
    finally:
        connection.close()


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with _open_private(path) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _open_private(path: Path) -> IO[str]:
    """Open for appending; only the owner may read it."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    except OSError as error:
        raise StateError(f"{path}: can't be opened: {error.strerror}") from None
    return os.fdopen(descriptor, "a+", encoding="utf-8")


def _write_private(path: Path, text: str) -> None:
    with _open_private(path) as file:
        file.truncate(0)
        file.write(text)


def serve_command(config: Path, overrides: Sequence[str]) -> list[str]:
    """The command line that serves with these settings, from this very installation."""
    # -P: a folder named `proxy` where the person stands must not be imported in place of ours.
    chosen = [part for override in overrides for part in ("--set", override)]
    return [sys.executable, "-P", "-m", "console.cli.main", "--config", str(config.resolve()), *chosen, "serve"]
