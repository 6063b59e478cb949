"""Realtime APIs with the vendors' own clients, through proxy and gateway: OpenAI realtime and responses, Gemini Live."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import openai
import pytest
import websockets
from google import genai
from google.genai import errors, types

from proxy.mitm.websocket import REFUSED
from tests.fakes.model import Behaviour, Call
from tests.fakes.privet import Running, running
from tests.fakes.realtime_wire import SOUND
from tests.fakes.vendor import Vendor

pytestmark = pytest.mark.e2e

NAME, MAIL, SECRET = "Anna Schmidt", "anna@example.com", "hunter2-secret"
HEARING = """
  - id: sound
    "on": [request, reply]
    when: {uninspected: [{reason: unsupported_media, media: ["audio/*"]}]}
    effect: allow
"""
POLICY = f"""
schema: privet.policy/1
id: test
defaults: {{effect: allow, when_uninspected: block, when_error: block}}
rules:
  - id: secrets-stay
    when: {{entities: [SECRET]}}
    effect: block
    message: Take the credential out.
  - id: people
    when: {{entities: [PERSON]}}
    obligations: [{{tokenize: {{types: [PERSON]}}}}]
{HEARING}"""
REPLIES = """
  - id: addresses-of-the-reply
    "on": [reply]
    when: {entities: [EMAIL_ADDRESS]}
    obligations: [{redact: {types: [EMAIL_ADDRESS]}}]
  - id: secrets-of-the-reply
    "on": [reply]
    when: {entities: [SECRET]}
    effect: block
    message: The model wrote a credential.
"""

ways = pytest.mark.parametrize("way", ["proxy", "gateway"])
policies = pytest.mark.parametrize("policy", [POLICY, POLICY + REPLIES], ids=["restored", "inspected"])


@pytest.fixture(scope="module")
def vendor_server() -> Iterator[Vendor]:
    with Vendor() as vendor:
        yield vendor


@pytest.fixture
def vendor(vendor_server: Vendor) -> Vendor:
    vendor_server.reset()
    vendor_server.behaviour = Behaviour()
    return vendor_server


def arrived(vendor: Vendor) -> str:
    return "\n".join(m if isinstance(m, str) else m.decode("utf-8", "replace") for m in vendor.websocket_messages)


def openai_client(privet: Running, way: str) -> openai.AsyncOpenAI:
    base = f"{privet.gateway}/openai/v1" if way == "gateway" else "https://api.openai.com/v1"
    return openai.AsyncOpenAI(api_key="sk-test", base_url=base)


def options(privet: Running, way: str) -> Any:
    return {"proxy": None} if way == "gateway" else {"proxy": privet.proxy, "ssl": privet.trust()}


@asynccontextmanager
async def realtime(privet: Running, way: str, **session: Any) -> AsyncIterator[Any]:
    client = openai_client(privet, way)
    connecting = client.realtime.connect(model="gpt-realtime", websocket_connection_options=options(privet, way))
    async with client, connecting as connection:
        assert (await connection.recv()).type == "session.created"
        await connection.session.update(session={"type": "realtime", "instructions": f"You help {NAME}.", **session})
        assert (await connection.recv()).session.instructions == f"You help {NAME}."
        yield connection


async def ask(connection: Any, text: str) -> list[Any]:
    """The events up to the end of the response."""
    content = [{"type": "input_text", "text": text}]
    await connection.conversation.item.create(item={"type": "message", "role": "user", "content": content})
    await connection.response.create()
    events: list[Any] = []
    async for event in connection:
        events.append(event)
        if event.type == "response.done":
            break
    return events


def deltas(events: list[Any], kind: str) -> str:
    return "".join(event.delta for event in events if event.type == f"response.{kind}.delta")


@ways
@policies
async def test_openai_realtime(tmp_path: Path, vendor: Vendor, way: str, policy: str) -> None:
    vendor.behaviour = Behaviour(text=lambda prompt: f"{prompt.text} — and {prompt.text}, mail {MAIL}!")
    async with running(tmp_path, vendor, policy=policy) as privet, realtime(privet, way) as connection:
        events = await ask(connection, f"Who is {NAME}?")
    mail = MAIL if policy == POLICY else "[EMAIL_ADDRESS]"
    said = f"Who is {NAME}? — and Who is {NAME}?, mail {mail}!"
    assert deltas(events, "output_text") == said
    assert events[-1].response.output[0].content[0].text == said
    assert NAME not in arrived(vendor)
    assert "PERSON_" in arrived(vendor)
    assert {event.request.dialect for event in privet.store.intents} == {"openai-realtime"}
    assert {event.request.model for event in privet.store.intents} == {"gpt-realtime"}
    counts = [count for event in privet.store.outcomes for count in event.entities]
    assert {count.type for count in counts} == {"EMAIL_ADDRESS"}  # a rule about sound speaks of replies already


@policies
async def test_openai_realtime_calls_tools_with_whole_arguments(tmp_path: Path, vendor: Vendor, policy: str) -> None:
    vendor.behaviour = Behaviour(call=lambda prompt: Call("look_up", {"who": prompt.text, "mail": MAIL}))
    async with running(tmp_path, vendor, policy=policy) as privet, realtime(privet, "proxy") as connection:
        events = await ask(connection, NAME)
    mail = MAIL if policy == POLICY else "[EMAIL_ADDRESS]"
    assert json.loads(deltas(events, "function_call_arguments")) == {"who": NAME, "mail": mail}
    assert json.loads(events[-1].response.output[0].arguments) == {"who": NAME, "mail": mail}
    assert NAME not in arrived(vendor)


@policies
async def test_openai_realtime_speaks_and_hears_where_the_policy_says_so(
    tmp_path: Path, vendor: Vendor, policy: str
) -> None:
    async with (
        running(tmp_path, vendor, policy=policy) as privet,
        realtime(privet, "gateway", output_modalities=["audio"]) as connection,
    ):
        await connection.input_audio_buffer.append(audio=SOUND)
        await connection.recv()
        events = await ask(connection, f"Who is {NAME}?")
    assert deltas(events, "output_audio_transcript") == f"You said: Who is {NAME}?"
    assert set(deltas(events, "output_audio").split(SOUND)) == {""}
    kinds = [event.type.rpartition(".")[0] for event in events if event.type.endswith(".delta")]
    assert kinds[:4] == ["response.output_audio_transcript", "response.output_audio"] * 2, "in their order"


async def test_sound_that_no_policy_allows_stays_here(tmp_path: Path, vendor: Vendor) -> None:
    policy = POLICY.replace(HEARING, "")
    async with running(tmp_path, vendor, policy=policy) as privet, realtime(privet, "proxy") as connection:
        before = arrived(vendor)
        await connection.input_audio_buffer.append(audio=SOUND)
        event = await connection.recv()
        assert (event.type, event.error.code) == ("error", "privet_blocked")
        with pytest.raises(websockets.ConnectionClosed):
            await connection.recv()
    assert arrived(vendor) == before
    assert privet.store.intents[-1].skipped[0].reason == "unsupported_media"


@ways
async def test_openai_realtime_reports_a_refusal(tmp_path: Path, vendor: Vendor, way: str) -> None:
    async with running(tmp_path, vendor, policy=POLICY) as privet, realtime(privet, way) as connection:
        await connection.send({"type": "conversation.item.create", "event_id": "evt_1", "item": {"text": SECRET}})
        event = await connection.recv()
        assert (event.type, event.error.code, event.error.event_id) == ("error", "privet_blocked", "evt_1")
        assert event.error.message.startswith("Take the credential out.")
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await connection.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == REFUSED
    assert SECRET not in arrived(vendor)
    assert privet.store.intents[-1].decision.determining_rules == ("secrets-stay",)


@ways
async def test_openai_realtime_reports_a_reply_that_is_blocked(tmp_path: Path, vendor: Vendor, way: str) -> None:
    async with running(tmp_path, vendor, policy=POLICY + REPLIES) as privet, realtime(privet, way) as connection:
        vendor.behaviour = Behaviour(text=f"The key is {SECRET}, it is.")
        content = [{"type": "input_text", "text": "Which key?"}]
        await connection.conversation.item.create(item={"type": "message", "role": "user", "content": content})
        await connection.response.create()
        events: list[Any] = []
        with suppress(websockets.ConnectionClosed):
            async for event in connection:
                events.append(event)
        assert SECRET not in deltas(events, "output_text")
        assert events[-1].error.code == "privet_reply_blocked"
    blocked = [event for event in privet.store.outcomes if event.outcome.error == "reply_blocked"]
    assert {count.type for event in blocked for count in event.entities} <= {"SECRET", "PERSON"}
    assert blocked


@policies
async def test_openai_responses_over_a_websocket(tmp_path: Path, vendor: Vendor, policy: str) -> None:
    vendor.behaviour = Behaviour(websocket=True)
    async with running(tmp_path, vendor, policy=policy) as privet:
        client = openai_client(privet, "proxy")
        connecting = client.responses.connect(websocket_connection_options=options(privet, "proxy"))
        async with client, connecting as connection:
            await connection.response.create(model="gpt-5", input=f"Who is {NAME}?", stream_id="lane_1")
            events: list[Any] = []
            async for event in connection:
                events.append(event)
                if event.type == "response.completed":
                    break
    assert deltas(events, "output_text") == f"You said: Who is {NAME}?"
    assert NAME not in arrived(vendor)
    assert [event.request.dialect for event in privet.store.intents] == ["openai-responses"] * 2
    assert privet.store.intents[-1].request.model == "gpt-5"


@asynccontextmanager
async def live(privet: Running, monkeypatch: pytest.MonkeyPatch, **config: Any) -> AsyncIterator[Any]:
    """A session through the proxy: this client always asks for TLS, which the gateway doesn't speak."""
    monkeypatch.setenv("HTTPS_PROXY", privet.proxy)
    options = types.HttpOptions(async_client_args={"ssl": privet.trust()})
    client = genai.Client(api_key="AIzaSyTest", http_options=options)
    config = {"response_modalities": ["TEXT"], "system_instruction": f"You help {NAME}.", **config}
    async with client.aio.live.connect(model="gemini-live", config=config) as session:
        yield session


async def heard(session: Any) -> tuple[str, str, bytes]:
    """Text, transcript and sound of a turn."""
    text, transcript, sound = "", "", b""
    async for message in session.receive():
        if (content := message.server_content) is None:
            continue
        if content.output_transcription is not None:
            transcript += content.output_transcription.text or ""
        for part in content.model_turn.parts if content.model_turn else []:
            text += part.text or ""
            sound += part.inline_data.data if part.inline_data else b""
    return text, transcript, sound


@policies
async def test_gemini_live(tmp_path: Path, vendor: Vendor, monkeypatch, policy: str) -> None:
    async with (
        running(tmp_path, vendor, policy=policy) as privet,
        live(privet, monkeypatch) as session,
    ):
        turn = types.Content(role="user", parts=[types.Part(text=f"Who is {NAME}?")])
        await session.send_client_content(turns=turn, turn_complete=True)
        assert (await heard(session))[0] == f"You said: Who is {NAME}?"
        vendor.behaviour = Behaviour(text=lambda prompt: f"{prompt.text}: {MAIL}.")
        await session.send_realtime_input(text=f"And {NAME}'s mail?")
        mail = MAIL if policy == POLICY else "[EMAIL_ADDRESS]"
        assert (await heard(session))[0] == f"And {NAME}'s mail?: {mail}."
    assert NAME not in arrived(vendor)
    assert {event.request.dialect for event in privet.store.intents} == {"gemini-live"}
    assert [event.request.model for event in privet.store.intents] == ["", *["gemini-live"] * 3]


@policies
async def test_gemini_live_speaks_where_the_policy_says_so(
    tmp_path: Path, vendor: Vendor, monkeypatch, policy: str
) -> None:
    config = {"response_modalities": ["AUDIO"], "output_audio_transcription": {}}
    async with (
        running(tmp_path, vendor, policy=policy) as privet,
        live(privet, monkeypatch, **config) as session,
    ):
        await session.send_realtime_input(audio=types.Blob(data=bytes(range(256)), mime_type="audio/pcm;rate=16000"))
        await session.send_realtime_input(text=f"Who is {NAME}?")
        _, transcript, sound = await heard(session)
    assert transcript == f"You said: Who is {NAME}?"
    assert sound.startswith(bytes(range(256)))
    assert NAME not in arrived(vendor)


async def test_gemini_live_calls_tools(tmp_path: Path, vendor: Vendor, monkeypatch) -> None:
    async with running(tmp_path, vendor, policy=POLICY) as privet, live(privet, monkeypatch) as session:
        vendor.behaviour = Behaviour(call=lambda prompt: Call("look_up", {"who": prompt.text}))
        await session.send_client_content(turns=types.Content(role="user", parts=[types.Part(text=NAME)]))
        message = await session._receive()
        assert message.tool_call.function_calls[0].args == {"who": NAME}
        vendor.behaviour = Behaviour()
        result = types.FunctionResponse(id="c1", name="look_up", response={"result": NAME})
        await session.send_tool_response(function_responses=[result])
        assert NAME in (await heard(session))[0]
    assert NAME not in arrived(vendor)


async def test_gemini_live_reports_a_refusal(tmp_path: Path, vendor: Vendor, monkeypatch) -> None:
    async with running(tmp_path, vendor, policy=POLICY) as privet, live(privet, monkeypatch) as session:
        await session.send_realtime_input(text=f"my key is {SECRET}")
        with pytest.raises(errors.APIError) as refused:
            await heard(session)
        assert refused.value.code == REFUSED
        assert "Take the credential out." in str(refused.value)
        assert privet.store.intents[-1].decision_id in str(refused.value)
    assert SECRET not in arrived(vendor)


async def test_gemini_live_through_the_gateway(tmp_path: Path, vendor: Vendor) -> None:
    path = "/gemini/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent?key=AIzaSyTest"
    async with running(tmp_path, vendor, policy=POLICY + REPLIES) as privet:
        url = f"{privet.gateway.replace('http', 'ws', 1)}{path}"
        async with websockets.connect(url, proxy=None) as session:
            await session.send(json.dumps({"setup": {"model": "models/gemini-live"}}))
            assert "setupComplete" in json.loads(await session.recv())
            await session.send(json.dumps({"realtimeInput": {"text": f"Who is {NAME}?"}}))
            said = ""
            while "turnComplete" not in (content := json.loads(await session.recv()).get("serverContent", {})):
                said += "".join(part["text"] for part in content.get("modelTurn", {}).get("parts", []))
    assert said == f"You said: Who is {NAME}?"
    assert NAME not in arrived(vendor)
