"""What replies took: in metrics and budgets, told or estimated, and that a lost ledger breaks nothing."""

import asyncio
import time
from dataclasses import replace
from pathlib import Path

import pytest

from audit.event import UsageFacts
from audit.prices import Prices
from configs.settings import CostSettings, Settings
from policy.load import load_policy
from policy.model import ModelTarget
from proxy.identity import Principal
from proxy.ledger import TOKENS, USD, Charge, Ledger, LedgerError
from proxy.message import Request
from proxy.metrics import Metrics
from proxy.pipeline import Pipeline, Verdict
from proxy.record import Outcome, Record
from proxy.settle import estimate, settle
from proxy.tariff import Tariff
from proxy.usage import Usage
from tests.fakes.privet import POLICY, ListStore, TableInspector

BODY = b'{"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello"}]}'


@pytest.fixture
def ledger(tmp_path: Path):
    opened = Ledger(tmp_path / "ledger.db", b"k" * 32)
    yield opened
    opened.close()


@pytest.fixture
async def verdict(tmp_path: Path) -> Verdict:
    (tmp_path / "policy.yaml").write_text(POLICY)
    pipeline = Pipeline(
        Settings(),
        load_policy(tmp_path / "policy.yaml"),
        TableInspector(),
        Record(ListStore(), b"f" * 32, commit_timeout=1),
        b"t" * 32,
    )
    request = Request("POST", "api.openai.com", "/v1/chat/completions", {"content-type": "application/json"}, BODY)
    judged = await pipeline.judge(request, Principal(user="ana", department="support", address="10.1.2.3"))
    return replace(judged, due=(charge(1),))


def charge(amount: int) -> Charge:
    return Charge("volume", TOKENS, ("user:ana",), "day", amount, 100)


def ended(received: int = 5, *, status: int = 200, usage: Usage | None = None) -> Outcome:
    return Outcome(status=status, response_bytes=received, duration_ms=1, usage=usage)


async def settled() -> None:
    await asyncio.get_running_loop().shutdown_default_executor()


async def test_what_a_reply_told_is_charged(verdict: Verdict, ledger: Ledger) -> None:
    metrics = Metrics()
    settle(verdict, ended(usage=Usage(input=90, output=9)), metrics, ledger)
    await settled()
    assert ledger.spend([charge(2)], time.time()) == ()  # 98 of 100 were charged: one was taken before
    assert ledger.spend([charge(1)], time.time()) != ()
    assert b'privet_tokens_total{answered="vendor",kind="input",provider="openai"} 90.0' in metrics.render()


async def test_what_a_reply_did_not_tell_is_estimated(verdict: Verdict, ledger: Ledger) -> None:
    assert estimate(verdict, 400) == UsageFacts(len(BODY) // 4, 100)
    assert verdict.inquiry is not None
    streamed = replace(verdict, inquiry=replace(verdict.inquiry, streaming=True))
    assert estimate(streamed, 400) == UsageFacts(len(BODY) // 4, 4)
    settle(verdict, ended(400), Metrics(), ledger)
    await settled()
    assert ledger.spend([charge(1)], time.time()) != ()


async def test_a_lost_ledger_is_told_and_breaks_nothing(verdict: Verdict, ledger: Ledger, monkeypatch, caplog) -> None:
    def fails(*_: object) -> None:
        raise LedgerError("the ledger can't be used (OperationalError)")

    monkeypatch.setattr(Ledger, "add", fails)
    settle(verdict, ended(usage=Usage(1, 1)), Metrics(), ledger)
    await settled()
    assert "isn't counted" in caplog.text


async def test_without_a_budget_nothing_is_written(verdict: Verdict, ledger: Ledger) -> None:
    settle(replace(verdict, due=()), ended(usage=Usage(99, 99)), Metrics(), ledger)
    await settled()
    assert ledger.spend([charge(100)], time.time()) == ()


@pytest.mark.parametrize("status", [0, 101, 400, 429, 500])
async def test_what_the_vendor_did_not_answer_takes_nothing(verdict: Verdict, ledger: Ledger, status: int) -> None:
    settle(verdict, ended(4000, status=status), Metrics(), ledger)
    await settled()
    assert ledger.spend([charge(100)], time.time()) == ()


MONEY = Charge("month", USD, ("department:support",), "month", 1, 1_000_000, soft=500_000)
TARIFF = Tariff(
    CostSettings.model_validate({"metrics": True, "prices": [{"model": "gpt-4o", "input": 2, "output": 4}]})
)


async def test_money_is_charged_and_shown_and_a_soft_limit_is_told_once(
    verdict: Verdict, ledger: Ledger, caplog
) -> None:
    verdict, metrics = replace(verdict, due=(MONEY,)), Metrics()
    told: list[tuple[str, str]] = []

    def passed(decision_id: str, charge: Charge) -> None:
        told.append((decision_id, charge.budget))

    usage = Usage(input=100_000, output=50_000)  # 0.4 USD
    for _ in range(3):
        settle(verdict, ended(usage=usage), metrics, ledger, TARIFF, passed=passed)
    async with asyncio.timeout(10):
        while b'kind="spent"' not in metrics.render() or b" 1.2" not in metrics.render():
            await asyncio.sleep(0.01)
    assert told == [(verdict.decision.id, "month")]
    assert "budget month is past its soft limit" in caplog.text
    assert round(ledger.used([MONEY], time.time())["month"], 4) == 1.2
    assert b'privet_usd_total{department="support",kind="spent",provider="openai"} 1.2' in metrics.render()


async def test_what_answers_from_inside_avoid_is_shown_apart(verdict: Verdict, ledger: Ledger) -> None:
    inside, metrics = replace(verdict, due=(), target=ModelTarget("inside", "embedded", "m")), Metrics()
    settle(inside, ended(usage=Usage(500_000, 0)), metrics, ledger, TARIFF)
    await settled()
    await asyncio.sleep(0)
    assert b'privet_usd_total{department="support",kind="avoided",provider="openai"} 1.0' in metrics.render()
    assert b'kind="spent"' not in metrics.render()


async def test_nobody_asks_for_prices_who_does_not_count_money(verdict: Verdict, ledger: Ledger) -> None:
    class Never(Prices):
        def of(self, *_: object) -> None:
            raise AssertionError

    tariff = Tariff(CostSettings())
    tariff.prices = Never()
    settle(verdict, ended(usage=Usage(90, 9)), Metrics(), ledger, tariff)
    await settled()
    assert ledger.spend([charge(2)], time.time()) == ()


async def test_money_without_prices_is_an_error_that_is_told(verdict: Verdict, ledger: Ledger, caplog) -> None:
    settle(replace(verdict, due=(MONEY,)), ended(usage=Usage(1, 1)), Metrics(), ledger)
    await settled()
    await asyncio.sleep(0)
    assert "nobody states prices" in caplog.text
