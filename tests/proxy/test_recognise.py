import json

import pytest

from local_models.tasks.router import Asked, How, Recognised, Router
from local_models.tasks.task import known_tasks
from policy.decision import Effect
from policy.model import Condition, Policy, Rule
from proxy.attached import Attached
from proxy.message import Chat, ChatMessage, Request, Role
from proxy.providers.registry import dialect_for
from proxy.recognise import asked_of, recognise

MAIL = "email_categorisation"
TASKS = known_tasks()
ROUTER = Router.of(TASKS)
POLICY = Policy("p", "r", rules=(Rule("r", Effect.BLOCK, Condition(tasks=("translation",))),))
PARCEL = "My parcel should have been here on Monday. Where is it?"
PROMPT = TASKS[MAIL].templates[0].replace("{input}", PARCEL)
SCHEMA = TASKS[MAIL].schema


def request(host, path, body, headers=None):
    given = {"content-type": "application/json", **(headers or {})}
    return Request("POST", host, path, given, json.dumps(body).encode())


def chat(text, **more):
    return request("api.openai.com", "/v1/chat/completions", {"model": "m", "messages": [{"role": "user", "content": text}], **more})  # fmt: skip


@pytest.mark.parametrize(
    "asked",
    [
        chat(PROMPT),
        request("api.openai.com", "/v1/responses", {"model": "m", "input": PROMPT}),
        request("api.openai.com", "/v1/responses", {"model": "m", "instructions": TASKS[MAIL].templates[0].replace("{input}", ""), "input": PARCEL}),
        request("api.anthropic.com", "/v1/messages", {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": [{"type": "text", "text": PROMPT}]}]}),
        request("generativelanguage.googleapis.com", "/v1beta/models/g:generateContent", {"contents": [{"role": "user", "parts": [{"text": PROMPT}]}]}),
        chat(PARCEL, response_format={"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}}),
        request("generativelanguage.googleapis.com", "/v1beta/models/g:generateContent", {"contents": [{"role": "user", "parts": [{"text": PARCEL}]}], "generationConfig": {"responseMimeType": "application/json", "responseSchema": {"type": "OBJECT", "properties": {"category": {"type": "STRING", "enum": SCHEMA["properties"]["category"]["enum"]}}, "required": ["category"]}}}),
    ],
)  # fmt: skip
def test_in_every_dialect(asked):
    (found,) = recognise(ROUTER, POLICY, asked, dialect_for(asked), Attached())
    assert (found.task, found.counts) == (MAIL, True)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (chat(PARCEL, metadata={"task": MAIL}), (Recognised(MAIL, How.DECLARED),)),
        (chat(PARCEL, metadata={"privet_task": "EMAIL_categorisation"}), (Recognised(MAIL, How.DECLARED),)),
        (chat(PARCEL, metadata={"task": "my own words"}), ()),
        (chat(PARCEL, metadata={"task": "Translation"}), (Recognised("Translation", How.DECLARED),)),
        (chat(PARCEL, metadata={"task": 3}), ()),
        (chat(PARCEL, metadata="task"), ()),
        (chat(PARCEL), ()),
        (request("api.openai.com", "/v1/embeddings", {"model": "m", "input": PROMPT}), ()),
        (request("api.openai.com", "/v1/embeddings", {"model": "m", "input": "x", "metadata": {"task": MAIL}}), (Recognised(MAIL, How.DECLARED, vetoed=True),)),
    ],
)  # fmt: skip
def test_what_is_declared(asked, found):
    assert recognise(ROUTER, POLICY, asked, dialect_for(asked), Attached()) == found


def test_without_a_router_nothing_is_recognised():
    asked = chat(PROMPT)
    assert recognise(None, POLICY, asked, dialect_for(asked), Attached()) == ()


def test_the_newest_turn_is_what_is_asked():
    said = Chat(
        messages=(
            ChatMessage(Role.SYSTEM, "one"),
            ChatMessage(Role.USER, "before"),
            ChatMessage(Role.ASSISTANT, "yes?"),
            ChatMessage(Role.USER, "a file"),
            ChatMessage(Role.USER, "the question"),
        ),
        model="m",
        schema="{}",
    )
    assert asked_of(said) == Asked(schema="{}", system="one", user="a file\n\nthe question")
    assert asked_of(None, ("x",)) == Asked(("x",))
