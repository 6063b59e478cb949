"""`privet models choose`: from examples to a route in the policy, with none, too few and mistakes as answers."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner, Result

from console.cli.main import main
from local_models.tasks.evidence import doubts
from local_models.tasks.saved import load_answerer
from local_models.tasks.task import SHIPPED, load_task
from policy.load import load_policy

POLICY = "schema: privet.policy/1\nid: ours\ndefaults: {effect: allow}\nmodels:\n  inside: {backend: embedded, model: smollm2-135m}\n"
WORDS = {"billing": "invoice charged twice", "refund": "money back return", "account": "password sign in locked"}


def run(*args: str) -> Result:
    return CliRunner().invoke(main, ["models", "choose", *args], catch_exceptions=False)


@pytest.fixture
def easy(tmp_path: Path) -> Path:
    """Mails that any model can sort."""
    path = tmp_path / "easy.jsonl"
    lines = [
        json.dumps({"input": f"{word} {'abcdefgh'[n % 8] * 3} {'klmnopqr'[n // 8] * 4}", "output": {"category": name}})
        for name, word in WORDS.items()
        for n in range(60)
    ]
    path.write_text("\n".join(lines))
    return path


def test_the_winner_becomes_a_route_that_can_be_used(easy: Path, tmp_path: Path) -> None:
    policy, picture = tmp_path / "policy.yaml", tmp_path / "choice.svg"
    policy.write_text(POLICY)
    done = run(
        *("--task", "email_categorisation", "--data", str(easy), "--candidates", "grams"),
        *("--write", str(policy), "--as", "sorter", "--plot", str(picture)),
    )
    assert done.exit_code == 0, done.output
    assert "Chosen: grams" in done.stdout
    target = load_policy(policy).models["sorter"]
    assert target.place == tmp_path / "answerers/email_categorisation"
    task = load_task(SHIPPED / "email_categorisation")
    assert doubts(target.place, target.evidence, task) is None
    answer = load_answerer(task, target.answerer, target.place).answer("money back return zzz")
    assert answer.output == {"category": "refund"}
    assert ET.fromstring(picture.read_text()).get("role") == "img"
    check = ["policy", "check", str(policy)]
    assert "evidence" not in CliRunner().invoke(main, check).stderr
    with (target.place / "evidence.json").open("a") as file:
        file.write(" ")
    assert "models.sorter: its evidence" in CliRunner().invoke(main, check).stderr


def test_none_meets_it(tmp_path: Path) -> None:
    done = run("--task", "email_categorisation", "--candidates", "grams", "--output", str(tmp_path / "out"), "--json")
    assert done.exit_code == 1
    found: Any = json.loads(done.stdout)
    assert found["chosen"] is None
    assert found["candidates"][0]["verdict"] == "misses"
    assert not (tmp_path / "out").exists()


def test_too_few_to_tell(easy: Path, tmp_path: Path) -> None:
    few = tmp_path / "few.jsonl"
    few.write_text("\n".join(easy.read_text().splitlines()[::6]))
    done = run("--task", "email_categorisation", "--data", str(few), "--candidates", "grams")
    assert done.exit_code == 3
    assert "about 59 would be needed" in done.stdout


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--task", "nonsense"], "no task is called 'nonsense'"),
        (["--task", "invoice_dates", "--candidates", "magic"], "no candidate is called 'magic'"),
        (["--task", "invoice_dates", "--candidates", "few-shot:magic"], "no chat model is called 'magic'"),
        (["--task", "invoice_dates", "--answers", "0.5"], "--escalate"),
        (["--task", "invoice_dates", "--endpoint", "https://api.openai.com/v1#gpt-5"], "would leave the house"),
    ],
)
def test_mistakes_are_told(args: list[str], said: str) -> None:
    done = run(*args)
    assert done.exit_code == 2
    assert said in done.stderr


def test_examples_that_can_not_be_used_are_told_by_line(tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text('{"input": "secret words", "output": {"category": "nonsense"}}\n')
    done = run("--task", "email_categorisation", "--data", str(path))
    assert done.exit_code == 2
    assert f"{path}:1:1" in done.stderr
    assert "secret words" not in done.output
