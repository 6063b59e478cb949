"""Rerouted to an OpenAI-compatible server in the house: llama-cpp-python's own, behind a real Privet."""

import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import anthropic
import openai
import pytest

from local_models.catalog import path_of
from tests.fakes.service import Service, serving
from tests.fakes.vendor import Vendor

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

POLICY = """
schema: privet.policy/1
id: inside
defaults: {{effect: allow}}
models:
  house: {{backend: openai, base_url: "{url}/v1", model: smollm2}}
rules:
  - id: stays-in-the-house
    when: {{tasks: [summary]}}
    effect: reroute
    obligations: [{{to: house}}]
"""


@pytest.fixture(scope="module")
def house() -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The base URL of a model server, and its process."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    command = [sys.executable, "-m", "llama_cpp.server", "--model", str(path_of("smollm2-135m"))]
    command += ["--host", "127.0.0.1", "--port", str(port), "--n_ctx", "512", "--model_alias", "smollm2"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 90
        while True:
            try:
                urllib.request.urlopen(f"{url}/v1/models", timeout=2).close()
                break
            except OSError:
                assert server.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.2)
        yield url, server
    finally:
        server.kill()
        server.wait()


@pytest.fixture(scope="module")
def behind(house: tuple[str, subprocess.Popen[bytes]], tmp_path_factory: pytest.TempPathFactory):
    with Vendor() as vendor:
        directory: Path = tmp_path_factory.mktemp("inside")
        with serving(directory, vendor, POLICY.format(url=house[0])) as service:
            yield service, vendor


TASK = {"x-privet-task": "summary"}


@pytest.mark.parametrize("stream", [False, True])
def test_openai(behind: tuple[Service, Vendor], stream: bool) -> None:
    service, vendor = behind
    client = openai.OpenAI(api_key="x", base_url=f"{service.gateway}/openai/v1", default_headers=TASK)
    messages = [{"role": "user", "content": "Say hello."}]
    reply = client.chat.completions.create(model="gpt-4o", messages=messages, max_tokens=12, stream=stream)  # type: ignore[call-overload]
    if stream:
        text = "".join(chunk.choices[0].delta.content or "" for chunk in reply if chunk.choices)
    else:
        text = reply.choices[0].message.content
    assert text.strip()
    assert vendor.http_bytes == 0


@pytest.mark.parametrize("stream", [False, True])
def test_anthropic(behind: tuple[Service, Vendor], stream: bool) -> None:
    service, vendor = behind
    client = anthropic.Anthropic(api_key="x", base_url=f"{service.gateway}/anthropic", default_headers=TASK)
    messages = [{"role": "user", "content": "Say hello."}]
    if stream:
        with client.messages.stream(model="claude-sonnet-4-5", max_tokens=12, messages=messages) as events:  # type: ignore[arg-type]
            text = "".join(events.text_stream)
    else:
        text = client.messages.create(model="claude-sonnet-4-5", max_tokens=12, messages=messages).content[0].text  # type: ignore[arg-type]
    assert text.strip()
    assert vendor.http_bytes == 0


def test_a_model_that_is_gone_is_told_in_the_callers_dialect(
    behind: tuple[Service, Vendor], house: tuple[str, subprocess.Popen[bytes]]
) -> None:
    """The last test here: it ends the model server."""
    service, vendor = behind
    house[1].kill()
    house[1].wait()
    client = openai.OpenAI(api_key="x", base_url=f"{service.gateway}/openai/v1", default_headers=TASK, max_retries=0)
    with pytest.raises(openai.InternalServerError) as error:
        client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "Say hello."}])
    assert error.value.status_code == 503
    assert "internal model" in json.loads(error.value.response.text)["error"]["message"]
    assert vendor.http_bytes == 0
