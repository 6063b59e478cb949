"""Whether an overriding rule asks for at least as much."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.decision import Effect, EntityFact, Inquiry, Mode
from policy.evaluate import evaluate
from policy.match import holds
from policy.model import Defaults, Policy
from policy.tighten import narrower, weaknesses
from tests.policy.test_evaluate import CONDITIONS, INQUIRIES, RULES

NARROWER = "its condition holds for fewer requests"


def rules(load, parent, child):
    policy = load(f"""
        departments: {{a: {{}}, b: {{}}}}
        models:
          m: {{backend: embedded, model: smollm2-135m}}
          n: {{backend: openai, base_url: "http://h/v1", model: x}}
        budgets: [{{id: b, requests: 1, every: day}}]
        rules:
          - {{id: parent, {parent}}}
          - {{id: child, {child}}}
    """)
    return policy.rules


@pytest.mark.parametrize(
    ("parent", "child", "weak"),
    [
        ("effect: block", "effect: block", []),
        ("effect: allow", "effect: block", []),
        ("effect: block", "effect: allow", ["its effect is allow, weaker than block"]),
        ("effect: block", "effect: reroute, obligations: [{to: m}]", ["its effect is reroute, weaker than block"]),
        ("effect: reroute, obligations: [{to: m}]", "effect: block", []),
        ("effect: reroute, obligations: [{to: m}]", "effect: reroute, obligations: [{to: n}]", ["it reroutes to n, the other to m"]),
        ("effect: block", "effect: block, mode: monitor", ["it only monitors, the other enforces"]),
        ("effect: block, mode: monitor", "effect: block", []),
        ("effect: block, when: {departments: [a]}", "effect: block", []),
        ("effect: block, when: {departments: [a]}", "effect: block, when: {departments: [a, b]}", []),
        ("effect: block", "effect: block, when: {departments: [a]}", [f"{NARROWER} (departments)"]),
        ("effect: block, when: {departments: [a, b]}", "effect: block, when: {departments: [b]}", [f"{NARROWER} (departments)"]),
        ("effect: block, when: {models: [gpt-4]}", "effect: block, when: {models: ['*']}", []),
        ("effect: block, when: {models: ['gpt-*']}", "effect: block, when: {models: [gpt-4]}", [f"{NARROWER} (models)"]),
        ("effect: block, when: {labels: [hr]}", "effect: block, when: {labels: [{name: hr, min_score: 0.4}]}", []),
        ("effect: block, when: {labels: [hr]}", "effect: block, when: {labels: [{name: hr, min_score: 0.6}]}", [f"{NARROWER} (labels)"]),
        ("effect: block, when: {entities: [JWT]}", "effect: block, when: {entities: [SECRETS]}", []),
        ("effect: block, when: {entities: [SECRETS]}", "effect: block, when: {entities: [JWT]}", [f"{NARROWER} (entities)"]),
        ("effect: block, when: {entities: [JWT]}", "effect: block, when: {entities: [{type: JWT, min_score: 0.9}]}", [f"{NARROWER} (entities)"]),
        ("effect: block, when: {entities: [JWT]}", "effect: block, when: {entities: [{type: JWT, min_count: 2}]}", [f"{NARROWER} (entities)"]),
        ("effect: block, when: {entities: [{type: JWT, min_count: 2}]}", "effect: block, when: {entities: [JWT]}", []),
        ("effect: block, when: {entities: [JWT]}", "effect: block, when: {entities: ['*']}", []),
        ("effect: block, when: {entities: [JWT]}", "effect: block, when: {entities: [JWT], roles: [user]}", [f"{NARROWER} (roles)"]),
        ("effect: block, when: {entities: [JWT], roles: [user]}", "effect: block, when: {entities: [JWT]}", []),
        ("obligations: [{tokenize: [PERSON]}]", "obligations: [{redact: [PERSON, US_SSN]}]", []),
        ("effect: allow, when: {uninspected: [opaque]}, mode: monitor", "effect: allow, when: {uninspected: [opaque]}", ["it speaks of uninspected parts that the other leaves to the defaults"]),
        ("effect: block, when: {bytes: {min: 10}}", "effect: block, when: {bytes: {min: 5}}", []),
        ("effect: block, when: {bytes: {min: 10}}", "effect: block, when: {bytes: {min: 10, max: 99}}", [f"{NARROWER} (bytes)"]),
        ("effect: block, when: {bytes: {max: 10}}", "effect: block, when: {bytes: {max: 9}}", [f"{NARROWER} (bytes)"]),
        ("effect: block, when: {bytes: {max: 10}}", "effect: block, when: {bytes: {max: 11}}", []),
        ("effect: block", "effect: block, when: {bytes: {max: 10}}", [f"{NARROWER} (bytes)"]),
        ("effect: block, when: {streaming: true}", "effect: block, when: {streaming: false}", [f"{NARROWER} (streaming)"]),
        ("effect: block, when: {streaming: true}", "effect: block", []),
        ("effect: block, when: {budget: {id: b, above: 0.5}}", "effect: block, when: {budget: {id: b, above: 0.4}}", []),
        ("effect: block, when: {budget: {id: b, above: 0.5}}", "effect: block, when: {budget: {id: b, above: 0.6}}", [f"{NARROWER} (budget)"]),
        ("effect: block", "effect: block, when: {budget: {id: b, above: 0}}", [f"{NARROWER} (budget)"]),
        ("effect: block", "effect: block, when: {streaming: false}", [f"{NARROWER} (streaming)"]),
        ("effect: block, when: {languages: [de]}", "effect: block, when: {languages: [de, fr]}", []),
        ("effect: block, when: {languages: [de, fr]}", "effect: block, when: {languages: [de]}", [f"{NARROWER} (languages)"]),
        ("effect: block, when: {outside_languages: [en, de]}", "effect: block, when: {outside_languages: [en]}", []),
        ("effect: block, when: {outside_languages: [en]}", "effect: block, when: {outside_languages: [en, de]}", [f"{NARROWER} (outside_languages)"]),
        ("effect: block", "effect: block, when: {outside_languages: [en]}", [f"{NARROWER} (outside_languages)"]),
        ("effect: block, when: {outside_regions: [eu, ch]}", "effect: block, when: {outside_regions: [eu]}", []),
        ("effect: block, when: {outside_regions: [eu]}", "effect: block, when: {outside_regions: [eu, us]}", [f"{NARROWER} (outside_regions)"]),
        ("effect: block, when: {regions: [eu]}", "effect: block, when: {regions: [eu, us]}", []),
        ("effect: block, when: {regions: [eu, us]}", "effect: block, when: {regions: [us]}", [f"{NARROWER} (regions)"]),
        ("effect: block, when: {tools: [shell]}", "effect: block, when: {tools: ['*']}", []),
        ("effect: block, when: {times: [{to: 08:00}]}", "effect: block, when: {times: [{to: 08:00}, {from: 20:00}]}", []),
        ("effect: block, when: {times: [{to: 08:00}]}", "effect: block, when: {times: [{to: 09:00}]}", [f"{NARROWER} (times)"]),
        ("effect: block", "effect: block, on: [reply]", ["it doesn't speak of a request"]),
        ("effect: block, on: [reply]", "effect: block, on: [request, reply]", []),
        ("effect: block, when: {uninspected: [{reason: opaque, media: [a]}]}", "effect: block, when: {uninspected: [opaque]}", []),
        ("effect: block, when: {uninspected: [{reason: opaque, media: [a]}]}", "effect: block, when: {uninspected: [{reason: opaque, media: [a, b]}]}", []),
        ("effect: block, when: {uninspected: [opaque]}", "effect: block, when: {uninspected: [{reason: opaque, media: [a]}]}", [f"{NARROWER} (uninspected)"]),
        ("effect: block, when: {uninspected: [opaque]}", "effect: block, when: {uninspected: [timeout]}", [f"{NARROWER} (uninspected)"]),
        ("effect: allow, when: {uninspected: [opaque]}", "effect: allow, when: {uninspected: [opaque, timeout]}", ["it speaks of uninspected parts that the other leaves to the defaults"]),
        ("effect: allow, when: {uninspected: [opaque]}", "effect: allow, when: {uninspected: [opaque]}", []),
        ("obligations: [{tokenize: [PERSON]}]", "obligations: [{surrogate: [PERSON]}]", []),
        ("obligations: [{surrogate: [PERSON]}]", "obligations: [{tokenize: [PERSON]}]", ["it does less to PERSON"]),
        ("obligations: [{tokenize: {types: [PERSON], restore: false}}]", "obligations: [{surrogate: [PERSON]}]", ["it does less to PERSON"]),
        ("obligations: [{tokenize: [PERSON]}]", "effect: block", []),
        ("obligations: [{tokenize: [PERSON]}]", "obligations: [{mask: [PERSON]}]", ["it does less to PERSON"]),
        ("obligations: [{tokenize: [PERSON, US_SSN]}]", "obligations: [{tokenize: [PERSON]}]", ["it does less to US_SSN"]),
        ("obligations: [{tokenize: {types: [PERSON], restore: false}}]", "obligations: [{tokenize: [PERSON]}]", ["it does less to PERSON"]),
        ("obligations: [{mask: [CREDIT_CARD]}]", "obligations: [{mask: {types: [CREDIT_CARD], keep_last: 4}}]", ["it does less to CREDIT_CARD"]),
        ("obligations: [{mask: {types: [CREDIT_CARD], keep_last: 4}}]", "obligations: [{tokenize: [CREDIT_CARD]}]", []),
    ],
)  # fmt: skip
def test_weaknesses(load, parent, child, weak):
    assert weaknesses(*rules(load, parent, child), Effect.ALLOW) == weak


@pytest.mark.parametrize(
    ("parent", "child", "weak"),
    [
        ("effect: allow, when: {departments: [a]}", "effect: allow, when: {departments: [a, b]}", True),
        ("effect: allow, when: {departments: [a]}", "effect: allow", True),
        ("effect: allow, when: {entities: [PERSON]}", "effect: allow", True),
        ("obligations: [{redact: [PERSON]}]", "effect: allow, obligations: [{redact: [PERSON]}]", True),
        ("effect: allow, when: {departments: [a]}", "effect: block, when: {departments: [a, b]}", False),
        ("effect: allow, when: {departments: [a]}", "effect: allow, when: {departments: [a]}, obligations: [{redact: [PII]}]", False),
    ],
)  # fmt: skip
def test_where_nothing_is_allowed_by_default_more_must_not_be_permitted(load, parent, child, weak):
    parent_rule, child_rule = rules(load, parent, child)
    assert weaknesses(parent_rule, child_rule, Effect.ALLOW) == []
    found = weaknesses(parent_rule, child_rule, Effect.BLOCK)
    assert found == (["it allows requests that the other leaves to defaults.effect, which is block"] if weak else [])


@given(CONDITIONS, CONDITIONS, INQUIRIES)
def test_what_is_not_narrower_holds_wherever_the_other_does(parent, child, inquiry):
    if not narrower(parent, child) and holds(parent, inquiry):
        assert holds(child, inquiry)


@given(RULES, RULES, INQUIRIES, st.sampled_from([Effect.ALLOW, Effect.BLOCK]))
def test_an_override_that_is_accepted_never_lowers_the_effect(parent, child, inquiry, default):
    if weaknesses(parent, child, default):
        return
    before, after = (
        evaluate(
            Policy(id="p", revision="r", defaults=Defaults(effect=default), rules=(one,)), inquiry, decision_id="d"
        )
        for one in (parent, child)
    )
    # Only a reroute may take the place of a default block: what is rerouted doesn't leave.
    assert after.effect >= before.effect or after.effect is Effect.REROUTE


@given(RULES)
def test_a_rule_does_not_weaken_itself(rule):
    assert weaknesses(rule, rule, Effect.BLOCK) == []


def test_the_laws_see_both_kinds(load):
    """The generators above do make conditions that hold and rules that are accepted."""
    parent, child = rules(load, "effect: block, when: {entities: [JWT]}", "effect: block, when: {entities: [SECRETS]}")
    inquiry = Inquiry(department="a", entities=(EntityFact("JWT", 0.9),))
    assert holds(parent.when, inquiry)
    assert holds(child.when, inquiry)
    assert child.mode is Mode.ENFORCE
