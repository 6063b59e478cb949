"""What replies took: in metrics and budgets, told or estimated, and that a lost ledger breaks nothing."""

import asyncio
import time
from dataclasses import replace
from pathlib import Path

import pytest

from configs.settings import Settings
from policy.load import load_policy
from proxy.identity import Principal
from proxy.ledger import TOKENS, Charge, Ledger, LedgerError
from proxy.message import Request
from proxy.metrics import Metrics
from proxy.pipeline import Pipeline, Verdict
from proxy.record import Outcome, Record
from proxy.settle import estimate, settle
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
    return Charge("volume", TOKENS, ("user:ana",), 86_400, amount, 100)


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
    assert estimate(verdict, 400) == len(BODY) // 4 + 100
    assert verdict.inquiry is not None
    streamed = replace(verdict, inquiry=replace(verdict.inquiry, streaming=True))
    assert estimate(streamed, 400) == len(BODY) // 4 + 4
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
