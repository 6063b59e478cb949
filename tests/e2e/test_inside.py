"""Rerouted to OpenAI-compatible servers in the house: two of llama-cpp-python's own, behind a real Privet."""

import asyncio
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
  house: {{backend: openai, base_urls: ["{urls[0]}/v1", "{urls[1]}/v1"], model: smollm2, concurrency: 1}}
rules:
  - id: stays-in-the-house
    when: {{tasks: [summary]}}
    effect: reroute
    obligations: [{{to: house}}]
"""


type Server = tuple[str, subprocess.Popen[bytes]]


@pytest.fixture(scope="module")
def house() -> Iterator[list[Server]]:
    """The base URLs of two model servers, and their processes."""
    servers: list[Server] = []
    try:
        for _ in range(2):
            with socket.socket() as sock:
                sock.bind(("127.0.0.1", 0))
                port = sock.getsockname()[1]
            command = [sys.executable, "-m", "llama_cpp.server", "--model", str(path_of("smollm2-135m"))]
            command += ["--host", "127.0.0.1", "--port", str(port), "--n_ctx", "512", "--model_alias", "smollm2"]
            # It would break an answer off when the next request comes.
            command += ["--interrupt_requests", "false", "--n_threads", "1"]
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            servers.append((f"http://127.0.0.1:{port}", process))
        deadline = time.monotonic() + 90
        for url, process in servers:
            while True:
                try:
                    urllib.request.urlopen(f"{url}/v1/models", timeout=2).close()
                    break
                except OSError:
                    assert process.poll() is None
                    assert time.monotonic() < deadline
                    time.sleep(0.2)
        yield servers
    finally:
        for _, process in servers:
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def behind(house: list[Server], tmp_path_factory: pytest.TempPathFactory):
    with Vendor() as vendor:
        directory: Path = tmp_path_factory.mktemp("inside")
        with serving(directory, vendor, POLICY.format(urls=[url for url, _ in house])) as service:
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


async def test_no_request_is_lost_that_had_not_begun_when_a_server_dies(
    behind: tuple[Service, Vendor], house: list[Server]
) -> None:
    service, vendor = behind
    requests = 5
    begun = [0] * requests
    both_answer = asyncio.Event()
    client = openai.AsyncOpenAI(
        api_key="x", base_url=f"{service.gateway}/openai/v1", default_headers=TASK, max_retries=0, timeout=120
    )

    async def ask(number: int) -> str:
        messages = [{"role": "user", "content": f"Count from {number} upwards."}]
        stream = await client.chat.completions.create(model="gpt-4o", messages=messages, max_tokens=24, stream=True)  # type: ignore[call-overload]
        text = ""
        async for chunk in stream:
            if chunk.choices and chunk.choices[0].delta.content:
                begun[number] += 1
                text += chunk.choices[0].delta.content
                if sum(count > 0 for count in begun) >= 2:
                    both_answer.set()
        return text

    async with asyncio.timeout(150):
        tasks = [asyncio.create_task(ask(number)) for number in range(requests)]
        await both_answer.wait()
        house[0][1].kill()
        results = await asyncio.gather(*tasks, return_exceptions=True)
    lost = [number for number, result in enumerate(results) if isinstance(result, BaseException)]
    assert len(lost) <= 1  # the one that the killed server was answering
    assert all(results)
    assert vendor.http_bytes == 0
    servers = service.get("/healthz")["models"]["house"]
    assert [(server["server"], server["running"]) for server in servers] == [(url, 0) for url, _ in house]
    assert service.metric("privet_model_requests_total") >= requests


def test_a_model_that_is_gone_is_told_in_the_callers_dialect(
    behind: tuple[Service, Vendor], house: list[Server]
) -> None:
    """The last test here: it ends what model servers are left."""
    service, vendor = behind
    for _, process in house:
        process.kill()
        process.wait()
    client = openai.OpenAI(api_key="x", base_url=f"{service.gateway}/openai/v1", default_headers=TASK, max_retries=0)
    with pytest.raises(openai.InternalServerError) as error:
        client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "Say hello."}])
    assert error.value.status_code == 503
    assert "internal model" in json.loads(error.value.response.text)["error"]["message"]
    assert vendor.http_bytes == 0
