"""What a reply took, put where it is counted: the metrics, and the budgets that count tokens or USD.

A budget is charged when the reply has ended, so requests that run at the same time can take it past its limit, once.
Where a reply doesn't tell its tokens, they are estimated from bytes: else whoever leaves the count out has no budget.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from audit.event import UsageFacts
from proxy.ledger import TOKENS, Charge, Ledger, LedgerError
from proxy.metrics import Metrics
from proxy.pipeline import Verdict
from proxy.record import Outcome, usage_facts
from proxy.tariff import Tariff

log = logging.getLogger("privet.settle")

# Bytes of a text for one token; of a stream, whose events wrap each token.
_TEXT, _STREAM = 4, 100

type Passed = Callable[[str, Charge], None]  # a decision's id and the charge that passed a budget's soft limit
type Reckoned = tuple[tuple[Charge, ...], Decimal | None]


def settle(
    verdict: Verdict,
    outcome: Outcome,
    metrics: Metrics,
    ledger: Ledger | None,
    tariff: Tariff | None = None,
    *,
    passed: Passed | None = None,
) -> None:
    """Count what a request took that ended so. Needs a running loop if budgets are to be charged.

    One that the vendor refused, or that never came there, took nothing more.
    """
    told = usage_facts(outcome.usage)
    metrics.count_tokens(verdict, outcome.usage)
    if not (200 <= outcome.status < 300 or told is not None):
        return
    due = verdict.due if verdict.goes and ledger is not None else ()
    shown = tariff is not None and tariff.settings.metrics and told is not None
    if not due and not shown:
        return

    def work() -> Reckoned:
        usage, moment = told or estimate(verdict, outcome.response_bytes), datetime.now(UTC)
        usd = tariff.usd(verdict.provider, verdict.model, usage, moment) if tariff is not None and shown else None
        return _add(ledger, [_charged(charge, verdict, usage, tariff, moment) for charge in due]), usd

    def done(future: asyncio.Future[Reckoned]) -> None:
        if future.cancelled() or (error := future.exception()) is not None:
            why = "" if future.cancelled() else error if isinstance(error, LedgerError) else type(error).__name__
            log.error("what a reply took isn't counted: %s", why)
            return
        over, usd = future.result()
        metrics.count_money(verdict, usd)
        for charge in over:
            log.warning("budget %s is past its soft limit", charge.budget)
            if passed is not None:
                passed(verdict.decision.id, charge)

    asyncio.get_running_loop().run_in_executor(None, work).add_done_callback(done)


def estimate(verdict: Verdict, received: int) -> UsageFacts:
    """How many tokens it may have been, by the bytes of the request and of the reply."""
    streams = verdict.inquiry is not None and verdict.inquiry.streaming
    return UsageFacts(len(verdict.request.body) // _TEXT, received // (_STREAM if streams else _TEXT))


def _charged(charge: Charge, verdict: Verdict, usage: UsageFacts, tariff: Tariff | None, moment: datetime) -> Charge:
    if charge.unit == TOKENS:
        amount = usage.input + usage.output
    elif tariff is not None:
        amount = tariff.at_most(verdict.provider, verdict.model, usage, moment)
    else:
        raise LedgerError("a budget counts USD, and nobody states prices")
    # One was taken when the request was let go.
    return replace(charge, amount=max(0, amount - 1))


def _add(ledger: Ledger | None, charges: Sequence[Charge]) -> tuple[Charge, ...]:
    return ledger.add(charges, time.time()) if ledger is not None and charges else ()
