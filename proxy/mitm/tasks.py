"""mitmproxy's tasks without what it notes of each for its own debugging; nobody reads that here.

A hook is a task, and a request has some ten of them.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any

from mitmproxy.utils import asyncio_utils

_RUNNING: set[asyncio.Task[Any]] = set()


class Tasks:
    """`asyncio_utils` as mitmproxy's connection handler sees it."""

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio_utils, name)

    @staticmethod
    def create_task[T](
        work: Coroutine[Any, Any, T],
        *,
        name: str,  # noqa: ARG004 - as the handler calls it
        keep_ref: bool,
        client: object = None,  # noqa: ARG004
    ) -> asyncio.Task[T]:
        """Start a task; with `keep_ref`, the event loop's own weak reference isn't the only one."""
        task = asyncio.create_task(work)
        if keep_ref and not task.done():
            _RUNNING.add(task)
            task.add_done_callback(_RUNNING.discard)
        return task
