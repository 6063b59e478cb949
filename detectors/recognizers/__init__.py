"""Our own recognisers: one file per entity type or family, each a table of `Rule`s or one function `find(source)`.

    source        what a recogniser reads: text and field name
    rule          the form of a pattern recogniser
    families      every other file; `FAMILIES` below lists them, in no order that matters

To add one: write the file, list it here, give its entity types a line in `configs/entities.yaml`, and a table of
positives and near misses under `tests/detectors/recognizers/`. `docs/detection.md` has the steps.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from detectors.finding import Finding
from detectors.recognizers.source import Source

Find = Callable[[Source], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class Family:
    """A recogniser file as a detector."""

    name: str
    find: Find

    def find_many(self, sources: Sequence[Source]) -> list[list[Finding]]:
        """The findings in each text."""
        return [list(self.find(source)) for source in sources]


def pattern_detectors() -> list[Family]:
    """Every family of this package."""
    from detectors.recognizers import (  # noqa: PLC0415 - imported where they are needed: they import this package
        answers,
        assignments,
        banks,
        cards,
        connection_strings,
        dates,
        emails,
        identifiers,
        json_web_tokens,
        logins,
        national_ids,
        networks,
        organizations,
        phones,
        private_keys,
        provider_keys,
        speakers,
        vendor_keys,
        wallets,
    )

    modules = (
        answers,
        assignments,
        banks,
        cards,
        connection_strings,
        dates,
        emails,
        identifiers,
        json_web_tokens,
        logins,
        national_ids,
        networks,
        organizations,
        phones,
        private_keys,
        provider_keys,
        speakers,
        vendor_keys,
        wallets,
    )
    return [Family(module.__name__.rpartition(".")[2], module.find) for module in modules]
