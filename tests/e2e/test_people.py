"""One person has one code in a conversation, whichever part of the name it is; each turns back as it was written."""

import json
import re
from typing import Any

import anthropic
import httpx2
import openai
import pytest

from tests.e2e.test_sdks import http_client
from tests.fakes.model import Behaviour
from tests.fakes.service import Service
from tests.fakes.vendor import Vendor

pytestmark = pytest.mark.e2e

FIRST = "Please write to Ana Novak about her order 4411."
ANSWER = "Dear Ms Novak, your order is on its way."
LAST = "Thanks. Ms Novak called again, Novak's parcel is lost. Tell Ana that I am sorry; ANA NOVAK gets a new one."
TOKEN = re.compile(r"(PERSON(?:_FIRST|_LAST|_FULL)?(?:_[A-Z])?)_([0-9A-Z]{8})\b")


def turns() -> list[Any]:
    roles = ("user", "assistant", "user")
    return [{"role": role, "content": text} for role, text in zip(roles, (FIRST, ANSWER, LAST), strict=True)]


def assert_one_person(vendor: Vendor) -> None:
    messages = [message["content"] for message in json.loads(vendor.requests[-1].body)["messages"]]
    texts = [text if isinstance(text, str) else text[0]["text"] for text in messages]
    found = [TOKEN.findall(text) for text in texts]
    assert not any(name in text.lower() for text in texts for name in ("novak", "ana "))
    assert len({code for tokens in found for _, code in tokens}) == 1, "one person, one code"
    assert [kind for kind, _ in found[0]] == ["PERSON"]
    kinds = [[part.split("_")[1] for part, _ in tokens] for tokens in found[1:]]
    assert kinds == [["LAST"], ["LAST", "LAST", "FIRST", "FULL"]]


@pytest.mark.parametrize("stream", [False, True])
def test_openai(service: Service, real_vendor: Vendor, stream: bool) -> None:
    real_vendor.behaviour = Behaviour(piece_sizes=(1, 2, 5))
    client = openai.OpenAI(api_key="sk-test", http_client=http_client(service))
    if stream:
        chunks = client.chat.completions.create(model="gpt-4o", messages=turns(), stream=True)
        reply = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    else:
        reply = client.chat.completions.create(model="gpt-4o", messages=turns()).choices[0].message.content or ""
    assert reply == f"You said: {LAST}"
    assert_one_person(real_vendor)


@pytest.mark.parametrize("stream", [False, True])
def test_anthropic(service: Service, real_vendor: Vendor, stream: bool) -> None:
    real_vendor.behaviour = Behaviour(piece_sizes=(1, 2, 5))
    client = anthropic.Anthropic(api_key="test", http_client=http_client(service, library=httpx2))
    asked: dict[str, Any] = {"model": "claude-test", "max_tokens": 200, "messages": turns()}
    if stream:
        with client.messages.stream(**asked) as events:
            reply = "".join(events.text_stream)
    else:
        reply = client.messages.create(**asked).content[0].text
    assert reply == f"You said: {LAST}"
    assert_one_person(real_vendor)


def test_a_part_that_only_the_model_wrote_turns_back(service: Service, real_vendor: Vendor) -> None:
    real_vendor.behaviour = Behaviour(text=lambda prompt: said(prompt.text))
    client = openai.OpenAI(api_key="sk-test", http_client=http_client(service))
    messages: Any = [{"role": "user", "content": f"{FIRST} Ms Novak waits."}]
    reply = client.chat.completions.create(model="gpt-4o", messages=messages).choices[0].message.content
    assert reply == "Hello Ana (Ana Novak)!"


def said(text: str) -> str:
    code = TOKEN.findall(text)[0][1]
    return f"Hello PERSON_FIRST_{code} (PERSON_{code})!"
