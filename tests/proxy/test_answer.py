"""Rerouted requests are answered inside, from a worker or from an OpenAI-compatible server."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from local_models.errors import BackendError
from policy.model import ModelTarget
from proxy.answer import Answerer, Task
from proxy.errors import WorkerError
from proxy.message import Chat, ChatMessage, Role
from proxy.providers.anthropic_messages import AnthropicMessages
from proxy.providers.openai_chat import OpenAIChat
from proxy.usage import Usage

CHAT = Chat(
    messages=(
        ChatMessage(Role.SYSTEM, "Be brief."),
        ChatMessage(Role.USER, "hello"),
        ChatMessage(Role.TOOL, "result"),
    ),
    model="gpt-4o",
    max_tokens=7,
    temperature=0.5,
)


class Pool:
    def __init__(self, *pieces: Any) -> None:
        self.pieces, self.payload = pieces, None

    async def stream(self, payload: object, *, within: float, queue: int | None = None) -> AsyncIterator[Any]:
        self.payload = payload
        for piece in self.pieces:
            yield piece


def task(backend: str = "embedded", base_url: str = "", **chat: Any) -> Task:
    target = ModelTarget(name="inside", backend=backend, model="tiny", base_urls=(base_url,) if base_url else ())  # type: ignore[arg-type]
    return Task(chat=CHAT, target=target, dialect=chat.get("dialect", OpenAIChat()), decision_id="01ABC")


def answerer(pool: Pool | None = None, session: Any = None, **keys: str) -> Answerer:
    return Answerer(pools={"tiny": pool} if pool else {}, session=session, deadline=5, api_keys=keys)  # type: ignore[dict-item]


async def test_embedded() -> None:
    pool = Pool("Hel", "", "lo")
    reply = await answerer(pool).whole(task())
    assert json.loads(reply.body)["choices"][0]["message"]["content"] == "Hello"
    assert pool.payload == {
        "messages": [("system", "Be brief."), ("user", "hello"), ("user", "result")],
        "max_tokens": 7,
        "temperature": 0.5,
        "schema": None,
        "stop": [],
    }


async def test_events() -> None:
    events = [event async for event in answerer(Pool("Hel", "LOO")).events(task(dialect=AnthropicMessages()))]
    text = b"".join(events).decode()
    assert text.index("message_start") < text.index("Hel") < text.index("LOO") < text.index("message_stop")


@pytest.mark.parametrize("subject", [answerer(), answerer(Pool(3))])
async def test_a_model_that_is_not_there_is_an_error(subject: Answerer) -> None:
    with pytest.raises(WorkerError):
        await subject.whole(task())
    with pytest.raises(WorkerError):
        await anext(subject.events(task()))


async def test_openai_compatible() -> None:
    seen: list[Any] = []

    async def complete(request: web.Request) -> web.StreamResponse:
        seen.append((request.headers.get("authorization"), await request.json()))
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        for piece in ("Hel", "lo"):
            await response.write(
                b"data: " + json.dumps({"choices": [{"delta": {"content": piece}}]}).encode() + b"\n\n"
            )
        await response.write(b"data: [DONE]\n\n")
        return response

    app = web.Application()
    app.router.add_post("/v1/chat/completions", complete)
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        subject = answerer(session=session, inside="k3y")
        reply = await subject.whole(task("openai", str(server.make_url("/v1"))))
        assert json.loads(reply.body)["choices"][0]["message"]["content"] == "Hello"
        authorization, body = seen[0]
        assert authorization == "Bearer k3y"
        assert body["model"] == "tiny"
        assert "k3y" not in repr(subject)
    async with aiohttp.ClientSession() as session:
        with pytest.raises(BackendError):
            await answerer(session=session).whole(task("openai", "http://127.0.0.1:9/v1"))
        with pytest.raises(BackendError):
            await answerer(session=session).whole(task("openai"))


@pytest.mark.parametrize(("text", "good"), [('{"a": 1}', True), ('{"a": ', False), ("Here you are: {}", False)])
async def test_a_servers_answer_to_a_schema_is_json_or_an_error(text: str, good: bool) -> None:
    seen: list[Any] = []

    async def complete(request: web.Request) -> web.StreamResponse:
        seen.append(await request.json())
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        chunk = json.dumps({"choices": [{"delta": {"content": text}}]})
        await response.write(f"data: {chunk}\n\ndata: [DONE]\n\n".encode())
        return response

    app = web.Application()
    app.router.add_post("/v1/chat/completions", complete)
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        asked = task("openai", str(server.make_url("/v1")))
        asked = replace(asked, chat=replace(CHAT, schema='{"type":"object"}'))
        answer = answerer(session=session).whole(asked)
        if good:
            assert json.loads((await answer).body)["choices"][0]["message"]["content"] == text
        else:
            with pytest.raises(BackendError, match="no JSON") as caught:
                await answer
            assert caught.value.kind == "request"
            assert text not in str(caught.value)
    assert seen[0]["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "answer", "strict": True, "schema": {"type": "object"}},
    }


async def test_the_servers_of_a_policys_models_are_watched_and_told() -> None:
    subject = answerer()
    here = ModelTarget("inside", "openai", "tiny", ("http://user:hunter2@127.0.0.1:9/v1",))
    subject.follow([here, ModelTarget("small", "embedded", "tiny")])
    assert subject.status() == {"inside": [{"server": "http://127.0.0.1:9", "up": True, "running": 0}]}
    kept = subject._endpoints(here)
    subject.follow([here])
    assert subject._endpoints(here) is kept  # what is known of a server outlives a new policy
    subject.follow([])
    assert subject.status() == {}


async def test_what_an_answer_took_is_told_once_whatever_the_callers_format_says() -> None:
    ended = {"finish": "stop", "input": 9, "output": 4, "sequence": None}
    subject = answerer(Pool("Hello", ended))
    stream = [event async for event in subject.events(task())]  # without include_usage
    assert b'"usage"' not in b"".join(stream)
    assert subject.took("01ABC") == Usage(input=9, output=4)
    assert subject.took("01ABC") is None
    await subject.whole(task())
    assert subject.took("01ABC") == Usage(input=9, output=4)
    broken = answerer(Pool(3))
    with pytest.raises(WorkerError):
        await broken.whole(task())
    assert broken.took("01ABC") is None
