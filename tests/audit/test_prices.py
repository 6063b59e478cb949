"""The company's own prices, and the public list's."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from audit.event import UsageFacts
from audit.prices import Discount, OwnPrice, Prices, prices_of
from configs.settings import CostSettings

NOW = datetime(2026, 11, 1, tzinfo=UTC)
MILLION = UsageFacts(input=1_000_000, output=1_000_000)


def test_the_public_list() -> None:
    assert Prices().of("openai", "gpt-4o", MILLION, NOW) == Decimal("12.5")  # 2.5 and 10 USD
    cached = UsageFacts(input=1_000_000, output=0, cache_read=1_000_000)
    assert Prices().of("openai", "gpt-4o", cached, NOW) == Decimal("1.25")


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("anthropic", "claude-sonnet-4-5"),
        ("gemini", "gemini-2.5-pro"),
        ("bedrock", "anthropic.claude-3-5-sonnet-20241022-v2:0"),
        ("mistral", "mistral-large-latest"),
        ("azure-openai", "gpt-4o"),
        ("xai", "grok-4"),
    ],
)
def test_our_names_of_providers_are_known(provider: str, model: str) -> None:
    price = Prices().of(provider, model, MILLION, NOW)
    assert price is not None
    assert price > 0


@pytest.mark.parametrize(
    ("provider", "model"), [("openai", "no-such-model"), ("acme", "gpt-4o"), ("openai", ""), ("", "")]
)
def test_what_nobody_knows_has_no_price(provider: str, model: str) -> None:
    prices = Prices()
    assert prices.of(provider, model, MILLION, NOW) is None
    assert prices.of(provider, model, MILLION, NOW) is None  # remembered


def test_own_prices_come_first() -> None:
    mine = OwnPrice("azure-*", "GPT-4o*", Decimal(2), Decimal(8), cache_read=Decimal(1))
    prices = Prices([mine, OwnPrice("*", "*", Decimal(9), Decimal(9))])
    assert prices.of("azure-openai", "gpt-4o-mini", MILLION, NOW) == Decimal(10)
    assert prices.of("acme", "anything", MILLION, NOW) == Decimal(18)
    used = UsageFacts(input=1_000_000, output=0, cache_read=500_000, cache_write=250_000)
    assert prices.of("azure-openai", "gpt-4o", used, NOW) == Decimal("1.5")  # 0.25 at 2, 0.5 at 1, 0.25 at 2


def test_tiers_have_prices_of_their_own() -> None:
    at = {tier: Prices().of("openai", "gpt-5", replace(MILLION, tier=tier), NOW) for tier in ("", "flex", "priority")}
    assert at["flex"] < at[""] < at["priority"]
    assert Prices().of("openai", "gpt-4o", replace(MILLION, tier="batch"), NOW) == Decimal("6.25")
    own = OwnPrice("*", "gpt-4o", Decimal(1), Decimal(1), tier="batch")
    assert Prices([own]).of("openai", "gpt-4o", replace(MILLION, tier="batch"), NOW) == 2
    assert Prices([own]).of("openai", "gpt-4o", MILLION, NOW) == Decimal("12.5")


@pytest.mark.parametrize(
    ("discounts", "usd"),
    [
        ([], "12.5"),
        ([Discount(Decimal(20))], "10"),
        ([Discount(Decimal(20)), Discount(Decimal(50), provider="open*")], "5"),
        ([Discount(Decimal(20), provider="anthropic"), Discount(Decimal(20), model="gpt-5*")], "12.5"),
        ([Discount(Decimal(-100))], "25"),
        ([Discount(Decimal(100))], "0"),
        ([Discount(Decimal(20), tier="priority")], "12.5"),
    ],
)
def test_discounts_are_on_the_list_alone(discounts: list[Discount], usd: str) -> None:
    assert Prices([], discounts).of("openai", "gpt-4o", MILLION, NOW) == Decimal(usd)
    own = OwnPrice("*", "gpt-4o", Decimal(1), Decimal(1))
    assert Prices([own], discounts).of("openai", "gpt-4o", MILLION, NOW) == 2


def test_the_settings_prices() -> None:
    prices = prices_of(
        CostSettings.model_validate(
            {
                "prices": [{"provider": "azure-*", "model": "gpt-4o", "input": 0.1, "output": 0.2, "cache_read": 0.05}],
                "discounts": [{"provider": "openai", "percent": 15}],
            }
        )
    )
    assert prices.of("azure-openai", "gpt-4o", MILLION, NOW) == Decimal("0.3")
    assert prices.of("azure-openai", "gpt-4o", UsageFacts(input=1_000_000, cache_read=1_000_000), NOW) == Decimal(
        "0.05"
    )
    assert prices.of("openai", "gpt-4o", MILLION, NOW) == Decimal("12.5") * Decimal("0.85")


def test_the_dearest() -> None:
    prices = Prices()
    for provider in ("openai", "anthropic", "openai", "nobody"):
        assert prices.highest(provider, MILLION, NOW) > Decimal(10)
    assert prices.highest("nobody", MILLION, NOW) >= prices.highest("openai", MILLION, NOW)


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audit.prices._MOST_UNKNOWN", 3)
    monkeypatch.setattr("audit.prices._MOST_DEAREST", 2)
    prices = Prices()
    for number in range(10):
        assert prices.of("openai", f"made-up-{number}", MILLION, NOW) is None
        assert prices.highest(f"nobody-{number}", MILLION, NOW) > 10
    assert len(prices._unknown) <= 3
    assert len(prices._highest) <= 2
