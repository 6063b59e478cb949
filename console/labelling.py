"""What labels a text as Privet does, for commands: both classifiers, each if one of its labels is asked for."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from policy.vocabulary import CONFIDENTIAL

if TYPE_CHECKING:
    from detectors.finding import Label


def labeller(head: Path | None, named: frozenset[str]) -> "Callable[[str], tuple[Label, ...]]":
    """Takes a text, gives its labels, the strongest first (seconds to load). Raises `ModelError`."""
    from detectors.documents import label_document  # noqa: PLC0415 - `privet --help` doesn't need models
    from detectors.finding import Label  # noqa: PLC0415 - the same
    from local_models.classify import load_classifier  # noqa: PLC0415 - the same
    from local_models.sentences import load_sentence_classifier  # noqa: PLC0415 - the same

    documents = load_classifier(head) if named - {CONFIDENTIAL} else None
    sentences = load_sentence_classifier() if CONFIDENTIAL in named else None

    def label(text: str) -> "tuple[Label, ...]":
        found = [] if documents is None else [*label_document([text], documents.classify, documents.revision)]
        score = None if sentences is None else sentences.strongest([text])
        if sentences is not None and score is not None:
            found.append(Label(CONFIDENTIAL, score, sentences.revision))
        return tuple(sorted(found, key=lambda one: (-one.score, one.name)))

    return label
