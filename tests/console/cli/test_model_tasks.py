"""`privet models tasks`, with the example of docs/tasks.md."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from console.cli.context import Cli
from console.cli.models import command
from local_models.tasks.router import Asked, Router
from local_models.tasks.task import known_tasks

PAGE = (Path(__file__).parents[3] / "docs" / "tasks.md").read_text(encoding="utf-8")


def example(name: str) -> str:
    found = re.search(rf"<!-- example: {re.escape(name)} -->\n```\w+\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    """The directory of a company's own tasks, with the one of the page."""
    folder = tmp_path / "tasks" / "sort_tickets"
    folder.mkdir(parents=True)
    for name in ("task.yaml", "examples.jsonl"):
        (folder / name).write_text(example(name), encoding="utf-8")
    return tmp_path / "tasks"


@pytest.fixture
def cli(tmp_path: Path, ours: Path) -> Cli:
    (tmp_path / "policy.yaml").write_text(
        "schema: privet.policy/1\nid: a\nmodels: {urgent: {backend: task, task: sort_tickets, answerer: smollm2-135m, "
        "escalate: [vendor]}}\n"
    )
    (tmp_path / "privet.yaml").write_text("policy: policy.yaml\ntasks: {directory: tasks}\n")
    return Cli(tmp_path / "privet.yaml")


def run(*args: str, cli: Cli | None = None) -> Result:
    return CliRunner().invoke(command, ["tasks", *args], obj=cli, catch_exceptions=False)


def test_the_pages_example_is_checked_as_the_page_says(ours: Path) -> None:
    done = run("check", str(ours / "sort_tickets"))
    assert done.exit_code == 0, done.stderr
    shown = PAGE.partition("$ privet models tasks check tasks/sort_tickets\n")[2].partition("$ ")[0]
    assert done.stdout == shown


def test_the_pages_example_is_recognised(ours: Path) -> None:
    router = Router.of(known_tasks(ours))
    prompt = router.tasks["sort_tickets"].templates[0].replace("{input}", "Nobody on the second floor can log in.")
    assert [one.task for one in router.recognise(Asked(user=prompt)) if one.counts] == ["sort_tickets"]


def test_as_json(ours: Path) -> None:
    done = run("check", "--json", str(ours / "sort_tickets"))
    row = json.loads(done.stdout)
    assert (row["id"], row["words"], row["near_misses"]) == ("sort_tickets", {"high": 5, "low": 5}, 3)


def test_the_list_has_ours_and_those_that_came(cli: Cli) -> None:
    rows = {row["id"]: row for row in json.loads(run("--json", cli=cli).stdout)}
    assert set(rows) == {"email_categorisation", "invoice_dates", "sort_tickets"}
    (model,) = rows["sort_tickets"]["models"]
    assert (model["name"], model["answerer"], model["escalate"]) == ("urgent", "smollm2-135m", ["vendor"])
    table = run(cli=cli).stdout
    assert "urgent (smollm2-135m)" in table
    assert "Finds the date and the total amount" in table


def test_without_settings_those_that_came(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("PRIVET_CONFIG", raising=False)
    assert {row["id"] for row in json.loads(run("--json").stdout)} == {"email_categorisation", "invoice_dates"}


def test_what_is_wrong_is_told_with_its_place_and_not_quoted(ours: Path, cli: Cli) -> None:
    path = ours / "sort_tickets" / "examples.jsonl"
    path.write_text(path.read_text() + '{"input": "private words", "output": {"urgency": "private"}}\n')
    for done in (run("check", str(ours / "sort_tickets")), run(cli=cli)):
        assert done.exit_code == 2
        assert f"{path}:14:1: output: urgency: expected one of high, low" in done.stderr
        assert "private" not in done.stderr


def test_words_without_end_are_no_grammar(ours: Path) -> None:
    path = ours / "sort_tickets"
    words = [f"word{number}" for number in range(6_000)]
    (path / "task.yaml").write_text(example("task.yaml").replace("[high, low]", json.dumps(words)))
    rows = [{"input": f"{word} {turn}", "output": {"urgency": word}} for word in words for turn in range(2)]
    (path / "examples.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    done = run("check", str(path))
    assert done.exit_code == 2
    assert "expected at most 50000" in done.stderr


def test_a_template_from_prompts(tmp_path: Path) -> None:
    file = tmp_path / "prompts.jsonl"
    start = "You are a helpful clerk. Tell me what this customer of our shop wants, in one word:"
    file.write_text("\n".join(json.dumps({"prompt": f"{start}\n\n{text}"}) for text in ("a lamp", "my money", "to go")))
    done = run("template", str(file))
    assert done.stdout.strip() == f"{start}\n{{input}}"


@pytest.mark.parametrize(
    ("raw", "code", "said"),
    [
        ('"one"\n"two"\n"three"\n', 1, "no template found"),
        ('"one"\n3\n', 2, "prompts.jsonl:2: expected a JSON text"),
        ("{", 2, "prompts.jsonl:1: expected a JSON text"),
        ("", 1, "no template found"),
    ],
)
def test_prompts_without_one(tmp_path: Path, raw: str, code: int, said: str) -> None:
    (tmp_path / "prompts.jsonl").write_text(raw)
    done = run("template", str(tmp_path / "prompts.jsonl"))
    assert done.exit_code == code
    assert said in done.stderr
