"""Reasons that are given afterwards: recorded before they count."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from audit.errors import AuditError
from configs.settings import Settings
from policy.load import load_policy
from proxy.justify import Justify
from proxy.ledger import Ledger
from proxy.pipeline import Pipeline
from proxy.record import Record, RecordError
from tests.fakes.privet import ListStore, TableInspector

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
REASON = "The customer asked for it."


@pytest.fixture
def make(tmp_path: Path):
    def build(store: ListStore, *, keep: bool = False) -> Justify:
        path = tmp_path / "policy.yaml"
        path.write_text(f"schema: privet.policy/1\nid: acme\nrecord_reasons: {str(keep).lower()}\n")
        record, ledger = (
            Record(store, b"f" * 32, 0.2 if store.hang else 20.0),
            Ledger(tmp_path / "ledger.db", b"k" * 32),
        )
        pipeline = Pipeline(Settings(), load_policy(path), TableInspector(), record, b"t" * 32, clock=lambda: NOW)
        ledger.ask("D1", b"ana", b"body", ["people"], NOW.timestamp())
        return Justify(ledger, record, pipeline)

    return build


@pytest.mark.parametrize("keep", [True, False])
async def test_a_reason_is_recorded_and_counts(make, keep: bool) -> None:
    store = ListStore()
    justify = make(store, keep=keep)
    assert await justify.answer("D1", f"  {REASON} ") == ("people",)
    [event] = store.events
    assert (event.kind.value, event.notice.code, event.decision_id) == ("notice", "justified", "D1")
    given = event.justification
    assert (given.by, given.length, given.rules, given.reason) == ("command", 26, ("people",), REASON if keep else "")
    kept = justify.ledger.answered(b"ana", b"body", NOW.timestamp())
    assert kept is not None
    assert kept.reason == given.hmac
    assert REASON not in repr(justify)
    justify.ledger.close()


async def test_what_nobody_asked_is_not_recorded(make) -> None:
    store = ListStore()
    justify = make(store)
    assert await justify.answer("D2", REASON) is None
    assert store.events == []
    justify.ledger.close()


@pytest.mark.parametrize("store", [ListStore(fault=AuditError("full")), ListStore(hang=True)])
async def test_a_reason_that_can_not_be_recorded_does_not_count(make, store: ListStore) -> None:
    justify = make(store)
    with pytest.raises(RecordError):
        await justify.answer("D1", REASON)
    assert justify.ledger.answered(b"ana", b"body", NOW.timestamp()) is None
    justify.ledger.close()
