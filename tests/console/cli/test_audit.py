"""`privet audit`: what it prints, its exit codes, and that it never makes anything."""

import csv
import io
import json
import sqlite3
from contextlib import closing

import pytest
from click.testing import CliRunner

from audit.event import Actor, AuditEvent, DecisionFacts, EntityCount, OutcomeFacts, PointerFact, RequestFacts
from audit.store import AuditStore
from configs.state import StatePaths
from console.cli.main import main


@pytest.fixture
def config(tmp_path):
    (tmp_path / "privet.yaml").write_text("audit: {database: 'sqlite:///audit.db'}\n")
    return tmp_path


def run(config, *arguments):
    return CliRunner().invoke(main, ["--config", str(config / "privet.yaml"), "audit", *arguments])


def sql(config, statement, *values):
    with closing(sqlite3.connect(config / "audit.db")) as connection, connection:
        connection.execute(statement, values)


@pytest.fixture
def filled(config):
    """Three requests (records 2 to 7): allowed, blocked, and one whose person's name looks like markup."""
    store = AuditStore.open(f"sqlite:///{config}/audit.db", state=StatePaths(config / "state"), origin="privet/test")
    people = [Actor("ana", "finance", "10.1.2.3"), Actor("bob", "support"), Actor("[red]eve[/red]", "hr")]
    for number, (actor, effect) in enumerate(zip(people, ["allow", "block", "allow"], strict=True)):
        intent = AuditEvent.intent(
            decision_id=f"D{number}", actor=actor,
            request=RequestFacts("openai", "openai.chat", "api.openai.com", "/v1/chat/completions", "POST", "gpt-4o", 99),
            decision=DecisionFacts(effect, "enforce", ("customers",), ("customers",), "acme", "ab12"),
            entities=[EntityCount("PERSON", 2, 870)],
            pointers=[PointerFact("/messages/0/content", "PERSON", "tokenize", 2)],
            obligations={"tokenize": 2} if effect == "allow" else {},
        )  # fmt: skip
        store.append(intent).result(5)
        ended = AuditEvent.ended(decision_id=f"D{number}", outcome=OutcomeFacts(200 if effect == "allow" else 403))
        store.append(ended).result(5)
    store.close()
    return config


def test_search(filled):
    result = run(filled, "search")
    assert result.exit_code == 0
    lines = [line for line in result.output.splitlines() if "customers" in line]
    assert [line.split()[2] for line in lines] == ["D2", "D1", "D0"]
    assert "[red]eve[/red]" in result.output
    assert "ana (finance)" in lines[2]
    assert "403" in lines[1]


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["--user", "ana"], ["D0"]),
        (["--department", "support", "--effect", "block"], ["D1"]),
        (["--type", "PERSON", "--since", "1h", "--limit", "2"], ["D2", "D1"]),
        (["--decision", "D1"], ["D1"]),
        (["--rule", "customers", "--provider", "openai", "--model", "gpt-4o", "--until", "2020-01-01"], []),
    ],
)
def test_search_json(filled, arguments, found):
    result = run(filled, "search", "--json", *arguments)
    assert [item["decision_id"] for item in json.loads(result.output)] == found


def test_search_pages(filled):
    first = run(filled, "search", "--limit", "2")
    after = first.output.split("--after ")[1].strip()
    assert [item["decision_id"] for item in json.loads(run(filled, "search", "--after", after, "--json").output)] == [
        "D0"
    ]


def test_search_notices_and_nothing(filled):
    notices = json.loads(run(filled, "search", "--kind", "notice", "--json").output)
    assert [notice["code"] for notice in notices] == ["stream_closed", "stream_opened"]
    assert "stream_closed" in run(filled, "search", "--kind", "notice").output
    assert run(filled, "search", "--user", "nobody").output == "nothing found\n"


def test_wrong_time(filled):
    result = run(filled, "search", "--since", "soon")
    assert result.exit_code == 2
    assert "last 7 days" in result.output


def test_show(filled):
    result = run(filled, "show", "D0")
    assert result.exit_code == 0
    for expected in (
        "intent", "outcome", "customers", "PERSON: 2 (best score 0.87)", "/messages/0/content: 2 PERSON tokenize",
        "record 2", "record 3", "leaf hash", "10.1.2.3",
    ):  # fmt: skip
        assert expected in result.output


def test_show_json_and_by_event(filled):
    shown = json.loads(run(filled, "show", "D1", "--json").output)
    assert [item["event"]["kind"] for item in shown] == ["intent", "outcome"]
    assert [item["chain"]["seq"] for item in shown] == [4, 5]
    assert json.loads(run(filled, "show", shown[1]["event"]["id"], "--json").output) == shown


def test_show_unknown(filled):
    result = run(filled, "show", "D9")
    assert result.exit_code == 1
    assert "no record has the id D9" in result.output


def test_verify(filled):
    result = run(filled, "verify")
    assert (result.exit_code, "whole: 8 records" in result.output) == (0, True)
    assert json.loads(run(filled, "verify", "--json").output)["ok"] is True


@pytest.mark.parametrize(
    ("statement", "where"),
    [
        ("DELETE FROM audit_record WHERE seq = 8", "record 8"),
        ("DELETE FROM audit_record WHERE seq >= 6", "records 6 to 8"),
        ("DELETE FROM audit_record WHERE seq = 4", "record 4"),
        ("UPDATE audit_record SET body = replace(body, 'bob', 'ana') WHERE seq = 4", "record 4"),
        ("UPDATE audit_record SET effect = 'allow' WHERE seq = 4", "record 4"),
        ("DELETE FROM audit_record", "records 1 to 8"),
    ],
)
def test_verify_names_what_is_wrong(filled, statement, where):
    sql(filled, statement)
    result = run(filled, "verify")
    assert result.exit_code == 3
    assert where in result.output
    found = json.loads(run(filled, "verify", "--json").output)
    assert (found["ok"], found["problem_count"]) == (False, len(found["problems"]))


def test_verify_with_a_key_and_checkpoints_from_elsewhere(filled, tmp_path):
    state = filled / "state"
    safe = tmp_path / "safe"
    safe.mkdir()
    for name in ("audit-signing.pub.pem", "checkpoints.log"):
        (safe / name).write_bytes((state / name).read_bytes())
        (state / name).unlink()
    assert run(filled, "verify").exit_code == 2
    arguments = ["--public-key", str(safe / "audit-signing.pub.pem"), "--checkpoints", str(safe / "checkpoints.log")]
    assert run(filled, "verify", *arguments).exit_code == 0
    sql(filled, "DELETE FROM audit_record WHERE seq = 8")
    assert run(filled, "verify", *arguments).exit_code == 3


def test_database_missing(filled):
    (filled / "audit.db").unlink()
    result = run(filled, "verify")
    assert (result.exit_code, "is missing" in result.output) == (3, True)


def test_report(filled):
    result = run(filled, "report", "--since", "last 7 days", "--by", "effect")
    assert result.exit_code == 0
    rows = {line.split()[0]: line.split()[1:] for line in result.output.splitlines() if line.strip()}
    assert rows["allow"] == ["2", "2", "2", "0", "0", "0", "4"]
    assert rows["total"] == ["3", "2", "2", "0", "1", "0", "6"]


@pytest.mark.parametrize("by", ["department", "user", "rule", "type", "effect", "provider"])
def test_report_json(filled, by):
    report = json.loads(run(filled, "report", "--since", "2026-01-01", "--by", by, "--json").output)
    assert report["total"]["requests"] == 3
    assert sum(row["requests"] for row in report["rows"]) == 3


def test_export(filled, tmp_path):
    lines = run(filled, "export", "--format", "jsonl").output.splitlines()
    assert [json.loads(line)["seq"] for line in lines] == list(range(1, 9))
    path = tmp_path / "out.jsonl"
    assert "8 records" in run(filled, "export", "--output", str(path)).output
    assert path.read_text().splitlines() == lines
    assert run(filled, "export", "--output", str(path)).exit_code == 2


@pytest.mark.parametrize(
    "arguments",
    [["search"], ["show", "D0"], ["verify"], ["report", "--since", "7d"], ["export"], ["export", "--output", "x"]],
)
def test_nothing_is_made(config, arguments):
    before = sorted(config.rglob("*"))
    result = run(
        config, *[argument.replace("x", str(config / "x")) if argument == "x" else argument for argument in arguments]
    )
    assert result.exit_code == 2
    assert "privet: " in result.output
    assert "Traceback" not in result.output
    assert isinstance(result.exception, SystemExit)
    assert sorted(path for path in config.rglob("*") if path.name != "x") == before


@pytest.mark.parametrize("command", [[], ["search"], ["show"], ["verify"], ["report"], ["export"]])
def test_help_has_an_example(command):
    result = CliRunner().invoke(main, ["audit", *command, "--help"])
    assert result.exit_code == 0
    assert "privet audit " in result.output
    assert "Example" in result.output


def test_show_as_people_type_it(filled):
    assert run(filled, "show", " d0 ").output == run(filled, "show", "D0").output


def test_export_for_a_spreadsheet(filled, tmp_path):
    rows = list(csv.DictReader(io.StringIO(run(filled, "export", "--format", "csv").output)))
    assert [(row["decision"], row["user"], row["left"]) for row in rows] == [
        ("D0", "ana", "changed"),
        ("D1", "bob", "no"),
        ("D2", "[red]eve[/red]", "changed"),
    ]
    path = tmp_path / "ana.csv"
    told = run(filled, "export", "--format", "csv", "--user", "ana", "--output", str(path)).output
    assert told == f"1 decisions written to {path}\n"
    assert path.read_bytes().startswith(b"\xef\xbb\xbftime_utc,")
    assert len(path.read_text("utf-8-sig").splitlines()) == 2


def test_export_of_one_person_and_day(filled):
    lines = run(filled, "export", "--user", "ana", "--since", "today").output.splitlines()
    assert [json.loads(line)["event"]["decision_id"] for line in lines] == ["D0", "D0"]
    assert run(filled, "export", "--user", "ana", "--until", "2020-01-01").output == ""


def test_export_of_a_record_that_is_none(filled):
    sql(filled, "UPDATE audit_record SET body = X'00' WHERE seq = 2")
    result = run(filled, "export", "--format", "csv")
    assert result.exit_code == 3
    assert "privet audit verify" in result.output


def test_report_of_one_person(filled):
    rows = json.loads(run(filled, "report", "--since", "today", "--user", "ana", "--by", "effect", "--json").output)[
        "rows"
    ]
    assert [(row["key"], row["requests"]) for row in rows] == [("allow", 1)]
