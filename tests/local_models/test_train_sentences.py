"""Training the head for confidential sentences, on made-up features: judged and stored."""

from pathlib import Path

import numpy as np
import pytest

from local_models.heads import load_head
from local_models.train_sentences import train_sentences


class Letters:
    """A feature model that counts some letters."""

    model, sha256, width = "letters", "ab" * 32, 4

    def vector(self, text: str) -> np.ndarray:
        return np.asarray([text.count(letter) for letter in "aeiw"], dtype=np.float32)


@pytest.mark.slow
def test_a_head_is_trained_judged_and_stored(tmp_path: Path) -> None:
    steps: set[str] = set()
    first = train_sentences(Letters(), lambda step, *_: steps.add(step), tmp_path / "a")  # type: ignore[arg-type]
    assert steps == {"features", "folds"}
    assert first.auc > 0.85  # the n-grams alone
    head = load_head("confidential", tmp_path / "a")
    assert head.labels == ("confidential", "ordinary")
    assert 0 < head.metadata["scores_in_ten_folds"]["let_through_by_gate"] < 1
    text = "We are secretly selling the plant and the staff must not know."
    assert head.probabilities(text, Letters().vector(text))[0] > 0.5


def test_the_shipped_head_says_what_it_was_trained_on() -> None:
    metadata = load_head("confidential").metadata
    assert metadata["scores_in_ten_folds"]["auc"] > 0.95
    assert metadata["licence"] == "Apache-2.0"
    assert len(metadata["files"]["confidential.jsonl"]) == 64
