import json

import pytest
from click.testing import CliRunner

from console.cli.main import main
from detectors.errors import DetectorError
from detectors.finding import Finding, Scan, Skipped, SkipReason

NAMED = {"text": "I am Ana Novak", "spans": [{"start": 5, "end": 14, "label": "PERSON"}]}
HARMLESS = {"text": "How do I sort a list?"}


class FakeScanner:
    """Finds Ana, and sort as a password."""

    def __init__(self, *, fails=False):
        self._skipped = (Skipped("", SkipReason.DETECTOR_ERROR),) if fails else ()

    def scan_many(self, items):
        return [self._scan(text) for text, _ in items]

    def _scan(self, text):
        kinds = {"Ana": "PERSON", "sort": "PASSWORD"}
        found = ((text.find(word), word, kind) for word, kind in kinds.items())
        return Scan(
            tuple(Finding(at, at + len(w), kind, 0.9, "fake") for at, w, kind in found if at >= 0), (), self._skipped
        )


@pytest.fixture
def run(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    (tmp_path / "set.jsonl").write_text(json.dumps(NAMED) + "\n" + json.dumps(HARMLESS) + "\n")

    def of(*arguments, scanner=None):
        monkeypatch.setattr("detectors.scan.build_scanner", lambda **_: scanner or FakeScanner())
        return CliRunner().invoke(main, ["eval", "detect", *arguments])

    return of


def test_a_table_per_file_and_per_type_and_no_text(run):
    result = run("set.jsonl")
    assert result.exit_code == 0
    assert "set.jsonl" in result.stdout
    assert "PERSON" in result.stdout
    assert "Ana" not in result.output
    assert "sort a list" not in result.output


def test_json(run):
    document = json.loads(run("set.jsonl", "--json").stdout)["privet"]
    figures = document["all"]
    assert (figures["leak"], figures["partial_leak"], figures["touched"]) == (0.0, 1.0, 1.0)
    assert figures["labels"]["PERSON"]["recall"] == 1.0
    assert document["set.jsonl"]["values"] == 1


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--max-leak", "1", "--max-identifying", "1"], 0, ""),
        (["--max-touched", "2"], 1, "100.00 % of harmless texts are acted on, expected at most 2 %"),
        (["--max-damage", "0"], 1, "harmless characters change"),
    ],
)
def test_limits(run, arguments, code, said):
    result = run("set.jsonl", *arguments)
    assert result.exit_code == code
    assert said in result.stderr


def test_a_policy_says_what_counts_as_acted_on(run, tmp_path):
    (tmp_path / "policy.yaml").write_text(
        "schema: privet.policy/1\nid: p\ndefaults: {effect: allow}\nrules:\n"
        "  - {id: people, when: {entities: [PERSON]}, obligations: [{redact: {types: [PERSON]}}]}\n"
    )
    figures = json.loads(run("set.jsonl", "--policy", "policy.yaml", "--json").stdout)["privet"]["all"]
    assert (figures["touched"], figures["leak_acted"]) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("content", "arguments", "said"),
    [
        ("{\n", [], "set.jsonl:1: no JSON"),
        ('{"text": "Ana", "spans": [{"start": 0, "end": 9, "label": "PERSON"}]}\n', [], "outside of its text"),
        (None, ["--policy", "none.yaml"], "none.yaml"),
        (None, ["--sample", "-1"], "Invalid value"),
        (None, ["missing.jsonl"], "does not exist"),
    ],
)
def test_what_can_t_be_used(run, tmp_path, content, arguments, said):
    if content is not None:
        (tmp_path / "set.jsonl").write_text(content)
    result = run("set.jsonl", *arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert "Ana" not in result.stderr


def test_a_detector_that_fails_measures_nothing(run):
    result = run("set.jsonl", scanner=FakeScanner(fails=True))
    assert result.exit_code == 2
    assert "nothing was measured" in result.stderr


def test_beside_presidio(run, monkeypatch):
    monkeypatch.setattr("detectors.evaluation.peer.presidio", lambda: lambda texts: [[] for _ in texts])
    document = json.loads(run("set.jsonl", "--against", "presidio", "--json").stdout)
    assert document["presidio"]["all"]["leak"] == 1.0
    assert document["privet"]["all"]["leak"] == 0.0


def test_presidio_s_model_is_missing(run, monkeypatch):
    def missing():
        raise DetectorError("stock Presidio needs a model")

    monkeypatch.setattr("detectors.evaluation.peer.presidio", missing)
    result = run("set.jsonl", "--against", "presidio")
    assert (result.exit_code, "stock Presidio" in result.stderr) == (2, True)
