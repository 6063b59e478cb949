"""Messages of a WebSocket, without one: judged one by one, restored over their borders."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from configs.settings import Settings
from detectors.finding import SkipReason
from policy.load import load_policy
from proxy.conversation import Conversation, error_event, is_websocket
from proxy.identity import Principal
from proxy.ledger import Ledger
from proxy.message import Request
from proxy.pipeline import Pipeline, Verdict
from proxy.record import Outcome, Record
from tests.fakes.privet import POLICY, ListStore, TableInspector

UPGRADE = {"upgrade": "websocket", "connection": "keep-alive, Upgrade", "sec-websocket-version": "13"}


class Talk:
    """A conversation and what came of it."""

    def __init__(self, path: Path, policy: str = POLICY, endpoint: str = "/v1/realtime?model=m") -> None:
        (path / "policy.yaml").write_text(policy)
        self.store, self.inspector = ListStore(), TableInspector()
        self.told: list[tuple[Verdict, Outcome]] = []
        pipeline = Pipeline(
            settings=Settings(),
            policy=load_policy(path / "policy.yaml"),
            inspector=self.inspector,
            recorder=Record(self.store, b"k" * 32, 20.0),
            token_key=b"t" * 32,
        )
        opening = Request("GET", "api.openai.com", endpoint, UPGRADE, b"")
        who = Principal(user=None, department="default", address="127.0.0.1")
        self.subject = Conversation(
            pipeline, who, opening, lambda verdict, outcome: self.told.append((verdict, outcome))
        )

    async def say(self, message: Any, *, is_text: bool = True) -> tuple[bytes | None, Verdict]:
        content = message if isinstance(message, bytes) else json.dumps(message).encode()
        return await self.subject.from_client(content, is_text=is_text)


@pytest.fixture
def talk(tmp_path: Path) -> Talk:
    return Talk(tmp_path)


def item(text: str) -> dict[str, Any]:
    content = [{"type": "input_text", "text": text}]
    return {"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": content}}


def delta(text: str, kind: str = "response.output_text.delta") -> bytes:
    return json.dumps({"type": kind, "item_id": "i", "content_index": 0, "delta": text}).encode()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, True),
        ({"upgrade": "WebSocket"}, True),
        ({"upgrade": "h2c"}, False),
        ({"upgrade": "websocket, h2c"}, False),
        ({"connection": "keep-alive"}, False),
        ({"sec-websocket-version": "8"}, False),
        ({"content-length": "5"}, False),
        ({"transfer-encoding": "chunked"}, False),
    ],
)
def test_what_asks_for_a_websocket(change: dict[str, str], expected: bool) -> None:
    assert is_websocket("GET", {**UPGRADE, **change}) is expected
    assert not is_websocket("POST", {**UPGRADE, **change})


async def test_a_harmless_message_goes_byte_for_byte(talk: Talk) -> None:
    message = b'{ "type":"response.create" ,\n "x": 1 }'
    assert (await talk.say(message))[0] == message
    assert [outcome.status for _, outcome in talk.told] == [101]
    assert talk.store.intents[0].request.endpoint == "/v1/realtime"


async def test_names_become_tokens_and_come_back_in_pieces(talk: Talk) -> None:
    sent, verdict = await talk.say(item("hello Anna Schmidt"))
    (token,) = verdict.tokens
    assert sent is not None
    assert b"Anna" not in sent
    assert token.encode() in sent
    half = len(token) // 2
    assert talk.subject.from_server(delta(f"hi {token[:half]}")) == []
    first, second = talk.subject.from_server(delta(f"{token[half:]} there"))
    assert "".join(json.loads(one)["delta"] for one in (first, second)) == "hi Anna Schmidt there"
    assert talk.subject.restored
    assert talk.subject.received


async def test_tokens_of_earlier_messages_come_back_too(talk: Talk) -> None:
    _, first = await talk.say(item("hello Anna Schmidt"))
    await talk.say(item("write to anna@example.com"))
    (token,) = first.tokens
    (out,) = talk.subject.from_server(json.dumps({"type": "response.done", "text": f"{token}."}).encode())
    assert json.loads(out)["text"] == "Anna Schmidt."


async def test_what_is_held_back_comes_at_the_end(talk: Talk) -> None:
    _, verdict = await talk.say(item("hello Anna Schmidt"))
    (token,) = verdict.tokens
    assert talk.subject.from_server(delta(token[:5])) == []
    (rest,) = talk.subject.rest()
    assert json.loads(rest)["delta"] == token[:5]
    assert talk.subject.rest() == []


async def test_messages_without_tokens_are_the_same_bytes(talk: Talk) -> None:
    pretty = b'{\n  "type": "response.created"\r\n}'
    assert talk.subject.from_server(pretty) == [pretty]
    await talk.say(item("hello Anna Schmidt"))
    assert talk.subject.from_server(pretty) == [pretty]
    assert talk.subject.from_server(b"\x00\xff") == [b"\x00\xff"]


async def test_a_block_has_the_vendors_error_as_an_event(talk: Talk) -> None:
    sent, verdict = await talk.say(item("my key is hunter2-secret"))
    assert sent is None
    event = json.loads(error_event(verdict))
    assert event["type"] == "error"
    assert event["privet"]["rules"] == ["secrets-stay"]
    assert "hunter2" not in json.dumps(event)
    assert [outcome.status for _, outcome in talk.told] == [403]


@pytest.mark.parametrize(
    ("content", "is_text"),
    [(b"\x00\x01\x02", False), (b'{"audio": "' + b"QUJD" * 500 + b'"}', True), (b"{ no json", True)],
    ids=["binary", "audio", "cut off"],
)  # fmt: skip
async def test_what_cannot_be_read_is_the_policys_to_decide(tmp_path: Path, content: bytes, is_text: bool) -> None:
    strict = Talk(tmp_path)
    assert (await strict.say(content, is_text=is_text))[0] is None
    lenient = POLICY.replace("when_uninspected: block, when_error: block", "when_uninspected: allow, when_error: allow")
    assert (await Talk(tmp_path, lenient).say(content, is_text=is_text))[0] == content


async def test_plain_text_is_read(talk: Talk) -> None:
    sent, _ = await talk.say(b"hello Anna Schmidt")
    assert sent is not None
    assert sent.startswith(b"hello PERSON_")


async def test_json_in_a_binary_frame_is_read(talk: Talk) -> None:
    sent, _ = await talk.say(item("hello Anna Schmidt"), is_text=False)
    assert sent is not None
    assert b"Anna" not in sent


async def test_detection_that_is_down_refuses(talk: Talk) -> None:
    talk.inspector.reason = SkipReason.DETECTOR_DOWN
    sent, verdict = await talk.say(item("hello"))
    assert sent is None
    assert verdict.refusal is not None
    assert verdict.refusal.status == 503


async def test_what_must_stay_inside_is_refused(tmp_path: Path) -> None:
    policy = """
schema: privet.policy/1
id: inside
defaults: {effect: allow}
models:
  inside: {backend: embedded, model: smollm2-135m}
rules:
  - {id: all, when: {entities: [{type: PERSON}]}, effect: reroute, obligations: [{to: inside}]}
"""
    talk = Talk(tmp_path, policy, "/v1/responses")
    sent, verdict = await talk.say({"type": "response.create", "model": "m", "input": "hello Anna Schmidt"})
    assert sent is None
    assert b"WebSocket" in error_event(verdict)
    assert len(talk.store.intents) == len(talk.told) == 1


ASKING = """
schema: privet.policy/1
id: asking
defaults: {effect: allow}
rules: [{id: people, when: {entities: [PERSON]}, effect: justify}]
budgets: [{id: pace, requests: 2, every: day}]
"""


async def test_reasons_and_budgets_hold_for_messages(tmp_path: Path) -> None:
    talk = Talk(tmp_path, ASKING)
    pipeline = talk.subject.pipeline
    pipeline.ledger = Ledger(tmp_path / "ledger.db", b"k" * 32)
    sent, verdict = await talk.say(item("hello Anna Schmidt"))
    assert sent is None
    assert "say why" in json.loads(error_event(verdict))["error"]["message"]
    sent, _ = await talk.say(item("hello Anna Schmidt\nprivet-reason: The customer asked."))
    assert sent is not None
    assert json.loads(sent) == item("hello Anna Schmidt\n")
    talk.subject.opening = replace(talk.subject.opening, headers={**UPGRADE, "x-privet-reason": "The customer asked."})
    assert (await talk.say(item("hello Anna Schmidt")))[0] is not None
    sent, verdict = await talk.say(item("hello"))
    assert sent is None
    assert verdict.decision.determining_rules == ("budgets.pace",)
    pipeline.ledger.close()
