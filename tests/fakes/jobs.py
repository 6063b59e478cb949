"""Jobs for worker processes in tests: one that does as it is told."""

import os
import time
from collections.abc import Iterator
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
            case ["pid"]:
                yield os.getpid()

    return run, {"greeting": greeting}


def broken() -> tuple[Any, Any]:
    """A job that can't be made."""
    raise RuntimeError("the model file is missing")
