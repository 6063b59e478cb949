"""Messages of a WebSocket, without one: judged one by one, restored over their borders."""

import asyncio
import json
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configs.settings import Settings
from detectors.finding import SkipReason
from policy.load import load_policy
from proxy.conversation import Conversation, close_reason, error_event, is_websocket
from proxy.identity import Principal
from proxy.ledger import Ledger
from proxy.message import Refusal, Request
from proxy.pipeline import Pipeline, Verdict
from proxy.providers.gemini_live import GeminiLive
from proxy.record import Outcome, Record
from proxy.vault import Vault
from tests.fakes.privet import POLICY, ListStore, TableInspector

UPGRADE = {"upgrade": "websocket", "connection": "keep-alive, Upgrade", "sec-websocket-version": "13"}


class Talk:
    """A conversation and what came of it."""

    def __init__(self, subject: Conversation, store: ListStore, inspector: TableInspector) -> None:
        self.subject, self.store, self.inspector = subject, store, inspector
        self.told: list[tuple[Verdict, Outcome]] = []
        subject.tell = lambda verdict, outcome: self.told.append((verdict, outcome))

    async def say(self, message: Any, *, is_text: bool = True) -> tuple[bytes | None, Verdict]:
        content = message if isinstance(message, bytes) else json.dumps(message).encode()
        return await self.subject.from_client(content, is_text=is_text)

    async def hear(self, message: Any, *, is_text: bool = True) -> list[bytes]:
        content = message if isinstance(message, bytes) else json.dumps(message).encode()
        return [got.data for got in await self.subject.from_server(content, is_text=is_text)]

    async def rest(self) -> list[bytes]:
        return [got.data for got in await self.subject.rest()]


def pipeline_of(path: Path, policy: str = POLICY, **more: Any) -> Pipeline:
    (path / "policy.yaml").write_text(policy)
    return Pipeline(
        settings=Settings.model_validate(more),
        policy=load_policy(path / "policy.yaml"),
        inspector=TableInspector(),
        recorder=Record(ListStore(), b"k" * 32, 20.0),
        token_key=b"t" * 32,
    )


async def opened(
    pipeline: Pipeline, endpoint: str = "/v1/realtime?model=m", host: str = "api.openai.com", **headers: str
) -> Talk:
    who = Principal(user=None, department="default", address="127.0.0.1")
    verdict = await pipeline.judge(Request("GET", host, endpoint, {**UPGRADE, **headers}, b""), who)
    assert verdict.goes
    assert isinstance(pipeline.inspector, TableInspector)
    assert isinstance(pipeline.recorder, Record)
    assert isinstance(pipeline.recorder.store, ListStore)
    pipeline.recorder.store.events.clear()
    talk = Conversation(pipeline, verdict, lambda *_: None)
    return Talk(talk, pipeline.recorder.store, pipeline.inspector)


@pytest.fixture
async def talk(tmp_path: Path) -> Talk:
    return await opened(pipeline_of(tmp_path))


def item(text: str) -> dict[str, Any]:
    content = [{"type": "input_text", "text": text}]
    return {"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": content}}


def told(verdict: Verdict, message: Any = None) -> bytes:
    assert verdict.refusal is not None
    event = error_event(verdict.dialect, verdict.refusal, verdict.decision.id, json.dumps(message).encode())
    assert event is not None
    return event


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
    assert await talk.hear(delta(f"hi {token[:half]}")) == []
    first, second = await talk.hear(delta(f"{token[half:]} there"))
    assert "".join(json.loads(one)["delta"] for one in (first, second)) == "hi Anna Schmidt there"
    assert talk.subject.restored
    assert talk.subject.received


async def test_tokens_of_earlier_messages_come_back_too(talk: Talk) -> None:
    _, first = await talk.say(item("hello Anna Schmidt"))
    await talk.say(item("write to anna@example.com"))
    (token,) = first.tokens
    (out,) = await talk.hear({"type": "response.done", "text": f"{token}."})
    assert json.loads(out)["text"] == "Anna Schmidt."


async def test_what_is_held_back_comes_at_the_end(talk: Talk) -> None:
    _, verdict = await talk.say(item("hello Anna Schmidt"))
    (token,) = verdict.tokens
    assert await talk.hear(delta(token[:5])) == []
    (rest,) = await talk.rest()
    assert json.loads(rest)["delta"] == token[:5]
    assert await talk.rest() == []


async def test_messages_without_tokens_are_the_same_bytes(talk: Talk) -> None:
    pretty = b'{\n  "type": "response.created"\r\n}'
    assert await talk.hear(pretty) == [pretty]
    await talk.say(item("hello Anna Schmidt"))
    assert await talk.hear(pretty) == [pretty]
    assert await talk.hear(b"\x00\xff", is_text=False) == [b"\x00\xff"]


async def test_a_block_has_the_vendors_error_as_an_event(talk: Talk) -> None:
    sent, verdict = await talk.say(item("my key is hunter2-secret"))
    assert sent is None
    event = json.loads(told(verdict))
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
    strict = await opened(pipeline_of(tmp_path))
    assert (await strict.say(content, is_text=is_text))[0] is None
    lenient = POLICY.replace("when_uninspected: block, when_error: block", "when_uninspected: allow, when_error: allow")
    assert (await (await opened(pipeline_of(tmp_path, lenient))).say(content, is_text=is_text))[0] == content


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
    talk = await opened(pipeline_of(tmp_path, policy), "/v1/responses")
    sent, verdict = await talk.say({"type": "response.create", "model": "m", "input": "hello Anna Schmidt"})
    assert sent is None
    assert b"WebSocket" in told(verdict)
    assert len(talk.store.intents) == len(talk.told) == 1


ASKING = """
schema: privet.policy/1
id: asking
defaults: {effect: allow}
rules: [{id: people, when: {entities: [PERSON]}, effect: justify}]
budgets: [{id: pace, requests: 4, every: day}]
"""


async def test_reasons_and_budgets_hold_for_messages(tmp_path: Path) -> None:
    pipeline = pipeline_of(tmp_path, ASKING)
    pipeline.ledger = Ledger(tmp_path / "ledger.db", b"k" * 32)
    talk = await opened(pipeline)
    sent, verdict = await talk.say(item("hello Anna Schmidt"))
    assert sent is None
    assert "say why" in json.loads(told(verdict))["error"]["message"]
    sent, _ = await talk.say(item("hello Anna Schmidt\nprivet-reason: The customer asked."))
    assert sent is not None
    assert json.loads(sent) == item("hello Anna Schmidt\n")
    reasoned = await opened(pipeline, **{"x-privet-reason": "The customer asked."})
    assert (await reasoned.say(item("hello Anna Schmidt")))[0] is not None
    sent, verdict = await talk.say(item("hello"))
    assert sent is None
    assert verdict.decision.determining_rules == ("budgets.pace",)
    pipeline.ledger.close()


async def test_what_a_new_name_finds_waiting_is_not_lost(talk: Talk) -> None:
    _, verdict = await talk.say(item("hello Anna Schmidt"))
    (token,) = verdict.tokens
    assert await talk.hear(delta(f"hi {token[:9]}")) == []
    await talk.say(item("write to anna@example.com"))
    got = await talk.hear(delta(f"{token[9:]}."))
    assert "".join(json.loads(one)["delta"] for one in got) == "hi Anna Schmidt."


async def test_nothing_waits_for_ever(talk: Talk) -> None:
    _, verdict = await talk.say(item("hello Anna Schmidt"))
    (token,) = verdict.tokens
    assert talk.subject.wait is None
    assert await talk.hear(delta(f"hi {token[:9]}")) == []
    assert talk.subject.wait == 2.0
    assert await talk.subject.time_passed() == []  # it came just before the time was up, perhaps
    (late,) = await talk.subject.time_passed()
    assert json.loads(late.data)["delta"] == f"hi {token[:9]}"
    assert talk.subject.wait is None


async def test_texts_and_bytes_stay_what_they_are_in_their_order(talk: Talk) -> None:
    _, verdict = await talk.say(item("hello Anna Schmidt"))
    (token,) = verdict.tokens
    assert await talk.subject.from_server(delta(token[:9]), is_text=False) == []
    assert await talk.subject.from_server(b'{"type": "x"}', is_text=True) == []
    got = await talk.subject.from_server(delta(token[9:] + "!"), is_text=True)
    assert [message.is_text for message in got] == [False, True, True]
    assert json.loads(got[0].data)["delta"] == "Anna Schmidt"


async def test_a_message_in_several_lines_that_waits_stays_as_it_is(talk: Talk) -> None:
    _, verdict = await talk.say(item("hello Anna Schmidt"))
    (token,) = verdict.tokens
    pretty = b'{\n  "type": "response.created",\r\n "x": "a"\n}'
    assert await talk.hear(delta(token[:9])) == []
    assert await talk.hear(pretty) == []
    assert (await talk.hear(delta(token[9:] + "!")))[1] == pretty


@settings(max_examples=30, deadline=None)
@given(data=st.data(), said=st.lists(st.sampled_from(["hi ", "TOKEN", ' é"', "P", "PERSON_", "\n"]), max_size=8))
def test_however_it_is_cut_the_text_is_whole(data: st.DataObject, said: list[str]) -> None:
    async def run() -> None:
        with TemporaryDirectory() as folder:
            talk = await opened(pipeline_of(Path(folder)))
            _, verdict = await talk.say(item("hello Anna Schmidt"))
            (token,) = verdict.tokens
            whole = "".join(said).replace("TOKEN", token)
            cuts = sorted(data.draw(st.sets(st.integers(0, len(whole)), max_size=6)) | {0, len(whole)})
            got = [out for start, end in pairwise(cuts) for out in await talk.hear(delta(whole[start:end]))]
            got += await talk.hear({"type": "response.output_text.done", "item_id": "i", "content_index": 0})
            assert len(got) == len(cuts)
            texts = "".join(json.loads(one).get("delta", "") for one in got)
            assert texts == whole.replace(token, "Anna Schmidt")

    asyncio.run(run())


# -- what a policy says of replies -------------------------------------------------------------------------------------

REPLIES = """
schema: privet.policy/1
id: replies
defaults: {effect: allow}
rules:
  - id: people-of-the-request
    when: {entities: [{type: PERSON}]}
    obligations: [{tokenize: {types: [PERSON]}}]
  - id: people-of-the-reply
    "on": [reply]
    when: {entities: [{type: EMAIL_ADDRESS}]}
    obligations: [{redact: {types: [EMAIL_ADDRESS]}}]
  - id: secrets-of-the-reply
    "on": [reply]
    when: {entities: [{type: SECRET}]}
    effect: block
    message: The model wrote a credential.
"""
WATCHED = REPLIES.replace('"on": [reply]', '"on": [reply]\n    mode: monitor')
LIVE = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent"


def texts_of(got: list[bytes]) -> str:
    return "".join(json.loads(one).get("delta", "") for one in got)


async def test_what_is_found_in_a_reply_is_redacted_over_its_messages(tmp_path: Path) -> None:
    talk = await opened(pipeline_of(tmp_path, REPLIES))
    _, verdict = await talk.say(item("hello Anna Schmidt"))
    (token,) = verdict.tokens
    got: list[bytes] = []
    for piece in ("write to an", "na@exam", "ple.com or ", token[:4], token[4:], " now"):
        got += await talk.hear(delta(piece))
    assert got == []  # it waits for more
    got = await talk.hear({"type": "response.output_text.done", "item_id": "i", "content_index": 0, "text": ""})
    assert texts_of(got) == "write to [EMAIL_ADDRESS] or Anna Schmidt now"
    assert len(got) == 7
    await talk.subject.over()
    (_, outcome) = talk.told[-1]
    assert outcome.judge is not None
    assert {fact.entity_type for fact in outcome.judge.facts} == {"EMAIL_ADDRESS"}
    assert talk.told[-1][0] is verdict


async def test_time_lets_go_what_was_inspected(tmp_path: Path) -> None:
    talk = await opened(pipeline_of(tmp_path, REPLIES))
    await talk.say(item("hello"))
    assert await talk.hear(delta("mail anna@example.com soon " + "and so on " * 10)) == []
    assert talk.subject.wait is not None
    got = [message.data for message in await talk.subject.time_passed()]
    got += [message.data for message in await talk.subject.time_passed()]
    assert "mail [EMAIL_ADDRESS] soon" in texts_of(got)


async def test_a_blocked_reply_goes_nowhere(tmp_path: Path) -> None:
    talk = await opened(pipeline_of(tmp_path, REPLIES))
    _, verdict = await talk.say(item("hello"))
    assert await talk.hear(delta("the key is hunter2")) == []
    assert talk.subject.blocked is None
    assert await talk.hear(delta("-secret")) == []
    assert await talk.hear({"type": "response.done", "response": {}}) == []
    refusal = talk.subject.blocked
    assert refusal is not None
    event = error_event(talk.subject.opened.dialect, refusal, verdict.decision.id)
    assert event is not None
    assert json.loads(event)["privet"] == {
        "decision_id": verdict.decision.id,
        "rules": ["secrets-of-the-reply"],
        "entity_types": ["SECRET"],
    }
    assert await talk.hear(delta("more")) == []
    assert await talk.rest() == []
    await talk.subject.over()
    assert talk.told[-1][1].error == talk.subject.failed == "reply_blocked"


@pytest.mark.parametrize("allowed", [False, True])
async def test_sound_in_a_reply_is_the_policys_to_decide(tmp_path: Path, allowed: bool) -> None:
    sound = {"when": {"uninspected": [{"reason": "unsupported_media", "media": ["audio/*"]}]}, "effect": "allow"}
    rule = f"\n  - {json.dumps({'id': 'sound', 'on': ['reply'], **sound})}\n"
    talk = await opened(pipeline_of(tmp_path, REPLIES + (rule if allowed else "")))
    await talk.say(item("hello"))
    message = json.dumps({"type": "response.output_audio.delta", "delta": "AAECAwQF"}).encode()
    assert await talk.hear(message) == ([message] if allowed else [])
    assert (talk.subject.blocked is None) is allowed


@pytest.mark.parametrize(
    ("content", "is_text", "expected"),
    [
        (b"mail anna@example.com", True, [b"mail [EMAIL_ADDRESS]"]),
        (b"\x00\x01\x02", False, None),
        (b"{ no json anna@example.com", True, None),
        (b"mail anna@example.com", False, None),
    ],
    ids=["text", "bytes", "broken json", "text in bytes"],
)
async def test_replies_without_json(
    tmp_path: Path, content: bytes, is_text: bool, expected: list[bytes] | None
) -> None:
    talk = await opened(pipeline_of(tmp_path, REPLIES))
    await talk.say(item("hello"))
    got = await talk.hear(content, is_text=is_text) + await talk.rest()
    assert got == (expected or [])
    assert (talk.subject.blocked is not None) is (expected is None)


async def test_what_comes_before_the_first_word_is_inspected_too(tmp_path: Path) -> None:
    talk = await opened(pipeline_of(tmp_path, REPLIES))
    got = await talk.hear({"type": "session.created", "session": {"instructions": "anna@example.com"}})
    assert json.loads((got or await talk.rest())[0])["session"]["instructions"] == "[EMAIL_ADDRESS]"
    assert talk.subject.judge is not None
    assert [fact.entity_type for fact in talk.subject.judge.facts] == ["EMAIL_ADDRESS"]
    await talk.subject.over()
    assert talk.told == []  # the opening is told of by whoever holds the connection


async def test_replies_that_are_only_watched_go_at_once_and_are_recorded(tmp_path: Path) -> None:
    talk = await opened(pipeline_of(tmp_path, WATCHED))
    first = await talk.say(item("hello"))
    message = delta("the key is hunter2-secret")
    assert await talk.hear(message) == [message]
    second = await talk.say(item("hello again"))
    await talk.subject.over()
    told = {id(verdict): outcome for verdict, outcome in talk.told}
    one, two = told[id(first[1])], told[id(second[1])]
    assert one.judge is not None
    assert two.judge is not None
    assert {fact.entity_type for fact in one.judge.facts} == {"SECRET"}
    assert two.judge.facts == []
    assert one.response_bytes == len(message)


async def test_detection_that_is_down_ends_an_inspected_reply(tmp_path: Path) -> None:
    talk = await opened(pipeline_of(tmp_path, REPLIES))
    await talk.say(item("hello"))
    talk.inspector.fault = RuntimeError("anna@example.com")
    assert await talk.hear({"type": "response.done", "text": "anna@example.com" * 100}) == []
    assert talk.subject.blocked is not None


# -- refusals in the vendor's words ------------------------------------------------------------------------------------


async def test_an_error_event_names_what_it_is_about(talk: Talk) -> None:
    message = {**item("my key is hunter2-secret"), "event_id": "evt_1", "stream_id": "lane"}
    _, verdict = await talk.say(message)
    event = json.loads(told(verdict, message))
    assert (event["error"]["event_id"], event["stream_id"], event["status"]) == ("evt_1", "lane", 403)


async def test_gemini_live_has_no_error_event_but_a_close_with_words(tmp_path: Path) -> None:
    talk = await opened(pipeline_of(tmp_path), LIVE, "generativelanguage.googleapis.com")
    sent, verdict = await talk.say({"realtimeInput": {"text": "my key is hunter2-secret"}})
    assert sent is None
    assert verdict.refusal is not None
    assert error_event(verdict.dialect, verdict.refusal, verdict.decision.id) is None
    reason = close_reason(verdict.dialect, verdict.refusal, verdict.decision.id)
    assert reason.startswith(f"privet {verdict.decision.id}: Take the credential out.")
    assert len(reason.encode()) <= 123
    assert "hunter2" not in reason


def test_words_of_a_close_are_cut_between_characters() -> None:
    refusal = GeminiLive().refusal(Refusal("01J", "é" * 200))
    reason = close_reason(GeminiLive(), refusal, "01J")
    assert 121 <= len(reason.encode()) <= 123


async def test_names_of_earlier_sessions_come_back(tmp_path: Path) -> None:
    pipeline = pipeline_of(tmp_path)
    pipeline.vault = Vault(tmp_path / "vault.db", b"v" * 32)
    _, verdict = await (await opened(pipeline)).say(item("hello Anna Schmidt"))
    (token,) = verdict.tokens
    later = await opened(pipeline)
    restorers: set[int] = set()
    for _ in range(3):
        await later.say({"type": "response.create"})
        (got,) = await later.hear({"type": "response.done", "text": f"{token}."})
        assert json.loads(got)["text"] == "Anna Schmidt."
        restorers.add(id(later.subject._index))
    assert len(restorers) == 1, "nothing is built anew for a message that brings nothing"
    pipeline.vault.close()
