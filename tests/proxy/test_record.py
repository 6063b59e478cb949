"""Verdicts become events without content, and are awaited."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from audit.canonical import encode
from audit.errors import AuditError
from configs.settings import Settings
from detectors.finding import SkipReason
from policy.load import load_policy
from policy.model import Policy
from proxy.identity import Principal
from proxy.message import Request
from proxy.pipeline import Pipeline, Verdict
from proxy.record import Outcome, Record, RecordError, intent_event
from tests.fakes.privet import POLICY, ListStore, TableInspector

BODY = b'{"model": "gpt-4o", "stream": true, "messages": [{"role": "user", "content": "I am Anna Schmidt"}]}'
WHO = Principal(user="ana", department="finance", address="10.1.2.3")


@pytest.fixture
def policy(tmp_path) -> Policy:
    (tmp_path / "policy.yaml").write_text(POLICY)
    return load_policy(tmp_path / "policy.yaml")


async def _verdict(policy: Policy, store: ListStore, body: bytes = BODY, **inspector: Any) -> Verdict:
    pipeline = Pipeline(
        settings=Settings(),
        policy=policy,
        inspector=TableInspector(**inspector),
        recorder=Record(store, b"k" * 32, 0.2 if store.hang else 20.0),
        token_key=b"t" * 32,
    )
    headers = {"content-type": "application/json"}
    request = Request(method="POST", host="api.openai.com", path="/v1/chat/completions?a=b", headers=headers, body=body)
    return await pipeline.judge(request, WHO)


async def test_an_intent_holds_what_was_decided_and_no_content(policy: Policy) -> None:
    store = ListStore()
    verdict = await _verdict(policy, store)
    (event,) = store.events
    assert event.decision_id == verdict.decision.id
    assert event.actor.user == "ana"
    assert (event.request.provider, event.request.endpoint, event.request.model) == (
        "openai",
        "/v1/chat/completions",
        "gpt-4o",
    )
    assert event.request.streaming
    assert event.decision.effect == "allow"
    assert event.decision.determining_rules
    assert [(entity.type, entity.count, entity.max_score) for entity in event.entities] == [("PERSON", 1, 900)]
    assert [(fact.pointer, fact.operator) for fact in event.pointers] == [("/messages/0/content", "tokenize")]
    assert event.obligations == {"tokenize": 1}
    assert len(event.fingerprints) == 1
    assert b"Anna" not in encode(event)
    assert b"Schmidt" not in encode(event)


async def test_which_sets_of_own_data_were_met(policy: Policy) -> None:
    verdict = await _verdict(policy, ListStore())
    ((pointer, (found,)),) = verdict.inspection.findings.items()
    met = tuple(replace(found, detector=name) for name in ("own:staff", "names", "own:customers"))
    inspection = replace(verdict.inspection, findings={pointer: met})
    (entity,) = intent_event(replace(verdict, inspection=inspection), b"k" * 32).entities
    assert (entity.count, entity.sets) == (3, ("customers", "staff"))
    assert entity.distinct == 1  # one place, of which three detectors said something
    assert all(not one.sets for one in intent_event(verdict, b"k" * 32).entities)


async def test_which_languages_were_read_and_how(policy: Policy) -> None:
    verdict = await _verdict(policy, ListStore())
    inspection = replace(verdict.inspection, languages={"en": 3, "cs": 1, "zh": 2})
    facts = intent_event(replace(verdict, inspection=inspection), b"k" * 32).languages
    assert [(fact.language, fact.reading, fact.texts) for fact in facts] == [
        ("cs", "multilingual", 1),
        ("en", "names", 3),
        ("zh", "patterns", 2),
    ]
    assert b'"languages"' not in encode(intent_event(verdict, b"k" * 32))


async def test_the_same_value_has_the_same_fingerprint_under_the_same_key(policy: Policy) -> None:
    verdict = await _verdict(policy, ListStore())
    one, two, other = (intent_event(verdict, key).fingerprints for key in (b"k" * 32, b"k" * 32, b"o" * 32))
    assert one == two != other


async def test_what_was_not_inspected_is_in_the_record(policy: Policy) -> None:
    store = ListStore()
    await _verdict(policy, store, reason=SkipReason.TIMEOUT)
    assert {part.reason for part in store.events[0].skipped} == {"timeout"}
    assert store.events[0].decision.effect == "block"
    await _verdict(policy, store, body=b"no json")
    assert [part.reason for part in store.events[1].skipped] == ["body_unreadable"]


@pytest.mark.parametrize("store", [ListStore(fault=AuditError("locked")), ListStore(hang=True)])
async def test_no_durable_intent_no_request(policy: Policy, store: ListStore) -> None:
    verdict = await _verdict(policy, store)
    assert not verdict.goes
    assert verdict.refusal is not None
    assert verdict.refusal.status == 503
    with pytest.raises(RecordError):
        await Record(store, b"k" * 32, 0.05).intent(verdict)


async def test_outcomes_and_notices(policy: Policy) -> None:
    store = ListStore()
    verdict = await _verdict(policy, store)
    record = Record(store, b"k" * 32, 0.2)
    record.outcome(verdict, Outcome(status=200, response_bytes=10, duration_ms=5, restored=True, error=None))
    record.notice("policy_loaded", policy)
    outcome, notice = store.events[1:]
    assert outcome.decision_id == verdict.decision.id
    assert (outcome.outcome.status, outcome.outcome.restored) == (200, 1)
    assert notice.notice.code == "policy_loaded"


async def test_a_lost_outcome_is_logged_without_content(policy: Policy, caplog) -> None:
    verdict = await _verdict(policy, ListStore())
    Record(ListStore(fault=AuditError("full")), b"k" * 32, 0.2).outcome(verdict, Outcome(200, 1, 1))
    await asyncio.sleep(0)
    assert "an event is lost: AuditError" in caplog.text
    assert "Anna" not in caplog.text
