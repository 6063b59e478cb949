import json
import os

import pytest
from click.testing import CliRunner

from console.cli import scan as scan_command
from console.cli.main import main
from detectors.errors import DetectorError
from detectors.finding import Finding, Scan, Skipped, SkipReason
from detectors.scan import Raw
from tests.fakes import files


class FakeScanner:
    """Finds the word that is said, as the type that is said."""

    def __init__(self, word="secret", kind="PASSWORD", *, fails=False):
        self._word, self._kind, self._fails = word, kind, fails

        self.thresholds = {"PASSWORD": 0.5}

    def scan_many(self, items):
        return [self.scan(text) for text, _ in items]

    def raw(self, text, context=""):
        return [Raw(one) for one in self.scan(text).findings] + [Raw(Finding(0, 1, "PASSWORD", 0.1, "fake"))]

    def scan(self, text, context=""):
        start = text.find(self._word)
        findings = (Finding(start, start + len(self._word), self._kind, 0.9, "fake"),) if start >= 0 else ()
        skipped = (Skipped("", SkipReason.DETECTOR_ERROR),) if self._fails else ()
        return Scan(findings, (), skipped, ("cs", "de") if "dobrý" in text else ())


@pytest.fixture
def run(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)

    def of(*arguments, scanner=None, stdin=None):
        monkeypatch.setattr("detectors.scan.build_scanner", lambda **_: scanner or FakeScanner())
        return CliRunner().invoke(main, ["scan", *arguments], input=stdin)

    return of


def test_says_where_and_what_but_never_the_value(run, tmp_path):
    (tmp_path / "a.txt").write_text("one\ntwo secret\n")
    result = run("a.txt")
    assert result.exit_code == 1
    assert "a.txt" in result.stdout
    assert "2:5" in result.stdout
    assert "PASSWORD" in result.stdout
    assert "secret" not in result.output


def test_clean(run, tmp_path):
    (tmp_path / "a.txt").write_text("nothing\n")
    result = run("a.txt")
    assert (result.exit_code, result.stdout) == (0, "")


def test_what_identifies_nobody_is_shown_and_is_no_failure(run, tmp_path):
    (tmp_path / "a.txt").write_text("in Berlin\n")
    result = run("a.txt", scanner=FakeScanner("Berlin", "LOCATION"))
    assert result.exit_code == 0
    assert "LOCATION" in result.stdout


def test_documents_are_opened(run, tmp_path):
    (tmp_path / "a.docx").write_bytes(files.word("secret"))
    result = run("a.docx")
    assert result.exit_code == 1
    assert "a.docx~file/0" in result.stdout
    assert "secret" not in result.output


def test_a_document_that_is_no_such_thing(run, tmp_path):
    (tmp_path / "a.docx").write_bytes(files.pdf("secret"))
    result = run("a.docx")
    assert result.exit_code == 1
    assert "a.docx~file/0" in result.stdout


def test_a_document_that_cannot_be_read(run, tmp_path):
    (tmp_path / "a.docx").write_bytes(files.word("secret")[:500])
    result = run("a.docx")
    assert result.exit_code == 2
    assert "unreadable" in result.stderr


def test_a_folder_with_a_pipe_in_it_has_an_end(run, tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/a.txt").write_text("a secret")
    os.mkfifo(tmp_path / "folder/pipe")
    assert run("folder").exit_code == 1


def test_standard_input(run):
    assert run("-", stdin="a secret").exit_code == 1


def test_json(run, tmp_path):
    (tmp_path / "a.txt").write_text("x\na secret\n")
    result = run("--json", "a.txt")
    assert json.loads(result.stdout) == {
        "findings": [
            {"file": "a.txt", "line": 2, "column": 3, "end_line": 2, "end_column": 9, "start": 4, "end": 10, "entity_type": "PASSWORD", "score": 0.9, "detector": "fake", "masked": "******"}
        ],
        "languages": {},
        "problems": [],
    }  # fmt: skip
    assert result.exit_code == 1


def test_languages_are_told_and_that_names_in_some_are_missed(run, tmp_path):
    (tmp_path / "a.txt").write_text("dobrý den")
    assert json.loads(run("--json", "a.txt").stdout)["languages"] == {"a.txt": ["cs", "de"]}
    told = run("a.txt").stderr
    assert "languages: cs, de\n" in told
    assert "names in cs are often missed" in told


@pytest.mark.parametrize(
    ("content", "says"),
    [(None, "No such file"), (b"\x8f\x00\x13a", "a part of it can't be read (unreadable)")],
)
def test_unreadable_files(run, tmp_path, content, says):
    (tmp_path / "good.txt").write_text("a secret")
    if content is not None:
        (tmp_path / "bad.txt").write_bytes(content)
    result = run("bad.txt", "good.txt")
    assert result.exit_code == 2
    assert says in result.stderr
    assert "good.txt" in result.stdout  # the others are still scanned
    assert "Traceback" not in result.output


def test_a_file_that_was_not_inspected_in_full_is_no_clean_file(run, tmp_path):
    (tmp_path / "a.txt").write_text("nothing")
    result = run("a.txt", scanner=FakeScanner(fails=True))
    assert result.exit_code == 2
    assert "not inspected in full" in result.stderr


def test_missing_models(run, tmp_path, monkeypatch):
    (tmp_path / "a.txt").write_text("x")

    def fails(**_):
        raise DetectorError("the model some-model is not installed")

    monkeypatch.setattr("detectors.scan.build_scanner", fails)
    result = CliRunner().invoke(main, ["scan", "a.txt"])
    assert result.exit_code == 2
    assert "some-model is not installed" in result.stderr


def test_markup_in_a_files_name_is_shown_as_it_is(run, tmp_path):
    (tmp_path / "[red]x.txt").write_text("a secret")
    assert "[red]x.txt" in run("[red]x.txt").stdout


def test_folders_are_walked_without_what_is_hidden(run, tmp_path):
    (tmp_path / "a/.git").mkdir(parents=True)
    (tmp_path / "a/b").mkdir()
    for name in ("a/.git/x.txt", "a/.env", "a/one.txt", "a/b/two.md"):
        (tmp_path / name).write_text("a secret")
    (tmp_path / "a/b/link.txt").symlink_to(tmp_path / "a/one.txt")
    found = json.loads(run("a", "--format", "json").stdout)["findings"]
    assert [place["file"] for place in found] == ["a/one.txt", "a/b/two.md"]


def test_values_are_shown_when_asked_for(run, tmp_path):
    (tmp_path / "a.txt").write_text("a secret")
    assert "secret" in run("a.txt", "--show-values").stdout


def test_explanations_tell_why_and_what_was_dropped(run, tmp_path):
    (tmp_path / "a.txt").write_text("my word: secret")
    result = run("a.txt", "--explain")
    assert "by itself" in result.stdout
    assert "dropped: its score is below 0.5" in result.stdout
    assert result.exit_code == 1
    explained = json.loads(run("a.txt", "--explain", "--json").stdout)["findings"]
    assert [bool(place["dropped"]) for place in explained] == [True, False]


def test_a_letter_is_opened(run, tmp_path):
    (tmp_path / "a.eml").write_text("Subject: x\nContent-Transfer-Encoding: base64\n\nYSBzZWNyZXQ=\n")
    assert "a.eml~file/" in run("a.eml").stdout


def test_sarif(run, tmp_path):
    (tmp_path / "a.txt").write_text("x\na secret\n")
    result = run("a.txt", "--format", "sarif")
    (only,) = json.loads(result.stdout)["runs"][0]["results"]
    assert only["ruleId"] == "PASSWORD"
    assert "secret" not in result.output


def test_progress_is_for_terminals(monkeypatch, capsys):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    assert list(scan_command._watched(iter([1, 2]), 2)) == [1, 2]


def test_help_shows_an_example_and_the_exit_codes_as_they_are_written(run):
    shown = run("--help").stdout
    assert "  git diff | privet scan -\n" in shown
    assert "\\b" not in shown
