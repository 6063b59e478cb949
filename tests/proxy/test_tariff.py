"""What requests cost while the proxy runs."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from audit.event import UsageFacts
from configs.settings import CostSettings
from policy.decision import Inquiry
from proxy.tariff import Tariff

NOW = datetime(2026, 11, 1, tzinfo=UTC)
TARIFF = Tariff(CostSettings.model_validate({"prices": [{"model": "house-*", "input": 2, "output": 4}]}))
MILLION = UsageFacts(input=1_000_000, output=1_000_000)


@pytest.mark.parametrize(
    ("model", "known"), [("gpt-4o", True), ("house-1", True), ("gpt-of-next-year", False), ("", False)]
)
def test_known_models(model: str, known: bool) -> None:
    assert TARIFF.knows(Inquiry("support", provider="openai", model=model, at=NOW)) is known


def test_what_it_cost() -> None:
    assert TARIFF.usd("openai", "house-1", MILLION, NOW) == 6
    assert TARIFF.usd("openai", "gpt-of-next-year", MILLION, NOW) is None
    assert TARIFF.at_most("openai", "house-1", MILLION, NOW) == 6_000_000
    assert TARIFF.at_most("openai", "house-1", UsageFacts(input=1), NOW) == 2
    assert TARIFF.at_most("openai", "gpt-4o-mini", UsageFacts(input=1), NOW) == 1  # less than one, rounded up


def test_what_nobody_knows_costs_as_much_as_the_dearest() -> None:
    dearest = TARIFF.at_most("openai", "gpt-of-next-year", MILLION, NOW)
    for model in ("gpt-4o", "o1-pro", "gpt-4", "gpt-5"):
        known = TARIFF.usd("openai", model, MILLION, NOW)
        assert known is not None
        assert dearest >= known * 1_000_000
    assert TARIFF.at_most("somebody", "x", MILLION, NOW) >= dearest  # of a vendor that isn't on the list: anybody's
    dear = Tariff(CostSettings.model_validate({"prices": [{"model": "m", "input": 10**6, "output": 0}]}))
    assert dear.at_most("openai", "x", MILLION, NOW) == Decimal(10**12)
