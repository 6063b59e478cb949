"""Heads are stored without pickles, checked before use, and say what they are."""

import json
from pathlib import Path

import numpy as np
import pytest

from local_models.errors import ModelError
from local_models.heads import HEADS_DIR, Head, Weights, load_head, pooled, save_head, softmax
from local_models.tfidf import BUCKETS

LABELS = ("financial", "public")


def weights(width: int = 3, labels: int = 2) -> Weights:
    chance = np.random.default_rng(7)
    return Weights(
        idf=np.ones(BUCKETS, dtype=np.float32),
        grams=chance.normal(size=(BUCKETS, labels)).astype(np.float32),
        grams_bias=np.zeros(labels, dtype=np.float32),
        mean=np.zeros(width, dtype=np.float32),
        scale=np.ones(width, dtype=np.float32),
        layer=chance.normal(size=(width, labels)).astype(np.float32),
        layer_bias=np.zeros(labels, dtype=np.float32),
        temperatures=np.asarray([1.0, 2.0], dtype=np.float32),
    )


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    save_head(tmp_path, "documents", LABELS, weights(), {"feature_sha256": "00"})
    return tmp_path


def test_what_was_saved_is_loaded(stored: Path) -> None:
    head = load_head("documents", stored)
    assert head.labels == LABELS
    assert head.metadata["feature_sha256"] == "00"
    assert head.revision == f"documents@{head.metadata['sha256'][:12]}"
    assert np.allclose(head.weights.grams, weights().grams, atol=2e-3)  # stored as half floats
    found = head.probabilities("some text", np.ones(3, dtype=np.float32))
    assert found.sum() == pytest.approx(1.0)


def test_the_same_weights_give_the_same_bytes(tmp_path: Path) -> None:
    first = save_head(tmp_path / "a", "documents", LABELS, weights(), {})
    assert first == save_head(tmp_path / "b", "documents", LABELS, weights(), {})
    assert (tmp_path / "a/documents.npz").read_bytes() == (tmp_path / "b/documents.npz").read_bytes()


def test_one_changed_byte_is_refused(stored: Path) -> None:
    raw = bytearray((stored / "documents.npz").read_bytes())
    raw[len(raw) // 2] ^= 1
    (stored / "documents.npz").write_bytes(raw)
    with pytest.raises(ModelError, match=r"has sha256 .* expected .* privet models train"):
        load_head("documents", stored)


@pytest.mark.parametrize(
    ("text", "says"),
    [("{", "not UTF-8 JSON"), ("[]", "not of schema"), ('{"schema": "privet.head/9"}', "not of schema")],
)
def test_metadata_that_cannot_be_read(stored: Path, text: str, says: str) -> None:
    (stored / "documents.json").write_text(text)
    with pytest.raises(ModelError, match=says):
        load_head("documents", stored)


def test_a_missing_head(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"No such file.*privet models train"):
        load_head("documents", tmp_path)


def test_arrays_of_another_shape_are_refused(tmp_path: Path) -> None:
    save_head(tmp_path, "documents", (*LABELS, "hr"), weights(labels=2), {})
    with pytest.raises(ModelError, match=r"grams has shape \(65536, 2\), expected \(65536, 3\)"):
        load_head("documents", tmp_path)


def test_a_pickle_is_never_loaded(tmp_path: Path) -> None:
    import hashlib

    np.savez(tmp_path / "documents.npz", idf=np.asarray([print], dtype=object))
    sha256 = hashlib.sha256((tmp_path / "documents.npz").read_bytes()).hexdigest()
    document = {"schema": "privet.head/1", "labels": list(LABELS), "sha256": sha256}
    (tmp_path / "documents.json").write_text(json.dumps(document))
    with pytest.raises(ModelError, match="doesn't hold the arrays"):
        load_head("documents", tmp_path)


def test_temperatures_make_a_head_less_sure() -> None:
    grams, layer = np.asarray([3.0, 0.0]), np.asarray([1.0, 0.0])
    sure, unsure = pooled(grams, layer, np.asarray([1.0, 1.0])), pooled(grams, layer, np.asarray([4.0, 4.0]))
    assert sure[0] > unsure[0] > 0.5
    assert np.allclose(sure, softmax(grams + layer))


def test_the_shipped_head_is_small_and_says_where_it_comes_from() -> None:
    head: Head = load_head()
    assert sum(path.stat().st_size for path in HEADS_DIR.iterdir()) < 5_000_000
    assert set(head.labels) == {"source_code", "hr", "medical", "legal", "financial", "customer", "public"}
    assert len(head.metadata["files"]["doc_train.jsonl"]) == 64
    assert all(source["licence"] != "unknown" for source in head.metadata["sources"].values())
    assert {"left_out", "within_sources", "dev", "check"} <= set(head.metadata["scores"])
    assert "Weights" not in repr(head)


def test_the_model_card_quotes_the_stored_scores() -> None:
    card = (Path(__file__).parents[2] / "docs/models.md").read_text(encoding="utf-8")
    rows = {line.split(" | ")[0].lstrip("| "): line for line in card.splitlines() if line.startswith("| ")}
    scores = load_head().metadata["scores"]
    columns = [scores[name] for name in ("left_out", "within_sources", "dev", "check")]
    for key, title in {
        "texts": "texts",
        "macro_f1": "macro-F1",
        "auc": "AUC sensitive / public",
        "false_alarms_at_recall_90": "false alarms at 90 % recall",
        "calibration_error": "calibration error",
        "recall_at_rule": "sensitive with own label at 0.8 or more",
        "wrong_at_rule": "a wrong sensitive label at 0.8 or more",
    }.items():
        assert rows[title] == f"| {title} | " + " | ".join(f"{column[key]:g}" for column in columns) + " |"
