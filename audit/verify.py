"""Verification: an independent reader that says whether the log is whole, and if not, what is wrong and where.

It reads the database by SQLite's own module, read-only, and shares no code with the writer but the hashes, the form of
notes and the derivation of columns. It streams: memory doesn't grow with the log. What it proves: every record up to
the newest signed size of its stream is there, once, in order, with the bytes that were signed, and the index columns
say what the records say. Whoever holds the signing key can forge all of this; see `docs/audit.md`.
"""

import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from audit.canonical import Record, decode_record
from audit.chain import GENESIS, Chain, leaf_hash
from audit.checkpoint import StreamState
from audit.columns import NAMES, columns_of
from audit.errors import AuditError, EventError
from audit.evidence import Evidence, Problem, SignedStream, gather
from audit.readonly import connect_readonly

MAX_PROBLEMS = 1000  # more are counted, not listed
UNACKNOWLEDGED = 129  # one group commit may be stored before a crash keeps it from being signed and answered

_QUERY = f"SELECT stream, seq, leaf, body, {', '.join(NAMES)} FROM audit_record ORDER BY stream, seq, rowid"  # noqa: S608 - constants
_UNREADABLE = ("SQLITE_CANTOPEN", "SQLITE_BUSY", "SQLITE_PERM", "SQLITE_READONLY", "SQLITE_LOCKED", "SQLITE_NOMEM")


@dataclass(frozen=True, slots=True)
class StreamReport:
    """What was found of one stream."""

    stream: str
    records: int
    signed: int
    state: str


@dataclass(slots=True)
class Verification:
    """The result: whole if there are no problems."""

    records: int = 0
    checkpoints: int = 0
    streams: list[StreamReport] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    problem_count: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.problem_count

    def add(self, problem: Problem) -> None:
        self.problem_count += 1
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(problem)


@dataclass(frozen=True, slots=True)
class _Link:
    """What a stream's first record says of the stream before it."""

    stream: str
    prev_stream: str
    prev_seq: int
    prev_leaf: str


def verify(database: Path, checkpoints: Path, key: Ed25519PublicKey) -> Verification:
    """Verify the log. Raises `AuditError` if there is nothing to verify or it can't be read."""
    if not database.is_file() and not checkpoints.is_file():
        raise AuditError(f"neither {database} nor {checkpoints} is there: nothing to verify")
    evidence = gather(checkpoints, key)
    result = Verification(checkpoints=evidence.checkpoints, notes=list(evidence.notes))
    for problem in evidence.problems:
        result.add(problem)
    walks: dict[str, _Walk] = {}
    if database.is_file():
        try:
            with closing(connect_readonly(database)) as connection:
                connection.execute("BEGIN")  # one state of the log, while Privet goes on writing
                _walk(connection, evidence, result, walks)
        except sqlite3.Error as error:
            name = getattr(error, "sqlite_errorname", type(error).__name__)
            if name.startswith(_UNREADABLE):
                raise AuditError(f"{database}: can't be read ({name})") from None
            result.add(Problem("", None, f"the database is damaged and can't be read to its end ({name})"))
    else:
        result.add(Problem("", None, f"the database {database} is missing"))
    _compare_ends(walks, evidence, gather(checkpoints, key), result)
    return result


def _walk(connection: sqlite3.Connection, evidence: Evidence, result: Verification, walks: "dict[str, _Walk]") -> None:
    kind = connection.execute("SELECT type FROM sqlite_master WHERE name = 'audit_record'").fetchone()
    if kind != ("table",):
        result.add(Problem("", None, "the database holds no audit table"))
        return
    links: list[_Link] = []
    walk: _Walk | None = None
    for stream, seq, leaf, body, *columns in connection.execute(_QUERY):
        if walk is None or walk.stream != stream:
            walk = walks[stream] = _Walk(stream, evidence.streams.get(stream) or SignedStream(), result)
        result.records += 1
        record = walk.row(seq, _bytes(leaf), _bytes(body), columns)
        if record is not None and record.seq == 1 and (link := _link(record)):
            links.append(link)
    for link in links:
        _follow(connection, link, walks, result)


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")


class _Walk:
    """Goes through one stream's rows in their order."""

    def __init__(self, stream: str, signed: SignedStream, result: Verification) -> None:
        self.stream, self.signed, self.result = stream, signed, result
        self.seq = 0  # the last row's
        self.whole = True  # nothing wrong so far
        self._chain = Chain()
        self._prev: bytes | None = GENESIS  # what the next record must name; None: can't be known
        self._suspect = False  # the last row was reported already
        self._proven = 0  # the largest size whose signed root matched
        self._rooted = True  # whether roots can still be compared

    def row(self, seq: object, leaf: bytes, body: bytes, columns: list[Any]) -> Record | None:
        """Check one row; its record if it is what it should be."""
        if type(seq) is not int:
            self._report(None, "a row's sequence number is no number")
            return None
        if seq <= self.seq:
            self._report(seq, "this sequence number is there more than once" if seq == self.seq else "out of place")
            return None
        if seq > self.seq + 1:
            self._report(self.seq + 1, "missing: dropped from the middle", seq - 1)
            self._prev, self._rooted = None, False
        self.seq = seq
        record = self._record(seq, leaf, body, columns)
        self._chain = self._chain.add(leaf)
        self._compare_root()
        return record

    def _record(self, seq: int, leaf: bytes, body: bytes, columns: list[Any]) -> Record | None:
        actual = leaf_hash(body)
        try:
            record = decode_record(body)
        except EventError as error:
            self._report(seq, f"changed: {error}")
            self._believe(leaf, known=actual != leaf)
            return None
        if (record.stream, record.seq) != (self.stream, seq):
            there = f"record {record.seq}" + ("" if record.stream == self.stream else f" of stream {record.stream}")
            self._report(seq, f"swapped or moved: {there} stands in its place")
            self._believe(leaf, known=actual != leaf)
            return None
        if actual != leaf:
            self._report(seq, "changed: its bytes don't give its leaf hash")
            self._believe(leaf, known=True)
            return None
        if self._prev is not None and record.prev != self._prev:
            if not self._suspect:
                first = max(seq - 1, 1)
                self._report(first, f"changed: record {seq} names another hash for the record before it", seq)
            self._rooted = False
        self._prev, self._suspect = leaf, False
        self._compare_columns(seq, record, columns)
        return record

    def _believe(self, leaf: bytes, *, known: bool) -> None:
        """Go on behind a wrong record: with its stored hash where that may be the right one."""
        self._suspect = True
        self._prev = leaf if known else None
        self._rooted = self._rooted and known

    def _compare_columns(self, seq: int, record: Record, columns: list[Any]) -> None:
        try:
            expected = columns_of(record.event)
        except (KeyError, TypeError, AttributeError, ValueError):
            self._report(seq, "changed: the record holds no event")
            return
        if wrong := [name for name, stored in zip(NAMES, columns, strict=True) if stored != expected[name]]:
            self._report(seq, f"index columns differ from the record: {', '.join(wrong)}")

    def _compare_root(self) -> None:
        if not self._rooted or self._chain.size not in self.signed.roots:
            return
        if self._chain.root() == self.signed.roots[self._chain.size]:
            self._proven = self._chain.size
            return
        self._rooted = False
        if self._suspect:
            return  # the record at this size was reported already
        what = f"changed, and the chain computed anew: the root signed at size {self._chain.size} is another"
        self._report(self._proven + 1, what, self._chain.size)
        self._suspect = True

    def _report(self, seq: int | None, what: str, last: int | None = None) -> None:
        self.whole = False
        self.result.add(Problem(self.stream, seq, what, last))


def _compare_ends(walks: dict[str, _Walk], before: Evidence, after: Evidence, result: Verification) -> None:
    """Each stream must reach its signed size; more than that must have been signed by now, or be one group commit."""
    for name in sorted(set(walks) | set(before.streams)):
        signed = before.streams.get(name) or SignedStream()
        seq, whole = (walks[name].seq, walks[name].whole) if name in walks else (0, True)
        result.streams.append(StreamReport(name, seq, signed.size, str(signed.state)))
        if seq < signed.size:
            what = (
                f"missing: cut off at the end (size {signed.size} was signed at {signed.times.get(signed.size, '?')})"
            )
            result.add(Problem(name, seq + 1, what if seq else "missing: the whole stream is gone", signed.size))
            continue
        now = after.streams.get(name)
        if now is None:
            result.add(Problem(name, 1, "no checkpoint was ever signed for this stream", seq))
        elif seq > now.size:
            extra = seq - now.size
            if now.state is StreamState.CLOSED and not now.has_head:
                result.add(Problem(name, now.size + 1, "added after the stream was closed", seq))
            elif extra > UNACKNOWLEDGED:
                result.add(Problem(name, now.size + 1, "never signed: more than one group commit", seq))
            elif whole:
                span = f"record {seq}" if extra == 1 else f"records {now.size + 1} to {seq}"
                result.notes.append(f"stream {name}, {span}: never signed (a crash during their commit); not proven")


def _link(record: Record) -> _Link | None:
    try:
        details = record.event["notice"]["details"]
        return _Link(record.stream, details["prev_stream"], int(details["prev_seq"]), details["prev_leaf"])
    except (KeyError, TypeError, ValueError):
        return None


def _follow(connection: sqlite3.Connection, link: _Link, walks: dict[str, _Walk], result: Verification) -> None:
    walk = walks.get(link.prev_stream)
    if walk is not None and (not walk.whole or walk.seq < walk.signed.size):
        return  # reported already
    if walk is None and link.prev_stream:
        what = f"missing: the whole stream is gone, though stream {link.stream} was started after it"
        result.add(Problem(link.prev_stream, 1, what, link.prev_seq))
        return
    query = "SELECT leaf FROM audit_record WHERE stream = ? AND seq = ?"
    row = connection.execute(query, (link.prev_stream, link.prev_seq)).fetchone()
    if row is None:
        what = f"missing: cut off at the end, though stream {link.stream} was started after it"
        result.add(Problem(link.prev_stream, link.prev_seq, what))
    elif _bytes(row[0]).hex() != link.prev_leaf:
        what = f"changed: stream {link.stream}, which was started after it, names another hash"
        result.add(Problem(link.prev_stream, link.prev_seq, what))
