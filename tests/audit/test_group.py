"""Batches form while a commit runs; every future is answered in time, whatever the writer does."""

import threading
import time
from concurrent.futures import wait

import pytest

from audit import group
from audit.errors import AuditError
from audit.group import MAX_BATCH, GroupCommit


class Writer:
    """A commit function that can be held, and remembers its batches."""

    def __init__(self):
        self.batches, self.open, self.error, self.idled = [], threading.Event(), None, threading.Event()
        self.open.set()

    def commit(self, items, alive):
        self.open.wait(10)
        self.batches.append(list(items))
        if self.error is not None:
            raise self.error
        return [item * 2 for item in items]

    def idle(self):
        self.idled.set()


@pytest.fixture
def writer():
    return Writer()


def start(writer, timeout=5.0):
    return GroupCommit(writer.commit, writer.idle, timeout)


def test_results_belong_to_items(writer):
    commits = start(writer)
    futures = [commits.submit(number) for number in range(1000)]
    assert [future.result(5) for future in futures] == [2 * number for number in range(1000)]
    assert [number for batch in writer.batches for number in batch] == list(range(1000))
    assert max(map(len, writer.batches)) <= MAX_BATCH
    assert commits.close()


def test_what_waits_goes_together(writer):
    commits = start(writer)
    writer.open.clear()
    futures = [commits.submit(number) for number in range(100)]
    writer.open.set()
    wait(futures, 5)
    assert len(writer.batches) <= 3
    commits.close()


def test_an_error_is_everybodys(writer):
    commits = start(writer)
    writer.error = AuditError("no")
    with pytest.raises(AuditError, match="no"):
        commits.submit(1).result(5)
    writer.error = ValueError("a value that must not be told")
    with pytest.raises(AuditError, match="internal error"):
        commits.submit(1).result(5)
    writer.error = None
    assert commits.submit(4).result(5) == 8
    commits.close()


def test_late_futures_fail_and_are_not_begun(writer):
    commits = start(writer, timeout=0.2)
    writer.open.clear()
    started = time.monotonic()
    futures = [commits.submit(number) for number in range(3)]
    assert all(isinstance(future.exception(5), AuditError) for future in futures)
    assert 0.15 < time.monotonic() - started < 1
    later = commits.submit(7)
    with pytest.raises(AuditError):
        later.result(5)
    assert commits.late() or writer.batches == []
    writer.open.set()
    assert commits.submit(5).result(5) == 10
    assert 7 not in [number for batch in writer.batches for number in batch]
    commits.close()


def test_a_cancelled_future_harms_nobody(writer):
    commits = start(writer)
    writer.open.clear()
    futures = [commits.submit(number) for number in range(3)]
    futures[1].cancel()
    writer.open.set()
    assert [futures[0].result(5), futures[2].result(5)] == [0, 4]
    commits.close()


def test_full(writer, monkeypatch):
    monkeypatch.setattr(group, "MAX_WAITING", 3)
    commits = start(writer)
    writer.open.clear()
    futures = [commits.submit(number) for number in range(10)]
    assert sum(future.done() for future in futures) >= 6
    assert "behind" in str(futures[-1].exception(0))
    writer.open.set()
    assert futures[0].result(5) == 0
    commits.close()


def test_close_writes_what_waits(writer):
    commits = start(writer)
    writer.open.clear()
    futures = [commits.submit(number) for number in range(300)]
    threading.Timer(0.1, writer.open.set).start()
    assert commits.close()
    assert [future.result(0) for future in futures] == [2 * number for number in range(300)]
    with pytest.raises(AuditError, match="closed"):
        commits.submit(1).result(0)


def test_close_does_not_wait_for_ever(writer):
    commits = start(writer, timeout=0.1)
    writer.open.clear()
    commits.submit(1)
    assert not commits.close()
    writer.open.set()


def test_idle(writer):
    commits = start(writer)
    assert writer.idled.wait(5)
    commits.close()


def test_what_nobody_waits_for_rides_along(writer, monkeypatch):
    monkeypatch.setattr(group, "_LAZY_SECONDS", 60.0)
    commits = start(writer)
    lazy = [commits.submit(number, lazy=True) for number in range(3)]
    assert not wait(lazy, 0.05).done
    assert commits.submit(3).result(5) == 6
    assert [future.result(5) for future in lazy] == [0, 2, 4]
    assert writer.batches == [[0, 1, 2, 3]]
    assert commits.close()


def test_what_nobody_waits_for_goes_by_itself_at_last(writer):
    commits = start(writer)
    assert commits.submit(1, lazy=True).result(5) == 2
    commits.close()


def test_closing_takes_along_what_nobody_waits_for(writer, monkeypatch):
    monkeypatch.setattr(group, "_LAZY_SECONDS", 60.0)
    commits = start(writer)
    lazy = commits.submit(1, lazy=True)
    assert commits.close()
    assert lazy.result(0) == 2


def test_what_nobody_waits_for_wakes_nobody_after_a_commit(writer, monkeypatch):
    monkeypatch.setattr(group, "_LAZY_SECONDS", 60.0)
    commits = start(writer)
    assert commits.submit(1).result(5) == 2
    woken = []
    notify = commits._changed.notify
    monkeypatch.setattr(commits._changed, "notify", lambda: (woken.append(1), notify()))
    lazy = commits.submit(2, lazy=True)
    assert not woken
    assert commits.submit(3).result(5) == 6
    assert (lazy.result(5), woken) == (4, [1])
    assert writer.batches == [[1], [2, 3]]
    assert commits.close()


def test_an_idle_writer_is_woken_by_whatever_comes(writer, monkeypatch):
    monkeypatch.setattr(group, "_IDLE_SECONDS", 60.0)
    commits = start(writer)
    deadline = time.monotonic() + 10
    while not commits._dozing:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    assert commits.submit(1, lazy=True).result(5) == 2
    while not commits._dozing:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    assert commits.submit(3).result(5) == 6
    assert commits.close()
