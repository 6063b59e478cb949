"""What a reply took, put where it is counted: the metrics, and the budgets that count tokens.

A budget is charged when the reply has ended, so requests that run at the same time can take it past its limit, once.
Where a reply doesn't tell its tokens, they are estimated from bytes: else whoever leaves the count out has no budget.
"""

import asyncio
import logging
import time
from dataclasses import replace

from proxy.ledger import Charge, Ledger, LedgerError
from proxy.metrics import Metrics
from proxy.pipeline import Verdict
from proxy.record import Outcome

log = logging.getLogger("privet.settle")

# Bytes of a text for one token; of a stream, whose events wrap each token.
_TEXT, _STREAM = 4, 100


def settle(verdict: Verdict, outcome: Outcome, metrics: Metrics, ledger: Ledger | None) -> None:
    """Count what a request took that ended so. Needs a running loop if budgets are to be charged.

    One that the vendor refused, or that never came there, took nothing more.
    """
    usage = outcome.usage
    metrics.count_tokens(verdict, usage)
    answered = 200 <= outcome.status < 300 or usage is not None
    if answered and verdict.due and verdict.goes and ledger is not None:
        tokens = usage.input + usage.output if usage is not None else estimate(verdict, outcome.response_bytes)
        # One was taken when the request was let go.
        charges = [replace(charge, amount=max(0, tokens - 1)) for charge in verdict.due]
        asyncio.get_running_loop().run_in_executor(None, _add, ledger, charges, time.time())


def estimate(verdict: Verdict, received: int) -> int:
    """How many tokens it may have been, by the bytes of the request and of the reply."""
    streams = verdict.inquiry is not None and verdict.inquiry.streaming
    return len(verdict.request.body) // _TEXT + received // (_STREAM if streams else _TEXT)


def _add(ledger: Ledger, charges: list[Charge], now: float) -> None:
    try:
        ledger.add(charges, now)
    except LedgerError as error:
        log.error("what a reply took isn't counted: %s", error)  # noqa: TRY400 - a traceback may quote what it handles
