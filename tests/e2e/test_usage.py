"""The tokens that a vendor's reply tells stand in the audit log, however the reply travelled."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from audit.event import UsageFacts
from tests.fakes.model import Behaviour
from tests.fakes.privet import POLICY, Running, running
from tests.fakes.vendor import Vendor

NAME = "Anna Schmidt"
TURNED_BACK = """
schema: privet.policy/1
id: test
defaults: {effect: allow}
rules:
  - id: people
    when: {entities: [{type: PERSON}]}
    obligations: [{tokenize: {types: [PERSON], restore: true}}]
"""
INSPECTED = (
    TURNED_BACK
    + """
  - id: replies
    "on": [reply]
    when: {entities: [{type: SECRET}]}
    effect: block
"""
)
URLS = {
    "openai": "https://api.openai.com/v1/chat/completions",
    "responses": "https://api.openai.com/v1/responses",
    "anthropic": "https://api.anthropic.com/v1/messages",
    "gemini": "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-pro",
}


@pytest.fixture
def vendor():
    with Vendor() as stand_in:
        yield stand_in


async def ask(http: httpx.AsyncClient, dialect: str, *, stream: bool, text: str) -> httpx.Response:
    url, messages = URLS[dialect], [{"role": "user", "content": text}]
    bodies: dict[str, dict[str, Any]] = {
        "openai": {"model": "gpt-4o", "messages": messages, "stream_options": {"include_usage": True}},
        "responses": {"model": "gpt-4o", "input": text},
        "anthropic": {"model": "claude-sonnet-4-5", "max_tokens": 9, "messages": messages},
        "gemini": {"contents": [{"role": "user", "parts": [{"text": text}]}]},
    }
    if dialect == "gemini":
        method = "streamGenerateContent?alt=sse" if stream else "generateContent"
        return await http.post(f"{url}:{method}", json=bodies[dialect])
    return await http.post(url, json={**bodies[dialect], "stream": stream})


def told(reply: httpx.Response) -> UsageFacts:
    """What the vendor's reply says, read by the test itself."""
    documents = [json.loads(line[6:]) for line in reply.text.splitlines() if line.startswith("data: {")] or [
        reply.json()
    ]
    found: dict[str, int] = {}
    for document in documents:
        for part in (document, document.get("message") or {}, document.get("response") or {}):
            found |= part.get("usage") or part.get("usageMetadata") or {}
    asked = ("prompt_tokens", "input_tokens", "promptTokenCount")
    answered = ("completion_tokens", "output_tokens", "candidatesTokenCount")
    beside = found.get("cache_read_input_tokens", 0) + found.get("cache_creation_input_tokens", 0)
    return UsageFacts(
        next(found[name] for name in asked if name in found) + beside,
        next(found[name] for name in answered if name in found),
        found.get("cache_read_input_tokens", 0),
        found.get("cache_creation_input_tokens", 0),
    )


@pytest.mark.parametrize("policy", [POLICY, TURNED_BACK, INSPECTED], ids=["passing", "restored", "inspected"])
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("dialect", sorted(URLS))
async def test_the_log_has_what_the_reply_told(
    tmp_path, vendor: Vendor, dialect: str, stream: bool, policy: str
) -> None:
    async with running(tmp_path, vendor, policy=policy) as privet, privet.client() as http:
        privet.inspector.known = {NAME: "PERSON"}
        vendor.behaviour = Behaviour(text='Say "usage": {"prompt_tokens": 9} and more.')
        reply = await ask(http, dialect, stream=stream, text=f"Who is {NAME}?" if policy != POLICY else "Hello")
        assert reply.status_code == 200, reply.text
        usage = await ended(privet)
        assert usage == told(reply)
        assert usage.input > 0
        assert usage.output > 0
        assert 'answered="vendor",kind="output",provider="' in privet.addon.metrics.render().decode()


async def test_what_tells_nothing_is_logged_without(tmp_path, vendor: Vendor) -> None:
    async with running(tmp_path, vendor, policy=POLICY) as privet, privet.client() as http:
        body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello"}], "stream": True}
        assert (await http.post(URLS["openai"], json=body)).status_code == 200
        assert await ended(privet) is None


async def ended(privet: Running) -> UsageFacts | None:
    """What the outcome has. The client may have had its reply before."""
    async with asyncio.timeout(20):
        while not privet.store.outcomes:
            await asyncio.sleep(0.01)
    return privet.store.outcomes[-1].usage


@pytest.mark.parametrize("stream", [False, True])
async def test_a_reply_is_inspected_whatever_becomes_of_counting(
    tmp_path, vendor: Vendor, monkeypatch: pytest.MonkeyPatch, stream: bool
) -> None:
    def breaks(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("proxy.mitm.travel.UsageReader", breaks)
    async with running(tmp_path, vendor, policy=INSPECTED) as privet, privet.client() as http:
        privet.inspector.known = {"hunter2-secret": "SECRET"}
        vendor.behaviour = Behaviour(text="The password is hunter2-secret.")
        reply = await ask(http, "openai", stream=stream, text="Hello")
        assert "hunter2-secret" not in reply.text
        assert await ended(privet) is None
        assert privet.store.outcomes[-1].outcome is not None


async def test_the_outcome_is_recorded_whatever_becomes_of_budgets(
    tmp_path, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("proxy.addon.settle", breaks)
    async with running(tmp_path, vendor, policy=POLICY) as privet, privet.client() as http:
        assert (await ask(http, "openai", stream=False, text="Hello")).status_code == 200
        assert await ended(privet) is not None
