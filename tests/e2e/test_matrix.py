"""Whatever goes wrong, by whichever way it came: what the vendor received, what the client saw, what the log says.

The rows are `tests.fakes.faults`, the columns `tests.fakes.ways`; each cell is run. docs/fail-closed.md shows the same
table: `python -m tests.e2e.test_matrix` writes it.
"""

import asyncio
import json
import os
import signal
from collections.abc import Iterable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.fakes.faults import FAULTS, Cell, Fault, Scene
from tests.fakes.privet import POLICY, Running, running
from tests.fakes.service import serving
from tests.fakes.vendor import Vendor
from tests.fakes.ways import BODY, EVERY_WAY, NAME, WAYS, Answer, Way, WebSocketWay

pytestmark = pytest.mark.e2e

SETTINGS = {"detection": {"deadline": 1.0}}
DOCUMENT = Path(__file__).parents[2] / "docs/fail-closed.md"
START, END = "<!-- matrix -->", "<!-- end of matrix -->"
KILLED = (0, "")  # no answer at all: the connection ends


@pytest.fixture(scope="module")
def vendor_server() -> Iterator[Vendor]:
    with Vendor() as vendor:
        yield vendor


@pytest.fixture
def vendor(vendor_server: Vendor) -> Vendor:
    vendor_server.reset()
    return vendor_server


def expected(fault: Fault, way: str) -> Cell:
    return fault.websocket or fault.cell if way == "WebSocket" else fault.cell


@pytest.mark.parametrize("way", EVERY_WAY.values(), ids=lambda way: way.name)
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
async def test_cell(tmp_path: Path, vendor: Vendor, monkeypatch, caplog, capfd, fault: Fault, way: Way) -> None:
    body = {**BODY, **({"stream": True} if fault.stream else {}), **fault.more}
    async with running(tmp_path, vendor, policy=fault.policy, settings=SETTINGS) as privet, AsyncExitStack() as stack:
        scene = Scene(privet, monkeypatch, tmp_path)
        opened = isinstance(way, WebSocketWay) and not fault.opening
        if isinstance(way, WebSocketWay) and opened:
            session = await stack.enter_async_context(way.session(privet))
            privet.store.events.clear()  # of the opening: what counts is the message
            privet.inspector.started.clear()
        async with fault.upset(scene):
            speaking = way.say(session, body) if isinstance(way, WebSocketWay) and opened else way.send(privet, body)
            sending = asyncio.create_task(speaking)
            if fault.meanwhile is not None:
                async with asyncio.timeout(20):
                    await fault.meanwhile(scene)
            answer = await sending
            if opened:
                await session.close()
            await ended(privet)
    monkeypatch.undo()
    assert Cell(received(vendor, way), seen(answer), recorded(privet)) == expected(fault, way.name)
    if answer.status >= 400:
        assert answer.error["message"]
        assert NAME not in answer.text
    told = "".join(capfd.readouterr())
    assert NAME not in caplog.text + told


@pytest.mark.slow
def test_privet_itself_is_killed(tmp_path: Path, vendor: Vendor) -> None:
    """Kill -9 to the serving process while it inspects one request of each way. The log is whole afterwards."""
    with serving(tmp_path, vendor, POLICY) as service:
        workers = service.get("/healthz")["workers"]["detection"]["pids"]
        for pid in workers:
            os.kill(pid, signal.SIGSTOP)

        async def all_ways() -> list[Answer]:
            sending = [asyncio.create_task(way.send(service, BODY)) for way in WAYS.values()]
            async with asyncio.timeout(60):
                while await asyncio.to_thread(service.metric, "privet_requests_active") < len(sending):
                    await asyncio.sleep(0.05)
            service.process.kill()
            for pid in workers:  # stopped, they would never notice that nobody is there any more
                os.kill(pid, signal.SIGKILL)
            return await asyncio.gather(*sending)

        answers = asyncio.run(all_ways())
        assert [(answer.status, answer.text) for answer in answers] == [KILLED] * len(WAYS)
        assert vendor.http_bytes == 0
        assert service.privet("audit", "verify", check=False).returncode == 0
        assert '"kind":"intent"' not in service.privet("audit", "export", "--format", "jsonl").stdout.replace(" ", "")
        assert NAME not in service.log


async def ended(privet: Running) -> None:
    """Every intent has its outcome. The client may have had its reply before."""
    async with asyncio.timeout(20):
        while len(privet.store.outcomes) < len(privet.store.intents):
            await asyncio.sleep(0.01)


def received(vendor: Vendor, way: Way) -> str:
    """What the vendor has of the request; of a WebSocket's messages, since its opening says nothing of the person."""
    if isinstance(way, WebSocketWay):
        assert not vendor.saw(NAME)
        messages = " ".join(str(message) for message in vendor.websocket_messages)
        if not messages:
            return "nothing"
        redacted = "PERSON_" in messages and NAME not in messages
    elif vendor.http_bytes == 0:
        return "nothing"
    else:
        redacted = vendor.saw("PERSON_") and not vendor.saw(NAME)
    return "redacted" if redacted else "THE NAME"


def seen(answer: Answer) -> str:
    if answer.status == 101:
        told = [f"close {answer.headers['close']}"] if answer.headers["close"] != "0" else []
        if not answer.text:
            return ", ".join(told)
        return ", ".join(
            [
                "error event"
                if json.loads(answer.text)["type"] == "error"
                else "restored"
                if NAME in answer.text
                else "tokens left",
                *told,
            ]
        )
    if answer.status != 200:
        return str(answer.status)
    if "event: error" in answer.text:
        return "200, error event"
    said = text_of(answer)
    return "200, restored" if NAME in said else "200, tokens left" if "PERSON_" in said else "200"


def text_of(answer: Answer) -> str:
    if "event-stream" not in answer.headers["content-type"]:
        return str(json.loads(answer.text)["choices"][0]["message"]["content"])
    events = [line.removeprefix("data: ") for line in answer.text.splitlines() if line.startswith("data: {")]
    choices = [choice for event in events for choice in json.loads(event).get("choices", [])]
    return "".join(choice["delta"].get("content") or "" for choice in choices)


def recorded(privet: Running) -> str:
    if not privet.store.events:
        return "nothing"
    if not privet.store.intents:
        return "nothing"
    (intent,) = privet.store.intents
    (outcome,) = [one for one in privet.store.outcomes if one.decision_id == intent.decision_id]
    decision, facts = intent.decision, outcome.outcome
    error = f" {facts.error}" if facts.error and facts.status == 200 else ""
    return f"{decision.effect} by {', '.join(decision.determining_rules)}, ended {facts.status}{error}"


# -- the table in the documents ----------------------------------------------------------------------------------------


def table() -> str:
    """The matrix in Markdown."""
    lines = ["| what goes wrong | " + " | ".join(EVERY_WAY) + " |", "| --- |" + " --- |" * len(EVERY_WAY)]
    lines += [f"| {fault.name} | {' | '.join(_cells(fault))} |" for fault in FAULTS]
    return "\n".join(lines)


def _cells(fault: Fault) -> Iterable[str]:
    for cell in (expected(fault, way) for way in EVERY_WAY):
        yield f"{cell.upstream} · {cell.client} · {cell.audit}"


def document(text: str) -> str:
    """The document with the table of today in it."""
    before, _, rest = text.partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}\n{table()}\n{END}{after}"


def test_the_document_has_this_table() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert text == document(text), "run python -m tests.e2e.test_matrix"


def main() -> None:
    DOCUMENT.write_text(document(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
