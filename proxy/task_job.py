"""The job of a worker process that does one task: `DOING`. Its payload is the input, its result one answer."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from proxy.jobs import Job, confine, resident


def doing(
    task: str,
    answerer: str,
    place: str | None,
    directory: str | None,
    *,
    revision: str,
    evidence: str = "",  # noqa: ARG001 - what was chosen anew has a worker of its own
    memory: int = 512_000_000,
) -> tuple[Job, Any]:
    """Does a task of this revision. Once it is loaded, memory is limited to so many bytes more. Raises `ModelError`."""
    from local_models.errors import ModelError  # noqa: PLC0415 - only this worker pays for the model
    from local_models.tasks.saved import load_answerer  # noqa: PLC0415 - the same
    from local_models.tasks.task import known_tasks  # noqa: PLC0415 - the same

    known = known_tasks(None if directory is None else Path(directory))
    if known[task].revision != revision:
        raise ModelError(f"the task {task} or its examples were changed since Privet read them. Reload Privet")
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
