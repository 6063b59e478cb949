"""Cases beside a policy: how they are read, run and reported."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from configs.yaml_source import SourceError
from detectors.finding import Finding, Label, Scan, Skipped, SkipReason
from policy.decision import EntityFact, Inquiry
from policy.testing import cases_path, load_cases, run, untested, with_scan
from tests.policy.test_evaluate import POLICY

HEAD = "schema: privet.policy-test/1\ncases:\n"


@pytest.fixture
def cases(load, tmp_path: Path):
    def _cases(text, policy=POLICY):
        loaded = load(policy)
        path = tmp_path / "policy.test.yaml"
        path.write_text(text)
        return loaded, load_cases(path, loaded)

    return _cases


def nothing(_text):
    return Scan()


@pytest.mark.parametrize(
    ("case", "failures"),
    [
        ("expect: {effect: allow}", []),
        ("expect: {effect: block}", ["effect: expected block, got allow"]),
        ("entities: [API_KEY], expect: {effect: block, rules: [secrets], matched: [secrets]}", []),
        ("entities: [{type: API_KEY, score: 0.3}], expect: {matched: []}", []),
        ("entities: [{type: CREDIT_CARD, count: 3}], expect: {rules: [cards]}", []),
        ("entities: [{type: CREDIT_CARD, count: 2}], expect: {rules: [cards]}", ["rules: expected cards, got defaults.effect"]),
        ("department: finance, labels: [financial], expect: {effect: reroute, to: large}", []),
        ("department: finance, labels: [financial], expect: {to: small}", ["to: expected small, got large"]),
        ("expect: {to: small}", ["to: expected small, got none"]),
        ("labels: [{name: financial, score: 0.1}], expect: {matched: []}", []),
        ("department: support, labels: [financial], expect: {rules: [sorting, anything]}", []),
        ("department: lab, expect: {monitored: [trial], matched: []}", []),
        ("department: lab, expect: {monitored: []}", ["monitored: expected none, got trial"]),
        ("skipped: [timeout], expect: {rules: [defaults.when_uninspected]}", []),
        ("skipped: [{reason: opaque, media: image/png}], expect: {rules: [defaults.when_uninspected]}", []),
        ("skipped: [unreadable_client], expect: {rules: [defaults.unreadable_clients]}", []),
        ("reason: true, expect: {effect: allow}", []),
        ("on: reply, entities: [API_KEY], expect: {effect: allow, rules: [], matched: []}", []),
        ("error: DetectorError, expect: {rules: [defaults.when_error]}", []),
        ("entities: [PERSON], expect: {actions: {PERSON: tokenize, US_SSN: none}}", []),
        ("entities: [PERSON], expect: {actions: {PERSON: redact}}", ["PERSON: expected redact, got tokenize"]),
        ("entities: [PERSON], expect: {effect: block, actions: {US_SSN: mask}}", ["effect: expected block, got allow", "US_SSN: expected mask, got none"]),
    ],
)  # fmt: skip
def test_cases(cases, case, failures):
    policy, loaded = cases(f"{HEAD}  - {{name: it, {case}}}\n")
    [result] = run(policy, loaded, nothing)
    assert list(result.failures) == failures


def test_who_asks_can_be_left_to_the_policys_departments(cases):
    policy = "defaults: {effect: allow}\ndepartments: {finance: {users: [ana], networks: [10.0.0.0/8]}}\n"
    text = HEAD + "".join(
        f"  - {{name: {name}, {name}: {value}, expect: {{effect: allow}}}}\n"
        for name, value in (("user", "ana"), ("address", "10.1.1.1"), ("model", "gpt-4o"))
    )
    assert [case.inquiry.department for case in cases(text, policy)[1]] == ["finance", "finance", "default"]


def test_the_rest_of_an_inquiry(cases):
    text = HEAD + (
        "  - {name: it, tasks: [a], provider: gemini, host: h, model: m, user: u, "
        "entities: [{type: PERSON, role: tool}], endpoint: /v1/x, dialect: d, client: c, tools: [t], bytes: 7, "
        "languages: [cs], streaming: true, at: 2026-11-24T09:30:00+01:00, expect: {effect: allow}}\n"
    )
    [case] = cases(text)[1]
    assert case.inquiry == Inquiry(
        department="default", user="u", entities=(EntityFact("PERSON", 0.99, "tool"),), tasks=("a",),
        provider="gemini", host="h", model="m", endpoint="/v1/x", dialect="d", client="c", tools=("t",), bytes=7,
        languages=("cs",), streaming=True, at=datetime(2026, 11, 24, 8, 30, tzinfo=UTC),
    )  # fmt: skip
    assert case.line == 3


@pytest.mark.parametrize(
    ("keys", "region"), [("host: api.mistral.ai", "eu"), ("host: api.mistral.ai, region: us", "us"), ("", "")]
)
def test_the_region_is_the_hosts(cases, keys, region):
    [case] = cases(f"{HEAD}  - {{name: it, {keys + ', ' if keys else ''}expect: {{effect: allow}}}}\n")[1]
    assert case.inquiry.region == region


def test_texts_are_inspected(cases):
    seen = []

    def inspect(text):
        seen.append(text)
        return Scan((Finding(0, 3, "API_KEY", 0.9, "d"),))

    policy, loaded = cases(f"{HEAD}  - {{name: it, text: the text, expect: {{rules: [secrets]}}}}\n")
    assert "the text" not in repr(loaded)
    assert run(policy, loaded, inspect)[0].failures == ()
    assert seen == ["the text"]


def test_a_scan_adds_to_what_is_given():
    skipped = Skipped("", SkipReason.TIMEOUT)
    scan = Scan((Finding(0, 1, "PERSON", 0.7, "d"),), (Label("hr", 0.6, "m"),), (skipped,))
    inquiry = with_scan(Inquiry(department="d", entities=(EntityFact("US_SSN", 1.0),)), scan, "Ana Novak")
    assert inquiry.entities == (EntityFact("US_SSN", 1.0), EntityFact("PERSON", 0.7))
    assert inquiry.labels == scan.labels
    assert inquiry.skipped == (skipped,)


def test_packs_are_tested_with_defaults(cases):
    text = "schema: privet.policy-test/1\ndefaults: {effect: allow}\ncases: [{name: a, expect: {effect: allow}}]\n"
    policy, loaded = cases(text, "rules: []")
    assert run(policy, loaded, nothing)[0].failures == ()
    assert policy.defaults.effect.name == "BLOCK"


def test_rules_without_a_case(cases):
    policy, loaded = cases(f"{HEAD}  - {{name: it, department: lab, entities: [API_KEY], expect: {{effect: block}}}}\n")
    assert untested(policy, run(policy, loaded, nothing)) == (
        "cards", "figures", "people", "numbers", "sorting", "anything",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "1:1: P002: expected a map with schema, defaults and cases, got nothing"),
        ("schema: privet.policy-test/1\n", "1:1: P002: cases is missing: expected list of cases"),
        ("schema: privet.policy/1\ncases: [{name: a, expect: {effect: allow}}]\n", "1:9: P002: expected privet.policy-test/1, got 'privet.policy/1'. Did you mean privet.policy-test/1?"),
        ("schema: privet.policy-test/1\ncases: []\n", "2:8: P008: an empty list matches nothing. Leave the key out if it should not matter"),
        (HEAD + "  - {expect: {effect: allow}}\n", "3:5: P002: name is missing: expected text"),
        (HEAD + "  - {name: a}\n", "3:5: P002: expect is missing: expected map"),
        (HEAD + "  - {name: a, expect: {}}\n", "3:23: P008: a case that expects nothing tests nothing"),
        (HEAD + "  - {name: a, expect: {effect: stop}}\n", "3:32: P002: expected allow, justify, reroute or block, got 'stop'"),
        (HEAD + "  - {name: a, expect: {rules: [secret]}}\n", "3:32: P005: no rule is called 'secret'. Did you mean secrets?"),
        (HEAD + "  - {name: a, expect: {matched: [defaults.effect]}}\n", "3:34: P005: no rule is called 'defaults.effect'"),
        (HEAD + "  - {name: a, expect: {to: larg}}\n", "3:28: P005: no model is called 'larg'. Did you mean large?"),
        (HEAD + "  - {name: a, expect: {actions: {PERSON: hide}}}\n", "3:42: P002: expected mask, tokenize, surrogate, redact or none, got 'hide'"),
        (HEAD + "  - {name: a, expect: {actions: {PERSOM: mask}}}\n", "3:42: P005: no entity type is called 'PERSOM'. Did you mean PERSON?"),
        (HEAD + "  - {name: a, department: finanse, expect: {effect: allow}}\n", "3:27: P005: no department is called 'finanse'. Did you mean finance?"),
        (HEAD + "  - {name: a, entities: [PII], expect: {effect: allow}}\n", "3:26: P005: no entity type is called 'PII'"),
        (HEAD + "  - {name: a, entities: [{type: PERSON, score: 2}], expect: {effect: allow}}\n", "3:48: P002: expected a number from 0 to 1, got a number (2)"),
        (HEAD + "  - {name: a, labels: [money], expect: {effect: allow}}\n", "3:24: P005: no label is called 'money'"),
        (HEAD + "  - {name: a, skipped: [slow], expect: {effect: allow}}\n", "3:25: P005: no reason is called 'slow'"),
        (HEAD + "  - {name: a, at: 2026-11-24T09:30:00, expect: {effect: allow}}\n", "3:19: P002: expected a time with its zone, such as 2026-11-24T09:30:00+01:00"),
        (HEAD + "  - {name: a, spent: [x], expect: {effect: allow}}\n", "3:23: P005: no budget is called 'x'"),
        (HEAD + "  - {name: a, used: {x: 0.5}, expect: {effect: allow}}\n", "3:25: P005: no budget is called 'x'"),
        (HEAD + "  - {name: a, at: noon, expect: {effect: allow}}\n", "3:19: P002: expected a time with its zone, such as 2026-11-24T09:30:00+01:00"),
        (HEAD + "  - {name: a, txt: b, expect: {effect: allow}}\n", "3:15: P001: unknown key 'txt'. Did you mean text?"),
    ],
)  # fmt: skip
def test_mistakes(cases, tmp_path, text, expected):
    with pytest.raises(SourceError) as caught:
        cases(text)
    found = [str(problem).removeprefix(f"{tmp_path}/policy.test.yaml:") for problem in caught.value.problems]
    assert any(line == expected or line.startswith(f"{expected}. Known: ") for line in found), found


def test_where_cases_stand():
    assert cases_path(Path("a/policy.yaml")) == Path("a/policy.test.yaml")


@pytest.mark.parametrize(
    ("keys", "expect"),
    [
        ("", "{effect: justify, rules: [why]}"),
        ("reason: true", "{effect: allow, rules: [why]}"),
        ("reason: true, spent: [rate]", "{effect: block, rules: [budgets.rate], matched: [why, budgets.rate]}"),
        ("reason: false, spent: [rate]", "{effect: block, rules: [budgets.rate]}"),
    ],
)
def test_reasons_and_budgets(cases, keys, expect):
    policy = (
        "defaults: {effect: allow}\nrules: [{id: why, effect: justify}]\n"
        "budgets: [{id: rate, requests: 1, every: day}]\n"
    )
    policy, loaded = cases(f"{HEAD}  - {{name: it, {keys + ', ' if keys else ''}expect: {expect}}}\n", policy)
    assert run(policy, loaded, nothing)[0].failures == ()
