"""From files to a policy: parents are found, circles are noticed, the revision tells what is said."""

import re
import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.hosts import HostEntry
from configs.yaml_source import SourceError
from policy.load import canonical, load_policy, pack_path
from policy.model import Policy
from tests.policy.conftest import headed
from tests.policy.test_evaluate import POLICY as RULES

HEAD = "schema: privet.policy/1\nid: acme\n"


@pytest.mark.parametrize("pack", ["secrets", "gdpr", "hipaa", "pci"])
def test_packs_can_be_extended(load, pack):
    policy = load(f"extends: builtin/{pack}")
    assert {rule.policy_id for rule in policy.rules} == {pack}
    assert policy.files[1] == pack_path(pack)


def test_all_packs_at_once(load):
    policy = load("extends: [builtin/secrets, builtin/gdpr, builtin/hipaa, builtin/pci]")
    assert len({rule.policy_id for rule in policy.rules}) == 4


def test_files_are_relative_to_the_file_that_names_them(tmp_path: Path):
    (tmp_path / "teams").mkdir()
    (tmp_path / "company.yaml").write_text("schema: privet.policy/1\nid: company\nextends: lists/base.yaml\n")
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists/base.yaml").write_text("schema: privet.policy/1\nid: base\nrules: [{id: r, effect: block}]\n")
    (tmp_path / "teams/finance.yaml").write_text("schema: privet.policy/1\nid: finance\nextends: ../company.yaml\n")
    policy = load_policy(tmp_path / "teams/finance.yaml")
    assert [rule.policy_id for rule in policy.rules] == ["base"]
    assert [path.name for path in policy.files] == ["finance.yaml", "company.yaml", "base.yaml"]


@pytest.mark.parametrize(
    ("extends", "expected"),
    [
        ("builtin/secret", "3:10: P006: no pack is called 'builtin/secret'. Did you mean builtin/secrets?"),
        ("builtin/xyz", "3:10: P006: no pack is called 'builtin/xyz'. Known: gdpr, hipaa, pci, secrets"),
        ("secrets", "3:10: P006: no such file: secrets. Did you mean builtin/secrets?"),
        ("[builtin/secrets, none.yaml]", "3:28: P006: no such file: none.yaml"),
        ("/etc/policy.yaml", "3:10: P006: expected a path relative to this file, got '/etc/policy.yaml'"),
        ("policy.yaml", "3:10: P006: policy.yaml extends this file in turn: a circle"),
        ("[]", "3:10: P008: an empty list matches nothing. Leave the key out if it should not matter"),
        ("7", "3:10: P002: expected a list, such as [builtin/secrets], got a number (7)"),
    ],
)
def test_parents_that_can_not_be(problems, extends, expected):
    assert problems(f"{HEAD}extends: {extends}\n") == [expected]


def test_circles(problems):
    assert problems(f"{HEAD}extends: a.yaml\n", a=f"{HEAD}extends: b.yaml\n", b=f"{HEAD}extends: a.yaml\n") == [
        "b.yaml:3:10: P006: a.yaml extends this file in turn: a circle"
    ]


def test_three_levels_and_no_more(write, problems):
    files = {"a": f"{HEAD}extends: b.yaml\n", "b": f"{HEAD}extends: c.yaml\n", "c": HEAD}
    assert load_policy(write(f"{HEAD}extends: a.yaml\n", **files))
    assert problems(f"{HEAD}extends: a.yaml\n", **{**files, "c": f"{HEAD}extends: d.yaml\n"}, d=HEAD) == [
        "c.yaml:3:10: P006: more than 3 levels of parents: let this policy extend fewer"
    ]


def test_problems_of_every_file_are_told(problems):
    found = problems(f"{HEAD}extends: a.yaml\nmode: x\n", a=f"{HEAD}mod: x\n")
    assert found == [
        "a.yaml:3:1: P001: unknown key 'mod'. Did you mean mode?",
        "4:7: P002: expected enforce or monitor, got 'x'",
    ]


def test_names_are_not_reported_while_a_parent_is_missing(problems):
    """What it defines can't be known."""
    rule = "rules: [{id: r, when: {departments: [finance]}, effect: block}]\n"
    assert problems(f"{HEAD}extends: a.yaml\n{rule}") == ["3:10: P006: no such file: a.yaml"]
    [broken] = problems(f"{HEAD}extends: a.yaml\n{rule}", a="x: [")
    assert broken.startswith("a.yaml:")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no such file"),
        (b"\xff\xfe", "not UTF-8 text"),
        (b"&x {a: *x}\n", "nested too deeply"),
        (b"a: b: c\n", "mapping values are not allowed"),
        (b"a: 1\na: 2\n", "duplicate key"),
        (b"a: !!python/object:os.system x\n", "P0"),
    ],
)
def test_files_that_are_no_policy(tmp_path: Path, content, message):
    path = tmp_path / "p.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SourceError) as caught:
        load_policy(path)
    assert message in str(caught.value)
    assert all(problem.line >= 1 and problem.column >= 1 for problem in caught.value.problems)


def test_a_directory_is_no_policy(tmp_path: Path):
    with pytest.raises(SourceError, match="can't be read"):
        load_policy(tmp_path)


def test_a_parents_name_that_no_file_can_have(write):
    with pytest.raises(SourceError, match="P006: no such file"):
        load_policy(write(headed(f"extends: '{'é' * 150}'\n")))


def test_the_settings_hosts_have_providers_too(write):
    text = headed("rules: [{id: r, when: {providers: [acme-llm, openai]}, effect: block}]")
    own = HostEntry(provider="acme-llm", hosts=("llm.acme.example",))
    assert load_policy(write(text), [own]).rules[0].when.providers == ("acme-llm", "openai")
    child = headed("extends: base.yaml", "child")
    assert load_policy(write(child, base=text), [own]).rules[0].when.providers == ("acme-llm", "openai")
    with pytest.raises(SourceError, match="P005: no provider is called 'acme-llm'"):
        load_policy(write(text))


def test_the_revision_is_of_what_is_said_not_how(load):
    policy = load(RULES)
    assert re.fullmatch("[0-9a-f]{64}", policy.revision)
    spaced = "\n".join(f"{line}   # a comment" for line in textwrap.dedent(RULES).strip().splitlines())
    assert load(spaced).revision == policy.revision
    block = textwrap.dedent(RULES).replace(
        "departments: {finance: {}, support: {}, lab: {}}", "departments:\n  finance:\n  support:\n  lab:\n"
    )
    assert load(block).revision == policy.revision


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("{effect: allow, when", "{effect: block, when"),
        ("min_count: 3", "min_count: 4"),
        ("min_score: 0.6", "min_score: 0.61"),
        ("lab: {}}", "lab: {users: [eve]}}"),
        ("message: Take it out.", "message: Take it out!"),
        ("mode: monitor", "mode: enforce"),
        ("qwen3", "qwen4"),
        ("[US_SSN]}, effect: allow", "[US_SSN]}"),
        ("tokenize: [PERSON", "redact: [PERSON"),
    ],
)
def test_whatever_is_said_otherwise_has_another_revision(load, old, new):
    assert old in RULES
    assert load(RULES.replace(old, new)).revision != load(RULES).revision


def test_the_revision_holds_what_parents_say(load):
    parent = "rules: [{id: r, effect: block}]\n"
    revisions = {load("extends: a.yaml", a=text).revision for text in (parent, parent + "# no matter\n", "rules: []\n")}
    assert len(revisions) == 2


def test_canonical_bytes_are_plain(load):
    text = canonical(load(RULES)).decode()
    assert '"mode":"enforce"' in text
    assert ", " not in text.replace("Take it out.", "")


@given(st.text(alphabet="{}[]:,-#&*!|>'\"\n ab0", max_size=60))
def test_any_text_is_a_policy_or_a_source_error(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("fuzz") / "p.yaml"
    path.write_text(f"{HEAD}rules: {text}\n", encoding="utf-8")
    try:
        policy = load_policy(path)
    except SourceError as error:
        problems = error.problems
    else:
        problems = ()
        assert isinstance(policy, Policy)
    assert all(problem.file == str(path) and problem.line >= 1 for problem in problems)
