"""Decisions as rows of a spreadsheet: what left is told rightly, and nothing in a cell runs."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.sheet import COLUMNS, cells

INTENT = {
    "kind": "intent",
    "id": "01",
    "time": "2026-11-24T09:30:00.000000Z",
    "decision_id": "D1",
    "actor": {"user": "ana", "department": "finance", "address": "10.1.2.3"},
    "request": {"provider": "openai", "host": "api.openai.com", "endpoint": "/v1/x", "model": "m", "bytes": 7},
    "decision": {"effect": "allow", "determining_rules": ["a"], "matched_rules": ["a", "b"], "policy_id": "acme"},
    "entities": [{"type": "PERSON", "count": 2, "max_score": 1}, {"type": "IBAN_CODE", "count": 1}],
    "obligations": {"tokenize": 3},
    "skipped": [{"reason": "late", "pointer": "/x"}, {"reason": "late"}],
}
OUTCOME = {"kind": "outcome", "decision_id": "D1", "outcome": {"status": 200, "error": "stopped"}}


def told(intent, outcome=OUTCOME):
    return dict(zip(COLUMNS, cells(intent, outcome), strict=True))


def test_a_row():
    row = told(INTENT)
    assert row["time_utc"] == "2026-11-24T09:30:00.000000Z"
    assert (row["user"], row["address"], row["bytes"]) == ("ana", "10.1.2.3", 7)
    assert (row["found"], row["changed"], row["uninspected"]) == ("PERSON 2; IBAN_CODE 1", "tokenize 3", "late")
    assert (row["rules"], row["status"], row["error"]) == ("a; b", 200, "stopped")


def test_what_only_the_first_versions_wrote_is_enough():
    assert told({"time": "t"}, None)["status"] == "no outcome"


@pytest.mark.parametrize(
    ("effect", "mode", "obligations", "left"),
    [
        ("allow", "enforce", {}, "yes"),
        ("allow", "enforce", {"tokenize": 1}, "changed"),
        ("allow", "enforce", {"tokenize": 0}, "yes"),
        ("block", "enforce", {}, "no"),
        ("justify", "enforce", {}, "no"),
        ("reroute", "enforce", {"tokenize": 1}, "no"),
        ("block", "monitor", {}, "yes"),
        ("allow", "monitor", {"tokenize": 1}, "yes"),  # monitor changes nothing
    ],
)
def test_what_left(effect, mode, obligations, left):
    intent = {**INTENT, "decision": {"effect": effect, "mode": mode}, "obligations": obligations}
    assert told(intent)["left"] == left


@pytest.mark.parametrize(
    "start", ["=", "+", "-", "@", "\t=", "\r", "\n=", " =", "\u00a0=", "\uff1d", "\uff0d", "\uff20"]
)
def test_no_cell_is_a_formula(start):
    typed = f"{start}HYPERLINK(0)"
    intent = {**INTENT, "actor": {"user": typed}, "justification": {"by": "command", "reason": typed}}
    row = told(intent)
    assert row["user"] == row["reason"] == f"'{typed}"


@pytest.mark.parametrize("harmless", ["ana", "a=b", "o'neil", "3-4", "", "ana@example.com"])
def test_other_text_stays(harmless):
    assert told({**INTENT, "actor": {"user": harmless}})["user"] == harmless


@given(st.text(st.characters(exclude_categories=("Cs",))))
def test_whatever_somebody_types_stays_in_its_cell(typed):
    text = io.StringIO(newline="")
    csv.writer(text).writerow(cells({**INTENT, "actor": {"user": typed}}, OUTCOME))
    (row,) = csv.reader(io.StringIO(text.getvalue(), newline=""))
    assert row[COLUMNS.index("user")].removeprefix("'") == typed.removeprefix("'")
    assert not row[COLUMNS.index("user")].startswith(("=", "+", "-", "@"))
