"""Jobs for worker processes in tests: one that does as it is told."""

import os
import resource
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def obedient(greeting: str = "hello") -> tuple[Any, Any]:
    """A job whose payload says what to do."""

    def run(payload: Any) -> Iterator[Any]:
        print("noise that must not get between the frames")
        match payload:
            case ["echo", value]:
                yield value
            case ["count", number]:
                yield from range(number)
            case ["sleep", seconds]:
                time.sleep(seconds)
                yield "awake"
            case ["raise", text]:
                raise ValueError(text)
            case ["die"]:
                os._exit(3)
            case ["spawn"]:
                yield subprocess.Popen(["sleep", "300"]).pid
            case ["pid"]:
                yield os.getpid()

    return run, {"greeting": greeting}


def stoppable() -> tuple[Any, Any]:
    """A job that says how often it was asked, endlessly, as the payload says; and that stops when it is told."""
    asked = 0

    def run(payload: Any) -> Iterator[Any]:
        nonlocal asked
        asked += 1
        match payload:
            case "talk":
                while True:
                    yield asked
            case "read":  # nothing to say yet
                yield asked
                while True:
                    yield None
            case "deaf":
                time.sleep(600)
            case "gorge":
                raise MemoryError
            case _:
                yield asked

    return run, {"stops": True}


def broken() -> tuple[Any, Any]:
    """A job that can't be made."""
    raise RuntimeError("the model file is missing")


def detection(fault: str, started: str) -> tuple[Any, Any]:
    """A detector that finds nothing, and that fails as told. It makes the file `started` once it has texts."""

    def run(payload: Any) -> Iterator[Any]:
        Path(started).touch()
        match fault:
            case "raise":
                raise ValueError(str(payload))
            case "hang":
                time.sleep(3600)
            case "die":
                os.kill(os.getpid(), signal.SIGKILL)
            case "memory":
                used = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
                resource.setrlimit(resource.RLIMIT_AS, (used + 50_000_000, resource.RLIM_INFINITY))
                yield [bytes(10_000_000) for _ in range(100)]
            case "nonsense":
                yield [["no scan"]]
            case "too few":
                yield []
        yield [[[], []] for _ in payload]

    return run, {}


def content(fault: str, started: str) -> tuple[Any, Any]:
    """An opener of files that fails as told. It makes the file `started` once it has one."""

    def run(_: Any) -> Iterator[Any]:
        Path(started).touch()
        if fault == "hang":
            time.sleep(3600)
        yield ["nothing that a file could say"]

    return run, {}
