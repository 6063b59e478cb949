"""The state directory: where keys and the certificate authority lie, and how secret files are written.

    state_dir/                        0700
      token.key                       0600  HMAC key of the tokens that stand for redacted values
      fingerprint.key                 0600  HMAC key of the fingerprints in the audit log
      vault.key                       0600  key of the vault
      data.key                        0600  key of the hashes that the company's own data is kept as
      data/NAME.set                   0600  registered data: keyed hashes, no values (docs/own-data.md)
      agreement.db                    0600  how often models that do tasks agree with a larger one: counts
      ledger.db                       0600  what was spent of budgets, who was asked why: numbers and keyed hashes
      vault.db                        0600  the vault: tokens and their values, encrypted
      audit-signing.pem               0600  Ed25519 key of the audit log's checkpoints
      audit-signing.pub.pem                 its public half, for `privet audit verify` anywhere
      checkpoints.log                       every signed checkpoint, appended: what a cut-off log is held against
      serving.json                          process id and addresses of the Privet that serves from here
      serve.log                       0600  what a Privet that `privet run` started says
      run.*                           0600  which commands use that Privet
      ca/mitmproxy-ca.pem             0600  key and certificate of the authority (the name mitmproxy looks for)
      ca/privet-ca.pem                      the certificate alone: what clients trust
      ca/bundle.pem                         the system's roots and Privet's, for variables that replace the whole store

Losing a key is worse than making one: a file that exists is never written again.
"""

import hashlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

KEY_BYTES = 32


class StateError(Exception):
    """The state directory can't be used as it is."""


@dataclass(frozen=True, slots=True)
class StatePaths:
    """The files of one state directory."""

    root: Path

    @property
    def instance(self) -> str:
        """A short name for the Privet that owns this directory, as `/healthz` gives it."""
        return hashlib.sha256(str(self.root.resolve()).encode()).hexdigest()[:16]

    @property
    def serving(self) -> Path:
        """Where the Privet that serves from this directory says how it is reached."""
        return self.root / "serving.json"

    @property
    def token_key(self) -> Path:
        return self.root / "token.key"

    @property
    def fingerprint_key(self) -> Path:
        return self.root / "fingerprint.key"

    @property
    def vault_key(self) -> Path:
        return self.root / "vault.key"

    @property
    def data_key(self) -> Path:
        return self.root / "data.key"

    @property
    def data_dir(self) -> Path:
        return self.root / "data"

    @property
    def agreement(self) -> Path:
        """How often models that do tasks agree with larger ones."""
        return self.root / "agreement.db"

    @property
    def ledger(self) -> Path:
        return self.root / "ledger.db"

    @property
    def vault(self) -> Path:
        return self.root / "vault.db"

    @property
    def audit_key(self) -> Path:
        return self.root / "audit-signing.pem"

    @property
    def audit_public_key(self) -> Path:
        return self.root / "audit-signing.pub.pem"

    @property
    def checkpoints(self) -> Path:
        return self.root / "checkpoints.log"

    @property
    def ca_dir(self) -> Path:
        return self.root / "ca"

    @property
    def ca_key(self) -> Path:
        return self.ca_dir / "mitmproxy-ca.pem"

    @property
    def ca_cert(self) -> Path:
        return self.ca_dir / "privet-ca.pem"

    @property
    def ca_bundle(self) -> Path:
        return self.ca_dir / "bundle.pem"


def is_there(path: Path) -> bool:
    """Whether the file exists. Raises `StateError` if that can't be seen: it may well be there."""
    try:
        return path.exists()
    except OSError as error:
        raise StateError(
            f"{path}: {error.strerror}. Privet's commands are for the user that owns {path.parent}."
        ) from None


def make_private_dir(path: Path) -> None:
    """Make a directory that only its owner may enter. Raises `StateError`."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StateError(f"{path}: can't make this directory: {error.strerror}") from None


def write_secret(path: Path, data: bytes) -> bool:
    """Write a file of mode 0600 unless it exists; True if it was written. Never leaves half a file behind."""
    make_private_dir(path.parent)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.link(temporary, path)  # fails if another process was first: its file stays
        finally:
            temporary.unlink(missing_ok=True)
    except FileExistsError:
        return False
    except OSError as error:
        raise StateError(f"{path}: can't be written: {error.strerror}") from None
    return True


def load_or_make_key(path: Path) -> bytes:
    """The key in `path`, made at first use. Raises `StateError` if it is unreadable, short or readable by others."""
    if not is_there(path):
        write_secret(path, secrets.token_bytes(KEY_BYTES))
    check_secret(path)
    try:
        key = path.read_bytes()
    except OSError as error:
        raise StateError(f"{path}: can't be read: {error.strerror}") from None
    if len(key) < KEY_BYTES:
        raise StateError(f"{path}: expected a key of {KEY_BYTES} bytes, got {len(key)}. Restore it from a backup.")
    return key


def check_secret(path: Path) -> None:
    """Raise `StateError` if others than the owner may read the file."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise StateError(f"{path}: {error.strerror}") from None
    if mode & 0o077:
        raise StateError(f"{path}: others may read it (mode {mode & 0o777:o}). Do: chmod 600 {path}")
