"""Events are made of plain, bounded values, and lack nothing that their kind needs."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from audit.errors import EventError
from audit.event import (
    MAX_FINGERPRINTS,
    MAX_LISTED,
    Actor,
    AuditEvent,
    EntityCount,
    Fingerprint,
    Kind,
    NoticeFacts,
    OutcomeFacts,
    PointerFact,
    RequestFacts,
    SkippedPart,
    new_id,
    permille,
    time_text,
)

SECRET = "Ana María Quintero, 4111 1111 1111 1111"


def test_no_field_keeps_free_text():
    facts = [
        RequestFacts(SECRET, SECRET, SECRET, SECRET, SECRET, SECRET),
        EntityCount(SECRET, 1),
        PointerFact(f"/{SECRET}", SECRET, SECRET),
        SkippedPart(SECRET, f"/{SECRET}"),
        OutcomeFacts(error=SECRET),
        NoticeFacts(SECRET, {SECRET: SECRET}),
        Actor(address=SECRET),
    ]
    assert all("Ana" not in repr(fact) and "4111" not in repr(fact) for fact in facts)


def test_a_value_where_an_hmac_belongs_is_an_error():
    with pytest.raises(EventError) as error:
        Fingerprint("PERSON", SECRET)
    assert "Ana" not in str(error.value)


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (Kind.INTENT, {}),
        (Kind.INTENT, {"decision_id": "01K", "actor": Actor()}),
        (Kind.OUTCOME, {"decision_id": "01K"}),
        (Kind.OUTCOME, {"outcome": OutcomeFacts()}),
        (Kind.NOTICE, {}),
    ],
)
def test_what_each_kind_needs(kind, values):
    with pytest.raises(EventError, match="needs"):
        AuditEvent(kind=kind, id=new_id(), time=time_text(datetime.now(UTC)), **values)


def test_long_lists_are_cut_and_counted(make_intent):
    event = make_intent(
        pointers=[PointerFact(f"/messages/{index}", "PERSON") for index in range(MAX_LISTED + 3)],
        skipped=[SkippedPart("timeout")] * (MAX_LISTED + 1),
        fingerprints=[Fingerprint("PERSON", f"{index:032x}") for index in range(MAX_FINGERPRINTS + 2)],
    )
    assert (len(event.pointers), len(event.skipped), len(event.fingerprints)) == (256, 256, 1024)
    assert event.left_out == {"pointers": 3, "skipped": 1, "fingerprints": 2}


def test_missing_people_are_empty():
    actor = Actor(user=None, department=None, address=None)  # type: ignore[arg-type]
    assert actor == Actor("", "", "")


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 11, 24, 3, 22, 5, 7, UTC), "2026-11-24T03:22:05.000007Z"),
        (datetime(2026, 11, 24, 3, 22, tzinfo=timezone(timedelta(hours=2))), "2026-11-24T01:22:00.000000Z"),
    ],
)
def test_time_text(moment, text):
    assert time_text(moment) == text


@pytest.mark.parametrize(("score", "thousandths"), [(0.0, 0), (1.0, 1000), (0.8549, 855), (1.2, 1000), (-1, 0)])
def test_permille(score, thousandths):
    assert permille(score) == thousandths


def test_ids_sort_by_time():
    assert new_id()[:8] <= new_id()[:8]
    assert len({new_id() for _ in range(1000)}) == 1000


def test_notice_and_outcome():
    notice = AuditEvent.noticed("policy_loaded", {"policy": "acme", "revision": "ab12"}, actor=Actor("root"))
    assert (notice.kind, notice.notice.details["revision"]) == (Kind.NOTICE, "ab12")
    ended = AuditEvent.ended(decision_id="01K", outcome=OutcomeFacts(403), entities=[EntityCount("PERSON", 1)])
    assert (ended.kind, ended.outcome.status, ended.entities[0].count) == (Kind.OUTCOME, 403, 1)
