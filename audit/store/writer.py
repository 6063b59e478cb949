"""`AuditStore`: the stream of this process, written many records per commit.

The order that makes "answered ok but absent" impossible: COMMIT, check that the files are still the ones at their
paths, sign and sync the head, and only then resolve futures. Every failure refuses. A commit whose fate is unknown is
settled by closing the connection, folding the WAL into the database, and reading back where the stream stands; if it
stands where it can't, a new stream is started. Records that exist but were answered "refused" do no harm.
"""

import contextlib
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, func, select
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from audit.canonical import encode_record, encode_with_json
from audit.chain import Chain, leaf_hash
from audit.checkpoint import Checkpoint, Signer, StreamState
from audit.columns import columns_of
from audit.errors import AuditError
from audit.event import AuditEvent, Kind, new_id, time_text
from audit.group import GroupCommit
from audit.heads import HeadFile, append_checkpoint, heads_dir, recover_heads
from audit.store.tables import INSERT, TABLE, create_database, create_schema, database_path, open_writer
from configs.state import StateError, StatePaths, make_private_dir

_log = logging.getLogger("privet.audit")

_IDLE_FACTOR = 10  # an idle stream's checkpoints in the log are this much rarer; its head is signed at the usual pace


@dataclass(frozen=True, slots=True)
class Appended:
    """Where a durable record stands."""

    stream: str
    seq: int
    leaf: str


@dataclass(frozen=True, slots=True)
class _Encoded:
    body: bytes
    columns: tuple[str | int, ...]  # in the order of `audit.columns.NAMES`


class _BusyError(Exception):
    """Another connection holds the database; nothing was written."""


class AuditStore:
    """Appends events durably, or says that it couldn't. Made by `open`; safe to use from any thread."""

    def __init__(
        self,
        path: Path,
        *,
        state: StatePaths,
        signer: Signer,
        commit_timeout: float,
        checkpoint_every: int,
        checkpoint_seconds: float,
        clock: Callable[[], datetime],
    ) -> None:
        self._path, self._state, self._signer, self._clock = path, state, signer, clock
        self._timeout, self._every, self._seconds = commit_timeout, checkpoint_every, checkpoint_seconds
        self._engine: Engine = open_writer(path)
        self._connection: Connection | None = None
        self._files: tuple[tuple[int, int], ...] = ()
        self._stream = ""
        self._chain = Chain()
        self._planned: Chain | None = None  # what a commit of unknown fate would have made of the chain
        self._head: HeadFile | None = None
        self._logged_size, self._logged_at, self._signed_at = 0, 0.0, 0.0
        self._failed_at: str | None = None
        self._failed_attempts = 0
        self._close_lock = threading.Lock()
        self._group: GroupCommit[_Encoded, Appended] | None = None

    @classmethod
    def open(
        cls,
        database_url: str,
        *,
        state: StatePaths,
        origin: str,
        commit_timeout: float = 2.0,
        checkpoint_every: int = 1000,
        checkpoint_seconds: float = 60.0,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> "AuditStore":
        """Open the log, start a stream and prove it by a first record. Raises `AuditError`."""
        path = database_path(database_url)
        try:
            make_private_dir(state.root)
        except StateError as error:
            raise AuditError(str(error)) from None
        signer = Signer.open(state, origin)
        create_database(path)
        store = cls(
            path,
            state=state,
            signer=signer,
            commit_timeout=commit_timeout,
            checkpoint_every=checkpoint_every,
            checkpoint_seconds=checkpoint_seconds,
            clock=clock,
        )
        try:
            store._start(time.monotonic() + max(commit_timeout, 1.0))
        except BaseException:
            store._disconnect()
            raise
        store._group = GroupCommit(store._commit, store._idle, commit_timeout)
        return store

    @property
    def stream(self) -> str:
        """The id of the stream that this store writes."""
        return self._stream

    def append(self, event: AuditEvent) -> "Future[Appended]":
        """Store the event. The future is done once the record is durable, or fails with `AuditError` in time."""
        group = self._group
        try:
            encoded = _encode(event)
            if group is None:
                raise AuditError("the audit log is closed")  # noqa: TRY301 - every refusal goes the same way
        except AuditError as error:
            failed: Future[Appended] = Future()
            failed.set_exception(error)
            return failed
        # For an intent a request waits; an outcome is only told afterwards and must not keep the disk from intents.
        return group.submit(encoded, lazy=event.kind is Kind.OUTCOME)

    def healthy(self) -> bool:
        """Whether the last attempt to write succeeded and nothing waits too long."""
        group = self._group
        return self._failed_at is None and group is not None and not group.late()

    def close(self) -> None:
        """Write what is waiting, close the stream with a last record and a checkpoint, and let the database go."""
        with self._close_lock:
            if self._group is None:
                return
            group, self._group = self._group, None
            if not group.close():
                _log.error("audit stream not closed: the database doesn't answer")
                return
            try:
                self._commit([_encode(self._notice("stream_closed"))], lambda: False)
                self._log_checkpoint(StreamState.CLOSED)
                if self._head is not None:
                    self._head.remove()
                    self._head = None
            except AuditError as error:
                _log.error("audit stream not closed: %s", error)
            finally:
                self._disconnect()
                if self._head is not None:
                    self._head.release()
                    self._head = None

    # The rest runs in the writer thread, or before it starts and after it ends.

    def _start(self, deadline: float) -> None:
        while True:
            try:
                connection = self._connect()
                with self._transaction(connection):
                    create_schema(connection, self._path)
                recover_heads(self._state.checkpoints, self._signer, time_text(self._clock()))
                self._begin_stream()
            except _BusyError:
                if time.monotonic() > deadline:
                    raise AuditError(f"{self._path}: the audit database is locked by another program") from None
                continue
            return

    def _begin_stream(self) -> None:
        """Start a stream: a first record that names the stream before it, then its head, then its first checkpoint."""
        assert self._connection is not None
        with self._transaction(self._connection):
            previous = self._connection.execute(
                select(TABLE.c.stream, TABLE.c.seq, TABLE.c.leaf).order_by(TABLE.c.id.desc()).limit(1)
            ).first()
        self._release_head()
        self._stream, self._chain, self._planned = new_id(), Chain(), None
        self._write_head()  # before the first record: a stream without a head would look forged
        details = (
            {}
            if previous is None
            else {
                "prev_stream": previous.stream,
                "prev_seq": str(previous.seq),
                "prev_leaf": previous.leaf.hex(),
            }
        )
        self._write([_encode(self._notice("stream_opened", details))])
        self._log_checkpoint(StreamState.LIVE)

    def _commit(self, items: Sequence[_Encoded], alive: Callable[[], bool]) -> list[Appended]:
        extra = [] if self._failed_at is None else [_encode(self._recovered())]
        try:
            appended = self._write_patiently([*extra, *items], alive)
        except AuditError as error:
            self._failed(error, len(items))
            raise
        self._failed_at, self._failed_attempts = None, 0
        self._checkpoint_when_due()
        return appended[len(extra) :]

    def _write_patiently(self, items: Sequence[_Encoded], alive: Callable[[], bool]) -> list[Appended]:
        while True:
            try:
                self._ensure_connected()
                return self._write(items)
            except _BusyError:
                if not alive():
                    raise AuditError(f"{self._path}: the audit database is locked by another program") from None

    def _idle(self) -> None:
        if self._failed_at is not None:
            with contextlib.suppress(AuditError):
                self._commit([], lambda: False)  # the record of the outage is the probe
            return
        try:
            self._check_files()
            if time.monotonic() - self._signed_at >= self._seconds:
                self._write_head()
        except AuditError as error:
            self._disconnect()
            self._failed(error, 0)
            return
        self._checkpoint_when_due()

    def _failed(self, error: AuditError, records: int) -> None:
        if self._failed_at is None:
            self._failed_at = time_text(self._clock())
            _log.error("audit log can't be written: %s", error)
        self._failed_attempts += records

    def _ensure_connected(self) -> None:
        """A connection to the database in which the stream stands where it is known to stand."""
        if self._connection is not None:
            return
        connection = self._connect()
        try:
            # What an earlier connection couldn't sync must not be built upon: fold the WAL into the database first.
            with self._errors():
                raw = connection.connection.dbapi_connection
                assert isinstance(raw, sqlite3.Connection)
                if raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
                    raise _BusyError  # noqa: TRY301 - one clean-up for all
            with self._transaction(connection):
                size, leaf = self._standing(connection)
        except BaseException:
            self._disconnect()
            raise
        expected = [self._chain] if self._planned is None else [self._chain, self._planned]
        found = next((chain for chain in expected if (chain.size, chain.last) == (size, leaf)), None)
        if found is None:
            self._begin_stream()
        else:
            self._chain, self._planned = found, None

    def _standing(self, connection: Connection) -> tuple[int, bytes]:
        size = connection.execute(select(func.max(TABLE.c.seq)).where(TABLE.c.stream == self._stream)).scalar()
        if size is None:
            return 0, b""
        where = (TABLE.c.stream == self._stream) & (TABLE.c.seq == size)
        return size, connection.execute(select(TABLE.c.leaf).where(where)).scalar_one()

    def _write(self, items: Sequence[_Encoded]) -> list[Appended]:
        """Insert, commit, check, sign. Raises `_BusyError` (nothing happened) or `AuditError` (answer nobody)."""
        assert self._connection is not None
        rows, appended, chain = self._place(items)
        committed = False
        try:
            self._check_files()
            with self._errors():
                transaction = self._connection.begin()
            self._planned = chain
            with self._errors(busy=False):
                if self._connection.exec_driver_sql(INSERT, rows).rowcount != len(rows):
                    raise AuditError(f"{self._path}: not every record was stored")  # noqa: TRY301 - one clean-up for all
                transaction.commit()
            self._check_files()
            self._chain, self._planned, committed = chain, None, True
            self._write_head()
        except AuditError:
            if not committed:
                self._disconnect()
            raise
        return appended

    def _place(self, items: Sequence[_Encoded]) -> tuple[list[tuple[Any, ...]], list[Appended], Chain]:
        chain, rows, appended = self._chain, [], []
        for item in items:
            seq = chain.size + 1
            body = encode_record(item.body, stream=self._stream, seq=seq, prev=chain.last)
            leaf = leaf_hash(body)
            chain = chain.add(leaf)
            rows.append((self._stream, seq, leaf, body, *item.columns))
            appended.append(Appended(self._stream, seq, leaf.hex()))
        return rows, appended, chain

    def _write_head(self) -> None:
        note = self._note(StreamState.LIVE)
        if self._head is None:
            self._head = HeadFile.create(heads_dir(self._state.checkpoints), self._stream, note)
        else:
            try:
                self._head.write(note)
            except AuditError:
                self._head.release()
                self._head = None  # made anew by the next attempt
                raise
        self._signed_at = time.monotonic()

    def _note(self, state: StreamState) -> str:
        moment = time_text(self._clock())
        return self._signer.sign(
            Checkpoint(self._signer.origin, self._stream, self._chain.size, self._chain.root(), moment, state)
        )

    def _log_checkpoint(self, state: StreamState) -> None:
        append_checkpoint(self._state.checkpoints, self._note(state))
        self._logged_size, self._logged_at = self._chain.size, time.monotonic()

    def _checkpoint_when_due(self) -> None:
        new = self._chain.size - self._logged_size
        age = time.monotonic() - self._logged_at
        if new >= self._every or age >= self._seconds * (1 if new else _IDLE_FACTOR):
            try:
                self._log_checkpoint(StreamState.LIVE)
            except AuditError as error:  # the head proves as much; the next commit tries again
                _log.error("audit checkpoint not written: %s", error)

    def _release_head(self) -> None:
        """Move the head of a stream that goes no further into the log."""
        if self._head is not None:
            self._head.release()
            self._head = None
            recover_heads(self._state.checkpoints, self._signer, time_text(self._clock()))

    def _notice(self, code: str, details: dict[str, str] | None = None) -> AuditEvent:
        return AuditEvent.noticed(code, details, time=self._clock())

    def _recovered(self) -> AuditEvent:
        return self._notice("audit_recovered", {"since": str(self._failed_at), "refused": str(self._failed_attempts)})

    # The connection

    def _connect(self) -> Connection:
        self._disconnect()
        if not self._path.is_file():
            raise AuditError(f"{self._path}: the audit database is gone. Put it back, or start Privet anew.")
        with self._errors():
            self._connection = self._engine.connect()
        self._files = self._identities()
        return self._connection

    def _disconnect(self) -> None:
        """Let the connection go. If its files are no longer at their paths, whatever is there now isn't touched."""
        if self._connection is None:
            return
        connection, self._connection = self._connection, None
        with contextlib.suppress(SQLAlchemyError, sqlite3.Error):
            if self._files and self._files != self._identities():
                raw = connection.connection.dbapi_connection
                assert isinstance(raw, sqlite3.Connection)
                raw.setconfig(sqlite3.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, True)
            connection.close()

    def _identities(self) -> tuple[tuple[int, int], ...]:
        found = []
        for path in (self._path, self._path.with_name(self._path.name + "-wal")):
            try:
                status = path.stat()
            except OSError:
                found.append((0, 0))
            else:
                found.append((status.st_dev, status.st_ino))
        return tuple(found)

    def _check_files(self) -> None:
        """A deleted file can still be written to, and nobody would ever read it."""
        if self._identities() != self._files or (0, 0) in self._files:
            raise AuditError(f"{self._path}: the audit database is gone or was replaced while in use")

    @contextlib.contextmanager
    def _transaction(self, connection: Connection) -> Iterator[None]:
        with self._errors():
            with connection.begin():
                yield
            self._files = self._identities()

    @contextlib.contextmanager
    def _errors(self, *, busy: bool = True) -> Iterator[None]:
        """Database errors become `_BusyError` or `AuditError`, without statements and parameters."""
        try:
            yield
        except (SQLAlchemyError, sqlite3.Error) as error:
            code = _code(error)
            if busy and code in ("SQLITE_BUSY", "SQLITE_BUSY_SNAPSHOT", "SQLITE_BUSY_RECOVERY"):
                raise _BusyError from None
            raise AuditError(f"{self._path}: the audit database can't be written ({code})") from None


def _code(error: Exception) -> str:
    cause = error.orig if isinstance(error, DBAPIError) else error
    return getattr(cause, "sqlite_errorname", type(cause).__name__)


def _encode(event: AuditEvent) -> _Encoded:
    body, data = encode_with_json(event)
    return _Encoded(body, tuple(columns_of(data).values()))
