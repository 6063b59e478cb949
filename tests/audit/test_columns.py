"""Columns say what the stored event says."""

import pytest

from audit.canonical import to_json
from audit.columns import NAMES, columns_of
from audit.event import AuditEvent, DecisionFacts


def test_intent(make_intent):
    columns = columns_of(to_json(make_intent("01K")))
    assert {name: columns[name] for name in NAMES if name not in ("id", "time")} == {
        "kind": "intent", "decision_id": "01K", "user": "ana", "department": "finance", "provider": "openai",
        "model": "gpt-4o", "effect": "allow", "mode": "enforce", "rules": " customers ",
        "types": " PERSON IBAN_CODE ", "findings": 3, "redacted": 3, "status": 0, "code": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("determining", "matched", "words"),
    [((), (), ""), (("a",), ("b", "a"), " a b "), (("a", "b"), (), " a b ")],
)
def test_rules_are_words(make_intent, determining, matched, words):
    event = make_intent(decision=DecisionFacts("block", "monitor", determining, matched))
    columns = columns_of(to_json(event))
    assert (columns["rules"], columns["effect"], columns["mode"]) == (words, "block", "monitor")


def test_outcome_and_notice(make_outcome):
    assert columns_of(to_json(make_outcome("01K", 403)))["status"] == 403
    columns = columns_of(to_json(AuditEvent.noticed("started")))
    assert (columns["kind"], columns["code"], columns["effect"], columns["findings"]) == ("notice", "started", "", 0)
    assert tuple(columns) == NAMES
