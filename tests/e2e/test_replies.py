"""Rules about replies, on the whole way: what a model writes is redacted, blocked or recorded, whole and streamed."""

import asyncio
import json
from typing import Any

import anthropic
import httpx
import openai
import pytest

from detectors.finding import SkipReason
from tests.fakes.model import Behaviour, Call
from tests.fakes.privet import Running, running
from tests.fakes.vendor import Vendor

OPENAI = "https://api.openai.com/v1/chat/completions"
ANTHROPIC = "https://api.anthropic.com/v1/messages"
GEMINI = "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-pro"
NAME, SECRET, OTHER = "Anna Schmidt", "hunter2-secret", "Carl Jones"
POLICY = """
schema: privet.policy/1
id: test
defaults: {effect: allow}
rules:
  - id: people-of-the-request
    when: {entities: [{type: PERSON}]}
    obligations: [{tokenize: {types: [PERSON]}}]
  - id: people-of-the-reply
    "on": [reply]
    when: {entities: [{type: PERSON}]}
    obligations: [{redact: {types: [PERSON]}}]
  - id: secrets-of-the-reply
    "on": [reply]
    when: {entities: [{type: SECRET}]}
    effect: block
    message: The model wrote a credential.
"""
WATCHED = POLICY.replace('"on": [reply]', '"on": [reply]\n    mode: monitor')


@pytest.fixture
def vendor():
    with Vendor() as stand_in:
        yield stand_in


def serving(tmp_path, vendor: Vendor, **more: Any):
    return running(tmp_path, vendor, policy=more.pop("policy", POLICY), **more)


def know(privet: Running) -> None:
    privet.inspector.known = {NAME: "PERSON", OTHER: "PERSON", SECRET: "SECRET"}


def chat(text: str = "hello", **more: Any) -> dict[str, Any]:
    return {"model": "gpt-4o", "messages": [{"role": "user", "content": text}], **more}


def said(reply: httpx.Response) -> str:
    events = [json.loads(line[6:]) for line in reply.text.splitlines() if line.startswith("data: {")]
    return "".join(e["choices"][0]["delta"].get("content") or "" for e in events if e.get("choices"))


async def ask(
    http: httpx.AsyncClient, dialect: str, *, stream: bool, text: str = "hello"
) -> tuple[httpx.Response, str]:
    """The reply, and what the model says in it."""
    if dialect == "openai":
        reply = await http.post(OPENAI, json=chat(text, stream=stream))
        return reply, said(reply) if stream else reply.json()["choices"][0]["message"]["content"]
    if dialect == "anthropic":
        body = {"model": "claude-sonnet-4-5", "max_tokens": 9, "messages": [{"role": "user", "content": text}]}
        reply = await http.post(ANTHROPIC, json={**body, "stream": stream})
        if not stream:
            return reply, reply.json()["content"][0]["text"]
        events = [json.loads(line[6:]) for line in reply.text.splitlines() if line.startswith("data: {")]
        return reply, "".join(e["delta"].get("text", "") for e in events if e["type"] == "content_block_delta")
    body = {"contents": [{"role": "user", "parts": [{"text": text}]}]}
    method = "streamGenerateContent" if stream else "generateContent"
    reply = await http.post(f"{GEMINI}:{method}", json=body)
    parts = reply.json() if stream else [reply.json()]
    return reply, "".join(part["candidates"][0]["content"]["parts"][0]["text"] for part in parts)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("dialect", ["openai", "anthropic", "gemini"])
async def test_a_name_from_the_models_memory_is_redacted(tmp_path, vendor: Vendor, dialect: str, stream: bool) -> None:
    async with serving(tmp_path, vendor) as privet, privet.client() as http:
        know(privet)
        vendor.behaviour = Behaviour(text=f"Ask {OTHER}, or {OTHER}'s boss.\nThat is {OTHER}")
        reply, text = await ask(http, dialect, stream=stream)
        assert text == "Ask [PERSON], or [PERSON]'s boss.\nThat is [PERSON]"
        assert OTHER not in reply.text
        outcome = privet.store.outcomes[-1]
        assert [(item.type, item.count) for item in outcome.entities] == [("PERSON", 3)]
        assert {(item.type, item.operator) for item in outcome.pointers} == {("PERSON", "redact")}
        assert OTHER not in repr(outcome)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("dialect", ["openai", "anthropic", "gemini"])
async def test_what_is_turned_back_is_no_finding(tmp_path, vendor: Vendor, dialect: str, stream: bool) -> None:
    async with serving(tmp_path, vendor) as privet, privet.client() as http:
        know(privet)
        vendor.behaviour = Behaviour(text=lambda prompt: f"{prompt.text.split()[-1]} and {OTHER}")
        _, text = await ask(http, dialect, stream=stream, text=f"Who is {NAME}")
        assert text == f"{NAME} and [PERSON]"
        assert not vendor.saw(NAME)


async def test_a_blocked_reply_is_a_refusal(tmp_path, vendor: Vendor) -> None:
    async with serving(tmp_path, vendor) as privet, privet.client() as http:
        know(privet)
        vendor.behaviour = Behaviour(text=f"The password is {SECRET}.")
        reply = await http.post(OPENAI, json=chat())
        assert reply.status_code == 403
        assert SECRET not in reply.text
        assert "The model wrote a credential." in reply.json()["error"]["message"]
        assert reply.json()["privet"]["rules"] == ["secrets-of-the-reply"]
        outcome = privet.store.outcomes[-1]
        assert (outcome.outcome.status, outcome.outcome.error) == (403, "reply_blocked")
        assert [(item.type, item.count) for item in outcome.entities] == [("SECRET", 1)]


@pytest.mark.parametrize("url", [OPENAI, ANTHROPIC])
async def test_a_blocked_stream_ends_with_the_vendors_error(tmp_path, vendor: Vendor, url: str) -> None:
    async with serving(tmp_path, vendor) as privet, privet.client() as http:
        know(privet)
        vendor.behaviour = Behaviour(text="x " * 30 + f"is {SECRET}. " + "y " * 700)
        body = {"model": "m", "max_tokens": 9, "stream": True, "messages": [{"role": "user", "content": "hello"}]}
        reply = await http.post(url, json=body)
        assert SECRET not in reply.text
        lines = [line for line in reply.text.splitlines() if line]
        assert lines[-2] == "event: error"
        error = json.loads(lines[-1].removeprefix("data: "))
        assert "The model wrote a credential." in error["error"]["message"]
        assert privet.store.outcomes[-1].outcome.error == "reply_blocked"


async def test_a_blocked_array_is_still_json(tmp_path, vendor: Vendor) -> None:
    settings = {"reply": {"hold_characters": 50}}
    async with serving(tmp_path, vendor, settings=settings) as privet, privet.client() as http:
        know(privet)
        for text in (f"{SECRET}", "word " * 60 + SECRET + " word" * 60):
            vendor.behaviour = Behaviour(text=text)
            body = {"contents": [{"role": "user", "parts": [{"text": "hello"}]}]}
            reply = await http.post(f"{GEMINI}:streamGenerateContent", json=body)
            assert SECRET not in reply.text
            assert reply.json()[-1]["error"]["code"] == 403


@pytest.mark.parametrize("stream", [False, True])
async def test_watched_replies_go_on_as_they_came_and_are_recorded(tmp_path, vendor: Vendor, stream: bool) -> None:
    async with serving(tmp_path, vendor, policy=WATCHED) as privet, privet.client() as http:
        know(privet)
        vendor.behaviour = Behaviour(text=f"{OTHER} has the password {SECRET}")
        _, text = await ask(http, "openai", stream=stream)
        assert text == f"{OTHER} has the password {SECRET}"
        found = [(item.type, item.count) for item in privet.store.outcomes[-1].entities]
        assert found == [("PERSON", 1), ("SECRET", 1)]


@pytest.mark.parametrize("stream", [False, True])
async def test_tool_arguments_are_read_whole_and_stay_json(tmp_path, vendor: Vendor, stream: bool) -> None:
    async with serving(tmp_path, vendor) as privet, privet.client() as http:
        know(privet)
        vendor.behaviour = Behaviour(call=Call("mail", {"to": OTHER, "text": f'"{OTHER}"\n\\ é', "n": 1}))
        tools = [{"type": "function", "function": {"name": "mail", "parameters": {"type": "object"}}}]
        reply = await http.post(OPENAI, json=chat(stream=stream, tools=tools))
        if stream:
            events = [json.loads(line[6:]) for line in reply.text.splitlines() if line.startswith("data: {")]
            calls = [c for e in events for c in e["choices"][0]["delta"].get("tool_calls", [])]
            arguments = "".join(call["function"].get("arguments", "") for call in calls)
        else:
            arguments = reply.json()["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"]
        assert json.loads(arguments) == {"to": "[PERSON]", "text": '"[PERSON]"\n\\ é', "n": 1}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("fault", ["raises", "skips", "hangs and dies"])
async def test_what_cannot_be_inspected_does_not_reach_the_client(
    tmp_path, vendor: Vendor, stream: bool, fault: str
) -> None:
    async with serving(tmp_path, vendor) as privet, privet.client() as http:
        know(privet)
        vendor.behaviour = Behaviour(text=f"The answer is {OTHER}")
        inner = privet.inspector.scan

        async def scan(texts: Any) -> Any:
            if any("answer" in text for text, _ in texts):
                if fault == "skips":
                    privet.inspector.reason = SkipReason.TIMEOUT
                elif fault == "raises":
                    raise RuntimeError(OTHER)
                else:
                    raise asyncio.CancelledError
            return await inner(texts)

        object.__setattr__(privet.addon.pipeline, "inspector", type("Inspector", (), {"scan": staticmethod(scan)})())
        reply = await http.post(OPENAI, json=chat(stream=stream))
        assert OTHER not in reply.text
        assert "answer" not in reply.text
        assert "error" in reply.text
        assert privet.store.outcomes[-1].outcome.error


async def test_vendors_errors_and_other_policies_pass_untouched(tmp_path, vendor: Vendor) -> None:
    async with serving(tmp_path, vendor) as privet, privet.client() as http:
        know(privet)
        vendor.behaviour = Behaviour(status=429, retry_after=7)
        reply = await http.post(OPENAI, json=chat())
        assert (reply.status_code, reply.headers["retry-after"]) == (429, "7")
        assert "stand-in" in reply.text
    without = POLICY.partition("  - id: people-of-the-reply")[0]
    async with serving(tmp_path, vendor, policy=without) as privet, privet.client() as http:
        know(privet)
        vendor.behaviour = Behaviour(text=f"{OTHER}")
        before = len(privet.inspector.texts)
        reply = await http.post(OPENAI, json=chat())
        assert OTHER in reply.text
        assert OTHER not in privet.inspector.texts[before:], "nobody looks into replies that no rule speaks of"


async def test_websockets_that_nobody_can_read_are_refused(tmp_path, vendor: Vendor) -> None:
    async with serving(tmp_path, vendor) as privet, privet.client() as http:
        upgrade = {"upgrade": "websocket", "connection": "upgrade", "sec-websocket-version": "13"}
        headers = {**upgrade, "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ=="}
        reply = await http.get("https://api5.cursor.sh/aiserver.v1.ChatService/Stream", headers=headers)
        assert reply.status_code == 426
        assert vendor.http_bytes == 0


async def test_media_that_nobody_can_read_is_uninspected(tmp_path, vendor: Vendor) -> None:
    async with serving(tmp_path, vendor) as privet, privet.client() as http:
        vendor.behaviour = Behaviour(raw=(b"\xff\xfb\x90sound", "audio/mpeg"))
        reply = await http.post("https://api.openai.com/v1/audio/speech", json={"model": "tts-1", "input": "hello"})
        assert reply.status_code == 403
        assert b"sound" not in reply.content
        assert privet.store.outcomes[-1].skipped[0].reason == "unsupported_media"


async def test_a_slow_stream_is_held_no_longer_than_the_settings_say(tmp_path, vendor: Vendor) -> None:
    settings = {"reply": {"hold_characters": 100_000, "hold_seconds": 0.1}}
    async with serving(tmp_path, vendor, settings=settings) as privet, privet.client() as http:
        know(privet)
        vendor.behaviour = Behaviour(text="One two three four " * 6, pace=0.05)
        pieces: list[bytes] = []
        async with http.stream("POST", OPENAI, json=chat(stream=True)) as reply:
            pieces += [piece async for piece in reply.aiter_raw()]
        assert len(pieces) > 3, "it came in pieces, not at the end"
        assert said(httpx.Response(200, content=b"".join(pieces))) == "One two three four " * 6


async def read(stream: Any) -> None:
    async for event in await stream:
        assert SECRET not in event.model_dump_json()


async def test_the_sdks_raise_their_own_errors_when_a_reply_is_blocked(tmp_path, vendor: Vendor) -> None:
    async with serving(tmp_path, vendor) as privet:
        know(privet)
        vendor.behaviour = Behaviour(text=f"It is {SECRET}.")
        told = "The model wrote a credential"
        messages: Any = [{"role": "user", "content": "hello"}]
        async with openai.AsyncOpenAI(api_key="k", base_url=f"{privet.gateway}/openai/v1", max_retries=0) as one:
            with pytest.raises(openai.PermissionDeniedError, match=told):
                await one.chat.completions.create(model="gpt-4o", messages=messages)
            with pytest.raises(openai.APIError, match=told):
                await read(one.chat.completions.create(model="gpt-4o", messages=messages, stream=True))
        async with anthropic.AsyncAnthropic(api_key="k", base_url=f"{privet.gateway}/anthropic", max_retries=0) as two:
            asked: Any = {"model": "claude-sonnet-4-5", "max_tokens": 9, "messages": messages}
            with pytest.raises(anthropic.PermissionDeniedError, match=told):
                await two.messages.create(**asked)
            with pytest.raises(anthropic.APIError, match=told):
                await read(two.messages.create(**asked, stream=True))
