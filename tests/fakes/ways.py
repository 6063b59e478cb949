"""The ways in: HTTP/1.1, HTTP/2, a chunked body, the gateway, a WebSocket. Each sends a person's name to the vendor.

    answer = await WAYS["HTTP/2"].send(privet, BODY)
    answer.status, answer.text

A way hides how it is done, so that one test can walk through all of them.
"""

import json
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import httpx
import websockets

NAME = "Anna Schmidt"
BODY: Mapping[str, Any] = {"model": "gpt-4o", "messages": [{"role": "user", "content": f"hello {NAME}"}]}
PATH = "/v1/chat/completions"
JSON = {"content-type": "application/json"}
REALTIME = "wss://api.openai.com/v1/realtime?model=gpt-4o-realtime"
PATIENCE = 30  # seconds; a busy machine is no failure


@dataclass(frozen=True, slots=True)
class Answer:
    """What the client got. Status 0: the connection ended without an answer."""

    status: int
    text: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def error(self) -> Mapping[str, Any]:
        """The error in OpenAI's shape."""
        found = json.loads(self.text)["error"]
        assert isinstance(found, dict)
        return found


class Privet(Protocol):
    """A running Privet, in this process (`tests.fakes.privet`) or in its own (`tests.fakes.service`)."""

    @property
    def proxy(self) -> str: ...
    @property
    def gateway(self) -> str: ...
    def trust(self, *, http2: bool = False) -> ssl.SSLContext: ...


class Way(Protocol):
    """A way in."""

    @property
    def name(self) -> str: ...
    async def send(self, privet: Privet, body: Mapping[str, Any]) -> Answer: ...


@dataclass(frozen=True, slots=True)
class HttpWay:
    """A POST, as the client that `options` describe sends it."""

    name: str
    http2: bool = False
    chunked: bool = False
    gateway: bool = False

    def client(self, privet: Privet) -> httpx.AsyncClient:
        options: dict[str, Any] = {"timeout": PATIENCE, "trust_env": False}
        if self.gateway:
            return httpx.AsyncClient(base_url=f"{privet.gateway}/openai", **options)
        return httpx.AsyncClient(
            base_url="https://api.openai.com",
            proxy=privet.proxy,
            verify=privet.trust(http2=self.http2),
            http2=self.http2,
            **options,
        )

    async def post(
        self, client: httpx.AsyncClient, content: bytes, headers: Mapping[str, str] = JSON
    ) -> httpx.Response:
        if not self.chunked:
            return await client.post(PATH, content=content, headers=headers)

        async def pieces() -> AsyncIterator[bytes]:
            for start in range(0, len(content), 1000):
                yield content[start : start + 1000]

        return await client.post(PATH, content=pieces(), headers=headers)

    async def send(self, privet: Privet, body: Mapping[str, Any]) -> Answer:
        async with self.client(privet) as client:
            try:
                reply = await self.post(client, json.dumps(body).encode())
            except (httpx.RemoteProtocolError, httpx.ReadError):
                return Answer(0)
        return Answer(reply.status_code, reply.text, dict(reply.headers))


@dataclass(frozen=True, slots=True)
class WebSocketWay:
    """A realtime session with one message, through the explicit proxy."""

    name: str = "WebSocket"

    @asynccontextmanager
    async def session(self, privet: Privet) -> AsyncIterator[websockets.ClientConnection]:
        """A session that is open."""
        async with websockets.connect(
            REALTIME, proxy=privet.proxy, ssl=privet.trust(), open_timeout=PATIENCE, close_timeout=PATIENCE
        ) as session:
            assert json.loads(await session.recv())["type"] == "session.created"
            yield session

    async def say(self, session: websockets.ClientConnection, body: Mapping[str, Any]) -> Answer:
        """The stand-in's echo; or the error event, and the code with which the connection was closed."""
        parts = [part for message in body["messages"] for part in _parts(message["content"])]
        item = {"type": "message", "role": "user", "content": parts}
        got, code = [], 0
        try:
            await session.send(json.dumps({"type": "conversation.item.create", "item": item}))
            got = [str(await session.recv())]
            if json.loads(got[0])["type"] == "error":
                await session.recv()
        except websockets.ConnectionClosed as closed:
            code = closed.rcvd.code if closed.rcvd is not None else 1006
        return Answer(101, "\n".join(got), {"close": str(code)})

    async def send(self, privet: Privet, body: Mapping[str, Any]) -> Answer:
        try:
            async with self.session(privet) as session:
                return await self.say(session, body)
        except websockets.InvalidStatus as refused:
            return Answer(refused.response.status_code, (refused.response.body or b"").decode())
        except (websockets.ConnectionClosed, websockets.InvalidMessage, ConnectionError):
            return Answer(0)


def _parts(content: str | list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """A message's content as a realtime session has it."""
    listed = [{"type": "text", "text": content}] if isinstance(content, str) else content
    return [{**part, "type": "input_text"} if part["type"] == "text" else part for part in listed]


WAYS: dict[str, HttpWay] = {
    way.name: way
    for way in (
        HttpWay("HTTP/1.1"),
        HttpWay("HTTP/2", http2=True),
        HttpWay("chunked", chunked=True),
        HttpWay("gateway", gateway=True),
    )
}
EVERY_WAY: dict[str, Way] = {**WAYS, "WebSocket": WebSocketWay()}
