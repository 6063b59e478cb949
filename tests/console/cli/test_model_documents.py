"""`privet models train documents --from`: what it says and writes."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from console.cli.models import command
from local_models.own_head import new_labels
from tests.fakes.papers import company, paper


def run(*args: str) -> Result:
    return CliRunner().invoke(command, ["train", "documents", *args], catch_exceptions=False)


def test_a_folder_becomes_a_head(tmp_path: Path) -> None:
    company(tmp_path / "papers", 4)
    done = run("--from", str(tmp_path / "papers"), "--output", str(tmp_path / "heads"), "--json")
    assert done.exit_code == 0
    document = json.loads(done.stdout)
    assert document["new_labels"] == ["board_papers"]
    assert document["scores"]["labels"]["board_papers"]["documents"] == 4
    assert any("board_papers: 4 documents. From 12 on" in line for line in document["warnings"])
    assert new_labels(tmp_path / "heads") == ("board_papers",)


@pytest.mark.slow
def test_it_says_how_good_it_is_and_how_to_use_it(tmp_path: Path) -> None:
    company(tmp_path / "papers", 12)
    done = run("--from", str(tmp_path / "papers"), "--output", str(tmp_path / "heads"))
    assert done.exit_code == 0
    assert "labels.yaml: was made" in done.stderr
    assert "documents. From 12 on" not in done.stderr
    assert "card.md says how good it is" in done.stdout
    assert "labels: [{name: board_papers" in done.stdout
    assert (tmp_path / "heads/card.md").is_file()


def test_without_public_texts_it_says_what_that_means(tmp_path: Path) -> None:
    company(tmp_path / "papers", 2)
    (tmp_path / "papers/public").rename(tmp_path / "papers/news")
    done = run("--from", str(tmp_path / "papers"), "--output", str(tmp_path / "heads"))
    assert "no folder public/" in done.stderr
    assert done.exit_code == 0


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda folder: folder.mkdir(), "no folder in it"),
        (lambda folder: (folder / "board_papers").mkdir(parents=True), "no document in it can be used"),
        (lambda folder: company(folder, 1), "one document can't be learned from"),
    ],
)
def test_a_folder_that_nothing_can_be_learned_from(tmp_path: Path, make, says: str) -> None:
    make(tmp_path / "papers")
    done = run("--from", str(tmp_path / "papers"), "--output", str(tmp_path / "heads"))
    assert done.exit_code == 2
    assert "nothing was trained" in done.stderr
    assert says in done.stderr
    assert not (tmp_path / "heads").exists()


def test_one_label_is_not_enough(tmp_path: Path) -> None:
    folder = tmp_path / "papers/board_papers"
    folder.mkdir(parents=True)
    for number in range(3):
        (folder / f"{number}.txt").write_text(paper("board_papers", number))
    done = run("--from", str(tmp_path / "papers"), "--output", str(tmp_path / "heads"))
    assert done.exit_code == 2
    assert "one label can't be learned" in done.stderr
