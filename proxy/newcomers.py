"""How fast one client may open connections: each costs a TLS handshake, which costs more than most requests do.

Counted over a sliding stretch of time: what came in the running window, and of the window before the part that is not
yet too long ago. Only what was let in counts, so that a client that comes too often keeps the pace that it may have.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from proxy.shares import Others

SECONDS = 10.0
_TOLD = 0.1  # of the limit: so many more are let in to be told why; the others are closed at once


@dataclass(slots=True)
class Newcomers:
    """The counts of this process; `others` has those of the other ones."""

    others: Others
    clock: Callable[[], float]
    _window: int = 0
    _now: Counter[str] = field(default_factory=Counter, repr=False)
    _before: Counter[str] = field(default_factory=Counter, repr=False)
    _told: Counter[str] = field(default_factory=Counter, repr=False)  # in this window

    def admit(self, address: str, most: int) -> bool | None:
        """Whether one more connection may come in; None: no, but it may be told so."""
        left = self._turn()
        window = self._window
        now = self._now[address] + self.others.newcomers(address, window)
        before = self._before[address] + self.others.newcomers(address, window - 1)
        if now + before * left < most:
            self._now[address] += 1
            self.others.came(address, window)
            return True
        if self._told[address] > most * _TOLD:
            return False
        self._told[address] += 1
        return None

    def _turn(self) -> float:
        """Go on to the window of today; the part of the one before that still counts."""
        window, passed = divmod(self.clock(), SECONDS)
        if window != self._window:
            self._before = self._now if window == self._window + 1 else Counter()
            self._now, self._told, self._window = Counter(), Counter(), int(window)
        return 1.0 - passed / SECONDS
