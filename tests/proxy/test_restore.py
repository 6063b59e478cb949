"""Restoring tokens: whole bodies, and streams cut anywhere."""

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.framing import WHOLE, WholeMessage, parse_whole
from proxy.providers.dialect import Dialect
from proxy.restore import StreamRestorer, restore_body, restore_text
from proxy.token_index import TokenIndex
from proxy.transforms.token import make_token
from tests.fakes.streams import (
    ANTHROPIC,
    ARGUMENTS,
    CHAT,
    GEMINI,
    MAIL,
    NASTY,
    PERSON,
    RESPONSES,
    SSE,
    TEXTS,
    TOKENS,
    WIRE,
    chat_stream,
    chat_text,
    data_of,
    gemini_stream,
    messages_stream,
    read_json,
    restore,
    restore_bytewise,
    sse,
)


def cut(text: str, sizes: list[int]) -> list[str]:
    pieces, at = [], 0
    for size in [*sizes, len(text)]:
        pieces.append(text[at : at + size])
        at += size
    return pieces


fragments = st.sampled_from(
    [
        *TOKENS,
        PERSON.lower(),
        MAIL.replace("_", "\\_"),
        MAIL.replace("_", "-"),
        PERSON.replace("_", ""),
        PERSON.replace("_", "__").title(),
        PERSON[:-1],
        PERSON[:9],
        "PERSON",
        "EMAIL_",
        "e",
        "p",
        "SECRET\\",
        "_",
        "\\",
        " ",
        "**",
        "'s",
        "é🙂",
        "\n",
        '"',
        "steps ",
    ]
)
texts = st.lists(fragments, max_size=8).map("".join)
sizes = st.lists(st.integers(0, 6), max_size=30)
places = st.lists(st.integers(0, 100_000), max_size=12)


@pytest.mark.parametrize("name", TEXTS)
@settings(max_examples=60, deadline=None)
@given(text=texts, sizes=sizes, places=places, end=st.sampled_from(["\n", "\r\n", "\r"]))
def test_a_stream_says_what_its_whole_text_restored_says_however_it_is_cut(
    name: str, text: str, sizes: list[int], places: list[int], end: str
) -> None:
    dialect, build, read = TEXTS[name]
    stream = sse(build(cut(text, sizes)), end)
    whole = restore(dialect, stream)
    assert read(whole) == restore_text(text, TOKENS)
    assert restore(dialect, stream, places) == whole
    assert len(data_of(whole)) == len(data_of(stream))


@pytest.mark.parametrize("name", TEXTS)
def test_splits_everywhere_give_the_same_bytes(name: str) -> None:
    dialect, build, read = TEXTS[name]
    text = f"Dear **{PERSON}**, {MAIL.lower()}é🙂 is {NASTY}; {PERSON[:9]}…p"
    stream = sse(build(cut(text, [3, 1, 7, 2, 5, 0, 4, 9, 1, 1, 1, 30])))
    whole = restore(dialect, stream)
    assert read(whole) == f"Dear **Anna Schmidt**, anna@example.comé🙂 is {TOKENS[NASTY]}; {PERSON[:9]}…p"
    for split in range(0, len(stream), 3):
        assert restore(dialect, stream, [split]) == whole
    assert restore_bytewise(dialect, stream) == whole


@pytest.mark.parametrize("name", TEXTS)
@settings(max_examples=40, deadline=None)
@given(text=st.text(st.sampled_from("PERSONpersonEMAIL_SECRET\\ 0A*é\n"), max_size=40), sizes=sizes)
def test_a_stream_without_tokens_leaves_byte_for_byte(name: str, text: str, sizes: list[int]) -> None:
    dialect, build, _ = TEXTS[name]
    stream = sse(build(cut(text, sizes)), kinds=name in {"responses", "messages"})
    assert restore(dialect, stream) == stream


json_values = st.recursive(
    st.one_of(st.sampled_from([*TOKENS, f"to {NASTY}!", 'x"y', "é\\", "p", "[", "{"]), st.integers(0, 9), st.none()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["a", "to", "p"]), inner, max_size=3),
        st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2).map(json.dumps),
    ),
    max_leaves=8,
)


def restored_json(value: Any) -> Any:
    """What a value must be after restoring, told without the code under test but for the flat replacement."""
    match value:
        case str():
            try:
                inner = json.loads(value)
            except ValueError:
                inner = None
            if isinstance(inner, dict | list):
                return ("json", restored_json(inner))
            for token, original in TOKENS.items():
                value = value.replace(token, original)
            return value
        case list():
            return [restored_json(item) for item in value]
        case dict():
            return {key: restored_json(item) for key, item in value.items()}
        case _:
            return value


@pytest.mark.parametrize("name", ARGUMENTS)
@settings(max_examples=60, deadline=None)
@given(arguments=st.dictionaries(st.sampled_from(["a", "to"]), json_values, max_size=3), sizes=sizes, places=places)
def test_tool_arguments_stay_valid_json_at_every_level(
    name: str, arguments: dict[str, Any], sizes: list[int], places: list[int]
) -> None:
    dialect, build, read = ARGUMENTS[name]
    stream = sse(build(cut(json.dumps(arguments), sizes)))
    whole = restore(dialect, stream)
    assert read_json(json.loads(read(whole))) == restored_json(arguments)
    assert restore(dialect, stream, places) == whole


@settings(max_examples=60, deadline=None)
@given(arguments=st.dictionaries(st.sampled_from(["a", "to"]), json_values, max_size=3), ascii_only=st.booleans())
def test_whole_bodies_are_restored_at_every_level(arguments: dict[str, Any], ascii_only: bool) -> None:
    given = json.dumps({"tool_calls": [{"arguments": json.dumps(arguments)}], "x": 0}, ensure_ascii=ascii_only)
    body = given.replace('"x": 0', '"x": 1.50').encode()
    restored = restore_body(body, "application/json", TOKENS)
    assert read_json(json.loads(restored)) == read_json(
        {"x": 1.5, "tool_calls": [{"arguments": json.dumps(unwrapped(restored_json(arguments)))}]}
    )
    assert b'"x": 1.50' in restored


def unwrapped(value: Any) -> Any:
    match value:
        case ("json", inner):
            return json.dumps(unwrapped(inner))
        case list():
            return [unwrapped(item) for item in value]
        case dict():
            return {key: unwrapped(item) for key, item in value.items()}
        case _:
            return value


FORMS = [
    (PERSON, "Anna Schmidt"),
    (PERSON.lower(), "Anna Schmidt"),
    (PERSON.capitalize(), "Anna Schmidt"),
    (PERSON.replace("_", "\\_"), "Anna Schmidt"),
    (PERSON.replace("_", "\\\\_"), "Anna Schmidt"),
    (MAIL.replace("_", "\\_"), "anna@example.com"),
    (f"**{PERSON}**", "**Anna Schmidt**"),
    (f"_{PERSON}_", "_Anna Schmidt_"),
    (f"[{PERSON}]", "[Anna Schmidt]"),
    (f"`{PERSON}`", "`Anna Schmidt`"),
    (f"{PERSON}'s", "Anna Schmidt's"),
    (f"{PERSON}s", "Anna Schmidts"),
    (f"{PERSON}{MAIL}", "Anna Schmidtanna@example.com"),
    (f"PERSON_{PERSON}", "PERSON_Anna Schmidt"),
    (f"EMAIL_{PERSON}", "EMAIL_Anna Schmidt"),
    # near misses
    (PERSON[:-1], PERSON[:-1]),
    (PERSON[:-1] + ("0" if PERSON[-1] != "0" else "1"), None),
    (PERSON.replace("_", " "), None),
    (PERSON.replace("_", "\\\\\\\\\\_"), None),
    (PERSON.replace("S", "ſ"), None),
    (make_token(b"key", "other scope", "PERSON", "Anna Schmidt"), None),
    ("", ""),
]


@pytest.mark.parametrize(("text", "expected"), FORMS)
def test_forms_that_models_give_tokens(text: str, expected: str | None) -> None:
    assert restore_text(f"<{text}>", TOKENS) == f"<{text if expected is None else expected}>"


def test_a_value_that_looks_like_a_token_is_not_restored_again() -> None:
    tokens = {PERSON: MAIL, MAIL: "anna@example.com"}
    assert restore_text(PERSON, tokens) == MAIL


def test_json_escaped_text() -> None:
    assert restore_text(f'{{"a": "{NASTY}"', TOKENS, json_escaped=True) == '{"a": "a\\"b\\\\c\\nd é🙂"'


BODIES = [
    ("application/json", f'{{"t":"{PERSON}","n":1.0}}', '{"t":"Anna Schmidt","n":1.0}'),
    ("application/problem+json", f'["{PERSON}"]', '["Anna Schmidt"]'),
    ("application/json", f'{{"{PERSON}": 1}}', '{"Anna Schmidt": 1}'),
    ("application/json", f'{{"cut off": "{NASTY}', '{"cut off": "a\\"b\\\\c\\nd é🙂'),
    ("application/x-ndjson", f'{{"t":"{PERSON}"}}\n{{"t":1}}\n', '{"t":"Anna Schmidt"}\n{"t":1}\n'),
    ("text/plain", f"Dear {PERSON},", "Dear Anna Schmidt,"),
    ("text/html", f"<b>{PERSON}</b>", "<b>Anna Schmidt</b>"),
    ("", f'{{"t":"{PERSON}"}}', '{"t":"Anna Schmidt"}'),
    ("image/png", PERSON, PERSON),
]


@pytest.mark.parametrize(("media_type", "body", "expected"), BODIES)
def test_bodies(media_type: str, body: str, expected: str) -> None:
    assert restore_body(body.encode(), media_type, TOKENS).decode() == expected


@pytest.mark.parametrize("body", [b"", b"{}", b'{"a": "PERSON_"}', b"\xff person \xff", b'{"a":"b"}'])
@pytest.mark.parametrize("media_type", ["application/json", "text/plain", ""])
def test_a_body_without_tokens_is_the_same_object(body: bytes, media_type: str) -> None:
    assert restore_body(body, media_type, TOKENS) is body
    assert restore_body(body, media_type, {}) is body


def test_signed_thinking_is_left_alone() -> None:
    body = {
        "content": [{"type": "thinking", "thinking": PERSON, "signature": "EqQB"}, {"type": "text", "text": PERSON}]
    }
    restored = json.loads(restore_body(json.dumps(body).encode(), "application/json", TOKENS))
    assert restored["content"][0]["thinking"] == PERSON
    assert restored["content"][1]["text"] == "Anna Schmidt"


def test_streamed_thinking_is_left_alone() -> None:
    delta = {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": PERSON}}
    stream = sse([delta], kinds=True)
    assert restore(ANTHROPIC, stream) == stream


def test_without_tokens_bytes_pass_at_once() -> None:
    restorer = StreamRestorer(CHAT, {}, SSE)
    assert restorer.feed(b"data: {") == [b"data: {"]
    assert restorer.feed(b"") == []
    assert restorer.finish() == []


def test_an_event_goes_at_once_unless_a_token_may_have_begun() -> None:
    restorer = StreamRestorer(CHAT, TOKENS, SSE)
    first, held, after = (sse([chat_stream([text])[1]]) for text in ("Hello ", "the P", "lan"))
    assert restorer.feed(first) == [first]
    assert restorer.feed(held) == []
    assert restorer.feed(after) == [held, after]


def test_comments_and_pings_overtake_what_is_held() -> None:
    restorer = StreamRestorer(ANTHROPIC, TOKENS, SSE)
    held = sse([messages_stream(["a p"])[3]])
    ping = b'event: ping\ndata: {"type": "ping"}\n\n'
    assert restorer.feed(held) == []
    assert restorer.feed(b": keep-alive\n\n") == [b": keep-alive\n\n"]
    assert restorer.feed(ping) == [ping]
    assert restorer.finish() == [held]


def test_other_lines_of_an_event_stay_as_they_are() -> None:
    event = f': c\r\nid: 7\r\nevent: x\r\ndata: {{"t":\r\ndata: "{PERSON}"}}\r\nretry: 5\r\n\r\n'.encode()
    assert restore(CHAT, event) == event.replace(PERSON.encode(), b"Anna Schmidt")
    assert restore_bytewise(CHAT, event) == restore(CHAT, event)


def test_data_that_is_not_json_is_restored_as_text() -> None:
    assert restore(CHAT, f"data: hi {PERSON}\n\n".encode()) == b"data: hi Anna Schmidt\n\n"
    assert restore(CHAT, f'data: {{"cut": "{NASTY}\n\n'.encode()) == 'data: {"cut": "a\\"b\\\\c\\nd é🙂\n\n'.encode()
    # A line break in a value makes another data line, as the format wants it.
    assert restore(CHAT, f"data: {NASTY}\n\n".encode()) == 'data: a"b\\c\ndata: d é🙂\n\n'.encode()


def test_an_event_cut_off_at_the_end_is_restored_too() -> None:
    stream = sse(chat_stream([PERSON]))[: -len("\n\n")]
    assert chat_text(restore(CHAT, stream)) == "Anna Schmidt"
    assert restore(CHAT, b"data: {\n") == b"data: {\n"


def test_an_event_over_the_limit_passes_whole() -> None:
    big = sse([chat_stream([f"{PERSON} {'x' * 500}"])[1]])
    small = sse(chat_stream([PERSON]))
    stream = big + small
    restored = restore(CHAT, stream, limit=400)
    assert restored == big + restore(CHAT, small)
    assert restore_bytewise(CHAT, stream, limit=400) == restored


def test_what_is_held_is_bounded() -> None:
    restorer = StreamRestorer(CHAT, TOKENS, SSE, limit=2000)
    held = sse([chat_stream(["p"])[1]])
    empty = sse([chat_stream([""])[1]])
    out = restorer.feed(held)
    for _ in range(100):
        out += restorer.feed(empty)
    assert len(b"".join(out)) > 100 * len(empty) - 2000


def test_two_choices_do_not_mix() -> None:
    def chunk(index: int, text: str) -> Any:
        return {"choices": [{"index": index, "delta": {"content": text}}]}

    stream = sse([chunk(0, PERSON[:8]), chunk(1, PERSON[8:]), chunk(0, PERSON[8:]), chunk(1, "!")])
    events = data_of(restore(CHAT, stream))
    assert [e["choices"][0]["delta"]["content"] for e in events] == ["Anna Schmidt", PERSON[8:], "", "!"]


def test_text_and_finish_in_one_event() -> None:
    last = {"choices": [{"index": 0, "delta": {"content": PERSON[8:]}, "finish_reason": "stop"}]}
    stream = sse([chat_stream([PERSON[:8]])[1], last])
    assert chat_text(restore(CHAT, stream)) == "Anna Schmidt"


def array(events: list[Any], gap: str = ",\r\n") -> bytes:
    return f"[{gap.join(json.dumps(event, ensure_ascii=False) for event in events)}\n]\n".encode()


@settings(max_examples=60, deadline=None)
@given(text=texts, sizes=sizes, places=places)
def test_a_json_array_that_grows(text: str, sizes: list[int], places: list[int]) -> None:
    stream = array(gemini_stream(cut(text, sizes)))
    whole = restore(GEMINI, stream, media="application/json")
    parts = [e["candidates"][0]["content"]["parts"][0]["text"] for e in json.loads(whole)]
    assert "".join(parts) == restore_text(text, TOKENS)
    assert restore(GEMINI, stream, places, media="application/json") == whole


def test_a_json_array_leaves_element_by_element() -> None:
    restorer = StreamRestorer(GEMINI, TOKENS, "application/json")
    first, *_ = gemini_stream(["Hello "])
    assert b"".join(restorer.feed(b"[" + json.dumps(first).encode())) == b"[" + json.dumps(first).encode()


def test_an_error_object_instead_of_an_array() -> None:
    body = json.dumps({"error": {"message": f"no {PERSON}"}}).encode()
    assert restore_bytewise(GEMINI, body, "application/json") == body.replace(PERSON.encode(), b"Anna Schmidt")


def test_gemini_calls_and_thoughts() -> None:
    parts = [
        {"text": PERSON[:9], "thought": True},
        {"text": PERSON[9:]},
        {"functionCall": {"name": "f", "args": {"to": NASTY}}},
    ]
    stream = sse([{"candidates": [{"content": {"parts": parts}, "finishReason": "STOP"}]}])
    (event,) = data_of(restore(GEMINI, stream))
    new = event["candidates"][0]["content"]["parts"]
    assert [new[0]["text"], new[1]["text"]] == [PERSON[:9], PERSON[9:]]  # two texts, no token in either
    assert new[2]["functionCall"]["args"]["to"] == TOKENS[NASTY]


def test_json_lines() -> None:
    stream = f'{{"a":"{PERSON}"}}\n{{"a":1}}\n'.encode()
    assert restore_bytewise(CHAT, stream, "application/x-ndjson") == stream.replace(PERSON.encode(), b"Anna Schmidt")


@settings(max_examples=60, deadline=None)
@given(text=texts, places=places)
def test_plain_text(text: str, places: list[int]) -> None:
    stream = text.encode() + b"\xff"
    assert restore(CHAT, stream, places, media="text/plain") == restore_text(text, TOKENS).encode() + b"\xff"


def without_pings(stream: bytes) -> bytes:
    """Pings may overtake what is held back."""
    return re.sub(rb'(?:event: ping\n)?data: \{"type": ?"ping" *\}\n\n', b"", stream)


def test_binary_streams_are_passed_on() -> None:
    stream = b"\x00\x00\x00\x20" + PERSON.encode() + b"\xff"
    assert restore_bytewise(CHAT, stream, "application/vnd.amazon.eventstream") == stream


@pytest.mark.skipif(not WIRE.exists(), reason="the recorded bodies are not here")
@pytest.mark.parametrize("dialect", [CHAT, RESPONSES, ANTHROPIC, GEMINI], ids=lambda d: d.name)
def test_recorded_streams_leave_byte_for_byte(dialect: Dialect) -> None:
    for path in sorted(WIRE.glob("*.sse")):
        stream = path.read_bytes()
        restored = restore(dialect, stream, list(range(0, len(stream), 37)))
        assert len(restored) == len(stream)
        assert without_pings(restored) == without_pings(stream)


@pytest.mark.skipif(not WIRE.exists(), reason="the recorded bodies are not here")
def test_recorded_streams_with_a_token_in_place_of_every_common_word() -> None:
    """Real framing: a word of the reply is turned into a token, and restoring gives the recording back."""
    word = make_token(b"key", "s", "PERSON", " the ")
    for path in sorted(WIRE.glob("*.sse")):
        stream = path.read_bytes()
        tokenized = stream.replace(b" the ", word.encode())
        for dialect in (CHAT, RESPONSES, ANTHROPIC, GEMINI):
            if b"thinking_delta" in stream:
                continue
            restored = restore(dialect, tokenized, list(range(0, len(stream), 101)), tokens={word: " the "})
            assert without_pings(restored) == without_pings(stream)


SURROGATES = {"Tavrian": "Anna", "Tavrian Merrowby": "Anna Schmidt", "+1-202-555-0143": 'x"y\\z', PERSON: "Bob"}
surrogate_texts = st.lists(
    st.sampled_from(
        [*SURROGATES, "TAVRIAN MERROWBY", "Tavrian Merrow", "tav", "by", "+1-202", "\n", "\\", "'s", " ", "n", "_", "é"]
    ),
    max_size=8,
).map("".join)


@pytest.mark.parametrize("name", TEXTS)
@settings(max_examples=60, deadline=None)
@given(text=surrogate_texts, sizes=sizes, places=places)
def test_surrogates_come_back_however_a_stream_is_cut(
    name: str, text: str, sizes: list[int], places: list[int]
) -> None:
    dialect, build, read = TEXTS[name]
    stream = sse(build(cut(text, sizes)))
    whole = restore(dialect, stream, tokens=SURROGATES)
    assert read(whole) == restore_text(text, SURROGATES)
    assert restore(dialect, stream, places, tokens=SURROGATES) == whole


@pytest.mark.parametrize("name", ARGUMENTS)
@settings(max_examples=40, deadline=None)
@given(text=surrogate_texts, sizes=sizes)
def test_surrogates_come_back_in_tool_arguments(name: str, text: str, sizes: list[int]) -> None:
    dialect, build, read = ARGUMENTS[name]
    whole = restore(dialect, sse(build(cut(json.dumps({"to": text}, ensure_ascii=False), sizes))), tokens=SURROGATES)
    assert json.loads(read(whole))["to"] == restore_text(text, SURROGATES)


def said(text: str) -> bytes:
    event = {"type": "response.output_text.delta", "output_index": 0, "delta": text}
    return WholeMessage.of(json.dumps(event).encode(), is_text=True).written()


def heard(pieces: list[bytes]) -> list[str]:
    return [json.loads(parse_whole(piece).data)["delta"] for piece in pieces]


def test_what_is_learned_meanwhile_is_turned_back_in_what_waits() -> None:
    other = make_token(b"k" * 32, "s", "PERSON", "Carl Jones")
    restorer = StreamRestorer(RESPONSES, TOKENS, WHOLE)
    assert heard(restorer.feed(said(f"{PERSON} and "))) == [f"{TOKENS[PERSON]} and "]
    assert restorer.feed(said(PERSON[:9])) == []
    restorer.know(TokenIndex({**TOKENS, other: "Carl Jones"}))
    assert heard(restorer.feed(said(f"{PERSON[9:]}, {other}."))) == [TOKENS[PERSON], ", Carl Jones."]
    assert restorer.finish() == []


def test_what_waits_can_be_let_go() -> None:
    restorer = StreamRestorer(RESPONSES, TOKENS, WHOLE)
    assert restorer.feed(said(PERSON[:9])) == []
    assert restorer.waits
    assert heard(restorer.let_go()) == [PERSON[:9]]
    assert not restorer.waits
    assert restorer.let_go() == []
