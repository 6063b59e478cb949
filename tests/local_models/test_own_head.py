"""A company's own head: stored with its card, checked before use."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from local_models.classify import DocumentClassifier
from local_models.errors import ModelError, TrainingError
from local_models.own_head import load_own_head, new_labels, revision_on_disk, train_own
from local_models.own_labels import Labelled
from tests.fakes.papers import paper


def quiet(_step: str, _done: int, _total: int) -> None:
    pass


@pytest.fixture(scope="module")
def trained(classifier: DocumentClassifier, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory: Path = tmp_path_factory.mktemp("head") / "heads"
    documents = [
        Labelled(f"{label}/{number}", label, (paper(label, number),))
        for label in ("board_papers", "public")
        for number in range(4)
    ]
    done = train_own(documents, {"board_papers": "x"}, classifier.embedder, progress=quiet, directory=directory)
    assert done.new == ("board_papers",)
    assert done.revision == revision_on_disk(directory)
    return directory


def copied(trained: Path, to: Path) -> Path:
    for path in trained.iterdir():
        (to / path.name).write_bytes(path.read_bytes())
    return to


def test_a_head_is_stored_with_its_card_and_pictures(trained: Path) -> None:
    assert new_labels(trained) == ("board_papers",)
    assert sorted(path.name for path in trained.iterdir()) == [
        "card.md",
        "confusion.svg",
        "own-documents.json",
        "own-documents.npz",
        "reliability.svg",
    ]
    for name in ("confusion.svg", "reliability.svg"):
        ET.fromstring((trained / name).read_text())
    assert "| `board_papers` | x | 4 |" in (trained / "card.md").read_text()
    metadata = json.loads((trained / "own-documents.json").read_text())
    assert metadata["documents"] == {"board_papers": 4, "public": 4}
    assert "Paper for the board" not in json.dumps(metadata)


def test_a_changed_head_is_refused(trained: Path, tmp_path: Path) -> None:
    head = copied(trained, tmp_path) / "own-documents.npz"
    head.write_bytes(head.read_bytes()[:-1] + b"x")
    with pytest.raises(ModelError, match="It was changed"):
        load_own_head(tmp_path)


def test_a_head_of_another_feature_model_is_refused(trained: Path, tmp_path: Path) -> None:
    path = copied(trained, tmp_path) / "own-documents.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"feature_sha256": "00"}))
    with pytest.raises(ModelError, match=r"another|has .*Train it anew: privet models train documents --from"):
        load_own_head(tmp_path)


def test_a_missing_head(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="No such file"):
        revision_on_disk(tmp_path)


def test_one_label_is_refused(classifier: DocumentClassifier, tmp_path: Path) -> None:
    documents = [Labelled(str(number), "board_papers", (paper("board_papers", number),)) for number in range(4)]
    with pytest.raises(TrainingError, match="one label can't be learned"):
        train_own(documents, {}, classifier.embedder, progress=quiet, directory=tmp_path)
    assert not list(tmp_path.iterdir())
