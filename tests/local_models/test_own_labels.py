"""Labels of a company's own: learned from a dozen documents, judged by documents held back, nothing else unlearned."""

import numpy as np
import pytest

from detectors.documents import windows_of
from local_models.classify import DocumentClassifier
from local_models.corpus import short_requests
from local_models.errors import TrainingError
from local_models.heads import Head, load_head, softmax
from local_models.own_labels import Labelled, Taught, of_document, teach
from tests.fakes.papers import paper

ORDINARY = short_requests()[::4]


def documents(count: int) -> list[Labelled]:
    return [
        Labelled(f"{label}/{number}", label, tuple(windows_of([paper(label, number)])))
        for label in ("board_papers", "public")
        for number in range(count)
    ]


def quiet(_step: str, done: int, total: int) -> None:
    assert 0 <= done <= total


@pytest.fixture(scope="module")
def taught(classifier: DocumentClassifier) -> Taught:
    return teach(load_head(), documents(8), ORDINARY, classifier.embedder, quiet)


@pytest.fixture(scope="module")
def own(classifier: DocumentClassifier, taught: Taught) -> DocumentClassifier:
    metadata = {"feature_sha256": classifier.embedder.sha256}
    head = Head(taught.labels, "own@1", metadata, taught.weights, new=len(taught.new))
    return DocumentClassifier(head=head, embedder=classifier.embedder)


def test_documents_never_seen_are_told_apart(own: DocumentClassifier) -> None:
    for number in range(100, 106):
        assert own.classify(paper("board_papers", number))["board_papers"] > 0.6
        found = own.classify(paper("public", number))
        assert found["board_papers"] < 0.3


def test_they_were_judged_by_documents_held_back(taught: Taught) -> None:
    assert (taught.new, taught.labels[-1]) == (("board_papers",), "board_papers")
    right = taught.answers.argmax(axis=1) == [taught.labels.index(one.label) for one in documents(8)]
    assert right.mean() > 0.9
    assert 0.5 <= taught.temperature <= 3.0


def test_what_privet_knew_it_still_knows(own: DocumentClassifier, classifier: DocumentClassifier) -> None:
    asked = [one for one in short_requests()[1::12] if one.label != "public"]
    before = [classifier.classify(one.text)[one.label] for one in asked]
    after = [own.classify(one.text)[one.label] for one in asked]
    assert np.mean(after) > np.mean(before) - 0.05


def test_a_board_paper_is_as_financial_as_it_was(own: DocumentClassifier) -> None:
    """A new label takes nothing from the sensitive ones: a rule about those must not fall silent."""
    found = own.classify("Revenue of the third quarter came to 41.2 million, EBITDA margin 12 %, budget overrun 3 %.")
    assert found["financial"] > 0.7
    sensitive = [score for name, score in found.items() if name not in ("public", "board_papers")]
    assert sum(sensitive) + found["board_papers"] + found["public"] > 1.0


def test_ordinary_requests_stay_ordinary(own: DocumentClassifier) -> None:
    asked = [one.text for one in short_requests()[2::4] if one.label == "public"]
    assert np.mean([own.classify(text)["board_papers"] > 0.5 for text in asked]) < 0.05


def test_the_stored_arrays_say_what_was_learned(own: DocumentClassifier, taught: Taught) -> None:
    one = documents(8)[3]
    answers = np.stack([list(own.classify(window).values()) for window in one.windows])
    assert of_document(answers, taught.labels.index("public")).argmax() == taught.labels.index("board_papers")


def test_one_document_is_too_few(classifier: DocumentClassifier) -> None:
    few = [*documents(3), Labelled("memo", "memos", ("A memo about something that nobody else says.",))]
    with pytest.raises(TrainingError, match="memos: one document"):
        teach(load_head(), few, ORDINARY[:5], classifier.embedder, quiet)


def test_a_documents_scores_are_those_of_its_windows() -> None:
    windows = softmax(np.asarray([[2.0, 0.0], [0.0, 1.0]]))
    assert of_document(windows, 1).tolist() == pytest.approx([windows[0, 0], windows[0, 1]])
