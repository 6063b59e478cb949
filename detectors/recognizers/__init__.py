"""Our own recognisers: one file per entity type or family, each a table of `Rule`s or one function `find(source)`.

    source        what a recogniser reads: text and field name
    rule          the form of a pattern recogniser
    families      every file here with a `find`: the scanner runs them all, in no order that matters

To add one: write the file, and a table of positives and near misses under `tests/detectors/recognizers/`. A new entity
type is declared once, in `configs/entities.yaml`. `docs/detection.md` has the steps.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from detectors.finding import Finding
from detectors.gate.gate import gated
from detectors.recognizers.rule import rules_in
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
    """Every family of this package: the modules that define `find`, by name. Their rules' expressions are gated."""
    families = []
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda each: each.name):
        loaded = importlib.import_module(f"{__name__}.{module.name}")
        find: Find | None = getattr(loaded, "find", None)
        if find is not None:
            for rule in rules_in(vars(loaded).values()):
                gated(rule.pattern)
            families.append(Family(module.name, find))
    return families
