"""`privet data`: what it registers, what it says, and that a failure changes nothing."""

import json
import stat

import openpyxl
import pytest
from click.testing import CliRunner

from configs.settings import load_settings
from console.cli.main import main
from detectors.own.library import open_library
from detectors.recognizers.source import Source
from proxy.own_data import place_of
from tests.fakes import files

POLICY = """
schema: privet.policy/1
id: p
defaults: {effect: allow}
rules:
  - {id: own, when: {entities: [{group: COMPANY}]}, effect: block}
"""
PASSAGE = "The parties agree that heavy water will be delivered to the site by barge every second Tuesday of the month."


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "privet.yaml").write_text("{}\n")
    (tmp_path / "policy.yaml").write_text(POLICY)
    (tmp_path / "customers.csv").write_text("name,email,account\nAnna Schmidt,a@kunde.example,K-48214\n")
    return lambda *arguments: CliRunner().invoke(main, [*arguments])


def finds(text, path="privet.yaml"):
    from pathlib import Path

    detector = open_library(place_of(load_settings(Path(path)))).detector()
    return [text[one.start : one.end] for one in detector.find_many([Source(text)])[0]] if detector else []


def test_a_table(run, tmp_path):
    result = run("data", "add", "customers.csv", "--columns", "name, email,account")
    assert result.exit_code == 0, result.output
    assert "registered customers as COMPANY_DATA: 1 rows, 4 values of which 4 count alone, 5 pairs" in result.stdout
    assert "data: {required: [customers]}" in result.stderr
    assert "no rule of" not in result.stderr
    assert finds("from Anna Schmidt") == ["Anna Schmidt"]
    assert stat.S_IMODE((tmp_path / "state/data.key").stat().st_mode) == 0o600
    assert "replaced customers" in run("data", "add", "customers.csv", "--columns", "name").stdout
    assert finds("K-48214") == []


def test_a_workbook(run, tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["Name", "Account"])
    book.active.append(["Anna Schmidt", "K-48214"])
    book.create_sheet("Old").append(["Name"])
    book.save(tmp_path / "customers.xlsx")
    assert "--sheet" in run("data", "add", "customers.xlsx", "--columns", "Name").stderr
    result = run("data", "add", "customers.xlsx", "--columns", "Name,Account", "--sheet", "Sheet")
    assert result.exit_code == 0, result.output
    assert "registered customers as COMPANY_DATA: 1 rows" in result.stdout
    assert finds("from Anna Schmidt, k48214") == ["Anna Schmidt", "k48214"]
    assert run("data", "add", "customers.csv", "--columns", "name", "--sheet", "x").exit_code == 2
    assert run("data", "add", "customers.xlsx", "--sheet", "Sheet").exit_code == 2


def test_documents(run, tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/contract.docx").write_bytes(files.word(PASSAGE))
    (tmp_path / "docs/note.txt").write_text("buy milk")
    result = run("data", "add", "docs", "--name", "legal", "--type", "CONTRACT")
    assert result.exit_code == 0, result.output
    assert "registered legal as CONTRACT: 1 documents" in result.stdout
    assert "1 documents left out: they have no passage of ten words" in result.stderr
    assert finds(PASSAGE.upper()) == [PASSAGE.upper()[:-1]]


def test_it_says_if_no_rule_speaks_of_it(run, tmp_path):
    (tmp_path / "policy.yaml").write_text(POLICY.replace("{group: COMPANY}", "PERSON"))
    assert "speaks of COMPANY_DATA yet" in run("data", "add", "customers.csv", "--columns", "name").stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["customers.csv"], "say which columns, such as --columns name. There are: name, email, account"),
        (["customers.csv", "--columns", "nme"], "Did you mean name?"),
        (["customers.csv", "--columns", "name,name"], "different names"),
        (["customers.csv", "--columns", "name", "--alone", "city"], "city is not among --columns"),
        (["customers.csv", "--columns", "name", "--alone", "name", "--pairs-only", "name"], "both name name"),
        (["customers.csv", "--columns", "name", "--pairs-only", "name"], "a single column has no pairs"),
        (["customers.csv", "--columns", "name", "--name", "A B"], "small letters"),
        (["customers.csv", "--columns", "name", "--type", "customer"], "expected 2 to 40 capitals"),
        (["customers.csv", "--columns", "name", "--type", "PII"], "is a group of types"),
        (["customers.csv", "--columns", "name", "--delimiter", "ab"], "expected one character"),
        (["broken.csv", "--columns", "name"], "line 2: expected 2 fields"),
        (["empty.csv", "--columns", "name"], "hold no value"),
        (["a.bin"], "can't be read in full"),
        (["a.txt"], "no document has a passage"),
        (["a.txt", "a.bin"], "say what it is called, with --name"),
    ],
)
def test_what_cannot_be_registered(run, tmp_path, arguments, message):
    (tmp_path / "broken.csv").write_text("name,x\nAnna Schmidt\n")
    (tmp_path / "empty.csv").write_text("name,x\n,1\n")
    (tmp_path / "a.bin").write_bytes(bytes(range(256)) * 4)
    (tmp_path / "a.txt").write_text("short")
    result = run("data", "add", *arguments)
    assert result.exit_code == 2
    assert message in result.output
    assert "Anna" not in result.output
    assert not list((tmp_path / "state").rglob("*.set"))


def test_a_failure_leaves_what_was_there(run, tmp_path):
    run("data", "add", "customers.csv", "--columns", "name")
    with (tmp_path / "customers.csv").open("a") as file:
        file.write("broken\n")
    result = run("data", "add", "customers.csv", "--columns", "name")
    assert result.exit_code == 2
    assert "line 3" in result.output
    assert finds("Anna Schmidt") == ["Anna Schmidt"]
    assert run("data", "add", "customers.csv", "--columns", "name", "--skip-broken").exit_code == 0


def test_no_new_key_beside_old_sets(run, tmp_path):
    run("data", "add", "customers.csv", "--columns", "name")
    (tmp_path / "state/data.key").unlink()
    result = run("data", "add", "customers.csv", "--columns", "name", "--name", "second")
    assert result.exit_code == 2
    assert "without its key" in result.output
    assert not (tmp_path / "state/data.key").exists()


def test_list_and_verify(run, tmp_path):
    assert "nothing is registered" in run("data", "list").stderr
    run("data", "add", "customers.csv", "--columns", "name,account")
    assert run("data", "verify").exit_code == 0
    assert "customers" in run("data", "list").stdout
    told = json.loads(run("data", "list", "--json").stdout)
    assert told["sets"][0]["columns"] == [["name", None], ["account", None]]
    path = tmp_path / "state/data/customers.set"
    path.write_bytes(path.read_bytes()[:-1])
    result = run("data", "verify", "customers", "staff")
    assert result.exit_code == 1
    assert "damaged" in result.stderr
    assert "staff.set: no such file" in result.stderr


def test_remove(run, tmp_path):
    run("data", "add", "customers.csv", "--columns", "name")
    result = run("data", "remove", "staff")
    assert result.exit_code == 2
    assert "Registered are: customers" in result.stderr
    (tmp_path / "privet.yaml").write_text("data: {required: [customers]}\n")
    assert "take it out of" in run("data", "remove", "customers").stderr
    (tmp_path / "privet.yaml").write_text("{}\n")
    assert run("data", "remove", "customers").exit_code == 0
    assert finds("Anna Schmidt") == []


def test_policies_may_name_its_types(run, tmp_path):
    (tmp_path / "policy.yaml").write_text(POLICY.replace("{group: COMPANY}", "CUSTOMER"))
    result = run("policy", "check")
    assert result.exit_code == 2
    assert "CUSTOMER" in result.output
    run("data", "add", "customers.csv", "--columns", "name", "--type", "CUSTOMER")
    assert run("policy", "check").exit_code == 0
    (tmp_path / "policy.test.yaml").write_text(
        "schema: privet.policy-test/1\ncases:\n- {name: c, entities: [CUSTOMER], expect: {effect: block}}\n"
    )
    assert run("policy", "test").exit_code == 0
    explained = run("policy", "explain", "--entity", "CUSTOMER", "--json")
    assert json.loads(explained.stdout)["decision"]["effect"] in {"BLOCK", "block"}
