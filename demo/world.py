"""What the demonstration runs on: the stand-in vendor, Privet as a process of its own, a directory for both.

Everything listens on loopback and on free ports; nothing is left behind.
"""

import contextlib
import json
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bcrypt

from tests.fakes.service import Service, serving
from tests.fakes.vendor import Vendor

POLICY = Path(__file__).with_name("policy.yaml")
PASSWORD = "demo-only"


@dataclass(frozen=True, slots=True)
class World:
    """A running Privet between its callers and the stand-in."""

    vendor: Vendor
    privet: Service
    start_seconds: float

    def audit(self) -> list[dict[str, Any]]:
        """The audit log as `privet audit export` gives it. Raises RuntimeError."""
        result = self.privet.privet("audit", "export", "--format", "jsonl", check=False)
        if result.returncode:
            raise RuntimeError(f"privet audit export failed:\n{result.stderr}")
        return [json.loads(line)["event"] for line in result.stdout.splitlines() if line.strip()]

    def stored(self) -> bytes:
        """Every byte of the audit log, of Privet's own log and of its state."""
        files = (path for path in self.privet.directory.rglob("*") if path.is_file())
        return b"".join(path.read_bytes() for path in sorted(files))


@contextlib.contextmanager
def running(policy: Path = POLICY) -> Iterator[World]:
    """Start the stand-in and Privet; stop both. Raises RuntimeError or TimeoutError when Privet does not get ready."""
    with Vendor() as vendor, tempfile.TemporaryDirectory(prefix="privet-demo-") as name:
        hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(rounds=5)).decode()
        (Path(name) / "users.htpasswd").write_text(f"ana:{hashed}\n", encoding="utf-8")
        identity = {"users_file": "users.htpasswd", "trusted_clients": ["127.0.0.0/8"]}
        began = time.monotonic()
        with serving(Path(name), vendor, policy.read_text(encoding="utf-8"), {"identity": identity}) as privet:
            yield World(vendor, privet, time.monotonic() - began)
