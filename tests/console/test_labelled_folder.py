"""A company's folder of labelled documents: what is read, and what is said of what can't be."""

from pathlib import Path

import pytest

from configs.yaml_source import SourceError
from console.labelled_folder import MEANINGS, read_labelled
from tests.fakes import files
from tests.fakes.papers import company, paper


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    company(tmp_path / "papers", 3)
    (tmp_path / "papers" / MEANINGS).write_text("labels:\n  board_papers: what the board reads\n  public: the web\n")
    return tmp_path / "papers"


def test_every_document_has_its_folders_label(folder: Path) -> None:
    read = read_labelled(folder)
    assert [paper.label for paper in read.papers] == ["board_papers"] * 3 + ["public"] * 3
    assert read.papers[0].text == paper("board_papers", 0)
    assert read.meanings == {"board_papers": "what the board reads", "public": "the web"}
    assert (read.warnings, read.errors) == ((), ())
    assert "works council" not in repr(read)


def test_word_files_and_mails_are_opened(folder: Path) -> None:
    text = paper("board_papers", 50)
    (folder / "board_papers/b.docx").write_bytes(files.word(text))
    (folder / "board_papers/c.eml").write_text(
        f"Subject: item 4\nContent-Type: text/html\n\n<p>{paper('board_papers', 51)}</p>"
    )
    read = read_labelled(folder)
    word, mail = (paper for paper in read.papers if paper.path.suffix in (".docx", ".eml"))
    assert text.splitlines()[-1] in word.text
    assert "<p>" not in mail.text
    assert "item 4" in mail.text


def test_what_is_left_out_is_told_by_name(folder: Path) -> None:
    (folder / "board_papers/copy.txt").write_text(paper("board_papers", 0) + "\n")
    (folder / "board_papers/empty.txt").write_text("")
    (folder / "board_papers/cut.docx").write_bytes(files.word("A text")[:200])
    (folder / "notes.txt").write_text("lies around")
    read = read_labelled(folder)
    assert len(read.papers) == 6
    said = "\n".join(read.warnings)
    assert "copy.txt: is the same as" in said
    assert "empty.txt: has hardly any text" in said
    assert "cut.docx: can't be read" in said
    assert "notes.txt: lies in no label's folder" in said
    assert read.errors == ()


def test_one_text_with_two_labels(folder: Path) -> None:
    (folder / "public/also.txt").write_text(paper("board_papers", 0))
    (error,) = read_labelled(folder).errors
    assert "also.txt is the same as" in error
    assert "two labels" in error


def test_a_missing_labels_yaml_is_made(folder: Path) -> None:
    (folder / MEANINGS).unlink()
    assert "was made" in read_labelled(folder).warnings[0]
    assert (folder / MEANINGS).read_text().splitlines()[1:] == ["labels:", '  board_papers: ""', '  public: ""']
    assert [line.split(": ")[1] for line in read_labelled(folder).warnings] == [
        "doesn't say what board_papers means",
        "doesn't say what public means",
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("labels: [board_papers]", "expected `labels:` with a line for each label"),
        ("labels: {bord_papers: x}", f"{MEANINGS}:1:10: no folder"),
        ("labels: {public: [a]}", "expected a sentence"),
    ],
)
def test_a_wrong_labels_yaml(folder: Path, text: str, says: str) -> None:
    (folder / MEANINGS).write_text(text)
    assert any(says in error for error in read_labelled(folder).errors)


def test_a_labels_yaml_that_is_no_yaml(folder: Path) -> None:
    (folder / MEANINGS).write_text("labels: {")
    with pytest.raises(SourceError, match=MEANINGS):
        read_labelled(folder)


def test_folders_that_can_not_be_labels(tmp_path: Path) -> None:
    assert "no such folder" in read_labelled(tmp_path / "none").errors[0]
    assert "no folder in it" in read_labelled(tmp_path).errors[0]
    (tmp_path / "confidential").mkdir()
    assert "Privet's label for sentences" in read_labelled(tmp_path).errors[0]
    (tmp_path / "confidential").rmdir()
    (tmp_path / "Board Papers").mkdir()
    errors = read_labelled(tmp_path).errors
    assert "such as board_papers" in errors[0]
    assert "no document in it can be used" in errors[1]
