"""Places in a text, asked many times what lies around others: an answer takes the same time, however many there are."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from itertools import accumulate


class Spans:
    """Sorted places, from `start` to `end`; they may overlap."""

    def __init__(self, spans: Iterable[tuple[int, int]] = ()) -> None:
        ordered = sorted(set(spans))
        self._starts = [start for start, _ in ordered]
        self._ends = [end for _, end in ordered]
        self._reach = list(accumulate(self._ends, max))  # how far the places up to this one reach

    def __bool__(self) -> bool:
        return bool(self._starts)

    def around(self, start: int, end: int) -> bool:
        """Whether one of them holds all from `start` to `end`."""
        before = bisect_right(self._starts, start)
        return before > 0 and self._reach[before - 1] >= end

    def near(self, start: int, end: int, within: int) -> bool:
        """Whether one that isn't inside lies at most `within` characters away."""
        before = bisect_left(self._starts, start)
        if before > 0 and self._reach[before - 1] >= start - within:
            return True
        # Those that begin inside or behind: one that ends behind counts.
        after = bisect_right(self._starts, end + within)
        return after > before and self._reach[after - 1] > end
