"""Linear models that sort mail: learnt from the shipped task, saved, read again, refused when they don't fit."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from local_models.errors import ModelError, TrainingError
from local_models.tasks.folds import folds
from local_models.tasks.heads_answerer import HeadsAnswerer, Vectors, load
from local_models.tasks.task import SHIPPED, Task, load_task, same


@pytest.fixture(scope="module")
def task() -> Task:
    return load_task(SHIPPED / "email_categorisation")


@pytest.fixture(scope="module")
def fitted(task: Task) -> HeadsAnswerer:
    return HeadsAnswerer().fit(task, task.examples)


def test_it_learns_more_than_the_likeliest_word(task: Task) -> None:
    part = folds(task.examples, 4)[0]
    answerer = HeadsAnswerer().fit(task, [task.examples[row] for row in part.kept])
    right = [
        same(task, task.examples[row].output, answerer.answer(task.examples[row].input).output) for row in part.out
    ]
    assert sum(right) / len(right) > 0.25  # of eight words; the likeliest alone has an eighth


def test_the_same_examples_give_the_same_answers(task: Task, fitted: HeadsAnswerer) -> None:
    again = HeadsAnswerer().fit(task, task.examples)
    for example in task.examples[:10]:
        assert again.answer(example.input).confidence == fitted.answer(example.input).confidence


def test_what_was_saved_is_read_again(task: Task, fitted: HeadsAnswerer, tmp_path: Path) -> None:
    fitted.save(tmp_path)
    read = load(tmp_path, task)
    for example in task.examples[::20]:
        one, other = fitted.answer(example.input), read.answer(example.input)
        assert one.output == other.output
        assert one.confidence == pytest.approx(other.confidence, abs=1e-2)
    assert "parcel" not in (tmp_path / "answerer.json").read_text()


def test_near_misses_become_no_output(task: Task) -> None:
    answerer = HeadsAnswerer().fit(task, task.examples)
    near = [answerer.answer(one.input).output for one in task.near_misses]
    assert near.count(None) > len(near) / 2


def test_on_a_feature_model(task: Task, tmp_path: Path) -> None:
    few = replace(task, examples=tuple(task.examples[::3]))
    answerer = HeadsAnswerer(grams=True, vectors=Vectors("smollm2-135m-l4")).fit(few, few.examples)
    answerer.save(tmp_path)
    answer = load(tmp_path, few).answer(few.examples[0].input)
    assert answer.output == few.examples[0].output
    assert answerer.name == "grams+smollm2-135m-l4"
    assert answerer.memory_mb > HeadsAnswerer().memory_mb


def test_what_can_not_be_used_is_told(task: Task, fitted: HeadsAnswerer, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="learnt nothing"):
        HeadsAnswerer().answer("x")
    with pytest.raises(ModelError, match="learnt nothing"):
        HeadsAnswerer().save(tmp_path)
    with pytest.raises(ModelError, match="models choose"):
        load(tmp_path / "nothing", task)
    with pytest.raises(TrainingError, match="same category"):
        HeadsAnswerer().fit(task, [one for one in task.positives if one.output == {"category": "billing"}])
    with pytest.raises(TrainingError, match="kind classify"):
        HeadsAnswerer().fit(load_task(SHIPPED / "invoice_dates"), ())
    fitted.save(tmp_path)
    with pytest.raises(ModelError, match="was made for the task"):
        load(tmp_path, load_task(SHIPPED / "invoice_dates"))
    about = json.loads((tmp_path / "answerer.json").read_text())
    (tmp_path / "answerer.json").write_text(json.dumps(about | {"words": [["billing"], {}]}))
    with pytest.raises(ModelError, match="other words"):
        load(tmp_path, task)
    (tmp_path / "answerer.json").write_text(json.dumps(about))
    (tmp_path / "answerer.npz").write_bytes((tmp_path / "answerer.npz").read_bytes()[:-5])
    with pytest.raises(ModelError, match="sha256"):
        load(tmp_path, task)
    (tmp_path / "answerer.json").write_text(json.dumps(about | {"schema": "other"}))
    with pytest.raises(ModelError, match="of schema"):
        load(tmp_path, task)
    (tmp_path / "answerer.json").write_text("{")
    with pytest.raises(ModelError, match="JSON"):
        load(tmp_path, task)
