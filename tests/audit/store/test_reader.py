"""Search finds what it should and nothing else."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from audit.canonical import decode_record
from audit.errors import AuditError
from audit.event import Actor, DecisionFacts, EntityCount, RequestFacts, time_text
from audit.store import AuditReader, Filters

START = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def filled(log, make_intent, make_outcome):
    """Requests D0 to D5, an hour apart."""
    store = log.open(clock=lambda: START - timedelta(days=1))
    openai = RequestFacts("openai", "openai.chat", "api.openai.com", "/v1/chat/completions", "POST", "gpt-4o")
    anthropic = RequestFacts("anthropic", "anthropic.messages", "api.anthropic.com", "/v1/messages", "POST", "claude-x")
    rows = [
        (Actor("ana", "finance"), openai, DecisionFacts("allow", "enforce", ("customers",)), ["PERSON"]),
        (Actor("ana", "finance"), anthropic, DecisionFacts("block", "enforce", ("secrets",)), ["API_KEY", "PERSON"]),
        (Actor("bob", "support"), openai, DecisionFacts("reroute", "enforce", ("mail",)), []),
        (Actor("bob", "support"), openai, DecisionFacts("allow", "monitor", ("defaults.effect",)), []),
        (Actor("eve", "hr"), openai, DecisionFacts("allow", "enforce", ("customers_eu",)), ["PERSONAL_NUMBER"]),
        (
            Actor("", "hr"),
            openai,
            DecisionFacts("block", "enforce", ("secrets",), ("secrets", "customers")),
            ["API_KEY"],
        ),
    ]
    for number, (actor, request, decision, types) in enumerate(rows):
        event = make_intent(
            f"D{number}", actor=actor, request=request, decision=decision,
            entities=[EntityCount(name, 1) for name in types], time=START + timedelta(hours=number),
        )  # fmt: skip
        store.append(event).result(5)
    store.append(make_outcome("D0", 200)).result(5)
    store.append(make_outcome("D2", 503)).result(5)
    store.close()
    return log


def decisions(log, **filters):
    with AuditReader(log.url) as reader:
        return "".join(record.decision_id[1:] for record in reader.search(Filters(kind="intent", **filters)))


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, "543210"),
        ({"department": "finance"}, "10"),
        ({"user": "bob"}, "32"),
        ({"user": "b%"}, ""),
        ({"effect": "block"}, "51"),
        ({"rule": "customers"}, "50"),
        ({"rule": "customers_eu"}, "4"),
        ({"rule": "customer_"}, ""),
        ({"rule": "%"}, ""),
        ({"type": "PERSON"}, "10"),
        ({"type": "API_KEY", "department": "hr"}, "5"),
        ({"provider": "anthropic"}, "1"),
        ({"model": "gpt-4o", "effect": "allow"}, "430"),
        ({"decision": "D3"}, "3"),
        ({"since": time_text(START + timedelta(hours=4))}, "54"),
        ({"until": time_text(START + timedelta(hours=1))}, "0"),
        ({"since": time_text(START + timedelta(hours=1)), "until": time_text(START + timedelta(hours=3))}, "21"),
    ],
)
def test_search(filled, filters, found):
    assert decisions(filled, **filters) == found


def test_pages(filled):
    with AuditReader(filled.url) as reader:
        filters, pages, after = Filters(), [], None
        while page := reader.search(filters, limit=3, after=after):
            pages += page
            after = page[-1].id
        assert [record.id for record in pages] == [record.id for record in reader.search(filters, limit=100)]
        assert len(pages) == 10
        with pytest.raises(AuditError, match="no record"):
            reader.search(filters, after="nothing")


def test_get(filled):
    with AuditReader(filled.url) as reader:
        by_decision = reader.get("D0")
        assert [record.parsed().event["kind"] for record in by_decision] == ["intent", "outcome"]
        assert reader.get(by_decision[1].parsed().event["id"]) == by_decision
        opened = next(record for record in reader.records() if record.seq == 1)
        assert reader.get(opened.parsed().event["id"]) == [opened]
        assert reader.get("nothing") == []
        assert reader.get("") == []


def test_outcomes(filled):
    with AuditReader(filled.url) as reader:
        found = reader.outcomes([f"D{number}" for number in range(6)])
    assert {decision: outcome.status for decision, outcome in found.items()} == {"D0": 200, "D2": 503}


def test_summaries_and_records(filled):
    with AuditReader(filled.url) as reader:
        summaries = list(reader.summaries(Filters(kind="intent")))
        records = list(reader.records())
    assert [summary.decision_id for summary in summaries] == [f"D{number}" for number in range(6)]
    assert summaries[5].rules == ("secrets", "customers")
    assert replace(summaries[0], rules=()).types == ("PERSON",)
    assert [record.seq for record in records] == list(range(1, 11))
    assert all(decode_record(record.body).seq == record.seq for record in records)


def test_reading_while_another_writes(filled, make_intent):
    store = filled.open()
    with AuditReader(filled.url) as reader:
        records = reader.records()
        first = next(records)
        assert store.append(make_intent()).result(5).seq == 2
        assert first.seq == 1
        assert len(list(records)) == 10  # a snapshot (nine more), and the new stream's opening
    store.close()


def test_a_damaged_database(log):
    log.database.write_bytes(b"no database" * 100)
    with AuditReader(log.url) as reader, pytest.raises(AuditError, match="SQLITE_NOTADB"):
        reader.search(Filters())


def test_another_programs_database(log):
    with closing(sqlite3.connect(log.database)) as connection:
        connection.execute("CREATE TABLE orders (number)")
    with AuditReader(log.url) as reader, pytest.raises(AuditError, match="another program's"):
        reader.search(Filters())


def test_decisions_with_their_outcomes(filled):
    with AuditReader(filled.url) as reader:
        pairs = list(reader.decisions(Filters()))
        of_one = list(reader.decisions(Filters(decision="D2")))
    assert [intent.parsed().event["decision_id"] for intent, _ in pairs] == [f"D{number}" for number in range(6)]
    assert [outcome is not None for _, outcome in pairs] == [True, False, True, False, False, False]
    assert [(intent.parsed().event["kind"], end.parsed().event["outcome"]["status"]) for intent, end in of_one] == [
        ("intent", 503)
    ]


def test_decisions_of_more_than_a_page(filled, monkeypatch):
    monkeypatch.setattr("audit.store.reader._PAGE", 2)
    with AuditReader(filled.url) as reader:
        assert len(list(reader.decisions(Filters()))) == 6


def test_records_of_one_person_with_what_belongs_to_their_decisions(filled):
    """An outcome names no person: whoever asks for one person's records gets them all the same."""
    with AuditReader(filled.url) as reader:
        everything = [record.parsed().event for record in reader.records()]
        wanted = {event["decision_id"] for event in everything if (event.get("actor") or {}).get("user") == "ana"}
        chosen = [record.parsed().event for record in reader.records(Filters(user="ana"))]
        notices = [record.parsed().event["kind"] for record in reader.records(Filters(kind="notice"))]
    assert wanted
    assert [event for event in everything if event.get("decision_id") in wanted] == chosen
    assert {event["kind"] for event in chosen} == {"intent", "outcome"}
    assert set(notices) == {"notice"}
