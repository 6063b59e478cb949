"""The texts of whole replies, and replies with some of them changed."""

import json
from pathlib import Path
from typing import Any

import pytest

from detectors.finding import SkipReason
from policy.decision import Inquiry
from policy.load import load_policy
from proxy.reply_judge import ReplyJudge, ReplyRules
from proxy.reply_texts import json_texts, judged_body
from proxy.token_index import TokenIndex
from tests.fakes.privet import TableInspector

POLICY = """
schema: privet.policy/1
id: test
defaults: {effect: allow}
rules:
  - {id: people, "on": [reply], when: {entities: [{type: PERSON}]}, obligations: [{redact: {types: [PERSON]}}]}
"""
BASE64 = "QUJD" * 70


@pytest.fixture
def judge(tmp_path: Path) -> ReplyJudge:
    (tmp_path / "p.yaml").write_text(POLICY)
    rules = ReplyRules.of(load_policy(tmp_path / "p.yaml"), Inquiry(department="default"))
    assert rules is not None
    return ReplyJudge(rules, TableInspector(known={"Carl Jones": "PERSON"}), TokenIndex({}), "id")


@pytest.mark.parametrize(
    ("reply", "pointers"),
    [
        ({"id": "chatcmpl-1", "model": "gpt-4o", "choices": [{"message": {"role": "a", "content": "hi"}}]}, [3]),
        ({"id": "not an id at all"}, ["/id"]),
        ({"name": "mail", "arguments": '{"to": "x y"}'}, ["/arguments~json/to"]),
        ({"thinking": "hm", "signature": "abc def"}, ["/thinking"]),
        ({"encrypted_content": BASE64}, []),
        ({"type": "redacted_thinking", "data": BASE64}, []),
    ],
)
def test_what_is_read(reply: Any, pointers: list[Any]) -> None:
    read = json_texts(json.dumps(reply).encode())
    found = [item.pointer for item in read.texts]
    assert found == ["/choices/0/message/content"] if pointers == [3] else found == pointers
    assert read.skipped == ()


def test_what_nobody_can_read() -> None:
    read = json_texts(json.dumps({"data": [{"b64_json": BASE64}]}).encode())
    assert [(item.pointer, item.reason) for item in read.skipped] == [
        ("/data/0/b64_json", SkipReason.UNSUPPORTED_MEDIA)
    ]


@pytest.mark.parametrize(
    ("media_type", "body", "expected"),
    [
        ("application/json", '{ "a": "Carl Jones\\n",\n"b" : 1}', '{ "a": "[PERSON]\\n",\n"b" : 1}'),
        ("application/json", '"Carl Jones"', '"[PERSON]"'),
        ("application/jsonl", '{"a": "Carl Jones"}\n\n{"b":2}\n', '{"a": "[PERSON]"}\n\n{"b":2}\n'),
        ("application/octet-stream", '{"a": "Carl Jones"}\n{"b":2}', '{"a": "[PERSON]"}\n{"b":2}'),
        ("application/octet-stream", "It is Carl Jones", "It is [PERSON]"),
        ("text/plain", "é Carl Jones", "é [PERSON]"),
        ("application/json", ')]}\'\n\n20\n[["é Carl Jones"]]\n4\n[]\n', ')]}\'\n\n18\n[["é [PERSON]"]]\n4\n[]\n'),
        ("", '{"a": "Carl Jones"}', '{"a": "[PERSON]"}'),
        ("application/json", '{"a": "{\\"b\\": \\"Carl Jones\\"}"}', '{"a": "{\\"b\\": \\"[PERSON]\\"}"}'),
    ],
)
async def test_bodies(judge: ReplyJudge, media_type: str, body: str, expected: str) -> None:
    assert await judged_body(body.encode(), media_type, judge) == expected.encode()
    assert not judge.blocks
    assert sum(judge.applied.values()) == 1


@pytest.mark.parametrize(
    ("media_type", "body"),
    [("application/json", b'{"a": 1}'), ("text/plain", b"x"), ("application/json", b""), ("audio/mpeg", b"")],
)
async def test_a_body_in_which_nothing_changes_is_the_same_object(
    judge: ReplyJudge, media_type: str, body: bytes
) -> None:
    assert await judged_body(body, media_type, judge) is body


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("application/json", b"{broken"),
        ("application/json", b"[" * 1000),
        ("application/json", b")]}'\n\n40\n[\"cut off"),
        ("application/json", b")]}'\n\n11\n[broken}]\n"),
        ("audio/mpeg", b"\xff\xfb"),
        ("application/octet-stream", b"\x00\x01"),
        ("text/plain", b"\xff\xfe"),
        ("application/json", json.dumps({"image": BASE64}).encode()),
    ],
)
async def test_what_cannot_be_read_is_blocked(judge: ReplyJudge, media_type: str, body: bytes) -> None:
    assert await judged_body(body, media_type, judge) is body
    assert judge.blocks


def test_a_repr_holds_no_content() -> None:
    read = json_texts(b'{"a": "Carl Jones"}')
    assert "Carl" not in repr(read)
