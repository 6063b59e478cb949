"""Connections that come fast: a sliding stretch of time, the clients apart, the pace kept and not starved."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from proxy.newcomers import SECONDS, Newcomers
from proxy.shares import Alone, Shares, make_shares


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


def let_in(counted: Newcomers, tries: int, address: str = "10.0.0.1", most: int = 20) -> int:
    return [counted.admit(address, most) for _ in range(tries)].count(True)


def test_so_many_in_so_long_and_some_are_told() -> None:
    counted = Newcomers(Alone(), Clock())
    answers = [counted.admit("10.0.0.1", 20) for _ in range(40)]
    assert answers == [True] * 20 + [None] * 3 + [False] * 17
    assert counted.admit("10.0.0.2", 20) is True


@pytest.mark.parametrize(("later", "many"), [(0, 0), (SECONDS, 0), (1.5 * SECONDS, 10), (2 * SECONDS, 20), (90, 20)])
def test_what_came_before_counts_less_and_less(later: float, many: int) -> None:
    clock = Clock()
    counted = Newcomers(Alone(), clock)
    assert let_in(counted, 30) == 20
    clock.now += later
    assert let_in(counted, 30) == many


def test_a_client_that_comes_too_often_keeps_the_pace_that_it_may_have() -> None:
    clock = Clock()
    counted = Newcomers(Alone(), clock)
    came = 0
    for _ in range(1000):  # ten times as fast as it may, for 50 stretches
        came += let_in(counted, 10)
        clock.now += SECONDS / 20
    assert 0.9 * 20 * 50 <= came <= 1.1 * 20 * 50


def test_processes_count_together(tmp_path: Path) -> None:
    clock = Clock()
    make_shares(tmp_path / "shares", 2)
    one, two = (Newcomers(Shares.open(tmp_path / "shares", place), clock) for place in range(2))
    assert (let_in(one, 15), let_in(two, 15), let_in(one, 5)) == (15, 5, 0)
    assert let_in(two, 5, "10.0.0.2") == 5
    clock.now += 1.5 * SECONDS
    assert let_in(two, 30) == 10
    clock.now += 2 * SECONDS
    assert let_in(one, 30) == 20
