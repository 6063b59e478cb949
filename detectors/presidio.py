"""Presidio's pattern recognisers, and nothing but those that help: the one file that builds its AnalyzerEngine.

Kept: the engine, its registry, its pattern recognisers of identifiers, its result types. Replaced:

- the NLP engine: nothing here needs a model (names are `detectors.names`' work), so there is none (`NoModels`);
- the context step: Presidio's walks all tokens for every finding, which is quadratic (`NearbyContext`);
- its recognisers of e-mail addresses, URLs, phone numbers, cards, IBANs, IP addresses, dates and SSNs, which damage
  harmless text or ask the network for the public suffix list: `detectors.recognizers` has our own.

All of them look for numbers. The engine runs on the places that can hold one, which most texts don't have, and on
windows of bounded size, so that no pattern and no removal of duplicates can become slow.
"""

import logging
import re
from collections.abc import Generator, Iterable, Iterator, Sequence
from typing import Any, override

from detectors.finding import Finding
from detectors.light_presidio import (
    AnalyzerEngine,
    ContextAwareEnhancer,
    EntityRecognizer,
    NlpArtifacts,
    NlpEngine,
    PatternRecognizer,
    RecognizerRegistry,
    RecognizerResult,
    predefined_recognizers,
)
from detectors.prose import windows
from detectors.recognizers.source import Source, around

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
        "KrRrnRecognizer",
        "ItIdentityCardRecognizer",
        "PlPeselRecognizer",
        "ThTninRecognizer",
    }
)
_UNSUPPORTED = 0.2
_LETTERS = re.compile(r"[^\W\d_]+")
# Findings of Presidio's patterns below this are guesses that no context word supported.
_PATTERN_SCORE = 0.45


# What has to be there for any of them: four digits with hardly anything between them, or a wallet's address.
_DIGITS = re.compile(r"(?:\d[ .-]?[A-Za-z]{0,2}[ .-]?){4}|(?<!\w)(?:[13]|bc1)[A-Za-z0-9]{25,59}(?!\w)")
# Forms that count without a word beside them.
_TELLING_FORM = re.compile(
    r"(?<![A-Za-z0-9])(?:[A-Za-z]{1,5}-?\d{4}|[A-Za-z]{6}\d\d[A-Za-z]\d\d|[A-Za-z]{2} \d\d \d\d \d\d|"
    r"\d{7,8}-?[A-Za-z]|\d[A-Za-z][A-Za-z0-9]\d-?[A-Za-z][A-Za-z0-9]\d-?[A-Za-z]{2}|"
    r"\d{6}[-+A-FU-Y]\d{3}|\d{6}-?\d{7}|(?:[13]|bc1)[A-Za-z0-9]{25})",
    re.IGNORECASE,
)


# A hash or another machine's id begins so by chance.
_HASH = re.compile(r"(?=[0-9]*[a-f])(?=[a-f]*[0-9])[0-9a-f]{12,}(?![A-Za-z0-9])")


class NoModels(NlpEngine):  # type: ignore[misc] # Presidio is untyped
    """Presidio wants an NLP engine; its pattern recognisers need none."""

    engine_name = "none"
    is_available = True

    @override
    def load(self) -> None:
        """Nothing to load."""

    @override
    def is_loaded(self) -> bool:
        return True

    @override
    def process_text(self, text: str, language: str) -> NlpArtifacts:
        return NlpArtifacts([], [], [], [], None, language, [])

    @override
    def process_batch(self, texts: Iterable[str], language: str, **_: Any) -> Generator[tuple[str, NlpArtifacts]]:
        for text in texts:
            yield text, self.process_text(text, language)

    @override
    def is_stopword(self, word: str, language: str) -> bool:
        return False

    @override
    def is_punct(self, word: str, language: str) -> bool:
        return False

    @override
    def get_supported_entities(self) -> list[str]:
        return []

    @override
    def get_supported_languages(self) -> list[str]:
        return [LANGUAGE]


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
            self._patterns[words] = _any_of({word.strip() for word in words})
        return self._patterns[words]


class PresidioDetector:
    """Presidio's engine over the windows of a text that can hold a number of somebody's."""

    name = "presidio"

    def __init__(self) -> None:
        # Presidio logs texts at some levels; content never goes into a log.
        logging.getLogger("presidio-analyzer").disabled = True
        recognizers = _pattern_recognizers()
        self._nlp = NoModels()
        self._engine = AnalyzerEngine(
            registry=RecognizerRegistry(recognizers, supported_languages=[LANGUAGE]),
            nlp_engine=self._nlp,
            supported_languages=[LANGUAGE],
            context_aware_enhancer=NearbyContext(),
        )
        said = {word.strip() for recognizer in recognizers for word in recognizer.context or ()}
        self._words = _any_of(said)
        # By the first word of each: it stands in every text in which that is said.
        self._literals: dict[str, list[str]] = {}
        for literal in sorted({word.lower() for word in said}):
            self._literals.setdefault(_LETTERS.findall(literal)[0], []).append(literal)
        self._forms = [
            (
                recognizer.supported_entities,
                [re.compile(one.regex, recognizer.global_regex_flags) for one in recognizer.patterns],
            )
            for recognizer in recognizers
        ]

    def find_many(self, sources: Sequence[Source]) -> list[list[Finding]]:
        """The findings in each text."""
        return [
            [finding for window in self._windows(source) for finding in self._of_window(source, *window)]
            for source in sources
        ]

    def _windows(self, source: Source) -> Iterator[tuple[int, int]]:
        text = source.text
        named = bool(source.context) and self._words.search(source.context) is not None
        if not source.numbers:
            return
        said = self._said(source)
        if not named and not said and not any(_forms(text, 0, len(text))):
            return
        digits = [match.span() for match in source.in_numbers(_DIGITS)]
        for first, last in around(text, iter(digits), NearbyContext.REACH + 20, OVERLAP // 2):
            places = [(first, last)] if named else _telling(text, said, first, last)
            for start, end in around(text, iter(places), NearbyContext.REACH + 20, NearbyContext.REACH + OVERLAP):
                yield from windows(text, WINDOW, OVERLAP, max(first, start), min(last, end))

    def _said(self, source: Source) -> list[tuple[int, int]]:
        """Where one of the words stands that a recogniser asks for."""
        there = self._literals.keys() & source.words
        beside = source.beside([literal for word in there for literal in self._literals[word]], 1, 1)
        return [match.span() for start, end in beside for match in self._words.finditer(source.text, start, end)]

    def _of_window(self, source: Source, offset: int, end: int) -> Iterator[Finding]:
        text, context = source.text[offset:end], source.context
        # The engine is slow to say that nothing is there.
        possible = [kind for kinds, forms in self._forms if any(form.search(text) for form in forms) for kind in kinds]
        if not possible:
            return
        results = self._engine.analyze(
            text,
            LANGUAGE,
            entities=list(dict.fromkeys(possible)),
            nlp_artifacts=self._nlp.process_text(text, LANGUAGE),
            context=[context] if context else None,
        )
        for result in results:
            detector = result.recognition_metadata[RecognizerResult.RECOGNIZER_NAME_KEY]
            if result.score >= _PATTERN_SCORE and not _inside_word(
                source.text, offset + result.start, offset + result.end
            ):
                yield Finding(
                    offset + result.start,
                    offset + result.end,
                    _RECOGNIZERS[detector],
                    min(1.0, max(0.0, float(result.score))),
                    "presidio",
                )


def _forms(text: str, first: int, last: int) -> Iterator[tuple[int, int]]:
    return (m.span() for m in _TELLING_FORM.finditer(text, first, last) if not _HASH.match(text, m.start()))


def _telling(text: str, said: Sequence[tuple[int, int]], first: int, last: int) -> list[tuple[int, int]]:
    """Where a number has a telling form, or a word is said that one of the recognisers asks for."""
    return sorted([*_forms(text, first, last), *(span for span in said if first <= span[0] and span[1] <= last)])


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(map(re.escape, longest_first))})(?![^\W\d_])", re.IGNORECASE)


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
