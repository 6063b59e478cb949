"""What was signed is gathered from log and heads, while their writers may be at work."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.checkpoint import Checkpoint, Signer, StreamState
from audit.evidence import Problem, gather
from audit.heads import HeadFile, append_checkpoint, heads_dir

SIGNER = Signer(Ed25519PrivateKey.from_private_bytes(bytes(range(32))), "privet/test")
A, B = "01K9ZQ3V8M4T2R6Y5W7X1A0B3A", "01K9ZQ3V8M4T2R6Y5W7X1A0B3B"


def note(stream, size, state=StreamState.LIVE, fill=None):
    root = bytes([size if fill is None else fill] * 32)
    return SIGNER.sign(Checkpoint("privet/test", stream, size, root, "2026-11-24T03:22:05.123456Z", state))


@pytest.fixture
def log(tmp_path):
    return tmp_path / "checkpoints.log"


def test_log_and_heads(log):
    for text in (note(A, 1), note(B, 1), note(A, 5), note(A, 6, StreamState.CLOSED)):
        append_checkpoint(log, text)
    head = HeadFile.create(heads_dir(log), B, note(B, 8))
    head.write(note(B, 9))
    evidence = gather(log, SIGNER.public_key)
    assert evidence.problems == []
    a, b = evidence.streams[A], evidence.streams[B]
    assert (a.size, a.state, a.has_head, sorted(a.roots)) == (6, StreamState.CLOSED, False, [1, 5, 6])
    assert (b.size, b.state, b.has_head, sorted(b.roots)) == (9, StreamState.LIVE, True, [1, 8, 9])
    head.release()


def test_a_live_stream_needs_a_head(log):
    append_checkpoint(log, note(A, 3))
    assert [(problem.stream, problem.seq) for problem in gather(log, SIGNER.public_key).problems] == [(A, None)]


def test_two_roots_for_one_size_are_a_fork(log):
    append_checkpoint(log, note(A, 3, fill=1))
    append_checkpoint(log, note(A, 3, StreamState.CLOSED, fill=2))
    [problem] = gather(log, SIGNER.public_key).problems
    assert (problem.stream, problem.seq) == (A, 3)
    assert "forked" in problem.what


def test_wrong_checkpoint_in_the_middle(log):
    for text in (note(A, 1), note(A, 2).replace("\n2\n", "\n3\n"), note(A, 4, StreamState.CLOSED)):
        append_checkpoint(log, text)
    evidence = gather(log, SIGNER.public_key)
    assert "checkpoint 2" in evidence.problems[0].what
    assert sorted(evidence.streams[A].roots) == [1, 4]


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (Problem("", None, "x"), "log: x"),
        (Problem("S", None, "x"), "stream S: x"),
        (Problem("S", 4, "x"), "stream S, record 4: x"),
        (Problem("S", 4, "x", 4), "stream S, record 4: x"),
        (Problem("S", 4, "x", 9), "stream S, records 4 to 9: x"),
    ],
)
def test_problems_say_where(problem, text):
    assert str(problem) == text
