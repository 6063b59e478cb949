"""Verdicts and outcomes become audit events. An intent is awaited until it is durable; an outcome follows on its own.

What goes in: names, counts, pointers, scores, keyed fingerprints. What a person wrote stays here.
"""

import logging
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Protocol

from audit.errors import AuditError
from audit.event import (
    Actor,
    AuditEvent,
    DecisionFacts,
    EntityCount,
    Fingerprint,
    JustificationFacts,
    LabelFact,
    LanguageFact,
    OutcomeFacts,
    PointerFact,
    RequestFacts,
    SkippedPart,
    StepFact,
    TaskFact,
    UsageFacts,
    permille,
)
from audit.fingerprint import fingerprint
from detectors.finding import OWN
from detectors.languages import reading
from policy.decision import sameness
from policy.model import Policy
from proxy.arrivals import Arrivals
from proxy.inquiry import wants_stream
from proxy.ledger import Charge
from proxy.pipeline import Verdict
from proxy.reply_judge import ReplyJudge, outcome_facts
from proxy.usage import Usage

log = logging.getLogger("privet.record")


class Store(Protocol):
    """The part of `audit.store.AuditStore` that is used here."""

    def append(self, event: AuditEvent) -> Future[Any]:
        """A future that is done when the event is durable."""


class RecordError(Exception):
    """The intent is not durable, or nobody can tell: the request may not leave."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a request ended."""

    status: int
    response_bytes: int
    duration_ms: int
    restored: bool = False
    error: str | None = None  # a code word
    judge: ReplyJudge | None = None  # what was found in the reply, if anybody looked
    usage: Usage | None = None  # the tokens that the reply says it took


@dataclass(slots=True)
class Record:
    """The audit log, as the data plane writes it."""

    store: Store
    fingerprint_key: bytes = field(repr=False)
    commit_timeout: float
    _arrivals: Arrivals = field(default_factory=Arrivals, repr=False)

    async def intent(self, verdict: Verdict) -> None:
        """Return when the verdict's record is durable. Raises `RecordError`."""
        await self._durable(lambda: intent_event(verdict, self.fingerprint_key))

    async def escalating(self, verdict: Verdict, model: str) -> None:
        """Return when it is durable that this model's server is asked next. Raises `RecordError`."""
        decision = verdict.decision
        details = {"policy": decision.policy_id, "revision": decision.policy_revision, "model": model}
        await self._durable(lambda: AuditEvent.noticed("task_asked", details, decision_id=decision.id))

    async def justified(self, decision_id: str, facts: JustificationFacts, policy: Policy) -> None:
        """Return when the record of a reason that was given afterwards is durable. Raises `RecordError`."""
        details = {"policy": policy.id, "revision": policy.revision}
        await self._durable(
            lambda: AuditEvent.noticed("justified", details, decision_id=decision_id, justification=facts)
        )

    async def _durable(self, make: Callable[[], AuditEvent]) -> None:
        try:
            future = self.store.append(make())
            # The store keeps the same deadline itself; this one is for a store that hangs.
            await self._arrivals.result(future, self.commit_timeout * 1.5)
        except (AuditError, TimeoutError, ValueError) as error:
            log.error("no record, no request: %s", type(error).__name__)  # noqa: TRY400 - a traceback may quote it
            raise RecordError(f"the intent is not durable: {type(error).__name__}") from None

    def outcome(self, verdict: Verdict, outcome: Outcome) -> None:
        """Record how the request ended. A failure is logged: the intent without an outcome tells of it."""
        event = AuditEvent.ended(
            decision_id=verdict.decision.id,
            outcome=OutcomeFacts(
                status=outcome.status,
                response_bytes=outcome.response_bytes,
                duration_ms=outcome.duration_ms,
                restored=int(outcome.restored),
                error=outcome.error or "",
            ),
            usage=usage_facts(outcome.usage),
            **(_reply(outcome.judge) if outcome.judge is not None else {}),
        )
        self._send(event)

    def passed(self, decision_id: str, charge: Charge) -> None:
        """Record that a request took a budget past its soft limit."""
        details = {"budget": charge.budget, "unit": charge.unit}
        self._send(AuditEvent.noticed("budget_soft", details, decision_id=decision_id))

    def notice(self, code: str, policy: Policy, details: Mapping[str, str] | None = None) -> None:
        """Record something about Privet itself."""
        self._send(AuditEvent.noticed(code, {"policy": policy.id, "revision": policy.revision, **(details or {})}))

    def _send(self, event: AuditEvent) -> None:
        try:
            future = self.store.append(event)
        except AuditError as error:
            log.error("an event of kind %s is lost: %s", event.kind.value, type(error).__name__)  # noqa: TRY400
            return
        future.add_done_callback(_tell_failure)


def _tell_failure(future: Future[Any]) -> None:
    if not future.cancelled() and (error := future.exception()) is not None:
        log.error("an event is lost: %s", type(error).__name__)


def intent_event(verdict: Verdict, fingerprint_key: bytes) -> AuditEvent:
    """What the log holds of a verdict."""
    decision, inspection, request = verdict.decision, verdict.inspection, verdict.request
    return AuditEvent.intent(
        decision_id=decision.id,
        actor=Actor(
            user=verdict.principal.user or "",
            department=verdict.principal.department,
            address=verdict.principal.address,
        ),
        request=RequestFacts(
            provider=verdict.provider,
            dialect=verdict.dialect.name,
            host=request.host,
            endpoint=request.endpoint,
            method=request.method,
            model=verdict.model,
            bytes=len(request.body),
            streaming=verdict.inquiry.streaming if verdict.inquiry is not None else wants_stream(request),
        ),
        decision=DecisionFacts(
            effect=decision.effect.name.lower(),
            mode=decision.mode.value,
            determining_rules=decision.determining_rules,
            matched_rules=decision.matched_rules,
            policy_id=decision.policy_id,
            policy_revision=decision.policy_revision,
            reroute_to=decision.reroute_to or "",
        ),
        entities=_entities(verdict),
        pointers=_pointers(verdict),
        languages=[LanguageFact(*fact) for fact in sorted(_languages(inspection.languages))],
        labels=[LabelFact(label.name, permille(label.score)) for label in inspection.labels],
        tasks=[TaskFact(one.task, one.how.value, one.vetoed) for one in inspection.tasks],
        steps=[StepFact(one.model, one.outcome.value, permille(one.confidence)) for one in verdict.steps],
        skipped=[
            *(SkippedPart(reason=item.reason.value, pointer=item.pointer) for item in inspection.skipped),
            *([SkippedPart(reason=_code(inspection.error))] if inspection.error else []),
        ],
        obligations=_obligations(verdict),
        justification=_justification(verdict),
        fingerprints=sorted(_fingerprints(verdict, fingerprint_key), key=lambda item: (item.type, item.hmac)),
    )


def _languages(texts: Mapping[str, int]) -> Iterator[tuple[str, str, int]]:
    for language, count in texts.items():
        yield language, reading(language).value, count


def _justification(verdict: Verdict) -> JustificationFacts | None:
    given = verdict.justification
    if given is None:
        return None
    return JustificationFacts(given.by, given.reason, given.length, verdict.decision.justified_rules, given.text)


def _entities(verdict: Verdict) -> list[EntityCount]:
    counts: Counter[str] = Counter()
    best: dict[str, float] = {}
    sets: dict[str, set[str]] = {}
    values: dict[str, set[int]] = {}
    found = verdict.inspection.findings
    texts = {one.pointer: one.text for one in verdict.inspection.extraction.segments if one.pointer in found}
    for pointer, findings in found.items():
        for finding in findings:
            value = sameness(texts[pointer][finding.start : finding.end])
            values.setdefault(finding.entity_type, set()).add(value)
            counts[finding.entity_type] += 1
            if finding.detector.startswith(OWN):
                sets.setdefault(finding.entity_type, set()).add(finding.detector.removeprefix(OWN))
            best[finding.entity_type] = max(best.get(finding.entity_type, 0.0), finding.score)
    return [
        EntityCount(name, count, permille(best[name]), tuple(sorted(sets.get(name, ()))), len(values[name]))
        for name, count in sorted(counts.items())
    ]


def _pointers(verdict: Verdict) -> list[PointerFact]:
    done = [PointerFact(pointer, name, operator, count) for pointer, name, operator, count in verdict.applied]
    if done:
        return done
    found = Counter(
        (pointer, finding.entity_type)
        for pointer, findings in verdict.inspection.findings.items()
        for finding in findings
    )
    return [PointerFact(pointer, name, "", count) for (pointer, name), count in found.items()]


def _obligations(verdict: Verdict) -> dict[str, int]:
    totals: Counter[str] = Counter()
    for _, _, operator, count in verdict.applied:
        totals[operator] += count
    return dict(totals)


def _fingerprints(verdict: Verdict, key: bytes) -> set[Fingerprint]:
    found = verdict.inspection.findings
    texts = {s.pointer: s.text for s in verdict.inspection.extraction.segments if s.pointer in found}
    return {
        fingerprint(key, finding.entity_type, texts[pointer][finding.start : finding.end])
        for pointer, findings in found.items()
        for finding in findings
    }


def usage_facts(usage: Usage | None) -> UsageFacts | None:
    """A reply's counts as the log has them."""
    if usage is None:
        return None
    return UsageFacts(usage.input, usage.output, usage.cache_read, usage.cache_write, usage.tier)


def _reply(judge: ReplyJudge) -> dict[str, Any]:
    counts, applied = outcome_facts(judge)
    return {
        "entities": [EntityCount(name, count, permille(best)) for name, (count, best) in sorted(counts.items())],
        "pointers": [PointerFact(*place, count) for place, count in applied.items()],
        "skipped": [SkippedPart(reason=item.reason.value, pointer=item.pointer) for item in judge.skipped],
    }


def _code(error: str) -> str:
    """An exception's class name as a code word: `KeyError` → `key_error`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", error).lower()
