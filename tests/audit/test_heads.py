"""Heads and the checkpoint log survive torn writes, and tell dead writers from live ones."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.checkpoint import Checkpoint, Signer, StreamState, verify_note
from audit.errors import AuditError
from audit.heads import (
    HeadFile,
    append_checkpoint,
    head_files,
    heads_dir,
    read_notes,
    recover_heads,
    valid_heads,
)

SIGNER = Signer(Ed25519PrivateKey.from_private_bytes(bytes(range(32))), "privet/test")
STREAM = "01K9ZQ3V8M4T2R6Y5W7X1A0B3C"
TIME = "2026-11-24T03:22:05.123456Z"


def note(size, stream=STREAM, state=StreamState.LIVE):
    return SIGNER.sign(Checkpoint("privet/test", stream, size, bytes([size] * 32), TIME, state))


@pytest.fixture
def log(tmp_path):
    return tmp_path / "checkpoints.log"


def sizes(path):
    return [checkpoint.size for checkpoint in valid_heads(path, SIGNER.public_key)]


def test_head_holds_the_newest_two(log):
    head = HeadFile.create(heads_dir(log), STREAM, note(0))
    for size in range(1, 8):
        head.write(note(size))
        assert sizes(head.path) == sorted({size, size - 1}, reverse=True)
    assert head.path.stat().st_size == 8192
    head.remove()
    assert head_files(log) == []


@pytest.mark.parametrize("slot", [0, 1])
@pytest.mark.parametrize("torn", [0, 1, 100, 200])
def test_a_torn_slot_leaves_the_other(log, slot, torn):
    head = HeadFile.create(heads_dir(log), STREAM, note(1))
    head.write(note(2))
    data = bytearray(head.path.read_bytes())
    data[slot * 4096 + torn : (slot + 1) * 4096] = bytes(4096 - torn)
    head.path.write_bytes(data)
    assert len(sizes(head.path)) == 1
    head.release()


def test_a_head_of_another_stream_does_not_count(log):
    head = HeadFile.create(heads_dir(log), STREAM, note(1, stream="01K9ZQ3V8M4T2R6Y5W7X1A0B3D"))
    assert sizes(head.path) == []
    head.release()


def test_write_notices_that_the_file_is_gone_or_another(log):
    head = HeadFile.create(heads_dir(log), STREAM, note(1))
    content = head.path.read_bytes()
    head.path.unlink()
    with pytest.raises(AuditError, match="can't be written"):
        head.write(note(2))
    head.path.write_bytes(content)
    with pytest.raises(AuditError, match="another file"):
        head.write(note(3))
    head.release()


def test_recover_moves_dead_heads_only(log):
    live = HeadFile.create(heads_dir(log), "01K9ZQ3V8M4T2R6Y5W7X1A0B3D", note(1, stream="01K9ZQ3V8M4T2R6Y5W7X1A0B3D"))
    dead = HeadFile.create(heads_dir(log), STREAM, note(7))
    dead.release()  # as the kernel does when a process dies
    assert recover_heads(log, SIGNER, TIME) == [STREAM]
    assert head_files(log) == [live.path]
    [recovered] = [verify_note(text, SIGNER.public_key) for text in read_notes(log)]
    assert (recovered.stream, recovered.size, recovered.state) == (STREAM, 7, StreamState.RECOVERED)
    live.release()


def test_recover_leaves_what_it_cannot_believe(log):
    head = HeadFile.create(heads_dir(log), STREAM, note(7))
    head.path.write_bytes(head.path.read_bytes().replace(b"\n7\n", b"\n6\n"))
    head.release()
    assert recover_heads(log, SIGNER, TIME) == []
    assert head_files(log) == [head.path]
    assert not log.exists()


def test_log_round_trip(log):
    for size in range(5):
        append_checkpoint(log, note(size))
    assert list(read_notes(log)) == [note(size) for size in range(5)]


@pytest.mark.parametrize("cut", [1, 2, 3, 50, 120, 200])
def test_an_unfinished_note_is_taken_back_by_the_next(log, cut):
    append_checkpoint(log, note(1))
    append_checkpoint(log, note(2))
    log.write_bytes(log.read_bytes()[:-cut])
    append_checkpoint(log, note(3))
    kept = [verify_note(text, SIGNER.public_key).size for text in read_notes(log)]
    assert kept == [1, 3]


@pytest.mark.parametrize("left", ["", "pri", note(9)[:90], note(9)[:-20]])
def test_an_unfinished_first_note(log, left):
    log.write_text(left)
    append_checkpoint(log, note(3))
    assert list(read_notes(log)) == [note(3)]


def test_what_no_crash_leaves_is_not_removed(log):
    append_checkpoint(log, note(1))
    with log.open("ab") as file:
        file.write(b"x" * 5000)
    append_checkpoint(log, note(2))
    assert b"x" * 5000 in log.read_bytes()
