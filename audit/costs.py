"""What requests cost, for `privet report costs`. Pure: takes decisions with their ends, gives numbers.

Three things that must never be mixed have a column each: what was *spent* at vendors, what models *inside* took (time,
at the price that the settings state for an hour), and what rerouting *avoided*: an estimate, the tokens that the model
inside counted at the price of the model that was asked for. It would have counted and answered differently.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol

from audit.event import UsageFacts
from audit.report import NONE

HOUR = 3_600_000  # milliseconds


class CostsBy(StrEnum):
    """What a report has one row for."""

    DEPARTMENT = "department"
    USER = "user"
    PROVIDER = "provider"
    MODEL = "model"
    TASK = "task"
    DAY = "day"


class PriceList(Protocol):
    """Tokens → USD."""

    def of(self, provider: str, model: str, usage: UsageFacts, moment: datetime) -> Decimal | None:
        """What a request cost; None if nobody knows the model's price."""


@dataclass(slots=True)
class CostRow:
    """The numbers of one key; money in USD."""

    key: str
    requests: int = 0  # that left for a vendor or were answered inside
    uncounted: int = 0  # of them: whose reply told no tokens (streams that nobody asked for a count, failures)
    unpriced: int = 0  # whose tokens have no known price
    input: int = 0
    output: int = 0
    cache_read: int = 0
    spent: Decimal = field(default_factory=Decimal)
    inside: int = 0  # answered by a model inside
    inside_cost: Decimal = field(default_factory=Decimal)
    avoided: Decimal = field(default_factory=Decimal)

    def add(self, other: "CostRow") -> None:
        """Count another row's numbers, too."""
        for name in self.__slots__[1:]:
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(frozen=True, slots=True)
class Costs:
    """Rows by falling cost, days in their order; and their total."""

    by: CostsBy
    rows: tuple[CostRow, ...]
    total: CostRow


def count_costs(
    decisions: Iterable[tuple[Mapping[str, Any], Mapping[str, Any] | None]],
    prices: PriceList,
    by: CostsBy,
    inside_hour: Decimal = Decimal(),
) -> Costs:
    """Count what left or was answered inside. `decisions`: the stored event of a decision, and of how it ended."""
    rows: dict[str, CostRow] = defaultdict(lambda: CostRow(""))
    total = CostRow("total")
    for intent, outcome in decisions:
        one = cost_of(intent, outcome, prices, inside_hour)
        if one is not None:
            rows[_key(intent, by)].add(one)
            total.add(one)
    for key, row in rows.items():
        row.key = key
    order = sorted(
        rows.values(), key=lambda row: (row.key,) if by is CostsBy.DAY else (-row.spent, -row.requests, row.key)
    )
    return Costs(by, tuple(order), total)


def cost_of(
    intent: Mapping[str, Any], outcome: Mapping[str, Any] | None, prices: PriceList, inside_hour: Decimal = Decimal()
) -> CostRow | None:
    """One decision's numbers; None if it neither left nor was answered inside."""
    decision, request = intent.get("decision") or {}, intent.get("request") or {}
    effect = decision.get("effect", "")
    monitored = decision.get("mode", "enforce") == "monitor"
    if effect not in {"allow", "reroute"} and not monitored:
        return None
    inside = effect == "reroute" and not monitored
    row = CostRow("", requests=1, inside=int(inside))
    ended = outcome or {}
    if inside:
        row.inside_cost = Decimal((ended.get("outcome") or {}).get("duration_ms", 0)) * inside_hour / HOUR
    if not ended.get("usage"):
        row.uncounted = 1
        return row
    usage = UsageFacts(**{name: ended["usage"][name] for name in UsageFacts.__slots__ if name in ended["usage"]})
    row.input, row.output, row.cache_read = usage.input, usage.output, usage.cache_read
    moment = datetime.fromisoformat(intent["time"])
    price = prices.of(request.get("provider", ""), request.get("model", ""), usage, moment)
    if price is None:
        row.unpriced = 1
    elif inside:
        row.avoided = price
    else:
        row.spent = price
    return row


def _key(intent: Mapping[str, Any], by: CostsBy) -> str:
    actor, request = intent.get("actor") or {}, intent.get("request") or {}
    match by:
        case CostsBy.DAY:
            return str(intent["time"])[:10]
        case CostsBy.DEPARTMENT | CostsBy.USER:
            return actor.get(by.value) or NONE
        case CostsBy.TASK:
            tasks = intent.get("tasks") or ()
            return tasks[0]["name"] if tasks else NONE
        case CostsBy.PROVIDER | CostsBy.MODEL:
            return request.get(by.value) or NONE
