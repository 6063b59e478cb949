"""Rerouted requests: an internal model answers, and the answer goes out in the caller's own dialect.

The pieces come from an embedded model (a worker process) or from an OpenAI-compatible server; what the caller gets is
made by its dialect. Nothing is sent anywhere but to the policy's own targets.
"""

import asyncio
import json
import math
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial

import aiohttp

from local_models.endpoints import Endpoints, Observe
from local_models.errors import BackendError
from local_models.openai_compatible import answers, converse
from local_models.speech import Call, End, Said
from policy.model import ModelTarget
from proxy.ask import asked_of, embedded
from proxy.errors import WorkerError
from proxy.escalate import Done
from proxy.message import Chat, Response
from proxy.providers.dialect import Answer, Dialect
from proxy.usage import Usage
from proxy.workers import Pool

_MOST_NOTED = 10_000  # answers whose tokens nobody asked for yet
_CHECK_EVERY = 5.0  # seconds between two looks at the servers


@dataclass(frozen=True, slots=True)
class Task:
    """A request that waits for its answer."""

    chat: Chat
    target: ModelTarget
    dialect: Dialect
    decision_id: str
    answer: Answer | None = field(default=None, repr=False)  # if it was given already


@dataclass(slots=True)
class Answerer:
    """Has internal models answer. `deadline` bounds every answer.

    `pools` holds a worker pool per embedded model, `doers` one for each of the policy's models that does a task.
    """

    pools: Mapping[str, Pool]
    session: aiohttp.ClientSession
    deadline: float
    api_keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    observe: Callable[[str], Observe] | None = field(default=None, repr=False)  # for a model of this name
    doers: Mapping[str, Pool] = field(default_factory=dict, repr=False)
    doing: Mapping[str, object] = field(default_factory=dict, repr=False)  # what each of them was started with
    _took: dict[str, Usage] = field(default_factory=dict, repr=False)  # by decision
    _servers: dict[ModelTarget, Endpoints] = field(default_factory=dict, repr=False)

    def follow(self, targets: Iterable[ModelTarget]) -> None:
        """These are the policy's models from now on. What runs on others ends as it began."""
        wanted = [target for target in targets if target.backend == "openai"]
        self._servers = {target: self._endpoints(target) for target in wanted}

    def status(self) -> dict[str, list[dict[str, str | int | bool]]]:
        """How every model's servers are."""
        return {target.name: servers.status() for target, servers in self._servers.items()}

    async def watch(self) -> None:
        """Look again and again which servers are there. Runs until it is cancelled."""
        while True:
            await asyncio.sleep(_CHECK_EVERY)
            for target, servers in list(self._servers.items()):
                await servers.check(partial(answers, self.session, api_key=self.api_keys.get(target.name)))

    async def do(self, target: ModelTarget, text: str) -> Done:
        """What a model of backend task makes of an input. Raises `WorkerError`, `OverloadError`."""
        pool = self.doers.get(target.name)
        if pool is None:
            raise WorkerError("the model of this task is not running")
        within = min(self.deadline, target.seconds)
        # To the end: a worker that is left amid its job is ended, and the next request would wait for another.
        async with aclosing(pool.stream(text, within=within, queue=target.queue)) as items:
            given = [item async for item in items]
        match given:
            case [[dict() | None as output, float() | int() as sure, int() as read, int() as written]]:
                return Done(output, float(sure) if math.isfinite(sure) else 0.0, read, written)
        raise WorkerError("the model of this task gave something that is no answer")

    async def ask(self, target: ModelTarget, chat: Chat) -> Answer:
        """The whole answer of a model, as it is. Raises `ProxyError`, `BackendError`."""
        texts: list[str] = []
        calls: list[Call] = []
        end = End()
        async with aclosing(self.said(chat, target)) as pieces:
            async for piece in pieces:
                match piece:
                    case End():
                        end = piece
                    case Call():
                        calls.append(piece)
                    case _:
                        texts.append(piece)
        return Answer(
            text="".join(texts),
            model=target.model,
            input_tokens=end.input,
            output_tokens=end.output,
            calls=tuple(calls),
            finish=end.finish,
            sequence=end.sequence,
        )

    async def whole(self, task: Task) -> Response:
        """The whole answer. Raises `WorkerError`, `BackendError`."""
        answer = task.answer or await self.ask(task.target, task.chat)
        self._note(task, End(answer.finish, answer.input_tokens, answer.output_tokens))
        return task.dialect.reply(task.chat, answer, task.decision_id)

    async def events(self, task: Task) -> AsyncGenerator[bytes]:
        """The answer as the dialect's stream. Raises `WorkerError`, `BackendError`, also between events."""
        given = None if task.answer is None else _given(task.answer)
        async with aclosing(given or self.said(task.chat, task.target)) as pieces:
            # The first piece is awaited before the first event: a model that is down can still be told as an error.
            first = await anext(pieces, "")
            rest = self._noted(task, first, pieces)
            stream = task.dialect.reply_stream(task.chat, rest, task.target.model, task.decision_id)
            async for event in stream:
                yield event

    def took(self, decision_id: str) -> Usage | None:
        """The tokens of an answer that has ended, told once: not every caller's format has a place for them."""
        return self._took.pop(decision_id, None)

    def _note(self, task: Task, end: End) -> None:
        self._took[task.decision_id] = Usage(end.input, end.output)
        while len(self._took) > _MOST_NOTED:
            self._took.pop(next(iter(self._took)))

    async def _noted(self, task: Task, first: Said, rest: AsyncIterator[Said]) -> AsyncIterator[Said]:
        """All that is said, but for nothing, which models say while they read."""
        if isinstance(first, End):
            self._note(task, first)
        if first:
            yield first
        async for piece in rest:
            if isinstance(piece, End):
                self._note(task, piece)
            if piece:
                yield piece

    async def said(self, chat: Chat, target: ModelTarget) -> AsyncGenerator[Said]:
        """What the model answers, its end last."""
        asked = asked_of(chat)
        within = min(self.deadline, target.seconds)
        if target.backend == "embedded":
            pool = self.pools.get(target.model)
            if pool is None:
                raise WorkerError("the embedded model of this rule is not running")
            async with aclosing(embedded(pool, asked, within=within, queue=target.queue)) as pieces:
                async for said in pieces:
                    yield said
            return

        def ask(base_url: str, seconds: float) -> AsyncGenerator[Said]:
            key = self.api_keys.get(target.name)
            return converse(self.session, base_url, target.model, asked, api_key=key, within=seconds)

        written, called = "", False
        async with aclosing(self._endpoints(target).stream(ask, within=within)) as answer:
            async for piece in answer:
                if asked.schema is not None and isinstance(piece, str):
                    written += piece
                called = called or isinstance(piece, Call)
                if asked.schema is not None and isinstance(piece, End) and not called:
                    _check(written)
                yield piece

    def _endpoints(self, target: ModelTarget) -> Endpoints:
        servers = self._servers.get(target)
        if servers is None:
            observe = self.observe(target.name) if self.observe is not None else None
            servers = Endpoints.of(
                target.base_urls, concurrency=target.concurrency, queue=target.queue, observe=observe
            )
            self._servers[target] = servers
        return servers


async def _given(answer: Answer) -> AsyncGenerator[Said]:
    yield answer.text
    yield End(answer.finish, answer.input_tokens, answer.output_tokens)


def _check(written: str) -> None:
    """What should be JSON is: a server may not know of schemas, or have reached its limit. Raises `BackendError`."""
    try:
        json.loads(written)
    except (ValueError, RecursionError):
        message = "the model server's answer is no JSON document, though one of a schema was asked for"
        raise BackendError(message, kind="request") from None
