"""A policy on top of its parents: what adds up, and what is refused."""

import pytest

from policy.decision import Effect, Mode

COMPANY = """
schema: privet.policy/1
id: company
mode: enforce
defaults: {effect: allow, when_uninspected: block}
departments: {finance: {networks: [10.1.0.0/16]}}
models: {m: {backend: embedded, model: smollm2-135m}}
rules:
  - {id: jwt, when: {entities: [JWT]}, effect: block}
  - {id: people, when: {entities: [PERSON]}, obligations: [{tokenize: [PERSON]}]}
"""


def test_everything_adds_up(load):
    policy = load(
        """
        extends: company.yaml
        defaults: {effect: block}
        departments: {finance: {users: [ana]}, support: {users: [tom]}}
        rules: [{id: mine, when: {departments: [support]}, effect: reroute, obligations: [{to: m}]}]
        """,
        company=COMPANY,
    )
    assert policy.id == "acme"
    assert [(rule.id, rule.policy_id) for rule in policy.rules] == [
        ("jwt", "company"), ("people", "company"), ("mine", "acme"),
    ]  # fmt: skip
    assert (policy.defaults.effect, policy.defaults.when_uninspected, policy.defaults.when_error) == (
        Effect.BLOCK, Effect.BLOCK, Effect.BLOCK,
    )  # fmt: skip
    assert policy.department_of("ana", None) == policy.department_of(None, "10.1.0.1") == "finance"
    assert policy.mode is Mode.ENFORCE
    assert [path.name for path in policy.files] == ["policy.yaml", "company.yaml"]


def test_what_a_parent_states_is_inherited(load):
    policy = load("extends: company.yaml", company=COMPANY.replace("mode: enforce", "mode: monitor"))
    assert policy.mode is Mode.MONITOR
    assert policy.defaults.effect is Effect.ALLOW


def test_of_two_parents_the_stricter_defaults_hold(load):
    policy = load(
        "extends: [company.yaml, other.yaml]",
        company=COMPANY,
        other="defaults: {effect: block, when_error: allow}\nmode: monitor\n",
    )
    assert policy.defaults.effect is Effect.BLOCK
    assert policy.defaults.when_error is Effect.ALLOW
    assert policy.mode is Mode.ENFORCE


@pytest.mark.parametrize(
    ("one", "two", "mine", "effect"),
    [
        ("when_uninspected: block", "unreadable_clients: allow", "", Effect.BLOCK),
        ("unreadable_clients: allow", "when_uninspected: block", "", Effect.BLOCK),
        ("unreadable_clients: allow", "effect: allow", "when_uninspected: block", Effect.ALLOW),
        ("unreadable_clients: block", "effect: allow", "when_uninspected: allow", Effect.BLOCK),
        ("when_uninspected: allow", "effect: allow", "unreadable_clients: block", Effect.BLOCK),
        ("effect: allow", "effect: allow", "", None),
    ],
)
def test_clients_that_nobody_can_read(load, one, two, mine, effect):
    policy = load(
        f"extends: [one.yaml, two.yaml]\ndefaults: {{{mine}}}\n",
        one=f"defaults: {{{one}}}\n", two=f"defaults: {{{two}}}\n",
    )  # fmt: skip
    assert policy.defaults.unreadable_clients is effect


def test_rules_on_what_is_uninspected_and_anothers_defaults(load, problems):
    sound = "schema: privet.policy/1\nid: lab\nrules: [{id: sound, when: {uninspected: [opaque]}, effect: allow}]\n"
    head = "schema: privet.policy/1\nid: acme\nextends: [company.yaml, lab.yaml]\n"
    assert problems(head, company=COMPANY, lab=sound) == [
        "3:10: P007: rule 'sound' of policy 'lab' lets go what another of these blocks by when_uninspected"
    ]
    assert load(head, company=COMPANY.replace("when_uninspected: block", "when_error: block"), lab=sound)
    own = COMPANY + "  - {id: sound, when: {uninspected: [opaque]}, effect: allow}\n"  # its own defaults it may relax
    assert load(
        "extends: company.yaml\nrules: [{id: sound, when: {uninspected: [opaque]}, effect: allow}]", company=own
    )


def test_budgets_add_up_and_keep_their_names(load, problems):
    company = COMPANY + "record_reasons: true\nbudgets: [{id: b, requests: 1, every: day}]\n"
    policy = load("extends: company.yaml\nbudgets: [{id: c, requests: 2, every: day}]", company=company)
    assert [(budget.id, budget.policy_id) for budget in policy.budgets] == [("b", "company"), ("c", "acme")]
    assert policy.record_reasons
    head = "schema: privet.policy/1\nid: acme\nextends: company.yaml\n"
    assert problems(head + "budgets: [{id: b, requests: 9, every: day}]\n", company=company) == [
        "4:16: P004: budget 'b' is in a policy that this extends. Give this one another id: both hold"
    ]
    assert problems(head + "record_reasons: false\n", company=company) == [
        "4:17: P007: a policy this extends keeps the reasons that people give"
    ]
    other = company.replace("id: company", "id: other").replace("requests: 1", "requests: 2")
    assert problems(head.replace("company.yaml", "[company.yaml, other.yaml]"), company=company, other=other) == [
        "3:10: P004: two of these policies define budget 'b' differently"
    ]


def test_an_override_takes_the_rules_place(load):
    policy = load(
        """
        extends: company.yaml
        rules:
          - {id: people, when: {entities: [PII]}, obligations: [{redact: [PII]}]}
          - {id: more, effect: allow}
        """,
        company=COMPANY,
    )
    assert [(rule.id, rule.policy_id) for rule in policy.rules] == [
        ("jwt", "company"), ("people", "acme"), ("more", "acme"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mode: monitor", "4:7: P007: a policy this extends enforces. To try out rules, set their own mode"),
        ("defaults: {when_uninspected: allow}", "4:30: P007: a policy this extends says block for when_uninspected"),
        ("defaults: {unreadable_clients: allow}", "4:32: P007: a policy this extends says block for unreadable_clients"),
        ("rules: [{id: sound, when: {uninspected: [opaque]}, effect: allow}]", "4:14: P007: rule 'sound' lets go what a policy this extends blocks by when_uninspected"),
        ("models: {m: {backend: openai, base_url: 'http://h/', model: x}}", "4:13: P007: model 'm' is defined otherwise by a policy this extends"),
        ("rules: [{id: jwt, effect: allow}]", "4:14: P007: rule 'jwt' weakens the rule of policy 'company' that it overrides: its effect is allow, weaker than block"),
        ("rules: [{id: jwt, when: {departments: [finance]}, effect: block}]", "4:14: P007: rule 'jwt' weakens the rule of policy 'company' that it overrides: its condition holds for fewer requests (departments)"),
        ("departments: {support: {networks: [10.1.0.0/16]}}", "4:36: P023: 10.1.0.0/16 is in department 'finance' too. Keep one"),
        ("rules: [{id: x, when: {departments: [finanse]}, effect: block}]", "4:38: P005: no department is called 'finanse'. Did you mean finance?"),
    ],
)  # fmt: skip
def test_what_is_refused(problems, text, expected):
    text = f"schema: privet.policy/1\nid: acme\nextends: company.yaml\n{text}\n"
    assert problems(text, company=COMPANY) == [expected]


def test_the_default_department_is_the_parents(problems):
    company = COMPANY + "default_department: finance\n"
    text = "schema: privet.policy/1\nid: acme\nextends: company.yaml\ndepartments: {lab: }\ndefault_department: lab\n"
    assert problems(text, company=company) == ["5:21: P007: a policy this extends says 'finance'"]


def test_two_parents_with_different_rules_of_one_name(problems):
    other = COMPANY.replace("id: company", "id: other").replace("[JWT]", "[API_KEY]")
    text = "schema: privet.policy/1\nid: acme\nextends: [company.yaml, other.yaml]\n"
    assert problems(text, company=COMPANY, other=other) == [
        "3:10: P004: rule 'jwt' is in 'company' and 'other'. Give one another id"
    ]


def test_two_parents_of_which_one_tightens(load):
    """A diamond: both extend the company's policy, one of them overrides a rule of it."""
    strict = "extends: company.yaml\nrules: [{id: people, when: {entities: [PERSON]}, effect: block}]\n"
    for order in ("[plain.yaml, strict.yaml]", "[strict.yaml, plain.yaml]"):
        policy = load(f"extends: {order}", company=COMPANY, strict=strict, plain="extends: company.yaml\n")
        assert {rule.id: rule.effect for rule in policy.rules} == {"jwt": Effect.BLOCK, "people": Effect.BLOCK}


def test_two_parents_that_disagree(problems):
    head = "schema: privet.policy/1\nid: x\n"
    first = head + "departments: {a: }\ndefault_department: a\nmodels: {m: {backend: embedded, model: smollm2-135m}}\n"
    second = (
        head
        + "departments: {b: }\ndefault_department: b\nmodels: {m: {backend: openai, base_url: 'http://h', model: x}}\n"
    )
    assert problems(head + "extends: [one.yaml, two.yaml]\n", one=first, two=second) == [
        "3:10: P004: two of these policies define model 'm' differently",
        "3:10: P006: two of these policies name different default departments",
    ]
