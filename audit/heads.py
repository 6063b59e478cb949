r"""Where checkpoints are kept, outside the database: `checkpoints.log`, and one head per running stream.

    state_dir/checkpoints.log            signed notes, appended and fsynced, an empty line after each
    state_dir/checkpoints.heads/X.head   the newest note of stream X, in two slots that are written in turn

A checkpoint per commit makes the last acknowledged record provable even after `kill -9`; in the log it would cost as
much space as the records. So each commit overwrites one slot of the head, in place and synced: 8 KB per stream, and
a torn write leaves the other slot whole. At close the final checkpoint goes to the log and the head away. The writer
holds a lock on its head, so a later one can tell a dead stream from a live one and move its head into the log.
"""

import fcntl
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from audit.checkpoint import Checkpoint, Signer, StreamState, verify_note
from audit.errors import AuditError, CheckpointError

_SLOT = 4096  # a block: a torn write of one slot can't touch the other
_SLOTS = 2
_SUFFIX = ".head"
_TEMPORARY = ".new"
_COMPLETE = re.compile(rb"\n\n\xe2\x80\x94 [^\n]*\n\n")
_sync = getattr(os, "fdatasync", os.fsync)


def heads_dir(checkpoints: Path) -> Path:
    """The directory of heads that belongs to a `checkpoints.log`."""
    return checkpoints.with_suffix(".heads")


class HeadFile:
    """The head of the stream that this process writes."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor
        self._turn = 0

    @classmethod
    def create(cls, directory: Path, stream: str, note: str) -> "HeadFile":
        """Make, lock and sync the head file, complete with its first note. Raises `AuditError`."""
        path = directory / f"{stream}{_SUFFIX}"
        temporary = path.with_suffix(_TEMPORARY)
        try:
            directory.mkdir(mode=0o700, exist_ok=True)  # no parents: a state directory that was moved away stays so
            descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            head = cls(path, descriptor)
            for _ in range(_SLOTS):
                head._put(note)
            os.fsync(descriptor)
            temporary.rename(path)
            _sync_directory(directory)
        except OSError as error:
            raise AuditError(f"{path}: the log's head can't be written: {error.strerror}") from None
        return head

    def write(self, note: str) -> None:
        """Make `note` the durable head. Raises `AuditError`, also if the file is no longer there."""
        try:
            self._put(note)
            _sync(self._descriptor)
            here, there = os.fstat(self._descriptor), self.path.stat()
        except OSError as error:
            raise AuditError(f"{self.path}: the log's head can't be written: {error.strerror}") from None
        if (here.st_dev, here.st_ino) != (there.st_dev, there.st_ino):
            raise AuditError(f"{self.path}: another file has taken the place of the log's head")

    def _put(self, note: str) -> None:
        data = note.encode()
        if len(data) > _SLOT:
            raise AuditError("the log's origin is too long")
        slot = data.ljust(_SLOT, b"\n")
        if os.pwrite(self._descriptor, slot, self._turn * _SLOT) != _SLOT:
            raise AuditError(f"{self.path}: the log's head was written in part")
        self._turn = (self._turn + 1) % _SLOTS

    def remove(self) -> None:
        """Close and delete the file: the log holds the stream's last checkpoint."""
        self.path.unlink(missing_ok=True)
        self.release()

    def release(self) -> None:
        """Close the file but leave it where it is."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def append_checkpoint(log: Path, note: str) -> None:
    """Append a note to the log, durably. Half a note is taken back. Raises `AuditError`."""
    try:
        descriptor = os.open(log, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            size = os.fstat(descriptor).st_size
            whole = _whole_length(descriptor, size)
            if whole < size:  # a crash in the middle of a note that nothing relied on
                os.ftruncate(descriptor, whole)
            data = f"{note}\n".encode()
            try:
                written = os.pwrite(descriptor, data, whole)
                os.fsync(descriptor)
            except OSError:
                os.ftruncate(descriptor, whole)
                raise
            if written != len(data):
                os.ftruncate(descriptor, whole)
                raise AuditError(f"{log}: a checkpoint was written in part. Is the disk full?")
        finally:
            os.close(descriptor)
        if size == 0:
            _sync_directory(log.parent)
    except OSError as error:
        raise AuditError(f"{log}: checkpoints can't be written: {error.strerror}") from None


def _whole_length(descriptor: int, size: int) -> int:
    """Where the last complete note ends. More than half a note after it is no crash's work and stays for `verify`."""
    start = max(0, size - 2 * _SLOT)
    ends = [match.end() for match in _COMPLETE.finditer(os.pread(descriptor, size - start, start))]
    whole = start + ends[-1] if ends else start
    return whole if size - whole <= _SLOT else size


def read_notes(log: Path) -> Iterator[str]:
    """Every note of the log in its order. What is left over at the end comes too, as it is. Raises `OSError`."""
    lines: list[str] = []
    signed = False
    with log.open(encoding="utf-8", errors="replace", newline="\n") as file:
        for line in file:
            if line == "\n" and (signed or not lines):
                if lines:
                    yield "".join(lines)
                lines, signed = [], False
                continue
            signed = signed or line.startswith("\N{EM DASH} ")
            lines.append(line)
    if lines:
        yield "".join(lines)


def read_head(path: Path) -> list[str]:
    """The notes in a head's slots, whether valid or not. Raises `OSError`."""
    data = path.read_bytes()
    slots = (data[start : start + _SLOT] for start in range(0, max(len(data), 1), _SLOT))
    return [slot.decode(errors="replace").rstrip("\n") + "\n" for slot in slots]


def valid_heads(path: Path, key: Ed25519PublicKey) -> list[Checkpoint]:
    """The checkpoints in a head's slots that `key` signed for this file's stream, largest first."""
    found = []
    for note in read_head(path):
        try:
            checkpoint = verify_note(note, key)
        except CheckpointError:
            continue
        if checkpoint.stream == path.stem:
            found.append(checkpoint)
    return sorted(found, key=lambda checkpoint: checkpoint.size, reverse=True)


def head_files(checkpoints: Path) -> list[Path]:
    """The heads beside a `checkpoints.log`."""
    return sorted(heads_dir(checkpoints).glob(f"*{_SUFFIX}"))


def recover_heads(checkpoints: Path, signer: Signer, time: str) -> list[str]:
    """Move the heads of streams whose writer is gone into the log; the streams. Raises `AuditError`."""
    recovered = []
    for path in head_files(checkpoints):
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            continue  # its writer closed it just now
        except OSError as error:
            raise AuditError(f"{path}: the head of an earlier stream can't be read: {error.strerror}") from None
        try:
            if not _lock(descriptor):
                continue  # its writer lives
            heads = valid_heads(path, signer.public_key)
            if heads and path.exists():
                note = signer.sign(replace(heads[0], origin=signer.origin, time=time, state=StreamState.RECOVERED))
                append_checkpoint(checkpoints, note)
                path.unlink(missing_ok=True)
                recovered.append(path.stem)
        finally:
            os.close(descriptor)
    return recovered


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
