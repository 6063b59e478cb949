"""What may look like what."""

import time
from typing import Any

import pytest

from detectors.finding import SkipReason
from proxy.providers import exemptions as look
from proxy.providers.exemptions import Exemptions, opaque_anywhere, shape_of

LOOKS: list[tuple[look.Check, list[str], list[str]]] = [
    (
        look.model,
        [
            "gpt-4o",
            "meta-llama/Llama-3.3-70B:free",
            "models/gemini-2.5-pro",
            "us.anthropic.claude@2025",
            "x" * 200,
            "anthropic.claude-3-5-sonnet-20240620-v1:0",
            "@cf/meta/llama-3.1-8b-instruct",
            "deepseek-ai/DeepSeek-V3",
        ],
        [
            "",
            "gpt 4",
            "Anna Schmidt",
            "x" * 201,
            "sk-proj-abcdef",
            "AKIAIOSFODNN7EXAMPLE",
            "gpt-4\n",
            "é",
            "anna@example.com",
            "anna.schmidt@mail.example.com",
            "4111-1111-1111-1111",
            "123-45-6789",
            "DE89370400440532013000",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        ],
    ),
    (
        look.word,
        [
            "user",
            "tool_use",
            "web_search_20250305",
            "message.input_image.image_url",
            "HARM_CATEGORY_HARASSMENT",
            "b64_json",
            "pcm16",
            "mp3",
            "x86_64",
            "text-embedding-004",
            "CONTEXTUAL",
        ],
        [
            "",
            "Anna Schmidt",
            "123-45-6789",
            "anna@example.com",
            "a" * 65,
            "_x",
            "user\n",
            "+49",
            "AKIAIOSFODNN7EXAMPLE",
            "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
            "sk-proj-abcdef",
            "DE89370400440532013000",
            "4111-1111-1111-1111",
            "wJalrXUtnFEMIK7MDENGbPxRfiCY",
        ],
    ),
    (look.name, ["get_capital", "look-up", "$x"], ["Anna Schmidt", "a1", "", "x" * 65]),
    (
        look.identifier,
        [
            "call_ZR5UUuTt3pf61kjwAJIYdVMj",
            "toolu_01Ttepb9joVoQFHP568v7UAL",
            "pyd_ai_445dbde6c4764cafb5782bb928ef6c2c",
            "file-abc123",
            "call_1",
            "123e4567-e89b-12d3-a456-426614174000",
            "D681PevKs",
        ],
        [
            "Anna Schmidt",
            "4111111111111111",
            "sk-ant-api03-abc",
            "sk_live_abcdef",
            "ghp_16C7e42F",
            "anna@example.com",
            "",
            "123456789",
            "Anna-Schmidt",
        ],
    ),
    (
        look.signature,
        ["EqQBCkYIAxgCIkBxYmQ3Y2E1ZDg0", "Aa" * 8 + "=="],
        [
            "short",
            "A" * 16,
            "AKIAIOSFODNN7EXAMPLE",
            "DE89370400440532013000",
            "4111111111111111",
            "my password is hunter2 and more",
            "",
        ],
    ),
    (look.media_type, ["image/png", "text/plain; charset=utf-8"], ["Anna", "image/png; Anna Schmidt"]),
    (look.endpoint, ["/v1/chat/completions", "/v1/embeddings"], ["/v1/Anna", "v1/x", "/v1/chat/../x", "/v1", "/v1/a1"]),
    (look.duration, ["5m", "1h"], ["1 hour", "12345678m", "h"]),
]


@pytest.mark.parametrize(("check", "good", "bad"), LOOKS, ids=[check.__name__ for check, *_ in LOOKS])
def test_looks(check: look.Check, good: list[str], bad: list[str]) -> None:
    for value in good:
        assert check(value, {}), value
    for value in bad:
        assert not check(value, {}), value


@pytest.mark.parametrize("check", [check for check, *_ in LOOKS])
@pytest.mark.parametrize("piece", ["a", "a_", "a1", "A-", "/", "a.", "0", " "])
def test_no_look_takes_long(check: look.Check, piece: str) -> None:
    start = time.process_time()
    check(piece * 40 + "!", {})
    check("a/" + piece * 4000 + "!", {})
    assert time.process_time() - start < 0.5


@pytest.mark.parametrize(
    ("value", "parent", "expected"),
    [
        ("EmwKAhgBEgy3va3pzix", {"type": "redacted_thinking"}, True),
        ("EmwKAhgBEgy3va3pzix", {"type": "text"}, False),
        ("EmwKAhgBEgy3va3pzix", {}, False),
        ("a secret text", {"type": "redacted_thinking"}, False),
    ],
)
def test_redacted_thinking(value: str, parent: dict[str, Any], expected: bool) -> None:
    assert look.redacted(value, parent) is expected


@pytest.mark.parametrize(
    ("value", "parent", "expected"),
    [
        ("aGVsbG8=", {"type": "base64"}, True),
        ("Hunter2Hunter2Hunter2", {"type": "text"}, False),
        ("A" * 2000, {"type": "text"}, True),
    ],
)
def test_a_text_source_is_read(value: str, parent: dict[str, Any], expected: bool) -> None:
    assert look.base64_source(value, parent) is expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("data:image/png;base64,iVBORw0KGgo", SkipReason.OPAQUE),
        ("data:,hello", SkipReason.OPAQUE),
        ("data: the facts, and more", None),
        ("A" * 1024, SkipReason.UNSUPPORTED_MEDIA),
        ("A" * 1023, None),
        ("word " * 500, None),
    ],
)
def test_data_that_nobody_can_read_anywhere(text: str, reason: SkipReason | None) -> None:
    assert opaque_anywhere(text) is reason


@pytest.mark.parametrize(
    ("pointer", "shape"),
    [
        ("/messages/0/content/12/text", "/messages/*/content/*/text"),
        ("/a", "/a"),
        ("/0", "/*"),
        ("/a/~i3", "/a/~i3"),
        ("/a/0~json/1/b", "/a/*~json/*/b"),
        ("/a0/b", "/a0/b"),
        ("", ""),
    ],
)
def test_shapes(pointer: str, shape: str) -> None:
    assert shape_of(pointer) == shape


EXEMPT = Exemptions(exact={"/model": look.model}, schemas=("/tools/*/parameters",))


@pytest.mark.parametrize(
    ("shape", "text", "expected"),
    [
        ("/model", "gpt-4o", True),
        ("/model", "Anna Schmidt", False),
        ("/a/model", "gpt-4o", False),
        ("/model~json/model", "gpt-4o", False),
        ("/model~2", "gpt-4o", False),
        ("/tools/*/parameters/type", "object", True),
        ("/tools/*/parameters/properties/a/type", "string", True),
        ("/tools/*/parameters/properties/a/type/*", "null", True),
        ("/tools/*/parameters/properties/a/type", "Anna", False),
        ("/tools/*/parameters/required/*", "name", True),
        ("/tools/*/parameters/required/*", "Anna Schmidt", False),
        ("/tools/*/parameters/properties/a/$ref", "#/$defs/City", True),
        ("/tools/*/parameters/properties/a/$ref", "https://anna.example.com", False),
        ("/tools/*/parameters/properties/a/description", "string", False),
        ("/tools/*/parameters/default~json/type", "string", False),
        ("/tools/*/type", "string", False),
    ],
)
def test_places(shape: str, text: str, expected: bool) -> None:
    assert EXEMPT.exempts(shape, text, {}) is expected


def test_almost_a_word_takes_no_longer_than_a_word() -> None:
    """With a pattern that tries every split, each of these takes a tenth of a second, and a body has thousands."""
    for number in range(2000):
        assert not look.word("-".join(["abcdefg"] * 7) + f"-{number}!", {})


@pytest.mark.parametrize("before", ["gpt-4o-", "call_", "id-1-"])
@pytest.mark.parametrize("number", ["4111111111111111", "4111-1111-1111-1111", "536-90-4399", "DE89370400440532013000"])
@pytest.mark.parametrize("check", [look.model, look.word, look.identifier])
def test_a_number_behind_a_beginning_is_no_id(check: look.Check, before: str, number: str) -> None:
    assert not check(before + number, {})


@pytest.mark.parametrize(
    ("check", "value"),
    [
        (look.model, "gpt-4o-2024-11-20"),
        (look.model, "ft:gpt-4o-mini-2024-07-18:org::AbC12345"),
        (look.word, "web_search_20250305"),
        (look.identifier, "call_1763900000000"),
        (look.identifier, "msg_1234567890"),
        (look.identifier, "12345678-9012-4e56-8901-234567890123"),
        (look.identifier, "req_AB12cd34567890"),
    ],
)
def test_other_numbers_are_part_of_ids(check: look.Check, value: str) -> None:
    assert check(value, {})


@pytest.mark.parametrize(
    "key", ["AKIAQYLPMN5HFIQR7XYA", "ghp_" + "a1B2" * 9, "sk-proj-abcdefgh12345678", "glpat-abc12345"]
)
@pytest.mark.parametrize("before", ["gpt-4o-", "call_", "id-1-"])
@pytest.mark.parametrize("check", [look.model, look.word, look.identifier])
def test_a_key_behind_a_beginning_is_no_id(check: look.Check, before: str, key: str) -> None:
    assert not check(before + key, {})
