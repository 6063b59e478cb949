"""The shipped policies: their cases hold, each rule has one, and they do together what each does alone."""

import re
from pathlib import Path

import pytest

from configs.entities import entity_groups
from detectors.finding import Label, Scan
from policy.decision import Effect, EntityFact, Inquiry, Operator
from policy.evaluate import evaluate
from policy.lint import remarks
from policy.load import load_policy, pack_path
from policy.testing import cases_path, load_cases, run, untested
from policy.vocabulary import PACKS

SHIPPED = [pack_path(name) for name in (*PACKS, "starter")]


def test_nothing_else_is_shipped():
    assert sorted(pack_path("secrets").parent.glob("*.yaml")) == sorted(
        [*SHIPPED, *(cases_path(path) for path in SHIPPED)]
    )


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_cases_hold_and_every_rule_has_one(path: Path):
    policy = load_policy(path)
    cases = [case for case in load_cases(cases_path(path), policy) if case.text is None]
    results = run(policy, cases, lambda _: Scan())
    assert [(result.case.name, result.failures) for result in results if result.failures] == []
    own = {rule.id for rule in policy.rules if rule.policy_id == policy.id}
    assert own & set(untested(policy, results)) == set()


@pytest.mark.slow
def test_the_starters_texts_hold_with_the_real_detectors():
    from detectors.scan import build_scanner

    path = pack_path("starter")
    policy = load_policy(path)
    cases = [case for case in load_cases(cases_path(path), policy) if case.text is not None]
    assert cases
    assert [result.failures for result in run(policy, cases, build_scanner().scan)] == [()] * len(cases)


@pytest.mark.parametrize("pack", PACKS)
def test_packs_leave_mode_and_defaults_to_those_who_extend_them(load, pack):
    policy = load(f"extends: builtin/{pack}\nmode: monitor\ndefaults: {{effect: allow, when_uninspected: allow}}\n")
    assert policy.defaults.effect is Effect.ALLOW
    assert not any(rule.permits and rule.effect is Effect.ALLOW for rule in policy.rules)


@pytest.mark.parametrize("pack", PACKS)
def test_every_rule_says_what_it_is_for_and_blocks_say_what_to_do(pack):
    for rule in load_policy(pack_path(pack)).rules:
        assert rule.id.startswith(f"{pack}-")
        assert rule.description
        assert rule.effect is not Effect.BLOCK or rule.message
    text = pack_path(pack).read_text("utf-8")
    assert "Evidence for" in text
    assert "ompliant" not in text.replace("No rule makes anyone compliant", "").replace(
        "no rule makes anyone compliant", ""
    )


def test_what_the_starter_leaves_out_can_be_put_in(write):
    """Its commented parts are a policy's too, once the comments are taken away."""
    text = pack_path("starter").read_text("utf-8")
    full = re.sub(r"^# (?=(?:models|budgets):$|  (?! *privet))", "", text, flags=re.MULTILINE)
    policy = load_policy(write(full))
    assert {"unreleased-figures", "customer-files", "no-credentials-in-replies"} <= {rule.id for rule in policy.rules}
    assert [budget.id for budget in policy.budgets] == ["pace"]
    assert policy.embedded_models() == {"smollm2-135m"}
    assert remarks(policy) == ()


@pytest.mark.parametrize("entity_type", sorted(entity_groups()["SECRETS"]))
def test_no_secret_leaves(load, entity_type):
    policy = load("extends: builtin/secrets\ndefaults: {effect: allow}")
    inquiry = Inquiry(department="default", entities=(EntityFact(entity_type, 0.5),))
    assert evaluate(policy, inquiry, decision_id="d").determining_rules == ("secrets-stay",)


@pytest.mark.parametrize("entity_type", sorted(entity_groups()["PII"]))
def test_all_personal_data_becomes_tokens(load, entity_type):
    policy = load("extends: builtin/gdpr\ndefaults: {effect: allow}")
    decision = evaluate(policy, Inquiry(department="d", entities=(EntityFact(entity_type, 0.5),)), decision_id="d")
    [action] = [action for action in decision.actions if action.entity_type == entity_type]
    assert (decision.effect, action.operator, action.restore) == (Effect.ALLOW, Operator.TOKENIZE, True)


def test_a_card_number_shows_four_digits_at_most(load):
    policy = load("extends: builtin/pci\ndefaults: {effect: allow}")
    inquiry = Inquiry(department="d", entities=(EntityFact("CREDIT_CARD", 0.9),))
    [action] = evaluate(policy, inquiry, decision_id="d").actions
    assert (action.operator, action.keep_last, action.entity_type) == (Operator.MASK, 4, "CREDIT_CARD")


def test_all_packs_together_are_as_strict_as_the_strictest(load):
    policy = load("extends: [builtin/secrets, builtin/gdpr, builtin/hipaa, builtin/pci]\ndefaults: {effect: allow}")
    facts = tuple(EntityFact(name, 0.9) for name in ("PERSON", "CREDIT_CARD", "DATE_TIME"))
    decision = evaluate(policy, Inquiry(department="d", entities=facts), decision_id="d")
    operators = {action.entity_type: action.operator for action in decision.actions}
    assert (operators["PERSON"], operators["CREDIT_CARD"]) == (Operator.TOKENIZE, Operator.TOKENIZE)
    assert "DATE_TIME" not in operators
    medical = Inquiry(department="d", entities=facts, labels=(Label("medical", 0.7, "m"),))
    operators = {a.entity_type: a.operator for a in evaluate(policy, medical, decision_id="d").actions}
    assert {operators[fact.entity_type] for fact in facts} == {Operator.REDACT}
