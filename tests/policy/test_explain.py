"""Explanations: every rule and part, in words, and the same story as the decision's."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given

from detectors.finding import Label, Skipped, SkipReason
from policy.decision import Action, EntityFact, Inquiry, Operator
from policy.evaluate import evaluate
from policy.explain import describe, explain
from policy.match import holds
from tests.policy.test_evaluate import INQUIRIES, POLICIES, POLICY

INQUIRY = Inquiry(
    department="finance",
    user="ana",
    entities=(EntityFact("PERSON", 0.9), EntityFact("PERSON", 0.5), EntityFact("US_SSN", 0.7, "tool")),
    labels=(Label("financial", 0.9, "m"), Label("hr", 0.2, "m")),
    model="gpt-4o",
)


@pytest.fixture
def rules(load):
    def _rules(policy=POLICY, **facts):
        return {rule.id: rule for rule in explain(load(policy), replace(INQUIRY, **facts)).rules}

    return _rules


def test_every_rule_is_told_in_the_files_order(load):
    policy = load(POLICY)
    assert [rule.id for rule in explain(policy, INQUIRY).rules] == [rule.id for rule in policy.rules]


@pytest.mark.parametrize(
    ("rule", "parts"),
    [
        ("secrets", [("entities", "SECRETS", "0 SECRETS", False)]),
        ("cards", [("entities", "CREDIT_CARD, 3 of them", "0 CREDIT_CARD", False)]),
        ("figures", [("departments", "finance", "finance", True), ("labels", "financial from 0.5", "financial 0.90", True)]),
        ("people", [("entities", "PII from 0.6", "2 PII (PERSON, US_SSN; best 0.90), 1 not counted (too unsure, or in another role)", True)]),
        ("numbers", [("entities", "US_SSN", "1 US_SSN (best 0.70)", True)]),
        ("sorting", [("departments", "support", "finance", False)]),
        ("anything", [("departments", "support", "finance", False), ("labels", "financial from 0.5", "financial 0.90", True)]),
    ],
)  # fmt: skip
def test_parts(rules, rule, parts):
    assert [(p.field, p.wanted, p.found, p.holds) for p in rules()[rule].parts] == parts


def test_every_field_is_told(rules):
    policy = """
        departments: {finance: , support: }
        budgets: [{id: month, usd: 500, every: month}]
        rules:
          - id: r
            effect: block
            when:
              departments: [support, finance]
              users: [bob]
              entities: [PERSON, {group: SECRETS, min_score: 0.8, min_count: 2}]
              roles: [tool]
              labels: [legal]
              tasks: [a]
              models: ['claude-*']
              providers: [anthropic]
              hosts: ['*.x.com']
              endpoints: [/v1/files]
              dialects: ['openai-*', gemini]
              regions: [eu, ch]
              outside_regions: [us]
              languages: [de, fr]
              outside_languages: [en]
              clients: [curl*]
              tools: [shell, web]
              times: [{days: [mon], from: 08:00, to: 09:00, zone: Europe/Berlin}, {}]
              bytes: {min: 10, max: 20}
              streaming: true
              budget: {id: month, above: 0.8}
              uninspected: [timeout, {reason: opaque, media: ['audio/*', 'video/*']}]
    """
    skipped = (Skipped("", SkipReason.UNREADABLE), Skipped("", SkipReason.OPAQUE, "image/png"))
    facts = {
        "dialect": "openai-chat",
        "region": "us",
        "tools": ("read", "shell"),
        "bytes": 9,
        "languages": ("en", "cs"),
        "used": {"month": 0.85},
    }
    moment = datetime(2026, 11, 24, 10, 30, tzinfo=UTC)
    parts = rules(policy, host="api.openai.com", skipped=skipped, at=moment, **facts)["r"].parts
    assert [(p.field, p.wanted, p.found, p.holds) for p in parts] == [
        ("departments", "support or finance", "finance", True),
        ("users", "bob", "ana", False),
        ("entities", "PERSON or SECRETS from 0.8, 2 of them in tool", "0 PERSON, 2 not counted (too unsure, or in another role); 0 SECRETS", False),
        ("labels", "legal from 0.5", "none", False),
        ("tasks", "a", "none", False),
        ("models", "claude-*", "gpt-4o", False),
        ("providers", "anthropic", "openai", False),
        ("hosts", "*.x.com", "api.openai.com", False),
        ("endpoints", "/v1/files", "none", False),
        ("dialects", "openai-* or gemini", "openai-chat", True),
        ("regions", "eu or ch", "us", False),
        ("outside_regions", "not us", "us", False),
        ("languages", "de or fr", "en, cs", False),
        ("outside_languages", "not en", "en, cs", True),
        ("clients", "curl*", "none", False),
        ("tools", "shell or web", "read, shell", True),
        ("times", "mon 08:00-09:00 Europe/Berlin or daily 00:00-24:00 UTC", "2026-11-24T10:30:00+00:00", True),
        ("bytes", "at least 10 and at most 20", "9", False),
        ("streaming", "true", "false", False),
        ("uninspected", "timeout or opaque audio/* or video/*", "opaque image/png, unreadable", False),
        ("budget", "month above 80%", "85%", True),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "rule", "asks", "outcome"),
    [
        ({}, "secrets", "block", "does not apply"),
        ({}, "figures", "reroute to large", "determines the effect"),
        ({}, "people", "tokenize PERSON, EMAIL_ADDRESS", "its obligations are carried out"),
        ({}, "numbers", "allow; redact US_SSN, EMAIL_ADDRESS", "applies, but something stronger decides; its obligations are carried out"),
        ({"entities": (EntityFact("API_KEY", 1.0), EntityFact("PERSON", 1.0))}, "people", "tokenize PERSON, EMAIL_ADDRESS", "its obligations don't matter: nothing leaves"),
        ({"department": "lab"}, "trial", "block", "applies, but only monitors: it counts for nothing"),
        ({"department": "support"}, "anything", "reroute to large", "determines the effect"),
    ],
)  # fmt: skip
def test_outcomes(rules, facts, rule, asks, outcome):
    assert (rules(**facts)[rule].asks, rules(**facts)[rule].outcome) == (asks, outcome)


def test_obligations_that_another_rule_covers(rules):
    policy = """
        rules:
          - {id: a, when: {entities: [PERSON]}, obligations: [{mask: {types: [PERSON], keep_last: 2}}]}
          - {id: b, obligations: [{tokenize: {types: [PERSON], restore: false}}]}
    """
    found = rules(policy)
    assert found["a"].outcome == "its obligations don't matter: nothing leaves"  # no defaults: block
    found = rules("defaults: {effect: allow}\n" + "\n".join(line[8:] for line in policy.splitlines()))
    assert found["a"].outcome == "another rule's obligations cover these types"
    assert found["a"].asks == "mask PERSON, last 2 kept"
    assert found["b"].asks == "tokenize PERSON, not restored"
    assert found["b"].parts == ()


def test_summaries(load):
    assert explain(load(POLICY), INQUIRY).summary == (
        "reroute to large, by figures",
        "tokenize PERSON from 0.6, turned back in the reply, by people",
        "redact US_SSN from 0.5, by numbers",
    )
    uninspected = replace(INQUIRY, entities=(), skipped=(Skipped("", SkipReason.TIMEOUT),), error="x")
    assert explain(load("mode: monitor"), uninspected).summary == (
        "block, by defaults.effect, defaults.when_uninspected, defaults.when_error",
        "1 part(s) uninspected: at least block (when_uninspected), unless a rule speaks of them",
        "an error inside: at least block",
        "mode monitor: this is recorded, and the request goes as it is",
    )


def test_reasons_and_budgets(load):
    policy = load("""
        defaults: {effect: allow}
        rules: [{id: why, when: {entities: [PERSON]}, effect: justify, obligations: [{redact: [PERSON]}]}]
        budgets: [{id: rate, requests: 1, every: day}]
    """)
    told = explain(policy, INQUIRY)
    assert (told.rules[0].asks, told.rules[0].outcome) == (
        "justify; redact PERSON",
        "determines the effect; its obligations don't matter: nothing leaves",
    )
    told = explain(policy, replace(INQUIRY, justified=("*",)))
    assert told.rules[0].outcome == "asks why, and a reason was given; its obligations are carried out"
    assert "counts towards budget rate: 1 requests a day for each department" in told.summary
    told = explain(policy, replace(INQUIRY, justified=("*",), spent=("rate",)))
    assert told.summary[0] == "block, by budgets.rate"
    assert "budget rate has nothing left" in told.summary


def test_replies(load):
    policy = load("""
        rules:
          - {id: asked, effect: allow}
          - {id: told, on: [reply], when: {entities: [JWT]}, obligations: [{redact: [JWT]}]}
    """)
    about = INQUIRY.of_reply((EntityFact("JWT", 0.9, "assistant"),))
    told = explain(policy, about)
    assert [rule.outcome for rule in told.rules] == [
        "does not apply: it speaks of a request", "its obligations are carried out",
    ]  # fmt: skip
    assert told.summary == ("allow, by no rule: nobody speaks of this reply", "redact JWT from 0.5, by told")
    assert explain(policy, INQUIRY).rules[1].outcome == "does not apply: it speaks of a reply"


def test_actions_in_words():
    assert describe(Action("CREDIT_CARD", Operator.MASK, 0.5, "r", restore=False, keep_last=4)) == (
        "mask CREDIT_CARD from 0.5, last 4 kept, by r"
    )


@given(POLICIES, INQUIRIES)
def test_it_tells_what_was_decided(policy, inquiry):
    explanation = explain(policy, inquiry, decision_id="d")
    assert explanation.decision == evaluate(policy, inquiry, decision_id="d")
    for rule, told in zip(policy.rules, explanation.rules, strict=True):
        assert told.holds == (inquiry.direction in rule.on and holds(rule.when, inquiry))
        assert told.outcome.startswith("does not apply") == (not told.holds)
