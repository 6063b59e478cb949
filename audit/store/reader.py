"""`AuditReader`: search, single records, streams of records, and the rows that reports are made of. Read-only."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, Self

from sqlalchemy import ColumnElement, Row, Select, and_, or_, select
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from audit.canonical import Record, decode_record
from audit.errors import AuditError
from audit.store.tables import TABLE, database_path, open_reader

_PAGE = 1000

_HINTS = {
    "SQLITE_CANTOPEN": " May this user read it, and what lies beside it (-wal, -shm)?",
    "SQLITE_ERROR": " It holds no audit table. Is it another program's, or empty?",
    "SQLITE_NOTADB": " It is damaged, or no database. Compare it with: privet audit verify",
    "SQLITE_CORRUPT": " It is damaged. See what is left with: privet audit verify",
    "SQLITE_BUSY": " Another program keeps it locked.",
}

type _Row = Row[*tuple[Any, ...]]
type _Query = Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Filters:
    """What to look for. Times are the log's own text form; `since` is included, `until` is not."""

    since: str | None = None
    until: str | None = None
    kind: str | None = None
    department: str | None = None
    user: str | None = None
    effect: str | None = None
    rule: str | None = None
    type: str | None = None
    provider: str | None = None
    model: str | None = None
    decision: str | None = None


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A record as it lies in the database."""

    stream: str
    seq: int
    leaf: bytes
    body: bytes

    def parsed(self) -> Record:
        """The record's fields. Raises `EventError` if the stored bytes are no record."""
        return decode_record(self.body)


@dataclass(frozen=True, slots=True)
class Summary:
    """The searchable columns of one record: what lists and reports need, without parsing bodies."""

    id: str
    time: str
    kind: str
    decision_id: str
    user: str
    department: str
    provider: str
    model: str
    effect: str
    mode: str
    rules: tuple[str, ...]
    types: tuple[str, ...]
    findings: int
    redacted: int
    status: int
    code: str
    stream: str
    seq: int


_STORED = (TABLE.c.stream, TABLE.c.seq, TABLE.c.leaf, TABLE.c.body)
_SUMMARY = tuple(TABLE.c[name] for name in Summary.__slots__)


class AuditReader:
    """Reads a database that it can't change. A context manager."""

    def __init__(self, database_url: str) -> None:
        self._path = database_path(database_url)
        self._engine = open_reader(self._path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._engine.dispose()

    def search(self, filters: Filters, *, limit: int = 50, after: str | None = None) -> list[Summary]:
        """The newest records first; `after` is the id of the last record of the page before. Raises `AuditError`."""
        query = select(*_SUMMARY).where(*_conditions(filters))
        with self._connection() as connection:
            if after is not None:
                last = connection.execute(select(TABLE.c.time).where(TABLE.c.id == after)).scalar()
                if last is None:
                    raise AuditError(f"no record has the id {after}")
                query = query.where(or_(TABLE.c.time < last, and_(TABLE.c.time == last, TABLE.c.id < after)))
            query = query.order_by(TABLE.c.time.desc(), TABLE.c.id.desc()).limit(limit)
            return [_summary(row) for row in connection.execute(query)]

    def outcomes(self, decisions: list[str]) -> dict[str, Summary]:
        """The outcome of each decision that has one. Raises `AuditError`."""
        found: dict[str, Summary] = {}
        with self._connection() as connection:
            for start in range(0, len(decisions), _PAGE):
                wanted = TABLE.c.decision_id.in_(decisions[start : start + _PAGE])
                query = select(*_SUMMARY).where(wanted, TABLE.c.kind == "outcome")
                found.update((row.decision_id, _summary(row)) for row in connection.execute(query))
        return found

    def get(self, wanted: str) -> list[StoredRecord]:
        """Every record of the decision, or of the decision that the event belongs to, oldest first."""
        if not wanted:
            return []
        with self._connection() as connection:
            decision = connection.execute(select(TABLE.c.decision_id).where(TABLE.c.id == wanted)).scalar()
            which = TABLE.c.decision_id == (decision or wanted)
            query = select(*_STORED).where(TABLE.c.id == wanted if decision == "" else which)
            query = query.order_by(TABLE.c.time, TABLE.c.stream, TABLE.c.seq)
            return [_stored(row) for row in connection.execute(query)]

    def records(self, filters: Filters | None = None) -> Iterator[StoredRecord]:
        """Every record, stream by stream in its order, in bounded memory.

        With filters: those that match, and whatever else belongs to their decisions (outcomes don't name the person).
        """
        query = select(*_STORED).order_by(TABLE.c.stream, TABLE.c.seq)
        if filters is not None and (conditions := _conditions(filters)):
            decisions = select(TABLE.c.decision_id).where(*conditions, TABLE.c.decision_id != "")
            query = query.where(or_(and_(*conditions), TABLE.c.decision_id.in_(decisions)))
        yield from map(_stored, self._stream(query))

    def decisions(self, filters: Filters) -> Iterator[tuple[StoredRecord, StoredRecord | None]]:
        """Every decision that matches with its outcome, if it has one; oldest first, in bounded memory."""
        conditions = _conditions(replace(filters, kind="intent"))
        query = select(*_STORED, TABLE.c.decision_id).where(*conditions).order_by(TABLE.c.time, TABLE.c.id)
        with self._connection() as connection:
            pages = connection.execution_options(yield_per=_PAGE).execute(query).partitions()
            for page in pages:
                outcome = select(*_STORED, TABLE.c.decision_id).where(
                    TABLE.c.kind == "outcome", TABLE.c.decision_id.in_([row.decision_id for row in page])
                )
                ends = {row.decision_id: _stored(row) for row in connection.execute(outcome)}
                yield from ((_stored(row), ends.get(row.decision_id)) for row in page)

    def summaries(self, filters: Filters) -> Iterator[Summary]:
        """Every record that matches, oldest first, in bounded memory: what reports count."""
        query = select(*_SUMMARY).where(*_conditions(filters)).order_by(TABLE.c.time)
        yield from map(_summary, self._stream(query))

    def _stream(self, query: _Query) -> Iterator[_Row]:
        with self._connection() as connection:
            yield from connection.execution_options(yield_per=_PAGE).execute(query)

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        try:
            with self._engine.connect() as connection:
                yield connection
        except (SQLAlchemyError, sqlite3.Error) as error:
            cause = getattr(error, "orig", None) or error
            name = getattr(cause, "sqlite_errorname", type(cause).__name__)
            hint = next((text for start, text in _HINTS.items() if name.startswith(start)), "")
            raise AuditError(f"{self._path}: the audit database can't be read ({name}).{hint}") from None


def _conditions(filters: Filters) -> list[ColumnElement[bool]]:
    columns = TABLE.c
    exact = {
        columns.kind: filters.kind,
        columns.department: filters.department,
        columns.user: filters.user,
        columns.effect: filters.effect,
        columns.provider: filters.provider,
        columns.model: filters.model,
        columns.decision_id: filters.decision,
    }
    conditions: list[ColumnElement[bool]] = [column == value for column, value in exact.items() if value is not None]
    if filters.since is not None:
        conditions.append(columns.time >= filters.since)
    if filters.until is not None:
        conditions.append(columns.time < filters.until)
    for column, word in ((columns.rules, filters.rule), (columns.types, filters.type)):
        if word is not None:
            conditions.append(column.contains(f" {word} ", autoescape=True))
    return conditions


def _summary(row: _Row) -> Summary:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for a row as a mapping
    values["rules"], values["types"] = tuple(values["rules"].split()), tuple(values["types"].split())
    return Summary(**values)


def _stored(row: _Row) -> StoredRecord:
    return StoredRecord(row.stream, row.seq, row.leaf, row.body)
