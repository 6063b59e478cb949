"""The models, loaded once for all tests here."""

import pytest

from local_models.chat import EmbeddedChat, load_chat
from local_models.classify import DocumentClassifier, load_classifier
from local_models.embed import Embedder


@pytest.fixture(scope="session")
def classifier() -> DocumentClassifier:
    return load_classifier()


@pytest.fixture(scope="session")
def embedder(classifier: DocumentClassifier) -> Embedder:
    return classifier.embedder


@pytest.fixture(scope="session")
def chat() -> EmbeddedChat:
    return load_chat()
