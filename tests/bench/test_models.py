"""The benchmark of models for tasks: its floor, and how labelled lines become a task."""

import json
from pathlib import Path

from bench.models import FirstAndLargest, _labelled, _rows
from local_models.tasks.heads_answerer import HeadsAnswerer
from local_models.tasks.task import SHIPPED, load_task


def test_the_floor_reads_plain_receipts() -> None:
    task = load_task(SHIPPED / "invoice_dates")
    answer = FirstAndLargest().fit(task, ()).answer("Date 2026-03-02\nbread 3.10\nTotal 9.40")
    assert answer.output == {"date": "2026-03-02", "total": 9.4}
    assert FirstAndLargest().answer("nothing").output is None


def test_labelled_lines_become_a_task_and_rows(tmp_path: Path) -> None:
    path = tmp_path / "set.jsonl"
    words = {"travel": "fly to paris", "bank": "my account balance", "oos": "who wrote hamlet"}
    lines = [
        {"text": f"{text} {'abc'[n % 3] * 5} {n}", "domain": word} for word, text in words.items() for n in range(60)
    ]
    path.write_text("\n".join(json.dumps(line) for line in lines))
    task, examples = _labelled("requests", path, 80)
    assert [one.choices for one in task.fields] == [("bank", "travel")]
    assert sum(one.output is None for one in examples) == 40
    right, time = _rows("requests", task, examples, [HeadsAnswerer()])
    assert right.value > 90
    assert (right.unit, time.unit, right.floor) == ("%", "ms", None)
