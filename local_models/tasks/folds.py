"""Which examples are left out together, so that nothing is asked about what it was fitted on.

By source where there are several: a new customer's texts are another source, too. Else by item. Texts that are alike
but for their numbers, spaces and case stay together.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from local_models.tasks.task import Example

_NUMBERS = re.compile(r"\d+")
_SPACE = re.compile(r"[\W_]+")
_LEAST_SOURCES = 3


@dataclass(frozen=True, slots=True)
class Fold:
    """Rows to fit on, and rows to ask about."""

    kept: tuple[int, ...]
    out: tuple[int, ...]


def by_source(examples: Sequence[Example]) -> bool:
    """Whether there are sources enough to leave whole ones out."""
    return len({one.source for one in examples if one.source}) >= _LEAST_SOURCES


def folds(examples: Sequence[Example], count: int) -> tuple[Fold, ...]:
    """At most `count` folds; each example is left out once."""
    groups: dict[str, list[int]] = {}
    whole = by_source(examples)
    for row, one in enumerate(examples):
        groups.setdefault(f"source:{one.source}" if whole and one.source else alike(one.input), []).append(row)
    # The largest first, each to the fold that has least; equals in an order that is the same each time.
    order = sorted(groups)
    random.Random(0).shuffle(order)  # noqa: S311 - no secret
    parts: list[list[int]] = [[] for _ in range(min(count, len(groups)))]
    for name in sorted(order, key=lambda name: -len(groups[name])):
        min(parts, key=len).extend(groups[name])
    return tuple(
        Fold(tuple(row for row in range(len(examples)) if row not in out), tuple(sorted(out)))
        for out in map(frozenset, parts)
        if out and len(out) < len(examples)
    )


def alike(text: str) -> str:
    """What texts have in common that differ in numbers, signs, spaces and case alone."""
    return _SPACE.sub(" ", _NUMBERS.sub("0", text.casefold())).strip()
