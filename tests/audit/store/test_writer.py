"""The store answers "durable" only when it is, in time or not at all, and comes back when the database does."""

import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import wait
from contextlib import closing
from pathlib import Path

import pytest

from audit.canonical import decode_record
from audit.errors import AuditError
from audit.heads import head_files
from audit.store import AuditStore
from configs.state import StatePaths

TESTS = Path(__file__).parents[1]
ENVIRONMENT = os.environ | {"PYTHONPATH": f"{TESTS.parents[1]}{os.pathsep}{TESTS}"}


def refused(store, event, within):
    started = time.monotonic()
    with pytest.raises(AuditError) as error:
        store.append(event).result(within + 2)
    assert time.monotonic() - started < within + 0.5
    return str(error.value)


def notices(log):
    found = log.sql("SELECT body FROM audit_record WHERE kind = 'notice' ORDER BY stream, seq")
    return [decode_record(body).event["notice"]["code"] for (body,) in found]


def test_records_are_numbered_without_gaps_and_linked(log, make_intent):
    store = log.open()
    futures = [store.append(make_intent()) for _ in range(300)]
    placed = [future.result(5) for future in futures]
    assert [place.seq for place in placed] == list(range(2, 302))
    assert {place.stream for place in placed} == {store.stream}
    store.close()
    assert log.verify().ok
    assert notices(log) == ["stream_opened", "stream_closed"]


def test_an_answered_record_is_visible_to_others(log, make_intent):
    store = log.open()
    place = store.append(make_intent()).result(5)
    assert log.sql("SELECT hex(leaf) FROM audit_record WHERE seq = ?", place.seq) == [(place.leaf.upper(),)]
    store.close()


def test_many_threads(log, make_intent):
    store = log.open()

    def work():
        for _ in range(20):
            store.append(make_intent()).result(5)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store.close()
    assert (log.verify().ok, log.verify().records) == (True, 162)


def test_nobody_else_may_read_the_database(log):
    log.open().close()
    assert log.database.stat().st_mode & 0o077 == 0


def test_a_second_start_names_the_stream_before(log, make_intent):
    store = log.open()
    store.append(make_intent()).result(5)
    store.close()
    log.open().close()
    body = log.sql("SELECT body FROM audit_record WHERE stream <> ? AND seq = 1", store.stream)[0][0]
    details = decode_record(body).event["notice"]["details"]
    assert (details["prev_stream"], details["prev_seq"]) == (store.stream, "3")


def test_closed(log, make_intent):
    store = log.open()
    store.close()
    store.close()
    assert not store.healthy()
    assert "closed" in refused(store, make_intent(), 0)
    assert not head_files(log.state.checkpoints)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("sqlite:///{root}/missing/audit.db", "no such directory"),
        ("sqlite://", "needs a file"),
        ("sqlite:///:memory:", "needs a file"),
        ("postgresql://localhost/x", "isn't supported"),
        ("nonsense", "expected a URL"),
        ("sqlite:///{root}", "is no file"),
    ],
)
def test_open_says_what_is_wrong(tmp_path, url, says):
    with pytest.raises(AuditError, match=says):
        AuditStore.open(url.format(root=tmp_path), state=StatePaths(tmp_path / "state"), origin="privet/test")


def test_open_refuses_a_foreign_schema(log):
    with closing(sqlite3.connect(log.database)) as connection:
        connection.execute("PRAGMA user_version = 7")
    with pytest.raises(AuditError, match="schema version 7"):
        log.open()


def test_open_refuses_no_database(log):
    log.database.write_bytes(b"no database at all" * 100)
    with pytest.raises(AuditError, match="SQLITE_NOTADB"):
        log.open()


def test_open_refuses_a_key_that_others_may_read(log):
    log.open().close()
    log.state.audit_key.chmod(0o644)
    with pytest.raises(AuditError, match="chmod 600"):
        log.open()


def test_open_refuses_a_public_key_of_another_pair(log, tmp_path):
    log.open().close()
    other = StatePaths(tmp_path / "other")
    AuditStore.open(f"sqlite:///{tmp_path}/other.db", state=other, origin="privet/test").close()
    log.state.audit_public_key.write_bytes(other.audit_public_key.read_bytes())
    with pytest.raises(AuditError, match="not the public half"):
        log.open()


class Lock:
    """Another program that holds the database."""

    def __init__(self, log):
        self.connection = sqlite3.connect(log.database, isolation_level=None, timeout=10)
        self.connection.execute("BEGIN IMMEDIATE")

    def release(self):
        self.connection.execute("ROLLBACK")
        self.connection.close()


def test_locked(log, make_intent):
    store = log.open(commit_timeout=0.4)
    lock = Lock(log)
    first, second = refused(store, make_intent(), 0.4), refused(store, make_intent(), 0.4)
    assert "durable" in first + second or "locked" in first + second
    assert not store.healthy()
    lock.release()
    store.append(make_intent()).result(5)
    assert store.healthy()
    store.close()
    assert log.verify().ok
    assert "audit_recovered" in notices(log)


def test_locked_for_a_moment_only_delays(log, make_intent):
    store = log.open(commit_timeout=5)
    lock = Lock(log)
    future = store.append(make_intent())
    assert not wait([future], 0.3).done
    lock.release()
    assert future.result(5).seq == 2
    store.close()
    assert notices(log) == ["stream_opened", "stream_closed"]


def test_becomes_healthy_again_by_itself(log, make_intent):
    store = log.open(commit_timeout=0.2)
    lock = Lock(log)
    refused(store, make_intent(), 0.2)
    lock.release()
    deadline = time.monotonic() + 10
    while not store.healthy() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert store.healthy()
    store.close()
    assert log.verify().ok


def test_locked_at_start(log):
    log.open().close()
    lock = Lock(log)
    with pytest.raises(AuditError, match="locked"):
        log.open(commit_timeout=0.2)
    lock.release()
    log.open().close()
    assert log.verify().ok


@pytest.mark.parametrize("which", ["database", "all", "wal"])
def test_deleted_while_running(log, make_intent, tmp_path, which):
    store = log.open(commit_timeout=1)
    for _ in range(3):
        store.append(make_intent()).result(5)
    suffixes = {"database": ("",), "all": ("", "-wal", "-shm"), "wal": ("-wal",)}[which]
    for suffix in suffixes:
        Path(f"{log.database}{suffix}").rename(tmp_path / f"moved{suffix}")
    for _ in range(3):
        refused(store, make_intent(), 1)
        if which == "wal":
            break  # the next attempt may open the database anew
    if which != "wal":
        assert not store.healthy()
        assert not log.database.exists()
    if which == "all":
        for suffix in suffixes:
            (tmp_path / f"moved{suffix}").rename(f"{log.database}{suffix}")
        store.append(make_intent()).result(5)
        store.close()
        assert log.verify().ok
    else:
        store.close()
        assert which == "wal" or not log.verify().ok


def test_deleted_while_idle_is_noticed(log):
    store = log.open()
    log.database.rename(f"{log.database}.moved")
    deadline = time.monotonic() + 10
    while store.healthy() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not store.healthy()
    store.close()


def test_replaced_by_an_older_backup_while_running(log, make_intent, tmp_path):
    """The store goes on in a new stream; verification tells what the backup lacks."""
    log.open().close()
    backup = log.database.read_bytes()
    store = log.open()
    lost = store.append(make_intent()).result(5)
    for suffix in ("", "-wal", "-shm"):
        Path(f"{log.database}{suffix}").unlink(missing_ok=True)
    log.database.write_bytes(backup)
    refused(store, make_intent(), 2)
    kept = store.append(make_intent()).result(5)
    assert kept.stream != lost.stream
    store.close()
    assert [(problem.stream, problem.seq, problem.last) for problem in log.verify().problems] == [(lost.stream, 1, 2)]


@pytest.mark.parametrize("times", [1, 3])
def test_head_deleted_while_running(log, make_intent, times):
    store = log.open()
    for _ in range(times):
        head_files(log.state.checkpoints)[0].unlink()
        refused(store, make_intent(), 2)
        store.append(make_intent()).result(5)
    store.close()
    assert log.verify().ok


def test_state_directory_moved_away_while_running(log, make_intent, tmp_path):
    """Another one in its place would hold other keys, and stand in the way of the old one."""
    store = log.open()
    log.state.root.rename(tmp_path / "away")
    for _ in range(2):
        refused(store, make_intent(), 2)
    assert not log.state.root.exists()
    (tmp_path / "away").rename(log.state.root)
    store.append(make_intent()).result(5)
    store.close()
    assert log.verify().ok


def fill(path):
    with contextlib.suppress(OSError), path.open("wb", buffering=0) as file:
        while file.write(bytes(65536)):
            pass


def test_disk_full(log, make_intent, small_disk):
    disk = small_disk(megabytes=2)
    store = AuditStore.open(f"sqlite:///{disk.path}/audit.db", state=log.state, origin="privet/test", commit_timeout=1)
    acknowledged = [store.append(make_intent()).result(5)]
    filler = disk.path / "filler"
    fill(filler)
    answers = [store.append(make_intent()) for _ in range(300)]
    wait(answers, 5)
    assert all(future.done() for future in answers)
    assert any(isinstance(future.exception(), AuditError) for future in answers)
    assert not store.healthy()
    acknowledged += [future.result() for future in answers if future.exception() is None]
    filler.unlink()
    acknowledged.append(store.append(make_intent()).result(5))
    store.close()
    (disk.path / "audit.db").replace(disk.path / "whole.db")
    log.database.write_bytes((disk.path / "whole.db").read_bytes())
    assert log.verify().ok
    for place in acknowledged:
        where = (place.stream, place.seq)
        assert log.sql("SELECT hex(leaf) FROM audit_record WHERE stream = ? AND seq = ?", *where)[0] == (
            place.leaf.upper(),
        )


def test_a_head_that_cannot_be_written_refuses(log, make_intent):
    store = log.open()
    head = head_files(log.state.checkpoints)[0]
    head.parent.rename(f"{head.parent}.away")
    refused(store, make_intent(), 2)
    Path(f"{head.parent}.away").rename(head.parent)
    store.append(make_intent()).result(5)
    store.close()
    assert log.verify().ok


def test_a_hanging_disk_refuses_in_time(log, make_intent, monkeypatch):
    store = log.open(commit_timeout=0.3)
    released = threading.Event()
    write = store._write

    def hang(items):
        released.wait(10)
        return write(items)

    monkeypatch.setattr(store, "_write", hang)
    assert "within 0.3 s" in refused(store, make_intent(), 0.3)
    assert "within 0.3 s" in refused(store, make_intent(), 0.3)
    released.set()
    monkeypatch.undo()
    store.append(make_intent()).result(5)
    store.close()
    assert log.verify().ok


def test_commit_of_unknown_fate_is_settled_by_reading(log, make_intent, monkeypatch):
    """The commit happened but its success wasn't learnt: refused, present, and the stream goes on behind it."""
    store = log.open()
    stream, check, calls = store.stream, store._check_files, []

    def fail_once():
        calls.append(1)
        if len(calls) == 2:
            raise AuditError("unknown")
        check()

    monkeypatch.setattr(store, "_check_files", fail_once)
    refused(store, make_intent(), 2)
    place = store.append(make_intent()).result(5)
    assert (place.stream, place.seq) == (stream, 4)  # 2: the one of unknown fate, 3: the notice of the outage
    store.close()
    assert log.verify().ok


def test_commit_that_failed_is_not_counted(log, make_intent, monkeypatch):
    store = log.open()
    connection = store._connection
    with monkeypatch.context() as patch:
        patch.setattr(
            connection, "exec_driver_sql", lambda *_: (_ for _ in ()).throw(sqlite3.OperationalError("disk I/O"))
        )
        refused(store, make_intent(), 2)
    assert store.append(make_intent()).result(5).seq == 3
    store.close()
    assert log.verify().ok


def test_an_event_that_cannot_be_stored_fails_alone(log, make_intent):
    store = log.open()
    event = make_intent()
    object.__setattr__(event, "unknown", {"later": "1"})
    assert "later" in refused(store, event, 2)
    assert store.healthy()
    store.close()


def test_the_same_event_twice_is_refused(log, make_intent):
    store = log.open()
    event = make_intent()
    store.append(event).result(5)
    refused(store, event, 2)
    store.append(make_intent()).result(5)
    store.close()
    assert log.verify().ok


def test_checkpoints_by_count(log, make_intent):
    store = log.open(checkpoint_every=5)
    for _ in range(20):
        store.append(make_intent()).result(5)
    text = log.state.checkpoints.read_text()
    assert [int(note.split("\n")[1]) for note in text.split("privet/test/")[1:]] == [1, 6, 11, 16, 21]
    store.close()


def test_heartbeat_while_idle(log):
    store = log.open(checkpoint_seconds=0.1)
    deadline = time.monotonic() + 10
    while log.state.checkpoints.read_text().count("state live") < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert log.state.checkpoints.read_text().count("\n1\n") >= 2
    store.close()
    assert log.verify().ok


WRITER = """
import sys
from pathlib import Path
from conftest import Log, intent
store = Log(Path(sys.argv[1])).open(checkpoint_every=50)
waiting = []
for number in range(int(sys.argv[2])):
    waiting.append(store.append(intent()))
    if len(waiting) >= int(sys.argv[3]):
        place = waiting.pop(0).result(20)
        print(place.stream, place.seq, place.leaf, flush=True)
for future in waiting:
    place = future.result(20)
    print(place.stream, place.seq, place.leaf, flush=True)
store.close()
"""


def start_writer(log, records, in_flight):
    command = [sys.executable, "-c", WRITER, str(log.root), str(records), str(in_flight)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT)


def stored(log):
    return {(stream, seq, leaf.hex()) for stream, seq, leaf in log.sql("SELECT stream, seq, leaf FROM audit_record")}


def places(output):
    lines = [line.split() for line in output.splitlines(keepends=True) if line.endswith("\n")]
    return {(stream, int(seq), leaf) for stream, seq, leaf in lines}


@pytest.mark.slow
@pytest.mark.parametrize("in_flight", [1, 16])
def test_kill_9_loses_nothing_that_was_acknowledged(log, in_flight):
    acknowledged = set()
    for _ in range(3):
        writer = start_writer(log, 100_000, in_flight)
        lines = [writer.stdout.readline() for _ in range(random.randint(1, 120))]  # the moment is what varies
        writer.send_signal(signal.SIGKILL)
        acknowledged |= places("".join(lines) + writer.communicate()[0])
        result = log.verify()
        assert result.ok, result.problems
        assert acknowledged <= stored(log)
    log.open().close()
    assert log.verify().ok


def test_two_processes_on_one_database(log):
    writers = [start_writer(log, 60, 4) for _ in range(2)]
    acknowledged = [places(writer.communicate()[0]) for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0]
    assert [len(found) for found in acknowledged] == [60, 60]
    assert len({stream for found in acknowledged for stream, _, _ in found}) == 2
    assert acknowledged[0] | acknowledged[1] <= stored(log)
    assert log.verify().ok


def test_verification_while_others_write_start_and_close(log):
    """A log at work never looks tampered with."""
    log.open().close()
    writers = [start_writer(log, 150, 8) for _ in range(2)]
    checked = 0
    while any(writer.poll() is None for writer in writers):
        log.open().close()
        result = log.verify()
        assert result.ok, result.problems
        checked += 1
    for writer in writers:
        writer.communicate()
        assert writer.returncode == 0
    assert checked
    assert log.verify().ok
