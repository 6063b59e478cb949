"""Asks an OpenAI-compatible server (vLLM, Ollama, llama.cpp's server, …) for a chat completion, as a stream of text.

The wire format is OpenAI's: `POST {base_url}/chat/completions` with `stream: true`, answered by server-sent events
whose data are JSON chunks, the last one `[DONE]`. Whatever goes wrong is a `BackendError`, and none quotes what was
sent or said.
"""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from typing import Any

import aiohttp

from local_models.endpoints import place as _place
from local_models.errors import BackendError, Kind

_LINE_LIMIT = 1_048_576  # bytes of one event; a chunk of text is a few hundred
_CONNECT = 5.0  # seconds: a server in the house is there at once, or not
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
    """The answer to `messages` (role, text), piece by piece, all within so many seconds. Raises `BackendError`.

    With `schema` the server is asked for JSON that fits it; whether it knows how is its own affair.
    """
    place = f"the model server {_place(base_url)}"
    body: dict[str, Any] = {
        "model": model,
        "messages": [{"role": role, "content": text} for role, text in messages],
        "max_tokens": max_tokens,
        "temperature": temperature,
        "stream": True,
    }
    if schema is not None:
        wanted = {"name": "answer", "strict": True, "schema": json.loads(schema)}
        body["response_format"] = {"type": "json_schema", "json_schema": wanted}
    headers = {"Accept": "text/event-stream"}
    if api_key is not None:
        headers["Authorization"] = f"Bearer {api_key}"
    url = f"{base_url.rstrip('/')}/chat/completions"
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
            async for data in _events(response.content, place):
                if data == "[DONE]":
                    return
                piece, finished = _piece(data, place)
                if piece:
                    yield piece
                if finished:
                    return
    except TimeoutError:  # before OSError, which it is a kind of
        raise BackendError(f"{place} did not answer in time", kind="unreachable") from None
    except (aiohttp.ClientError, OSError) as error:
        message = f"{place} can't be reached or broke off: {type(error).__name__}"
        raise BackendError(message, kind="unreachable") from None
    raise BackendError(f"{place} ended its answer in the middle")


async def answers(session: aiohttp.ClientSession, base_url: str, *, api_key: str | None = None) -> bool:
    """Whether a server is there: it answers `GET {base_url}/models`, with whatever but an error of its own."""
    headers = {} if api_key is None else {"Authorization": f"Bearer {api_key}"}
    url = f"{base_url.rstrip('/')}/models"
    try:
        async with session.get(url, headers=headers, allow_redirects=False, timeout=_PROBE) as response:
            return response.status < 500
    except (TimeoutError, aiohttp.ClientError, OSError):
        return False


async def _events(content: aiohttp.StreamReader, place: str) -> AsyncIterator[str]:
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


def _piece(data: str, place: str) -> tuple[str, bool]:
    """A chunk's text, and whether the answer is finished with it."""
    try:
        chunk: Any = json.loads(data)
        if "error" in chunk:
            raise BackendError(f"{place} reported an error in the middle of its answer")
        choices = chunk["choices"]
        if not choices:  # the usage chunk has none
            return "", False
        text = choices[0].get("delta", {}).get("content")
        return "" if text is None else text + "", choices[0].get("finish_reason") is not None
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        raise BackendError(f"{place} sent a chunk that is no chat completion") from None


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
