"""Rerouted requests: an internal model answers, and the answer goes out in the caller's own dialect.

The pieces come from an embedded model (a worker process) or from an OpenAI-compatible server; what the caller gets is
made by its dialect. Nothing is sent anywhere but to the policy's own targets.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field

import aiohttp

from local_models.errors import BackendError
from local_models.openai_compatible import stream_chat
from policy.model import ModelTarget
from proxy.errors import WorkerError
from proxy.message import Chat, Response, Role
from proxy.providers.dialect import Answer, Dialect
from proxy.workers import Pool

_MAX_TOKENS = 512  # when the caller doesn't say; a small model has little more to say
_ROLES = {
    Role.SYSTEM: "system",
    Role.USER: "user",
    Role.ASSISTANT: "assistant",
    Role.TOOL: "user",
    Role.METADATA: "user",
}


@dataclass(frozen=True, slots=True)
class Task:
    """A request that waits for its answer."""

    chat: Chat
    target: ModelTarget
    dialect: Dialect
    decision_id: str


@dataclass(slots=True)
class Answerer:
    """Has internal models answer. `pools` holds a worker pool per embedded model."""

    pools: Mapping[str, Pool]
    session: aiohttp.ClientSession
    deadline: float
    api_keys: Mapping[str, str] = field(default_factory=dict, repr=False)

    async def whole(self, task: Task) -> Response:
        """The whole answer. Raises `WorkerError`, `BackendError`."""
        async with aclosing(self._pieces(task)) as pieces:
            text = "".join([piece async for piece in pieces])
        answer = Answer(text=text, model=task.target.model)
        return task.dialect.reply(task.chat, answer, task.decision_id)

    async def events(self, task: Task) -> AsyncGenerator[bytes]:
        """The answer as the dialect's stream. Raises `WorkerError`, `BackendError`, also between events."""
        async with aclosing(self._pieces(task)) as pieces:
            # The first piece is awaited before the first event: a model that is down can still be told as an error.
            first = await anext(pieces, "")
            rest = _joined(first, pieces)
            stream = task.dialect.reply_stream(task.chat, rest, task.target.model, task.decision_id)
            async for event in stream:
                yield event

    async def _pieces(self, task: Task) -> AsyncGenerator[str]:
        chat, target = task.chat, task.target
        messages = [(_ROLES[message.role], message.text) for message in chat.messages]
        max_tokens = min(chat.max_tokens or _MAX_TOKENS, 4096)
        temperature = 0.0 if chat.temperature is None else chat.temperature
        if target.backend == "embedded":
            pool = self.pools.get(target.model)
            if pool is None:
                raise WorkerError("the embedded model of this rule is not running")
            payload = {"messages": messages, "max_tokens": max_tokens, "temperature": temperature}
            async with aclosing(pool.stream(payload, within=self.deadline)) as items:
                async for item in items:
                    if not isinstance(item, str):
                        raise WorkerError("the embedded model gave something that is no text")
                    yield item
            return
        if not target.base_url:
            raise BackendError("a model of backend openai needs base_url")
        pieces = stream_chat(
            self.session,
            target.base_url,
            target.model,
            messages,
            max_tokens=max_tokens,
            temperature=temperature,
            api_key=self.api_keys.get(target.name),
            within=self.deadline,
        )
        async for piece in pieces:
            yield piece


async def _joined(first: str, rest: AsyncIterator[str]) -> AsyncIterator[str]:
    if first:
        yield first
    async for piece in rest:
        if piece:
            yield piece
