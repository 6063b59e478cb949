"""Labels for commands: each classifier is loaded only if one of its labels is asked for."""

import pytest

from console.labelling import labeller
from local_models import classify, sentences

TEXT = "We announce the acquisition of Halden Works on Monday, and nobody outside knows yet."


def refuse(*_: object) -> None:
    raise AssertionError("not to be loaded")


def test_both(monkeypatch: pytest.MonkeyPatch) -> None:
    found = labeller(None, frozenset({"hr", "confidential"}))(TEXT)
    scores = {label.name: label.score for label in found}
    assert scores["confidential"] > 0.8
    assert {"hr", "public", "confidential"} <= scores.keys()
    assert [label.score for label in found] == sorted(scores.values(), reverse=True)


def test_one_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classify, "load_classifier", refuse)
    assert [label.name for label in labeller(None, frozenset({"confidential"}))(TEXT)] == ["confidential"]
    assert labeller(None, frozenset({"confidential"}))("ok") == ()
    monkeypatch.undo()
    monkeypatch.setattr(sentences, "load_sentence_classifier", refuse)
    assert "confidential" not in {label.name for label in labeller(None, frozenset({"hr"}))(TEXT)}
