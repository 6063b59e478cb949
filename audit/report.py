"""Counting decisions for `privet audit report`. Pure: takes the searchable columns of intents, gives numbers."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

NONE = "(none)"  # the key of intents that have no value for what a report is grouped by


class GroupBy(StrEnum):
    """What a report has one row for. An intent with several rules or types counts in the row of each."""

    DEPARTMENT = "department"
    USER = "user"
    RULE = "rule"
    TYPE = "type"
    EFFECT = "effect"
    PROVIDER = "provider"


class Counted(Protocol):
    """What is counted: an intent's columns."""

    @property
    def user(self) -> str: ...
    @property
    def department(self) -> str: ...
    @property
    def provider(self) -> str: ...
    @property
    def effect(self) -> str: ...
    @property
    def mode(self) -> str: ...
    @property
    def rules(self) -> tuple[str, ...]: ...
    @property
    def types(self) -> tuple[str, ...]: ...
    @property
    def findings(self) -> int: ...
    @property
    def redacted(self) -> int: ...


@dataclass(slots=True)
class ReportRow:
    """The numbers of one key. `monitored`: decided in monitor mode, so not carried out."""

    key: str
    requests: int = 0
    allowed: int = 0
    redacted: int = 0  # of the allowed: requests of which something was changed
    rerouted: int = 0
    blocked: int = 0
    monitored: int = 0
    findings: int = 0  # values of sensitive types that were found

    def count(self, intent: Counted) -> None:
        """Add one intent."""
        self.requests += 1
        self.allowed += intent.effect == "allow"
        self.redacted += intent.effect == "allow" and intent.redacted > 0
        self.rerouted += intent.effect == "reroute"
        self.blocked += intent.effect in {"block", "justify"}  # who was asked why sends it again with a reason
        self.monitored += intent.mode == "monitor"
        self.findings += intent.findings


@dataclass(frozen=True, slots=True)
class Report:
    """Rows by falling number of requests, and their total over intents (each counted once)."""

    by: GroupBy
    rows: tuple[ReportRow, ...]
    total: ReportRow


def count(intents: Iterable[Counted], by: GroupBy) -> Report:
    """Count intents by `by`."""
    rows: dict[str, ReportRow] = defaultdict(lambda: ReportRow(""))
    total = ReportRow("total")
    for intent in intents:
        total.count(intent)
        for key in _keys(intent, by):
            rows[key].count(intent)
    for key, row in rows.items():
        row.key = key
    return Report(by, tuple(sorted(rows.values(), key=lambda row: (-row.requests, row.key))), total)


def _keys(intent: Counted, by: GroupBy) -> tuple[str, ...]:
    match by:
        case GroupBy.RULE:
            keys = intent.rules
        case GroupBy.TYPE:
            keys = intent.types
        case _:
            keys = (getattr(intent, by),)
    return tuple(key or NONE for key in keys) or (NONE,)
