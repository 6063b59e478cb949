"""Checkpoints: what a stream's size and root were, signed with Ed25519 as a C2SP signed note.

    privet/acme/01K…            origin, which names the stream
    1200                        size
    base64 root                 RFC 6962 root of the stream's first 1200 records
    time 2026-11-24T03:22:05…   when it was signed (a heartbeat without a time would prove nothing)
    state live                  live, closed, or recovered (signed by a later process for one that was killed)

    — privet/acme base64(key id ‖ signature)

See C2SP's signed-note.md and tlog-checkpoint.md. The key's name is the origin without the stream. The bytes are checked
by other tools too: `docs/audit.md` has the recipe for `openssl`. Where checkpoints are kept is `audit.heads`.
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from audit.chain import HASH_BYTES
from audit.errors import AuditError, CheckpointError
from configs.state import StateError, StatePaths, check_secret, is_there, write_secret

_ED25519 = b"\x01"  # signed-note.md: the algorithm byte
_DASH = "\N{EM DASH}"
_ORIGIN = re.compile(r"[A-Za-z0-9_.:/-]{1,200}")
_PUBLIC_MODE = 0o644


class StreamState(StrEnum):
    """What a checkpoint says of its stream."""

    LIVE = "live"
    CLOSED = "closed"
    RECOVERED = "recovered"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A stream's size and root at a time."""

    origin: str  # without the stream
    stream: str
    size: int
    root: bytes
    time: str
    state: StreamState

    def text(self) -> str:
        """The signed part of the note."""
        root = base64.b64encode(self.root).decode()
        return f"{self.origin}/{self.stream}\n{self.size}\n{root}\ntime {self.time}\nstate {self.state}\n"

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """The checkpoint of a note's text. Raises `CheckpointError`."""
        try:
            name, size, root, time, state = text.removesuffix("\n").split("\n")
            origin, _, stream = name.rpartition("/")
            checkpoint = cls(
                origin=origin,
                stream=stream,
                size=int(size),
                root=base64.b64decode(root, validate=True),
                time=time.removeprefix("time "),
                state=StreamState(state.removeprefix("state ")),
            )
        except ValueError:
            raise CheckpointError("not a checkpoint: expected origin, size, root, time and state") from None
        if checkpoint.text() != text or len(checkpoint.root) != HASH_BYTES or checkpoint.size < 0:
            raise CheckpointError("not a checkpoint in its canonical form")
        return checkpoint


class Signer:
    """Signs checkpoints with the key of a state directory."""

    def __init__(self, key: Ed25519PrivateKey, origin: str) -> None:
        if not _ORIGIN.fullmatch(origin):
            raise AuditError("the log's origin must be 1 to 200 of A-Z a-z 0-9 _ . : / -")
        self.origin = origin
        self.public_key = key.public_key()
        self._key = key
        self._key_id = key_id(origin, self.public_key)

    @classmethod
    def open(cls, state: StatePaths, origin: str) -> "Signer":
        """The signer whose key lies in the state directory; made at first use. Raises `AuditError`."""
        try:
            if not is_there(state.audit_key):
                write_secret(state.audit_key, _private_pem(Ed25519PrivateKey.generate()))
            check_secret(state.audit_key)
            key = serialization.load_pem_private_key(state.audit_key.read_bytes(), password=None)
        except StateError as error:
            raise AuditError(str(error)) from None
        except OSError as error:
            raise AuditError(f"{state.audit_key}: can't be read: {error.strerror}") from None
        except (ValueError, TypeError):
            raise AuditError(f"{state.audit_key}: not a private key in PEM. Restore it from a backup.") from None
        if not isinstance(key, Ed25519PrivateKey):
            raise AuditError(f"{state.audit_key}: expected an Ed25519 key, got another kind")
        signer = cls(key, origin)
        signer._publish(state)
        return signer

    def _publish(self, state: StatePaths) -> None:
        path = state.audit_public_key
        try:
            if write_secret(path, public_pem(self.public_key)):
                path.chmod(_PUBLIC_MODE)
        except (StateError, OSError):
            raise AuditError(f"{path}: the public key can't be written") from None
        if load_public_key(path) != self.public_key:
            raise AuditError(f"{path}: this is not the public half of {state.audit_key.name}. Restore the pair.")

    def sign(self, checkpoint: Checkpoint) -> str:
        """The signed note."""
        text = checkpoint.text()
        signature = base64.b64encode(self._key_id + self._key.sign(text.encode())).decode()
        return f"{text}\n{_DASH} {self.origin} {signature}\n"


def key_id(name: str, key: Ed25519PublicKey) -> bytes:
    """The four bytes that tell a note's keys apart."""
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + raw).digest()[:4]


def verify_note(note: str, key: Ed25519PublicKey) -> Checkpoint:
    """The checkpoint of a note that `key` signed. Raises `CheckpointError`."""
    text, separator, signatures = note.partition("\n\n")
    if not separator:
        raise CheckpointError("not a signed note: the empty line before the signatures is missing")
    checkpoint = Checkpoint.parse(text + "\n")
    wanted = key_id(checkpoint.origin, key)
    for line in signatures.splitlines():
        try:
            dash, name, encoded = line.split(" ")
            signature = base64.b64decode(encoded, validate=True)
        except (ValueError, binascii.Error):
            raise CheckpointError("not a signed note: a signature line has another form than expected") from None
        if dash != _DASH or name != checkpoint.origin or signature[:4] != wanted:
            continue
        try:
            key.verify(signature[4:], (text + "\n").encode())
        except InvalidSignature:
            raise CheckpointError("the signature doesn't match the text") from None
        return checkpoint
    raise CheckpointError("not signed with this key")


def load_public_key(path: Path) -> Ed25519PublicKey:
    """The Ed25519 public key in a PEM file. Raises `AuditError`."""
    try:
        key = serialization.load_pem_public_key(path.read_bytes())
    except OSError as error:
        raise AuditError(f"{path}: can't be read: {error.strerror}") from None
    except (ValueError, TypeError):
        raise AuditError(f"{path}: not a public key in PEM") from None
    if not isinstance(key, Ed25519PublicKey):
        raise AuditError(f"{path}: expected an Ed25519 key, got another kind")
    return key


def public_pem(key: Ed25519PublicKey) -> bytes:
    """The key as a PEM file."""
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def _private_pem(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
