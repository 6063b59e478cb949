"""What a durable record costs: `AuditStore` against bare sqlite3 inserts of the same rows on the same disk.

Bare means what a program would write without thinking of tampering: WAL, `synchronous=FULL`, one table with the same
columns and indexes, no hashes, no signed head. At one in flight it commits each row, at 64 it commits 64 at a time.
"""

import sqlite3
import statistics
import tempfile
import time
from collections import deque
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path

from audit.canonical import encode, to_json
from audit.checkpoint import load_public_key
from audit.columns import columns_of
from audit.event import (
    Actor,
    AuditEvent,
    DecisionFacts,
    EntityCount,
    Fingerprint,
    OutcomeFacts,
    PointerFact,
    RequestFacts,
    new_id,
)
from audit.store import Appended, AuditStore
from audit.verify import verify
from bench import Row
from configs.state import StatePaths

_IN_FLIGHT = 64
_SCHEMA = """
CREATE TABLE record (stream TEXT, seq INTEGER, leaf BLOB, body BLOB, id TEXT UNIQUE, time TEXT, kind TEXT,
  decision_id TEXT, user TEXT, department TEXT, provider TEXT, model TEXT, effect TEXT, mode TEXT, rules TEXT,
  types TEXT, findings INTEGER, redacted INTEGER, status INTEGER, code TEXT, PRIMARY KEY (stream, seq));
CREATE INDEX by_time ON record (time);
CREATE INDEX by_decision ON record (decision_id);
"""


def run(*, quick: bool) -> list[Row]:
    """Measure in a temporary directory."""
    single, many = (300, 4_000) if quick else (2_000, 40_000)
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        bare_one, _ = _bare(root / "bare1.db", _events(single), 1)
        _, bare_rate = _bare(root / "bare64.db", _events(many), _IN_FLIGHT)
        store = AuditStore.open(
            f"sqlite:///{root}/audit.db", state=StatePaths(root / "state"), origin="privet/bench", commit_timeout=30
        )
        one, _ = _store(store, _events(single), 1)
        loaded, rate = _store(store, _events(many), _IN_FLIGHT)
        store.close()
        size = (root / "audit.db").stat().st_size / (single + many)
        verify_rate = _verify(root)
    group = "audit"
    return [
        Row(group, "durable append, 1 in flight, p50", _p(one, 50), "ms", _p(bare_one, 50), "floor: bare sqlite3"),
        Row(group, "durable append, 1 in flight, p99", _p(one, 99), "ms", _p(bare_one, 99), "floor: bare sqlite3"),
        Row(group, f"durable append, {_IN_FLIGHT} in flight, p50", _p(loaded, 50), "ms"),
        Row(group, f"durable append, {_IN_FLIGHT} in flight, p99", _p(loaded, 99), "ms"),
        Row(group, f"durable appends, {_IN_FLIGHT} in flight", rate, "1/s", bare_rate, "floor: bare sqlite3"),
        Row(group, "size of a record with indexes", size, "B"),
        Row(group, "verification", verify_rate, "1/s"),
    ]


def _events(count: int) -> list[AuditEvent]:
    events: list[AuditEvent] = []
    for _ in range(count // 2):
        decision = new_id()
        intent = AuditEvent.intent(
            decision_id=decision,
            actor=Actor("ana", "finance", "10.1.2.3"),
            request=RequestFacts(
                "openai", "openai.chat", "api.openai.com", "/v1/chat/completions", "POST", "gpt-4o", 1024
            ),
            decision=DecisionFacts("allow", "enforce", ("customers",), ("customers",), "acme", "0123456789abcdef"),
            entities=[EntityCount("PERSON", 2, 870)],
            pointers=[PointerFact("/messages/0/content", "PERSON", "tokenize", 2)],
            obligations={"tokenize": 2},
            fingerprints=[Fingerprint("PERSON", "ab" * 16)],
        )
        events += [intent, AuditEvent.ended(decision_id=decision, outcome=OutcomeFacts(200, 2048, 900, 2))]
    return events


def _bare(path: Path, events: list[AuditEvent], batch: int) -> tuple[list[float], float]:
    rows = [
        ("stream", seq, bytes(32), encode(event), *columns_of(to_json(event)).values())
        for seq, event in enumerate(events, 1)
    ]
    insert = f"INSERT INTO record VALUES ({', '.join('?' * len(rows[0]))})"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.executescript(_SCHEMA)
        taken, started = [], time.perf_counter()
        for first in range(0, len(rows), batch):
            begun = time.perf_counter()
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(insert, rows[first : first + batch])
            connection.execute("COMMIT")
            taken.append(time.perf_counter() - begun)
        return taken, len(rows) / (time.perf_counter() - started)


def _store(store: AuditStore, events: list[AuditEvent], in_flight: int) -> tuple[list[float], float]:
    taken: list[float] = []
    waiting: deque[Future[Appended]] = deque()
    started = time.perf_counter()
    for event in events:
        if len(waiting) >= in_flight:
            waiting.popleft().result()
        begun = time.perf_counter()
        future = store.append(event)
        future.add_done_callback(lambda _, begun=begun: taken.append(time.perf_counter() - begun))  # type: ignore[misc]
        waiting.append(future)
    for future in waiting:
        future.result()
    return taken, len(events) / (time.perf_counter() - started)


def _verify(root: Path) -> float:
    state = StatePaths(root / "state")
    started = time.perf_counter()
    result = verify(root / "audit.db", state.checkpoints, load_public_key(state.audit_public_key))
    if not result.ok:
        raise RuntimeError(f"the log of the benchmark is not whole: {result.problems[0]}")
    return result.records / (time.perf_counter() - started)


def _p(seconds: list[float], percent: int) -> float:
    return 1000 * statistics.quantiles(seconds, n=100)[percent - 1]
