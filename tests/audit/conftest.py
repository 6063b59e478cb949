"""Logs to read, change and verify. `Log` is a directory with a database, checkpoints and keys."""

import os
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from audit.checkpoint import load_public_key
from audit.event import (
    Actor,
    AuditEvent,
    DecisionFacts,
    EntityCount,
    Fingerprint,
    OutcomeFacts,
    PointerFact,
    RequestFacts,
    new_id,
)
from audit.store import AuditStore
from audit.verify import Verification, verify
from configs.state import StatePaths


@dataclass(frozen=True)
class Log:
    root: Path

    @property
    def database(self) -> Path:
        return self.root / "audit.db"

    @property
    def url(self) -> str:
        return f"sqlite:///{self.database}"

    @property
    def state(self) -> StatePaths:
        return StatePaths(self.root / "state")

    def open(self, **options: Any) -> AuditStore:
        return AuditStore.open(
            self.url, **{"state": self.state, "origin": "privet/test", "commit_timeout": 2.0, **options}
        )

    def verify(self) -> Verification:
        return verify(self.database, self.state.checkpoints, load_public_key(self.state.audit_public_key))

    def sql(self, statement: str, *values: Any) -> list[Any]:
        with closing(sqlite3.connect(self.database)) as connection, connection:
            return connection.execute(statement, values).fetchall()

    def found(self) -> list[tuple[int | None, int | None]]:
        """Where verification finds something wrong."""
        return [(problem.seq, problem.last) for problem in self.verify().problems]


def intent(decision_id: str | None = None, **changes: Any) -> AuditEvent:
    values: dict[str, Any] = {
        "decision_id": decision_id or new_id(),
        "actor": Actor("ana", "finance", "10.1.2.3"),
        "request": RequestFacts(
            "openai", "openai.chat", "api.openai.com", "/v1/chat/completions", "POST", "gpt-4o", 812
        ),
        "decision": DecisionFacts("allow", "enforce", ("customers",), ("customers",), "acme", "ab12"),
        "entities": [EntityCount("PERSON", 2, 870), EntityCount("IBAN_CODE", 1, 1000)],
        "pointers": [PointerFact("/messages/0/content", "PERSON", "tokenize", 2)],
        "obligations": {"tokenize": 3},
        "fingerprints": [Fingerprint("PERSON", "ab" * 16)],
        "time": datetime.now(UTC),
        **changes,
    }
    return AuditEvent.intent(**values)


def outcome(decision_id: str, status: int = 200) -> AuditEvent:
    return AuditEvent.ended(decision_id=decision_id, outcome=OutcomeFacts(status, 4312, 950, 3))


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path)


@pytest.fixture
def make_intent() -> Callable[..., AuditEvent]:
    return intent


@pytest.fixture
def make_outcome() -> Callable[..., AuditEvent]:
    return outcome


@pytest.fixture
def written(log: Log) -> Log:
    """A closed log: record 1 opens the stream, 2 to 7 are three requests, 8 closes it."""
    store = log.open(checkpoint_every=3)
    for _ in range(3):
        event = intent()
        store.append(event).result(5)
        store.append(outcome(event.decision_id)).result(5)
    store.close()
    return log


@dataclass(frozen=True)
class Disk:
    path: Path

    def read_only(self) -> None:
        subprocess.run(["mount", "-o", "remount,ro", str(self.path)], check=True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[..., Disk]]:
    """A file system of its own, of a few megabytes: it can be filled and made read-only. Needs root."""
    mounted: list[Path] = []

    def make(megabytes: int) -> Disk:
        path = tmp_path / f"disk{len(mounted)}"
        path.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(path)]
        if os.geteuid() != 0 or subprocess.run(command, capture_output=True).returncode != 0:
            pytest.skip("a small tmpfs can't be mounted here")
        mounted.append(path)
        return Disk(path)

    yield make
    for path in mounted:
        subprocess.run(["umount", "-l", str(path)], check=False)
