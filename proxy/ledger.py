"""The ledger: what has been spent of each budget, who was asked why, and who has answered.

One small SQLite file that all processes of a machine share, so that a budget is one budget whoever judges a request.
It holds numbers and HMACs: no names, no content, no reasons. Losing it begins the running times anew, no more. Who
can't read or write it is told by `LedgerError`; what then happens to a request is decided where it is asked.
"""

import hashlib
import hmac
import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from policy.periods import bounds
from proxy.errors import ProxyError

TOKENS = "tokens"  # the unit that replies are counted in
USD = "micro_usd"  # the other one
ASKED_SECONDS = 3600  # an answer may come for so long, and holds for so long from then on
_BUSY = 2.0  # seconds to wait for another process's write
_MOST_ASKED = 20_000
_MOST_SUBJECTS = 50_000  # counted on their own; all further ones share what the budget allows
_SWEEP = 256  # charges between two looks at how much there is
_SCHEMA = """
CREATE TABLE IF NOT EXISTS spent (
  budget TEXT NOT NULL, unit TEXT NOT NULL, subject BLOB NOT NULL, starts INTEGER NOT NULL, ends INTEGER NOT NULL,
  used INTEGER NOT NULL, PRIMARY KEY (budget, unit, subject, starts)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS spent_ends ON spent (ends);
CREATE TABLE IF NOT EXISTS asked (
  decision TEXT PRIMARY KEY, who BLOB NOT NULL, what BLOB NOT NULL, rules TEXT NOT NULL, expires INTEGER NOT NULL,
  reason TEXT NOT NULL DEFAULT '', length INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS asked_of ON asked (who, what);
CREATE INDEX IF NOT EXISTS asked_expires ON asked (expires);
"""


class LedgerError(ProxyError):
    """The ledger can't be read or written."""

    status_hint = 503


@dataclass(frozen=True, slots=True)
class Charge:
    """What a request takes from a budget, of which there is `limit` in this time."""

    budget: str
    unit: str  # requests, bytes, tokens or millionths of a USD
    subject: tuple[str, ...]  # who or what it is counted for
    every: str  # the time that it counts in: one of `policy.periods`
    amount: int
    limit: int
    binding: bool = True  # else it is counted although nothing is left
    soft: int | None = None  # whoever passes it is told of


class Spent(NamedTuple):
    """A budget that has nothing left, and in how many seconds it has again."""

    budget: str
    seconds: int


class Answer(NamedTuple):
    """A reason that was given: for which rules, its keyed hash and its length."""

    rules: tuple[str, ...]
    reason: str
    length: int


@dataclass(slots=True)
class Ledger:
    """One file. Every method blocks for a disk access; the moment is given in seconds since 1970."""

    path: Path
    key: bytes = field(repr=False)
    _connection: sqlite3.Connection = field(init=False, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)
    _charges: int = 0

    def __post_init__(self) -> None:
        """Open or make the file. Raises `LedgerError`."""
        try:
            # Made here, since SQLite would make it readable by others; its journals take over the mode.
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
            self._connection = sqlite3.connect(self.path, timeout=_BUSY, check_same_thread=False, isolation_level=None)
            self._connection.execute("PRAGMA journal_mode = WAL")
            # A crash of the machine may lose the last counts; it can't corrupt the file.
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._connection.executescript(_SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise LedgerError(f"{self.path}: the ledger can't be opened ({type(error).__name__})") from None

    def close(self) -> None:
        """Close the file."""
        with self._lock, closing(self._connection):
            pass

    def spend(self, charges: Sequence[Charge], now: float) -> tuple[Spent, ...]:
        """Take all charges, or none of the binding ones if a binding one finds too little. Raises `LedgerError`."""
        with self._transaction() as connection:
            self._charges += 1
            if self._charges % _SWEEP == 1:
                connection.execute("DELETE FROM spent WHERE ends <= ?", (int(now),))
            places = [(charge, self._place(connection, charge, int(now))) for charge in charges]
            used = [_used(connection, place) for _, place in places]
            short = [
                (charge, place)
                for (charge, place), before in zip(places, used, strict=True)
                if before + charge.amount > charge.limit
            ]
            refused = any(charge.binding for charge, _ in short)
            for charge, place in places:
                if not (refused and charge.binding):
                    self._count(connection, place, charge.amount)
        return tuple(Spent(charge.budget, max(1, place[4] - int(now))) for charge, place in short)

    def add(self, charges: Sequence[Charge], now: float) -> tuple[Charge, ...]:
        """Count what was used, however much was left; gives what passed its soft limit. Raises `LedgerError`."""
        with self._transaction() as connection:
            places = [(charge, self._place(connection, charge, int(now))) for charge in charges]
            before = [_used(connection, place) for _, place in places]
            for charge, place in places:
                self._count(connection, place, charge.amount)
        return tuple(
            charge
            for (charge, _), used in zip(places, before, strict=True)
            if charge.soft is not None and used < charge.soft <= used + charge.amount
        )

    def used(self, charges: Sequence[Charge], now: float) -> dict[str, float]:
        """Budget → the share of it that is used up, the largest of its units. Raises `LedgerError`."""
        shares: dict[str, float] = {}
        with self._transaction() as connection:
            for charge in charges:
                used = _used(connection, self._place(connection, charge, int(now))) / charge.limit
                shares[charge.budget] = max(shares.get(charge.budget, 0.0), used)
        return shares

    def ask(self, decision: str, who: bytes, what: bytes, rules: Sequence[str], now: float) -> None:
        """Remember that somebody was asked why. Raises `LedgerError`."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM asked WHERE expires <= ?", (int(now),))
            connection.execute(
                "INSERT INTO asked (decision, who, what, rules, expires) VALUES (?, ?, ?, ?, ?)",
                (decision, who, what, json.dumps(sorted(rules)), int(now) + ASKED_SECONDS),
            )
            (count,) = connection.execute("SELECT count(*) FROM asked").fetchone()
            if count > _MOST_ASKED:
                connection.execute(
                    "DELETE FROM asked WHERE decision IN (SELECT decision FROM asked ORDER BY expires LIMIT ?)",
                    (count - _MOST_ASKED,),
                )

    def asked(self, decision: str, now: float) -> tuple[str, ...] | None:
        """The rules that asked why; None if none did, or too long ago. Raises `LedgerError`."""
        with self._transaction() as connection:
            row = connection.execute(
                "SELECT rules FROM asked WHERE decision = ? AND expires > ?", (decision, int(now))
            ).fetchone()
        return None if row is None else _names(row[0])

    def answer(self, decision: str, reason: str, now: float) -> Answer | None:
        """Somebody says why; None if nobody was asked, or too long ago. Raises `LedgerError`."""
        with self._transaction() as connection:
            row = connection.execute(
                "UPDATE asked SET reason = ?, length = ?, expires = ? WHERE decision = ? AND expires > ? "
                "RETURNING rules",
                (self.hash("reason", reason).hex(), len(reason), int(now) + ASKED_SECONDS, decision, int(now)),
            ).fetchone()
        return None if row is None else Answer(_names(row[0]), self.hash("reason", reason).hex(), len(reason))

    def answered(self, who: bytes, what: bytes, now: float) -> Answer | None:
        """The reason that this person gave for this very request, if it still holds. Raises `LedgerError`."""
        with self._transaction() as connection:
            rows = connection.execute(
                "SELECT rules, reason, length FROM asked WHERE who = ? AND what = ? AND expires > ? AND reason <> '' "
                "ORDER BY expires DESC",
                (who, what, int(now)),
            ).fetchall()
        if not rows:
            return None
        rules = tuple(sorted({name for row in rows for name in _names(row[0])}))
        return Answer(rules, str(rows[0][1]), int(rows[0][2]))

    def hash(self, purpose: str, *parts: str | bytes) -> bytes:
        """A keyed hash, so that what is in the file can't be guessed and compared."""
        digest = hmac.new(self.key, f"privet ledger {purpose}".encode(), hashlib.sha256)
        for part in parts:
            data = part if isinstance(part, bytes) else part.encode("utf-8", "surrogatepass")
            digest.update(len(data).to_bytes(8) + data)
        return digest.digest()[:16]

    def _place(self, connection: sqlite3.Connection, charge: Charge, now: int) -> tuple[str, str, bytes, int, int]:
        """Where a charge is counted: budget, unit, subject, beginning and end of the time."""
        starts, ends = bounds(charge.every, now)
        subject = self.hash("subject", *charge.subject)
        known = "SELECT 1 FROM spent WHERE budget = ? AND unit = ? AND subject = ? AND starts = ?"
        if connection.execute(known, (charge.budget, charge.unit, subject, starts)).fetchone() is None:
            (count,) = connection.execute("SELECT count(*) FROM spent").fetchone()
            if count >= _MOST_SUBJECTS:
                subject = b""
        return charge.budget, charge.unit, subject, starts, ends

    @staticmethod
    def _count(connection: sqlite3.Connection, place: tuple[str, str, bytes, int, int], amount: int) -> None:
        connection.execute(
            "INSERT INTO spent VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET used = used + excluded.used",
            (*place, amount),
        )

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                try:
                    yield self._connection
                except BaseException:
                    self._connection.execute("ROLLBACK")
                    raise
                self._connection.execute("COMMIT")
            except sqlite3.Error as error:
                raise LedgerError(f"the ledger can't be used ({type(error).__name__})") from None


def _used(connection: sqlite3.Connection, place: tuple[str, str, bytes, int, int]) -> int:
    query = "SELECT used FROM spent WHERE budget = ? AND unit = ? AND subject = ? AND starts = ?"
    row = connection.execute(query, place[:4]).fetchone()
    return 0 if row is None else int(row[0])


def _names(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))
