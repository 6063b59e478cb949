"""Whatever is done to a log, verification says what is wrong and where."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from audit.canonical import canonical
from audit.chain import leaf_hash
from audit.checkpoint import Signer
from audit.errors import AuditError
from audit.heads import head_files, heads_dir
from audit.verify import verify
from configs.state import StatePaths

ALL = range(1, 9)
SELECT = "SELECT * FROM audit_record WHERE seq = ?"


def body(log, seq):
    return log.sql("SELECT body FROM audit_record WHERE seq = ?", seq)[0][0]


def rewrite(log, seq, text, *, leaf=False):
    data = body(log, seq).replace(*text)
    assert data != body(log, seq)
    log.sql("UPDATE audit_record SET body = ? WHERE seq = ?", data, seq)
    if leaf:
        log.sql("UPDATE audit_record SET leaf = ? WHERE seq = ?", leaf_hash(data), seq)


def test_whole(written):
    result = written.verify()
    assert (result.ok, result.records, result.problems, result.notes) == (True, 8, [], [])
    assert [(stream.records, stream.signed, stream.state) for stream in result.streams] == [(8, 8, "closed")]


def test_running(log, make_intent):
    store = log.open()
    store.append(make_intent()).result(5)
    result = log.verify()
    store.close()
    assert result.ok
    assert [(stream.records, stream.signed, stream.state) for stream in result.streams] == [(2, 2, "live")]


@pytest.mark.parametrize("seq", ALL)
def test_changed(written, seq):
    rewrite(written, seq, (b'"v":1', b'"v":2'))
    assert written.found() == [(seq, None)]


@pytest.mark.parametrize("seq", ALL)
def test_one_flipped_bit_anywhere_in_the_body(written, seq):
    original = body(written, seq)
    for position in range(0, len(original), 37):
        flipped = bytearray(original)
        flipped[position] ^= 1
        written.sql("UPDATE audit_record SET body = ? WHERE seq = ?", bytes(flipped), seq)
        assert written.found()[0] == (seq, None)


@pytest.mark.parametrize("seq", ALL)
def test_leaf_hash_changed(written, seq):
    written.sql("UPDATE audit_record SET leaf = ? WHERE seq = ?", bytes(32), seq)
    assert written.found() == [(seq, None)]


@pytest.mark.parametrize("seq", ALL)
def test_changed_with_its_leaf_hash(written, seq):
    rewrite(written, seq, (b'"v":1', b'"v":2'), leaf=True)
    places = written.found()
    assert len(places) == 1
    assert places[0][0] <= seq <= (places[0][1] or places[0][0])


def test_rechained_after_an_edit(written):
    """The attacker edits record 4 and computes every hash behind it anew; only the signed roots tell."""
    rows = written.sql("SELECT seq, body FROM audit_record WHERE seq >= 4 ORDER BY seq")
    prev = None
    for seq, stored in rows:
        record = json.loads(stored)
        if seq == 4:
            record["event"]["actor"]["address"] = "10.9.9.9"
        record["prev"] = record["prev"] if prev is None else prev.hex()
        data = canonical(record)
        prev = leaf_hash(data)
        written.sql("UPDATE audit_record SET body=?, leaf=? WHERE seq=?", data, prev, seq)
    result = written.verify()
    assert [(problem.seq, problem.last) for problem in result.problems] == [(2, 4)]  # signed at sizes 1, 4, 7 and 8
    assert "computed anew" in result.problems[0].what


@pytest.mark.parametrize("seq", ALL)
def test_dropped(written, seq):
    written.sql("DELETE FROM audit_record WHERE seq = ?", seq)
    assert written.found() == [(seq, seq)]


@pytest.mark.parametrize("first", ALL)
def test_cut_off_at_the_end(written, first):
    written.sql("DELETE FROM audit_record WHERE seq >= ?", first)
    assert written.found() == [(first, 8)]


@pytest.mark.parametrize(("a", "b"), [(1, 2), (2, 3), (3, 6), (2, 8), (7, 8)])
@pytest.mark.parametrize("what", ["rows", "bodies"])
def test_swapped(written, a, b, what):
    if what == "rows":
        for old, new in ((a, -1), (b, a), (-1, b)):
            written.sql("UPDATE audit_record SET seq = ? WHERE seq = ?", new, old)
    else:
        bodies = body(written, a), body(written, b)
        for seq, data in zip((b, a), bodies, strict=True):
            written.sql("UPDATE audit_record SET body = ? WHERE seq = ?", data, seq)
    assert written.found() == [(a, None), (b, None)]


def loosen(log):
    """The table without its keys, as an attacker may rebuild it."""
    log.sql("CREATE TABLE other AS SELECT * FROM audit_record")
    log.sql("DROP TABLE audit_record")
    log.sql("ALTER TABLE other RENAME TO audit_record")


@pytest.mark.parametrize("seq", ALL)
def test_duplicated(written, seq):
    loosen(written)
    written.sql("INSERT INTO audit_record SELECT * FROM audit_record WHERE seq = ?", seq)
    assert written.found() == [(seq, None)]


def test_inserted_at_the_end(written):
    loosen(written)
    written.sql("INSERT INTO audit_record SELECT * FROM audit_record WHERE seq = 8")
    written.sql("UPDATE audit_record SET seq = 9 WHERE rowid = (SELECT max(rowid) FROM audit_record)")
    assert written.found() == [(9, None), (9, 9)]


def test_forged_record_at_the_end(written):
    """Well formed and chained; but the stream was closed before it."""
    stream, data = written.sql("SELECT stream, leaf FROM audit_record WHERE seq = 8")[0]
    record = json.loads(body(written, 7)) | {"seq": 9, "prev": data.hex()}
    record["event"]["id"] = "01K9ZQ3V8M4T2R6Y5W7X1A0B3C"
    forged = canonical(record)
    loosen(written)
    written.sql("INSERT INTO audit_record SELECT * FROM audit_record WHERE seq = 7")
    written.sql(
        "UPDATE audit_record SET seq=9, body=?, leaf=?, id=? WHERE rowid=(SELECT max(rowid) FROM audit_record)",
        forged, leaf_hash(forged), record["event"]["id"],
    )  # fmt: skip
    assert written.found() == [(9, 9)]
    assert stream in str(written.verify().problems[0])


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("time", "2020-01-01T00:00:00.000000Z"), ("kind", "notice"), ("decision_id", "x"), ("user", "bob"),
        ("department", "hr"), ("provider", "x"), ("model", "x"), ("effect", "block"), ("mode", "monitor"),
        ("rules", " other "), ("types", ""), ("findings", 0), ("redacted", 0), ("status", 500), ("code", "x"), ("id", "x"),
    ],
)  # fmt: skip
def test_index_column_changed(written, column, value):
    written.sql(f'UPDATE audit_record SET "{column}" = ? WHERE seq = 2', value)
    result = written.verify()
    assert [(problem.seq, column in problem.what) for problem in result.problems] == [(2, True)]


def test_sequence_number_that_is_none(written):
    loosen(written)
    written.sql("UPDATE audit_record SET seq = 'four' WHERE seq = 4")
    assert (4, 4) in written.found()


def test_database_missing(written):
    written.database.unlink()
    assert written.found() == [(None, None), (1, 8)]


def test_table_missing(written):
    written.sql("DROP TABLE audit_record")
    assert written.found() == [(None, None), (1, 8)]


def test_database_is_no_database(written):
    written.database.write_bytes(b"nothing of the kind" * 500)
    assert not written.verify().ok


def test_stream_deleted(written, make_intent):
    store = written.open()
    second = store.stream
    store.append(make_intent()).result(5)
    store.close()
    written.sql("DELETE FROM audit_record WHERE stream = ?", second)
    problems = written.verify().problems
    assert [(problem.stream, problem.seq, problem.last) for problem in problems] == [(second, 1, 3)]


def test_stream_deleted_with_everything_signed_about_it(written, make_intent):
    """Its successor names it."""
    first = written.sql("SELECT stream FROM audit_record LIMIT 1")[0][0]
    store = written.open()
    store.append(make_intent()).result(5)
    store.close()
    written.sql("DELETE FROM audit_record WHERE stream = ?", first)
    notes = written.state.checkpoints.read_text().split("\n\nprivet/")
    kept = [note for note in notes if first not in note]
    written.state.checkpoints.write_text("privet/" + "\n\nprivet/".join(kept).removeprefix("privet/"))
    assert [(problem.stream, problem.seq) for problem in written.verify().problems] == [(first, 1)]


def test_older_backup_put_back(written, make_intent, tmp_path):
    shutil.copy(written.database, tmp_path / "backup.db")
    store = written.open()
    store.append(make_intent()).result(5)
    store.close()
    shutil.copy(tmp_path / "backup.db", written.database)
    assert [(problem.seq, problem.last) for problem in written.verify().problems] == [(1, 3)]


def test_checkpoints_missing(written):
    written.state.checkpoints.unlink()
    assert written.found() == [(None, None), (1, 8)]


def test_checkpoints_and_database_missing(written):
    written.state.checkpoints.unlink()
    written.database.unlink()
    with pytest.raises(AuditError, match="nothing to verify"):
        written.verify()


@pytest.mark.parametrize(("old", "new"), [("\n8\n", "\n7\n"), ("state closed", "state live"), ("time 2", "time 3")])
def test_checkpoint_changed(written, old, new):
    text = written.state.checkpoints.read_text()
    head, _, tail = text.rpartition(old)
    written.state.checkpoints.write_text(head + new + tail)
    problems = [str(problem) for problem in written.verify().problems]
    assert "signature doesn't match" in problems[0]


def test_checkpoint_of_another_key(written, tmp_path):
    other = Signer.open(StatePaths(tmp_path / "other"), "privet/test")
    result = verify(written.database, written.state.checkpoints, other.public_key)
    assert not result.ok
    assert "not signed with this key" in result.problems[0].what


def test_last_checkpoint_cut_away(written):
    """The closing checkpoint and two records are gone: the stream was never closed, and has no head."""
    notes = written.state.checkpoints.read_text().split("\n\nprivet/")
    written.state.checkpoints.write_text("\n\nprivet/".join(notes[:-1]) + "\n\n")
    written.sql("DELETE FROM audit_record WHERE seq > 6")
    assert any("head file is missing" in problem.what for problem in written.verify().problems)


def test_unfinished_checkpoint_is_no_problem(written):
    with written.state.checkpoints.open("a") as file:
        file.write("privet/test/01K")
    result = written.verify()
    assert result.ok
    assert "unfinished" in result.notes[0]


WRITER = """
import sys
from pathlib import Path
from conftest import Log, intent
store = Log(Path(sys.argv[1])).open()
for number in range(5):
    store.append(intent()).result(10)
print(store.stream, flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="session")
def left_by_a_kill(tmp_path_factory):
    """What a writer leaves that was killed after five acknowledged records (2 to 6)."""
    root = tmp_path_factory.mktemp("killed")
    paths = f"{Path(__file__).parents[2]}{os.pathsep}{Path(__file__).parent}"
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(root)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": paths},
    )  # fmt: skip
    assert writer.stdout.readline().strip()
    writer.send_signal(signal.SIGKILL)
    writer.communicate()
    return root


@pytest.fixture
def killed(log, left_by_a_kill):
    shutil.copytree(left_by_a_kill, log.root, dirs_exist_ok=True)
    return log


def test_killed_writer_leaves_a_whole_log(killed, make_intent):
    assert (killed.verify().ok, killed.verify().records) == (True, 6)
    store = killed.open()  # moves the head into the log
    assert [path.stem for path in head_files(killed.state.checkpoints)] == [store.stream]
    store.close()
    result = killed.verify()
    assert result.ok
    assert [stream.state for stream in result.streams] == ["recovered", "closed"]


@pytest.mark.parametrize("restarted", [False, True])
def test_last_record_of_a_killed_writer_cut_off(killed, restarted):
    if restarted:
        killed.open().close()
    killed.sql("DELETE FROM audit_record WHERE seq = 6 AND stream = (SELECT min(stream) FROM audit_record)")
    assert killed.found() == [(6, 6)]


def test_last_record_of_a_killed_writer_changed(killed):
    rewrite(killed, 6, (b'"v":1', b'"v":2'), leaf=True)
    assert killed.found() == [(6, 6)]


def test_head_of_a_killed_writer_removed(killed):
    shutil.rmtree(heads_dir(killed.state.checkpoints))
    killed.sql("DELETE FROM audit_record WHERE seq = 6")
    assert any("head file is missing" in problem.what for problem in killed.verify().problems)


def test_head_of_a_killed_writer_forged(killed):
    path = head_files(killed.state.checkpoints)[0]
    path.write_bytes(path.read_bytes().replace(b"\n6\n", b"\n5\n").replace(b"\n5\n", b"\n4\n"))
    assert any("no checkpoint with a valid signature" in problem.what for problem in killed.verify().problems)


def chained(log, count):
    """Append well-formed records behind the head, as a crash between commit and head leaves them."""
    loosen(log)
    seq, prev = log.sql("SELECT seq, leaf FROM audit_record ORDER BY seq DESC LIMIT 1")[0]
    record = json.loads(body(log, 2))
    with closing(sqlite3.connect(log.database)) as connection, connection:
        for number in range(seq + 1, seq + count + 1):
            data = canonical(record | {"seq": number, "prev": prev.hex()})
            prev = leaf_hash(data)
            connection.execute("INSERT INTO audit_record SELECT * FROM audit_record WHERE seq = 2")
            last = "rowid = (SELECT max(rowid) FROM audit_record)"
            connection.execute(f"UPDATE audit_record SET seq=?, body=?, leaf=? WHERE {last}", (number, data, prev))


def test_unacknowledged_records_are_noted(killed):
    chained(killed, 2)
    result = killed.verify()
    assert result.ok
    assert "records 7 to 8: never signed" in result.notes[0]


def test_more_unsigned_records_than_a_commit_holds(killed):
    chained(killed, 130)
    assert killed.found() == [(7, 136)]


def test_read_only_medium(written, small_disk):
    disk = small_disk(megabytes=1)
    shutil.copy(written.database, disk.path)
    disk.read_only()
    key = Signer.open(written.state, "privet/test").public_key
    assert verify(disk.path / "audit.db", written.state.checkpoints, key).ok
