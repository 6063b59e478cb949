"""`privet report costs`: from the audit log to money."""

import csv
import io
import json
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from audit.event import Actor, AuditEvent, DecisionFacts, OutcomeFacts, RequestFacts, UsageFacts
from audit.store import AuditStore
from configs.state import StatePaths
from console.cli.main import main

DAY = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)
SETTINGS = """
audit: {database: 'sqlite:///audit.db'}
costs:
  inside_hour: 3.6
  prices: [{model: house-*, input: 1, output: 2}]
"""


@pytest.fixture
def config(tmp_path):
    (tmp_path / "privet.yaml").write_text(SETTINGS)
    return tmp_path


@pytest.fixture
def filled(config):
    store = AuditStore.open(f"sqlite:///{config}/audit.db", state=StatePaths(config / "state"), origin="privet/test")
    requests = [
        ("ana", "gpt-4o", "allow", UsageFacts(1_000_000, 100_000)),
        ("bob", "house-large", "allow", UsageFacts(2_000_000, 500_000)),
        ("bob", "gpt-4o", "reroute", UsageFacts(1_000_000, 0)),
        ("bob", "unheard-of", "allow", UsageFacts(5, 5)),
        ("ana", "gpt-4o", "allow", None),
        ("ana", "gpt-4o", "block", None),
    ]
    for number, (user, model, effect, usage) in enumerate(requests):
        intent = AuditEvent.intent(
            decision_id=f"D{number}",
            actor=Actor(user, "support"),
            request=RequestFacts("openai", "openai.chat", "api.openai.com", "/v1", "POST", model, 9),
            decision=DecisionFacts(effect),
            time=DAY,
        )
        store.append(intent).result(5)
        ended = AuditEvent.ended(decision_id=f"D{number}", outcome=OutcomeFacts(200, 1, 1_000_000), usage=usage)
        store.append(ended).result(5)
    store.close()
    return config


def run(config, *arguments):
    return CliRunner().invoke(main, ["--config", str(config / "privet.yaml"), "report", "costs", *arguments])


def test_json(filled):
    result = run(filled, "--since", "2026-11-24", "--by", "user", "--json")
    assert result.exit_code == 0
    report = json.loads(result.output)
    rows = {row["key"]: row for row in report["rows"]}
    assert rows["ana"]["spent"] == "3.500000"  # 2.5 for the input, 1 for the output
    assert rows["bob"]["spent"] == "3.000000"  # the house's own price
    assert rows["bob"]["inside_cost"] == "1.000000"
    assert rows["bob"]["avoided"] == "2.500000"
    total = report["total"]
    assert (total["requests"], total["uncounted"], total["unpriced"], total["inside"]) == (5, 1, 1, 1)
    assert (report["currency"], report["by"]) == ("USD", "user")


def test_table(filled):
    result = run(filled, "--since", "2026-11-24")
    assert result.exit_code == 0
    assert "support" in result.output
    assert "6.50" in result.output
    assert "1 of 5 requests told no tokens" in result.output
    assert "Avoided is an estimate" in result.output
    assert "costs.prices" in result.output


def test_csv(filled):
    rows = list(csv.DictReader(io.StringIO(run(filled, "--since", "2026-11-24", "--by", "model", "--csv").output)))
    assert [row["model"] for row in rows] == ["house-large", "gpt-4o", "unheard-of"] or len(rows) == 3
    assert {row["model"]: row["spent_usd"] for row in rows}["house-large"] == "3.000000"
    assert sum(int(row["requests"]) for row in rows) == 5
    assert run(filled, "--since", "2026-11-24", "--csv", "--json").exit_code == 2


def test_by_task(filled):
    report = json.loads(run(filled, "--since", "2026-11-24", "--by", "task", "--json").output)
    assert [row["key"] for row in report["rows"]] == ["(none)"]


@pytest.mark.parametrize(
    ("decision", "lines"),
    [
        ("D0", {"usage.input": "1000000", "cost.spent_usd": "3.500000"}),
        ("D2", {"cost.inside_usd": "1.000000", "cost.avoided_usd_estimated": "2.500000"}),
        ("D3", {"cost.unknown": "nobody states this model's price"}),
        ("D4", {"outcome.status": "200"}),
    ],
)
def test_a_decision_is_shown_with_what_it_cost(filled, decision, lines):
    shown = CliRunner().invoke(main, ["--config", str(filled / "privet.yaml"), "audit", "show", decision])
    told = dict(line.split(maxsplit=1) for line in shown.output.splitlines() if line.startswith("  "))
    assert {name: told[name] for name in lines} == lines
    assert any(name.startswith("cost.") for name in told) is (decision != "D4")


def test_filters_and_periods(filled):
    assert json.loads(run(filled, "--since", "2026-11-25", "--json").output)["rows"] == []
    only = json.loads(run(filled, "--since", "2026-11-24", "--user", "ana", "--json").output)
    assert only["total"]["spent"] == "3.500000"


def test_no_log_is_told(config):
    result = run(config, "--since", "7d")
    assert result.exit_code == 2
    assert "there is no audit database" in result.output


@pytest.mark.parametrize("price", ["{input: 1}", "{model: x}", "{model: x, input: -1}", "{model: x, input: 1, per: 3}"])
def test_a_wrong_price_is_told_with_its_line(tmp_path, price):
    (tmp_path / "privet.yaml").write_text(f"costs:\n  prices: [{price}]\n")
    result = run(tmp_path, "--since", "7d")
    assert result.exit_code == 2
    assert "privet.yaml:2" in result.output
