"""What tokens cost: the company's own prices first, then the public price list of genai-prices.

The log holds tokens, which are facts; prices are put to them when a report is made, those of the day of the request.
So a price that was wrong is put right for the past, too, and the proxy carries no price list. The list comes with the
package: nothing is fetched.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fnmatch import fnmatchcase

from audit.event import UsageFacts

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


@dataclass(frozen=True, slots=True)
class OwnPrice:
    """A price that the company has: USD for a million tokens. `provider` and `model` are globs; case means nothing."""

    provider: str
    model: str
    input: Decimal
    output: Decimal
    cache_read: Decimal | None = None  # None: as other input
    cache_write: Decimal | None = None

    def speaks_of(self, provider: str, model: str) -> bool:
        """Whether it is the price of this model."""
        return fnmatchcase(provider.lower(), self.provider.lower()) and fnmatchcase(model.lower(), self.model.lower())

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


class Prices:
    """Tokens → USD."""

    def __init__(self, own: Sequence[OwnPrice] = ()) -> None:
        self._own = tuple(own)
        self._unknown: set[tuple[str, str, str]] = set()  # models that the list doesn't know, by day

    def of(self, provider: str, model: str, usage: UsageFacts, moment: datetime) -> Decimal | None:
        """What a request cost, in USD; None if nobody knows the model's price."""
        for price in self._own:
            if price.speaks_of(provider, model):
                return price.of(usage)
        key = (provider, model, moment.date().isoformat())
        if not model or key in self._unknown:
            return None
        found = _listed(_NAMES.get(provider, provider), model, usage, moment)
        if found is None:
            self._unknown.add(key)
        return found


def _listed(provider: str, model: str, usage: UsageFacts, moment: datetime) -> Decimal | None:
    # Importing it takes a second, and only reports need it.
    from genai_prices import Usage, calc_price  # noqa: PLC0415

    tokens = Usage(
        input_tokens=max(usage.input, usage.cache_read + usage.cache_write),
        output_tokens=usage.output,
        cache_read_tokens=usage.cache_read,
        cache_write_tokens=usage.cache_write,
    )
    try:
        return Decimal(calc_price(tokens, model, provider_id=provider, genai_request_timestamp=moment).total_price)
    except (LookupError, ValueError):
        return None
