"""A SQLite connection that can't change the database: for verification, searches and reports alike.

Whoever may read the file may read the log, also where they may write nothing: while Privet serves, beside the
write-ahead log that it keeps; on a read-only medium, or in a directory of somebody else's, as the file lies there.
"""

import sqlite3
from pathlib import Path
from urllib.parse import quote

WAIT_SECONDS = 5.0  # for a writer that holds the database


def connect_readonly(database: Path) -> sqlite3.Connection:
    """A connection outside of any transaction. Raises `sqlite3.Error`."""
    uri = f"file:{quote(str(database.absolute()))}?mode=ro"
    wal = database.with_name(database.name + "-wal")
    connection = _connect(uri)
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError as error:
        connection.close()
        name = getattr(error, "sqlite_errorname", "")
        if not name.startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY")) or (wal.exists() and wal.stat().st_size):
            raise
        # No write-ahead log can be made here, and there is none: nobody writes, so it can be read without a lock.
        connection = _connect(f"{uri}&immutable=1")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _connect(uri: str) -> sqlite3.Connection:
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=WAIT_SECONDS, check_same_thread=False)
    connection.execute("PRAGMA trusted_schema=OFF")
    return connection
