"""What requests cost: spent, inside and avoided, which are never mixed."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from audit.costs import CostsBy, count_costs
from audit.event import UsageFacts


class Flat:
    """A USD for each token; nobody knows the price of `secret`."""

    def of(self, provider: str, model: str, usage: UsageFacts, moment: datetime) -> Decimal | None:
        assert provider == "openai"
        assert moment.year == 2026
        return None if model == "secret" else Decimal(usage.input + usage.output)


def decision(
    effect: str = "allow", mode: str = "enforce", user: str = "ana", model: str = "gpt-4o", day: int = 1
) -> dict[str, Any]:
    return {
        "time": f"2026-11-{day:02}T10:00:00.000000Z",
        "actor": {"user": user, "department": "support"},
        "request": {"provider": "openai", "model": model},
        "decision": {"effect": effect, "mode": mode} if mode != "enforce" else {"effect": effect},
    }


def end(tokens_in: int = 0, tokens_out: int = 0, duration_ms: int = 0) -> dict[str, Any]:
    usage = {"input": tokens_in, "output": tokens_out} if tokens_in or tokens_out else None
    return {"outcome": {"duration_ms": duration_ms}, **({"usage": usage} if usage else {})}


def test_spent_inside_and_avoided_have_a_column_each() -> None:
    costs = count_costs(
        [
            (decision(), end(10, 2)),
            (decision("reroute"), end(5, 1, duration_ms=1_800_000)),
            (decision("block"), end(3, 3)),
            (decision("justify"), None),
        ],
        Flat(),
        CostsBy.USER,
        inside_hour=Decimal(4),
    )
    (row,) = costs.rows
    assert (row.key, row.requests, row.inside) == ("ana", 2, 1)
    assert (row.spent, row.inside_cost, row.avoided) == (Decimal(12), Decimal(2), Decimal(6))
    assert (row.input, row.output) == (15, 3)
    assert (costs.total.spent, costs.total.avoided) == (Decimal(12), Decimal(6))


def test_what_was_only_recorded_was_spent() -> None:
    """In monitor mode a block or a reroute isn't carried out: the vendor answered."""
    costs = count_costs(
        [(decision("block", "monitor"), end(1)), (decision("reroute", "monitor"), end(2))], Flat(), CostsBy.USER
    )
    assert (costs.total.spent, costs.total.avoided, costs.total.inside) == (Decimal(3), Decimal(0), 0)


def test_what_is_not_known_is_counted_as_such() -> None:
    costs = count_costs(
        [(decision(), None), (decision(), end()), (decision(model="secret"), end(9))], Flat(), CostsBy.USER
    )
    assert (costs.total.requests, costs.total.uncounted, costs.total.unpriced) == (3, 2, 1)
    assert costs.total.spent == 0


@pytest.mark.parametrize(
    ("by", "keys"),
    [
        (CostsBy.USER, ["bob", "ana"]),
        (CostsBy.MODEL, ["gpt-4o", "o1"]),
        (CostsBy.DAY, ["2026-11-01", "2026-11-02", "2026-11-03"]),
        (CostsBy.DEPARTMENT, ["support"]),
        (CostsBy.PROVIDER, ["openai"]),
        (CostsBy.TASK, ["invoices", "(none)"]),
    ],
)
def test_rows(by: CostsBy, keys: list[str]) -> None:
    decisions = [
        (decision(day=3), end(1)),
        (decision(user="bob", day=1), end(50)),
        (decision(model="o1", day=2), end(2)),
    ]
    decisions[1][0]["tasks"] = [{"name": "invoices", "how": "declared"}, {"name": "letters", "how": "schema"}]
    assert [row.key for row in count_costs(decisions, Flat(), by).rows] == keys


def test_nothing() -> None:
    assert count_costs([], Flat(), CostsBy.USER).rows == ()
