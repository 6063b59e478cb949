"""The vault: who gets what back, what is on disk, what happens when it can't be read or written."""

import sqlite3
import stat
from pathlib import Path

import pytest

from proxy.vault import DAY, SURROGATE, Entry, Vault, VaultError

ANNA = Entry("PERSON_7KQ2MXAB", "PERSON", "Anna Schmidt")
KEY = b"k" * 32


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def vault(tmp_path: Path, clock: Clock):
    opened = Vault(tmp_path / "vault.db", KEY, days=10, clock=clock)
    yield opened
    opened.close()


def value(vault: Vault, scope: str, person: str, token: str) -> str | None:
    view = vault.view(scope, person)
    return view.value(token) if view is not None else None


def test_a_person_gets_a_value_back_and_nobody_else(vault: Vault) -> None:
    vault.keep("department:support", "ana", [ANNA])
    assert value(vault, "department:support", "ana", ANNA.text) == "Anna Schmidt"
    for scope, person in (("department:support", "bob"), ("department:legal", "ana"), ("department:support", "")):
        assert vault.view(scope, person) is None
    assert value(vault, "department:support", "ana", "PERSON_7KQ2MXAC") is None


def test_it_outlives_the_process(vault: Vault, tmp_path: Path, clock: Clock) -> None:
    vault.keep("s", "ana", [ANNA])
    other = Vault(tmp_path / "vault.db", KEY, clock=clock)
    assert value(other, "s", "ana", ANNA.text) == "Anna Schmidt"
    other.keep("s", "ana", [Entry("EMAIL_ADDRESS_1", "EMAIL_ADDRESS", "a@b.c")])
    assert value(vault, "s", "ana", "EMAIL_ADDRESS_1") == "a@b.c", "another process's entries are seen at once"
    other.close()


def test_entries_expire_and_making_them_again_prolongs_them(vault: Vault, clock: Clock) -> None:
    vault.keep("s", "ana", [ANNA])
    clock.now += 6 * DAY
    assert not vault.keeps("s", "ana", [ANNA])
    vault.keep("s", "ana", [ANNA])
    clock.now += 9 * DAY
    assert value(vault, "s", "ana", ANNA.text) == "Anna Schmidt"
    clock.now += 2 * DAY
    assert value(vault, "s", "ana", ANNA.text) is None
    assert vault.view("s", "ana") is None


def test_what_has_expired_is_gone_from_the_file_after_a_start(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "v.db"
    first = Vault(path, KEY, days=1, clock=clock)
    first.keep("s", "ana", [ANNA])
    first.close()
    clock.now += 2 * DAY
    Vault(path, KEY, days=1, clock=clock).close()
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_what_was_kept_lately_is_not_written_again(vault: Vault) -> None:
    assert not vault.keeps("s", "ana", [ANNA])
    vault.keep("s", "ana", [ANNA])
    assert vault.keeps("s", "ana", [ANNA])
    assert not vault.keeps("s", "bob", [ANNA])
    assert not vault.keeps("s", "ana", [ANNA._replace(value=None)])


def test_a_token_that_is_not_turned_back_is_known_without_its_value(vault: Vault) -> None:
    vault.keep("s", "ana", [ANNA._replace(value=None)])
    view = vault.view("s", "ana")
    assert view is not None
    assert view.entry(ANNA.text) == ANNA._replace(value=None)
    assert view.value(ANNA.text) is None
    vault.keep("s", "ana", [ANNA])
    assert value(vault, "s", "ana", ANNA.text) == "Anna Schmidt", "the policy lets it be turned back now"
    vault.keep("s", "ana", [ANNA._replace(value=None)])
    assert value(vault, "s", "ana", ANNA.text) is None, "and now it doesn't any more"


@pytest.mark.parametrize("kind", ["PERSON", SURROGATE])
def test_what_stands_for_two_values_is_turned_back_to_neither(vault: Vault, kind: str) -> None:
    vault.keep("s", "ana", [Entry("Tavian Merrow", kind, "Anna Schmidt")])
    vault.keep("s", "ana", [Entry("Tavian Merrow", kind, "Bob Miller")])
    view = vault.view("s", "ana")
    assert view is not None
    assert view.value("Tavian Merrow") is None
    assert view.surrogates == {}
    if kind == SURROGATE:
        vault.keep("s", "ana", [Entry("Tavian Merrow", kind, "Carl Jones")])
        assert view.again().value("Tavian Merrow") is None


def test_surrogates_of_the_person(vault: Vault) -> None:
    vault.keep("s", "ana", [Entry("Tavian Merrow", SURROGATE, "Anna Schmidt"), ANNA])
    view = vault.view("s", "ana")
    assert view is not None
    assert view.surrogates == {"Tavian Merrow": "Anna Schmidt"}
    assert view.types == {"PERSON"}


def test_it_is_bounded(tmp_path: Path, clock: Clock) -> None:
    vault = Vault(tmp_path / "v.db", KEY, days=10, limit=20, clock=clock)
    for number in range(600):
        clock.now += 1
        vault.keep("s", "ana", [Entry(f"PERSON_{number:08}", "PERSON", "x")])
    with sqlite3.connect(vault.path) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone()[0] < 20 + 256
    assert value(vault, "s", "ana", "PERSON_00000599") == "x"
    assert value(vault, "s", "ana", "PERSON_00000000") is None
    vault.close()


def test_nothing_readable_is_on_disk(vault: Vault, tmp_path: Path) -> None:
    vault.keep("department:support", "ana.keller", [ANNA, Entry("Tavian Merrow", SURROGATE, "hunter2-secret")])
    files = [file for file in tmp_path.iterdir() if file.is_file()]
    assert len(files) >= 2
    for file in files:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name
        data = file.read_bytes()
        for word in (b"Anna", b"7KQ2MXAB", b"hunter2", b"Tavian", b"ana.keller", b"support"):
            assert word not in data
    assert "Anna" not in repr(ANNA)
    assert "Anna" not in repr(vault)


def test_rows_that_were_changed_or_moved_are_worth_nothing(vault: Vault) -> None:
    vault.keep("s", "ana", [ANNA])
    vault.keep("s", "eve", [ANNA._replace(text="PERSON_00000000", value="Eve")])
    with sqlite3.connect(vault.path) as connection:
        (eve,) = connection.execute(
            "SELECT owner FROM kept WHERE owner NOT IN (SELECT owner FROM kept WHERE name = ?)",
            (vault._name(ANNA.text),),
        ).fetchone()
        connection.execute("UPDATE kept SET owner = ? WHERE owner != ?", (eve, eve))
    assert value(vault, "s", "eve", ANNA.text) is None
    assert value(vault, "s", "eve", "PERSON_00000000") == "Eve"


def test_another_key_reads_nothing(vault: Vault, tmp_path: Path, clock: Clock) -> None:
    vault.keep("s", "ana", [ANNA])
    other = Vault(tmp_path / "vault.db", b"x" * 32, clock=clock)
    assert other.view("s", "ana") is None
    other.close()


def test_a_file_that_is_no_vault(tmp_path: Path) -> None:
    path = tmp_path / "v.db"
    path.write_bytes(b"this is no database, whatever its name says" * 100)
    with pytest.raises(VaultError, match="can't be opened"):
        Vault(path, KEY)
    assert path.read_bytes().startswith(b"this is no database")


def test_a_vault_that_cant_be_written_says_so(vault: Vault) -> None:
    with sqlite3.connect(vault.path) as connection:
        connection.execute("DROP TABLE kept")
    with pytest.raises(VaultError) as raised:
        vault.keep("s", "ana", [ANNA])
    assert "Anna" not in str(raised.value)
    assert not vault.writable
    assert not vault.keeps("s", "ana", [ANNA])
    with pytest.raises(VaultError, match="can't be read"):
        vault.view("s", "ana")


def test_a_vault_that_fails_during_a_reply_knows_nothing(vault: Vault) -> None:
    vault.keep("s", "ana", [ANNA])
    view = vault.view("s", "ana")
    assert view is not None
    with sqlite3.connect(vault.path) as connection:
        connection.execute("DROP TABLE kept")
    assert view.value(ANNA.text) is None
    assert view.failed


@pytest.mark.parametrize("text", ["", "\ud800", "x" * 100_000, 'a"\\\n\0'])
def test_any_value(vault: Vault, text: str) -> None:
    vault.keep("s", "ana", [ANNA._replace(value=text)])
    assert value(vault, "s", "ana", ANNA.text) == text
