"""`privet models choose`: from examples to a route in the policy, with none, too few and mistakes as answers."""

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
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


class Clerk(BaseHTTPRequestHandler):
    """A server inside that knows each mail's category by heart."""

    known: ClassVar[dict[str, str]] = {}

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))["messages"][-1]["content"]
        name = next(name for mail, name in self.known.items() if mail in asked)
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        piece = {"choices": [{"delta": {"content": json.dumps({"category": name})}, "finish_reason": "stop"}]}
        self.wfile.write(f"data: {json.dumps(piece)}\n\ndata: [DONE]\n\n".encode())

    def log_message(self, *_: object) -> None: ...


def test_what_a_server_does_is_not_written_to_a_file(tmp_path: Path) -> None:
    names = list(WORDS)
    mails = {hashlib.sha256(bytes([n])).hexdigest(): names[n % 3] for n in range(180)}  # nothing to learn from
    data, policy = tmp_path / "mails.jsonl", tmp_path / "policy.yaml"
    data.write_text(
        "\n".join(json.dumps({"input": mail, "output": {"category": name}}) for mail, name in mails.items())
    )
    policy.write_text(POLICY)
    Clerk.known = mails
    server = ThreadingHTTPServer(("127.0.0.1", 0), Clerk)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/v1#clerk"
    args = ["--task", "email_categorisation", "--data", str(data), "--candidates", "grams", "--endpoint", address]
    try:
        shown = run(*args)
        done = run(*args, "--write", str(policy))
    finally:
        server.shutdown()
        server.server_close()
    assert shown.exit_code == 0, shown.output
    assert done.exit_code == 2
    assert "a server inside was chosen (clerk, 8 examples), and nothing was written" in done.stderr
    assert policy.read_text() == POLICY
    assert not (tmp_path / "answerers").exists()


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
