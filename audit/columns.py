"""The index columns: what can be searched, derived from a stored event and from nothing else.

The store writes them, `audit.verify` derives them again and compares. Work on parsed JSON, not on `AuditEvent`, so that
records of other versions keep the columns that they were written with.
"""

from collections.abc import Mapping
from typing import Any

Columns = dict[str, str | int]

NAMES = (
    "id",
    "time",
    "kind",
    "decision_id",
    "user",
    "department",
    "provider",
    "model",
    "effect",
    "mode",
    "rules",
    "types",
    "findings",
    "redacted",
    "status",
    "code",
)


def columns_of(event: Mapping[str, Any]) -> Columns:
    """The columns of one event. Lists are words between spaces (` a b `), so that one word can be looked for."""
    actor, request, decision = (event.get(name) or {} for name in ("actor", "request", "decision"))
    outcome, notice = (event.get(name) or {} for name in ("outcome", "notice"))
    entities = event.get("entities") or ()
    return {
        "id": event["id"],
        "time": event["time"],
        "kind": event["kind"],
        "decision_id": event.get("decision_id", ""),
        "user": actor.get("user", ""),
        "department": actor.get("department", ""),
        "provider": request.get("provider", ""),
        "model": request.get("model", ""),
        "effect": decision.get("effect", ""),
        "mode": decision.get("mode", "enforce") if decision else "",
        "rules": _words([*decision.get("determining_rules", ()), *decision.get("matched_rules", ())]),
        "types": _words([entity["type"] for entity in entities]),
        "findings": sum(entity["count"] for entity in entities),
        "redacted": sum((event.get("obligations") or {}).values()),
        "status": outcome.get("status", 0),
        "code": outcome.get("error", "") or notice.get("code", ""),
    }


def _words(names: list[str]) -> str:
    return f" {' '.join(dict.fromkeys(names))} " if names else ""
