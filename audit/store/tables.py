"""The table, and how a SQLite database is opened: durably for the writer, read-only for everyone else.

`AuditRecord` is a row, not an event: SQLModel validates nothing in tables, so the validated type is `audit.event`.
Writing means WAL with `synchronous=FULL`: each commit is on the disk before anyone is told. Both are read back.
"""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Engine, LargeBinary, Table, create_engine, event, insert
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool
from sqlmodel import Field, SQLModel

from audit.errors import AuditError
from audit.readonly import connect_readonly

SCHEMA_VERSION = 1
BUSY_MILLISECONDS = 50  # one try; the writer tries again until nobody waits for the records any more
_FULL = 2  # PRAGMA synchronous


class AuditRecord(SQLModel, table=True):
    """One stored record. Every column but the first four is derived from `body` (`audit.columns`)."""

    __tablename__ = "audit_record"

    stream: str = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    leaf: bytes = Field(sa_type=LargeBinary)
    body: bytes = Field(sa_type=LargeBinary)
    id: str = Field(unique=True)
    time: str = Field(index=True)
    kind: str
    decision_id: str = Field(index=True)
    user: str
    department: str
    provider: str
    model: str
    effect: str
    mode: str
    rules: str
    types: str
    findings: int
    redacted: int
    status: int
    code: str


TABLE: Table = SQLModel.metadata.tables["audit_record"]
INSERT = str(insert(TABLE).compile(dialect=sqlite.dialect()))  # compiled once: values come as tuples, in column order


def database_path(url: str) -> Path:
    """The file of a SQLite URL. Raises `AuditError` for anything else."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise AuditError("audit.database: expected a URL such as sqlite:///audit.db") from None
    if parsed.get_backend_name() != "sqlite":
        raise AuditError(f"audit.database: {parsed.get_backend_name()} isn't supported, expected sqlite:///PATH")
    if not parsed.database or parsed.database == ":memory:" or parsed.database.startswith("file:"):
        raise AuditError("audit.database: the log needs a file: sqlite:///PATH")
    return Path(parsed.database)


def create_database(path: Path) -> None:
    """Make the file, for its owner alone, unless it is there. Raises `AuditError`."""
    if not path.parent.is_dir():
        raise AuditError(f"{path.parent}: no such directory for the audit database. Make it: mkdir -p {path.parent}")
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        if not path.is_file():
            raise AuditError(f"{path}: is no file, so it can't be the audit database") from None
        if _is_foreign(path):
            raise AuditError(
                f"{path}: this is another program's database, and it stays as it is. "
                "Set audit.database to a file of its own."
            ) from None
    except OSError as error:
        raise AuditError(f"{path}: the audit database can't be made: {error.strerror}") from None


def open_writer(path: Path) -> Engine:
    """An engine whose connections commit durably. It never makes the file: a log that is gone stays gone."""

    def connect() -> sqlite3.Connection:
        connection = _connect(path)
        journal = connection.execute("PRAGMA journal_mode=WAL").fetchone()[0]
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA fullfsync=ON")  # macOS: fsync alone doesn't reach the platter
        synchronous = connection.execute("PRAGMA synchronous").fetchone()[0]
        if journal != "wal" or synchronous != _FULL:
            connection.close()
            raise AuditError(
                f"{path}: expected journal_mode wal and synchronous {_FULL}, got {journal} and {synchronous}. "
                "Keep the audit database on a local disk."
            )
        return connection

    engine = create_engine("sqlite://", creator=connect, poolclass=NullPool)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def open_reader(path: Path) -> Engine:
    """An engine that can't change anything. Raises `AuditError` if there is no database."""
    if not path.is_file():
        raise AuditError(f"{path}: there is no audit database. It is made when Privet first serves.")
    return create_engine("sqlite://", creator=lambda: connect_readonly(path), poolclass=NullPool)


def _is_foreign(path: Path) -> bool:
    """Whether it holds tables, and ours isn't among them. What can't be told is for the writer to find out."""
    try:
        with closing(connect_readonly(path)) as connection:
            names = {str(name) for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    except sqlite3.Error:
        return False
    return bool(names) and TABLE.name not in names


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"file:{quote(str(path.absolute()))}?mode=rw", uri=True, isolation_level=None, check_same_thread=False
    )
    connection.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")
    connection.execute("PRAGMA trusted_schema=OFF")
    return connection


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def create_schema(connection: Connection, path: Path) -> None:
    """Make the table, inside a transaction that keeps other writers out. Raises `AuditError` for a foreign schema."""
    version = connection.exec_driver_sql("PRAGMA user_version").scalar()
    if version == 0:
        SQLModel.metadata.create_all(connection, tables=[TABLE])
        connection.exec_driver_sql(f"PRAGMA user_version={SCHEMA_VERSION}")
    elif version != SCHEMA_VERSION:
        raise AuditError(f"{path}: schema version {version}, expected {SCHEMA_VERSION}. Use the Privet that made it.")
