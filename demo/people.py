"""Who asks, and by which way into Privet: the vendors' own SDKs, set up as a person of each department would.

Each client notes the bytes that it sends, so that they can be held against those that reach the vendor.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, assert_never

import anthropic
import openai

from demo.world import PASSWORD, World

KEY = "sk-demo-not-a-real-key"


class Way(Enum):
    """A way into Privet, and how it tells who is asking."""

    CREDENTIALS = "explicit proxy, proxy credentials"
    NETWORK = "explicit proxy, known by network"
    HEADER = "gateway, named by a trusted client's header"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who asks."""

    name: str
    department: str
    way: Way


ANA = Person("Ana", "finance", Way.CREDENTIALS)
ELI = Person("Eli", "engineering", Way.NETWORK)
TOM = Person("Tom", "support", Way.HEADER)


@dataclass(slots=True)
class Desk:
    """A person at work: the SDKs' clients, and what went through them."""

    openai: openai.OpenAI
    anthropic: anthropic.Anthropic
    sent: list[bytes] = field(default_factory=list)
    decisions: list[str] = field(default_factory=list)


@contextmanager
def at_desk(person: Person, world: World) -> Iterator[Desk]:
    """The person's SDK clients, set up for their way into Privet."""
    sent: list[bytes] = []
    decisions: list[str] = []

    def note_request(request: Any) -> None:
        sent.append(request.read())

    def note_response(response: Any) -> None:
        decisions.append(response.headers.get("x-privet-decision", ""))

    # httpx and httpx2 are the same here but for their types.
    options: dict[str, Any] = {
        "trust_env": False,
        "verify": world.privet.trust(),
        "event_hooks": {"request": [note_request], "response": [note_response]},
    }
    openai_url, anthropic_url = "https://api.openai.com/v1", "https://api.anthropic.com"
    headers = {}
    match person.way:
        case Way.CREDENTIALS:
            options["proxy"] = world.privet.proxy.replace("//", f"//{person.name.lower()}:{PASSWORD}@")
        case Way.NETWORK:
            options["proxy"] = world.privet.proxy
        case Way.HEADER:
            headers = {"x-privet-user": person.name.lower()}
            openai_url, anthropic_url = (
                f"{world.privet.gateway}/openai/v1",
                f"{world.privet.gateway}/anthropic",
            )
        case _:
            assert_never(person.way)
    with openai.DefaultHttpxClient(**options) as http, anthropic.DefaultHttpxClient(**options) as http2:
        yield Desk(
            openai.OpenAI(api_key=KEY, base_url=openai_url, http_client=http, default_headers=headers),
            anthropic.Anthropic(api_key=KEY, base_url=anthropic_url, http_client=http2, default_headers=headers),
            sent,
            decisions,
        )
