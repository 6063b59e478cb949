"""The client for OpenAI-compatible servers, against a server that behaves and one that doesn't."""

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from local_models.catalog import path_of
from local_models.errors import BackendError
from local_models.openai_compatible import stream_chat

SECRET = "unreleased figures of the third quarter"
MESSAGES = [("system", "Be brief."), ("user", SECRET)]

type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def chunk(text: str | None, finish: str | None = None) -> str:
    delta = {} if text is None else {"content": text}
    return json.dumps({"object": "chat.completion.chunk", "choices": [{"delta": delta, "finish_reason": finish}]})


def streamed(*parts: bytes) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
        await response.prepare(request)
        for part in parts:
            await response.write(part)
            await asyncio.sleep(0)
        return response

    return handle


def answered(status: int, **kwargs: Any) -> Handler:
    async def handle(_: web.Request) -> web.StreamResponse:
        return web.Response(status=status, **kwargs)

    return handle


@asynccontextmanager
async def server(handler: Handler) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_post("/v1/chat/completions", handler)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}/v1"
    finally:
        await runner.cleanup()


async def pieces(base_url: str, **options: Any) -> list[str]:
    async with aiohttp.ClientSession() as session:
        stream = stream_chat(session, base_url, "qwen3", MESSAGES, max_tokens=20, temperature=0.5, **options)
        return [piece async for piece in stream]


EVENTS = "".join(f"data: {chunk(text)}\n\n" for text in (None, "Reve", "nue röse ", "🙂")) + (
    f": keep-alive\n\ndata: {chunk(None, 'stop')}\n\ndata: [DONE]\n\n"
)


@pytest.mark.parametrize("size", [1, 7, 10_000])
async def test_the_answer_comes_piece_by_piece_however_the_bytes_are_cut(size: int) -> None:
    raw = EVENTS.encode()
    parts = [raw[at : at + size] for at in range(0, len(raw), size)]
    async with server(streamed(*parts)) as url:
        assert await pieces(url) == ["Reve", "nue röse ", "🙂"]


@pytest.mark.parametrize(
    "raw",
    [
        EVENTS.replace("\n", "\r\n"),
        EVENTS.replace("data: ", "data:"),
        EVENTS.replace("data: [DONE]\n\n", "data: [DONE]"),  # no blank line at the end
        EVENTS.replace("data: [DONE]\n\n", ""),  # a finish reason is an end, too
        EVENTS.replace(f"data: {chunk(None, 'stop')}\n\n", 'data: {"choices": [], "usage": {}}\n\n'),
    ],
)
async def test_what_servers_do_differently(raw: str) -> None:
    async with server(streamed(raw.encode())) as url:
        assert "".join(await pieces(url)) == "Reve" + "nue röse 🙂"


async def test_what_is_sent() -> None:
    seen: dict[str, Any] = {}

    async def handle(request: web.Request) -> web.StreamResponse:
        seen.update(await request.json(), authorization=request.headers.get("Authorization"))
        return await streamed(EVENTS.encode())(request)

    async with server(handle) as url:
        await pieces(url + "/", api_key="k-1")
    assert seen == {
        "model": "qwen3",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": SECRET}],
        "max_tokens": 20,
        "temperature": 0.5,
        "stream": True,
        "stream_options": {"include_usage": True},
        "authorization": "Bearer k-1",
    }


@pytest.mark.parametrize(
    ("handler", "says"),
    [
        (answered(401, text=SECRET), "API key"),
        (answered(404, text=SECRET), "no model 'qwen3'"),
        (answered(429, text=SECRET), "busy"),
        (answered(500, text=SECRET), "status 500"),
        (answered(307, headers={"Location": "http://127.0.0.1:1/elsewhere"}), "status 307"),  # never followed
        (answered(200, text=f'{{"x": "{SECRET}"}}', content_type="application/json"), "application/json"),
        (streamed(f"data: {SECRET}\n\n".encode()), "no chat completion"),
        (streamed(b"data: [1, 2]\n\n"), "no chat completion"),
        (streamed(b'data: {"choices": [{"delta": {"content": 5}}]}\n\n'), "no chat completion"),
        (streamed(b'data: {"choices": "abc"}\n\n'), "no chat completion"),
        (streamed(f'data: {{"error": "{SECRET}"}}\n\n'.encode()), "reported an error"),
        (streamed(f"data: {chunk('half an ans')}\n\n".encode()), "in the middle"),
        (streamed(), "in the middle"),
        (streamed(b"data: " + b"x" * 2_000_000), "more than"),
    ],
)
async def test_a_server_that_misbehaves_is_an_error_without_content(handler: Handler, says: str) -> None:
    async with server(handler) as url:
        with pytest.raises(BackendError, match=says) as caught:
            await pieces(url)
    assert SECRET not in str(caught.value)
    assert "127.0.0.1" in str(caught.value)


async def test_a_server_that_is_not_there() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(BackendError, match="can't be reached") as caught:
        await pieces(f"http://user:hunter2@127.0.0.1:{port}/v1")
    assert "hunter2" not in str(caught.value)


async def test_a_server_that_is_too_slow() -> None:
    over = asyncio.Event()

    async def never(_: web.Request) -> web.StreamResponse:
        await over.wait()
        return web.Response()

    async with server(never) as url, aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=0.2)) as session:
        stream = stream_chat(session, url, "qwen3", MESSAGES, max_tokens=5, temperature=0.0)
        with pytest.raises(BackendError, match="in time"):
            await anext(stream)
        over.set()


@pytest.mark.slow
async def test_llama_cpp_pythons_own_server(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "llama_cpp.server", "--model", str(path_of("smollm2-135m"))]
    command += ["--host", "127.0.0.1", "--port", str(port), "--n_ctx", "512", "--chat_format", "chatml"]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, "PYTHONPATH": ""})
    try:
        url = f"http://127.0.0.1:{port}/v1"
        async with aiohttp.ClientSession() as session:
            for _ in range(600):
                assert process.poll() is None, (tmp_path / "log").read_text()
                try:
                    async with session.get(f"{url}/models") as response:
                        if response.status == 200:
                            break
                except aiohttp.ClientError:
                    await asyncio.sleep(0.1)
            question = [("user", "What is the capital of France?")]
            stream = stream_chat(session, url, "smollm2", question, max_tokens=20, temperature=0.0)
            answer = [piece async for piece in stream]
        assert len(answer) > 2
        assert "Paris" in "".join(answer)
    finally:
        process.kill()
        process.wait()
