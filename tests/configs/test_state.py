"""The state directory: private, whole or not at all, and never written over."""

import hashlib
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from configs.state import (
    KEY_BYTES,
    StateError,
    StatePaths,
    check_secret,
    is_there,
    load_or_make_key,
    make_private_dir,
    write_secret,
)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def listing(directory):
    return [path.name for path in directory.iterdir()]


def test_paths_are_all_inside_and_all_different(tmp_path):
    paths = StatePaths(tmp_path)
    names = [name for name in dir(StatePaths) if isinstance(getattr(StatePaths, name), property) and name != "instance"]
    files = [getattr(paths, name) for name in names]
    assert len(set(files)) == len(files) >= 9
    assert all(path.is_relative_to(tmp_path) for path in files)


def test_instance_names_the_directory_however_it_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link").symlink_to(tmp_path / "state")
    expected = hashlib.sha256(str((tmp_path / "state").resolve()).encode()).hexdigest()[:16]
    for root in (tmp_path / "state", tmp_path / "x" / ".." / "state", tmp_path / "link"):
        assert StatePaths(root).instance == expected
    assert StatePaths(tmp_path / "other").instance != expected


def test_private_directory_with_parents(tmp_path):
    make_private_dir(tmp_path / "a" / "b")
    assert mode(tmp_path / "a" / "b") == 0o700
    make_private_dir(tmp_path / "a" / "b")


def test_private_directory_in_the_way_of_a_file(tmp_path):
    (tmp_path / "a").write_text("")
    for path in (tmp_path / "a", tmp_path / "a" / "b"):
        with pytest.raises(StateError, match="can't make this directory"):
            make_private_dir(path)


def test_secret_is_written_once(tmp_path):
    path = tmp_path / "d" / "secret"
    assert write_secret(path, b"one")
    assert not write_secret(path, b"two")
    assert path.read_bytes() == b"one"
    assert mode(path) == 0o600
    assert listing(path.parent) == ["secret"]


def test_secret_is_private_whatever_the_umask(tmp_path):
    before = os.umask(0)
    try:
        write_secret(tmp_path / "d" / "secret", b"x")
    finally:
        os.umask(before)
    assert mode(tmp_path / "d" / "secret") == 0o600
    assert mode(tmp_path / "d") == 0o700


def test_secret_of_the_quickest_wins(tmp_path):
    path = tmp_path / "secret"
    with ThreadPoolExecutor(8) as pool:
        written = list(pool.map(lambda number: write_secret(path, b"%d" % number), range(16)))
    assert written.count(True) == 1
    assert path.read_bytes() == b"%d" % written.index(True)
    assert listing(tmp_path) == ["secret"]


def test_secret_that_cannot_be_written_leaves_nothing(tmp_path, monkeypatch):
    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StateError, match="No space left"):
        write_secret(tmp_path / "secret", b"x")
    assert listing(tmp_path) == []


def test_key_is_made_once_and_is_random(tmp_path):
    key = load_or_make_key(tmp_path / "a.key")
    assert len(key) == KEY_BYTES
    assert load_or_make_key(tmp_path / "a.key") == key
    assert load_or_make_key(tmp_path / "b.key") != key


@pytest.mark.parametrize(("data", "told"), [(b"", "got 0"), (b"x" * 31, "got 31")])
def test_short_key_is_refused_and_kept(tmp_path, data, told):
    path = tmp_path / "a.key"
    write_secret(path, data)
    with pytest.raises(StateError, match=told):
        load_or_make_key(path)
    assert path.read_bytes() == data


@pytest.mark.parametrize(
    ("bits", "refused"), [(0o600, False), (0o400, False), (0o640, True), (0o604, True), (0o660, True)]
)
def test_check_secret(tmp_path, bits, refused):
    path = tmp_path / "secret"
    path.write_bytes(b"x" * KEY_BYTES)
    path.chmod(bits)
    if not refused:
        check_secret(path)
        return
    with pytest.raises(StateError, match=f"chmod 600 {path}"):
        check_secret(path)
    with pytest.raises(StateError, match="chmod 600"):
        load_or_make_key(path)


def test_check_secret_of_nothing(tmp_path):
    with pytest.raises(StateError, match="No such file"):
        check_secret(tmp_path / "gone")


def test_what_cannot_be_seen_is_not_taken_for_missing(tmp_path, monkeypatch):
    def stat(self, **_options):
        raise PermissionError(13, "Permission denied", str(self))

    assert not is_there(tmp_path / "token.key")
    monkeypatch.setattr(Path, "stat", stat)
    with pytest.raises(StateError, match=r"token\.key: Permission denied"):
        is_there(tmp_path / "token.key")
    with pytest.raises(StateError, match="Permission denied"):
        load_or_make_key(tmp_path / "token.key")
