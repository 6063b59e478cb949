"""How long a model takes to be ready and how much memory it then has, measured in a process of its own.

What was measured is kept in `measured.json` in the models directory, by the file's hash, for `privet models list`.
"""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local_models.errors import ModelError

FILE = "measured.json"
_WITHIN = 300.0  # seconds


@dataclass(frozen=True, slots=True)
class Measured:
    """What a model costs: seconds from the process's start until it is ready, and the most bytes it has had by then."""

    seconds: float
    memory: int


def measure(name: str) -> Measured:
    """Load a model in a new process. Raises `ModelError`."""
    began = time.monotonic()
    try:
        done = subprocess.run(  # noqa: S603 - our own module
            [sys.executable, "-P", "-m", __name__, name], capture_output=True, timeout=_WITHIN, check=True, text=True
        )
        memory = int(done.stdout)
    except subprocess.TimeoutExpired:
        raise ModelError(f"{name} was not ready after {_WITHIN:g} s") from None
    except (subprocess.CalledProcessError, ValueError):
        raise ModelError(f"{name} can't be loaded. Check it with: privet models verify") from None
    return Measured(round(time.monotonic() - began, 2), memory)


def recorded(directory: Path) -> dict[str, Measured]:
    """What was measured before, by SHA-256. A file that can't be read says nothing."""
    try:
        document = json.loads((directory / FILE).read_bytes())
        return {sha256: Measured(float(row["seconds"]), int(row["memory"])) for sha256, row in document.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def record(directory: Path, measured: Mapping[str, Measured]) -> None:
    """Keep what was measured; where nothing can be written, nothing is kept."""
    rows = {key: {"seconds": one.seconds, "memory": one.memory} for key, one in sorted(measured.items())}
    try:
        directory.mkdir(parents=True, exist_ok=True)
        unfinished = directory / f".{FILE}"
        unfinished.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
        unfinished.replace(directory / FILE)
    except OSError:
        return


def main(name: str) -> None:
    """Load the model, say something to it, and print how much memory that took."""
    from local_models.catalog import spec_of  # noqa: PLC0415 - after the clock has started

    if spec_of(name).purpose == "chat":
        from local_models.chat import load_chat  # noqa: PLC0415 - the same

        list(load_chat(name).stream([("user", "Hello")], max_tokens=1, temperature=0.0))
    else:
        from local_models.embed import load_embedder  # noqa: PLC0415 - the same

        load_embedder(name).vector("Hello")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    sys.stdout.write(str(peak if sys.platform == "darwin" else peak * 1024))


if __name__ == "__main__":
    main(sys.argv[1])
