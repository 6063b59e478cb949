"""Decisions as rows for a spreadsheet: one for each request, with how it ended, in columns that people sort and count.

Pure: takes stored events as parsed JSON, gives cells. A cell is never a formula: spreadsheets run what begins with `=`,
`+`, `-` or `@` (CWE-1236), and a user's name or a reason is what somebody typed.
"""

from collections.abc import Iterable, Mapping
from typing import Any

COLUMNS = (
    "time_utc",
    "decision",
    "user",
    "department",
    "address",
    "provider",
    "host",
    "endpoint",
    "model",
    "bytes",
    "effect",
    "mode",
    "left",
    "status",
    "error",
    "tokens_in",
    "tokens_out",
    "found",
    "changed",
    "uninspected",
    "rules",
    "reason_by",
    "reason",
    "policy",
    "revision",
)

type Cell = str | int

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # the last are full-width


def cells(intent: Mapping[str, Any], outcome: Mapping[str, Any] | None) -> tuple[Cell, ...]:
    """The cells of one decision, in the order of `COLUMNS`; `outcome` is None if none was recorded."""
    actor, request, decision, said = (_part(intent, name) for name in ("actor", "request", "decision", "justification"))
    ended, told = (_part(outcome or {}, name) for name in ("outcome", "usage"))
    values: dict[str, Cell] = {
        "time_utc": intent["time"],
        "decision": intent.get("decision_id", ""),
        **{name: actor.get(name, "") for name in ("user", "department", "address")},
        **{name: request.get(name, "") for name in ("provider", "host", "endpoint", "model", "bytes")},
        "effect": decision.get("effect", ""),
        "mode": decision.get("mode", "enforce"),
        "left": _left(intent),
        "status": ended.get("status", "") if outcome is not None else "no outcome",
        "error": ended.get("error", ""),
        "tokens_in": told.get("input", ""),
        "tokens_out": told.get("output", ""),
        "found": _counted((entity["type"], entity["count"]) for entity in intent.get("entities") or ()),
        "changed": _counted((intent.get("obligations") or {}).items()),
        "uninspected": _listed(part["reason"] for part in intent.get("skipped") or ()),
        "rules": _listed([*decision.get("determining_rules", ()), *decision.get("matched_rules", ())]),
        "reason_by": said.get("by", ""),
        "reason": said.get("reason", ""),
        "policy": decision.get("policy_id", ""),
        "revision": decision.get("policy_revision", ""),
    }
    return tuple(shown_as_text(values[name]) for name in COLUMNS)


def _part(event: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part: Mapping[str, Any] = event.get(name) or {}
    return part


def _left(intent: Mapping[str, Any]) -> str:
    """Whether the vendor was to get it: `no`, `yes` (as it was), or `changed`. An upper bound: a call may yet fail."""
    decision = _part(intent, "decision")
    if decision.get("mode", "enforce") == "monitor":
        return "yes"
    if decision.get("effect") != "allow":
        return "no"
    return "changed" if sum((intent.get("obligations") or {}).values()) else "yes"


def _counted(pairs: Iterable[tuple[str, int]]) -> str:
    return "; ".join(f"{name} {number}" for name, number in pairs)


def _listed(names: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(names))


def shown_as_text(cell: Cell) -> Cell:
    """Text that a spreadsheet shows as it is."""
    if isinstance(cell, int) or not cell.lstrip(" \u00a0").startswith(_FORMULA):
        return cell
    return f"'{cell}"
