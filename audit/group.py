"""Group commit: many callers, one thread that writes for all of them, and a deadline that holds whatever the disk does.

What is waiting when a commit ends goes into the next one, up to a limit: nobody waits for a batch to fill. An item for
which nobody waits (`lazy`) rides along with the next one that somebody waits for, or goes a moment later; it wakes the
writer only if that has been idle. A second thread fails every future that is late, so that a hanging disk makes
refusals, not hanging clients. What is written here and how is the `commit` function's business.
"""

import contextlib
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass
from typing import Any

from audit.errors import AuditError

_log = logging.getLogger("privet.audit")

MAX_BATCH = 128
MAX_WAITING = 4096
_IDLE_SECONDS = 0.5
_LAZY_SECONDS = 0.05  # how long an item that nobody waits for may stay in memory alone


@dataclass(frozen=True, slots=True)
class _Waiting[T, R]:
    item: T
    future: "Future[R]"
    deadline: float
    lazy: bool


class GroupCommit[T, R]:
    """Calls `commit(items, alive)` from one thread. It returns one result per item, or raises `AuditError` for all.

    `alive()` says whether anybody still waits for one of the items. `idle()` is called twice a second between commits.
    """

    def __init__(
        self, commit: Callable[[Sequence[T], Callable[[], bool]], Sequence[R]], idle: Callable[[], None], timeout: float
    ) -> None:
        self._commit, self._idle, self._timeout = commit, idle, timeout
        self._waiting: deque[_Waiting[T, R]] = deque()
        self._watched: deque[tuple[float, Future[R]]] = deque()
        self._changed = threading.Condition()
        self._ended = threading.Event()
        self._closing = False
        self._dozing = False  # the writer has to be woken for whatever comes
        self._urgent = 0  # how many of the waiting are not lazy
        self._writer = threading.Thread(target=self._write, name="audit-writer", daemon=True)
        self._watcher = threading.Thread(target=self._watch, name="audit-deadlines", daemon=True)
        self._writer.start()
        self._watcher.start()

    def submit(self, item: T, *, lazy: bool = False) -> "Future[R]":
        """Queue an item; a `lazy` one waits a little for company.

        Its future is done within the timeout; at once, with `AuditError`, if the queue is full.
        """
        future: Future[R] = Future()
        with self._changed:
            if self._closing:
                future.set_exception(AuditError("the audit log is closed"))
            elif len(self._waiting) >= MAX_WAITING:
                future.set_exception(AuditError(f"the audit log is behind: {MAX_WAITING} records wait already"))
            else:
                deadline = time.monotonic() + self._timeout
                self._waiting.append(_Waiting(item, future, deadline, lazy))
                self._watched.append((deadline, future))
                self._urgent += not lazy
                if not lazy or self._dozing:
                    self._changed.notify()
        return future

    def late(self) -> bool:
        """Whether a record has waited too long and is still not written, or the writer is gone."""
        with self._changed:
            oldest = self._waiting[0].deadline if self._waiting else None
        return not self._writer.is_alive() or (oldest is not None and oldest < time.monotonic())

    def close(self) -> bool:
        """Write what is waiting, then stop. False if the writer doesn't end in time."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._writer.join(2 * self._timeout + 2 * _IDLE_SECONDS)
        return not self._writer.is_alive()

    def _write(self) -> None:
        while True:
            with self._changed:
                if not self._urgent:
                    self._changed.wait_for(lambda: self._urgent or self._closing, _LAZY_SECONDS)
                if not self._waiting and not self._closing:
                    self._dozing = True
                    woken = self._changed.wait(_IDLE_SECONDS)
                    self._dozing = False
                    if woken and not self._urgent:
                        continue  # what came may have company soon
                batch = [self._waiting.popleft() for _ in range(min(MAX_BATCH, len(self._waiting)))]
                self._urgent -= sum(not waiting.lazy for waiting in batch)
                if not batch and self._closing:
                    self._ended.set()
                    return
            batch = [waiting for waiting in batch if not waiting.future.done()]
            try:
                if batch:
                    self._write_batch(batch)
                else:
                    self._idle()
            except Exception as error:  # noqa: BLE001 - the one guard: a fault in writing must refuse, never end the thread
                _log.error("audit writer failed: %s", type(error).__name__)
                self._fail(batch, AuditError("the audit log met an internal error"))

    def _write_batch(self, batch: "list[_Waiting[T, R]]") -> None:
        def alive() -> bool:
            return any(not waiting.future.done() for waiting in batch)

        try:
            results = self._commit([waiting.item for waiting in batch], alive)
        except AuditError as error:
            self._fail(batch, error)
            return
        for waiting, result in zip(batch, results, strict=True):
            try:
                waiting.future.set_result(result)
            except InvalidStateError:
                continue  # late or cancelled: answered already; that its record exists does no harm

    @staticmethod
    def _fail(batch: "list[_Waiting[T, R]]", error: AuditError) -> None:
        for waiting in batch:
            _fail_future(waiting.future, error)

    def _watch(self) -> None:
        """Fail what is late. Needs no waking: an item that comes during a pause is due after it."""
        pause = self._timeout
        while not self._ended.wait(pause):
            now = time.monotonic()
            with self._changed:
                late = []
                while self._watched and (self._watched[0][0] <= now or self._watched[0][1].done()):
                    late.append(self._watched.popleft()[1])
                pause = max(0.0, self._watched[0][0] - now) if self._watched else self._timeout
            for future in late:
                _fail_future(future, AuditError(f"the record was not durable within {self._timeout:g} s"))


def _fail_future(future: "Future[Any]", error: AuditError) -> None:
    with contextlib.suppress(InvalidStateError):  # done already
        future.set_exception(error)
