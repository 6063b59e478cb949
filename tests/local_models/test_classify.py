"""What the shipped classifier says of requests as people write them."""

import dataclasses
import json
from pathlib import Path
from types import MappingProxyType

import pytest

from local_models.classify import DocumentClassifier
from local_models.corpus import LABELS, held_back
from local_models.embed import Embedder
from local_models.errors import ModelError
from local_models.evaluate import RULE_SCORE, judge
from local_models.heads import load_head

FIGURES = "Q3 revenue came in at 4.2m, EBITDA margin 18 %, not published yet. Make a slide of it."
FUNCTION = "def rate(order):\n    if order.total > 100:\n        return 0.1\n    return 0.0\n\nwhy is this slow?"


@pytest.mark.parametrize(
    ("text", "label"),
    [
        (FIGURES, "financial"),
        (
            "Our unreleased Q2 figures: revenue 12.4m, EBITDA 3.1m, guidance raised. Write the announcement.",
            "financial",
        ),
        (FUNCTION, "source_code"),
        (
            "SELECT c.name, sum(o.net)\nFROM orders o JOIN customers c ON c.id = o.customer_id\nGROUP BY c.name;",
            "source_code",
        ),
        ("Patient, 61, diabetic, admitted with chest pain; troponin raised, ECG normal. Write the letter.", "medical"),
        ("The Supplier shall indemnify the Buyer against all claims arising from a breach of this Agreement.", "legal"),
        ("Write a warning letter to an employee who was late again although his manager talked to him.", "hr"),
        ("Customer: my order 7712 never arrived. Agent: sorry, what is your name? Customer: Ana Ruiz", "customer"),
    ],
)
def test_sensitive_requests_pass_the_score_that_rules_ask_for(
    classifier: DocumentClassifier, text: str, label: str
) -> None:
    assert classifier.classify(text)[label] >= RULE_SCORE


@pytest.mark.parametrize(
    "text",
    [
        "What's the capital of France?",
        "What is EBITDA?",
        "How do I reverse a list in Python?",
        "What are the symptoms of the flu?",
        "What does an indemnity clause usually mean?",
        "Give me five tips for a job interview.",
        "Write a poem about autumn.",
        "Translate 'good morning' into Spanish.",
        "hi",
        "You are a helpful assistant.",
    ],
)
def test_ordinary_questions_are_public(classifier: DocumentClassifier, text: str) -> None:
    found = classifier.classify(text)
    assert max(found, key=lambda name: found[name]) == "public"
    assert max(score for name, score in found.items() if name != "public") < 0.5


def test_scores_on_the_check_requests_have_not_sunk(classifier: DocumentClassifier) -> None:
    scores = judge(classifier.classify, held_back(Path("nowhere"))["check"])
    assert scores.macro_f1 > 0.93
    assert scores.auc is not None
    assert scores.auc > 0.98
    assert scores.wrong_at_rule == 0.0
    assert scores.recall_at_rule is not None
    assert scores.recall_at_rule > 0.7


@pytest.mark.parametrize("text", ["", " ", "\ud800", "🙂" * 3000, "0" * 5000])
def test_any_text_has_probabilities(classifier: DocumentClassifier, text: str) -> None:
    found = classifier.classify(text)
    assert set(found) == set(LABELS)
    assert sum(found.values()) == pytest.approx(1.0, abs=1e-5)
    assert all(0.0 <= score <= 1.0 for score in found.values())
    json.dumps(found)  # plain floats: they cross a process boundary


def test_a_text_is_computed_once_and_its_answer_can_be_changed_freely(
    classifier: DocumentClassifier, embedder: Embedder
) -> None:
    calls: list[str] = []

    class Counting:
        sha256, width, model = embedder.sha256, embedder.width, embedder.model

        def vector(self, text: str) -> object:
            calls.append(text)
            return embedder.vector(text)

    fresh = DocumentClassifier(head=classifier.head, embedder=Counting())  # type: ignore[arg-type]
    first = fresh.classify(FIGURES)
    kept = dict(first)
    first.clear()
    assert fresh.classify(FIGURES) == kept
    assert calls == [FIGURES]


def test_what_is_remembered_is_no_text(classifier: DocumentClassifier) -> None:
    classifier.classify(FIGURES)
    assert all(len(key) == 16 for key in classifier._known)
    assert "revenue" not in repr(classifier)


def test_a_head_for_another_feature_model_is_refused(embedder: Embedder) -> None:
    head = load_head()
    other = dataclasses.replace(head, metadata=MappingProxyType({**head.metadata, "feature_sha256": "ff"}))
    with pytest.raises(ModelError, match=r"trained on a feature model with sha256 ff.*privet models train"):
        DocumentClassifier(head=other, embedder=embedder)
