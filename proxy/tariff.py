"""What a request costs while the proxy runs: for budgets of USD and, if the settings say so, for the metrics.

Loading the public price list takes a second and some 15 MB, so it is done when the first price is asked for that the
settings don't state, and never in the event loop.
"""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_CEILING, Decimal

from audit.event import UsageFacts
from audit.prices import Prices, prices_of
from configs.settings import CostSettings
from policy.decision import Inquiry
from policy.read_budget import MICRO

_ONE = UsageFacts(input=1, output=1)


@dataclass(slots=True)
class Tariff:
    """Prices, for who counts money."""

    settings: CostSettings
    prices: Prices = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Take the settings' prices."""
        self.prices = prices_of(self.settings)

    def knows(self, inquiry: Inquiry) -> bool:
        """Whether anybody states a price of what is asked for. May take a second."""
        moment = inquiry.at
        return moment is not None and self.prices.of(inquiry.provider, inquiry.model, _ONE, moment) is not None

    def usd(self, provider: str, model: str, usage: UsageFacts, moment: datetime) -> Decimal | None:
        """What it cost; None if nobody states a price."""
        return self.prices.of(provider, model, usage, moment)

    def at_most(self, provider: str, model: str, usage: UsageFacts, moment: datetime) -> int:
        """What it cost in millionths of a USD, rounded up; of a model without a price, as the vendor's dearest."""
        price = self.prices.of(provider, model, usage, moment)
        if price is None:
            price = self.prices.highest(provider, usage, moment)
        return int((price * MICRO).to_integral_value(ROUND_CEILING))
