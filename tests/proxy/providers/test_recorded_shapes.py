"""The shape of rerouted answers beside recordings of the vendors' own: which keys stand where.

Skips without the recordings. What every recording of a kind has, ours has; what ours has, some recording has, but for
the mark that an internal model answered. Recordings with what nobody inside does (thinking, searches, pictures) are
left out as examples of what always stands there, and count as examples of what may.
"""

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from local_models.speech import Call, End, Finish, Said
from proxy.message import Chat, Request
from proxy.providers.dialect import Answer, Dialect
from proxy.providers.registry import dialect_for

WIRE = Path(__file__).parents[3] / "../shared/data/wire"
DECISION = "01JD3Z8R5W3Q0V6K9N7M2B4C1T"
TEXT, CALL = "Hello", Call("c", "weather", '{"town":"Ulm"}')
ANSWERS: list[list[Said]] = [
    [TEXT, End(Finish.STOP, 3, 7)],
    [TEXT, CALL, End(Finish.CALLS, 3, 7)],
    [CALL, End(Finish.CALLS, 3, 7)],
]
TOOL = {"type": "object", "properties": {"town": {"type": "string"}}}
CHAT = {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "stream_options": {"include_usage": True}}
BODIES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "openai.chat": ("openai", "https://api.openai.com/v1/chat/completions", CHAT),
    "openai.responses": ("openai", "https://api.openai.com/v1/responses", {"model": "m", "input": "Hi"}),
    "anthropic.messages": ("anthropic", "https://api.anthropic.com/v1/messages", {**CHAT, "max_tokens": 9}),
    "gemini": (
        "gemini",
        "https://generativelanguage.googleapis.com/v1beta/models/m:",
        {"contents": [{"parts": [{"text": "Hi"}]}]},
    ),
}
# Keys of things that nobody inside does, or of single models; and what belongs to a caller's own data.
FREE = {"arguments", "input", "args", "metadata", "parameters", "schema", "privet", "input_schema"}
# What all recordings of a kind have, and ours has not, with the reason why.
LACKS = {
    "obfuscation",  # padding against who measures lengths on the wire; the answer doesn't cross the internet
    "avgLogprobs",
    "thoughtSignature",
    "id",  # of Gemini's calls: newer models alone give one
    "candidatesTokensDetails",
    "serviceTier",
}
# What ours has and no recording, with the reason why.
MORE = {
    ("<response.function_call_arguments.done>", "name"),  # in the SDK's type since these were recorded
    ("/candidates/*/content/parts/*/functionCall", "args"),  # the recorded stream calls a tool without any
}


def shapes(value: Any, place: str = "") -> Iterator[tuple[str, frozenset[str]]]:
    """Where an object stands, and its keys. Objects that say their type are told apart by it."""
    if isinstance(value, list):
        for item in value:
            yield from shapes(item, f"{place}/*")
    elif isinstance(value, dict):
        kind = value.get("type")
        here = f"{place}<{kind}>" if isinstance(kind, str) else place
        yield here, frozenset(value)
        for key, item in value.items():
            if key not in FREE:
                yield from shapes(item, f"{here}/{key}")


def documents(raw: bytes) -> list[Any]:
    """The JSON documents of a reply: one, or those of its events."""
    if raw.lstrip()[:1] in {b"{", b"["}:
        return [json.loads(raw)]
    lines = (line.removeprefix(b"data:").strip() for line in raw.splitlines() if line.startswith(b"data:"))
    return [json.loads(line) for line in lines if line.startswith(b"{")]


def recorded(kind: str, *, stream: bool) -> dict[str, list[frozenset[str]]]:
    """Every object of the recordings of a kind: where it stands, and the keys it has."""
    found: dict[str, list[frozenset[str]]] = {}
    words = {"openai.chat": "chat-completions", "openai.responses": "responses", "anthropic.messages": "messages"}
    provider, _, _ = kind.partition(".")
    for line in (WIRE / "index.jsonl").read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        name = entry["response"]
        if entry["provider"] != provider or entry["status"] != 200 or bool(entry["stream"]) is not stream:
            continue
        if words.get(kind, "enerateContent") not in name:
            continue
        for document in documents((WIRE / name).read_bytes()):
            for place, keys in shapes(document):
                found.setdefault(place, []).append(keys)
    return found


async def ours(kind: str, said: list[Said], *, stream: bool) -> list[Any]:
    _, url, body = BODIES[kind]
    if kind == "gemini":
        url += "streamGenerateContent?alt=sse" if stream else "generateContent"
    else:
        body = {**body, "stream": stream}
    host, _, path = url.removeprefix("https://").partition("/")
    headers = {"content-type": "application/json", "host": host}
    request = Request("POST", host, f"/{path}", headers, json.dumps(body).encode())
    dialect: Dialect = dialect_for(request)
    chat = dialect.chat(request)
    assert chat is not None
    if not stream:
        return documents(whole(dialect, chat, said))

    async def pieces() -> AsyncIterator[Said]:
        for piece in said:
            yield piece

    events = [event async for event in dialect.reply_stream(chat, pieces(), "m", DECISION)]
    return documents(b"".join(events))


def whole(dialect: Dialect, chat: Chat, said: list[Said]) -> bytes:
    end = said[-1]
    assert isinstance(end, End)
    text = "".join(one for one in said if isinstance(one, str))
    calls = tuple(one for one in said if isinstance(one, Call))
    answer = Answer(text, "m", end.input, end.output, calls=calls, finish=end.finish)
    return dialect.reply(chat, answer, DECISION).body


@pytest.mark.skipif(not (WIRE / "index.jsonl").is_file(), reason="needs the recordings")
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("kind", sorted(BODIES))
async def test_the_keys_are_the_vendors(kind: str, stream: bool) -> None:
    known = recorded(kind, stream=stream)
    assert known, "no recordings of this kind"
    wrong: list[str] = []
    compared = 0
    for said in ANSWERS:
        for document in await ours(kind, said, stream=stream):
            for place, keys in shapes(document):
                mine = keys - {"privet"}
                if place not in known:
                    wrong.append(f"{place}: no recording has such an object")
                    continue
                compared += 1
                may = frozenset().union(*known[place])
                must = frozenset.intersection(*known[place]) - LACKS
                if more := {key for key in mine - may if (place, key) not in MORE}:
                    wrong.append(f"{place}: {sorted(more)} is nowhere in the recordings")
                if less := must - mine:
                    wrong.append(f"{place}: {sorted(less)} is in all recordings")
    assert sorted(set(wrong)) == []
    assert compared > 5
