"""The vault: tokens and surrogates that outlive their request, encrypted on disk.

A reply is restored from its own request. That isn't enough where the vendor keeps state (`previous_response_id`,
threads, batches, files, a response that is polled), and where a person quotes an old token. So what was put in a
value's place is kept here: for one person of one scope, until it expires, and never more than the limit.

On disk nothing can be read without the vault's key: rows are found by HMAC, and hold AES-256-GCM over their content,
bound to their place. Several processes may use one vault (SQLite in WAL mode). Losing the file loses old tokens only.
"""

import hashlib
import hmac
import logging
import os
import secrets
import sqlite3
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import NamedTuple

import msgpack
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from proxy.errors import ProxyError

log = logging.getLogger("privet.vault")

DAY = 86_400
_NONCE = 12
_BUSY = 2.0  # seconds to wait for another process's write
_RECENT = 20_000  # entries of which this process knows that they are kept
_VIEWS = 1_000
_VIEW_SECONDS = 60.0  # after which what has expired is no longer in it
_WRITES = 256  # between two looks at how much there is
_SURROGATES = 2_000  # of one person; more would make each of its replies slow
_SCHEMA = """
CREATE TABLE IF NOT EXISTS kept (
  owner BLOB NOT NULL, name BLOB NOT NULL, kind TEXT NOT NULL, expires INTEGER NOT NULL, sealed BLOB NOT NULL,
  PRIMARY KEY (owner, name)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS kept_expires ON kept (expires);
CREATE INDEX IF NOT EXISTS kept_kind ON kept (owner, kind, expires);
"""
SURROGATE = "~surrogate"  # as a kind: no entity type is called so


type _Place = tuple[bytes, bytes, str, int]  # owner, name, kind, expires
type _Row = tuple[bytes, bytes, str, int, bytes]


class VaultError(ProxyError):
    """The vault can't be read or written."""

    status_hint = 503


class Entry(NamedTuple):
    """What stands for a value. Without a value it is only known as Privet's own, and isn't turned back."""

    text: str
    kind: str  # the entity type of a token, or SURROGATE
    value: str | None

    def __repr__(self) -> str:
        """Without text and value: they are content."""
        return f"Entry({self.kind})"


@dataclass(slots=True)
class Vault:
    """One file of entries. Every method blocks for a disk access; the reading ones for microseconds."""

    path: Path
    key: bytes = field(repr=False)
    days: int = 30
    limit: int = 1_000_000
    clock: Callable[[], float] = time.time
    writable: bool = True
    _aead: AESGCM = field(init=False, repr=False)
    _lookup_key: bytes = field(init=False, repr=False)
    _reader: sqlite3.Connection = field(init=False, repr=False)
    _writer: sqlite3.Connection = field(init=False, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)
    _recent: OrderedDict[tuple[bytes, bytes], tuple[float, bytes]] = field(default_factory=OrderedDict, repr=False)
    _views: OrderedDict[bytes, tuple[object, float, "View | None"]] = field(default_factory=OrderedDict, repr=False)
    _writes: int = 0

    def __post_init__(self) -> None:
        """Open or make the file. Raises `VaultError`."""
        self._aead = AESGCM(_derived(self.key, b"seal"))
        self._lookup_key = _derived(self.key, b"lookup")
        try:
            # Made here, since SQLite would make it readable by others; its journals take over the mode.
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
            self._writer = self._connect()
            self._reader = self._connect()
            with self._writer:
                self._writer.executescript(_SCHEMA)
                self._writer.execute("DELETE FROM kept WHERE expires <= ?", (int(self.clock()),))
        except (OSError, sqlite3.Error) as error:
            raise VaultError(f"{self.path}: the vault can't be opened ({type(error).__name__})") from None

    def close(self) -> None:
        """Close the file."""
        with self._lock, closing(self._writer), closing(self._reader):
            pass

    def keeps(self, scope: str, person: str, entries: Iterable[Entry]) -> bool:
        """Whether this process has kept all of these lately, so that there is nothing to write."""
        owner, soon = self._owner(scope, person), self.clock() + self.days * DAY / 2
        return all(self._is_recent(owner, entry, soon) for entry in entries)

    def keep(self, scope: str, person: str, entries: Iterable[Entry]) -> None:
        """Keep entries for a person. Raises `VaultError` when that fails."""
        owner, now = self._owner(scope, person), self.clock()
        with self._lock:
            try:
                marks = self._keep(owner, entries, now)
            except (sqlite3.Error, VaultError) as error:
                if self.writable:
                    log.warning("the vault can't be written: %s", type(error).__name__)
                self.writable = False
                raise VaultError(f"the vault can't be written ({type(error).__name__})") from None
            self.writable = True
            self._recent |= {key: (now + self.days * DAY, mark) for key, mark in marks.items()}
            while len(self._recent) > _RECENT:
                self._recent.popitem(last=False)

    def view(self, scope: str, person: str) -> "View | None":
        """What a person may have turned back; None if there is nothing. Raises `VaultError`."""
        owner = self._owner(scope, person)
        now = self.clock()
        version = self._version()
        cached = self._views.get(owner)
        if cached is not None and cached[0] == version and now < cached[1]:
            return cached[2].again() if cached[2] is not None else None
        kinds = self._select("SELECT DISTINCT kind FROM kept WHERE owner = ? AND expires > ?", (owner, int(now)))
        names = {str(kind) for (kind,) in kinds}
        surrogates = self._surrogates(owner) if SURROGATE in names else {}
        view = View(self, owner, frozenset(names - {SURROGATE}), surrogates) if names else None
        self._views[owner] = (version, now + _VIEW_SECONDS, view)
        while len(self._views) > _VIEWS:
            self._views.popitem(last=False)
        return view.again() if view is not None else None

    def find(self, owner: bytes, text: str, *, settled: bool = True) -> Entry | None:
        """The entry for a token or surrogate. Raises `VaultError`."""
        name = self._name(text)
        rows = self._select(
            "SELECT kind, expires, sealed FROM kept WHERE owner = ? AND name = ? AND expires > ?",
            (owner, name, int(self.clock())),
            self._reader if settled else self._writer,
        )
        return self._open(owner, name, *rows[0]) if rows else None

    def _surrogates(self, owner: bytes) -> dict[str, str]:
        rows = self._select(
            "SELECT name, kind, expires, sealed FROM kept WHERE owner = ? AND kind = ? AND expires > ? "
            "ORDER BY expires DESC LIMIT ?",
            (owner, SURROGATE, int(self.clock()), _SURROGATES),
        )
        entries = [self._open(owner, *row) for row in rows]
        return {entry.text: entry.value for entry in entries if entry is not None and entry.value is not None}

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=_BUSY, check_same_thread=False)
        connection.execute("PRAGMA journal_mode = WAL")
        # A crash of the machine may lose the last entries: their own replies don't need them.
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA secure_delete = ON")
        return connection

    def _keep(self, owner: bytes, entries: Iterable[Entry], now: float) -> dict[tuple[bytes, bytes], bytes]:
        rows: list[_Row] = []
        marks: dict[tuple[bytes, bytes], bytes] = {}
        for entry in entries:
            if self._is_recent(owner, entry, now + self.days * DAY / 2):
                continue
            place = (owner, self._name(entry.text), entry.kind, int(now) + self.days * DAY)
            rows.append((*place, self._seal(place, entry.text, self._settled(owner, entry))))
            marks[place[:2]] = self._mark(entry)
        self._write(rows, int(now))
        return marks

    def _is_recent(self, owner: bytes, entry: Entry, until: float) -> bool:
        """Whether this process has kept the entry, with at least half of its days left."""
        kept = self._recent.get((owner, self._name(entry.text)))
        return kept is not None and kept[0] > until and kept[1] == self._mark(entry)

    def _settled(self, owner: bytes, entry: Entry) -> str | None:
        """The entry's value, unless the same text stands for another value already: then it is turned back to none."""
        kept = self.find(owner, entry.text, settled=False)
        if entry.value is None or kept is None or kept.value == entry.value:
            return entry.value
        if kept.value is None and entry.kind != SURROGATE:
            return entry.value  # the policy lets it be turned back now
        return None

    def _write(self, rows: Sequence[_Row], now: int) -> None:
        if not rows:
            return
        with self._writer:
            self._writer.executemany("INSERT OR REPLACE INTO kept VALUES (?, ?, ?, ?, ?)", rows)
            self._writes += 1
            if self._writes % _WRITES:
                return
            self._writer.execute("DELETE FROM kept WHERE expires <= ?", (now,))
            (count,) = self._writer.execute("SELECT count(*) FROM kept").fetchone()
            if count > self.limit:
                self._writer.execute(
                    "DELETE FROM kept WHERE (owner, name) IN (SELECT owner, name FROM kept ORDER BY expires LIMIT ?)",
                    (count - self.limit,),
                )

    def _version(self) -> object:
        """Something that changes whenever anybody writes."""
        return self._select("PRAGMA data_version", ())[0][0]

    def _select(
        self, query: str, values: tuple[object, ...], connection: sqlite3.Connection | None = None
    ) -> list[tuple[object, ...]]:
        try:
            return (connection or self._reader).execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise VaultError(f"the vault can't be read ({type(error).__name__})") from None

    def _seal(self, place: _Place, text: str, value: str | None) -> bytes:
        nonce = secrets.token_bytes(_NONCE)
        plain = msgpack.packb([text, value], unicode_errors="surrogatepass")
        return nonce + self._aead.encrypt(nonce, plain, _bound(*place))

    def _open(self, owner: bytes, name: object, kind: object, expires: object, sealed: object) -> Entry | None:
        """A row's entry; None for one that was changed or belongs elsewhere."""
        if not (isinstance(name, bytes) and isinstance(kind, str) and isinstance(expires, int)):
            return None
        if not isinstance(sealed, bytes):
            return None
        try:
            plain = self._aead.decrypt(sealed[:_NONCE], sealed[_NONCE:], _bound(owner, name, kind, expires))
            text, value = msgpack.unpackb(plain, unicode_errors="surrogatepass")
        except (InvalidTag, ValueError):
            return None
        return Entry(text, kind, value)

    def _owner(self, scope: str, person: str) -> bytes:
        return self._hash(b"owner", scope, person)

    def _name(self, text: str) -> bytes:
        return self._hash(b"name", text.lower())

    def _mark(self, entry: Entry) -> bytes:
        return self._hash(b"mark", entry.kind, "" if entry.value is None else f"={entry.value}")

    def _hash(self, purpose: bytes, *parts: str) -> bytes:
        digest = hmac.new(self._lookup_key, purpose, hashlib.sha256)
        for part in parts:
            data = part.encode("utf-8", "surrogatepass")
            digest.update(len(data).to_bytes(8) + data)
        return digest.digest()[:16]


@dataclass(slots=True)
class View:
    """One person's part of the vault. A failure while a reply is restored leaves its tokens as they are."""

    vault: Vault = field(repr=False)
    owner: bytes = field(repr=False)
    types: frozenset[str]
    surrogates: Mapping[str, str] = field(repr=False)
    failed: bool = False  # for this reply
    _seen: dict[str, Entry | None] = field(default_factory=dict, repr=False)

    def again(self) -> "View":
        """The same for another request."""
        return View(self.vault, self.owner, self.types, self.surrogates)

    def value(self, token: str) -> str | None:
        """The value of a token in plain form, if it may be turned back."""
        entry = self.entry(token)
        return None if entry is None else entry.value

    def entry(self, token: str) -> Entry | None:
        """What is kept of a token; None if nothing is, or if it can't be read."""
        if token not in self._seen:
            try:
                self._seen[token] = self.vault.find(self.owner, token)
            except VaultError:
                self.failed = True
                return None
        return self._seen[token]


def _derived(key: bytes, purpose: bytes) -> bytes:
    return hmac.new(key, b"privet vault " + purpose, hashlib.sha256).digest()


def _bound(owner: bytes, name: bytes, kind: str, expires: int) -> bytes:
    return b"\0".join((owner, name, kind.encode(), str(expires).encode()))
