"""How often a second model agrees with the one that does a task, and which of them were turned off for it.

One small SQLite file that all processes of a machine share. It holds counts and names of models: no content. A model
that was chosen anew, by other evidence, begins with nothing against it.
"""

import math
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from proxy.errors import ProxyError

LEAST = 30  # comparisons before anything is turned off
_SURE = 2.576  # standard deviations of the Wilson interval: 99.5 % that it isn't better than this
_BUSY = 2.0  # seconds to wait for another process's write
_SCHEMA = """
CREATE TABLE IF NOT EXISTS agreement (
  model TEXT NOT NULL, revision TEXT NOT NULL, other TEXT NOT NULL, compared INTEGER NOT NULL, agreed INTEGER NOT NULL,
  least REAL NOT NULL, off INTEGER NOT NULL, changed INTEGER NOT NULL, PRIMARY KEY (model, revision)
) WITHOUT ROWID;
"""


class AgreementError(ProxyError):
    """The file can't be read or written."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """The counts of one model. `least` is what it has to reach; `off` says since when it is turned off, else 0."""

    model: str
    revision: str
    other: str
    compared: int
    agreed: int
    least: float
    off: int = 0
    changed: int = 0

    @property
    def bounds(self) -> tuple[float, float]:
        """What share agrees at least and at most (Wilson)."""
        return wilson(self.agreed, self.compared)

    @property
    def fallen(self) -> bool:
        """Whether it is shown to agree less often than it has to."""
        return self.compared >= LEAST and self.bounds[1] < self.least


def wilson(right: int, count: int) -> tuple[float, float]:
    """The interval of a share."""
    if not count:
        return 0.0, 1.0
    square = _SURE**2
    middle = (right + square / 2) / (count + square)
    around = _SURE / (count + square) * math.sqrt(right * (count - right) / count + square / 4)
    return max(0.0, middle - around), min(1.0, middle + around)


@dataclass(frozen=True, slots=True)
class Agreements:
    """The file. Every method blocks for a disk access. Raises `AgreementError`."""

    path: Path

    def count(self, seen: Agreement) -> tuple[Agreement, bool]:
        """Add what was seen to what is known; and whether that turned the model off just now."""
        now = int(time.time())
        with self._open() as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(
                "INSERT INTO agreement VALUES (?, ?, ?, ?, ?, ?, 0, ?) ON CONFLICT (model, revision) DO UPDATE SET "
                "compared = compared + excluded.compared, agreed = agreed + excluded.agreed, other = excluded.other, "
                "least = excluded.least, changed = excluded.changed",
                (seen.model, seen.revision, seen.other, seen.compared, seen.agreed, seen.least, now),
            )
            found = _one(connection, seen.model, seen.revision)
            turned = found.fallen and not found.off
            if turned:
                connection.execute(
                    "UPDATE agreement SET off = ? WHERE model = ? AND revision = ?", (now, seen.model, seen.revision)
                )
                found = _one(connection, seen.model, seen.revision)
            connection.execute("COMMIT")
        return found, turned

    def rows(self) -> tuple[Agreement, ...]:
        """Everything that is known, by model, the newest revision first."""
        with self._open() as connection:
            return tuple(
                Agreement(*row) for row in connection.execute("SELECT * FROM agreement ORDER BY model, changed DESC")
            )

    def reset(self, model: str | None = None) -> int:
        """Forget a model's counts, or all: it is on again. How many rows there were."""
        with self._open() as connection:
            where, values = ("", ()) if model is None else (" WHERE model = ?", (model,))
            return connection.execute(f"DELETE FROM agreement{where}", values).rowcount  # noqa: S608 - no value in it

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            # Made here, since SQLite would make it readable by others.
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
            connection = sqlite3.connect(self.path, timeout=_BUSY, isolation_level=None)
            try:
                connection.executescript(_SCHEMA)
                yield connection
            finally:
                connection.close()
        except (OSError, sqlite3.Error) as error:
            raise AgreementError(f"{self.path}: the counts can't be used ({type(error).__name__})") from None


def _one(connection: sqlite3.Connection, model: str, revision: str) -> Agreement:
    row = connection.execute("SELECT * FROM agreement WHERE model = ? AND revision = ?", (model, revision)).fetchone()
    return Agreement(*row)
