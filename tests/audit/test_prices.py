"""The company's own prices, and the public list's."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from audit.event import UsageFacts
from audit.prices import OwnPrice, Prices

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
