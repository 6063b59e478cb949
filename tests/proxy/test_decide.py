"""Decisions with reasons and budgets, with the moment as a parameter."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from policy.decision import Effect, EntityFact, Inquiry
from policy.load import load_policy
from policy.model import Policy
from proxy.decide import Asker, Decided, decide
from proxy.ledger import USD, Ledger, LedgerError
from proxy.message import Extraction, Request
from proxy.pipeline import Inspection
from proxy.reasons import Reason
from proxy.refusals import refusal_of

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
ASK_WHY = """
rules:
  - {id: people, when: {entities: [PERSON]}, effect: justify, message: It names somebody., obligations: [{redact: [PERSON]}]}
  - {id: keys, when: {entities: [API_KEY]}, effect: block}
"""
BUDGETS = """
models: {inside: {backend: embedded, model: smollm2-135m}}
budgets:
  - {id: rate, requests: 2, every: minute, message: Slow down.}
  - {id: volume, bytes: 100, every: day, per: [user], when: {models: ["large*"]}}
  - {id: vendor, requests: 1, every: hour, per: [provider], when: {providers: [groq]}, effect: reroute, to: inside}
  - {id: watched, requests: 1, every: day, mode: monitor}
"""
PERSON = EntityFact("PERSON", 0.9)
REQUEST = Request(method="POST", host="api.openai.com", path="/v1/chat/completions", headers={}, body=b"x" * 40)
WHY = Reason("The customer asked for it.", "header")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    one = Ledger(tmp_path / "ledger.db", b"k" * 32)
    yield one
    one.close()


@pytest.fixture
def load(tmp_path: Path):
    def build(text: str) -> Policy:
        path = tmp_path / "policy.yaml"
        path.write_text(
            f"schema: privet.policy/1\nid: acme\ndefaults: {{effect: allow}}\ndepartments: {{lab: , shop: }}\n{text}"
        )
        return load_policy(path)

    return build


async def ask(policy: Policy, ledger: Ledger | None, *, person: str = "ana", reason: Reason | None = None,
              request: Request = REQUEST, **facts: object) -> Decided:  # fmt: skip
    inquiry = Inquiry(**{"department": "lab", "provider": "openai", "at": NOON, **facts})  # type: ignore[arg-type]
    ask.count += 1  # type: ignore[attr-defined]
    return await decide(
        policy,
        inquiry,
        Asker(person, request, reason),
        ledger,
        decision_id=f"D{ask.count}",
        known=lambda one: one.model != "new",
    )  # type: ignore[attr-defined]


ask.count = 0  # type: ignore[attr-defined]


async def test_who_is_asked_why_may_answer(load, ledger) -> None:
    policy = load(ASK_WHY)
    refused = await ask(policy, ledger, entities=(PERSON,))
    assert (refused.decision.effect, refused.decision.actions, refused.answerable) == (Effect.JUSTIFY, (), True)
    assert refused.decision.message == "It names somebody."
    assert refused.justification is None
    assert ledger.answer(refused.decision.id, WHY.text, NOON.timestamp()) is not None
    passed = await ask(policy, ledger, entities=(PERSON,))
    assert (passed.decision.effect, passed.decision.justified_rules) == (Effect.ALLOW, ("people",))
    assert [action.entity_type for action in passed.decision.actions] == ["PERSON"]
    assert passed.justification is not None
    assert (passed.justification.by, passed.justification.length, passed.justification.text) == ("command", 26, "")


@pytest.mark.parametrize(
    "other",
    [
        {"person": "bob"},
        {"request": replace(REQUEST, body=b"x" * 41)},
        {"request": replace(REQUEST, path="/v1/responses")},
        {"request": replace(REQUEST, host="api.groq.com")},
        {"at": NOON + timedelta(hours=1)},
        {"entities": (PERSON, EntityFact("API_KEY", 0.9))},
    ],
)
async def test_an_answer_is_for_one_person_one_request_and_an_hour(load, ledger, other) -> None:
    policy = load(ASK_WHY)
    refused = await ask(policy, ledger, entities=(PERSON,))
    ledger.answer(refused.decision.id, WHY.text, NOON.timestamp())
    assert (await ask(policy, ledger, entities=(PERSON,))).decision.effect is Effect.ALLOW
    again = await ask(policy, ledger, **{"entities": (PERSON,), **other})
    assert again.decision.effect in (Effect.JUSTIFY, Effect.BLOCK)
    assert again.justification is None


async def test_an_answer_is_for_the_rules_that_asked(load, ledger) -> None:
    refused = await ask(load(ASK_WHY), ledger, entities=(PERSON,))
    ledger.answer(refused.decision.id, WHY.text, NOON.timestamp())
    stricter = load(ASK_WHY + "  - {id: new, effect: justify}\n")
    again = await ask(stricter, ledger, entities=(PERSON,))
    assert (again.decision.effect, again.decision.determining_rules) == (Effect.JUSTIFY, ("new",))
    assert (again.justification, again.answerable) == (None, True)
    ledger.answer(again.decision.id, WHY.text, NOON.timestamp())
    assert (await ask(stricter, ledger, entities=(PERSON,))).decision.effect is Effect.ALLOW


@pytest.mark.parametrize("kept", [True, False])
async def test_a_reason_with_the_request(load, ledger, kept) -> None:
    policy = load(ASK_WHY + f"record_reasons: {str(kept).lower()}\n")
    passed = await ask(policy, ledger, entities=(PERSON,), reason=WHY)
    assert passed.decision.effect is Effect.ALLOW
    assert passed.justification is not None
    assert (passed.justification.by, passed.justification.text) == ("header", WHY.text if kept else "")
    assert passed.justification.reason == ledger.hash("reason", WHY.text).hex()
    assert "customer" not in repr(passed)
    blocked = await ask(policy, ledger, entities=(PERSON, EntityFact("API_KEY", 0.9)), reason=WHY)
    assert (blocked.decision.effect, blocked.justification) == (Effect.BLOCK, None)
    assert (await ask(policy, ledger, reason=WHY)).justification is None  # nobody asked


async def test_without_a_ledger_reasons_come_with_the_request(load) -> None:
    policy = load(ASK_WHY)
    refused = await ask(policy, None, entities=(PERSON,))
    assert (refused.decision.effect, refused.answerable) == (Effect.JUSTIFY, False)
    assert (await ask(policy, None, entities=(PERSON,), reason=WHY)).decision.effect is Effect.ALLOW


async def test_a_ledger_that_breaks_lets_nobody_through(load, ledger) -> None:
    ledger.close()
    refused = await ask(load(ASK_WHY), ledger, entities=(PERSON,))
    assert (refused.decision.effect, refused.answerable) == (Effect.JUSTIFY, False)
    for broken in (ledger, None):
        with pytest.raises(LedgerError):
            await ask(load(BUDGETS), broken)


async def test_monitoring_asks_nobody_and_stops_nothing(load, ledger) -> None:
    watching = load("mode: monitor\n" + ASK_WHY)
    told = await ask(watching, ledger, entities=(PERSON,))
    assert (told.decision.effect, told.decision.enforced, told.answerable) == (Effect.JUSTIFY, False, False)
    budgets = load("mode: monitor\nbudgets: [{id: rate, requests: 1, every: day}]")
    assert (await ask(budgets, ledger)).decision.effect is Effect.ALLOW
    spent = await ask(budgets, ledger)
    assert (spent.decision.effect, spent.decision.determining_rules) == (Effect.BLOCK, ("budgets.rate",))
    assert spent.decision.enforced is False
    ledger.close()
    assert (await ask(budgets, ledger)).decision.effect is Effect.ALLOW


async def test_a_budget_ends(load, ledger) -> None:
    policy = load(BUDGETS)
    first, second, third = [await ask(policy, ledger) for _ in range(3)]
    assert first.decision.effect is second.decision.effect is Effect.ALLOW
    assert second.decision.matched_rules == ("monitor:budgets.watched",)
    assert (third.decision.effect, third.decision.determining_rules) == (Effect.BLOCK, ("budgets.rate",))
    assert (third.retry_after, third.decision.message) == (60, "Slow down.")
    assert (await ask(policy, ledger, department="shop")).decision.effect is Effect.ALLOW
    assert (await ask(policy, ledger, at=NOON + timedelta(seconds=60))).decision.effect is Effect.ALLOW


async def test_volume_is_counted_per_person(load, ledger) -> None:
    policy = load(BUDGETS)
    minutes = [NOON + timedelta(minutes=minute) for minute in range(8)]
    effects = [(await ask(policy, ledger, model="Large-1", at=at)).decision.effect for at in minutes[:3]]
    assert effects == [Effect.ALLOW, Effect.ALLOW, Effect.BLOCK]
    assert (await ask(policy, ledger, model="Large-1", at=minutes[3], person="bob")).decision.effect is Effect.ALLOW
    assert (await ask(policy, ledger, model="Large-1", at=minutes[4], person="ANA")).decision.effect is Effect.BLOCK
    assert (await ask(policy, ledger, model="small", at=minutes[5])).decision.effect is Effect.ALLOW
    small = replace(REQUEST, body=b"x" * 20)
    assert (await ask(policy, ledger, model="large", at=minutes[6], request=small)).decision.effect is Effect.ALLOW


async def test_a_budget_can_send_inside(load, ledger) -> None:
    policy = load(BUDGETS)
    assert (await ask(policy, ledger, provider="groq")).decision.effect is Effect.ALLOW
    spent = await ask(policy, ledger, provider="groq", entities=(PERSON,))
    assert (spent.decision.effect, spent.decision.reroute_to) == (Effect.REROUTE, "inside")


async def test_only_what_leaves_is_counted(load, ledger) -> None:
    policy = load(BUDGETS + "rules:\n  - {id: keys, when: {entities: [API_KEY]}, effect: block}\n")
    for _ in range(5):
        await ask(policy, ledger, entities=(EntityFact("API_KEY", 0.9),))
    assert (await ask(policy, ledger)).decision.effect is Effect.ALLOW


async def test_a_reason_does_not_fill_a_budget(load, ledger) -> None:
    policy = load(BUDGETS + ASK_WHY)
    effects = [(await ask(policy, ledger, entities=(PERSON,), reason=WHY)).decision.effect for _ in range(3)]
    assert effects == [Effect.ALLOW, Effect.ALLOW, Effect.BLOCK]


async def test_a_changed_policy_finds_what_was_counted(load, ledger) -> None:
    for _ in range(2):
        await ask(load(BUDGETS), ledger)
    more = load(BUDGETS.replace("requests: 2", "requests: 3"))
    assert [(await ask(more, ledger)).decision.effect for _ in range(2)] == [Effect.ALLOW, Effect.BLOCK]


MONEY = """
models: {inside: {backend: embedded, model: smollm2-135m}}
budgets:
  - {id: month, usd: 0.01, every: month, soft: 0.8}
rules:
  - {id: short, when: {budget: {id: month, above: 0.8}}, effect: reroute, obligations: [{to: inside}]}
"""


async def test_money_is_charged_by_the_reply_and_a_rule_may_ask_how_much(load, ledger) -> None:
    policy = load(MONEY)
    first = await ask(policy, ledger)
    (due,) = first.due
    assert (due.unit, due.limit, due.soft, due.every) == (USD, 10_000, 8_000, "month")
    assert ledger.add([replace(due, amount=8_000)], NOON.timestamp()) == (replace(due, amount=8_000),)
    second = await ask(policy, ledger)
    assert (second.decision.effect, second.decision.reroute_to) == (Effect.REROUTE, "inside")
    assert second.decision.determining_rules == ("short",)
    assert second.due == ()
    assert (await ask(policy, ledger, department="shop")).decision.effect is Effect.ALLOW
    december = NOON + timedelta(days=7)
    assert (await ask(policy, ledger, at=december)).decision.effect is Effect.ALLOW


async def test_money_ends(load, ledger) -> None:
    policy = load("budgets: [{id: month, usd: 0.01, every: month}]")
    (due,) = (await ask(policy, ledger)).due
    ledger.add([replace(due, amount=10_000)], NOON.timestamp())
    refused = await ask(policy, ledger)
    assert (refused.decision.effect, refused.decision.determining_rules) == (Effect.BLOCK, ("budgets.month",))
    assert refused.retry_after == 6 * 86_400 + 43_200  # until December


async def test_what_nobody_knows_the_price_of_is_refused_if_the_budget_says_so(load, ledger) -> None:
    policy = load("budgets: [{id: month, usd: 5, every: month, unpriced: refuse, when: {providers: [openai]}}]")
    known = await ask(policy, ledger, model="gpt-4o")
    assert (known.decision.effect, known.unpriced) == (Effect.ALLOW, False)
    refused = await ask(policy, ledger, model="new")
    assert (refused.decision.effect, refused.unpriced, refused.retry_after) == (Effect.BLOCK, True, None)
    refusal = refusal_of(refused.decision, Inspection(Extraction(()), {}), refused)
    assert (refusal.status, refusal.code) == (403, "privet_unpriced")
    assert (await ask(policy, ledger, model="new", provider="mistral")).decision.effect is Effect.ALLOW
    watching = load("budgets: [{id: month, usd: 5, every: month, unpriced: refuse, mode: monitor}]")
    watched = await ask(watching, ledger, model="new")
    assert (watched.decision.effect, watched.decision.matched_rules) == (Effect.ALLOW, ("monitor:budgets.month",))


async def test_where_shares_can_not_be_read_nothing_leaves(load, ledger) -> None:
    ledger.close()
    with pytest.raises(LedgerError):
        await ask(load(MONEY), ledger)
    with pytest.raises(LedgerError):
        await ask(load(MONEY), None)
    assert (await ask(load("mode: monitor\n" + MONEY), ledger)).decision.effect is Effect.ALLOW
