"""The job of a worker process that does one task: `DOING`. Its payload is the input, its result one answer."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from proxy.jobs import Job, confine, resident


def doing(
    task: str, answerer: str, place: str | None, directory: str | None, memory: int = 512_000_000
) -> tuple[Job, Any]:
    """Does a task. Once it is loaded, memory is limited to so many bytes more."""
    from local_models.tasks.saved import load_answerer  # noqa: PLC0415 - only this worker pays for the model
    from local_models.tasks.task import known_tasks  # noqa: PLC0415 - the same

    known = known_tasks(None if directory is None else Path(directory))
    loaded = load_answerer(known[task], answerer, None if place is None else Path(place))
    taken = resident()
    if sys.platform == "linux":
        confine(memory)

    def run(payload: Any) -> Iterator[Any]:
        answer = loaded.answer(payload)
        output = None if answer.output is None else dict(answer.output)
        yield [output, answer.confidence, answer.input_tokens, answer.output_tokens]

    return run, {"task": task, "answerer": loaded.name, "revision": known[task].revision, "memory": taken}


DOING = f"{__name__}:{doing.__name__}"
