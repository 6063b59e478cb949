"""What crosses the process boundary comes back the same."""

import pytest

from configs.yaml_source import SourceError
from detectors.finding import Finding, Label, Scan, Skipped, SkipReason
from detectors.own.errors import OwnDataError
from detectors.own.library import Place, open_library
from detectors.scan import Scanner
from proxy.jobs import chat, detection, labels_from_plain, scan_from_plain, scan_to_plain


def test_scans_round_trip() -> None:
    scan = Scan(
        findings=(Finding(0, 4, "PERSON", 0.9, "ner"), Finding(5, 9, "SECRET", 1.0, "keys")),
        skipped=(Skipped("", SkipReason.DETECTOR_ERROR),),
        languages=("de", "en"),
    )
    assert scan_from_plain(scan_to_plain(scan)) == scan


@pytest.mark.parametrize(
    "plain", [None, [], [[]], [[[1, 0, "X", 0.5, "d"]], [], []], [[], [["", "no such reason"]], []], [[], [], None]]
)
def test_nonsense_is_an_error(plain) -> None:
    with pytest.raises((ValueError, TypeError)):
        scan_from_plain(plain)


def test_labels() -> None:
    assert labels_from_plain([["hr", 0.5, "m"]]) == (Label("hr", 0.5, "m"),)


def test_detection_with_own_data(tmp_path, monkeypatch) -> None:
    terms = tmp_path / "terms.yaml"
    monkeypatch.setattr("detectors.scan.build_scanner", lambda **given: Scanner([], own=given.get("own")))

    def place(*words: str) -> Place:
        terms.write_text(f"schema: privet.terms/1\nterms: [{{type: PROJECT, words: [{', '.join(words)}]}}]\n")
        return Place(tmp_path / "data", tmp_path / "data.key", (), (terms,))

    def types(revision: str, text: str) -> list[str]:
        ((plain,),) = list(job([revision, [[text, ""]]]))
        return [finding.entity_type for finding in scan_from_plain(plain).findings]

    first = open_library(place("Heron")).revision
    job, _ = detection(place("Heron").to_plain())
    assert types(first, "about Heron") == ["PROJECT"]
    second = open_library(place("Heron", "Kestrel")).revision
    assert types(first, "about Kestrel") == []
    assert types(second, "about Kestrel") == ["PROJECT"]
    assert types(first, "about Kestrel") == []  # other processes may not have changed over yet
    with pytest.raises(OwnDataError, match="not what was asked for"):
        types("another", "about Heron")
    terms.write_text("nonsense")
    with pytest.raises(SourceError):
        types("another", "about Heron")
    with pytest.raises(SourceError):
        detection(place("Heron").to_plain() | {"dictionaries": [str(tmp_path / "none.yaml")]})


def test_an_embedded_models_answer_and_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proxy.jobs.confine", lambda _: None)  # this process has more to do
    run, info = chat("smollm2-135m", memory=1)
    assert info["stops"]
    asked = {"messages": [("user", "Count from one to ten.")], "max_tokens": 8, "temperature": 0.0}
    *pieces, end = [item for item in run(asked) if item is not None]
    assert end == {"finish": "length", "input": end["input"], "output": 8, "sequence": None}
    assert end["input"] > 10
    *cut, end = [item for item in run({**asked, "stop": ["".join(pieces)[5:8]]}) if item is not None]
    assert "".join(cut) == "".join(pieces)[:5]
    assert end["finish"] == "sequence"
    assert end["sequence"] == "".join(pieces)[5:8]
    assert end["output"] < 8
