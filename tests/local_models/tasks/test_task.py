import json

import pytest

from configs.yaml_source import SourceError
from local_models.tasks.task import LEAST, load_examples, load_task, load_tasks, same

YAML = """\
id: sort_tickets
about: Says how urgent a ticket is.
kind: classify
prompt: How urgent is this ticket?
schema:
  type: object
  properties:
    urgency: {type: string, enum: [high, low]}
  required: [urgency]
  additionalProperties: false
templates:
  - "How urgent is this ticket? {input}"
"""
ROWS = [{"input": f"ticket {n}", "output": {"urgency": "high" if n % 2 else "low"}} for n in range(LEAST)]


def folder(path, yaml=YAML, rows=ROWS, raw=None):
    path.mkdir(exist_ok=True)
    (path / "task.yaml").write_text(yaml, encoding="utf-8")
    lines = "\n".join(json.dumps(row) for row in rows) + "\n" if raw is None else raw
    (path / "examples.jsonl").write_text(lines, encoding="utf-8")
    return path


def wrong(path):
    with pytest.raises(SourceError) as caught:
        load_task(path)
    return [f"{one.line}: {one.message}" for one in caught.value.problems]


def test_a_task_of_ones_own(tmp_path):
    task = load_task(folder(tmp_path, rows=[*ROWS, {"input": "a poem", "output": None, "source": "ours"}]))
    assert (task.id, task.kind, task.templates) == ("sort_tickets", "classify", ("How urgent is this ticket? {input}",))
    assert len(task.positives) == LEAST
    assert [one.source for one in task.near_misses] == ["ours"]
    assert task.instruction("X") == "How urgent is this ticket?\n\nX"
    assert task.fits({"urgency": "low"})
    assert not task.fits({"urgency": "middle"})


def test_the_prompt_says_where_the_input_goes(tmp_path):
    yaml = YAML.replace("prompt: How urgent is this ticket?", 'prompt: "Ticket: {input}. How urgent?"')
    assert load_task(folder(tmp_path, yaml)).instruction("X") == "Ticket: X. How urgent?"


def test_other_examples_or_words_are_another_revision(tmp_path):
    revisions = {
        load_task(folder(tmp_path, yaml, rows)).revision
        for yaml, rows in [
            (YAML, ROWS),
            (YAML, [*ROWS, {"input": "x", "output": None}]),
            (YAML.replace("How urgent is", "How bad is"), ROWS),
        ]
    }
    assert len(revisions) == 3
    about = YAML.replace("Says how", "Tells how")
    assert load_task(folder(tmp_path, about)).revision == load_task(folder(tmp_path)).revision


@pytest.mark.parametrize("task", load_tasks().values(), ids=lambda task: task.id)
def test_the_tasks_that_come_with_privet(task):
    assert len(task.positives) >= 24
    assert len(task.near_misses) >= 12
    assert task.templates


def test_there_are_two_of_them():
    assert sorted(load_tasks()) == ["email_categorisation", "invoice_dates"]


def test_each_date_and_amount_stands_in_the_text_of_its_example():
    for example in load_tasks()["invoice_dates"].positives:
        digits = example.input.replace(" ", "").replace(",", "").replace(".", "")
        assert f"{example.output['total']:.2f}".replace(".", "") in digits
        assert str(int(example.output["date"][8:])) in example.input


@pytest.mark.parametrize(
    ("yaml", "said"),
    [
        ("[]", "1: expected the keys id, about"),
        (YAML + "color: red\n", "13: unknown key 'color'"),
        (YAML.replace("sort_tickets", "Sort Tickets"), "1: id: expected small letters"),
        (YAML.replace("kind: classify", "kind: guess"), "3: kind: expected classify"),
        (YAML.replace("about: Says how urgent a ticket is.\n", ""), "1: about: expected a text"),
        (YAML.replace("{input}", "the ticket"), "12: expected {input} once"),
        (YAML.replace("How urgent is this ticket? {", "Urgent: {"), "12: expected at least 5 words and signs"),
        (YAML.replace("enum: [high, low]", "enum: [high]"), "8: schema: expected at least two words"),
        (YAML.replace("enum: [high, low]", "$ref: '#/x'"), "8: schema: a field can't have '$ref'"),
        (YAML.replace("type: string, enum: [high, low]", "type: number"), "6: a task of kind classify has one"),
    ],
)
def test_what_is_wrong_in_the_yaml_is_told_with_its_line(tmp_path, yaml, said):
    assert any(one.startswith(said) for one in wrong(folder(tmp_path, yaml))), wrong(tmp_path)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("{", "not a line of JSON"),
        ("[" * 100_000, "not a line of JSON"),
        ('"x"', "expected {"),
        ('{"input": " ", "output": null}', "expected {"),
        ('{"input": "secret words"}', "output is missing"),
        ('{"input": "secret words", "output": "high"}', "output: expected an object, or null"),
        ('{"input": "secret words", "output": {"urgency": "secret"}}', "output: urgency: expected one of high, low"),
        ('{"input": "secret words", "output": null, "source": 3}', "source: expected a text"),
        ('{"input": "ticket 0", "output": null}', "the input of line 1 once more"),
        (json.dumps({"input": "x" * 100_001, "output": None}), "the input has 100001 characters"),
    ],
)
def test_what_is_wrong_in_the_examples_is_told_with_its_line_and_never_quoted(tmp_path, row, said):
    raw = "\n".join([*(json.dumps(one) for one in ROWS), "", row])
    (only,) = wrong(folder(tmp_path, raw=raw))
    assert only.startswith(f"{LEAST + 2}: {said}")
    assert "secret" not in only


def test_everything_wrong_is_told_at_once(tmp_path):
    assert len(wrong(folder(tmp_path, raw="{\n[\n" + json.dumps(ROWS[0])))) == 2


def test_too_few_examples_and_a_word_without_any(tmp_path):
    assert wrong(folder(tmp_path, rows=ROWS[:3])) == [f"1: 3 examples of the task, expected at least {LEAST}"]
    rows = [{**row, "output": {"urgency": "low"}} for row in ROWS]
    assert wrong(folder(tmp_path, rows=rows)) == [
        "1: urgency: expected at least 2 examples of each word; too few: high"
    ]


def test_files_that_are_not_there_or_no_text(tmp_path):
    assert "no such file" in wrong(tmp_path)[0]
    path = folder(tmp_path)
    (path / "examples.jsonl").write_bytes(b"\xff\xfe")
    assert wrong(path) == ["1: not UTF-8 text"]
    (path / "examples.jsonl").unlink()
    assert wrong(path)[0].startswith("1: can't be read: No such file")


def test_two_tasks_of_one_name_and_no_directory(tmp_path):
    folder(tmp_path / "one")
    folder(tmp_path / "two")
    with pytest.raises(SourceError, match="another task is called sort_tickets already"):
        load_tasks(tmp_path)
    with pytest.raises(SourceError, match="no such directory"):
        load_tasks(tmp_path / "nowhere")


def test_examples_alone(tmp_path):
    task = load_task(folder(tmp_path))
    assert load_examples(tmp_path / "examples.jsonl", task.fields) == task.examples
    (tmp_path / "examples.jsonl").write_text("{")
    with pytest.raises(SourceError):
        load_examples(tmp_path / "examples.jsonl")


def test_right_is_what_says_the_same_in_every_required_field():
    task = load_tasks()["invoice_dates"]
    right = {"date": "2026-03-31", "total": 1190.0}
    assert same(task, right, {"date": "2026-03-31", "total": 1190})
    assert not same(task, right, {"date": "2026-03-31", "total": 1190.1})
    assert not same(task, right, {"date": "2026-03-31"})
    assert not same(task, right, None)
    assert not same(task, None, right)
    assert same(task, None, None)


def test_a_repr_holds_no_example(tmp_path):
    task = load_task(folder(tmp_path))
    assert "ticket 0" not in repr(task)
    assert "ticket 0" not in repr(task.examples[0])
