"""What was signed: each valid checkpoint of `checkpoints.log` and the heads, by stream; and what is wrong with them.

The verifier's first half: it says how large each stream must be and which roots it must have. It reads files alone.
"""

import os
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from audit.checkpoint import Checkpoint, StreamState, verify_note
from audit.errors import AuditError, CheckpointError
from audit.heads import head_files, read_notes, valid_heads

_LONGEST_NOTE = 4096


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong, and where: records `seq` to `last` of `stream`, or no single record (None)."""

    stream: str
    seq: int | None
    what: str
    last: int | None = None

    def __str__(self) -> str:
        where = f"stream {self.stream}" if self.stream else "log"
        if self.seq is not None:
            where += f", record {self.seq}" if self.last in (None, self.seq) else f", records {self.seq} to {self.last}"
        return f"{where}: {self.what}"


@dataclass(slots=True)
class SignedStream:
    """What was signed of one stream."""

    roots: dict[int, bytes] = field(default_factory=dict)
    times: dict[int, str] = field(default_factory=dict)
    state: StreamState = StreamState.LIVE  # of the newest checkpoint in the log
    has_head: bool = False

    @property
    def size(self) -> int:
        """The largest size that was signed."""
        return max(self.roots, default=0)


@dataclass(slots=True)
class Evidence:
    """Everything that was signed."""

    streams: dict[str, SignedStream] = field(default_factory=lambda: defaultdict(SignedStream))
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    checkpoints: int = 0


def gather(checkpoints: Path, key: Ed25519PublicKey) -> Evidence:
    """Read the log and the heads, while their writers may be at work. Raises `AuditError` if they can't be read."""
    evidence = Evidence()
    try:
        _read_log(checkpoints, key, evidence)
        _read_heads(checkpoints, key, evidence)
        if _headless(evidence):  # a stream that was closed between the two readings has its last checkpoint in the log
            again = Evidence()
            _read_log(checkpoints, key, again)
            for name in _headless(evidence):
                evidence.streams[name].state = again.streams[name].state
                evidence.streams[name].roots |= again.streams[name].roots
    except OSError as error:
        raise AuditError(f"{error.filename}: can't be read: {error.strerror}") from None
    for name in _headless(evidence):
        what = "it was never closed, and its head file is missing: its end can't be proven"
        evidence.problems.append(Problem(name, None, what))
    return evidence


def _headless(evidence: Evidence) -> list[str]:
    streams = evidence.streams.items()
    return [name for name, stream in streams if stream.state is StreamState.LIVE and not stream.has_head]


def _read_log(checkpoints: Path, key: Ed25519PublicKey, evidence: Evidence) -> None:
    if not checkpoints.is_file():
        evidence.problems.append(Problem("", None, f"{checkpoints} is missing: what was signed can't be compared"))
        return
    number, failed, failed_at, length = 0, None, 0, 0
    for number, note in enumerate(read_notes(checkpoints), 1):
        try:
            checkpoint = verify_note(note, key)
        except CheckpointError as error:
            failed = Problem("", None, f"{checkpoints.name}, checkpoint {number}: {error}")
            evidence.problems.append(failed)
            failed_at, length = number, len(note)
        else:
            _take(evidence, checkpoint)
            evidence.streams[checkpoint.stream].state = checkpoint.state
    if failed is not None and failed_at == number and length < _LONGEST_NOTE and _is_torn(checkpoints):
        evidence.problems.remove(failed)
        evidence.notes.append(f"{checkpoints.name} ends in an unfinished checkpoint (a crash while it was written)")


def _is_torn(checkpoints: Path) -> bool:
    with checkpoints.open("rb") as file:
        file.seek(-2, os.SEEK_END)
        return file.read() != b"\n\n"


def _read_heads(checkpoints: Path, key: Ed25519PublicKey, evidence: Evidence) -> None:
    for path in head_files(checkpoints):
        try:
            heads = valid_heads(path, key)
        except FileNotFoundError:
            continue  # its writer closed it just now
        evidence.streams[path.stem].has_head = True
        if not heads:
            evidence.problems.append(
                Problem(path.stem, None, "its head file holds no checkpoint with a valid signature")
            )
        for checkpoint in heads:
            _take(evidence, checkpoint)


def _take(evidence: Evidence, checkpoint: Checkpoint) -> None:
    stream = evidence.streams[checkpoint.stream]
    evidence.checkpoints += 1
    if stream.roots.setdefault(checkpoint.size, checkpoint.root) != checkpoint.root:
        what = "two different roots were signed for the same size: the stream was forked"
        evidence.problems.append(Problem(checkpoint.stream, checkpoint.size, what))
    stream.times.setdefault(checkpoint.size, checkpoint.time)
