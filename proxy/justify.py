"""Reasons that are given afterwards, by `privet justify`: kept in the ledger, and recorded before they count."""

import asyncio
from dataclasses import dataclass, field

from audit.event import JustificationFacts
from proxy.ledger import Ledger
from proxy.pipeline import Pipeline
from proxy.reasons import LONGEST
from proxy.record import Record


@dataclass(frozen=True, slots=True)
class Justify:
    """What the local API asks."""

    ledger: Ledger = field(repr=False)
    record: Record = field(repr=False)
    pipeline: Pipeline = field(repr=False)  # whose policy says whether the words are kept

    async def answer(self, decision_id: str, reason: str) -> tuple[str, ...] | None:
        """The rules that are answered; None if nobody was asked. Raises `LedgerError`, `RecordError`."""
        reason, now = reason.strip()[:LONGEST], self.pipeline.clock().timestamp()
        asked = await asyncio.to_thread(self.ledger.asked, decision_id, now)
        if asked is None:
            return None
        policy = self.pipeline.policy
        digest = self.ledger.hash("reason", reason).hex()
        facts = JustificationFacts("command", digest, len(reason), asked, reason if policy.record_reasons else "")
        await self.record.justified(decision_id, facts, policy)
        answer = await asyncio.to_thread(self.ledger.answer, decision_id, reason, now)
        return None if answer is None else answer.rules
