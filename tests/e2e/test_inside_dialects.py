"""Rerouted requests in the newer dialects: an internal server answers, the caller sees the vendor's own format."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anthropic
import boto3
import httpx
import openai
import pytest
from botocore.config import Config

from tests.fakes.privet import Running, running
from tests.fakes.vendor import Vendor

pytestmark = pytest.mark.e2e

POLICY = """
schema: privet.policy/1
id: inside
defaults: {{effect: allow}}
models:
  house: {{backend: openai, base_url: "{url}/v1", model: house-model}}
rules:
  - id: stays-in-the-house
    when: {{entities: [{{type: PERSON}}]}}
    effect: reroute
    obligations: [{{to: house}}]
"""
TEXT = "greet Anna Schmidt"
streams = pytest.mark.parametrize("stream", [False, True])


@pytest.fixture(scope="module")
def vendor_server():
    with Vendor() as vendor:
        yield vendor


@pytest.fixture
def vendor(vendor_server: Vendor) -> Vendor:
    vendor_server.reset()
    return vendor_server


@pytest.fixture
async def privet(tmp_path: Path, vendor: Vendor) -> AsyncIterator[Running]:
    """The stand-in's plain port plays the server in the house; nothing may come to its TLS port."""
    host = "bedrock-runtime.eu-central-1.amazonaws.com"
    gateway = {"bedrock": f"https://{host}"}
    upstream = {"hosts": {host: f"127.0.0.1:{vendor.port}"}, "ca_file": vendor.ca_file, "gateway": gateway}
    policy = POLICY.format(url=vendor.plain_url)
    async with running(tmp_path, vendor, policy=policy, settings={"upstream": upstream}) as privet:
        yield privet


def assert_inside(vendor: Vendor) -> None:
    (request,) = vendor.requests
    assert not request.tls
    assert request.path == "/v1/chat/completions"


@streams
async def test_ollama(privet: Running, vendor: Vendor, stream: bool) -> None:
    for path, body in (
        ("/api/chat", {"messages": [{"role": "user", "content": TEXT}]}),
        ("/api/generate", {"prompt": TEXT}),
    ):
        vendor.reset()
        async with httpx.AsyncClient(trust_env=False) as client:
            reply = await client.post(f"{privet.gateway}/ollama{path}", json={"model": "m", "stream": stream, **body})
        lines = [json.loads(line) for line in reply.text.splitlines()]
        text = "".join(line["message"]["content"] if path == "/api/chat" else line["response"] for line in lines)
        assert TEXT in text
        assert [line["done"] for line in lines] == [False] * (len(lines) - 1) + [True]
        assert reply.headers["x-privet-rerouted"]
        assert_inside(vendor)


@streams
async def test_cohere(privet: Running, vendor: Vendor, stream: bool) -> None:
    body = {"model": "command-a", "stream": stream, "messages": [{"role": "user", "content": TEXT}]}
    async with httpx.AsyncClient(trust_env=False) as client:
        reply = await client.post(f"{privet.gateway}/cohere/v2/chat", json=body)
    if stream:
        events = [json.loads(line[6:]) for line in reply.text.splitlines() if line.startswith("data: ")]
        deltas = [event["delta"]["message"]["content"] for event in events if event["type"] == "content-delta"]
        assert TEXT in "".join(delta["text"] for delta in deltas)
        assert events[-1]["type"] == "message-end"
    else:
        assert TEXT in reply.json()["message"]["content"][0]["text"]
    assert_inside(vendor)


@streams
async def test_completions(privet: Running, vendor: Vendor, stream: bool) -> None:
    client = openai.OpenAI(api_key="x", base_url=f"{privet.gateway}/openai/v1", max_retries=0)

    def talk() -> str:
        reply: Any = client.completions.create(model="gpt-3.5-turbo-instruct", prompt=TEXT, stream=stream)
        return "".join(part.choices[0].text for part in (reply if stream else [reply]))

    assert TEXT in await asyncio.to_thread(talk)
    assert_inside(vendor)


@streams
async def test_bedrock(privet: Running, vendor: Vendor, stream: bool) -> None:
    """Nothing is signed again for a request that stays."""
    bedrock = boto3.client(
        "bedrock-runtime",
        region_name="eu-central-1",
        endpoint_url=f"{privet.gateway}/bedrock",
        aws_access_key_id="AKIACLIENT",
        aws_secret_access_key="client-key",
        config=Config(retries={"max_attempts": 0}),
    )

    def talk() -> str:
        asked: Any = {"modelId": "m", "messages": [{"role": "user", "content": [{"text": TEXT}]}]}
        if not stream:
            return str(bedrock.converse(**asked)["output"]["message"]["content"][0]["text"])
        events = list(bedrock.converse_stream(**asked)["stream"])
        return "".join(e["contentBlockDelta"]["delta"]["text"] for e in events if "contentBlockDelta" in e)

    assert TEXT in await asyncio.to_thread(talk)
    assert_inside(vendor)


WEATHER = "Call weather for “Anna Schmidt”."
SCHEMA = {"type": "object", "properties": {"who": {"type": "string"}}, "required": ["who"]}


@streams
async def test_a_tool_loop_and_its_tokens_in_the_log(privet: Running, vendor: Vendor, stream: bool) -> None:
    """The server in the house calls the tool, the caller's SDK runs it, and the server is told what it said."""
    client = anthropic.Anthropic(api_key="x", base_url=f"{privet.gateway}/anthropic", max_retries=0)
    tools: Any = [{"name": "weather", "description": "Tells the weather.", "input_schema": SCHEMA}]
    messages: list[Any] = [{"role": "user", "content": WEATHER}]

    def turn() -> Any:
        asked: Any = {"model": "claude-sonnet-4-5", "max_tokens": 50, "messages": messages, "tools": tools}
        if not stream:
            return client.messages.create(**asked)
        with client.messages.stream(**asked) as events:
            return events.get_final_message()

    reply = await asyncio.to_thread(turn)
    assert reply.stop_reason == "tool_use"
    (call,) = reply.content
    assert (call.name, call.input) == ("weather", {"who": "Anna Schmidt"})
    assert_inside(vendor)
    messages.append({"role": "assistant", "content": [call.model_dump()]})
    messages.append({"role": "user", "content": [{"type": "tool_result", "tool_use_id": call.id, "content": "Rain"}]})
    reply = await asyncio.to_thread(turn)
    assert (reply.stop_reason, reply.content[0].text) == ("end_turn", "The tool said: Rain")
    sent = json.loads(vendor.requests[-1].body)["messages"]
    assert [message["role"] for message in sent] == ["user", "assistant", "tool"]
    assert sent[1]["tool_calls"][0]["id"] == sent[2]["tool_call_id"] == call.id
    async with asyncio.timeout(10):
        while len(privet.store.outcomes) < 2:
            await asyncio.sleep(0.01)
    for outcome in privet.store.outcomes:
        assert outcome.usage is not None
        assert outcome.usage.input > 0
        assert outcome.usage.output > 0
    assert reply.usage.input_tokens == privet.store.outcomes[-1].usage.input  # type: ignore[union-attr]
    assert 'answered="inside",kind="input"' in privet.addon.metrics.render().decode()


async def test_what_is_asked_for_and_nobody_inside_does_is_refused(privet: Running, vendor: Vendor) -> None:
    client = openai.OpenAI(api_key="x", base_url=f"{privet.gateway}/openai/v1", max_retries=0)
    messages: Any = [{"role": "user", "content": TEXT}]
    with pytest.raises(openai.PermissionDeniedError, match="without logprobs, n it can"):
        await asyncio.to_thread(
            lambda: client.chat.completions.create(model="m", messages=messages, n=2, logprobs=True)
        )
    assert vendor.http_bytes == 0


async def test_what_nobody_inside_can_answer_is_refused_in_the_vendors_shape(privet: Running, vendor: Vendor) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        embed = await client.post(f"{privet.gateway}/cohere/v2/embed", json={"texts": [TEXT]})
        invoke = await client.post(f"{privet.gateway}/bedrock/model/m/invoke", json={"inputText": TEXT})
        image = await client.post(f"{privet.gateway}/openai/v1/images/generations", json={"prompt": TEXT})
    assert [reply.status_code for reply in (embed, invoke, image)] == [403, 403, 403]
    assert "must stay inside" in embed.json()["message"]
    assert invoke.headers["x-amzn-errortype"] == "AccessDeniedException"
    assert "must stay inside" in image.json()["error"]["message"]
    assert vendor.http_bytes == 0
