"""What can go wrong with a request, one `Fault` each: the rows of the fail-closed matrix.

A fault is set up by an async context manager around one request; `meanwhile` runs while that request is inspected.
What must come of it is said here too, as `Cell`s: what the vendor received, what the client saw, what the log says.
"""

import asyncio
import base64
import os
import signal
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from audit.errors import AuditError
from configs.settings import ContentSettings
from detectors.cache import ScanCache
from detectors.finding import Finding
from policy.load import load_policy
from proxy.files import FileCache, PoolFiles
from proxy.inspector import PoolInspector
from proxy.replies import ReplyStream
from proxy.reply_judge import ReplyJudge, ReplyText, Scanner
from proxy.workers import WorkerPool
from tests.fakes.privet import POLICY, Running, TableInspector

INSIDE = """
schema: privet.policy/1
id: inside
defaults: {effect: allow, when_uninspected: block, when_error: block}
models:
  house: {backend: openai, base_url: "http://127.0.0.1:PORT/v1", model: m}
rules:
  - id: stays-in-the-house
    when: {entities: [{type: PERSON}]}
    effect: reroute
    obligations: [{to: house}]
"""


REPLIES = f"{POLICY}  - {{id: no-names, 'on': [reply], when: {{entities: [{{type: PERSON}}]}}, effect: block}}\n"
BUDGET = POLICY + "budgets: [{id: rate, requests: 1000, every: minute}]\n"


@dataclass(frozen=True, slots=True)
class Cell:
    """What came of one request."""

    upstream: str
    client: str
    audit: str


@dataclass(frozen=True, slots=True)
class Scene:
    """Where a fault is set up."""

    privet: Running
    patch: pytest.MonkeyPatch
    path: Path


type Upset = Callable[[Scene], AbstractAsyncContextManager[Any]]


@dataclass(frozen=True, slots=True)
class Fault:
    """A row of the matrix."""

    name: str
    upset: Upset
    cell: Cell
    websocket: Cell | None = None  # None: the same
    policy: str = POLICY
    stream: bool = False
    more: Mapping[str, Any] = field(default_factory=dict)  # members of the request's body
    meanwhile: Callable[[Scene], Awaitable[None]] | None = None
    opening: bool = False  # for a WebSocket: before it opens, not before its first message


def _raise(*_: Any, **__: Any) -> Any:
    raise RuntimeError("Anna Schmidt")


def _patched(target: str) -> Upset:
    """Whatever stands at this name raises."""

    @asynccontextmanager
    async def upset(scene: Scene) -> AsyncIterator[None]:
        scene.patch.setattr(target, _raise)
        yield

    return upset


def _set(change: Callable[[Running], None]) -> Upset:
    @asynccontextmanager
    async def upset(scene: Scene) -> AsyncIterator[None]:
        change(scene.privet)
        yield

    return upset


def _inspector_raises(privet: Running) -> None:
    privet.inspector.fault = RuntimeError("Anna Schmidt")


def _audit_fails(privet: Running) -> None:
    privet.store.fault = AuditError("the database is locked")


def _audit_hangs(privet: Running) -> None:
    privet.store.hang = True


def _ledger_breaks(privet: Running) -> None:
    assert privet.pipeline.ledger is not None
    with sqlite3.connect(privet.pipeline.ledger.path) as other:
        other.execute("DROP TABLE spent")


def _vault_breaks(privet: Running) -> None:
    assert privet.pipeline.vault is not None
    with sqlite3.connect(privet.pipeline.vault.path) as other:
        other.execute("DROP TABLE kept")


def _held(privet: Running) -> None:
    privet.inspector.hold = asyncio.Event()


def _worker(fault: str) -> Upset:
    """Detection in a real process of its own, which fails so."""

    @asynccontextmanager
    async def upset(scene: Scene) -> AsyncIterator[None]:
        options = {"fault": fault, "started": str(_started(scene))}
        pool = WorkerPool("detection", "tests.fakes.jobs:detection", options)
        await pool.start()
        scene.privet.pipeline.inspector = PoolInspector(scene.privet.settings, pool, None, ScanCache(10))
        try:
            yield
        finally:
            await pool.close()

    return upset


def _content(fault: str) -> Upset:
    """Files are opened in a real process of its own, which fails so."""

    @asynccontextmanager
    async def upset(scene: Scene) -> AsyncIterator[None]:
        pool = WorkerPool("content", "tests.fakes.jobs:content", {"fault": fault, "started": str(_started(scene))})
        await pool.start()
        settings = ContentSettings.model_validate({"deadline": 1.0})
        scene.privet.pipeline.files = PoolFiles(settings, pool, FileCache(10))
        try:
            yield
        finally:
            await pool.close()

    return upset


def _replies(fault: str) -> Upset:
    """What looks at replies fails so: `raise` in Privet itself, the others in a worker."""

    @asynccontextmanager
    async def upset(scene: Scene) -> AsyncIterator[None]:
        pool = WorkerPool("detection", "tests.fakes.jobs:detection", {"fault": fault, "started": str(_started(scene))})
        broken: Scanner = PoolInspector(scene.privet.settings, pool, None, ScanCache(10))
        if fault == "raise":
            broken = TableInspector(fault=RuntimeError("Anna Schmidt"))
        else:
            await pool.start()
        look = ReplyJudge.look

        async def looking(judge: ReplyJudge, texts: Sequence[ReplyText]) -> list[tuple[Finding, ...]]:
            judge.scanner = broken
            return await look(judge, texts)

        scene.patch.setattr(ReplyJudge, "look", looking)
        try:
            yield
        finally:
            await pool.close()

    return upset


def _started(scene: Scene) -> Path:
    return scene.path / "the-worker-has-texts"


async def _kill_the_worker(scene: Scene) -> None:
    inspector = scene.privet.pipeline.inspector
    assert isinstance(inspector, PoolInspector)
    while not _started(scene).exists():
        await asyncio.sleep(0.01)
    for pid in inspector.detection.pids:
        os.kill(pid, signal.SIGKILL)


async def _kill_the_opener(scene: Scene) -> None:
    files = scene.privet.pipeline.files
    assert isinstance(files, PoolFiles)
    while not _started(scene).exists():
        await asyncio.sleep(0.01)
    for pid in files.pool.pids:
        os.kill(pid, signal.SIGKILL)


async def _reload(scene: Scene) -> None:
    """A policy that blocks everything comes while the request is inspected; the request is judged by its own."""
    file = scene.path / "policy.yaml"
    file.write_text(f"{POLICY}  - {{id: closed, effect: block}}\n", encoding="utf-8")
    await scene.privet.inspector.started.wait()
    scene.privet.pipeline.policy = load_policy(file)
    assert scene.privet.inspector.hold is not None
    scene.privet.inspector.hold.set()


def _backend(answer: Callable[[web.Request, asyncio.Event], Awaitable[web.StreamResponse]] | None) -> Upset:
    """The internal model's server, which answers so; None: nobody listens."""

    @asynccontextmanager
    async def upset(scene: Scene) -> AsyncIterator[None]:
        over = asyncio.Event()

        async def handle(request: web.Request) -> web.StreamResponse:
            assert answer is not None
            return await answer(request, over)

        app = web.Application()
        app.router.add_post("/v1/chat/completions", handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        file = scene.path / "policy.yaml"
        file.write_text(INSIDE.replace("PORT", str(runner.addresses[0][1])), encoding="utf-8")
        if answer is None:
            await runner.cleanup()
        scene.privet.pipeline.policy = load_policy(file)
        scene.privet.addon.local.answerer.deadline = 1.0
        try:
            yield
        finally:
            over.set()
            await runner.cleanup()

    return upset


async def _slow(_: web.Request, over: asyncio.Event) -> web.StreamResponse:
    await over.wait()
    return web.Response()


async def _malformed(_: web.Request, __: asyncio.Event) -> web.StreamResponse:
    return web.Response(text='data: {"choices": "Anna Schmidt"}\n\n', content_type="text/event-stream")


async def _refusing(_: web.Request, __: asyncio.Event) -> web.StreamResponse:
    return web.Response(status=500, text="Anna Schmidt")


def _transformer_raises(_: Any) -> list[bytes]:
    raise RuntimeError("Anna Schmidt")


@asynccontextmanager
async def _stream_breaks(scene: Scene) -> AsyncIterator[None]:
    def broken(*arguments: Any, **_: Any) -> ReplyStream:
        return ReplyStream(feed=_transformer_raises, finish=list, decision_id=arguments[-1], sse=True)

    scene.patch.setattr("proxy.replies.restoring", broken)
    yield


@asynccontextmanager
async def _nothing(_: Scene) -> AsyncIterator[None]:
    yield


CLOSED = Cell("nothing", "503", "block by privet.fail_closed, ended 503")
BY_POLICY = Cell("nothing", "503", "block by defaults.when_error, ended 503")
UNINSPECTED = Cell("nothing", "503", "block by defaults.when_uninspected, ended 503")
UNRECORDED = Cell("nothing", "503", "nothing")
UNANSWERED = Cell("nothing", "503", "reroute by stays-in-the-house, ended 503")
REDACTED = Cell("redacted", "200, restored", "allow by people, ended 200")
LATER = "error event, close 1013"
SOCKET_CLOSED = Cell("nothing", LATER, "block by privet.fail_closed, ended 503")
SOCKET_BY_POLICY = Cell("nothing", LATER, "block by defaults.when_error, ended 503")
SOCKET_UNINSPECTED = Cell("nothing", LATER, "block by defaults.when_uninspected, ended 503")
SOCKET_UNRECORDED = Cell("nothing", LATER, "nothing")
SOCKET_INSIDE = Cell("nothing", "error event, close 1008", "reroute by stays-in-the-house, ended 403")
SOCKET_REDACTED = Cell("redacted", "restored", "allow by people, ended 101")
REPLY_KEPT = Cell("redacted", "403", "allow by people, ended 403")
REPLY_ENDED = Cell("redacted", "200, error event", "allow by people, ended 200 reply_blocked")
SOCKET_REPLY = Cell("redacted", "error event, close 1008", "allow by people, ended 101")
_FILE = "data:text/plain;base64," + base64.b64encode(b"Dear Anna Schmidt").decode()
FILE = {
    "messages": [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "hello Anna Schmidt"},
                {"type": "file", "file": {"filename": "letter.txt", "file_data": _FILE}},
            ],
        }
    ]
}

FAULTS: tuple[Fault, ...] = (
    Fault("nothing goes wrong", _nothing, REDACTED, SOCKET_REDACTED),
    Fault("identity raises", _patched("proxy.addon.identify"), CLOSED, opening=True),
    Fault("extraction raises", _patched("proxy.providers.json_dialect.JsonDialect.extract"), BY_POLICY, SOCKET_BY_POLICY),
    Fault("the inspector raises", _set(_inspector_raises), BY_POLICY, SOCKET_BY_POLICY),
    Fault("the detector raises", _worker("raise"), UNINSPECTED, SOCKET_UNINSPECTED),
    Fault("the detector hangs", _worker("hang"), UNINSPECTED, SOCKET_UNINSPECTED),
    Fault("the detector dies of kill -9", _worker("die"), UNINSPECTED, SOCKET_UNINSPECTED),
    Fault("the detector is killed while it works", _worker("hang"), UNINSPECTED, SOCKET_UNINSPECTED, meanwhile=_kill_the_worker),
    Fault("the detector runs out of memory", _worker("memory"), UNINSPECTED, SOCKET_UNINSPECTED),
    Fault("the detector answers nonsense", _worker("nonsense"), UNINSPECTED, SOCKET_UNINSPECTED),
    Fault("the detector leaves texts out", _worker("too few"), UNINSPECTED, SOCKET_UNINSPECTED),
    Fault("a file's opener hangs", _content("hang"), UNINSPECTED, SOCKET_UNINSPECTED, more=FILE),
    Fault("a file's opener is killed while it works", _content("hang"), UNINSPECTED, SOCKET_UNINSPECTED, more=FILE, meanwhile=_kill_the_opener),
    Fault("a file's opener answers nonsense", _content("nonsense"), UNINSPECTED, SOCKET_UNINSPECTED, more=FILE),
    Fault("the vault can't be read or written", _set(_vault_breaks), REDACTED, SOCKET_CLOSED),
    Fault("the vault can't be written, and the vendor keeps the request", _set(_vault_breaks), CLOSED, SOCKET_CLOSED, more={"store": True}),
    Fault("policy evaluation raises", _patched("proxy.decide.evaluate"), CLOSED, SOCKET_CLOSED),
    Fault("a budget can't be counted", _set(_ledger_breaks), CLOSED, SOCKET_CLOSED, policy=BUDGET),
    Fault("a transform raises", _patched("proxy.pipeline.deidentify"), CLOSED, SOCKET_CLOSED),
    Fault("the rebuild raises", _patched("proxy.providers.json_dialect.JsonDialect.rebuild"), CLOSED, SOCKET_CLOSED),
    Fault("the audit log refuses the record", _set(_audit_fails), UNRECORDED, SOCKET_UNRECORDED),
    Fault("the audit log hangs", _set(_audit_hangs), UNRECORDED, SOCKET_UNRECORDED),
    Fault("the verdict can't be carried out", _patched("proxy.addon.PrivetAddon._forward"),
          Cell("nothing", "503", "allow by people, ended 503"), Cell("nothing", "503", "allow by defaults.effect, ended 503"), opening=True),
    Fault("the internal model is down", _backend(None), UNANSWERED, SOCKET_INSIDE),
    Fault("the internal model is down, streamed", _backend(None), UNANSWERED, SOCKET_INSIDE, stream=True),
    Fault("the internal model is slow", _backend(_slow), UNANSWERED, SOCKET_INSIDE),
    Fault("the internal model fails", _backend(_refusing), UNANSWERED, SOCKET_INSIDE),
    Fault("the internal model answers nonsense", _backend(_malformed), UNANSWERED, SOCKET_INSIDE),
    Fault("restoring a reply raises", _patched("proxy.replies.restore_body"),
          Cell("redacted", "200, tokens left", "allow by people, ended 200 RuntimeError"), SOCKET_REDACTED),
    Fault("restoring a streamed reply raises", _stream_breaks,
          Cell("redacted", "200, error event", "allow by people, ended 200 RuntimeError"), SOCKET_REDACTED, stream=True),
    Fault("inspecting a reply raises", _replies("raise"), REPLY_KEPT, SOCKET_REPLY, policy=REPLIES),
    Fault("inspecting a reply hangs", _replies("hang"), REPLY_KEPT, SOCKET_REPLY, policy=REPLIES),
    Fault("what inspects a reply is killed", _replies("die"), REPLY_KEPT, SOCKET_REPLY, policy=REPLIES),
    Fault("inspecting a streamed reply raises", _replies("raise"), REPLY_ENDED, SOCKET_REPLY, policy=REPLIES, stream=True),
    Fault("inspecting a streamed reply hangs", _replies("hang"), REPLY_ENDED, SOCKET_REPLY, policy=REPLIES, stream=True),
    Fault("what inspects a streamed reply is killed", _replies("die"), REPLY_ENDED, SOCKET_REPLY, policy=REPLIES, stream=True),
    Fault("the policy is reloaded meanwhile", _set(_held), REDACTED, SOCKET_REDACTED, meanwhile=_reload),
    Fault("restoring a message raises", _patched("proxy.conversation.Conversation.from_server"), REDACTED,
          Cell("redacted", "close 1011", "allow by people, ended 101")),
    Fault("judging a message raises", _patched("proxy.conversation.Conversation.from_client"), REDACTED,
          Cell("nothing", "close 1011", "nothing")),
)  # fmt: skip
