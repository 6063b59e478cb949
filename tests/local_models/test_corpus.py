"""Training texts: read, told apart, and never mixed with those that judge."""

import json
from pathlib import Path

import pytest

from local_models.corpus import LABELS, LICENCES, OWN_SOURCE, group_of, held_back, load_corpus
from local_models.errors import TrainingError

DATA = Path(__file__).parents[2] / "../shared/data"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the development data are not here")


def write(path: Path, *rows: object) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    document = "All parties agree to the terms of this contract, which are long. " * 8
    rows = [{"text": f"{number} {document}", "label": "legal", "source": "cuad"} for number in range(40)]
    write(tmp_path / "doc_train.jsonl", *rows, rows[0], {"text": "held back", "label": "hr", "source": "x"})
    write(tmp_path / "doc_dev.jsonl", {"text": "held back", "label": "hr", "source": "x"})
    write(tmp_path / "benign_prompts.jsonl", {"text": "Write a poem", "spans": []})
    write(tmp_path / "clinc150_val.jsonl", *({"text": f"intent {n}", "label": "timer"} for n in range(10)))
    return tmp_path


def test_what_is_read(data: Path) -> None:
    corpus = load_corpus(data)
    texts = [example.text for example in corpus.train]
    assert texts.count("Write a poem") == 1
    assert {example.label for example in corpus.train if example.source == "clinc150"} == {"public"}
    assert sum(example.source == "clinc150" for example in corpus.train) == 2  # one intent in five
    assert sum(text.startswith("0 All parties") for text in texts) == 1  # duplicates once
    assert "held back" not in texts  # what judges never trains
    assert {example.text for example in corpus.check}.isdisjoint(texts)
    assert set(corpus.files) == {
        "doc_train.jsonl",
        "doc_dev.jsonl",
        "benign_prompts.jsonl",
        "clinc150_val.jsonl",
        "short_requests.jsonl",
        "check_requests.jsonl",
    }


def test_some_documents_are_framed_as_people_paste_them_the_same_each_time(data: Path) -> None:
    first, second = load_corpus(data), load_corpus(data)
    assert [example.text for example in first.train] == [example.text for example in second.train]
    legal = [example for example in first.train if example.source == "cuad"]
    assert 40 < len(legal) < 65
    assert all(example.label == "legal" for example in legal)


def test_the_texts_of_this_repository() -> None:
    check = held_back(Path("nowhere"))["check"]
    assert {example.label for example in check} == set(LABELS)


def test_held_back_has_dev_when_it_is_there(data: Path) -> None:
    assert [example.text for example in held_back(data)["dev"]] == ["held back"]


def test_sources_are_left_out_whole() -> None:
    assert group_of("humaneval-x/go") == group_of("humaneval-x/java") == "humaneval-x"
    assert group_of("18F/handbook") == "18F/handbook"


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("doc_train.jsonl", '{"text": "x", "label": "legal"}\n', "expected text, label and source"),
        ("doc_train.jsonl", "[1]\n", "expected text, label and source"),
        ("doc_train.jsonl", "{broken\n", "one JSON object a line"),
    ],
)
def test_files_that_are_not_what_they_should_be(data: Path, name: str, content: str, says: str) -> None:
    (data / name).write_text(content)
    with pytest.raises(TrainingError, match=says):
        load_corpus(data)


def test_missing_data_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="privet models train --data DIR"):
        load_corpus(tmp_path / "none")
    with pytest.raises(TrainingError, match=r"doc_train\.jsonl: No such file"):
        load_corpus(tmp_path)


def test_texts_are_not_in_a_repr(data: Path) -> None:
    corpus = load_corpus(data)
    assert "parties" not in repr(corpus)
    assert "parties" not in repr(corpus.train[0])


@needs_data
def test_every_source_of_the_development_data_has_a_licence() -> None:
    corpus = load_corpus(DATA)
    assert {group_of(example.source) for example in corpus.train} == set(LICENCES)
    assert sum(example.source == OWN_SOURCE for example in corpus.train) == 300
