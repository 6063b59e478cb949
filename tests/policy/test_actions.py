"""From obligations to one action per type."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from configs.entities import thresholds
from policy.actions import STRENGTH, combine, rule_actions, score_for
from policy.decision import Action, Operator

ACTIONS = st.builds(
    Action,
    entity_type=st.sampled_from(["PERSON", "US_SSN"]),
    operator=st.sampled_from(Operator),
    min_score=st.sampled_from([0.2, 0.5, 0.9]),
    rule_id=st.sampled_from("abc"),
    restore=st.booleans(),
    keep_last=st.integers(0, 4),
)


def rule(load, text):
    return load(f"rules:\n  - {{id: r, {text}}}\n").rules[0]


def by_type(actions):
    return {action.entity_type: action for action in actions}


def test_operators_rise_in_strength():
    assert sorted(Operator, key=STRENGTH.__getitem__) == [
        Operator.MASK, Operator.TOKENIZE, Operator.SURROGATE, Operator.REDACT,
    ]  # fmt: skip


def test_scores_come_from_the_rules_own_condition(load):
    one = rule(
        load,
        "when: {entities: [{group: SECRETS, min_score: 0.9}, {type: JWT, min_score: 0.7}]}, "
        "obligations: [{redact: [JWT, API_KEY, PHONE_NUMBER]}]",
    )
    assert score_for(one, "JWT") == 0.7
    assert score_for(one, "API_KEY") == 0.9
    assert score_for(one, "PHONE_NUMBER") == thresholds()["PHONE_NUMBER"]
    assert {name: a.min_score for name, a in by_type(rule_actions(one)).items()} == {
        "JWT": 0.7, "API_KEY": 0.9, "PHONE_NUMBER": thresholds()["PHONE_NUMBER"],
    }  # fmt: skip


def test_groups_are_spelled_out(load):
    from configs.entities import entity_groups, entity_types

    assert set(by_type(rule_actions(rule(load, "obligations: [{redact: [SECRETS]}]")))) == entity_groups()["SECRETS"]
    everything = rule(load, "obligations: [{redact: ['*']}]")
    assert set(by_type(rule_actions(everything))) == set(entity_types())
    assert "NEW_TYPE" in by_type(rule_actions(everything, ["NEW_TYPE"]))
    assert "NEW_TYPE" not in by_type(rule_actions(rule(load, "obligations: [{redact: [PII]}]"), ["NEW_TYPE"]))


def test_the_strongest_in_one_rule(load):
    one = rule(load, "obligations: [{mask: {types: [PCI], keep_last: 4}}, {redact: [CARD_SECURITY_CODE]}]")
    actions = by_type(rule_actions(one))
    assert actions["CARD_SECURITY_CODE"].operator is Operator.REDACT
    assert (actions["CREDIT_CARD"].operator, actions["CREDIT_CARD"].keep_last) == (Operator.MASK, 4)


def test_combining_is_the_strictest_of_each():
    weak = Action("PERSON", Operator.MASK, 0.2, "a", restore=False, keep_last=0)
    lenient = Action("PERSON", Operator.TOKENIZE, 0.6, "c", restore=True)
    strict = Action("PERSON", Operator.TOKENIZE, 0.9, "b", restore=False)
    assert combine([weak, lenient]) == (Action("PERSON", Operator.TOKENIZE, 0.2, "c", restore=True),)
    assert combine([lenient, strict]) == (Action("PERSON", Operator.TOKENIZE, 0.6, "b", restore=False),)
    assert combine([]) == ()


def test_a_surrogate_beats_a_token_but_comes_back_only_if_both_do():
    token = Action("PERSON", Operator.TOKENIZE, 0.9, "a", restore=False)
    surrogate = Action("PERSON", Operator.SURROGATE, 0.6, "b")
    assert combine([token, surrogate]) == (Action("PERSON", Operator.SURROGATE, 0.6, "b", restore=False),)
    assert combine([replace(token, restore=True), surrogate]) == (surrogate,)


@given(st.lists(ACTIONS, max_size=6), st.randoms())
def test_the_order_means_nothing(actions, random):
    shuffled = list(actions)
    random.shuffle(shuffled)
    assert combine(actions) == combine(shuffled)


@given(st.lists(ACTIONS, max_size=5), ACTIONS)
def test_a_further_action_never_does_less(actions, further):
    before, after = by_type(combine(actions)), by_type(combine([*actions, further]))
    for name, action in before.items():
        assert STRENGTH[after[name].operator] >= STRENGTH[action.operator]
        assert after[name].min_score <= action.min_score
        if action.operator.reversible and after[name].operator.reversible:
            assert action.restore or not after[name].restore


@given(st.lists(ACTIONS, max_size=5), st.lists(ACTIONS, max_size=5))
def test_combining_in_parts_is_combining_at_once(some, others):
    assert combine([*combine(some), *combine(others)]) == combine([*some, *others])
