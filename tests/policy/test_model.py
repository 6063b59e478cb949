"""Departments of people and networks; what a policy needs to run."""

import pytest

from policy.decision import Effect
from policy.model import Condition, EntityTest, Rule

DEPARTMENTS = """
departments:
  finance: {networks: [10.1.0.0/16, "fd00:1::/32"], users: [ana, Bob@Example.com]}
  treasury: {networks: [10.1.9.0/24]}
  support: {networks: [10.0.0.0/8]}
"""


@pytest.mark.parametrize(
    ("user", "address", "department"),
    [
        ("ana", None, "finance"),
        ("ANA", None, "finance"),
        ("bob@example.com", "10.2.0.1", "finance"),  # the person counts for more than the place
        ("eve", None, "default"),
        ("eve", "10.1.0.1", "finance"),
        (None, "10.1.0.1", "finance"),
        (None, "10.1.9.1", "treasury"),  # the most specific network
        (None, "10.2.0.1", "support"),
        (None, "::ffff:10.1.9.1", "treasury"),
        (None, "fd00:1::5", "finance"),
        (None, "fd00:1::5%eth0", "finance"),
        (None, "192.168.0.1", "default"),
        (None, "", "default"),
        (None, None, "default"),
        (None, "10.1.0", "default"),
        ("", None, "default"),
    ],
)
def test_department_of(load, user, address, department):
    assert load(DEPARTMENTS).department_of(user, address) == department


def test_the_default_department_can_be_chosen(load):
    policy = load(DEPARTMENTS + "default_department: support\n")
    assert policy.department_of("eve", "192.168.0.1") == "support"
    assert policy.department_names() == {"finance", "treasury", "support"}
    assert load(DEPARTMENTS).department_names() == {"finance", "treasury", "support", "default"}


def test_what_has_to_run(load):
    policy = load("""
        models:
          inside: {backend: embedded, model: smollm2-135m}
          server: {backend: openai, base_url: "http://vllm.internal:8000/v1/", model: qwen3, api_key_env: KEY}
        rules:
          - {id: a, when: {labels: [hr, {name: medical, min_score: 0.9}]}, effect: block}
          - {id: b, mode: monitor, when: {labels: [legal]}, effect: block}
          - {id: c, effect: reroute, obligations: [{to: server}]}
    """)
    assert policy.labels_used() == {"hr", "medical", "legal"}  # watched rules are evaluated too
    assert policy.embedded_models() == set()  # no rule names it
    assert policy.models["server"].base_urls == ("http://vllm.internal:8000/v1",)
    assert policy.models["server"].api_key_env == "KEY"


def test_embedded_models(load):
    policy = load("""
        models: {inside: {backend: embedded, model: smollm2-135m}}
        rules: [{id: a, effect: reroute, obligations: [{to: inside}]}]
    """)
    assert policy.embedded_models() == {"smollm2-135m"}
    assert policy.labels_used() == set()


@pytest.mark.parametrize(
    ("test", "entity_type", "score", "covered"),
    [
        (EntityTest("PERSON", {"PERSON": 0.5}), "PERSON", 0.5, True),
        (EntityTest("PERSON", {"PERSON": 0.5}), "PERSON", 0.49, False),
        (EntityTest("PERSON", {"PERSON": 0.5}), "US_SSN", 0.9, False),
        (EntityTest("*", {"PERSON": 0.5}), "NEW_TYPE", 0.1, True),
        (EntityTest("*", {"PERSON": 0.7}, min_score=0.7), "NEW_TYPE", 0.6, False),
        (EntityTest("*", {"PERSON": 0.7}, min_score=0.7), "PERSON", 0.6, False),
    ],
)
def test_covers(test, entity_type, score, covered):
    assert test.covers(entity_type, score) is covered


@pytest.mark.parametrize(
    ("rule", "permits"),
    [
        (Rule("r", Effect.ALLOW), True),
        (Rule("r", Effect.ALLOW, Condition(departments=("finance",))), True),
        (Rule("r", Effect.ALLOW, Condition(entities=(EntityTest("PERSON"),))), False),
        (Rule("r", Effect.ALLOW, Condition(tasks=("translation",))), False),
        (Rule("r", Effect.REROUTE, Condition(tasks=("translation",)), to="inside"), True),
        (Rule("r", Effect.ALLOW, shape_only=True), False),
    ],
)
def test_permits(rule, permits):
    assert rule.permits is permits
