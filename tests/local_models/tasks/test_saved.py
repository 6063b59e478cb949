import json
from dataclasses import replace

import pytest

from local_models.errors import ModelError
from local_models.tasks import saved
from local_models.tasks.generate import FewShot
from local_models.tasks.saved import load_answerer
from local_models.tasks.task import load_tasks

TASK = load_tasks()["email_categorisation"]
OTHER = load_tasks()["invoice_dates"]


@pytest.fixture
def directory(tmp_path, monkeypatch):
    monkeypatch.setattr(saved, "load_chat", lambda name: f"chat {name}")
    FewShot("chat", "tiny", right=0.75).fit(TASK, TASK.positives).save(tmp_path / "sorter")
    return tmp_path / "sorter"


def test_what_was_written_comes_back(directory):
    one = load_answerer(TASK, "sorter", directory)
    assert isinstance(one, FewShot)
    assert (one.model, one.right, one.chat) == ("tiny", 0.75, "chat tiny")
    assert one.shown == tuple(replace(e, source="") for e in FewShot("", "").fit(TASK, TASK.positives).shown)


def test_a_chat_model_by_its_name(directory):
    one = load_answerer(TASK, "tiny", None)
    assert one.model == "tiny"
    assert len(one.shown) == 8


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"schema": "x"}, "not of schema privet.answerer/1"),
        ({"kind": "oracle"}, "of kind 'oracle', expected few_shot, heads, spans"),
        ({"task_revision": "0"}, "or its examples were changed since it was made"),
        ({"task": "other"}, "made for the task 'other'"),
        ({"shown": 3}, "lacks what an answerer of its kind needs"),
        ({"right": "often"}, "lacks what an answerer of its kind needs"),
    ],
)
def test_what_is_not_what_was_measured_is_refused(directory, change, said):
    path = directory / "answerer.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(ModelError, match=said):
        load_answerer(TASK, "sorter", directory)


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff", b"[]", b"[" * 100_000])
def test_what_is_no_answerer_is_refused(directory, raw):
    (directory / "answerer.json").write_bytes(raw)
    with pytest.raises(ModelError, match=r"answerer\.json"):
        load_answerer(TASK, "sorter", directory)


def test_one_that_is_not_there(tmp_path):
    with pytest.raises(ModelError, match=r"can't read the answerer .*privet models choose --task email_categorisation"):
        load_answerer(TASK, "sorter", tmp_path)


def test_one_for_another_task(directory):
    with pytest.raises(ModelError, match="expected 'invoice_dates'"):
        load_answerer(OTHER, "sorter", directory)
