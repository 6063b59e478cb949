"""What a policy says of a reply, and what is taken note of."""

from pathlib import Path
from typing import Any

import pytest

from detectors.finding import SkipReason
from policy.decision import Inquiry
from policy.load import load_policy
from proxy.providers.registry import dialects
from proxy.reply_judge import ReplyJudge, ReplyRules, ReplyText, outcome_facts
from proxy.token_index import TokenIndex
from tests.fakes.privet import TableInspector

HEAD = "schema: privet.policy/1\nid: test\ndefaults: {effect: allow}\nrules:\n"
REDACT = """
  - id: people
    "on": [reply]
    when: {entities: [{type: PERSON}]}
    obligations: [{redact: {types: [PERSON]}}, {mask: {types: [SECRET], keep_last: 0}}]
"""
MANY = """
  - {id: many, "on": [reply], when: {entities: [{type: PERSON, min_count: 3}]}, effect: block, message: Too many.}
"""
REQUEST = "\n  - {id: people, when: {entities: [{type: PERSON}]}, effect: block}\n"
KNOWN = {"Carl Jones": "PERSON", "hunter2": "SECRET", "Tavrian Merrowby": "PERSON"}


def rules(tmp_path: Path, text: str, mode: str = "") -> ReplyRules | None:
    path = tmp_path / "p.yaml"
    path.write_text(HEAD.replace("rules:", f"{mode}rules:") + text)
    return ReplyRules.of(load_policy(path), Inquiry(department="default"))


def judge(tmp_path: Path, text: str = REDACT, tokens: dict[str, str] | None = None, **inspector: Any) -> ReplyJudge:
    found = rules(tmp_path, text, inspector.pop("mode", ""))
    assert found is not None
    return ReplyJudge(found, TableInspector(known=KNOWN, **inspector), TokenIndex(tokens or {}), "id")


async def redacted(judge: ReplyJudge, text: str, fresh: int = 0) -> str:
    (findings,) = await judge.look([ReplyText("/a", text, fresh)])
    changes = judge.changes(text, findings)
    judge.note("/a", findings, changes)
    for change in reversed(changes):
        text = text[: change.start] + change.new + text[change.end :]
    return text


def test_without_rules_about_replies_nobody_looks(tmp_path: Path) -> None:
    assert rules(tmp_path, REQUEST) is None


async def test_obligations(tmp_path: Path) -> None:
    looked = judge(tmp_path)
    assert await redacted(looked, "Carl Jones has hunter2") == "[PERSON] has *******"
    counts, applied = outcome_facts(looked)
    assert counts == {"PERSON": (1, 0.9), "SECRET": (1, 0.9)}
    assert applied == {("/a", "PERSON", "redact"): 1, ("/a", "SECRET", "mask"): 1}


async def test_what_is_turned_back_is_no_finding(tmp_path: Path) -> None:
    looked = judge(tmp_path, tokens={"Tavrian Merrowby": "Anna"})
    assert await redacted(looked, "Tavrian Merrowby met Carl Jones") == "Tavrian Merrowby met [PERSON]"


async def test_only_what_is_fresh_counts(tmp_path: Path) -> None:
    looked = judge(tmp_path)
    assert await redacted(looked, "Carl Jones and", 11) == "Carl Jones and"
    assert looked.facts == []
    assert await redacted(looked, "Carl Jones", 5) == "Carl [PERSON]", "the rest of a value that has begun before"


async def test_a_value_is_found_again_where_detectors_miss_it(tmp_path: Path) -> None:
    looked = judge(tmp_path)
    await redacted(looked, "Carl Jones")
    object.__setattr__(looked.scanner, "known", {})
    assert await redacted(looked, "and Carl Jones again") == "and [PERSON] again"


async def test_counts_add_up_over_the_reply(tmp_path: Path) -> None:
    looked = judge(tmp_path, MANY)
    for text, blocks in (("Carl Jones", False), ("Carl Jones", False), ("Carl Jones", True)):
        await redacted(looked, text)
        assert looked.blocks is blocks
    refusal = looked.refusal(dialects()[0])
    assert refusal.status == 403
    assert b"Too many." in refusal.body
    assert b"Carl" not in refusal.body


@pytest.mark.parametrize("inspector", [{"fault": RuntimeError("Carl")}, {"reason": SkipReason.TIMEOUT}])
async def test_what_cannot_be_inspected_is_blocked(tmp_path: Path, inspector: dict[str, Any]) -> None:
    looked = judge(tmp_path, **inspector)
    await redacted(looked, "Carl Jones")
    assert looked.blocks


@pytest.mark.parametrize(
    ("text", "mode"), [(REDACT, "mode: monitor\n"), (REDACT.replace('"on"', 'mode: monitor\n    "on"'), "")]
)
async def test_watching_changes_nothing(tmp_path: Path, text: str, mode: str) -> None:
    looked = judge(tmp_path, text, mode=mode)
    assert looked.rules.watch_only
    assert await redacted(looked, "Carl Jones") == "Carl Jones"
    assert not looked.blocks
    assert outcome_facts(looked) == ({"PERSON": (1, 0.9)}, {("/a", "PERSON", ""): 1})
    object.__setattr__(looked.scanner, "fault", RuntimeError())
    await redacted(looked, "Carl Jones")
    assert not looked.blocks


def test_a_rule_that_enforces_is_no_watching(tmp_path: Path) -> None:
    assert not judge(tmp_path, REDACT + MANY.replace("{id", "{mode: monitor, id")).rules.watch_only
