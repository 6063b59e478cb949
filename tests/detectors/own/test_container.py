"""Files of registered data: written in one step, read only whole."""

import stat

import numpy as np
import pytest

from detectors.own.container import VERSION, open_container, write
from detectors.own.errors import OwnDataError
from detectors.own.hashing import Keys

KEYS = Keys(b"k" * 32)
ARRAYS = {"a": np.arange(100, dtype=np.uint64), "b": np.array([True, False]), "c": np.zeros(0, np.uint32)}


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "data" / "customers.set"
    write(path, KEYS, {"kind": "rows", "name": "customers"}, ARRAYS)
    return path


def test_what_was_written_is_read(path):
    opened = open_container(path, KEYS)
    assert opened.header["name"] == "customers"
    assert {name: array.tolist() for name, array in opened.arrays.items()} == {
        name: array.tolist() for name, array in ARRAYS.items()
    }


def test_only_its_owner_may_read_it(path):
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [one.name for one in path.parent.iterdir()] == ["customers.set"]


def test_a_new_one_takes_the_place_and_the_old_one_stays_readable(path):
    old = open_container(path, KEYS)
    write(path, KEYS, {"kind": "rows", "name": "customers"}, {"a": np.zeros(3, np.uint64)})
    assert old.arrays["a"].tolist() == list(range(100))
    new = open_container(path, KEYS)
    assert new.arrays["a"].tolist() == [0, 0, 0]
    assert new.seal != old.seal


def test_what_cannot_be_written_leaves_the_old_one(path, monkeypatch):
    before = path.read_bytes()

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("detectors.own.container.os.fsync", full)
    with pytest.raises(OwnDataError, match="No space left"):
        write(path, KEYS, {"kind": "rows"}, ARRAYS)
    assert path.read_bytes() == before
    assert [one.name for one in path.parent.iterdir()] == ["customers.set"]


@pytest.mark.parametrize("at", [0.3, 0.6, 0.999])
def test_a_changed_byte_is_noticed(path, at):
    data = bytearray(path.read_bytes())
    data[int(len(data) * at)] ^= 1
    path.write_bytes(data)
    with pytest.raises(OwnDataError, match="damaged"):
        open_container(path, KEYS)


@pytest.mark.parametrize("kept", [0, 3, 20, 30, 200, -1])
def test_a_cut_file_is_noticed(path, kept):
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(OwnDataError, match=r"damaged|no file of registered data"):
        open_container(path, KEYS)


def test_another_version(path):
    data = bytearray(path.read_bytes())
    data[16:20] = (VERSION + 1).to_bytes(4)
    path.write_bytes(data)
    with pytest.raises(OwnDataError, match=f"format {VERSION + 1}, this Privet reads format {VERSION}. Register"):
        open_container(path, KEYS)


def test_another_key(path):
    with pytest.raises(OwnDataError, match="another key"):
        open_container(path, Keys(b"l" * 32))


def test_something_else_and_nothing(path):
    path.write_text("hello, this is something else entirely")
    with pytest.raises(OwnDataError, match="no file of registered data"):
        open_container(path, KEYS)
    path.unlink()
    with pytest.raises(OwnDataError, match=r"no such file.*privet data add … --name customers"):
        open_container(path, KEYS)
