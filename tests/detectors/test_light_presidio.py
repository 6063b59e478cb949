"""Presidio starts without spaCy, and whoever wants spaCy afterwards has it."""

import subprocess
import sys

import pytest

from detectors.light_presidio import without_spacy

ALONE = """
import sys
import detectors.presidio
loaded = [name for name in sys.modules if name.partition(".")[0] in {"spacy", "thinc"}]
assert not loaded, loaded
"""
AFTERWARDS = """
import sys
import detectors.light_presidio
from presidio_analyzer.nlp_engine import spacy_nlp_engine
assert "spacy" not in sys.modules
load = spacy_nlp_engine.spacy.load  # fetches it
import spacy
assert load is spacy.load
assert spacy_nlp_engine.spacy.util.is_package("no such model") is False
assert type(spacy.blank("en")("Two words.")).__name__ == "Doc"
try:
    spacy_nlp_engine.spacy.nothing_of_the_kind
except AttributeError:
    pass
else:
    raise AssertionError
"""


@pytest.mark.parametrize("code", [ALONE, AFTERWARDS], ids=["alone", "afterwards"])
def test_in_a_process_of_its_own(code: str) -> None:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_what_stood_in_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "spacy"]:
        monkeypatch.delitem(sys.modules, name)
    with without_spacy():
        assert sys.modules["spacy.tokens"].Doc
        with pytest.raises(AttributeError):
            _ = sys.modules["spacy"].load  # not while it stands in
    assert "spacy" not in sys.modules
    assert "spacy.tokens" not in sys.modules


def test_a_spacy_that_is_there_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    real = object()
    monkeypatch.setitem(sys.modules, "spacy", real)  # type: ignore[arg-type]
    with without_spacy():
        assert sys.modules["spacy"] is real
    assert sys.modules["spacy"] is real
