"""The local API, and the inner door."""

from collections.abc import AsyncIterator
from dataclasses import replace

import aiohttp
import pytest
from aiohttp.test_utils import TestClient, TestServer

from detectors.finding import Label, SkipReason
from local_models.errors import BackendError, BusyError
from policy.model import ModelTarget
from proxy.answer import Answerer, Task
from proxy.errors import JobError, OverloadError, WorkerError
from proxy.ledger import LedgerError
from proxy.local import SCAN_LIMIT, LocalServer
from proxy.message import Chat, ChatMessage, Role
from proxy.metrics import Metrics
from proxy.providers.openai_chat import OpenAIChat
from proxy.record import RecordError
from tests.fakes.privet import TableInspector


class Pool:
    def __init__(self, *pieces: str, error: Exception | None = None) -> None:
        self.pieces, self.error = pieces, error

    async def stream(self, payload: object, *, within: float, queue: int | None = None) -> AsyncIterator[str]:
        for piece in self.pieces:
            yield piece
        if self.error is not None:
            raise self.error


def local(pool: Pool | None = None, *, labels: bool = False) -> LocalServer:
    answerer = Answerer(pools={"tiny": pool} if pool else {}, session=None, deadline=5)  # type: ignore[arg-type]
    return LocalServer(
        inspector=TableInspector(labels=(Label("hr", 0.91234567, "m"),)),
        answerer=answerer,
        metrics=Metrics(),
        status=lambda: {"instance": "abc"},
        ready=list,
        labelling=lambda: labels,
    )


async def _client(app) -> TestClient:
    client = TestClient(TestServer(app))
    await client.start_server()
    return client


async def test_scan() -> None:
    client = await _client(local(labels=True).public())
    reply = await client.post("/scan", json={"text": "I am Anna Schmidt"})
    assert reply.status == 200
    assert await reply.json() == {
        "findings": [{"entity_type": "PERSON", "start": 5, "end": 17, "score": 0.9, "detector": "table"}],
        "labels": [{"name": "hr", "score": 0.9123, "model": "m"}],
    }
    await client.close()


@pytest.mark.parametrize("body", [b"", b"no json", b"[]", b'{"text": 3}', b"{}", b"[" * 100_000])
async def test_scan_refuses_nonsense(body: bytes) -> None:
    client = await _client(local().public())
    reply = await client.post("/scan", data=body)
    assert reply.status == 400
    assert "error" in await reply.json()
    await client.close()


async def test_scan_refuses_too_much() -> None:
    client = await _client(local().public())
    reply = await client.post("/scan", data=b'{"text": "' + b"x" * SCAN_LIMIT + b'"}')
    assert reply.status == 413
    await client.close()


async def test_scan_says_when_it_could_not() -> None:
    server = local()
    server.inspector.reason = SkipReason.TIMEOUT
    client = await _client(server.public())
    reply = await client.post("/scan", json={"text": "hello"})
    assert reply.status == 503
    assert (await reply.json())["skipped"] == [{"reason": "timeout"}]
    await client.close()


async def test_health_and_readiness() -> None:
    server = local()
    client = await _client(server.public())
    assert await (await client.get("/healthz")).json() == {"status": "ok", "instance": "abc"}
    assert (await client.get("/readyz")).status == 200
    server.ready = lambda: ["the audit log can't be written"]
    reply = await client.get("/readyz")
    assert (reply.status, await reply.json()) == (503, {"ready": False, "missing": ["the audit log can't be written"]})
    assert b"privet_requests" in await (await client.get("/metrics")).read()
    await client.close()


def _task(*, stream: bool) -> Task:
    chat = Chat(messages=(ChatMessage(Role.USER, "hello"),), model="gpt-4o", stream=stream)
    target = ModelTarget(name="inside", backend="embedded", model="tiny")
    return Task(chat=chat, target=target, dialect=OpenAIChat(), decision_id="01ABC")


async def test_the_inner_door_answers_once() -> None:
    server = local(Pool("Hel", "lo"))
    client = await _client(server.inner())
    server.expect("s3cret", _task(stream=False))
    reply = await client.post("/answer/s3cret")
    body = await reply.json()
    assert body["choices"][0]["message"]["content"] == "Hello"
    assert body["privet"]["decision_id"] == "01ABC"
    assert reply.headers["x-privet-rerouted"] == "inside"
    assert (await client.post("/answer/s3cret")).status == 404
    await client.close()


@pytest.mark.parametrize("secret", ["", "guess", "../healthz"])
async def test_the_inner_door_is_shut(secret: str) -> None:
    client = await _client(local(Pool("x")).inner())
    assert (await client.post(f"/answer/{secret}")).status in {404, 405}
    await client.close()


async def test_a_forgotten_task_is_not_answered() -> None:
    server = local(Pool("x"))
    client = await _client(server.inner())
    server.expect("s3cret", _task(stream=False))
    server.forget("s3cret")
    assert (await client.post("/answer/s3cret")).status == 404
    await client.close()


async def test_streamed_answers() -> None:
    server = local(Pool("Hel", "lo"))
    client = await _client(server.inner())
    server.expect("s", _task(stream=True))
    reply = await client.post("/answer/s")
    text = await reply.text()
    assert reply.headers["content-type"].startswith("text/event-stream")
    assert text.index("Hel") < text.index('"lo"') < text.index("[DONE]")
    await client.close()


@pytest.mark.parametrize("stream", [False, True])
async def test_a_model_that_is_down_is_an_error_in_the_dialect(stream: bool) -> None:
    server = local(Pool(error=WorkerError("gone")))
    client = await _client(server.inner())
    server.expect("s", _task(stream=stream))
    reply = await client.post("/answer/s")
    assert reply.status == 503
    assert "internal model" in (await reply.json())["error"]["message"]
    await client.close()


async def test_an_answer_that_breaks_off_is_not_made_to_look_whole() -> None:
    server = local(Pool("Hel", error=WorkerError("gone")))
    client = await _client(server.inner())
    server.expect("s", _task(stream=True))
    reply = await client.post("/answer/s")
    with pytest.raises(aiohttp.ClientError):
        await reply.read()
    await client.close()


class Answers:
    def __init__(self, answer: tuple[str, ...] | None = ("people",), error: Exception | None = None) -> None:
        self.result, self.error, self.given = answer, error, []

    async def answer(self, decision_id: str, reason: str) -> tuple[str, ...] | None:
        self.given.append((decision_id, reason))
        if self.error is not None:
            raise self.error
        return self.result


REASON = "The customer asked."


@pytest.mark.parametrize(
    ("body", "answers", "status", "said"),
    [
        ({"decision_id": "01A", "reason": REASON}, Answers(), 200, '"rules": ["people"], "seconds": 3600'),
        ({"decision_id": "01A", "reason": REASON}, Answers(None), 404, "nobody was asked why for this decision"),
        ({"decision_id": "01A", "reason": REASON}, Answers(error=LedgerError("x")), 503, "could not be kept"),
        ({"decision_id": "01A", "reason": REASON}, Answers(error=RecordError("x")), 503, "could not be kept"),
        ({"decision_id": "01A", "reason": REASON}, None, 503, "keeps no reasons"),
        ({"decision_id": "01A", "reason": "ok"}, Answers(), 400, "at least 10 characters"),
        ({"decision_id": 1, "reason": REASON}, Answers(), 400, "expected JSON such as"),
        ({"reason": REASON}, Answers(), 400, "expected JSON such as"),
        ([], Answers(), 400, "expected JSON such as"),
    ],
)
async def test_justify(body: object, answers: Answers | None, status: int, said: str) -> None:
    server = local()
    server.justify = answers  # type: ignore[assignment]
    client = await _client(server.public())
    reply = await client.post("/justify", json=body)
    assert reply.status == status
    text = await reply.text()
    assert said in text
    assert REASON not in text
    assert answers is None or (answers.given == [("01A", REASON)]) == (
        status in {200, 404} or answers.error is not None
    )
    await client.close()


@pytest.mark.parametrize(("method", "path"), [("POST", "/justify"), ("POST", "/scan"), ("GET", "/metrics")])
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:8082"])
async def test_web_pages_are_refused(method: str, path: str, origin: str) -> None:
    """A page can post plain text anywhere without asking: a visit must not answer for the person why they send it."""
    client = await _client(local().public())
    body = b'{"text": "I am Anna Schmidt", "decision_id": "01", "reason": "a good reason"}'
    reply = await client.request(method, path, data=body, headers={"origin": origin, "content-type": "text/plain"})
    assert reply.status == 403
    assert "Origin" in (await reply.json())["error"]
    await client.close()


@pytest.mark.parametrize(
    ("error", "status", "code", "says"),
    [
        (WorkerError("gone"), 503, "privet_model_unavailable", "at the moment"),
        (OverloadError("busy", 7.4), 503, "privet_model_busy", "is busy"),
        (BusyError("full"), 503, "privet_model_busy", "is busy"),
        (JobError("failed", "ValueError"), 503, "privet_model_unavailable", "at the moment"),
        (JobError("failed", "GrammarError"), 422, "privet_model_refused", "JSON of the schema"),
        (BackendError("no", kind="request"), 422, "privet_model_refused", "JSON of the schema"),
        (BackendError("no", kind="unreachable"), 503, "privet_model_unavailable", "at the moment"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
async def test_why_an_internal_model_gives_no_answer(
    error: Exception, status: int, code: str, says: str, stream: bool
) -> None:
    server = local(Pool(error=error))
    client = await _client(server.inner())
    task = _task(stream=stream)
    server.expect("s", replace(task, chat=replace(task.chat, schema="{}")))
    reply = await client.post("/answer/s")
    problem = (await reply.json())["error"]
    assert (reply.status, problem["code"]) == (status, code)
    assert says in problem["message"]
    assert reply.headers.get("retry-after") == (
        {"privet_model_busy": "7" if "7" in str(vars(error)) else "1"}.get(code)
    )
    await client.close()
