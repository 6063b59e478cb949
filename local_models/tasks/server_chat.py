"""A model on an OpenAI-compatible server in the house, asked like the embedded one: to measure what it would answer."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import aiohttp

from configs.hosts import provider_of_host
from local_models.errors import ModelError
from local_models.openai_compatible import stream_chat

_WITHIN = 120.0  # seconds


@dataclass(frozen=True, slots=True)
class ServerChat:
    """One model of one server."""

    base_url: str
    model: str
    api_key: str | None = field(default=None, repr=False)

    def stream(
        self, messages: Sequence[tuple[str, str]], *, max_tokens: int, temperature: float, schema: str | None = None
    ) -> Iterator[str]:
        """The answer, whole. Raises `BackendError`."""

        async def ask() -> str:
            async with aiohttp.ClientSession() as session:
                pieces = stream_chat(
                    session,
                    self.base_url,
                    self.model,
                    messages,
                    max_tokens=max_tokens,
                    temperature=temperature,
                    api_key=self.api_key,
                    within=_WITHIN,
                    schema=schema,
                )
                return "".join([piece async for piece in pieces])

        yield asyncio.run(ask())


def server_chat(written: str, api_key: str | None = None) -> ServerChat:
    """From `http://host:8000/v1#model`. Raises `ModelError`: also for vendors, where examples would leave the house."""
    url, _, model = written.partition("#")
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        parts, host = urlsplit(""), None
    if parts.scheme not in {"http", "https"} or not host or not model:
        raise ModelError(f"expected an endpoint such as http://vllm.internal:8000/v1#qwen3, got {written!r}")
    if provider_of_host(host) is not None:
        raise ModelError(
            f"{host} is a vendor: the examples would leave the house. Only models inside are measured this way"
        )
    return ServerChat(url.rstrip("/"), model, api_key)
