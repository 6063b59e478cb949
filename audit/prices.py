"""What tokens cost: the company's own prices first, then the public price list of genai-prices, less its discounts.

The log holds tokens, which are facts; prices are put to them when a report is made, those of the day of the request.
So a price that was wrong is put right for the past, too. The list comes with the package: nothing is fetched. It is
loaded when somebody asks for a price that isn't the company's own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Any

from audit.event import UsageFacts
from configs.settings import CostSettings

MILLION = 1_000_000

# Our word for a provider → genai-prices' word. Whoever isn't here has the same name there, or isn't on its list.
_NAMES = {
    "azure-openai": "azure",
    "bedrock": "aws",
    "gemini": "google",
    "github": "github-copilot",
    "moonshot": "moonshotai",
    "voyage": "voyageai",
    "xai": "x-ai",
    "zhipu": "zhipuai",
}
_MOST_UNKNOWN, _MOST_DEAREST = 10_000, 200  # that are remembered
_ORDINARY = frozenset({"", "default", "standard", "auto"})  # tiers that cost what the list says


@dataclass(frozen=True, slots=True)
class OwnPrice:
    """A price that the company has: USD for a million tokens. `provider` and `model` are globs; case means nothing."""

    provider: str
    model: str
    input: Decimal
    output: Decimal
    cache_read: Decimal | None = None  # None: as other input
    cache_write: Decimal | None = None
    tier: str | None = None  # None: whatever tier the vendor served it in

    def speaks_of(self, provider: str, model: str, tier: str = "") -> bool:
        """Whether it is the price of this model."""
        return _fits(self.provider, provider) and _fits(self.model, model) and self.tier in {None, tier}

    def of(self, usage: UsageFacts) -> Decimal:
        """What these tokens cost, in USD."""
        cached = usage.cache_read + usage.cache_write
        parts = (
            (max(0, usage.input - cached), self.input),
            (usage.cache_read, self.input if self.cache_read is None else self.cache_read),
            (usage.cache_write, self.input if self.cache_write is None else self.cache_write),
            (usage.output, self.output),
        )
        return sum((count * price for count, price in parts), Decimal()) / MILLION


@dataclass(frozen=True, slots=True)
class Discount:
    """So many percent less than the public list says; a negative number is more. Several that fit add up as factors."""

    percent: Decimal
    provider: str = "*"
    model: str = "*"
    tier: str | None = None

    def factor(self, provider: str, model: str, tier: str) -> Decimal:
        """What to multiply with."""
        fits = _fits(self.provider, provider) and _fits(self.model, model) and self.tier in {None, tier}
        return 1 - self.percent / 100 if fits else Decimal(1)


class Prices:
    """Tokens → USD."""

    def __init__(self, own: Sequence[OwnPrice] = (), discounts: Sequence[Discount] = ()) -> None:
        self._own = tuple(own)
        self._discounts = tuple(discounts)
        self._unknown: set[tuple[str, str, str]] = set()  # models that the list doesn't know, by day
        self._highest: dict[tuple[str, str], Any] = {}  # the dearest model on the list, by provider and day

    def of(self, provider: str, model: str, usage: UsageFacts, moment: datetime) -> Decimal | None:
        """What a request cost, in USD; None if nobody knows the model's price."""
        for price in self._own:
            if price.speaks_of(provider, model, usage.tier):
                return price.of(usage)
        key = (provider, model, moment.date().isoformat())
        if not model or key in self._unknown:
            return None
        found = _listed(_NAMES.get(provider, provider), model, usage, moment)
        if found is None:
            if len(self._unknown) >= _MOST_UNKNOWN:  # a model's name is what a client writes
                self._unknown.clear()
            self._unknown.add(key)
            return None
        return found * self._factor(provider, model, usage.tier)

    def highest(self, provider: str, usage: UsageFacts, moment: datetime) -> Decimal:
        """What these tokens cost at most: with the provider's dearest model, or anybody's if the list hasn't any of it.

        Own prices of the provider count, discounts don't.
        """
        own = [price.of(usage) for price in self._own if _fits(price.provider, provider)]
        key = (provider, moment.date().isoformat())
        known = self._highest.get(key)  # threads share this object
        if known is None:
            known = _dearest(_NAMES.get(provider, provider), moment)
            if len(self._highest) >= _MOST_DEAREST:
                self._highest.clear()
            self._highest[key] = known
        holder, model = known
        listed = model.calc_price(_tokens(usage), holder, genai_request_timestamp=moment).total_price
        return max([Decimal(listed), *own])

    def _factor(self, provider: str, model: str, tier: str) -> Decimal:
        factor = Decimal(1)
        for discount in self._discounts:
            factor *= discount.factor(provider, model, tier)
        return factor


def prices_of(settings: CostSettings) -> Prices:
    """The prices that the settings state, before and beside the list's."""
    own = [
        OwnPrice(
            provider=price.provider,
            model=price.model,
            input=_exact(price.input),
            output=_exact(price.output),
            cache_read=None if price.cache_read is None else _exact(price.cache_read),
            cache_write=None if price.cache_write is None else _exact(price.cache_write),
            tier=price.tier,
        )
        for price in settings.prices
    ]
    less = [Discount(_exact(one.percent), one.provider, one.model, one.tier) for one in settings.discounts]
    return Prices(own, less)


def _exact(number: float) -> Decimal:
    return Decimal(str(number))


def _fits(glob: str, name: str) -> bool:
    return fnmatchcase(name.lower(), glob.lower())


def _listed(provider: str, model: str, usage: UsageFacts, moment: datetime) -> Decimal | None:
    # Importing it takes a second, and few need it.
    from genai_prices import calc_price  # noqa: PLC0415

    try:
        price = calc_price(
            _tokens(usage),
            model,
            provider_id=provider,
            genai_request_timestamp=moment,
            price_context=_context(usage.tier),
        )
    except (LookupError, ValueError):
        return None
    return Decimal(price.total_price)


def _tokens(usage: UsageFacts) -> Any:
    from genai_prices import Usage  # noqa: PLC0415

    return Usage(
        input_tokens=max(usage.input, usage.cache_read + usage.cache_write),
        output_tokens=usage.output,
        cache_read_tokens=usage.cache_read,
        cache_write_tokens=usage.cache_write,
    )


def _context(tier: str) -> dict[str, Any] | None:
    if tier in _ORDINARY:
        return None
    return {"processing": "batch"} if tier == "batch" else {"service_tier": tier}


def _dearest(provider: str, moment: datetime) -> tuple[Any, Any]:
    """The holder and the model of the list whose tokens cost most, input and output alike."""
    from genai_prices.data_snapshot import get_snapshot  # noqa: PLC0415

    holders = get_snapshot().providers
    chosen = [holder for holder in holders if holder.id == provider and holder.models] or holders
    usage = _tokens(UsageFacts(input=MILLION, output=MILLION))

    def cost(pair: tuple[Any, Any]) -> Decimal:
        holder, model = pair
        try:
            return Decimal(model.calc_price(usage, holder, genai_request_timestamp=moment).total_price)
        except (LookupError, ValueError):
            return Decimal()

    return max(((holder, model) for holder in chosen for model in holder.models), key=cost)
