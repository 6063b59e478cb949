"""`privet run` with the real thing: programs that know nothing of Privet reach the vendor through it, or not at all."""

import json
import shutil
import socket
import sys
from pathlib import Path

import pytest

from tests.fakes.service import Service, privet, write_config
from tests.fakes.vendor import Vendor

pytestmark = pytest.mark.e2e

TEXT = "Please write to Anna Schmidt (anna.schmidt@acme-mail.com) about her order."
VALUES = ("Anna Schmidt", "anna.schmidt@acme-mail.com")
BODY = json.dumps({"model": "gpt-4o", "messages": [{"role": "user", "content": TEXT}]})
URL = "https://api.openai.com/v1/chat/completions"

OPENAI = """
import openai, sys
reply = openai.OpenAI(api_key="x").chat.completions.create(
    model="gpt-4o", messages=[{"role": "user", "content": sys.argv[1]}]
)
print(reply.choices[0].message.content)
"""
OPENAI_STREAM = """
import openai, sys
for chunk in openai.OpenAI(api_key="x").chat.completions.create(
    model="gpt-4o", messages=[{"role": "user", "content": sys.argv[1]}], stream=True
):
    if chunk.choices:
        print(chunk.choices[0].delta.content or "", end="")
"""
ANTHROPIC = """
import anthropic, sys
reply = anthropic.Anthropic(api_key="x").messages.create(
    model="claude-sonnet-4-5", max_tokens=100, messages=[{"role": "user", "content": sys.argv[1]}]
)
print(reply.content[0].text)
"""
URLLIB = f"""
import sys, urllib.request
request = urllib.request.Request("{URL}", data=sys.argv[1].encode(), headers={{"content-type": "application/json"}})
print(urllib.request.urlopen(request, timeout=60).read().decode())
"""
NODE_FETCH = f"""
fetch("{URL}", {{method: "POST", body: process.argv[1], headers: {{"content-type": "application/json"}}}})
    .then(async (reply) => console.log(await reply.text()));
"""
NODE_HTTPS = f"""
const request = require("https").request("{URL}", {{method: "POST", headers: {{"content-type": "application/json"}}}}, (reply) => {{
    let text = "";
    reply.on("data", (chunk) => {{ text += chunk; }}).on("end", () => console.log(text));
}});
request.end(process.argv[1]);
"""
CURL = ["curl", "-q", "-sS", "-H", "content-type: application/json", "-d", BODY, URL]

COMMANDS = {
    "openai": [sys.executable, "-c", OPENAI, TEXT],
    "openai, streamed": [sys.executable, "-c", OPENAI_STREAM, TEXT],
    "anthropic": [sys.executable, "-c", ANTHROPIC, TEXT],
    "urllib": [sys.executable, "-c", URLLIB, BODY],
    "curl": CURL,
    "node, fetch": ["node", "-e", NODE_FETCH, BODY],
    "node, https": ["node", "-e", NODE_HTTPS, BODY],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_program_that_knows_nothing_of_privet(service: Service, real_vendor: Vendor, name: str) -> None:
    command = COMMANDS[name]
    if shutil.which(command[0]) is None:
        pytest.skip(f"no {command[0]}")
    done = service.privet("run", "--", *command, check=False)
    assert done.returncode == 0, done.stderr
    assert len(real_vendor.requests) == 1
    for value in VALUES:
        assert not real_vendor.saw(value), value
        assert value in done.stdout
    assert real_vendor.saw("PERSON_")
    assert service.process.poll() is None  # it was used, and left running


def test_one_is_started_and_stopped(tmp_path: Path, real_vendor: Vendor) -> None:
    policy = "schema: privet.policy/1\nid: acme\nextends: builtin/secrets\ndefaults: {effect: allow}\n"
    config = write_config(tmp_path, real_vendor, policy)
    done = privet("--config", str(config), "run", "--", *CURL, check=False)
    assert done.returncode == 0, done.stderr
    assert TEXT in done.stdout
    assert "starting Privet" in done.stderr
    addresses = json.loads((tmp_path / "state" / "serving.json").read_text())
    for name in ("proxy", "gateway", "api"):
        host, _, port = addresses[name].rpartition(":")
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((host, int(port)))
    log = (tmp_path / "state" / "serve.log").read_text()
    assert "ready." in log
    assert "Anna" not in log


def test_broken_policy_runs_nothing(tmp_path: Path, real_vendor: Vendor) -> None:
    config = write_config(tmp_path, real_vendor, "schema: privet.policy/1\nid: acme\nrulse: []\n")
    done = privet("--config", str(config), "run", "--", *CURL, check=False)
    assert done.returncode == 2
    assert "policy.yaml:3:1" in done.stderr
    assert real_vendor.http_bytes == 0
