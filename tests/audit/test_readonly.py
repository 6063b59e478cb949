"""Whoever may read the file can read the log, and changes nothing by it."""

import sqlite3
from contextlib import closing

import pytest

from audit import readonly
from audit.readonly import connect_readonly

QUERY = "SELECT count(*) FROM audit_record"


def count(path):
    with closing(connect_readonly(path)) as connection:
        return connection.execute(QUERY).fetchone()[0]


def test_beside_a_writer(log, make_intent):
    store = log.open()
    store.append(make_intent()).result(5)
    assert count(log.database) == 2
    store.close()


def test_nothing_can_be_written(log):
    log.open().close()
    with closing(connect_readonly(log.database)) as connection, pytest.raises(sqlite3.OperationalError):
        connection.execute("DELETE FROM audit_record")


@pytest.mark.parametrize("refused", ["SQLITE_CANTOPEN", "SQLITE_READONLY_DIRECTORY"])
def test_in_a_directory_of_somebody_elses(log, monkeypatch, refused):
    """SQLite wants to make files beside a database in WAL mode; root may always, so its refusal is played here."""
    log.open().close()
    opened = []
    real = readonly._connect

    def connect(uri):
        opened.append(uri)
        return real(uri) if "immutable" in uri else Refusing(refused)

    monkeypatch.setattr(readonly, "_connect", connect)
    assert count(log.database) == 2  # opened and closed
    assert opened[-1].endswith("mode=ro&immutable=1")


@pytest.mark.parametrize("refused", ["SQLITE_CANTOPEN", "SQLITE_READONLY_DIRECTORY"])
def test_not_past_a_write_ahead_log(log, monkeypatch, refused):
    """What a crashed writer left there is part of the log: without it the reader would see less than there is."""
    log.open().close()
    log.database.with_name("audit.db-wal").write_bytes(b"x" * 100)
    monkeypatch.setattr(readonly, "_connect", lambda _uri: Refusing(refused))
    with pytest.raises(sqlite3.OperationalError):
        connect_readonly(log.database)


class Refusing:
    """A connection that can't be used."""

    def __init__(self, name):
        self.name = name

    def execute(self, _statement):
        error = sqlite3.OperationalError("no")
        error.sqlite_errorname = self.name
        raise error

    def close(self):
        pass
