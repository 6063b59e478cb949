"""`privet report costs`: from the audit log to money."""

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
