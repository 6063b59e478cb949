"""Notes are C2SP signed notes: what is signed is read back, anything else is refused, and openssl agrees."""

import base64
import shutil
import subprocess

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from audit.checkpoint import Checkpoint, Signer, StreamState, key_id, load_public_key, verify_note
from audit.errors import AuditError, CheckpointError
from configs.state import StatePaths

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
SIGNER = Signer(KEY, "privet/test")
STREAM = "01K9ZQ3V8M4T2R6Y5W7X1A0B3C"


def checkpoint(**changes):
    values = {
        "origin": "privet/test", "stream": STREAM, "size": 12, "root": bytes(32),
        "time": "2026-11-24T03:22:05.123456Z", "state": StreamState.LIVE,
    }  # fmt: skip
    return Checkpoint(**(values | changes))


@given(st.integers(0, 2**60), st.binary(min_size=32, max_size=32), st.sampled_from(StreamState))
def test_round_trip(size, root, state):
    made = checkpoint(size=size, root=root, state=state)
    assert verify_note(SIGNER.sign(made), SIGNER.public_key) == made


def test_form():
    assert SIGNER.sign(checkpoint()).splitlines()[:-1] == [
        f"privet/test/{STREAM}", "12", base64.b64encode(bytes(32)).decode(),
        "time 2026-11-24T03:22:05.123456Z", "state live", "",
    ]  # fmt: skip
    assert SIGNER.sign(checkpoint()).splitlines()[-1].startswith("\N{EM DASH} privet/test ")


def test_every_flipped_character_is_refused():
    note = SIGNER.sign(checkpoint())
    for position in range(len(note) - 1):
        changed = note[:position] + ("x" if note[position] != "x" else "y") + note[position + 1 :]
        with pytest.raises(CheckpointError):
            verify_note(changed, SIGNER.public_key)


@pytest.mark.parametrize(
    "note", ["", "\n\n", "a\n\nb", "privet/test/X\n-1\nAAAA\ntime x\nstate live\n\n\N{EM DASH} privet/test AAAA\n"]
)
def test_no_note(note):
    with pytest.raises(CheckpointError):
        verify_note(note, SIGNER.public_key)


def test_another_key():
    with pytest.raises(CheckpointError, match="not signed with this key"):
        verify_note(SIGNER.sign(checkpoint()), Ed25519PrivateKey.generate().public_key())


def test_key_id_is_that_of_signed_note():
    """The example key of C2SP's signed-note.md, as Go's sumdb prints it: PeterNeumann+c74f20a3+…."""
    raw = base64.b64decode("ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")[1:]
    assert key_id("PeterNeumann", Ed25519PublicKey.from_public_bytes(raw)).hex() == "c74f20a3"


def test_key_is_made_once_and_private(tmp_path):
    state = StatePaths(tmp_path / "state")
    first, second = Signer.open(state, "privet/test"), Signer.open(state, "privet/test")
    assert first.public_key == second.public_key == load_public_key(state.audit_public_key)
    assert state.audit_key.stat().st_mode & 0o777 == 0o600
    assert state.audit_public_key.stat().st_mode & 0o777 == 0o644


def test_public_key_is_written_again_if_lost(tmp_path):
    state = StatePaths(tmp_path / "state")
    signer = Signer.open(state, "privet/test")
    state.audit_public_key.unlink()
    Signer.open(state, "privet/test")
    assert load_public_key(state.audit_public_key) == signer.public_key


@pytest.mark.parametrize("origin", ["", "two words", "plus+", "x" * 201, "é"])
def test_origin(origin):
    with pytest.raises(AuditError, match="origin"):
        Signer(KEY, origin)


def test_broken_keys(tmp_path):
    state = StatePaths(tmp_path / "state")
    Signer.open(state, "privet/test")
    state.audit_public_key.write_text("nonsense")
    with pytest.raises(AuditError, match="not a public key"):
        Signer.open(state, "privet/test")
    state.audit_key.write_text("nonsense")
    with pytest.raises(AuditError, match="not a private key"):
        Signer.open(state, "privet/test")
    with pytest.raises(AuditError, match="can't be read"):
        load_public_key(tmp_path / "missing.pem")


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl here")
def test_openssl_verifies_a_note(tmp_path):
    """The recipe of docs/audit.md."""
    state = StatePaths(tmp_path / "state")
    note = Signer.open(state, "privet/test").sign(checkpoint())
    text, _, signature = note.partition("\n\n")
    (tmp_path / "text").write_text(text + "\n")
    (tmp_path / "signature").write_bytes(base64.b64decode(signature.split()[-1])[4:])
    command = ["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", state.audit_public_key]
    files = ["-in", tmp_path / "text", "-sigfile", tmp_path / "signature"]
    assert subprocess.run([*command, *files], capture_output=True).returncode == 0
    (tmp_path / "text").write_text(text + " \n")
    assert subprocess.run([*command, *files], capture_output=True).returncode != 0
