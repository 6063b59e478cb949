"""`privet models`: what it prints, its exit codes, and that it never shows a traceback."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from console import tagger_training
from console.cli import models
from console.cli.models import command
from local_models import catalog, classify, corpus, embed, heads, train
from local_models.errors import ModelError, TrainingError
from local_models.evaluate import Scores

SCORES = Scores(
    texts=3,
    macro_f1=0.75,
    auc=0.9,
    false_alarms_at_recall_90=0.1,
    calibration_error=0.02,
    recall_at_rule=0.5,
    wrong_at_rule=0.0,
)


def run(*args: str) -> Result:
    return CliRunner().invoke(command, args, catch_exceptions=False)


def broken(*_: object, **__: object) -> Any:
    raise ModelError("smollm2-135m: the file is another one. Reinstall it")


@pytest.mark.parametrize("name", ["list", "prepare", "verify", "train", "evaluate"])
def test_every_command_has_help_with_an_example(name: str) -> None:
    done = run(name, "--help")
    assert done.exit_code == 0
    assert f"privet models {name}" in done.output


def test_list_names_every_model_with_its_licence() -> None:
    rows = json.loads(run("list", "--json").output)
    assert [row["name"] for row in rows] == [spec.name for spec in catalog.CATALOG]
    assert all(len(row["sha256"]) == 64 and row["licence"] == "Apache-2.0" for row in rows)
    table = run("list").output
    assert all(row["name"] in table for row in rows)


def test_list_works_without_the_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "location_of", broken)
    assert json.loads(run("list", "--json").output)[0]["path"] is None
    assert "wheel not installed" in " ".join(run("list").output.split()).replace("wheel not ", "wheel not ")


def test_list_says_when_a_file_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PRIVET_MODELS_DIR", str(tmp_path / "m"))
    rows = json.loads(run("list", "--json").output)
    assert [row["present"] for row in rows] == [True, False, False]


def test_prepare_says_where_the_files_are() -> None:
    done = run("prepare")
    assert done.exit_code == 0
    assert [line.partition(":")[0] for line in done.output.splitlines()] == [spec.name for spec in catalog.CATALOG]


def test_prepare_fails_with_a_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "prepare", broken)
    done = run("prepare")
    assert done.exit_code == 2
    assert "Reinstall it" in done.stderr


def test_verify() -> None:
    done = run("verify", "--json")
    assert done.exit_code == 0
    assert [row["ok"] for row in json.loads(done.output)] == [True] * 5
    assert run("verify").output.count("ok ") == 5


def test_verify_tells_a_bad_file_and_still_checks_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heads, "load_head", broken)
    done = run("verify")
    assert done.exit_code == 1
    assert done.output.count("ok ") == 3
    assert "BAD" in done.output


def test_train_without_data_says_what_to_do(tmp_path: Path) -> None:
    done = run("train", "--data", str(tmp_path / "none"))
    assert done.exit_code == 2
    assert "privet models train --data DIR" in done.stderr


def test_train_passes_its_options_on_and_shows_the_scores(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen: dict[str, Any] = {}

    def fake(texts: object, embedder: object, **options: Any) -> train.Trained:
        options["progress"]("sources", 1, 2)
        seen.update(options, texts=texts)
        return train.Trained("documents@1", tmp_path / "documents.npz", SCORES, SCORES, SCORES)

    monkeypatch.setattr(train, "train", fake)
    monkeypatch.setattr(corpus, "load_corpus", lambda data: data)
    monkeypatch.setattr(embed, "load_embedder", lambda: None)
    args = ("train", "--data", str(tmp_path), "--cache", str(tmp_path / "c"), "--output", str(tmp_path / "o"))
    found = json.loads(run(*args, "--json").output)
    assert found["scores"]["left_out"]["macro_f1"] == 0.75
    assert (seen["texts"], seen["cache"], seen["directory"]) == (tmp_path, tmp_path / "c", tmp_path / "o")
    assert "macro-F1" in run(*args).output


def test_train_ner_passes_its_options_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen: list[tagger_training.Plan] = []
    monkeypatch.setattr(tagger_training, "train_tagger", lambda plan, _: seen.append(plan))
    args = (
        "train",
        "ner",
        "--data",
        str(tmp_path),
        "--output",
        str(tmp_path / "o"),
        "--without",
        "a",
        "--without",
        "b",
    )
    assert json.loads(run(*args, "--rounds", "2", "--json").output) == {"path": str(tmp_path / "o")}
    assert seen == [tagger_training.Plan(tmp_path, tmp_path / "o", 2, ("a", "b"))]


def test_train_ner_says_what_is_missing(tmp_path: Path) -> None:
    done = run("train", "ner", "--data", str(tmp_path / "none"))
    assert done.exit_code == 2
    assert "--data DIR" in done.stderr


def test_evaluate_shows_scores_of_now_and_of_training(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = json.loads(run("evaluate", "--data", str(tmp_path), "--json").output)
    assert found["now"]["check"]["macro_f1"] > 0.9
    assert found["at_training"]["left_out"]["texts"] > 4000
    monkeypatch.setattr(classify, "load_classifier", broken)
    done = run("evaluate")
    assert done.exit_code == 2
    assert "Reinstall it" in done.stderr


def test_training_errors_are_messages(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fail(_: Path) -> None:
        raise TrainingError("doc_train.jsonl: expected text, label and source in each line")

    monkeypatch.setattr(corpus, "load_corpus", fail)
    done = run("train", "--data", str(tmp_path))
    assert done.exit_code == 2
    assert "expected text, label and source" in done.stderr


def test_listing_imports_no_model_code() -> None:
    code = (
        "import sys; import console.cli.models; "
        "print([name for name in ('llama_cpp', 'sklearn', 'numpy', 'gguf', 'scipy') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3]
    )
    assert done.stdout.strip() == "[]"
