import pytest

from bench import parts
from detectors import scan


def test_shares(monkeypatch):
    monkeypatch.setattr(parts, "ROUNDS", 1)
    steps = {name: getattr(scan, name) for name in parts._STEPS}
    told = parts.shares(["My name is Ana Novak, I live in Lisbon and my card is 4111 1111 1111 1111."] * 3)
    assert sum(told.values()) == pytest.approx(1)
    assert {"names", "everything else"} <= told.keys()
    assert {name: getattr(scan, name) for name in parts._STEPS} == steps
