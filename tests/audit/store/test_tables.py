"""A database is opened durably or not at all."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from audit.columns import NAMES
from audit.errors import AuditError
from audit.store.tables import TABLE, create_database, database_path, open_reader, open_writer


@pytest.mark.parametrize(
    ("url", "path"),
    [("sqlite:////var/lib/audit.db", "/var/lib/audit.db"), ("sqlite:///a b?.db", "a b"), ("sqlite:///x.db", "x.db")],
)
def test_database_path(url, path):
    assert database_path(url) == Path(path)


def test_columns_are_the_derived_ones():
    assert [column.name for column in TABLE.columns] == ["stream", "seq", "leaf", "body", *NAMES]


@pytest.mark.parametrize("name", ["audit.db", "a b#c%20.db"])
def test_writer_is_durable(tmp_path, name):
    create_database(tmp_path / name)
    with open_writer(tmp_path / name).connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
    assert (tmp_path / name).stat().st_size > 0


def test_writer_refuses_what_cannot_be_durable(tmp_path, monkeypatch):
    """A connection that doesn't take the pragma, as on file systems without shared memory."""
    create_database(tmp_path / "audit.db")

    class Stubborn:
        def __init__(self, *args, **kwargs):
            pass

        def execute(self, statement):
            return self

        def fetchone(self):
            return ("delete",)

        def close(self):
            pass

    monkeypatch.setattr("audit.store.tables.sqlite3.connect", Stubborn)
    with pytest.raises(AuditError, match="expected journal_mode wal"):
        open_writer(tmp_path / "audit.db").connect()


def test_reader_makes_nothing(tmp_path):
    with pytest.raises(AuditError, match="there is no audit database"):
        open_reader(tmp_path / "audit.db")
    assert list(tmp_path.iterdir()) == []


def test_create_leaves_what_is_there(tmp_path):
    (tmp_path / "audit.db").write_bytes(b"kept")
    create_database(tmp_path / "audit.db")
    assert (tmp_path / "audit.db").read_bytes() == b"kept"


def test_create_refuses_another_programs_database(tmp_path):
    path = tmp_path / "audit.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE orders (number)")
        connection.execute("PRAGMA user_version = 1")  # many programs use it, too
    before = path.read_bytes()
    with pytest.raises(AuditError, match="another program's database"):
        create_database(path)
    assert path.read_bytes() == before


def test_create_takes_an_empty_database(tmp_path):
    with closing(sqlite3.connect(tmp_path / "audit.db")) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
    create_database(tmp_path / "audit.db")
