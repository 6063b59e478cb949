"""From an inquiry to a decision, with what the policy alone can't know: reasons that were given, and budgets.

The policy is asked first as if there were neither. If it asks why, a reason is looked for; if the request may leave,
its budgets are charged, and what is spent is put to the policy again. So only what leaves is counted.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from policy.decision import Decision, Effect, Inquiry, Mode
from policy.evaluate import evaluate
from policy.match import holds, provider_of
from policy.model import Budget, Policy
from policy.read_budget import MICRO
from policy.vocabulary import EVERYTHING
from proxy.errors import ProxyError
from proxy.ledger import TOKENS, USD, Charge, Ledger, LedgerError
from proxy.message import Request
from proxy.reasons import Reason


@dataclass(frozen=True, slots=True)
class Justification:
    """What is recorded of a reason. The text only if the policy keeps reasons, and it came with the request."""

    by: str
    reason: str  # its keyed hash
    length: int
    text: str = ""

    def __repr__(self) -> str:
        """Without the text."""
        return f"Justification(by={self.by!r}, length={self.length})"


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision, what was asked for it in the end, and what belongs to it."""

    decision: Decision
    inquiry: Inquiry
    justification: Justification | None = None
    answerable: bool = False  # a reason may still be given for this decision's id
    retry_after: int | None = None  # seconds until a budget has something again
    due: tuple[Charge, ...] = ()  # what the reply still takes: how many tokens, it tells
    unpriced: bool = False  # a budget of USD refuses what nobody knows the price of


@dataclass(frozen=True, slots=True)
class Asker:
    """Who sends what, and why."""

    person: str  # the verified user, else the address
    request: Request
    reason: Reason | None = None


async def decide(
    policy: Policy,
    inquiry: Inquiry,
    asker: Asker,
    ledger: Ledger | None,
    *,
    decision_id: str,
    known: Callable[[Inquiry], bool] | None = None,
) -> Decided:
    """The decision on a request. Raises `LedgerError` where a budget can't be charged, and the policy enforces.

    `known` says whether anybody states a price of what is asked for, and may take its time.
    """
    if policy.shares_used():
        inquiry = await _with_shares(policy, inquiry, asker, ledger)
    decided = Decided(evaluate(policy, inquiry, decision_id=decision_id), inquiry)
    if decided.decision.effect is Effect.JUSTIFY:
        decided = await _justify(policy, decided, asker, ledger)
    if decided.decision.effect is Effect.ALLOW and inquiry.error is None and policy.budgets:
        decided = await _charge(policy, decided, asker, ledger, known)
    return decided


async def _with_shares(policy: Policy, inquiry: Inquiry, asker: Asker, ledger: Ledger | None) -> Inquiry:
    """The inquiry with how much of the budgets is used up that rules ask about."""
    asked = {rule.when.budget.id for rule in policy.rules if rule.when.budget is not None}
    budgets = [budget for budget in policy.budgets if budget.id in asked and holds(budget.when, inquiry)]
    charges = [charge for budget in budgets for charge in _charges(budget, inquiry, asker, enforced=False)]
    if not charges:
        return inquiry
    try:
        used = await asyncio.to_thread(_opened(ledger).used, charges, _seconds(inquiry))
    except LedgerError:
        if policy.mode is Mode.ENFORCE:
            raise
        return inquiry
    return replace(inquiry, used=used)


async def _justify(policy: Policy, decided: Decided, asker: Asker, ledger: Ledger | None) -> Decided:
    inquiry, decision, reason = decided.inquiry, decided.decision, asker.reason
    if reason is not None:
        digest = ledger.hash("reason", reason.text).hex() if ledger is not None else ""
        text = reason.text if policy.record_reasons else ""
        given = Justification(reason.by, digest, len(reason.text), text)
        return _again(policy, decided, replace(inquiry, justified=(EVERYTHING,)), given)
    if ledger is None:
        return decided
    now, who, what = _seconds(inquiry), ledger.hash("who", asker.person), _fingerprint(ledger, asker.request)
    try:
        answer = await asyncio.to_thread(ledger.answered, who, what, now)
        if answer is not None:
            given = Justification("command", answer.reason, answer.length)
            decided = _again(policy, decided, replace(inquiry, justified=answer.rules), given)
        if decided.decision.effect is Effect.JUSTIFY and decision.enforced:
            await asyncio.to_thread(ledger.ask, decision.id, who, what, decided.decision.determining_rules, now)
            decided = replace(decided, answerable=True, justification=None)
    except LedgerError:
        return decided  # the header and the prompt's line still serve
    return decided


async def _charge(
    policy: Policy,
    decided: Decided,
    asker: Asker,
    ledger: Ledger | None,
    known: Callable[[Inquiry], bool] | None,
) -> Decided:
    inquiry = decided.inquiry
    strict = [one.id for one in policy.budgets if one.unpriced == "refuse" and holds(one.when, inquiry)]
    if strict and (known is None or not await asyncio.to_thread(known, inquiry)):
        decided = _again(policy, decided, replace(inquiry, spent=tuple(sorted(strict))), decided.justification)
        if decided.decision.effect is not Effect.ALLOW:
            return replace(decided, unpriced=True)
        inquiry = decided.inquiry
    charges = [
        charge
        for budget in policy.budgets
        if holds(budget.when, inquiry)
        for charge in _charges(budget, inquiry, asker, enforced=decided.decision.enforced)
    ]
    if not charges:
        return decided
    try:
        spent = await asyncio.to_thread(_opened(ledger).spend, charges, _seconds(inquiry))
    except LedgerError:
        if any(charge.binding for charge in charges):
            raise
        return decided
    if not spent:
        return replace(decided, due=tuple(charge for charge in charges if charge.unit in {TOKENS, USD}))
    binding = {charge.budget for charge in charges if charge.binding}
    waits = [one.seconds for one in spent if one.budget in binding]
    asked = replace(inquiry, spent=tuple(sorted({one.budget for one in spent})))
    decided = _again(policy, decided, asked, decided.justification)
    return replace(decided, retry_after=max(waits, default=None))


def _opened(ledger: Ledger | None) -> Ledger:
    if ledger is None:
        raise LedgerError("the policy has budgets, and there is no ledger to count them in")
    return ledger


def _again(policy: Policy, decided: Decided, inquiry: Inquiry, given: Justification | None) -> Decided:
    decision = evaluate(policy, inquiry, decision_id=decided.decision.id)
    return replace(decided, decision=decision, inquiry=inquiry, justification=given)


def _charges(budget: Budget, inquiry: Inquiry, asker: Asker, *, enforced: bool) -> list[Charge]:
    named = {
        "department": inquiry.department,
        "user": asker.person.casefold(),
        "provider": provider_of(inquiry),
        "model": inquiry.model.casefold(),
    }
    subject = tuple(f"{name}:{named[name]}" for name in budget.per)
    binding = enforced and budget.mode is Mode.ENFORCE
    # How many tokens it takes, the reply tells: one is taken now, so that who has none left is refused.
    limits = (
        ("requests", 1, budget.requests),
        ("bytes", len(asker.request.body), budget.bytes),
        (TOKENS, 1, budget.tokens),
        (USD, 1, None if budget.usd is None else round(budget.usd * MICRO)),
    )
    return [
        Charge(budget.id, unit, subject, budget.every, amount, limit, binding, _soft(budget, limit))
        for unit, amount, limit in limits
        if limit is not None
    ]


def _soft(budget: Budget, limit: int) -> int | None:
    return None if budget.soft is None else max(1, round(budget.soft * limit))


def _fingerprint(ledger: Ledger, request: Request) -> bytes:
    """What makes a request the same one: everything that the vendor would act on."""
    return ledger.hash("what", request.method, request.host, request.path, request.body)


def _seconds(inquiry: Inquiry) -> float:
    if inquiry.at is None:
        raise ProxyError("an inquiry without a moment can't be counted")
    return inquiry.at.timestamp()
