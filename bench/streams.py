"""What a streamed reply's events cost in Privet's own code: processor time per event, in one process, without sockets.

The floor is to read each event's JSON, which whoever restores event by event does at the least. `proxy` has the time to
the first byte and between pieces, through real connections.
"""

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import Row
from detectors.finding import Scan
from policy.decision import Inquiry
from policy.load import load_policy
from proxy.providers.registry import dialects
from proxy.replies import passing, restoring
from proxy.reply_judge import ReplyJudge, ReplyRules
from proxy.reply_stream import StreamScan
from proxy.restore import SSE
from proxy.token_index import TokenIndex
from proxy.transforms.token import make_token

GROUP = "streams, each event"
_CHAT = next(dialect for dialect in dialects() if dialect.name == "openai-chat")
_VALUES = ("Anna Schmidt", "Bob Miller", "Carl Jones", "Dora Keller", "Emil Weber")
_TOKENS = {make_token(b"key", "scope", "PERSON", value): value for value in _VALUES}
_TEXT = "the order is on its way to you, and it will arrive by noon tomorrow;"
_WORDS = _TEXT.split()
_POLICY = """
schema: privet.policy/1
id: bench
defaults: {effect: allow}
rules:
  - {id: people, "on": [reply], when: {entities: [{type: PERSON}]}, obligations: [{redact: {types: [PERSON]}}]}
"""


class _Nothing:
    """Finds nothing at no cost: what detection costs is measured elsewhere."""

    async def scan(self, texts: Sequence[tuple[str, str]]) -> list[Scan]:
        return [Scan()] * len(texts)


def run(*, quick: bool) -> list[Row]:
    """Each way of treating the same stream."""
    count, rounds = (500, 2) if quick else (5000, 7)
    plain, full = _stream(count, every=0), _stream(count, every=10)
    floor = _best(rounds, plain, lambda: _reading)
    figures = [
        ("passed on, nothing to restore in this request", plain, lambda: passing("id")),
        ("restored, none of the tokens is in it", plain, lambda: restoring(_CHAT, _TOKENS, SSE, "", "id")),
        ("restored, every tenth word is a token in two pieces", full, lambda: restoring(_CHAT, _TOKENS, SSE, "", "id")),
    ]
    rows = [Row(GROUP, name, _best(rounds, events, make), "µs", floor) for name, events, make in figures]
    scanned = min(_scanned(plain) for _ in range(rounds))
    note = "without what detection costs"
    return [*rows, Row(GROUP, "inspected, since the policy has rules about replies", scanned, "µs", floor, note)]


def _stream(count: int, every: int) -> list[bytes]:
    """A chat's events, a word each; every so many of them half a token, and the next the other half."""
    tokens = list(_TOKENS)
    words: list[str] = []
    while len(words) < count:
        number = len(words)
        words.append(f" {_WORDS[number % len(_WORDS)]}")
        if every and number % every == 0:
            token = tokens[number // every % len(tokens)]
            words += [f" {token[:9]}", token[9:]]
    return [_event(word) for word in words]


def _event(text: str) -> bytes:
    choice = {"index": 0, "delta": {"content": text}, "logprobs": None, "finish_reason": None}
    data = {
        "id": "chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT",
        "object": "chat.completion.chunk",
        "created": 1741569952,
        "model": "gpt-4o-2024-08-06",
        "choices": [choice],
        "usage": None,
    }
    return b"data: " + json.dumps(data, separators=(",", ":")).encode() + b"\n\n"


def _reading(event: bytes) -> object:
    return json.loads(event[6:]) if event else None


def _best(rounds: int, events: Sequence[bytes], make: Callable[[], Callable[[bytes], object]]) -> float:
    """Microseconds of processor time per event, in the best of so many rounds."""
    best = float("inf")
    for _ in range(rounds):
        treat = make()
        began = time.process_time()
        for event in events:
            treat(event)
        treat(b"")
        best = min(best, (time.process_time() - began) / len(events))
    return best * 1e6


def _scanned(events: Sequence[bytes]) -> float:
    with TemporaryDirectory() as name:
        path = Path(name) / "policy.yaml"
        path.write_text(_POLICY, encoding="utf-8")
        rules = ReplyRules.of(load_policy(path), Inquiry(department="default"))
    if rules is None:
        raise RuntimeError("the policy has a rule about replies")
    scan = StreamScan(_CHAT, SSE, ReplyJudge(rules, _Nothing(), TokenIndex({}), "id"), 1000)

    async def feed() -> float:
        began = time.process_time()
        for event in events:
            await scan.feed(event)
        await scan.finish()
        return (time.process_time() - began) / len(events) * 1e6

    return asyncio.run(feed())
