"""Real coding agents through `privet run`: they work as before, and what must not leave doesn't.

The stand-in vendor plays the model: it calls the agent's own tools, with what it was sent as content.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes import offline
from tests.fakes.agents import AGENTS, Agent, install
from tests.fakes.model import Behaviour, Call, Prompt
from tests.fakes.service import Service, serving
from tests.fakes.vendor import Vendor

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(600)]

POLICY = """
schema: privet.policy/1
id: agents
extends: builtin/secrets
defaults: {effect: allow, when_uninspected: block, when_error: block}
rules:
  - id: customers
    when: {entities: [{type: PERSON}, {type: EMAIL_ADDRESS}]}
    effect: allow
    obligations: [{tokenize: {types: [PERSON, EMAIL_ADDRESS], restore: true}}]
"""
LETTER = "LETTER: Dear Anna Schmidt (anna.schmidt@acme-mail.com), thank you for your order."
VALUES = ("Anna Schmidt", "anna.schmidt@acme-mail.com")
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCY1a2b3c4d5e"

each_agent = pytest.mark.parametrize("name", AGENTS)


@pytest.fixture(scope="module")
def folder() -> Path:
    installed = install()
    if installed is None:
        pytest.skip("the agents can't be installed: no npm, or its registry can't be reached")
    return installed


@pytest.fixture(scope="module")
def vendor() -> Iterator[Vendor]:
    with Vendor() as vendor:
        yield vendor


@pytest.fixture(scope="module")
def service(vendor: Vendor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    directory: Path = tmp_path_factory.mktemp("privet")
    (path,) = offline.__path__
    with serving(directory, vendor, POLICY, env={"PYTHONPATH": path}) as service:
        yield service


def run(service: Service, agent: Agent, folder: Path, place: Path, prompt: str) -> subprocess.CompletedProcess[str]:
    """One question to an agent that works in `place`."""
    home = place / "home"
    home.mkdir()
    privet = [str(Path(sys.executable).with_name("privet")), "--config", str(service.config), "run", "--"]
    return subprocess.run(
        privet + agent.command(folder, prompt),
        cwd=place,
        env={**agent.environment(home), "PWD": str(place)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
    )


def calling(agent: Agent, tool: str, call: Callable[[str], Call]) -> Behaviour:
    """A model that answers a letter with a call of one tool, and anything else with an echo."""

    def decide(prompt: Prompt) -> Call | None:
        wanted = not prompt.from_tool and "LETTER" in prompt.text and any(item.name == tool for item in prompt.tools)
        return call(prompt.text[prompt.text.index("LETTER") :]) if wanted else None

    return Behaviour(call=decide)


@each_agent
def test_it_writes_a_file(service: Service, vendor: Vendor, folder: Path, tmp_path: Path, name: str) -> None:
    agent, letter = AGENTS[name], tmp_path / "letter.txt"
    vendor.reset()
    vendor.behaviour = calling(agent, agent.tools[0], lambda text: agent.writes(letter, text))
    done = run(service, agent, folder, tmp_path, LETTER)
    assert done.returncode == 0, done.stdout + done.stderr
    assert letter.read_text(encoding="utf-8").strip().strip('"') == LETTER
    assert not any(vendor.saw(value) for value in VALUES)
    assert vendor.saw("PERSON_")
    bodies = [request.json() for request in vendor.requests if request.body]
    assert len(bodies) >= 2  # the question, and the tool's result
    for body in bodies:
        for word in protocol_words(body):
            assert "PERSON_" not in word
            assert "EMAIL_" not in word


@each_agent
def test_what_a_tool_reads_stays_inside(
    service: Service, vendor: Vendor, folder: Path, tmp_path: Path, name: str
) -> None:
    """A tool's result holds a credential: the request with it is blocked, and the agent says why."""
    agent = AGENTS[name]
    (tmp_path / "deploy.env").write_text(f"AWS_SECRET_ACCESS_KEY={SECRET}\n", encoding="utf-8")
    vendor.reset()
    vendor.behaviour = calling(agent, agent.tools[1], lambda _: agent.runs("cat deploy.env"))
    done = run(service, agent, folder, tmp_path, "LETTER: what is in deploy.env?")
    assert not vendor.saw(SECRET)
    assert vendor.requests, "the question itself goes"
    assert "holds a password, key or token" in done.stdout + done.stderr
    assert SECRET not in service.log


def protocol_words(value: Any, key: str = "") -> Iterator[str]:
    """Names, types, enumerations and the like of a request: what a token would break."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield name
            yield from protocol_words(item, name)
    elif isinstance(value, list):
        for item in value:
            yield from protocol_words(item, key)
    elif isinstance(value, str) and key in {
        "type",
        "name",
        "role",
        "required",
        "id",
        "call_id",
        "model",
        "tool_use_id",
    }:
        yield value
    elif isinstance(value, str) and key == "arguments":
        assert isinstance(json.loads(value), dict)
