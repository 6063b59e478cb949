"""Counts of several processes: exact for what is summed, never too few for what is counted by address."""

from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.shares import Alone, Shares, clear_share, make_shares


@pytest.fixture
def file(tmp_path: Path) -> Path:
    make_shares(tmp_path / "shares", 3)
    return tmp_path / "shares"


def test_each_hears_the_sum_of_the_others(file: Path) -> None:
    one, two, three = (Shares.open(file, place) for place in range(3))
    assert one.bodies(2**40) == 0
    assert two.bodies(5) == 2**40
    assert three.bodies(0) == 2**40 + 5
    assert (one.requests(3), two.requests(4), three.requests(0), one.requests(0)) == (0, 3, 7, 4)
    assert two.opened("10.0.0.1") == (0, 0)
    assert three.opened("10.0.0.1") == (1, 1)
    assert one.opened("10.0.0.2") == (0, 2)
    two.closed("10.0.0.1")
    assert one.opened("10.0.0.1") == (1, 1)


def test_newcomers_belong_to_a_stretch_of_time(file: Path) -> None:
    one, two, _ = (Shares.open(file, place) for place in range(3))
    for _ in range(3):
        two.came("10.0.0.1", 7)
    assert (one.newcomers("10.0.0.1", 7), one.newcomers("10.0.0.1", 8), two.newcomers("10.0.0.1", 7)) == (3, 0, 0)
    two.came("10.0.0.1", 8)
    assert (one.newcomers("10.0.0.1", 7), one.newcomers("10.0.0.1", 8)) == (3, 1)
    two.came("10.0.0.2", 9)
    assert (one.newcomers("10.0.0.1", 7), one.newcomers("10.0.0.1", 9)) == (0, 0)


def test_a_process_that_died_holds_nothing(file: Path) -> None:
    one, two, _ = (Shares.open(file, place) for place in range(3))
    two.bodies(7)
    two.requests(1)
    two.opened("10.0.0.1")
    two.came("10.0.0.1", 4)
    clear_share(file, 1)
    assert (one.bodies(0), one.requests(0), one.newcomers("10.0.0.1", 4)) == (0, 0, 0)
    assert one.opened("10.0.0.1") == (0, 0)
    assert Shares.open(file, 1).bodies(0) == 0


def test_the_file_holds_no_addresses(file: Path) -> None:
    Shares.open(file, 0).opened("10.20.30.40")
    data = file.read_bytes()
    assert b"10.20.30.40" not in data
    assert bytes([10, 20, 30, 40]) not in data
    assert "key" not in repr(Shares.open(file, 0))


def test_a_place_that_there_is_not(file: Path) -> None:
    with pytest.raises(IndexError):
        Shares.open(file, 3)
    with pytest.raises(FileExistsError):
        make_shares(file, 3)


def test_alone_there_is_nobody() -> None:
    alone = Alone()
    alone.came("a", 1)
    alone.closed("a")
    assert (alone.bodies(5), alone.requests(5), alone.opened("a"), alone.newcomers("a", 1)) == (0, 0, (0, 0), 0)


@given(st.lists(st.tuples(st.integers(0, 300), st.booleans()), max_size=200))
def test_never_fewer_than_there_are(steps: list[tuple[int, bool]]) -> None:
    with TemporaryDirectory() as name:
        make_shares(Path(name) / "shares", 2)
        one, two = (Shares.open(Path(name) / "shares", place) for place in range(2))
        open_now: Counter[str] = Counter()
        for number, opens in steps:
            address = f"10.0.{number // 256}.{number % 256}"
            if opens:
                one.opened(address)
                open_now[address] += 1
            elif open_now[address]:
                one.closed(address)
                open_now[address] -= 1
        for address, count in open_now.items():
            of_address, total = two.opened(address)
            assert count <= of_address <= total == open_now.total()
