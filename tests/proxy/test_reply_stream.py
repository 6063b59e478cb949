"""Inspecting a stream while it flows: what is replaced where, what waits and for how long."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.finding import SkipReason
from policy.decision import Inquiry
from policy.load import load_policy
from proxy.envelopes import Envelope
from proxy.event_stream import MEDIA_TYPE, EventStreamFramer, event_message, parse_message
from proxy.google_chunks import GUARD, chunk
from proxy.providers.dialect import Dialect
from proxy.providers.generic import Generic
from proxy.providers.registry import dialects
from proxy.reply_judge import ReplyJudge, ReplyRules
from proxy.reply_stream import StreamScan
from proxy.token_index import TokenIndex
from tests.fakes.privet import TableInspector
from tests.fakes.streams import ANTHROPIC, ARGUMENTS, CHAT, PERSON, SSE, TEXTS, TOKENS, WIRE, chat_text, data_of, sse

NAME = "Carl Jones"
POLICY = """
schema: privet.policy/1
id: test
defaults: {effect: allow}
rules:
  - {id: people, "on": [reply], when: {entities: [{type: PERSON}]}, obligations: [{redact: {types: [PERSON]}}]}
  - {id: secrets, "on": [reply], when: {entities: [{type: SECRET}]}, effect: block}
"""


@pytest.fixture(scope="module")
def rules(tmp_path_factory) -> ReplyRules:
    path: Path = tmp_path_factory.mktemp("policy") / "policy.yaml"
    path.write_text(POLICY)
    found = ReplyRules.of(load_policy(path), Inquiry(department="default"))
    assert found is not None
    return found


def judge(rules: ReplyRules, **inspector: Any) -> ReplyJudge:
    known = {NAME: "PERSON", "hunter2": "SECRET", PERSON: "PERSON"}
    return ReplyJudge(rules, TableInspector(known=known, **inspector), TokenIndex(TOKENS), "id")


def run(
    dialect: Dialect,
    stream: bytes,
    judge: ReplyJudge,
    cuts: list[int] | None = None,
    hold: int = 1000,
    media: str = SSE,
) -> bytes:
    async def feed() -> bytes:
        scan = StreamScan(dialect, media, judge, hold)
        ends = sorted({*(cut % (len(stream) + 1) for cut in cuts or []), len(stream)})
        out: list[bytes] = []
        start = 0
        for end in ends:
            out += await scan.feed(stream[start:end])
            start = end
        return b"".join(out + await scan.finish())

    return asyncio.run(feed())


def cut(text: str, sizes: list[int]) -> list[str]:
    pieces, at = [], 0
    for size in [*sizes, len(text)]:
        pieces.append(text[at : at + size])
        at += size
    return pieces


def without_pings(stream: bytes) -> list[bytes]:
    """The events in their order, but those that may overtake."""
    return [event for event in stream.split(b"\n\n") if b'"ping"' not in event]


texts = st.lists(
    st.sampled_from([NAME, "Carl", "steps ", " and ", ".\n", "é🙂", PERSON, '"', "x" * 30]), max_size=12
).map("".join)
sizes = st.lists(st.integers(0, 9), max_size=40)
places = st.lists(st.integers(0, 100_000), max_size=12)


@pytest.mark.parametrize("name", TEXTS)
@settings(max_examples=50, deadline=None)
@given(text=texts, sizes=sizes, places=places, hold=st.sampled_from([60, 200, 1000]))
def test_what_is_found_is_replaced_however_the_stream_is_cut(
    rules: ReplyRules, name: str, text: str, sizes: list[int], places: list[int], hold: int
) -> None:
    dialect, build, read = TEXTS[name]
    stream = sse(build(cut(text, sizes)))
    out = run(dialect, stream, judge(rules), places, hold)
    assert read(out) == text.replace(NAME, "[PERSON]")
    assert len(data_of(out)) == len(data_of(stream))
    assert NAME not in out.decode()


@pytest.mark.parametrize("name", TEXTS)
@settings(max_examples=30, deadline=None)
@given(text=texts.map(lambda text: text.replace(NAME, "Karl")), sizes=sizes, places=places)
def test_a_stream_with_nothing_to_find_leaves_byte_for_byte(
    rules: ReplyRules, name: str, text: str, sizes: list[int], places: list[int]
) -> None:
    dialect, build, _ = TEXTS[name]
    stream = sse(build(cut(text, sizes)), kinds=name in {"responses", "messages"})
    looked = judge(rules)
    assert without_pings(run(dialect, stream, looked, places, 60)) == without_pings(stream)
    assert looked.facts == []


@pytest.mark.parametrize("name", ARGUMENTS)
@settings(max_examples=30, deadline=None)
@given(text=texts, sizes=sizes, places=places)
def test_tool_arguments_are_read_as_the_document_that_they_are(
    rules: ReplyRules, name: str, text: str, sizes: list[int], places: list[int]
) -> None:
    dialect, build, read = ARGUMENTS[name]
    stream = sse(build(cut(json.dumps({"to": text, "n": 1}), sizes)))
    out = run(dialect, stream, judge(rules), places, 60)
    assert json.loads(read(out)) == {"to": text.replace(NAME, "[PERSON]"), "n": 1}


def test_everything_that_was_found_is_counted_once(rules: ReplyRules) -> None:
    _, build, _ = TEXTS["chat"]
    looked = judge(rules)
    run(CHAT, sse(build(cut(f"{NAME} met nobody. " * 40, [7] * 100))), looked, hold=60)
    assert len(looked.facts) == 40
    assert looked.applied == {("~reply/choice/0/content", "PERSON", "redact"): 40}


@pytest.mark.parametrize("hold", [60, 1000])
def test_a_block_ends_the_stream_and_nothing_of_the_value_went_before(rules: ReplyRules, hold: int) -> None:
    _, build, _ = TEXTS["chat"]
    stream = sse(build(cut("word " * 50 + "hunter2" + " word" * 300, [3] * 600)))
    out = run(CHAT, stream, judge(rules), list(range(0, len(stream), 500)), hold)
    assert b"hunt" not in out
    events = [line for line in out.splitlines() if line]
    assert events[-2] == b"event: error"
    assert json.loads(events[-1][6:])["error"]["code"] == "privet_reply_blocked"
    assert (len(events) > 12) is (hold == 60), "what was settled before has gone on"


async def test_what_waits_and_when_it_goes(rules: ReplyRules) -> None:
    scan = StreamScan(CHAT, SSE, judge(rules), 200)
    delta = lambda text: sse([{"choices": [{"index": 0, "delta": {"content": text}}]}])  # noqa: E731
    assert await scan.feed(b": a comment\n\n") == [b": a comment\n\n"]
    assert await scan.feed(delta("a ") * 10) == [], "it may be the beginning of a value"
    assert await scan.feed(b": another\n\n") == [b": another\n\n"], "comments overtake"
    assert await scan.tick() == [], "the last line stays"
    assert b"".join(await scan.tick()) == delta("a ") * 9, "and then the last word"
    assert await scan.tick() == []
    gone = await scan.feed(delta("word ") * 60)
    assert 10 <= len(gone) <= 50, "enough has gathered: half of it stays"
    assert b"".join([*gone, *(await scan.finish())]) == delta("a ") + delta("word ") * 60


async def test_a_ping_overtakes(rules: ReplyRules) -> None:
    scan = StreamScan(ANTHROPIC, SSE, judge(rules), 200)
    start = sse([{"type": "message_start", "message": {"id": "m", "content": []}}])
    assert await scan.feed(start) == [start]
    delta = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "a"}}
    assert await scan.feed(sse([delta])) == []
    assert await scan.feed(sse([{"type": "ping"}])) == [sse([{"type": "ping"}])]


async def test_a_text_that_ends_is_settled_at_once(rules: ReplyRules) -> None:
    scan = StreamScan(CHAT, SSE, judge(rules), 10_000)
    await scan.feed(sse([{"choices": [{"index": 0, "delta": {"content": f"I am {NAME}"}}]}]))
    out = await scan.feed(sse([{"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}]))
    assert chat_text(b"".join(out)) == "I am [PERSON]"


@pytest.mark.parametrize("inspector", [{"fault": RuntimeError(NAME)}, {"reason": SkipReason.DETECTOR_DOWN}])
def test_what_cannot_be_inspected_is_blocked(rules: ReplyRules, inspector: dict[str, Any]) -> None:
    _, build, _ = TEXTS["chat"]
    out = run(CHAT, sse(build([f"I am {NAME}"])), judge(rules, **inspector))
    assert NAME not in out.decode()
    assert b"event: error" in out


@pytest.mark.parametrize("data", [b"data: {not json}\n\n", b"data: " + b"[" * 1000 + b"\n\n"])
def test_an_event_that_cannot_be_read_is_uninspected(rules: ReplyRules, data: bytes) -> None:
    looked = judge(rules)
    out = run(CHAT, data, looked)
    assert out.startswith(b"event: error")
    assert looked.skipped[0].reason is SkipReason.UNREADABLE


def test_an_array_that_is_blocked_stays_an_array(rules: ReplyRules) -> None:
    dialect, build, _ = TEXTS["gemini"]
    for text in ("hunter2", "word " * 40 + "hunter2" + " word" * 40):
        body = json.dumps(build(cut(text, [20] * 30)), indent=1).encode()
        for places in ([], list(range(0, len(body), 40)), list(range(len(body)))):
            out = run(dialect, body, judge(rules), places, 60, "application/json")
            assert json.loads(out)[-1]["error"]["status"] == "PERMISSION_DENIED"
            assert b"hunter2" not in out


@pytest.mark.parametrize("size", [1, 9, 1000])
def test_chunks_and_envelopes_are_inspected_in_their_framing(rules: ReplyRules, size: int) -> None:
    def stream(write: Callable[[bytes], bytes], media: str, texts: list[str], begin: bytes = b"") -> bytes:
        body = begin + b"".join(write(json.dumps([{"n": text}]).encode()) for text in texts)
        return run(Generic(), body, judge(rules), list(range(0, len(body), size)), media=media)

    calls = "application/connect+json"
    envelope = Envelope(0, b"").with_data
    assert stream(envelope, calls, ["a", NAME]) == envelope(b'[{"n": "a"}]') + envelope(b'[{"n": "[PERSON]"}]')
    ended = stream(envelope, calls, ["a", "hunter2", "b"])
    assert ended[0] == 2
    assert "privet" in json.loads(ended[5:])
    assert stream(chunk, "application/json", ["a", NAME], GUARD) == (
        GUARD + chunk(b'[{"n": "a"}]') + chunk(b'[{"n": "[PERSON]"}]')
    )
    ended = stream(chunk, "application/json", ["a", "hunter2", "b"], GUARD)
    assert b"privet" in ended
    assert b"hunter2" not in ended


@pytest.mark.parametrize(
    ("media", "body"),
    [
        ("application/connect+json", b"\1\0\0\0\3\x1f\x8b\0"),
        ("application/connect+json", b"\0\0\0\0\x09cut"),
        ("application/connect+json", b"\x30 no envelope"),
        ("application/json", GUARD + b"\n\n30\n[cut off"),
        ("application/json", GUARD + b"\n\nno length"),
    ],
)
def test_what_cannot_be_read_of_them_is_uninspected(rules: ReplyRules, media: str, body: bytes) -> None:
    looked = judge(rules)
    run(Generic(), body, looked, media=media)
    assert looked.blocks
    assert looked.skipped


def test_json_lines_and_plain_text(rules: ReplyRules) -> None:
    lines = b'{"response": "I am Carl Jones"}\n{"response": "and"}\n'
    assert b"[PERSON]" in run(CHAT, lines, judge(rules), media="application/x-ndjson")
    assert run(CHAT, f"a {NAME}\xe9".encode(), judge(rules), [3, 8], media="text/plain") == "a [PERSON]\xe9".encode()


@pytest.mark.skipif(not WIRE.exists(), reason="development data is not here")
@pytest.mark.parametrize("hold", [60, 1000])
def test_recorded_streams_leave_byte_for_byte(rules: ReplyRules, hold: int) -> None:
    paths = sorted(WIRE.rglob("*.sse"))[:60]
    for path in paths:
        dialect = ANTHROPIC if "anthropic" in str(path) else CHAT
        stream = path.read_bytes()
        if b"data:" in stream and b"Carl" not in stream and len(stream) < 300_000:
            out = run(dialect, stream, judge(rules), list(range(0, len(stream), 700)), hold)
            assert without_pings(out) == without_pings(stream), path.name


def test_event_streams_are_inspected_inside_their_framing(rules: ReplyRules) -> None:
    dialect = next(one for one in dialects() if one.name == "bedrock-converse")
    texts = cut(f"Ask {NAME} now, please", [3, 5, 4, 6])
    stream = b"".join(
        [event_message("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": text}}) for text in texts]
        + [event_message("contentBlockStop", {"contentBlockIndex": 0})]
    )
    out = run(dialect, stream, judge(rules), list(range(0, len(stream), 50)), media=MEDIA_TYPE)
    read = [json.loads(parse_message(frame.data).data) for frame in EventStreamFramer().feed(out)]
    assert "".join(event.get("delta", {}).get("text", "") for event in read) == "Ask [PERSON] now, please"
    blocked = run(dialect, stream, judge(rules, reason=SkipReason.TIMEOUT), media=MEDIA_TYPE)
    (frame,) = EventStreamFramer().feed(blocked)
    assert b":exception-type" in frame.data
    assert NAME.encode() not in blocked
    assert run(dialect, stream[:-1] + b"!", judge(rules), media=MEDIA_TYPE).find(b"exception") > 0, "damaged: unread"


@pytest.mark.parametrize("allowed", [False, True])
def test_what_nobody_can_read_waits_for_the_policy(tmp_path: Path, allowed: bool) -> None:
    policy = POLICY
    if allowed:
        sound = {"uninspected": [{"reason": "unsupported_media"}]}
        policy += f"  - {json.dumps({'id': 'sound', 'on': ['reply'], 'when': sound, 'effect': 'allow'})}\n"
    (tmp_path / "policy.yaml").write_text(policy)
    found = ReplyRules.of(load_policy(tmp_path / "policy.yaml"), Inquiry(department="default"))
    assert found is not None
    sound_event = sse([{"choices": [{"index": 0, "delta": {"audio": {"data": "AAEC" * 100}}}]}])

    async def feed() -> None:
        scan = StreamScan(CHAT, SSE, judge(found), 1000)
        for _ in range(3):
            out = b"".join(await scan.feed(sound_event))
            assert (out == sound_event) is allowed
            assert scan.blocked is not allowed
            assert b"AAEC" not in out or allowed

    asyncio.run(feed())
