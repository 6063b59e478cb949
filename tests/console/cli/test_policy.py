"""`privet policy`: exit codes, positions, tables, JSON; what is inspected is injected, and never printed."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from console.cli import policy as module
from console.cli.main import main
from detectors.errors import DetectorError
from detectors.finding import Finding, Label, Scan, Skipped, SkipReason
from local_models.tasks.task import known_tasks

POLICY = """\
schema: privet.policy/1
id: acme
extends: builtin/secrets
defaults: {effect: allow}
departments: {finance: {users: [ana]}}
models: {inside: {backend: embedded, model: smollm2-135m}}
rules:
  - id: figures
    when: {departments: [finance], labels: [{name: financial, min_score: 0.8}]}
    effect: reroute
    obligations: [{to: inside}]
  - id: people
    when: {entities: [PERSON]}
    obligations: [{tokenize: [PERSON]}]
"""
CASES = """\
schema: privet.policy-test/1
cases:
  - {name: people leave as tokens, entities: [PERSON], expect: {actions: {PERSON: tokenize}}}
  - {name: figures stay, user: ana, labels: [financial], expect: {effect: reroute, to: inside}}
"""


@pytest.fixture
def path(tmp_path: Path):
    (tmp_path / "policy.yaml").write_text(POLICY)
    (tmp_path / "policy.test.yaml").write_text(CASES)
    (tmp_path / "privet.yaml").write_text("policy: policy.yaml\n")
    return tmp_path / "policy.yaml"


@pytest.fixture
def privet(path):
    def _privet(*arguments, **options):
        return CliRunner().invoke(main, ["--config", str(path.parent / "privet.yaml"), *arguments], **options)

    return _privet


@pytest.fixture
def inspection(monkeypatch):
    """Detection and classification by table; what was asked."""
    asked = []

    def scan(text):
        asked.append(("scan", text))
        start = text.find("Maria")
        skipped = (Skipped("", SkipReason.DETECTOR_ERROR),) if "broken" in text else ()
        findings = (Finding(start, start + 5, "PERSON", 0.85, "table"),) if start >= 0 else ()
        return Scan(findings, (), skipped)

    def label(text):
        asked.append(("label", text))
        return (Label("financial", 0.93, "fake"),) if "Revenue" in text else ()

    monkeypatch.setattr(module, "load_scanner", lambda _: scan)
    monkeypatch.setattr(module, "load_labeller", lambda *_: label)
    return asked


@pytest.fixture
def no_inspection(monkeypatch):
    def refuse(*_):
        raise AssertionError("nothing is to be inspected here")

    monkeypatch.setattr(module, "load_scanner", refuse)
    monkeypatch.setattr(module, "load_labeller", refuse)


def test_check_of_the_settings_policy(privet, path, no_inspection):
    result = privet("policy", "check")
    assert result.exit_code == 0
    assert result.stdout.startswith(
        f"{path}: policy acme can be used: 3 rules (some from secrets), 1 department, mode enforce, revision "
    )


def test_check_prints_every_problem(privet, path):
    path.write_text(
        POLICY.replace("effect: reroute", "efect: reroute").replace("entities: [PERSON]", "entities: [PERSOM]")
    )
    result = privet("policy", "check", str(path))
    assert result.exit_code == 2
    assert result.stdout.splitlines() == [
        f"{path}:10:5: P001: unknown key 'efect'. Did you mean effect?",
        f"{path}:13:23: P005: no entity type or group is called 'PERSOM'. Did you mean PERSON?",
    ]
    assert result.stderr == "privet: 2 problems: the policy can't be used\n"


def test_check_as_json(privet, path):
    document = json.loads(privet("policy", "check", "--json").stdout)
    assert document["usable"] is True
    assert document["rules"] == ["secrets-stay", "figures", "people"]
    assert document["departments"] == ["default", "finance"]
    assert document["labels"] == ["financial"]
    path.write_text("schema: privet.policy/1\nid: acme\nmode: x\n")
    result = privet("policy", "check", "--json")
    assert result.exit_code == 2
    assert json.loads(result.stdout) == {
        "usable": False,
        "problems": [
            {"file": str(path), "line": 3, "column": 7, "message": "P002: expected enforce or monitor, got 'x'"}
        ],
    }


@pytest.mark.parametrize("command", ["check", "test"])
def test_a_missing_policy(privet, path, command):
    path.unlink()
    result = privet("policy", command)
    assert result.exit_code == 2
    assert "no such file" in result.output
    assert "Traceback" not in result.output


def test_settings_are_not_needed_for_a_named_file(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "privet.yaml").unlink()
    assert CliRunner().invoke(main, ["policy", "check", "policy.yaml"]).exit_code == 0
    result = CliRunner().invoke(main, ["policy", "check"])
    assert result.exit_code == 2
    assert "privet init" in result.stderr


def test_cases_that_hold(privet, no_inspection):
    result = privet("policy", "test")
    assert result.exit_code == 0
    assert "2 of 2 cases hold" in result.stdout
    assert "people leave as tokens" in result.stdout
    assert "secrets-stay" not in result.stderr  # another policy's rule has its cases there


def test_cases_that_fail(privet, path):
    (path.parent / "policy.test.yaml").write_text(CASES.replace("to: inside", "rules: [people]"))
    result = privet("policy", "test")
    assert result.exit_code == 1
    assert f"{path.parent}/policy.test.yaml:4: figures stay: rules: expected people, got figures" in result.stdout
    assert "1 of 2 cases hold" in result.stdout


def test_rules_without_a_case_are_named(privet, path):
    (path.parent / "policy.test.yaml").write_text("\n".join(CASES.splitlines()[:3]))
    result = privet("policy", "test")
    assert result.exit_code == 0
    assert result.stderr == "privet: no case in which it applies: figures\n"


def test_texts_in_cases_are_inspected(privet, path, inspection):
    (path.parent / "policy.test.yaml").write_text(
        f"{CASES}  - {{name: by text, user: ana, text: Revenue by Maria, expect: {{to: inside, matched: [figures, people]}}}}\n"
    )
    result = privet("policy", "test")
    assert (result.exit_code, inspection) == (0, [("scan", "Revenue by Maria"), ("label", "Revenue by Maria")])


@pytest.mark.parametrize(
    ("cases", "message"),
    [(None, "no cases: expected"), ("schema: x\ncases: y\n", "the cases can't be used:"), ("a: [", "can't be used")],
)
def test_cases_that_can_not_be_used(privet, path, cases, message):
    beside = path.parent / "policy.test.yaml"
    beside.unlink() if cases is None else beside.write_text(cases)
    result = privet("policy", "test")
    assert result.exit_code == 2
    assert message in result.stderr


def test_a_broken_policy_has_no_cases(privet, path):
    path.write_text("id: x\n")
    result = privet("policy", "test")
    assert result.exit_code == 2
    assert f"{path}:1:1: P002: schema is missing" in result.stderr


def test_explain(privet, inspection):
    result = privet("policy", "explain", "--department", "finance", "--text", "Revenue, says Maria")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[1] == "department finance"
    for line in (
        "  PERSON               0.85  characters 14-19         table",
        "  financial            0.93  fake",
        "  yes  figures: reroute to inside",
        "       yes  labels: asks for financial from 0.8; found financial 0.93",
        "  no   secrets-stay (from secrets): block",
        "       no   entities: asks for SECRETS; found 0 SECRETS",
        "outcome: reroute to inside, by figures",
        "  tokenize PERSON from 0.5, turned back in the reply, by people",
    ):
        assert line in lines, line
    assert "Maria" not in result.output


def test_explain_as_json(privet, inspection):
    result = privet("policy", "explain", "--json", "--user", "ana", "--text", "-", input="Revenue, says Maria")
    document = json.loads(result.stdout)
    assert document["department"] == "finance"
    assert document["findings"] == [
        {"start": 14, "end": 19, "entity_type": "PERSON", "score": 0.85, "detector": "table"}
    ]
    assert document["labels"] == [{"name": "financial", "score": 0.93, "model": "fake"}]
    assert document["decision"]["effect"] == "reroute"
    assert document["decision"]["actions"][0]["operator"] == "tokenize"
    assert [rule["holds"] for rule in document["rules"]] == [False, True, True]
    assert "Maria" not in result.stdout


def test_explain_without_a_text_inspects_nothing(privet, no_inspection):
    result = privet(
        "policy", "explain", "--department", "finance", "--label", "financial=0.9", "--entity", "API_KEY=0.7",
        "--task", "mail", "--model", "gpt-4o", "--host", "api.openai.com",
    )  # fmt: skip
    assert result.exit_code == 0
    assert "API_KEY              0.70  given by --entity" in result.stdout
    assert "outcome: block, by secrets-stay" in result.stdout
    assert "  message: This request holds a password" in result.stdout


REACH = """
schema: privet.policy/1
id: reach
defaults: {effect: allow}
rules:
  - id: all
    effect: block
    when:
      endpoints: [/v1/chat]
      dialects: [openai-*]
      regions: [eu]
      clients: [codex*]
      tools: [shell]
      times: [{days: [tue], from: 09:00, to: 10:00, zone: Europe/Berlin}]
      bytes: {min: 7, max: 7}
      streaming: true
  - {id: replies, on: [reply], effect: block}
"""


def test_explain_reaches_every_fact(privet, path, no_inspection):
    path.write_text(REACH)
    facts = [
        "--endpoint", "/v1/chat", "--dialect", "openai-chat", "--host", "api.mistral.ai", "--client", "codex/1",
        "--tool", "shell", "--bytes", "7", "--at", "2026-11-24T08:30:00+00:00",
    ]  # fmt: skip
    assert "outcome: block, by all" in privet("policy", "explain", *facts, "--streaming").stdout
    result = privet("policy", "explain", *facts, "--region", "us")
    assert "outcome: allow, by defaults.effect" in result.stdout
    assert "no   streaming: asks for true; found false" in result.stdout
    assert "no   regions: asks for eu; found us" in result.stdout
    assert "outcome: block, by replies" in privet("policy", "explain", "--reply").stdout


def test_explain_with_reasons_and_budgets(privet, path, no_inspection):
    path.write_text(
        "schema: privet.policy/1\nid: acme\nrules: [{id: why, effect: justify}, {id: short, effect: block, when: {budget: "
        "{id: rate, above: 0.8}}}]\n"
        "budgets: [{id: rate, requests: 1, every: day}]\n"
    )
    assert "outcome: justify, by why" in privet("policy", "explain").stdout
    assert "outcome: allow, by why" in privet("policy", "explain", "--reason").stdout
    assert "outcome: block, by budgets.rate" in privet("policy", "explain", "--reason", "--spent", "rate").stdout
    assert "outcome: block, by short" in privet("policy", "explain", "--used", "rate=0.9").stdout
    wrong = privet("policy", "explain", "--used", "rat=0.9")
    assert (wrong.exit_code, "no budget is called 'rat'. Known: rate" in wrong.output) == (2, True)
    wrong = privet("policy", "explain", "--spent", "rat")
    assert (wrong.exit_code, "no budget is called 'rat'. Known: rate" in wrong.output) == (2, True)


def test_the_settings_hosts_have_providers_too(tmp_path):
    policy = tmp_path / "policy.yaml"
    policy.write_text(
        "schema: privet.policy/1\nid: a\nrules: [{id: r, when: {providers: [acme-llm]}, effect: block}]\n"
    )
    config = tmp_path / "privet.yaml"
    config.write_text("policy: policy.yaml\nhosts: [{provider: acme-llm, hosts: [llm.acme.example]}]\n")
    runner = CliRunner()
    check = ["policy", "check", str(policy)]
    assert runner.invoke(main, ["--config", str(config), *check]).exit_code == 0
    config.write_text("policy: policy.yaml\n")
    assert "no provider is called 'acme-llm'" in runner.invoke(main, ["--config", str(config), *check]).output
    config.write_text("polcy: policy.yaml\n")  # settings that can't be read
    assert "no provider is called 'acme-llm'" in runner.invoke(main, ["--config", str(config), *check]).output


def test_check_says_what_is_odd(privet, path):
    path.write_text("schema: privet.policy/1\nid: acme\nrules: [{id: a, effect: justify}, {id: b, effect: block}]\n")
    result = privet("policy", "check", str(path))
    assert result.exit_code == 0
    assert "privet: rule 'a' never decides: 'b' says block wherever it applies" in result.stderr
    assert json.loads(privet("policy", "check", "--json", str(path)).stdout)["remarks"] == [
        "rule 'a' never decides: 'b' says block wherever it applies"
    ]


def test_a_text_has_its_size(privet, path, inspection):
    path.write_text(REACH)
    assert "found 8" in privet("policy", "explain", "--text", "Umläute").stdout


def test_labels_that_are_given_stand_for_the_texts(privet, inspection):
    result = privet("policy", "explain", "--label", "hr", "--text", "Revenue")
    assert result.exit_code == 0
    assert inspection == [("scan", "Revenue")]


def test_labels_are_only_asked_for_when_a_rule_does(privet, path, inspection):
    path.write_text("schema: privet.policy/1\nid: acme\n")
    result = privet("policy", "explain", "--text", "Revenue")
    assert inspection == [("scan", "Revenue")]
    assert "found: nothing" in result.stdout
    assert "rules: none" in result.stdout
    assert "outcome: block, by defaults.effect" in result.stdout


def test_what_could_not_be_inspected_is_told(privet, inspection):
    result = privet("policy", "explain", "--text", "broken")
    assert "not inspected: detector_error" in result.stdout
    assert "outcome: block, by defaults.when_uninspected" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--department", "finanse"], "no department is called 'finanse'. Did you mean finance?"),
        (["--department", "xyz"], "no department is called 'xyz'. Known: default, finance"),
        (["--entity", "PERSOM"], "no entity type is called 'PERSOM'. Did you mean PERSON?"),
        (["--label", "xyz"], "no label is called 'xyz'. Known: source_code"),
        (["--label", "hr=2"], "expected NAME or NAME=SCORE"),
        (["--label", "hr=x"], "expected NAME or NAME=SCORE"),
        (["--file", "none.yaml"], "no such file"),
        (["--at", "2026-11-24T10:00:00"], "expected a time with its zone"),
        (["--at", "noon"], "expected a time with its zone"),
    ],
)
def test_explain_refuses(privet, arguments, message):
    result = privet("policy", "explain", *arguments)
    assert result.exit_code == 2
    assert message in result.output
    assert "Traceback" not in result.output


def test_models_that_are_missing_are_told(privet, monkeypatch):
    def broken(_):
        raise DetectorError("a model is missing: run privet doctor")

    monkeypatch.setattr(module, "load_scanner", broken)
    result = privet("policy", "explain", "--text", "Maria")
    assert result.exit_code == 2
    assert result.stderr == "privet: the text can't be inspected: a model is missing: run privet doctor\n"


@pytest.mark.slow
def test_the_real_detectors(privet):
    result = privet("policy", "explain", "--label", "hr", "--text", "My name is Maria Gonzalez.")
    assert result.exit_code == 0
    assert "  PERSON  " in result.stdout
    assert "Maria" not in result.output


def test_explain_says_which_task_a_prompt_is_and_by_what(privet, path, inspection):
    path.write_text(
        POLICY
        + "  - {id: mails, when: {tasks: [email_categorisation]}, effect: reroute, obligations: [{to: inside}]}\n"
    )
    template = known_tasks()["email_categorisation"].templates[0]
    result = privet("policy", "explain", "--text", template.replace("{input}", "My parcel is late. Where is it?"))
    assert "  email_categorisation recognised by: template\n" in result.stdout
    assert "yes  tasks: asks for email_categorisation; found email_categorisation" in result.stdout
    assert "outcome: reroute to inside, by mails" in result.stdout
    code = "import os\nfor name in os.listdir('.'):\n    print(name)"
    document = json.loads(
        privet("policy", "explain", "--task", "email_categorisation", "--text", code, "--json").stdout
    )
    assert document["tasks"] == [{"task": "email_categorisation", "how": "declared", "vetoed": True}]
