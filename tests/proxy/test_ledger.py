"""What is spent, and who has answered: laws of counting, other processes, other people, broken files."""

import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy import ledger as ledger_module
from proxy.ledger import ASKED_SECONDS, USD, Charge, Ledger, LedgerError, Spent

NOON = 1_795_521_600.0  # a whole multiple of a day, in UTC
KEY = b"k" * 32


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    one = Ledger(tmp_path / "ledger.db", KEY)
    yield one
    one.close()


def charge(
    amount: int = 1, limit: int = 2, subject: str = "department:lab", *, budget: str = "b", every: str = "minute",
    unit: str = "requests", binding: bool = True,
) -> Charge:  # fmt: skip
    return Charge(budget, unit, (subject,), every, amount, limit, binding)


def test_what_is_spent_is_refused_until_the_time_is_over(ledger: Ledger) -> None:
    assert ledger.spend([charge()], NOON) == ()
    assert ledger.spend([charge()], NOON + 10) == ()
    assert ledger.spend([charge()], NOON + 45) == (Spent("b", 15),)
    assert ledger.spend([charge()], NOON + 59.9) == (Spent("b", 1),)
    assert ledger.spend([charge()], NOON + 60) == ()


def test_others_have_their_own(ledger: Ledger) -> None:
    assert ledger.spend([charge(limit=1)], NOON) == ()
    assert ledger.spend([charge(limit=1, subject="department:finance")], NOON) == ()
    assert ledger.spend([charge(limit=1, budget="c")], NOON) == ()
    assert ledger.spend([charge(limit=1, unit="bytes")], NOON) == ()
    assert ledger.spend([charge(limit=1)], NOON) != ()


def test_one_that_finds_too_little_spends_none(ledger: Ledger) -> None:
    small, large = charge(5, 5, budget="small"), charge(5, 100, budget="large")
    assert ledger.spend([small, large], NOON) == ()
    assert ledger.spend([large, small], NOON) == (Spent("small", 60),)
    assert ledger.spend([charge(90, 100, budget="large")], NOON) == ()
    assert ledger.spend([charge(6, 100, budget="large")], NOON) == (Spent("large", 60),)


def test_a_charge_that_does_not_bind_is_counted_beyond_the_limit(ledger: Ledger) -> None:
    free = charge(limit=1, binding=False)
    assert [ledger.spend([free], NOON) for _ in range(3)] == [(), (Spent("b", 60),), (Spent("b", 60),)]
    assert ledger.spend([charge(limit=3)], NOON) == (Spent("b", 60),)  # three are counted
    assert ledger.spend([free, charge(limit=0, budget="c")], NOON) == (Spent("b", 60), Spent("c", 60))
    assert ledger.spend([charge(limit=4)], NOON) != ()  # the one that doesn't bind was counted all the same


@given(st.lists(st.integers(1, 40), max_size=20), st.integers(1, 100))
def test_never_more_than_the_limit(amounts: list[int], limit: int) -> None:
    used = 0
    with TemporaryDirectory() as folder:
        ledger = Ledger(Path(folder) / "ledger.db", KEY)
        for amount in amounts:
            passed = not ledger.spend([charge(amount, limit)], NOON)
            assert passed == (used + amount <= limit)
            used += amount * passed
        ledger.close()
    assert used <= limit


def test_processes_share_what_there_is(ledger: Ledger) -> None:
    """Four processes at once get no more together than one would."""
    program = (
        "import sys; from pathlib import Path; from proxy.ledger import Charge, Ledger\n"
        "ledger = Ledger(Path(sys.argv[1]), b'k' * 32)\n"
        "charge = Charge('b', 'requests', ('department:lab',), 'minute', 1, 50)\n"
        f"print(sum(not ledger.spend([charge], {NOON}) for _ in range(30)))"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", program, str(ledger.path)], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    assert sum(int(process.communicate()[0]) for process in running) == 50
    assert ledger.spend([charge(limit=50)], NOON) != ()


def test_it_outlives_its_process(ledger: Ledger) -> None:
    ledger.spend([charge(limit=1)], NOON)
    ledger.ask("D1", b"who", b"what", ["r"], NOON)
    ledger.close()
    again = Ledger(ledger.path, KEY)
    assert again.spend([charge(limit=1)], NOON) != ()
    assert again.asked("D1", NOON) == ("r",)
    again.close()


def test_it_is_bounded(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_module, "_MOST_SUBJECTS", 5)
    monkeypatch.setattr(ledger_module, "_MOST_ASKED", 3)
    refused = [bool(ledger.spend([charge(limit=2, subject=f"user:{number}")], NOON)) for number in range(20)]
    assert not any(refused[:7])
    assert all(refused[7:])  # all who come too late share one
    for number in range(10):
        ledger.ask(f"D{number}", b"who", b"what", ["r"], NOON + number)
    assert [ledger.asked(f"D{number}", NOON + 10) for number in range(10)] == [None] * 7 + [("r",)] * 3
    count = "SELECT count(*) FROM spent"
    with sqlite3.connect(ledger.path) as reader:
        assert reader.execute(count).fetchone() == (6,)
    monkeypatch.setattr(ledger_module, "_SWEEP", 1)
    monkeypatch.setattr(ledger_module, "_MOST_SUBJECTS", 50)
    ledger.spend([charge()], NOON + 3600)
    with sqlite3.connect(ledger.path) as reader:
        assert reader.execute(count).fetchone()[0] <= 7


def test_an_answer_holds_for_the_same_person_and_request(ledger: Ledger) -> None:
    ledger.ask("D1", b"ana", b"body", ["b", "a"], NOON)
    assert ledger.answered(b"ana", b"body", NOON) is None
    answer = ledger.answer("D1", "The customer asked.", NOON + 5)
    assert answer is not None
    assert (answer.rules, answer.length) == (("a", "b"), 19)
    assert ledger.answered(b"ana", b"body", NOON + 10) == answer
    assert ledger.answered(b"bob", b"body", NOON + 10) is None
    assert ledger.answered(b"ana", b"other", NOON + 10) is None


def test_answers_expire(ledger: Ledger) -> None:
    ledger.ask("D1", b"ana", b"body", ["a"], NOON)
    ledger.answer("D1", "The customer asked.", NOON + 3000)
    assert ledger.answered(b"ana", b"body", NOON + 3000 + ASKED_SECONDS - 1) is not None
    assert ledger.answered(b"ana", b"body", NOON + 3000 + ASKED_SECONDS) is None
    ledger.ask("D2", b"ana", b"body", ["a"], NOON)
    assert ledger.answer("D2", "The customer asked.", NOON + ASKED_SECONDS) is None


def test_nobody_was_asked(ledger: Ledger) -> None:
    assert ledger.answer("D9", "The customer asked.", NOON) is None
    assert ledger.asked("D9", NOON) is None


def test_several_answers_add_up(ledger: Ledger) -> None:
    ledger.ask("D1", b"ana", b"body", ["a"], NOON)
    ledger.ask("D2", b"ana", b"body", ["b"], NOON + 1)
    ledger.answer("D1", "The customer asked.", NOON + 2)
    ledger.answer("D2", "The customer asked again.", NOON + 3)
    answer = ledger.answered(b"ana", b"body", NOON + 4)
    assert answer is not None
    assert answer.rules == ("a", "b")


def test_the_file_holds_no_names_and_no_words(ledger: Ledger) -> None:
    ledger.spend([charge(subject="user:anna.schmidt")], NOON)
    ledger.ask("D1", ledger.hash("who", "anna.schmidt"), ledger.hash("what", b"my secret"), ["a"], NOON)
    ledger.answer("D1", "Mister Miller wants it", NOON)
    ledger.close()
    written = b"".join(path.read_bytes() for path in ledger.path.parent.iterdir())
    assert b"schmidt" not in written
    assert b"secret" not in written
    assert b"Miller" not in written
    assert "k" * 8 not in repr(ledger)
    assert stat.S_IMODE(ledger.path.stat().st_mode) == 0o600


def test_hashes_are_keyed_and_have_no_seams(tmp_path: Path, ledger: Ledger) -> None:
    other = Ledger(tmp_path / "other.db", b"o" * 32)
    assert ledger.hash("who", "a") != other.hash("who", "a")
    assert ledger.hash("who", "a") != ledger.hash("what", "a")
    assert ledger.hash("who", "ab", "c") != ledger.hash("who", "a", "bc")
    assert ledger.hash("who", "\ud800")  # what no UTF-8 holds
    other.close()


def test_a_file_that_is_no_ledger(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(LedgerError, match=r"ledger\.db: the ledger can't be opened"):
        Ledger(path, KEY)
    with pytest.raises(LedgerError):
        Ledger(tmp_path / "none" / "ledger.db", KEY)


def test_a_ledger_that_breaks_says_so(ledger: Ledger) -> None:
    with sqlite3.connect(ledger.path) as other:
        other.execute("DROP TABLE spent")
        other.execute("DROP TABLE asked")
    for use in (
        lambda: ledger.spend([charge()], NOON),
        lambda: ledger.ask("D", b"a", b"b", ["r"], NOON),
        lambda: ledger.answer("D", "The customer asked.", NOON),
        lambda: ledger.answered(b"a", b"b", NOON),
        lambda: ledger.asked("D", NOON),
    ):
        with pytest.raises(LedgerError, match="the ledger can't be used"):
            use()


def test_one_that_is_locked_is_refused_in_the_end(ledger: Ledger) -> None:
    ledger._connection.execute("PRAGMA busy_timeout = 50")
    other = sqlite3.connect(ledger.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LedgerError):
        ledger.spend([charge()], NOON)
    other.execute("COMMIT")
    assert ledger.spend([charge()], NOON) == ()
    other.close()


def test_what_is_used_up_and_who_passes_a_soft_limit(ledger: Ledger) -> None:
    money = Charge("month", USD, ("department:lab",), "month", 300, 1000, soft=800)
    assert ledger.used([money, charge(limit=4)], NOON) == {"month": 0.0, "b": 0.0}
    assert [bool(ledger.add([money], NOON)) for _ in range(4)] == [False, False, True, False]
    ledger.spend([charge(limit=4)], NOON)
    assert ledger.used([money, charge(limit=4)], NOON) == {"month": 1.2, "b": 0.25}
    assert ledger.used([charge(limit=4), charge(limit=2, budget="b")], NOON) == {"b": 0.5}  # its fullest unit
    assert ledger.used([money], NOON + 40 * 86_400) == {"month": 0.0}
    assert ledger.add([charge(limit=4)], NOON) == ()
