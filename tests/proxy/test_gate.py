"""Counting what is held: by declared length, by the most that may come, per client."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.settings import LimitSettings
from proxy.gate import Gate, body_size
from proxy.shares import Shares, clear_share, make_shares

LIMITS = LimitSettings(
    body_bytes=2000,
    inflight_bytes=5000,
    headers=10,
    header_bytes=1024,
    connections=20,
    connections_per_client=10,
    new_connections_per_client=100,
)


def length(number: int) -> dict[str, str]:
    return {"content-length": str(number)}


@pytest.fixture
def gate() -> Gate:
    return Gate(lambda: LIMITS)


@pytest.mark.parametrize(
    ("headers", "size"),
    [
        ({}, 0),
        (length(0), 0),
        (length(1999), 1999),
        ({"transfer-encoding": "chunked"}, 2000),
        ({"content-type": "application/json"}, 2000),  # HTTP/2 without a length
        ({"content-length": "-1"}, 0),
        ({"content-length": "١٢", "content-type": "x"}, 2000),
        ({"content-length": "5, 5", "transfer-encoding": "chunked"}, 2000),
    ],
)
def test_body_size(headers: dict[str, str], size: int) -> None:
    assert body_size(headers, 2000) == size


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        (length(2000), None),
        (length(2001), ("body_too_large", 413)),
        ({f"a{number}": "b" for number in range(10)}, None),
        ({f"a{number}": "b" for number in range(11)}, ("headers_too_large", 431)),
        ({"a": "b" * 1000}, None),
        ({"a": "b" * 1024}, ("headers_too_large", 431)),
    ],
)
def test_one_request(gate: Gate, headers: dict[str, str], why: tuple[str, int] | None) -> None:
    assert gate.refuses("c", "f", headers) == why
    assert (gate.held > 0) == (why is None and "content-length" in headers)


def test_bodies_of_all_requests_are_bounded(gate: Gate) -> None:
    assert gate.refuses("c", "1", length(2000)) is None
    assert gate.refuses("c", "2", {"transfer-encoding": "chunked"}) is None
    assert gate.refuses("c", "3", length(1001)) == ("bodies_too_large", 503)
    assert gate.refuses("c", "4", length(1000)) is None
    gate.release("1")
    gate.release("1")
    assert gate.refuses("c", "3", length(2000)) is None
    for flow in "234":
        gate.release(flow)
    assert gate.held == 0


def test_connections_of_one_client(gate: Gate) -> None:
    for number in range(10):
        assert gate.connected(f"c{number}", "10.0.0.1") is None
    assert gate.connected("told", "10.0.0.1") is None
    assert gate.excess("told") == ("too_many_connections", 503)
    assert gate.refuses("told", "f", {}) == ("too_many_connections", 503)
    while (why := gate.connected(f"more{number}", "10.0.0.1")) is None:
        number += 1
        assert number < 20
    assert why == "too_many_connections"
    assert gate.connected("other", "10.0.0.2") is None
    assert gate.excess("other") is None
    for number in range(10):
        gate.gone(f"c{number}")
    assert gate.connected("again", "10.0.0.1") is None
    assert gate.excess("again") is None


def test_connections_in_all(gate: Gate) -> None:
    for number in range(20):
        assert gate.connected(f"c{number}", f"10.0.0.{number}") is None
    assert gate.connected("told", "10.0.1.1") is None
    assert gate.excess("told") == ("too_many_connections", 503)
    gate.connected("told too", "10.0.1.1")
    assert gate.connected("closed", "10.0.1.1") == "too_many_connections"


def test_connections_that_come_too_fast() -> None:
    now = 1000.0
    gate = Gate(lambda: LIMITS, clock=lambda: now)
    for number in range(100):
        assert gate.connected(f"c{number}", "10.0.0.1") is None
        gate.gone(f"c{number}")
    assert gate.connected("told", "10.0.0.1") is None
    assert gate.refuses("told", "f", {}) == ("too_many_new_connections", 429)
    gate.gone("told")
    for number in range(20):
        why = gate.connected(f"more{number}", "10.0.0.1")
        gate.gone(f"more{number}")
    assert why == "too_many_new_connections"
    assert gate.connected("other", "10.0.0.2") is None
    assert gate.excess("other") is None
    now += 20
    assert gate.connected("again", "10.0.0.1") is None
    assert gate.excess("again") is None


@pytest.fixture
def gates(tmp_path: Path) -> list[Gate]:
    """Of three serving processes."""
    make_shares(tmp_path / "shares", 3)
    return [Gate(lambda: LIMITS, Shares.open(tmp_path / "shares", place)) for place in range(3)]


def test_bodies_are_bounded_over_all_processes(gates: list[Gate]) -> None:
    assert gates[0].refuses("c", "1", length(2000)) is None
    assert gates[1].refuses("c", "2", length(2000)) is None
    assert gates[2].refuses("c", "3", length(1001)) == ("bodies_too_large", 503)
    assert gates[2].refuses("c", "3", length(1000)) is None
    assert gates[1].refuses("c", "4", length(1)) == ("bodies_too_large", 503)
    gates[0].release("1")
    assert gates[1].refuses("c", "4", length(2000)) is None


def test_connections_are_bounded_over_all_processes(gates: list[Gate], tmp_path: Path) -> None:
    for number in range(10):
        assert gates[number % 3].connected(f"c{number}", "10.0.0.1") is None
        assert gates[number % 3].excess(f"c{number}") is None
    assert gates[1].connected("told", "10.0.0.1") is None
    assert gates[1].excess("told") == ("too_many_connections", 503)
    gates[1].gone("told")
    assert gates[2].connected("other", "10.0.0.2") is None
    assert gates[2].excess("other") is None
    gates[0].gone("c0")
    assert gates[1].connected("again", "10.0.0.1") is None
    assert gates[1].excess("again") is None
    clear_share(tmp_path / "shares", 1)  # it died
    for number in range(4):
        assert gates[2].connected(f"d{number}", "10.0.0.1") is None
        assert gates[2].excess(f"d{number}") is None
    gates[2].connected("d5", "10.0.0.1")
    assert gates[2].excess("d5") == ("too_many_connections", 503)


def test_connections_in_all_are_bounded_over_all_processes(gates: list[Gate]) -> None:
    for number in range(20):
        assert gates[number % 3].connected(f"c{number}", f"10.0.0.{number}") is None
    assert gates[0].connected("told", "10.0.1.1") is None
    assert gates[0].excess("told") == ("too_many_connections", 503)


def test_what_is_refused_leaves_no_count(gates: list[Gate]) -> None:
    for number in range(40):
        gates[0].connected(f"c{number}", "10.0.0.1")
    for number in range(40):
        gates[0].gone(f"c{number}")
    assert gates[0].refuses("c", "1", length(2000)) is None
    for number in range(9):
        gates[0].refuses("c", f"no{number}", length(2000))
    for flow in ("1", *(f"no{number}" for number in range(9))):
        gates[0].release(flow)
    for number in range(9):
        assert gates[1].connected(f"c{number}", "10.0.0.1") is None
        assert gates[1].excess(f"c{number}") is None
    assert gates[1].refuses("c", "1", length(2000)) is None
    assert gates[1].refuses("c", "2", length(2000)) is None


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["come", "go"])), max_size=60))
def test_what_goes_is_forgotten(steps: list[tuple[str, str]]) -> None:
    gate = Gate(lambda: LIMITS)
    for name, step in steps:
        if step == "come" and name not in gate._addresses:
            gate.connected(name, "10.0.0.1")
            gate.refuses(name, name, length(100))
        else:
            gate.gone(name)
            gate.release(name)
    for name in "abc":
        gate.gone(name)
        gate.release(name)
    assert (gate.held, gate._addresses, gate._clients, gate._excess) == (0, {}, {}, {})


def test_a_message_is_counted_as_it_grows(gate: Gate) -> None:
    assert gate.keeps("f", 1500)
    assert gate.keeps("f", 3000)
    assert gate.held == 3000
    assert gate.keeps("g", 2000)
    assert not gate.keeps("g", 2001)
    assert gate.held == 5000
    assert gate.refuses("c", "h", length(1)) == ("bodies_too_large", 503)
    gate.release("f")
    gate.release("f")
    assert gate.held == 2000
    assert gate.keeps("g", 5000)
    gate.release("g")
    assert gate.held == 0
