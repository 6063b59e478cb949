"""What a refusal says: in words that a person can act on, with the status that tells a client whether to try again."""

from dataclasses import replace
from math import ceil
from typing import TYPE_CHECKING

from policy.decision import Decision, Effect
from proxy.message import Refusal
from proxy.reasons import how_to_answer

if TYPE_CHECKING:
    from proxy.decide import Decided
    from proxy.pipeline import Inspection, Verdict

_LATEST_RETRY = 30  # seconds: SDKs wait up to a minute when they are told to
PASSING = frozenset({"too_many_connections", "too_many_new_connections", "bodies_too_large"})  # later it may be better
_REASONS = {
    "client_disconnected": "The client went away before this request was inspected.",
    "too_many_connections": "There are more connections to Privet than it may have (limits.connections). Close some.",
    "too_many_new_connections": "This client opens connections faster than it may (limits.new_connections_per_client). "
    "Keep them open.",
    "headers_too_large": "The request has more headers than Privet may read (limits.headers, limits.header_bytes).",
    "bodies_too_large": "Privet holds as many bodies as it may (limits.inflight_bytes). Try again in a moment.",
    "overloaded": "Privet is inspecting as many requests as it may. Try again in a moment.",
    "websocket": "Privet can't read WebSocket connections to this host, so they may not leave. Use plain requests.",
    "bidirectional": "Privet can't read streams that go both ways at once, so they may not leave. Use Converse.",
    "method": "Privet reads requests with the usual methods of HTTP; this one has another.",
    "host_mismatch": "The names in this request disagree (CONNECT, SNI, Host), so Privet can't tell where it would go.",
    "body_unreadable": "The body is not what its content type or encoding says, so Privet can't read it.",
    "body_too_large": "The body is larger or deeper than Privet may read (settings: limits).",
    "VaultError": "Privet can't keep this request's tokens at the moment, and its vendor keeps the request. Try later.",
    "SigningError": "The client signed this request, so Privet can't change it. Settings: upstream.aws_sign.",
    "LedgerError": "Privet can't count what is sent at the moment, and the policy has budgets. Try again in a moment.",
    "unknown_route": "The gateway knows no provider for this path. It begins with one: /openai/…, /anthropic/…, ….",
}


def later(verdict: "Verdict", seconds: float) -> "Verdict":
    """The refusal with the time after which it is worth trying again (RFC 9110 §10.2.3)."""
    if verdict.refusal is None:
        return verdict
    headers = {**verdict.refusal.headers, "retry-after": str(min(_LATEST_RETRY, max(1, ceil(seconds))))}
    return replace(verdict, refusal=replace(verdict.refusal, headers=headers))


def refusal_of(
    decision: Decision, inspection: "Inspection", decided: "Decided | None" = None, *, message: str | None = None
) -> Refusal:
    """The refusal of a decision: its own message, else one that says what was found out, or what failed."""
    named = Refusal(
        decision_id=decision.id,
        message=message or decision.message or "",
        rules=decision.determining_rules,
        entity_types=tuple(sorted(decision.entity_counts)),
    )
    if decided is not None and decision.effect is Effect.JUSTIFY:
        asked = named.message or "This request may not leave without a reason."
        told = f"{asked} {how_to_answer(decision.id, by_command=decided.answerable)}"
        return replace(named, message=told, code="privet_justify")
    if decided is not None and decided.unpriced:
        told = "Nobody states what this model costs, and a budget counts money. Settings: costs.prices."
        return replace(named, message=told, code="privet_unpriced")
    if decided is not None and all(rule.startswith("budgets.") for rule in decision.determining_rules):
        told = named.message or "What may be sent in this time is used up."
        return replace(named, message=told, status=429, code="privet_budget_spent", retry_after=decided.retry_after)
    if message is None:
        message = decision.message
    if message is None and inspection.error is not None:
        message = _REASONS.get(inspection.error, "Privet failed while it inspected this request, so it may not leave.")
    if message is None and inspection.skipped and not any(r for r in decision.determining_rules if "." not in r):
        reasons = ", ".join(sorted({item.reason.value for item in inspection.skipped}))
        message = f"A part of this request could not be inspected ({reasons}), so it may not leave."
    if message is None:
        message = "This request may not leave."
    by_policy = inspection.error is None and any("." not in rule for rule in decision.determining_rules)
    return replace(named, message=message, status=403 if by_policy else inspection.status)
