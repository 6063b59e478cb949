"""What several serving processes hold together, so that a limit is one for all: counters in memory that they share.

Each process writes its own counts and reads the others', so nothing is locked. A place is claimed first and looked at
then: two processes may both be refused the last one, but they never both get it. What is counted by client address lies
in tables whose rows each place an address elsewhere (count-min sketches): they hold no addresses, have one size
whatever comes, and can only count too many, and that only if a busy client shares a place with another in every row.

The file is made by the supervisor (`proxy.fleet`), which clears what a process counted that has died.
"""

import mmap
import secrets
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Protocol, Self, override

_ROWS = 3
_COLUMNS = 8192
_TABLE = _ROWS * _COLUMNS
_KEY = 16  # bytes in front of all: nobody outside can choose addresses that share places
_NUMBERS = 8  # of eight bytes, at the start of each member's part
_TABLES = 3  # of four bytes a place: open connections; newcomers of even windows, of odd windows
_MEMBER = 8 * _NUMBERS + 4 * _TABLES * _TABLE
_BODIES, _REQUESTS, _CONNECTIONS, _WINDOWS = range(
    4
)  # of the numbers; last the even window that is counted, and the odd
_OPEN, _CAME = 0, 1  # of the tables
_NOTHING = memoryview(bytes(4 * _TABLE)).cast("I")


class Others(Protocol):
    """The other serving processes. They are told what this one holds, and asked what they hold."""

    def bodies(self, held: int) -> int:
        """Tell the bytes of bodies held here; theirs."""

    def requests(self, running: int) -> int:
        """Tell the requests inspected here; theirs."""

    def opened(self, address: str) -> tuple[int, int]:
        """Tell of one more connection; theirs from this address, and in all."""

    def closed(self, address: str) -> None:
        """Tell of one connection fewer."""

    def came(self, address: str, window: int) -> None:
        """Tell that a connection was let in, and in which stretch of time."""

    def newcomers(self, address: str, window: int) -> int:
        """How many connections they let in from this address in that stretch of time."""


class Alone(Others):
    """There is no other process."""

    @override
    def bodies(self, held: int) -> int:
        """None."""
        return 0

    @override
    def requests(self, running: int) -> int:
        """None."""
        return 0

    @override
    def opened(self, address: str) -> tuple[int, int]:
        """None."""
        return 0, 0

    @override
    def closed(self, address: str) -> None:
        """Nobody is told."""

    @override
    def came(self, address: str, window: int) -> None:
        """Nobody is told."""

    @override
    def newcomers(self, address: str, window: int) -> int:
        """None."""
        return 0


def make_shares(path: Path, members: int) -> None:
    """Make the file for so many processes, with nothing counted."""
    with path.open("xb") as file:
        file.write(secrets.token_bytes(_KEY))
        file.truncate(_KEY + members * _MEMBER)


def clear_share(path: Path, member: int) -> None:
    """A process is gone and holds nothing any more."""
    with path.open("r+b") as file:
        file.seek(_KEY + member * _MEMBER)
        file.write(bytes(_MEMBER))


@dataclass(frozen=True, slots=True)
class _Part:
    """What one process counts."""

    numbers: memoryview
    tables: tuple[memoryview, ...]

    def least(self, table: int, places: tuple[int, ...]) -> int:
        counts = self.tables[table]
        return min(counts[place] for place in places)


@dataclass(frozen=True, slots=True)
class Shares:
    """The shared counters, as one of the processes uses them."""

    _key: bytes = field(repr=False)
    _own: _Part = field(repr=False)
    _others: tuple[_Part, ...] = field(repr=False)

    @classmethod
    def open(cls, path: Path, member: int) -> Self:
        """Count as this member. Raises `OSError`, `IndexError`."""
        with path.open("r+b") as file:
            memory = memoryview(mmap.mmap(file.fileno(), 0))
        parts = [_part(memory[start : start + _MEMBER]) for start in range(_KEY, len(memory), _MEMBER)]
        own = parts.pop(member)
        return cls(bytes(memory[:_KEY]), own, tuple(parts))

    def bodies(self, held: int) -> int:
        """Tell the bytes of bodies held here; theirs."""
        return self._tell(_BODIES, held)

    def requests(self, running: int) -> int:
        """Tell the requests inspected here; theirs."""
        return self._tell(_REQUESTS, running)

    def opened(self, address: str) -> tuple[int, int]:
        """Tell of one more connection; theirs from this address, and in all."""
        places = self._places(address)
        self._add(_OPEN, places, 1)
        total = self._tell(_CONNECTIONS, self._own.numbers[_CONNECTIONS] + 1)
        return sum(part.least(_OPEN, places) for part in self._others), total

    def closed(self, address: str) -> None:
        """Tell of one connection fewer."""
        self._add(_OPEN, self._places(address), -1)
        self._tell(_CONNECTIONS, self._own.numbers[_CONNECTIONS] - 1)

    def came(self, address: str, window: int) -> None:
        """Tell that a connection was let in, and in which stretch of time."""
        turn = window % 2
        if self._own.numbers[_WINDOWS + turn] != window:
            self._own.tables[_CAME + turn][:] = _NOTHING
            self._own.numbers[_WINDOWS + turn] = window
        self._add(_CAME + turn, self._places(address), 1)

    def newcomers(self, address: str, window: int) -> int:
        """How many connections they let in from this address in that stretch of time."""
        turn, places = window % 2, self._places(address)
        counting = (part for part in self._others if part.numbers[_WINDOWS + turn] == window)
        return sum(part.least(_CAME + turn, places) for part in counting)

    def _tell(self, number: int, value: int) -> int:
        self._own.numbers[number] = value
        return sum(part.numbers[number] for part in self._others)

    def _add(self, table: int, places: tuple[int, ...], change: int) -> None:
        counts = self._own.tables[table]
        for place in places:
            counts[place] += change

    def _places(self, address: str) -> tuple[int, ...]:
        digest = blake2b(address.encode(), key=self._key, digest_size=4 * _ROWS).digest()
        return tuple(row * _COLUMNS + int.from_bytes(digest[4 * row : 4 * row + 4]) % _COLUMNS for row in range(_ROWS))


def _part(memory: memoryview) -> _Part:
    start, size = 8 * _NUMBERS, 4 * _TABLE
    tables = (memory[start + table * size : start + (table + 1) * size].cast("I") for table in range(_TABLES))
    return _Part(memory[:start].cast("Q"), tuple(tables))
