"""Remarks on policies that can be used: what is odd, and what only looks so."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.decision import Effect
from policy.evaluate import evaluate
from policy.lint import remarks
from policy.load import load_policy, pack_path
from policy.vocabulary import PACKS
from tests.policy.test_evaluate import INQUIRIES, POLICIES

HEAD = """
departments: {finance: {users: [ana]}, support: {users: [tom]}}
models:
  m: {backend: embedded, model: smollm2-135m}
  sorter: {backend: task, task: sort, answerer: smollm2-135m, escalate: [vendor]}
rules:
"""


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        (["when: {hosts: [api.mistral.ai], providers: [openai]}, effect: block"], "never applies: none of its hosts is one of its providers'"),
        (["when: {hosts: [api.mistral.ai], providers: [openai, mistral]}, effect: block"], None),
        (["when: {hosts: ['*.mistral.ai'], providers: [openai]}, effect: block"], None),
        (["when: {hosts: [llm.internal], providers: [openai]}, effect: block"], None),
        (["when: {hosts: [api.mistral.ai], regions: [us]}, effect: block"], "never applies: none of its hosts is in one of its regions"),
        (["when: {hosts: [api.mistral.ai], regions: [eu]}, effect: block"], None),
        (["when: {regions: [eu], outside_regions: [eu, us]}, effect: block"], "never applies: its regions are all among its outside_regions"),
        (["when: {regions: [eu, us], outside_regions: [eu]}, effect: block"], None),
        (["when: {regions: [xx]}, effect: block"], "no host of the shipped table is in xx"),
        (["when: {users: [tom], departments: [finance]}, effect: block"], "never applies: its users are all in other departments"),
        (["when: {users: [tom, eve], departments: [finance]}, effect: block"], None),
        (["when: {users: [Ana], departments: [finance]}, effect: block"], None),
        (["when: {entities: [PERSON]}, effect: allow"], "changes nothing: what is found never permits"),
        (["when: {entities: [PERSON]}, effect: allow, obligations: [{redact: [PERSON]}]"], None),
        (["when: {tasks: [translation]}, effect: allow"], "changes nothing: a client says what its task is"),
        (["when: {tasks: [translation]}, effect: allow, obligations: [{redact: [PERSON]}]"], None),
        (["when: {tasks: [sort], labels: [hr]}, effect: reroute, obligations: [{to: sorter}]"], "sorter never escalates to the vendor here, since labels keep"),
        (["when: {tasks: [sort]}, effect: reroute, obligations: [{to: sorter}]"], None),
        (["when: {departments: [finance]}, effect: allow"], None),
        (["when: {entities: [PERSON]}, effect: justify", "when: {entities: [PII]}, effect: block"], "never decides: 'r1' says block wherever it applies"),
        (["when: {entities: [PII]}, effect: justify", "when: {entities: [PERSON]}, effect: block"], None),
        (["when: {entities: [PERSON]}, obligations: [{redact: [PERSON]}]", "effect: block"], "never decides: 'r1' says block"),
        (["when: {entities: [PERSON]}, obligations: [{redact: [PERSON]}]", "effect: reroute, obligations: [{to: m}]"], None),
        (["when: {models: [gpt-4]}, effect: justify", "effect: reroute, obligations: [{to: m}]"], "never decides: 'r1' says reroute"),
        (["effect: allow", "effect: justify"], None),
        (["when: {uninspected: [opaque]}, effect: allow", "effect: reroute, obligations: [{to: m}]"], None),
        (["when: {uninspected: [opaque]}, effect: allow", "effect: block"], "never decides: 'r1' says block"),
        (["effect: justify", "effect: block, mode: monitor"], None),
        (["effect: justify, mode: monitor", "effect: block"], None),
        (["effect: justify", "effect: block, on: [reply]"], None),
        (["effect: block", "effect: block"], None),
    ],
)  # fmt: skip
def test_remarks(load, rules, said):
    listed = "".join(f"  - {{id: r{number}, {rule}}}\n" for number, rule in enumerate(rules))
    found = remarks(load(HEAD.lstrip("\n") + listed))
    assert len(found) == (said is not None), found
    assert said is None or (found[0].startswith("rule 'r0'") and said in found[0])


@pytest.mark.parametrize("pack", PACKS)
def test_nothing_is_odd_about_the_packs(pack):
    assert remarks(load_policy(pack_path(pack))) == ()


@given(POLICIES, st.lists(INQUIRIES, max_size=5), st.sampled_from([(), ("*",)]))
def test_what_never_decides_never_does(policy, inquiries, justified):
    told = [line.split("'")[1] for line in remarks(policy) if "never decides" in line]
    for inquiry in inquiries:
        decision = evaluate(policy, replace(inquiry, justified=justified), decision_id="d")
        assert not {*told} & {*decision.determining_rules}
        assert decision.effect is Effect.BLOCK or not {*told} & {action.rule_id for action in decision.actions}
