import json

import pytest

from configs.yaml_source import SourceError
from local_models.errors import ModelError
from local_models.tasks.answerer import Answer
from local_models.tasks.task import known_tasks
from proxy import task_job
from proxy.task_job import doing
from proxy.workers import WorkerPool
from tests.local_models.tasks.test_task import folder

MAIL = known_tasks()["email_categorisation"]


class Answerer:
    name = "fake"

    def answer(self, text):
        return Answer({"urgency": "high"} if "now" in text else None, 0.5, 0.1, 3, 4)


@pytest.fixture
def job(tmp_path, monkeypatch):
    monkeypatch.setattr(task_job, "confine", lambda memory: None)
    monkeypatch.setattr("local_models.tasks.saved.load_answerer", lambda task, name, place: Answerer())
    folder(tmp_path / "sort")
    return doing("sort_tickets", "fake", None, str(tmp_path), revision=known_tasks(tmp_path)["sort_tickets"].revision)


def test_one_input_one_answer_in_plain_values(job):
    run, info = job
    assert list(run("do it now")) == [[{"urgency": "high"}, 0.5, 3, 4]]
    assert list(run("whenever")) == [[None, 0.5, 3, 4]]
    assert (info["task"], info["answerer"]) == ("sort_tickets", "fake")
    assert len(info["revision"]) == 64
    json.dumps(info)


def test_what_can_not_be_loaded_is_told(tmp_path):
    with pytest.raises(SourceError, match="no such directory"):
        doing("sort_tickets", "fake", None, str(tmp_path / "nowhere"), revision="")
    with pytest.raises(ModelError, match="can't read the answerer"):
        doing("email_categorisation", "x", str(tmp_path), None, revision=MAIL.revision)
    with pytest.raises(ModelError, match="were changed since Privet read them"):
        doing("email_categorisation", "x", str(tmp_path), None, revision="of yesterday")


@pytest.mark.slow
async def test_in_a_worker_of_its_own():
    options = {"task": MAIL.id, "answerer": "smollm2-135m", "place": None, "directory": None, "revision": MAIL.revision}
    pool = WorkerPool("task", task_job.DOING, options)
    await pool.start()
    try:
        output, confidence, _, _ = await pool.call("Where is my parcel?", within=60)
        assert set(output) == {"category"}
        assert confidence == 0
    finally:
        await pool.close()
