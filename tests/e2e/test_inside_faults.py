"""What goes wrong with models inside: a clear error in the caller's format, and nothing goes to the vendor instead."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import openai
import pytest

from proxy.answer import Answerer
from proxy.jobs import CHAT
from proxy.workers import WorkerPool
from tests.fakes.model import Behaviour
from tests.fakes.privet import Running, running
from tests.fakes.vendor import Vendor

pytestmark = pytest.mark.e2e

POLICY = """
schema: privet.policy/1
id: inside
defaults: {{effect: allow}}
models:
  house: {{backend: openai, base_url: "{url}/v1", model: house-model, seconds: 3}}
  own: {{backend: embedded, model: smollm2-135m}}
rules:
  - id: stays
    when: {{tasks: [stays]}}
    effect: reroute
    obligations: [{{to: {model}}}]
"""
CHAT_URL = "https://api.openai.com/v1/chat/completions"
BODY = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Tell me of the merger."}]}
STAYS = {"x-privet-task": "stays"}
EVENTS = "text/event-stream"


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
    async with running(tmp_path, vendor, policy=POLICY.format(url=vendor.plain_url, model="house")) as privet:
        yield privet


def assert_nothing_left(vendor: Vendor) -> None:
    assert [request.path for request in vendor.requests if request.tls] == []


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("behaviour", "status", "code"),
    [
        (Behaviour(raw=(b"<html><body>Welcome to the portal</body></html>", "text/html")), 503, "unavailable"),
        (Behaviour(raw=(b'data: {"result": {"text": "Hello"}}\n\n', EVENTS)), 503, "unavailable"),
        (Behaviour(raw=(b'{"choices": [{"message": {"content": "Hello"}}]}', "application/json")), 503, "unavailable"),
        (Behaviour(raw=(b"data: [DONE]", "text/plain")), 503, "unavailable"),
        (Behaviour(raw=(b"", EVENTS)), 503, "unavailable"),
        (Behaviour(drop_after=0), 503, "unavailable"),
        (Behaviour(status=500), 503, "unavailable"),
        (Behaviour(status=400), 422, "refused"),  # too long a prompt, most of the time
        (Behaviour(status=429), 503, "busy"),
        (Behaviour(delay=8.0), 503, "unavailable"),
    ],
    ids=["html", "another schema", "no stream", "no events", "empty", "dies", "fails", "refuses", "busy", "silent"],
)
async def test_a_server_that_does_not_answer(
    privet: Running, vendor: Vendor, behaviour: Behaviour, status: int, code: str, stream: bool
) -> None:
    vendor.behaviour = behaviour
    async with privet.client() as client:
        reply = await client.post(CHAT_URL, json={**BODY, "stream": stream}, headers=STAYS)
    assert reply.status_code == status
    error = reply.json()["error"]
    assert error["code"] == f"privet_model_{code}"
    assert "must stay inside" in error["message"]
    assert "portal" not in reply.text
    assert_nothing_left(vendor)


FOREVER = Behaviour(text="and so on " * 2000, pace=0.05)


endless = pytest.mark.parametrize("behaviour", [Behaviour(drop_after=4), FOREVER], ids=["dies", "talks forever"])


@endless
async def test_a_server_that_does_not_come_to_an_end(privet: Running, vendor: Vendor, behaviour: Behaviour) -> None:
    vendor.behaviour = behaviour
    async with privet.client() as client:
        whole = await client.post(CHAT_URL, json=BODY, headers=STAYS)
    assert (whole.status_code, whole.json()["error"]["code"]) == (503, "privet_model_unavailable")
    assert "and so on" not in whole.text
    assert_nothing_left(vendor)


@endless
async def test_a_stream_that_does_not_come_to_an_end(privet: Running, vendor: Vendor, behaviour: Behaviour) -> None:
    vendor.behaviour = behaviour
    pieces: list[str] = []

    async def read() -> None:
        async with (
            privet.client() as client,
            client.stream("POST", CHAT_URL, json={**BODY, "stream": True}, headers=STAYS) as reply,
        ):
            assert reply.status_code == 200
            async for piece in reply.aiter_text():
                pieces.append(piece)

    with pytest.raises(httpx.RemoteProtocolError):
        await read()
    text = "".join(pieces)
    assert "chat.completion.chunk" in text
    assert "[DONE]" not in text
    assert '"finish_reason":"stop"' not in text
    assert_nothing_left(vendor)


async def test_a_call_of_a_tool_that_nobody_offered_is_refused(privet: Running, vendor: Vendor) -> None:
    chunk = {"index": 0, "id": "c", "type": "function", "function": {"name": "delete_all", "arguments": "{}"}}
    event = {"choices": [{"delta": {"tool_calls": [chunk]}, "finish_reason": "tool_calls"}]}
    vendor.behaviour = Behaviour(raw=(f"data: {json.dumps(event)}\n\ndata: [DONE]\n\n".encode(), EVENTS))
    tool = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}
    async with privet.client() as client:
        reply = await client.post(CHAT_URL, json={**BODY, "tools": [tool]}, headers=STAYS)
    assert (reply.status_code, reply.json()["error"]["code"]) == (422, "privet_model_refused")
    assert "delete_all" not in reply.text
    assert_nothing_left(vendor)


TOOL = {
    "type": "object",
    "properties": {"town": {"enum": ["Ulm", "Trier"]}},
    "required": ["town"],
    "additionalProperties": False,
}


@pytest.mark.slow
async def test_the_embedded_model(tmp_path: Path, vendor: Vendor) -> None:
    """A real one: tools under a grammar, a limit, stop sequences, and schemas that can't be met."""
    pool = WorkerPool("chat", CHAT, {"model": "smollm2-135m"})
    await pool.start()
    try:
        async with aiohttp.ClientSession() as session:
            answerer = Answerer(pools={"smollm2-135m": pool}, session=session, deadline=100.0)
            policy = POLICY.format(url=vendor.plain_url, model="own")
            async with running(tmp_path, vendor, policy=policy, answerer=answerer) as privet:
                await talk(privet)
                assert_nothing_left(vendor)
                assert all(outcome.usage is not None for outcome in privet.store.outcomes[:4])
    finally:
        await pool.close()


async def talk(privet: Running) -> None:
    async with privet.client() as http:
        client = openai.AsyncOpenAI(api_key="k", http_client=http, max_retries=0, default_headers=STAYS)  # type: ignore[arg-type]
        ask: Any = client.chat.completions.create
        messages: Any = [{"role": "user", "content": "What is the weather in Trier?"}]
        tools: Any = [{"type": "function", "function": {"name": "weather", "parameters": TOOL, "strict": True}}]
        for stream in (False, True):
            asked = {"model": "m", "messages": messages, "tools": tools, "tool_choice": "required", "max_tokens": 60}
            if stream:
                async with client.chat.completions.stream(**asked) as events:  # type: ignore[arg-type]
                    reply = await events.get_final_completion()
            else:
                reply = await ask(**asked)
            choice = reply.choices[0]
            assert choice.finish_reason == "tool_calls"
            assert choice.message.tool_calls[0].function.name == "weather"
            assert json.loads(choice.message.tool_calls[0].function.arguments)["town"] in {"Ulm", "Trier"}
            if not stream:
                assert reply.usage.prompt_tokens > 20
                assert reply.usage.completion_tokens > 5
        cut = await ask(model="m", messages=messages, max_tokens=5)
        assert (cut.choices[0].finish_reason, cut.usage.completion_tokens) == ("length", 5)
        text = cut.choices[0].message.content
        stopped = await ask(model="m", messages=messages, max_tokens=5, stop=[text[3:6]])
        assert (stopped.choices[0].message.content, stopped.choices[0].finish_reason) == (text[:3], "stop")
        unmet = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"enum": []}}}
        with pytest.raises(openai.UnprocessableEntityError, match="must stay inside"):
            await ask(model="m", messages=messages, response_format=unmet)
        bad = [{"type": "function", "function": {"name": "weather", "parameters": {"$ref": "http://h/x.json"}}}]
        with pytest.raises(openai.UnprocessableEntityError, match="must stay inside"):
            await ask(model="m", messages=messages, tools=bad, tool_choice="required")
