"""Surrogates on the whole way: the vendor sees made-up people, the person sees the real ones."""

import json
from typing import Any

import pytest

from proxy.transforms.surrogate import make_surrogate
from tests.fakes.model import Behaviour
from tests.fakes.privet import running
from tests.fakes.vendor import Vendor

POLICY = """
schema: privet.policy/1
id: test
defaults: {effect: allow}
rules:
  - id: people
    when: {entities: [{type: PERSON}, {type: EMAIL_ADDRESS}]}
    obligations: [{surrogate: {types: [PERSON, EMAIL_ADDRESS]}}]
"""
OPENAI = "https://api.openai.com/v1/chat/completions"
TEXT = "Anna Schmidt, anna@example.com"


@pytest.fixture
def vendor():
    with Vendor() as stand_in:
        yield stand_in


def chat(text: str, **more: Any) -> dict[str, Any]:
    return {"model": "gpt-4o", "messages": [{"role": "user", "content": text}], **more}


def seen(vendor: Vendor) -> str:
    return json.loads(vendor.requests[-1].body)["messages"][-1]["content"]


async def test_the_vendor_sees_other_people(tmp_path, vendor: Vendor) -> None:
    async with running(tmp_path, vendor, policy=POLICY) as privet, privet.client() as http:
        reply = await http.post(OPENAI, json=chat(TEXT))
        assert reply.json()["choices"][0]["message"]["content"] == f"You said: {TEXT}"
        name, mail = seen(vendor).split(", ")
        assert name == make_surrogate(b"t" * 32, "department:default", "PERSON", "Anna Schmidt")
        assert "@example." in mail
        assert not vendor.saw("Anna Schmidt")
        assert not vendor.saw("anna@example.com")
        given = name.split()[0]
        for text, expected in (
            (f"**{name}**'s", "**Anna Schmidt**'s"),
            (name.upper(), "Anna Schmidt"),
            (f"Dear {given},\n", "Dear Anna,\n"),
            (f"X{given} {name}by", f"X{given} Anna {name.split()[1]}by"),
            (f"mailto:{mail}?", "mailto:anna@example.com?"),
        ):
            vendor.behaviour = Behaviour(text=text)
            reply = await http.post(OPENAI, json=chat(TEXT))
            assert reply.json()["choices"][0]["message"]["content"] == expected
            streamed = await http.post(OPENAI, json=chat(TEXT, stream=True))
            events = [json.loads(line[6:]) for line in streamed.text.splitlines() if line.startswith("data: {")]
            assert "".join(e["choices"][0]["delta"].get("content") or "" for e in events if e["choices"]) == expected


async def test_the_same_on_the_next_turn(tmp_path, vendor: Vendor) -> None:
    async with running(tmp_path, vendor, policy=POLICY) as privet, privet.client() as http:
        first = (await http.post(OPENAI, json=chat(TEXT))).json()["choices"][0]["message"]
        before = json.loads(vendor.requests[-1].body)["messages"]
        body = chat(TEXT)
        body["messages"] += [first, {"role": "user", "content": "And Anna Schmidt's boss?"}]
        await http.post(OPENAI, json=body)
        after = json.loads(vendor.requests[-1].body)["messages"]
        assert after[0] == before[0], "the vendor's prompt cache stays warm"
        assert before[0]["content"].split(",")[0] in after[2]["content"]


async def test_a_quoted_surrogate_is_not_replaced_again(tmp_path, vendor: Vendor) -> None:
    async with running(tmp_path, vendor, policy=POLICY) as privet, privet.client() as http:
        await http.post(OPENAI, json=chat(TEXT))
        name = seen(vendor).split(", ")[0]
        privet.inspector.known = {**privet.inspector.known, name: "PERSON"}
        reply = await http.post(OPENAI, json=chat(f"Who is {name}?"))
        assert seen(vendor) == f"Who is {name}?"
        assert reply.json()["choices"][0]["message"]["content"] == "You said: Who is Anna Schmidt?"


async def test_what_is_escaped_stays_escaped(tmp_path, vendor: Vendor) -> None:
    """A URL is a URL afterwards, at the vendor and in the reply."""
    text = "see https://x.example/?q=Anna%20Schmidt&mail=anna%40example.com#top about Anna Schmidt"
    async with running(tmp_path, vendor, policy=POLICY) as privet, privet.client() as http:
        reply = await http.post(OPENAI, json=chat(text))
        name = make_surrogate(b"t" * 32, "department:default", "PERSON", "Anna Schmidt")
        mail = make_surrogate(b"t" * 32, "department:default", "EMAIL_ADDRESS", "anna@example.com")
        address = f"https://x.example/?q={name.replace(' ', '%20')}&mail={mail.replace('@', '%40')}#top"
        assert seen(vendor) == f"see {address} about {name}"
        assert reply.json()["choices"][0]["message"]["content"] == f"You said: {text}"
