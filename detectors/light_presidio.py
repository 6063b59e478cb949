"""Presidio without spaCy: its names, imported without the two thirds of its start that load spaCy for nothing.

Presidio imports spaCy for NLP engines that are not used here (`detectors.presidio` has `NoModels`), which costs seconds
and tens of megabytes in each detection worker. While Presidio is imported, empty modules stand for spaCy's. They go
afterwards: whoever imports spaCy gets it, and what Presidio kept of them fetches the real thing when it is used.
"""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

_CLASSES = {  # that stand in annotations alone
    "spacy": ("Language",),
    "spacy.language": ("Language",),
    "spacy.tokens": ("Doc", "Span", "Token"),
    "spacy.util": (),
}


class _Registry:
    """Stands for spaCy's registry: of the parts of pipelines that nobody builds here."""

    def __getattr__(self, name: str) -> Any:
        return lambda _: lambda made: made


class _Later(ModuleType):
    """A module that is imported when something of it is used."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or sys.modules.get(self.__name__) is self:
            raise AttributeError(name)
        return getattr(importlib.import_module(self.__name__), name)


def _blank(*arguments: Any, **options: Any) -> Any:
    return importlib.import_module("spacy").blank(*arguments, **options)


@contextmanager
def without_spacy() -> Iterator[None]:
    """Import in here what only names spaCy. Where spaCy is loaded already, nothing is different."""
    if "spacy" in sys.modules:
        yield
        return
    modules = {name: _Later(name) for name in _CLASSES}
    for name, classes in _CLASSES.items():
        vars(modules[name]).update({one: type(one, (), {"__module__": name}) for one in classes})
    vars(modules["spacy"])["blank"] = _blank
    vars(modules["spacy.util"])["registry"] = _Registry()
    sys.modules.update(modules)
    try:
        yield
    finally:
        for name in _CLASSES:
            sys.modules.pop(name, None)


with without_spacy():
    from presidio_analyzer import (
        AnalyzerEngine,
        EntityRecognizer,
        PatternRecognizer,
        RecognizerRegistry,
        RecognizerResult,
        predefined_recognizers,
    )
    from presidio_analyzer.context_aware_enhancers import ContextAwareEnhancer
    from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine

__all__ = [
    "AnalyzerEngine",
    "ContextAwareEnhancer",
    "EntityRecognizer",
    "NlpArtifacts",
    "NlpEngine",
    "PatternRecognizer",
    "RecognizerRegistry",
    "RecognizerResult",
    "predefined_recognizers",
]
