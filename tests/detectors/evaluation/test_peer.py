import pytest

from detectors.errors import DetectorError
from detectors.evaluation.peer import presidio


@pytest.mark.slow
def test_presidio_finds_with_offsets_of_the_text():
    text = "Write to ana@example.org today."
    (found,) = presidio()([text])
    assert "ana@example.org" in {text[one.start : one.end] for one in found if one.entity_type == "EMAIL_ADDRESS"}


def test_without_its_model_it_says_what_to_install(monkeypatch):
    def missing(*_, **__):
        raise OSError("no model")

    monkeypatch.setattr("presidio_analyzer.nlp_engine.NlpEngineProvider.create_engine", missing)
    with pytest.raises(DetectorError, match="pip install"):
        presidio()
