"""Evidence: figures without examples, pinned by its hash, doubted when anything changed."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from local_models.tasks.choose import Choice, Figures, Wanted
from local_models.tasks.evidence import FILE, document, doubts, hash_of_examples, write_evidence
from local_models.tasks.task import SHIPPED, load_task

TASK = load_task(SHIPPED / "invoice_dates")
CHOICE = Choice(Wanted(), (Figures("spans", "meets", items=100, right=0.99),), "spans", by_source=False)


def _written(place: Path) -> str:
    return write_evidence(place, document(TASK, TASK.examples, CHOICE, datetime(2026, 1, 1, tzinfo=UTC)))


def test_it_holds_figures_and_no_example(tmp_path: Path) -> None:
    _written(tmp_path)
    text = (tmp_path / FILE).read_text()
    assert '"right": 0.99' in text
    assert not any(one.input[:20] in text for one in TASK.examples)


def test_the_order_of_examples_changes_nothing_their_content_does() -> None:
    assert hash_of_examples(TASK.examples) == hash_of_examples(TASK.examples[::-1])
    assert hash_of_examples(TASK.examples) != hash_of_examples(TASK.examples[1:])


def test_what_changed_is_noticed(tmp_path: Path) -> None:
    pinned = _written(tmp_path)
    assert doubts(tmp_path, pinned, TASK) is None
    assert "were changed" in str(doubts(tmp_path, pinned, replace(TASK, prompt="other")))
    assert "pinned" in str(doubts(tmp_path, "sha256:" + "0" * 64, TASK))
    assert "can't be read" in str(doubts(tmp_path / "nowhere", pinned, TASK))
    (tmp_path / FILE).write_text("{")
    assert "no JSON" in str(doubts(tmp_path, pinned, None))
