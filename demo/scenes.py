"""What people ask in the demonstration, and what must be true of each request afterwards.

A scene plays one request and returns what was sent, what reached the vendor and what came back. Its claims are checked
by `broken_claims`; the demonstration fails when one doesn't hold.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import openai
from openai.types.chat import ChatCompletionMessageParam

from demo.people import ANA, ELI, TOM, Desk, Person, at_desk
from demo.world import World

# Names, addresses, numbers and keys are made up. The keys stand in two pieces, so that no scanner stumbles over them.
CUSTOMER = "Marta Kowalczyk"
EMAIL = "marta.kowalczyk@example.com"
IBAN = "GB82 WEST 1234 5698 7654 32"
AWS_KEY = "AKIA" + "Q7WN4XK2PLTZ6RHM"
AWS_SECRET = "hK3v9TqLw2Zr8NbXc5Yd" + "M1sPf7GjRu4EaQ6oWtBi"
REVENUE = "EUR 48.2 million"

MAIL = f"""Draft a short reply to this customer.

Dear team, my refund has not arrived after three weeks. Please send it to {IBAN}.
Kind regards, {CUSTOMER} ({EMAIL})"""

CODE = f"""Why does this upload fail with a 403?

import boto3
s3 = boto3.client(
    "s3",
    aws_access_key_id="{AWS_KEY}",
    aws_secret_access_key="{AWS_SECRET}",
)
s3.upload_file("report.pdf", "reports", "report.pdf")"""

FIGURES = f"""Summarise for the board in one sentence:

Consolidated income statement, third quarter (unaudited, not yet published)
Revenue was {REVENUE}, compared with EUR 44.9 million in the same quarter of the prior year.
Cost of sales increased to EUR 29.1 million; gross profit was EUR 19.1 million and operating income EUR 6.3 million.
Net income was EUR 4.4 million, diluted earnings per share were EUR 0.41.
Cash and cash equivalents at the end of the period were EUR 12.7 million; total liabilities were EUR 31.0 million."""

QUESTION = "What is the difference between a mutex and a semaphore? Answer in two sentences."
TASK = f'Use send_mail to tell "{EMAIL}" that the refund for "{CUSTOMER}" is on its way.'
NOTE = f"Complaint about a late refund, from {CUSTOMER}, {EMAIL}"


@dataclass(frozen=True, slots=True)
class Played:
    """One request, as its sender and the vendor saw it."""

    sent: str
    sent_body: bytes
    arrived_bodies: tuple[bytes, ...]
    arrived: str | None  # the text that matters, None if nothing came
    returned: str
    decision_id: str
    error: Exception | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    """A request to show: who plays it, what, and what must hold."""

    title: str
    sdk: str
    person: Person
    play: Callable[[Desk, World], tuple[str, str]]  # what is shown as sent, and what came back
    text: Callable[[Any], str]  # the text of a body that reached the vendor
    effect: str
    rules: tuple[str, ...]  # what determined or shaped it
    secret: tuple[str, ...] = ()  # must not reach the vendor
    back: tuple[str, ...] = ()  # must be in what came back
    reaches_vendor: bool = True
    byte_identical: bool = False
    raises: type[Exception] | None = None


def perform(scene: Scene, world: World) -> Played:
    """Play a scene through Privet. An error of the SDK is part of the result, any other is raised."""
    before = len(world.vendor.requests)
    error: Exception | None = None
    with at_desk(scene.person, world) as desk:
        try:
            sent, returned = scene.play(desk, world)
        except openai.APIStatusError as refused:
            body = refused.response.json()["error"]
            sent, returned, error = desk.sent[-1].decode(), _refusal_text(refused, body), refused
            sent = scene.text(json.loads(sent))
    arrived = world.vendor.requests[before:]
    return Played(
        sent=sent,
        sent_body=desk.sent[-1],
        arrived_bodies=tuple(request.body for request in arrived),
        arrived=scene.text(arrived[-1].json()) if arrived else None,
        returned=returned,
        decision_id=desk.decisions[-1],
        error=error,
    )


def broken_claims(scene: Scene, played: Played, decision: dict[str, Any]) -> list[str]:
    """What should hold and doesn't; empty when all is well. Says what, never the value."""
    broken = []
    if bool(played.arrived_bodies) is not scene.reaches_vendor:
        broken.append(f"the request {'did not reach' if scene.reaches_vendor else 'reached'} the vendor")
    arrived = b"".join(played.arrived_bodies).decode()
    broken += [f"secret value {n} reached the vendor" for n, value in enumerate(scene.secret, 1) if value in arrived]
    missing = [n for n, value in enumerate(scene.back, 1) if value not in played.returned]
    broken += [f"expected value {n} did not come back" for n in missing]
    if scene.byte_identical and played.arrived_bodies != (played.sent_body,):
        broken.append("the body that arrived is not byte for byte the one that was sent")
    expected, got = scene.raises or type(None), type(played.error)
    if expected is not got:
        broken.append(f"expected {expected.__name__}, got {got.__name__}")
    if decision.get("effect") != scene.effect:
        broken.append(f"expected the effect {scene.effect}, the audit log says {decision.get('effect')}")
    rules = {*decision.get("determining_rules", ()), *decision.get("matched_rules", ())}
    broken += [f"rule {rule} is not in the audit log's record" for rule in scene.rules if rule not in rules]
    return broken


def _refusal_text(refused: openai.APIStatusError, body: Any) -> str:
    return f"{type(refused).__name__} ({refused.status_code})\n{body['message']}"


# What each scene sends


def _user(text: str) -> list[ChatCompletionMessageParam]:
    return [{"role": "user", "content": text}]


def _chat_text(body: Any) -> str:
    return str(body["messages"][-1]["content"])


def _mail(desk: Desk, _: World) -> tuple[str, str]:
    stream = desk.openai.chat.completions.create(model="gpt-4o-mini", messages=_user(MAIL), stream=True)
    return MAIL, "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)


def _ask(text: str) -> Callable[[Desk, World], tuple[str, str]]:
    def play(desk: Desk, _: World) -> tuple[str, str]:
        reply = desk.openai.chat.completions.create(model="gpt-4o-mini", messages=_user(text), max_tokens=90)
        content = reply.choices[0].message.content or ""
        inside = (reply.model_extra or {}).get("privet")
        return text, content if inside is None else f"{content}\n\n[answered inside by {reply.model}]"

    return play


def _tool(desk: Desk, _: World) -> tuple[str, str]:
    reply = desk.anthropic.messages.create(
        model="claude-sonnet-4-6",
        max_tokens=200,
        messages=[{"role": "user", "content": TASK}],
        tools=[
            {
                "name": "send_mail",
                "description": "Send an e-mail.",
                "input_schema": {
                    "type": "object",
                    "properties": {"to": {"type": "string"}, "about": {"type": "string"}},
                    "required": ["to", "about"],
                },
            }
        ],
    )
    calls = [block for block in reply.content if block.type == "tool_use"]
    return TASK, "\n".join(f"{call.name}({json.dumps(call.input, indent=1)})" for call in calls)


def _embedding(desk: Desk, _: World) -> tuple[str, str]:
    vector = desk.openai.embeddings.create(model="text-embedding-3-small", input=NOTE).data[0].embedding
    return NOTE, f"{len(vector)} numbers: {', '.join(f'{number:.3f}' for number in vector[:3])}, …"


SCENES = (
    Scene(
        title="A customer's mail: names and numbers become tokens, and come back in the stream",
        sdk="openai, chat completion, streamed",
        person=TOM,
        play=_mail,
        text=_chat_text,
        effect="allow",
        rules=("customers",),
        secret=(CUSTOMER, EMAIL, IBAN),
        back=(CUSTOMER, EMAIL, IBAN),
    ),
    Scene(
        title="Code with an access key: blocked, and the SDK knows not to try again",
        sdk="openai, chat completion",
        person=ELI,
        play=_ask(CODE),
        text=_chat_text,
        effect="block",
        rules=("secrets-stay",),
        secret=(AWS_KEY, AWS_SECRET),
        reaches_vendor=False,
        raises=openai.PermissionDeniedError,
    ),
    Scene(
        title="Unreleased quarterly figures: answered inside, by the embedded model",
        sdk="openai, chat completion",
        person=ANA,
        play=_ask(FIGURES),
        text=_chat_text,
        effect="reroute",
        rules=("unreleased-figures",),
        secret=(REVENUE,),
        reaches_vendor=False,
    ),
    Scene(
        title="A plain question: goes through byte for byte",
        sdk="openai, chat completion",
        person=ELI,
        play=_ask(QUESTION),
        text=_chat_text,
        effect="allow",
        rules=(),
        back=(QUESTION,),
        byte_identical=True,
    ),
    Scene(
        title="A tool call: the model sees tokens, the tool gets the real address",
        sdk="anthropic, messages with a tool",
        person=TOM,
        play=_tool,
        text=_chat_text,
        effect="allow",
        rules=("customers",),
        secret=(CUSTOMER, EMAIL),
        back=(CUSTOMER, EMAIL),
    ),
    Scene(
        title="An embedding: the vector is made of the tokens",
        sdk="openai, embedding",
        person=ANA,
        play=_embedding,
        text=lambda body: str(body["input"]),
        effect="allow",
        rules=("customers",),
        secret=(CUSTOMER, EMAIL),
    ),
)
