"""Counts of agreement: kept over processes, turned off only when it is shown, and on again when somebody says so."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.agreement import LEAST, Agreement, AgreementError, Agreements, wilson


def seen(agreed: bool, revision: str = "sha256:a") -> Agreement:
    return Agreement("sorter", revision, "large", 1, int(agreed), 0.9)


def test_it_is_turned_off_once_when_it_is_shown_to_be_below(tmp_path: Path) -> None:
    counts = Agreements(tmp_path / "agreement.db")
    turned = [counts.count(seen(n % 2 == 0))[1] for n in range(LEAST + 20)]
    assert turned.count(True) == 1
    assert turned.index(True) >= LEAST - 1
    (row,) = Agreements(tmp_path / "agreement.db").rows()
    assert (row.compared, row.agreed) == (LEAST + 20, (LEAST + 20) // 2)
    assert row.off > 0
    assert (tmp_path / "agreement.db").stat().st_mode & 0o777 == 0o600


def test_what_agrees_stays_on(tmp_path: Path) -> None:
    counts = Agreements(tmp_path / "agreement.db")
    for n in range(200):
        assert not counts.count(seen(n % 10 != 0))[1]  # nine in ten is what it has to reach


def test_one_that_was_chosen_anew_begins_anew(tmp_path: Path) -> None:
    counts = Agreements(tmp_path / "agreement.db")
    for _ in range(LEAST):
        counts.count(seen(agreed=False))
    found, turned = counts.count(seen(agreed=True, revision="sha256:b"))
    assert (found.compared, turned, found.off) == (1, False, 0)


def test_reset_forgets(tmp_path: Path) -> None:
    counts = Agreements(tmp_path / "agreement.db")
    counts.count(seen(agreed=True))
    assert counts.reset("other") == 0
    assert counts.reset("sorter") == 1
    assert counts.rows() == ()


def test_a_file_that_can_not_be_used_is_told(tmp_path: Path) -> None:
    with pytest.raises(AgreementError, match="can't be used"):
        Agreements(tmp_path / "none" / "agreement.db").rows()
    (tmp_path / "bad.db").write_bytes(b"no database at all, but long enough to be read as one" * 20)
    with pytest.raises(AgreementError, match="can't be used"):
        Agreements(tmp_path / "bad.db").rows()


@given(st.integers(0, 500), st.integers(0, 500))
def test_the_interval_holds_the_share(right: int, wrong: int) -> None:
    least, most = wilson(right, right + wrong)
    assert 0.0 <= least <= most <= 1.0
    if right + wrong:
        assert least <= right / (right + wrong) + 1e-9
        assert most >= right / (right + wrong) - 1e-9
