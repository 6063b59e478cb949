"""What a policy says of a request: tables, and the laws that hold for any policy."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.finding import Label, Skipped, SkipReason
from policy.decision import Direction, Effect, EntityFact, Inquiry, Mode, Operator
from policy.evaluate import evaluate
from policy.model import (
    BudgetTest,
    Condition,
    Defaults,
    EntityTest,
    LabelTest,
    Obligation,
    Policy,
    Rule,
    SizeTest,
    SkipTest,
)

POLICY = """
defaults: {effect: allow, when_uninspected: block, when_error: block}
departments: {finance: {}, support: {}, lab: {}}
models:
  small: {backend: embedded, model: smollm2-135m}
  large: {backend: openai, base_url: "http://vllm.internal:8000/v1", model: qwen3}
rules:
  - {id: secrets, when: {entities: [SECRETS]}, effect: block, message: Take it out.}
  - {id: cards, when: {entities: [{type: CREDIT_CARD, min_count: 3}]}, effect: block, message: Too many cards.}
  - {id: figures, when: {departments: [finance], labels: [financial]}, effect: reroute, obligations: [{to: large}]}
  - {id: people, when: {entities: [{group: PII, min_score: 0.6}]}, obligations: [{tokenize: [PERSON, EMAIL_ADDRESS]}]}
  - {id: numbers, when: {entities: [US_SSN]}, effect: allow, obligations: [{redact: [US_SSN, EMAIL_ADDRESS]}]}
  - {id: sorting, when: {departments: [support]}, effect: reroute, obligations: [{to: small}]}
  - {id: anything, when: {departments: [support], labels: [financial]}, effect: reroute, obligations: [{to: large}]}
  - {id: trial, mode: monitor, when: {departments: [lab]}, effect: block, message: Not yet.}
"""
PERSON, SSN, CARD = EntityFact("PERSON", 0.9), EntityFact("US_SSN", 0.9), EntityFact("CREDIT_CARD", 0.9)
KEY = EntityFact("API_KEY", 0.9)
FINANCIAL = Label("financial", 0.9, "m")
TIMEOUT = Skipped("/x", SkipReason.TIMEOUT)
SOUND = Skipped("/y", SkipReason.OPAQUE, "audio/wav")
CLIENT = Skipped("", SkipReason.UNREADABLE_CLIENT)


def ask(policy, **facts):
    return evaluate(policy, Inquiry(**{"department": "default", **facts}), decision_id="d")


@pytest.mark.parametrize(
    ("facts", "effect", "rules"),
    [
        ({}, "ALLOW", ["defaults.effect"]),
        ({"entities": (PERSON,)}, "ALLOW", ["defaults.effect"]),
        ({"entities": (SSN,)}, "ALLOW", ["numbers"]),
        ({"entities": (KEY,)}, "BLOCK", ["secrets"]),
        ({"entities": (KEY, CARD, CARD, CARD)}, "BLOCK", ["cards", "secrets"]),
        ({"department": "finance", "labels": (FINANCIAL,)}, "REROUTE", ["figures"]),
        ({"department": "finance", "labels": (FINANCIAL,), "entities": (KEY,)}, "BLOCK", ["secrets"]),
        ({"department": "finance"}, "ALLOW", ["defaults.effect"]),
        ({"labels": (FINANCIAL,)}, "ALLOW", ["defaults.effect"]),
        ({"skipped": (TIMEOUT,)}, "BLOCK", ["defaults.when_uninspected"]),
        ({"skipped": (TIMEOUT,), "entities": (KEY,)}, "BLOCK", ["secrets", "defaults.when_uninspected"]),
        ({"error": "DetectorError"}, "BLOCK", ["defaults.when_error"]),
        ({"department": "lab"}, "ALLOW", ["defaults.effect"]),
    ],
)
def test_effects(load, facts, effect, rules):
    decision = ask(load(POLICY), **facts)
    assert decision.effect is Effect[effect]
    assert list(decision.determining_rules) == rules


def test_the_decision_says_what_it_is_about(load):
    policy = load(POLICY)
    decision = ask(policy, department="finance", entities=(KEY, PERSON, PERSON))
    assert (decision.id, decision.policy_id, decision.policy_revision) == ("d", "acme", policy.revision)
    assert (decision.department, decision.mode, decision.enforced) == ("finance", Mode.ENFORCE, True)
    assert decision.entity_counts == {"API_KEY": 1, "PERSON": 2}
    assert decision.matched_rules == ("people", "secrets")
    assert decision.message == "Take it out."
    assert decision.actions == ()  # nothing leaves, so there is nothing to change


def test_messages_of_all_determining_rules(load):
    assert ask(load(POLICY), entities=(KEY, CARD, CARD, CARD)).message == "Too many cards. Take it out."
    assert ask(load(POLICY), entities=(PERSON,)).message is None


def test_obligations_add_up_also_when_rerouted(load):
    decision = ask(load(POLICY), department="finance", labels=(FINANCIAL,), entities=(PERSON, SSN))
    assert (decision.effect, decision.reroute_to) == (Effect.REROUTE, "large")
    assert {a.entity_type: (a.operator, a.rule_id) for a in decision.actions} == {
        "PERSON": (Operator.TOKENIZE, "people"),
        "EMAIL_ADDRESS": (Operator.REDACT, "numbers"),  # redact beats tokenize
        "US_SSN": (Operator.REDACT, "numbers"),
    }
    # and the lower of the two rules' scores holds: 0.6 of `people`, the threshold of `numbers`
    assert next(a for a in decision.actions if a.entity_type == "EMAIL_ADDRESS").min_score == 0.5


def test_obligations_only_of_rules_that_apply(load):
    assert ask(load(POLICY), entities=(EntityFact("PERSON", 0.59),)).actions == ()


def test_two_reroutes_go_where_the_first_in_the_alphabet_says(load):
    decision = ask(load(POLICY), department="support", labels=(FINANCIAL,))
    assert decision.determining_rules == ("anything", "sorting")
    assert decision.reroute_to == "large"
    assert ask(load(POLICY), department="support").reroute_to == "small"


def test_a_rule_that_monitors_counts_for_nothing(load):
    decision = ask(load(POLICY), department="lab", entities=(KEY,))
    assert decision.monitored_rules == ("trial",)
    assert decision.counted_rules == decision.determining_rules == ("secrets",)
    assert decision.matched_rules == ("secrets", "monitor:trial")
    assert decision.message == "Take it out."


def test_a_policy_that_monitors_decides_all_the_same(load):
    decision = ask(load("mode: monitor\n" + POLICY), entities=(KEY,))
    assert (decision.effect, decision.mode, decision.enforced) == (Effect.BLOCK, Mode.MONITOR, False)
    for facts in ({"skipped": (TIMEOUT,)}, {"error": "DetectorError"}):
        decision = ask(load("mode: monitor\n" + POLICY), **facts)
        assert (decision.effect, decision.enforced) == (Effect.BLOCK, False)


@pytest.mark.parametrize(
    ("defaults", "facts", "effect"),
    [
        ("{}", {}, "BLOCK"),
        ("{effect: allow}", {}, "ALLOW"),
        ("{effect: allow}", {"skipped": (TIMEOUT,)}, "BLOCK"),
        ("{effect: allow}", {"error": "x"}, "BLOCK"),
        ("{effect: allow, when_uninspected: allow}", {"skipped": (TIMEOUT,)}, "ALLOW"),
        ("{effect: allow, when_error: allow}", {"error": "x"}, "ALLOW"),
        ("{when_uninspected: allow}", {"skipped": (TIMEOUT,)}, "BLOCK"),  # nothing lowers defaults.effect
        ("{when_error: allow}", {"error": "x"}, "BLOCK"),
        ("{effect: allow, when_uninspected: allow}", {"skipped": (TIMEOUT,), "error": "x"}, "BLOCK"),
    ],
)
def test_defaults(load, defaults, facts, effect):
    assert ask(load(f"defaults: {defaults}"), **facts).effect is Effect[effect]


def test_no_defaults_at_all_is_block(load):
    policy = load("rules: []")
    assert policy.defaults == Defaults(Effect.BLOCK, Effect.BLOCK, Effect.BLOCK)
    assert ask(policy).determining_rules == ("defaults.effect",)


@pytest.mark.parametrize(
    ("rule", "facts", "effect"),
    [
        ("when: {departments: [lab]}, effect: allow", {"department": "lab"}, "ALLOW"),
        ("when: {departments: [lab]}, effect: allow", {}, "BLOCK"),
        ("when: {labels: [public]}, effect: allow", {"labels": (Label("public", 0.9, "m"),)}, "ALLOW"),
        ("effect: allow", {}, "ALLOW"),
        ("when: {entities: [PERSON]}, effect: allow", {"entities": (PERSON,)}, "BLOCK"),
        (
            "when: {departments: [lab], entities: ['*']}, effect: allow",
            {"department": "lab", "entities": (SSN,)},
            "BLOCK",
        ),
        ("obligations: [{redact: [PERSON]}]", {}, "BLOCK"),
    ],
)
def test_what_is_found_never_permits(load, rule, facts, effect):
    assert ask(load(f"departments: {{lab: }}\nrules: [{{id: r, {rule}}}]"), **facts).effect is Effect[effect]


def test_a_rule_that_permits_and_one_that_shapes(load):
    policy = load("""
        departments: {lab: {}}
        rules:
          - {id: lab, when: {departments: [lab]}, effect: allow}
          - {id: people, when: {entities: [PERSON]}, obligations: [{tokenize: [PERSON]}]}
    """)
    decision = ask(policy, department="lab", entities=(PERSON,))
    assert (decision.effect, decision.determining_rules) == (Effect.ALLOW, ("lab",))
    assert [action.entity_type for action in decision.actions] == ["PERSON"]


def test_what_can_not_be_read_can_not_be_answered_inside(load):
    policy = load("""
        defaults: {effect: allow, when_error: allow}
        models: {inside: {backend: embedded, model: smollm2-135m}}
        rules: [{id: inside, effect: reroute, obligations: [{to: inside}]}]
    """)
    assert ask(policy).effect is Effect.REROUTE
    decision = ask(policy, error="BodyError")
    assert (decision.effect, decision.reroute_to, decision.actions) == (Effect.BLOCK, None, ())


TYPES = ("PERSON", "US_SSN", "API_KEY")
SCORES = st.sampled_from([0.3, 0.6, 0.9])
FACTS = st.builds(EntityFact, st.sampled_from((*TYPES, "NEW_TYPE")), SCORES, st.sampled_from(["user", "tool"]))
LABELS = st.builds(Label, st.sampled_from(["hr", "public"]), SCORES, st.just("m"))
ENTITY_TESTS = st.one_of(
    st.builds(
        lambda name, score, count: EntityTest(name, {name: score}, count, score),
        st.sampled_from(TYPES), SCORES, st.integers(1, 3),
    ),
    st.builds(lambda score: EntityTest("*", dict.fromkeys(TYPES, score), 1, score), SCORES),
)  # fmt: skip
CONDITIONS = st.builds(
    Condition,
    departments=st.sampled_from([(), ("a",), ("a", "b")]),
    entities=st.lists(ENTITY_TESTS, max_size=2).map(tuple),
    roles=st.sampled_from([(), ("tool",)]),
    tools=st.sampled_from([(), (), ("shell",), ("*",)]),
    outside_regions=st.sampled_from([(), (), ("eu",), ("eu", "us")]),
    languages=st.sampled_from([(), (), ("de",)]),
    outside_languages=st.sampled_from([(), (), ("en",), ("en", "de")]),
    bytes=st.sampled_from([None, None, SizeTest(10), SizeTest(0, 20), SizeTest(10, 20)]),
    streaming=st.sampled_from([None, None, True, False]),
    labels=st.lists(st.builds(LabelTest, st.sampled_from(["hr", "public"]), SCORES), max_size=2).map(tuple),
    budget=st.sampled_from([None, None, BudgetTest("month", 0.0), BudgetTest("month", 0.8)]),
    uninspected=st.sampled_from(
        [(), (), (SkipTest(SkipReason.TIMEOUT),), (SkipTest(SkipReason.OPAQUE, ("audio/*",)),)]
    ),
)
OBLIGATIONS = st.builds(
    lambda operator, types, restore: Obligation(operator, types, tuple(sorted(types)), restore),
    st.sampled_from(Operator), st.frozensets(st.sampled_from(TYPES), min_size=1), st.booleans(),
)  # fmt: skip
RULES = st.builds(
    Rule,
    id=st.uuids().map(str),
    effect=st.sampled_from(Effect),
    when=CONDITIONS,
    obligations=st.lists(OBLIGATIONS, max_size=2).map(tuple),
    to=st.sampled_from(["x", "y"]),
    message=st.sampled_from([None, "One.", "Two."]),
    mode=st.sampled_from(Mode),
    shape_only=st.booleans(),
    on=st.sampled_from([(Direction.REQUEST,), (Direction.REQUEST,), (Direction.REPLY,), tuple(Direction)]),
).map(lambda rule: replace(rule, effect=Effect.ALLOW) if rule.shape_only else rule)
DEFAULTS = st.builds(
    Defaults, *[st.sampled_from([Effect.ALLOW, Effect.BLOCK])] * 3, st.sampled_from([None, Effect.ALLOW, Effect.BLOCK])
)
POLICIES = st.builds(
    Policy,
    id=st.just("p"),
    revision=st.just("r"),
    defaults=DEFAULTS,
    rules=st.lists(RULES, max_size=5, unique_by=lambda rule: rule.id).map(tuple),
)
INQUIRIES = st.builds(
    Inquiry,
    department=st.sampled_from("abc"),
    entities=st.lists(FACTS, max_size=4).map(tuple),
    labels=st.lists(LABELS, max_size=2).map(tuple),
    skipped=st.lists(st.sampled_from([TIMEOUT, SOUND, CLIENT]), max_size=2).map(tuple),
    error=st.sampled_from([None, "x"]),
    tools=st.sampled_from([(), ("shell", "read"), ("read",)]),
    region=st.sampled_from(["", "eu", "us"]),
    bytes=st.sampled_from([5, 10, 15, 25]),
    streaming=st.booleans(),
    used=st.sampled_from([{}, {"month": 0.5}, {"month": 0.9}]),
    direction=st.sampled_from([Direction.REQUEST, Direction.REQUEST, Direction.REPLY]),
)


@given(POLICIES, INQUIRIES)
def test_spending_more_never_makes_the_answer_weaker(policy, inquiry):
    before = evaluate(policy, replace(inquiry, used={"month": 0.1}), decision_id="d")
    after = evaluate(policy, replace(inquiry, used={"month": 1.1}), decision_id="d")
    assert after.effect >= before.effect


@given(POLICIES, INQUIRIES, st.randoms())
def test_shuffling_changes_nothing(policy, inquiry, random):
    rules, facts = list(policy.rules), list(inquiry.entities)
    random.shuffle(rules)
    random.shuffle(facts)
    shuffled = evaluate(replace(policy, rules=tuple(rules)), replace(inquiry, entities=tuple(facts)), decision_id="d")
    assert shuffled == evaluate(policy, inquiry, decision_id="d")


@given(POLICIES, INQUIRIES, FACTS)
def test_a_further_finding_never_lowers_the_effect(policy, inquiry, fact):
    before = evaluate(policy, inquiry, decision_id="d")
    after = evaluate(policy, replace(inquiry, entities=(*inquiry.entities, fact)), decision_id="d")
    assert after.effect >= before.effect
    assert set(after.matched_rules) >= set(before.matched_rules)


@given(POLICIES, INQUIRIES)
def test_what_is_uninspected_or_failed_never_lowers_the_effect(policy, inquiry):
    plain = evaluate(policy, replace(inquiry, skipped=(), error=None), decision_id="d")
    assert evaluate(policy, replace(inquiry, skipped=(TIMEOUT,)), decision_id="d").effect >= plain.effect
    assert evaluate(policy, replace(inquiry, error="x"), decision_id="d").effect >= plain.effect


@given(POLICIES, INQUIRIES)
def test_every_decision_has_its_reasons(policy, inquiry):
    decision = evaluate(policy, inquiry, decision_id="d")
    of_reply = inquiry.direction is Direction.REPLY
    assert decision.determining_rules or (of_reply and decision.effect is Effect.ALLOW)
    assert (decision.reroute_to is not None) == (decision.effect is Effect.REROUTE)
    assert len({action.entity_type for action in decision.actions}) == len(decision.actions)
    named = {rule for rule in decision.determining_rules if not rule.startswith("defaults.")}
    assert named <= set(decision.counted_rules)


@given(POLICIES, INQUIRIES, RULES)
def test_a_further_rule_lowers_the_effect_only_where_it_permits(policy, inquiry, rule):
    before = evaluate(policy, inquiry, decision_id="d")
    after = evaluate(replace(policy, rules=(*policy.rules, rule)), inquiry, decision_id="d")
    spared = [key for key in before.determining_rules if key.startswith("defaults.")]
    assert after.effect >= before.effect or (rule.permits and "defaults.effect" in spared) or (rule.answers and spared)


@given(INQUIRIES, DEFAULTS)
def test_no_rule_is_the_default(inquiry, defaults):
    inquiry = replace(inquiry, skipped=(), error=None)
    decision = evaluate(Policy(id="p", revision="r", defaults=defaults), inquiry, decision_id="d")
    if inquiry.direction is Direction.REPLY:
        assert (decision.effect, decision.determining_rules) == (Effect.ALLOW, ())
    else:
        assert (decision.effect, decision.determining_rules) == (defaults.effect, ("defaults.effect",))


@pytest.mark.parametrize(
    ("defaults", "skipped", "effect", "rules"),
    [
        ("{effect: allow}", (CLIENT,), "BLOCK", ["defaults.unreadable_clients"]),
        ("{effect: allow, when_uninspected: allow}", (CLIENT,), "ALLOW", ["defaults.effect", "defaults.unreadable_clients"]),
        ("{effect: allow, unreadable_clients: allow}", (CLIENT,), "ALLOW", ["defaults.effect", "defaults.unreadable_clients"]),
        ("{effect: allow, unreadable_clients: allow}", (TIMEOUT,), "BLOCK", ["defaults.when_uninspected"]),
        ("{effect: allow, unreadable_clients: allow}", (CLIENT, SOUND), "BLOCK", ["defaults.when_uninspected"]),
        ("{effect: allow, when_uninspected: allow, unreadable_clients: block}", (CLIENT,), "BLOCK", ["defaults.unreadable_clients"]),
        ("{effect: allow, when_uninspected: allow, unreadable_clients: block}", (SOUND,), "ALLOW", ["defaults.effect", "defaults.when_uninspected"]),
        ("{unreadable_clients: allow}", (CLIENT,), "BLOCK", ["defaults.effect"]),
    ],
)  # fmt: skip
def test_clients_that_nobody_can_read(load, defaults, skipped, effect, rules):
    decision = ask(load(f"defaults: {defaults}"), skipped=skipped)
    assert (decision.effect, list(decision.determining_rules)) == (Effect[effect], rules)


@pytest.mark.parametrize(
    ("rule", "facts", "effect", "rules"),
    [
        ("when: {departments: [lab], uninspected: [opaque]}, effect: allow", {"skipped": (SOUND,)}, "ALLOW", ["r"]),
        ("when: {departments: [lab], uninspected: [opaque]}, effect: allow", {"skipped": (SOUND, TIMEOUT)}, "BLOCK", ["defaults.when_uninspected"]),
        ("when: {departments: [lab], uninspected: [opaque]}, effect: allow", {"skipped": (SOUND,), "department": "default"}, "BLOCK", ["defaults.when_uninspected"]),
        ("when: {uninspected: [{reason: opaque, media: ['audio/*']}]}, effect: allow", {"skipped": (SOUND,)}, "ALLOW", ["r"]),
        ("when: {uninspected: [{reason: opaque, media: ['image/*']}]}, effect: allow", {"skipped": (SOUND,)}, "BLOCK", ["defaults.when_uninspected"]),
        ("when: {uninspected: [unreadable_client]}, effect: allow", {"skipped": (CLIENT,)}, "ALLOW", ["r"]),
        ("when: {uninspected: [opaque]}, effect: block", {"skipped": (SOUND,)}, "BLOCK", ["r"]),
        ("when: {uninspected: [opaque]}, effect: reroute, obligations: [{to: m}]", {"skipped": (SOUND,)}, "REROUTE", ["r"]),
        # what is found brings no permission about, nor does a rule that only de-identifies or only monitors
        ("when: {uninspected: [opaque], entities: [PERSON]}, effect: allow", {"skipped": (SOUND,), "entities": (PERSON,)}, "BLOCK", ["defaults.when_uninspected"]),
        ("when: {uninspected: [opaque]}, obligations: [{redact: [PII]}]", {"skipped": (SOUND,)}, "BLOCK", ["defaults.when_uninspected"]),
        ("mode: monitor, when: {uninspected: [opaque]}, effect: allow", {"skipped": (SOUND,)}, "BLOCK", ["defaults.when_uninspected"]),
    ],
)  # fmt: skip
def test_a_rule_speaks_of_what_could_not_be_inspected(load, rule, facts, effect, rules):
    policy = load(f"""
        defaults: {{effect: allow}}
        departments: {{lab: {{}}}}
        models: {{m: {{backend: embedded, model: smollm2-135m}}}}
        rules: [{{id: r, {rule}}}]
    """)
    decision = ask(policy, **{"department": "lab", **facts})
    assert (decision.effect, sorted(decision.determining_rules)) == (Effect[effect], rules)


def test_what_could_not_be_inspected_never_permits(load):
    policy = load("rules: [{id: r, when: {uninspected: [opaque]}, effect: allow}]")
    assert ask(policy, skipped=(SOUND,)).determining_rules == ("defaults.effect",)


WHY = """
defaults: {effect: allow}
models: {m: {backend: embedded, model: smollm2-135m}}
rules:
  - {id: people, when: {entities: [PERSON]}, effect: justify, message: Why?, obligations: [{redact: [PERSON]}]}
  - {id: numbers, when: {entities: [US_SSN]}, effect: justify}
  - {id: cards, when: {entities: [CREDIT_CARD]}, effect: reroute, obligations: [{to: m}]}
  - {id: keys, when: {entities: [API_KEY]}, effect: block}
  - {id: trial, when: {entities: [PERSON]}, effect: justify, mode: monitor}
budgets:
  - {id: rate, requests: 1, every: day, message: Slow down.}
  - {id: inside, requests: 1, every: day, effect: reroute, to: m}
  - {id: seen, requests: 1, every: day, mode: monitor}
"""


@pytest.mark.parametrize(
    ("entities", "justified", "effect", "determining", "used"),
    [
        ((PERSON,), (), "JUSTIFY", ["people"], ()),
        ((PERSON,), ("people",), "ALLOW", ["people"], ("people",)),
        ((PERSON,), ("*",), "ALLOW", ["people"], ("people",)),
        ((PERSON, SSN), ("people",), "JUSTIFY", ["numbers"], ("people",)),
        ((PERSON, SSN), ("*",), "ALLOW", ["numbers", "people"], ("numbers", "people")),
        ((PERSON, CARD), (), "REROUTE", ["cards"], ()),
        ((PERSON, CARD), ("*",), "REROUTE", ["cards"], ("people",)),
        ((PERSON, KEY), ("*",), "BLOCK", ["keys"], ("people",)),
        ((), ("*",), "ALLOW", ["defaults.effect"], ()),
    ],
)
def test_justify(load, entities, justified, effect, determining, used):
    decision = ask(load(WHY), entities=entities, justified=justified)
    assert (decision.effect, list(decision.determining_rules)) == (Effect[effect], determining)
    assert decision.justified_rules == used
    assert bool(decision.actions) == (effect in ("ALLOW", "REROUTE") and PERSON in entities)


def test_justify_in_place_of_a_default(load):
    policy = load("departments: {lab: }\nrules: [{id: r, when: {departments: [lab]}, effect: justify}]")
    assert ask(policy, department="lab").effect is Effect.JUSTIFY
    assert ask(policy, department="lab", justified=("*",)).effect is Effect.ALLOW
    assert ask(policy, justified=("*",)).effect is Effect.BLOCK
    assert ask(policy, department="lab", justified=("*",), skipped=(TIMEOUT,)).effect is Effect.BLOCK


@pytest.mark.parametrize(
    ("spent", "effect", "determining", "matched", "to"),
    [
        (("rate",), "BLOCK", ("budgets.rate",), ("budgets.rate",), None),
        (("inside",), "REROUTE", ("budgets.inside",), ("budgets.inside",), "m"),
        (("inside", "rate"), "BLOCK", ("budgets.rate",), ("budgets.rate", "budgets.inside"), None),
        (("seen",), "ALLOW", ("defaults.effect",), ("monitor:budgets.seen",), None),
        (("gone",), "ALLOW", ("defaults.effect",), (), None),
    ],
)
def test_budgets(load, spent, effect, determining, matched, to):
    decision = ask(load(WHY), spent=spent)
    assert (decision.effect, decision.determining_rules) == (Effect[effect], determining)
    assert (decision.matched_rules, decision.reroute_to) == (matched, to)
    assert decision.message == ("Slow down." if "rate" in spent else None)


REPLIES = """
defaults: {effect: block}
rules:
  - {id: asked, when: {entities: [SECRETS]}, effect: block}
  - {id: names, on: [reply], when: {entities: [{type: PERSON, min_count: 2}]}, obligations: [{redact: [PERSON]}]}
  - {id: keys, on: [request, reply], when: {entities: [API_KEY]}, effect: block, message: A key.}
  - {id: noted, on: [reply], mode: monitor, when: {entities: [US_SSN]}, effect: block}
"""


@pytest.mark.parametrize(
    ("facts", "effect", "rules", "matched", "actions"),
    [
        ({}, "ALLOW", (), (), []),  # `defaults.effect` speaks of requests
        ({"entities": (PERSON,)}, "ALLOW", (), (), []),
        ({"entities": (PERSON, PERSON)}, "ALLOW", (), ("names",), ["PERSON"]),
        ({"entities": (KEY, PERSON, PERSON)}, "BLOCK", ("keys",), ("keys", "names"), []),
        ({"entities": (SSN,)}, "ALLOW", (), ("monitor:noted",), []),
        ({"skipped": (TIMEOUT,)}, "BLOCK", ("defaults.when_uninspected",), (), []),
        ({"error": "x"}, "BLOCK", ("defaults.when_error",), (), []),
    ],
)
def test_replies(load, facts, effect, rules, matched, actions):
    decision = ask(load(REPLIES), direction=Direction.REPLY, **facts)
    assert (decision.effect, decision.determining_rules, decision.matched_rules) == (Effect[effect], rules, matched)
    assert [action.entity_type for action in decision.actions] == actions


def test_rules_on_replies_say_nothing_of_requests(load):
    assert ask(load(REPLIES), entities=(PERSON, PERSON, SSN)).matched_rules == ()
    assert ask(load(REPLIES), entities=(KEY,)).matched_rules == ("asked", "keys")
    permitted = load("rules: [{id: r, on: [reply], effect: allow}]")
    assert ask(permitted).determining_rules == ("defaults.effect",)


@given(POLICIES, st.lists(INQUIRIES, min_size=2, max_size=6))
def test_what_was_asked_before_changes_nothing(policy, inquiries):
    asked = [evaluate(policy, inquiry, decision_id="d") for inquiry in inquiries]
    assert asked == [evaluate(replace(policy), inquiry, decision_id="d") for inquiry in inquiries]


def test_what_is_remembered_is_bounded(load):
    policy = load("defaults: {effect: allow}\nrules: [{id: r, obligations: [{redact: ['*']}]}]")
    for number in range(1100):
        decision = ask(policy, entities=(EntityFact(f"NEW_{number}", 0.9),))
        assert any(action.entity_type == f"NEW_{number}" for action in decision.actions)
    assert len(policy.combined) <= 1000
