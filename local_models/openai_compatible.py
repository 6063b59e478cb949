"""Asks an OpenAI-compatible server (vLLM, Ollama, llama.cpp's server, …) for a chat completion, as a stream of text.

The wire format is OpenAI's: `POST {base_url}/chat/completions` with `stream: true`, answered by server-sent events
whose data are JSON chunks, the last one `[DONE]`. Whatever goes wrong is a `BackendError`, and none quotes what was
sent or said.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing

import aiohttp

from local_models.chunks import Heard, written
from local_models.endpoints import place as _place
from local_models.errors import BackendError, Kind
from local_models.speech import Asked, Said, Turn, TurnRole

_LINE_LIMIT = 1_048_576  # bytes of one event; a chunk of text is a few hundred
_CONNECT = 5.0  # seconds: a server in the house is there at once, or not
_USAGE_WITHIN = 2.0  # seconds after the answer's end
_PROBE = aiohttp.ClientTimeout(total=3.0)


async def stream_chat(
    session: aiohttp.ClientSession,
    base_url: str,
    model: str,
    messages: Sequence[tuple[str, str]],
    *,
    max_tokens: int,
    temperature: float,
    api_key: str | None = None,
    within: float | None = None,
    schema: str | None = None,
) -> AsyncGenerator[str]:
    """The text of an answer to `messages` (role, text), piece by piece. Raises `BackendError`."""
    turns = tuple(Turn(_role(role), text) for role, text in messages)
    asked = Asked(turns, max_tokens, temperature, schema=schema)
    async with aclosing(converse(session, base_url, model, asked, api_key=api_key, within=within)) as said:
        async for piece in said:
            if isinstance(piece, str):
                yield piece


async def converse(
    session: aiohttp.ClientSession,
    base_url: str,
    model: str,
    asked: Asked,
    *,
    api_key: str | None = None,
    within: float | None = None,
) -> AsyncGenerator[Said]:
    """The answer: text piece by piece, calls when they are whole, and its end. Raises `BackendError`.

    With a schema the server is asked for JSON that fits it; whether it knows how is its own affair, and so are tools.
    """
    place = f"the model server {_place(base_url)}"
    headers = {"Accept": "text/event-stream"}
    if api_key is not None:
        headers["Authorization"] = f"Bearer {api_key}"
    url = f"{base_url.rstrip('/')}/chat/completions"
    body = written(model, asked)
    heard = Heard(place, {tool.name for tool in asked.tools})
    try:
        # A redirect could lead what stays in the house out of it.
        patience = session.timeout if within is None else aiohttp.ClientTimeout(total=within, sock_connect=_CONNECT)
        async with session.post(url, json=body, headers=headers, allow_redirects=False, timeout=patience) as response:
            if response.status != 200:
                raise BackendError(_refusal(place, model, response.status), kind=_kind(response.status))
            if response.content_type != "text/event-stream":
                raise BackendError(
                    f"{place} answered with {response.content_type}, expected text/event-stream. "
                    "Is base_url the server's OpenAI endpoint (it often ends in /v1)?"
                )
            async with aclosing(_events(response.content, place)) as events:
                while (data := await _next(events, heard)) is not None and data != "[DONE]":
                    if piece := heard.piece(data):
                        yield piece
            if data is None and not heard.finished:
                raise BackendError(f"{place} ended its answer in the middle")
    except TimeoutError:  # before OSError, which it is a kind of
        raise BackendError(f"{place} did not answer in time", kind="unreachable") from None
    except (aiohttp.ClientError, OSError) as error:
        message = f"{place} can't be reached or broke off: {type(error).__name__}"
        raise BackendError(message, kind="unreachable") from None
    for call in heard.calls():
        yield call
    yield heard.end(asked)


async def answers(session: aiohttp.ClientSession, base_url: str, *, api_key: str | None = None) -> bool:
    """Whether a server is there: it answers `GET {base_url}/models`, with whatever but an error of its own."""
    headers = {} if api_key is None else {"Authorization": f"Bearer {api_key}"}
    url = f"{base_url.rstrip('/')}/models"
    try:
        async with session.get(url, headers=headers, allow_redirects=False, timeout=_PROBE) as response:
            return response.status < 500
    except (TimeoutError, aiohttp.ClientError, OSError):
        return False


def _role(name: str) -> TurnRole:
    return "system" if name == "system" else "assistant" if name == "assistant" else "user"


async def _events(content: aiohttp.StreamReader, place: str) -> AsyncGenerator[str]:
    """The data of each server-sent event (WHATWG HTML, "Server-sent events")."""
    buffer = b""
    lines: list[str] = []
    async for chunk in content.iter_any():
        buffer += chunk
        *complete, buffer = buffer.split(b"\n")
        if len(buffer) > _LINE_LIMIT:
            raise BackendError(f"{place} sent an event of more than {_LINE_LIMIT} bytes")
        for raw in complete:
            line = raw.removesuffix(b"\r").decode("utf-8", errors="replace")
            if line.startswith("data:"):
                lines.append(line.removeprefix("data:").removeprefix(" "))
            elif not line and lines:
                yield "\n".join(lines)
                lines.clear()
    if lines or buffer.startswith(b"data:"):  # some servers leave the last blank line out
        tail = buffer.decode("utf-8", errors="replace").removeprefix("data:").strip()
        yield "\n".join([*lines, tail] if tail else lines)


async def _next(events: AsyncIterator[str], heard: Heard) -> str | None:
    """The next event. After an answer's end only its usage comes, and not from every server."""
    if not heard.finished:
        return await anext(events, None)
    try:
        async with asyncio.timeout(_USAGE_WITHIN):
            return await anext(events, None)
    except (TimeoutError, aiohttp.ClientError, OSError, BackendError):
        return None


def _refusal(place: str, model: str, status: int) -> str:
    match status:
        case 401 | 403:
            return f"{place} refused with status {status}: it wants an API key, or another one"
        case 404:
            return f"{place} answered 404: no /chat/completions under base_url, or no model {model!r}"
        case 429:
            return f"{place} answered 429: it is busy or its quota is used up"
        case _:
            return f"{place} answered with status {status}, expected 200"


def _kind(status: int) -> Kind:
    """Whose fault a status is. What is wrong with a key or a model's name may be right at another server."""
    if status == 429:
        return "busy"
    if 400 <= status < 500 and status not in {401, 403, 404, 405, 408}:
        return "request"
    return "failed"
