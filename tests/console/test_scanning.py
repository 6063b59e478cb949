"""Files scanned in processes: nothing is lost when one of them ends, places are right in every line."""

import os
from pathlib import Path

import pytest

from console.scanning import Lines, Options, files_in, scan_files
from detectors.finding import Finding, Scan
from tests.fakes import files


class Words:
    """Finds every "secret"."""

    def scan_many(self, items):
        return [self.scan(text) for text, _ in items]

    def scan(self, text, context=""):
        at = text.find("secret")
        return Scan((Finding(at, at + 6, "PASSWORD", 0.9, "words"),) if at >= 0 else ())


class Dies(Words):
    def scan_many(self, items):
        os._exit(3)


def test_several_processes_find_the_same(tmp_path):
    names = []
    for number in range(5):
        (tmp_path / f"{number}.txt").write_text(f"{'x' * number} secret")
        names.append(str(tmp_path / f"{number}.txt"))
    alone = list(scan_files(names, Options(), Words, 1))
    together = sorted(scan_files(names, Options(), Words, 2), key=lambda one: one.name)
    assert together == alone
    assert [one.places[0].column for one in alone] == [2, 3, 4, 5, 6]


def test_a_process_that_ends_is_said_of_its_files(tmp_path):
    names = [str(tmp_path / f"{number}.txt") for number in range(2)]
    for name in names:
        Path(name).write_text("a secret")
    for one in scan_files(names, Options(), Dies, 2):
        assert one.places == ()
        assert "ended" in one.problems[0]


@pytest.mark.parametrize(
    ("text", "value", "where"),
    [
        ("a secret", "secret", (1, 3, 1, 9)),
        ("\n\nsecret", "secret", (3, 1, 3, 7)),
        ("x\nsec\nret y", "sec\nret", (2, 1, 3, 4)),
        ("x\n", "x\n", (1, 1, 1, 3)),
        ("ä\r\n😀secret", "secret", (2, 2, 2, 8)),
    ],
)
def test_where_a_finding_stands(text, value, where):
    start = text.index(value)
    place = Lines(text).place("f", Finding(start, start + len(value), "PASSWORD", 0.9, "x"), Options())
    assert (place.line, place.column, place.end_line, place.end_column) == where
    assert value not in place.masked


def test_a_file_that_is_too_large_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr("console.scanning._LARGEST", 10)
    (tmp_path / "a.txt").write_text("a secret that is long")
    (one,) = scan_files([str(tmp_path / "a.txt")], Options(), Words)
    assert (one.places, len(one.problems)) == ((), 1)


def test_names_that_are_no_folders_stay(tmp_path):
    assert list(files_in(["-", str(tmp_path / "none"), str(tmp_path)], [])) == ["-", str(tmp_path / "none")]


def test_only_files_of_folders_are_read(tmp_path):
    """A pipe would be waited for, for ever; a loop of links would have no end."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/a.txt").write_text("x")
    (tmp_path / "sub/.hidden").write_text("x")
    (tmp_path / "link.txt").symlink_to("sub/a.txt")
    (tmp_path / "loop").symlink_to(".")
    os.mkfifo(tmp_path / "pipe")
    problems = []
    assert list(files_in([str(tmp_path)], problems)) == [str(tmp_path / "sub/a.txt")]
    assert problems == []


def test_a_folder_that_cannot_be_looked_into_is_said(tmp_path, monkeypatch):
    (tmp_path / "shut").mkdir()
    (tmp_path / "a.txt").write_text("x")
    scandir = os.scandir

    def refusing(path):
        if str(path).endswith("shut"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr("os.scandir", refusing)
    problems = []
    assert list(files_in([str(tmp_path)], problems)) == [str(tmp_path / "a.txt")]
    assert problems == [f"{tmp_path / 'shut'}: Permission denied"]


def test_a_document_under_another_formats_name_is_read(tmp_path):
    for name, data in (("a.txt", files.word("a secret")), ("b.txt", files.pdf("a secret")), ("c.pdf", b"a secret")):
        (tmp_path / name).write_bytes(data)
        (one,) = scan_files([str(tmp_path / name)], Options(), Words)
        assert ([place.entity_type for place in one.places], one.problems) == (["PASSWORD"], ()), name


@pytest.mark.parametrize(
    "data",
    [
        files.word("a secret")[:500],
        files.pdf("a secret")[:300],
        files.pdf("a secret", password="x"),
        b"%PDF-1.7\n" + bytes(range(256)) * 20,
        b"PK\x03\x04" + bytes(range(255, -1, -1)) * 20,
        b"MZ" + bytes(range(256)) * 10,
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(range(256)) * 10,
    ],
)
def test_what_cannot_be_read_is_said(tmp_path, data):
    (tmp_path / "a.bin").write_bytes(data)
    (one,) = scan_files([str(tmp_path / "a.bin")], Options(), Words)
    assert len(one.problems) == 1


@pytest.mark.parametrize("name", ["a.txt", "a.docx", "a.pdf", "a.json", "a.eml"])
def test_an_empty_file_has_nothing_and_is_no_problem(tmp_path, name):
    (tmp_path / name).write_bytes(b"")
    (one,) = scan_files([str(tmp_path / name)], Options(), Words)
    assert (one.places, one.problems) == ((), ())


def test_a_mask_fits_a_line():
    place = Lines("k" * 5000).place("f", Finding(0, 5000, "PRIVATE_KEY", 0.9, "x"), Options())
    assert place.masked == "*" * 24 + "… (5000 characters)"
