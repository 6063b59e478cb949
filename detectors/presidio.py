"""Presidio, and nothing but the parts of it that help: the one file that builds its AnalyzerEngine.

Kept: the engine, its registry, its pattern recognisers of identifiers, its result types. Replaced:

- the NLP engine: spaCy's tok2vec and ner alone, on prose alone, and the Rampart model beside it (`PairEngine`);
- the recogniser of named entities: what both models say is weighed in `detectors.evidence`;
- the context step: Presidio's walks all tokens for every finding, which is quadratic (`NearbyContext`);
- its recognisers of e-mail addresses, URLs, phone numbers, cards, IBANs, IP addresses, dates and SSNs, which damage
  harmless text or ask the network for the public suffix list: `detectors.recognizers` has our own.

The engine runs on windows of bounded size, so that no pattern and no removal of duplicates can become slow.
"""

import logging
import re
from collections.abc import Generator, Iterable, Sequence
from typing import Any, override

import spacy
from presidio_analyzer import (
    AnalyzerEngine,
    EntityRecognizer,
    LocalRecognizer,
    PatternRecognizer,
    RecognizerRegistry,
    RecognizerResult,
    predefined_recognizers,
)
from presidio_analyzer.context_aware_enhancers import ContextAwareEnhancer
from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine

from detectors.evidence import TYPES, Entity, Judge, Reading
from detectors.finding import Finding
from detectors.ner import RampartModel
from detectors.prose import prose_chunks, windows
from detectors.recognizers.source import Source
from detectors.repeats import repeats
from detectors.weights import SPACY_ENGLISH, verified_folder

WINDOW = 2000
OVERLAP = 160
LANGUAGE = "en"

# Presidio's recognisers that are worth their damage, with our name for what they find. Those that are left out match
# harmless numbers and words (licence plates, postcodes, driver's licences, bank numbers) or are done better by us.
_RECOGNIZERS = {
    "CryptoRecognizer": "CRYPTO",
    "UsItinRecognizer": "US_ITIN",
    "UsMbiRecognizer": "HEALTH_INSURANCE",
    "UsNpiRecognizer": "MEDICAL_LICENSE",
    "UsPassportRecognizer": "PASSPORT",
    "MedicalLicenseRecognizer": "MEDICAL_LICENSE",
    "AbaRoutingRecognizer": "BANK_ACCOUNT",
    "NhsRecognizer": "HEALTH_INSURANCE",
    "UkNinoRecognizer": "NATIONAL_ID",
    "UkPassportRecognizer": "PASSPORT",
    "AuAbnRecognizer": "TAX_ID",
    "AuAcnRecognizer": "TAX_ID",
    "AuTfnRecognizer": "TAX_ID",
    "AuMedicareRecognizer": "HEALTH_INSURANCE",
    "InPanRecognizer": "TAX_ID",
    "InAadhaarRecognizer": "NATIONAL_ID",
    "InPassportRecognizer": "PASSPORT",
    "InVoterRecognizer": "NATIONAL_ID",
    "SgFinRecognizer": "NATIONAL_ID",
    "ItFiscalCodeRecognizer": "NATIONAL_ID",
    "ItIdentityCardRecognizer": "NATIONAL_ID",
    "ItPassportRecognizer": "PASSPORT",
    "EsNifRecognizer": "NATIONAL_ID",
    "EsNieRecognizer": "NATIONAL_ID",
    "PlPeselRecognizer": "NATIONAL_ID",
    "FiPersonalIdentityCodeRecognizer": "NATIONAL_ID",
    "KrRrnRecognizer": "NATIONAL_ID",
    "ThTninRecognizer": "NATIONAL_ID",
}
# Their check digits pass one number in ten by chance (or they have none): without a context word they say nothing,
# though Presidio gives a passed check the score 1.
_NEED_CONTEXT = frozenset(
    {
        "UsItinRecognizer",
        "UsNpiRecognizer",
        "MedicalLicenseRecognizer",
        "AbaRoutingRecognizer",
        "NhsRecognizer",
        "AuAbnRecognizer",
        "AuAcnRecognizer",
        "AuTfnRecognizer",
        "AuMedicareRecognizer",
        "InAadhaarRecognizer",
        "InVoterRecognizer",
        "ItIdentityCardRecognizer",
        "PlPeselRecognizer",
        "ThTninRecognizer",
    }
)
_UNSUPPORTED = 0.2
# Findings of Presidio's patterns below this are guesses that no context word supported.
_PATTERN_SCORE = 0.45


class Artifacts(NlpArtifacts):  # type: ignore[misc] # Presidio is untyped
    """What the models read in one window, carried through Presidio's engine to `NameRecognizer`."""

    def __init__(self, readings: tuple[Reading, ...] = ()) -> None:
        super().__init__([], [], [], [], None, LANGUAGE, [])
        self.readings = readings

    @override
    def to_json(self) -> str:
        return "{}"


class PairEngine(NlpEngine):  # type: ignore[misc] # Presidio is untyped
    """spaCy's named entities and Rampart's token probabilities, for the prose in a text."""

    engine_name = "privet"
    is_available = True

    def __init__(self, model: RampartModel) -> None:
        self._model = model
        self._nlp: Any = None

    @override
    def load(self) -> None:
        if self._nlp is None:
            self._nlp = spacy.load(
                verified_folder(SPACY_ENGLISH), exclude=["tagger", "parser", "senter", "attribute_ruler", "lemmatizer"]
            )

    @override
    def is_loaded(self) -> bool:
        return self._nlp is not None

    @override
    def process_text(self, text: str, language: str) -> Artifacts:
        return self.read([text])[0]

    @override
    def process_batch(self, texts: Iterable[str], language: str, **_: Any) -> Generator[tuple[str, Artifacts]]:
        batch = list(texts)
        yield from zip(batch, self.read(batch), strict=True)

    def read(self, texts: Sequence[str]) -> list[Artifacts]:
        """Both models over the prose of all texts, in batches."""
        spans = [(index, *chunk) for index, text in enumerate(texts) for chunk in prose_chunks(text)]
        chunks = [texts[index][start:end] for index, start, end in spans]
        scores = self._model.read(chunks)
        readings: list[list[Reading]] = [[] for _ in texts]
        # The zone frees the words that spaCy met; without it a long-running worker grows with every new word.
        with self._nlp.memory_zone():
            docs = self._nlp.pipe(chunks, batch_size=64)
            for (index, start, _), doc, score in zip(spans, docs, scores, strict=True):
                entities = tuple(Entity(start + e.start_char, start + e.end_char, e.label_) for e in doc.ents)
                readings[index].append(Reading(start, score, entities))
        return [Artifacts(tuple(found)) for found in readings]

    @override
    def is_stopword(self, word: str, language: str) -> bool:
        return False

    @override
    def is_punct(self, word: str, language: str) -> bool:
        return False

    @override
    def get_supported_entities(self) -> list[str]:
        return sorted({*TYPES.values(), "COUNTRY", "ORGANIZATION"})

    @override
    def get_supported_languages(self) -> list[str]:
        return [LANGUAGE]


class NameRecognizer(LocalRecognizer):  # type: ignore[misc] # Presidio is untyped
    """People, places, organisations and the numbers that Rampart knows."""

    def __init__(self, model: RampartModel) -> None:
        self._judge = Judge(model.classes)
        super().__init__(supported_entities=sorted({*TYPES.values(), "COUNTRY", "ORGANIZATION"}), name="names")

    @override
    def load(self) -> None:
        """Nothing to load: the engine hands over what the models read."""

    @override
    def analyze(self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts = None) -> list[RecognizerResult]:
        if not isinstance(nlp_artifacts, Artifacts):
            return []
        return [
            RecognizerResult(
                finding.entity_type,
                finding.start,
                finding.end,
                finding.score,
                recognition_metadata={
                    RecognizerResult.RECOGNIZER_NAME_KEY: finding.detector,
                    RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: self.id,
                },
            )
            for finding in self._judge.findings(text, nlp_artifacts.readings)
        ]


class NearbyContext(ContextAwareEnhancer):  # type: ignore[misc] # Presidio is untyped
    """Raise a pattern's score when one of its context words stands shortly before it, or names its field.

    Same factors as Presidio's own enhancer, which compares lemmas found by walking all tokens of the text for each
    result. This one looks at a slice of bounded length, so the whole step is linear.
    """

    REACH = 60

    def __init__(self) -> None:
        super().__init__(0.35, 0.4, 5, 0)
        self._patterns: dict[tuple[str, ...], re.Pattern[str]] = {}

    @override
    def enhance_using_context(
        self,
        text: str,
        raw_results: list[RecognizerResult],
        nlp_artifacts: NlpArtifacts,
        recognizers: list[EntityRecognizer],
        context: list[str] | None = None,
    ) -> list[RecognizerResult]:
        words = {recognizer.id: recognizer.context for recognizer in recognizers}
        weak = {recognizer.id for recognizer in recognizers if recognizer.name in _NEED_CONTEXT}
        around = " ".join(context or ())
        for result in raw_results:
            recognizer = result.recognition_metadata[RecognizerResult.RECOGNIZER_IDENTIFIER_KEY]
            own = words.get(recognizer)
            if not own:
                continue
            before = text[max(0, result.start - self.REACH) : result.start]
            if self._pattern(tuple(own)).search(f"{around} {before}"):
                raised = max(result.score + self.context_similarity_factor, self.min_score_with_context_similarity)
                result.score = min(raised, self.MAX_SCORE)
            elif recognizer in weak:
                result.score = min(result.score, _UNSUPPORTED)
        return raw_results

    def _pattern(self, words: tuple[str, ...]) -> re.Pattern[str]:
        if words not in self._patterns:
            longest_first = sorted({word.strip() for word in words}, key=len, reverse=True)
            self._patterns[words] = re.compile(
                rf"(?<![^\W_])(?:{'|'.join(map(re.escape, longest_first))})(?![^\W\d_])", re.IGNORECASE
            )
        return self._patterns[words]


class PresidioDetector:
    """Presidio's engine over the windows of a text."""

    name = "presidio"

    def __init__(self, model: RampartModel | None = None) -> None:
        # Presidio logs texts at some levels; content never goes into a log.
        logging.getLogger("presidio-analyzer").disabled = True
        model = model or RampartModel()
        self._nlp = PairEngine(model)
        self._engine = AnalyzerEngine(
            registry=RecognizerRegistry(
                [NameRecognizer(model), *_pattern_recognizers()], supported_languages=[LANGUAGE]
            ),
            nlp_engine=self._nlp,
            supported_languages=[LANGUAGE],
            context_aware_enhancer=NearbyContext(),
        )
        self._entities = self._engine.get_supported_entities(LANGUAGE)

    def find_many(self, sources: Sequence[Source]) -> list[list[Finding]]:
        """The findings in each text."""
        cuts = [(index, *cut) for index, source in enumerate(sources) for cut in windows(source.text, WINDOW, OVERLAP)]
        found: list[list[Finding]] = [[] for _ in sources]
        texts = [sources[index].text[start:end] for index, start, end in cuts]
        for first in range(0, len(texts), 32):  # bounds what is held of the models' output
            batch = texts[first : first + 32]
            for (index, start, _), text, read in zip(cuts[first:], batch, self._nlp.read(batch), strict=False):
                found[index].extend(self._of_window(text, read, start, sources[index].context))
        for source, findings in zip(sources, found, strict=True):
            findings.extend(repeats(source.text, findings))
        return found

    def _of_window(self, text: str, read: Artifacts, offset: int, context: str) -> list[Finding]:
        results = self._engine.analyze(
            text, LANGUAGE, entities=self._entities, nlp_artifacts=read, context=[context] if context else None
        )
        findings: list[Finding] = []
        for result in results:
            detector = result.recognition_metadata[RecognizerResult.RECOGNIZER_NAME_KEY]
            kind = _RECOGNIZERS.get(detector)
            if kind is not None and (result.score < _PATTERN_SCORE or _inside_word(text, result.start, result.end)):
                continue
            findings.append(
                Finding(
                    offset + result.start,
                    offset + result.end,
                    kind or result.entity_type,
                    min(1.0, max(0.0, float(result.score))),
                    detector if kind is None else "presidio",
                )
            )
        return findings


def _inside_word(text: str, start: int, end: int) -> bool:
    """Whether a pattern cut its value out of a longer run of letters and digits."""
    return text[max(0, start - 1) : start].isalnum() or text[end : end + 1].isalnum()


def _pattern_recognizers() -> list[PatternRecognizer]:
    recognizers = []
    for name in _RECOGNIZERS:
        recognizer = getattr(predefined_recognizers, name)(supported_language=LANGUAGE)
        recognizer.name = name
        recognizers.append(recognizer)
    return recognizers
