"""One budget: what it is read as, and every kind of mistake."""

import pytest

from policy.decision import Effect, Mode
from policy.model import Budget

HEAD = "schema: privet.policy/1\nid: acme\nmodels: {m: {backend: embedded, model: smollm2-135m}}\nbudgets:\n"


@pytest.mark.parametrize(
    ("budget", "expected"),
    [
        ("{requests: 1, every: day}", ["5:5: P002: id is missing: expected name"]),
        ("{id: a, every: day}", ["5:5: P002: expected requests, bytes, tokens or usd: how much may leave"]),
        ("{id: a, requests: 1}", ["5:5: P002: every is missing: expected minute, hour, day, week or month"]),
        ("{id: a, requests: 0, every: day}", ["5:23: P002: expected a whole number from 1 to 9007199254740992, got a number (0)"]),
        ("{id: a, bytes: 1GB, every: day}", ["5:20: P002: expected a whole number from 1 to 9007199254740992, got text ('1GB')"]),
        ("{id: a, requests: 1, every: year}", ["5:33: P002: expected minute, hour, day, week or month, got 'year'"]),
        ("{id: a, usd: 0, every: month}", ["5:18: P002: expected a number above 0 (USD)"]),
        ("{id: a, usd: -1, every: month}", ["5:18: P002: expected a number from 0 to 1e+09, got a number (-1)"]),
        ("{id: a, usd: 5, every: month, soft: 1.2}", ["5:41: P002: expected a number from 0 to 1, got a number (1.2)"]),
        ("{id: a, usd: 5, every: month, unpriced: allow}", ["5:45: P002: expected highest or refuse, got 'allow'"]),
        ("{id: a, bytes: 5, every: month, unpriced: refuse}", ["5:37: P002: `unpriced` is for budgets of usd"]),
        ("{id: a, usd: 5, every: day, when: {budget: {id: a, above: 0.5}}}", ["5:33: P008: a budget can't ask how much of a budget is used up"]),
        ("{id: a, requests: 1, every: day, per: [team]}", ["5:44: P002: expected department, user, provider or model, got 'team'"]),
        ("{id: a, requests: 1, every: day, per: []}", ["5:43: P008: an empty list matches nothing. Leave the key out if it should not matter"]),
        ("{id: a, requests: 1, every: day, effect: allow}", ["5:46: P002: expected block or reroute, got 'allow'"]),
        ("{id: a, requests: 1, every: day, effect: reroute}", ["5:5: P014: a reroute needs its model: add `to: NAME`"]),
        ("{id: a, requests: 1, every: day, to: m}", ["5:38: P014: `to` is for effect reroute"]),
        ("{id: a, requests: 1, every: day, effect: reroute, to: n}", ["5:59: P005: no model is called 'n'. Known: m"]),
        ("{id: a, requests: 1, every: day, when: {departments: [x]}}", ["5:59: P005: no department is called 'x'. Known: default"]),
        ("{id: a, requests: 1, every: day, when: {model: x}}", ["5:45: P001: unknown key 'model'. Did you mean models?"]),
        ("{id: a.b, requests: 1, every: day}", ["5:10: P002: expected letters, digits, hyphens and underscores, got 'a.b'"]),
        ("{id: a, requests: 1, every: day}\n  - {id: a, bytes: 1, every: day}", ["6:10: P004: budget 'a' is already in line 5. Give one another id"]),
        ("just text", ["5:5: P002: expected a map with id, description, when, per, requests, bytes, tokens, usd, every, soft, unpriced, effect, to, message and mode, got text ('just text')"]),
    ],
)  # fmt: skip
def test_mistakes(problems, budget, expected):
    assert problems(f"{HEAD}  - {budget}\n") == expected


def test_budgets_are_a_list(problems):
    assert problems("schema: privet.policy/1\nid: acme\nbudgets: {}\n") == [
        "3:10: P002: expected a list of budgets, got a map"
    ]


def test_everything(load):
    policy = load("""
        departments: {lab: {}}
        models: {m: {backend: embedded, model: smollm2-135m}}
        record_reasons: true
        budgets:
          - id: rate
            description: 'Not too
              fast.'
            when: {departments: [lab]}
            per: [model, user]
            requests: 60
            bytes: 1000000
            every: minute
            effect: reroute
            to: m
            message: Slow down.
            mode: monitor
          - {id: plain, requests: 1, every: day, when: }
    """)
    rate, plain = policy.budgets
    assert (rate.id, rate.name, rate.description, rate.policy_id) == ("rate", "budgets.rate", "Not too fast.", "acme")
    assert (rate.per, rate.requests, rate.bytes, rate.every) == (("user", "model"), 60, 1_000_000, "minute")
    assert (rate.effect, rate.to, rate.message, rate.mode) == (Effect.REROUTE, "m", "Slow down.", Mode.MONITOR)
    assert rate.when.departments == ("lab",)
    assert plain == Budget("plain", "day", requests=1, policy_id="acme")
    assert policy.record_reasons is True
    assert policy.embedded_models() == {"smollm2-135m"}


def test_budgets_ask_for_labels_and_tools(load):
    policy = load("budgets: [{id: b, requests: 1, every: day, when: {labels: [hr], tools: [shell]}}]")
    assert policy.labels_used() == {"hr"}
    assert policy.tools_used()
    assert not policy.justifies()


def test_budgets_are_part_of_the_revision(load):
    one, two = (load(f"budgets: [{{id: b, requests: {number}, every: day}}]") for number in (1, 2))
    assert one.revision != two.revision
