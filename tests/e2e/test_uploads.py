"""The SDKs' other endpoints, through proxy and gateway: files, batches, images, sounds, assistants, caches."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import anthropic
import httpx
import httpx2
import openai
import pytest
from google import genai
from google.genai import types

from tests.fakes.privet import Running, running
from tests.fakes.stored_wire import form
from tests.fakes.vendor import Vendor

pytestmark = pytest.mark.e2e

ways = pytest.mark.parametrize("way", ["proxy", "gateway"])
NAME, MAIL, SECRET = "Anna Schmidt", "anna@example.com", "hunter2-secret"
LINES = "\n".join(
    json.dumps(
        {
            "custom_id": f"request-{n}",
            "method": "POST",
            "url": "/v1/chat/completions",
            "body": {"model": "gpt-4o", "messages": [{"role": "user", "content": f"{n}: greet {NAME}"}]},
        }
    )
    for n in range(3)
)


@pytest.fixture(scope="module")
def vendor_server():
    with Vendor() as vendor:
        yield vendor


@pytest.fixture
def vendor(vendor_server: Vendor) -> Vendor:
    vendor_server.reset()
    return vendor_server


@pytest.fixture
async def privet(tmp_path: Path, vendor: Vendor) -> AsyncIterator[Running]:
    async with running(tmp_path, vendor) as privet:
        yield privet


def http_client(privet: Running, library: Any = httpx) -> Any:
    context = ssl.create_default_context(cafile=str(privet.state.ca_cert))
    return library.Client(proxy=privet.proxy, verify=context, trust_env=False, timeout=30)


def openai_client(privet: Running, way: str) -> openai.OpenAI:
    if way == "proxy":
        return openai.OpenAI(api_key="sk-test", http_client=http_client(privet), max_retries=0)
    return openai.OpenAI(api_key="sk-test", base_url=f"{privet.gateway}/openai/v1", max_retries=0)


def anthropic_client(privet: Running, way: str) -> anthropic.Anthropic:
    if way == "proxy":
        return anthropic.Anthropic(api_key="test", http_client=http_client(privet, httpx2), max_retries=0)
    return anthropic.Anthropic(api_key="test", base_url=f"{privet.gateway}/anthropic", max_retries=0)


def gemini_client(privet: Running, way: str) -> genai.Client:
    options: dict[str, Any] = {"httpx_client": http_client(privet)}
    if way == "gateway":
        options = {"base_url": f"{privet.gateway}/gemini"}
    return genai.Client(api_key="test", http_options=types.HttpOptions(**options))


async def call[T](work: Callable[[], T]) -> T:
    return await asyncio.to_thread(work)


def assert_hidden(vendor: Vendor, count: int = 1) -> None:
    assert len(vendor.requests) == count
    for value in (NAME, MAIL, "Anna%20Schmidt"):
        assert not vendor.saw(value), value
    assert any("PERSON_" in request.text for request in vendor.requests)


@ways
async def test_openai_batch_files_are_read_line_by_line(privet: Running, vendor: Vendor, way: str) -> None:
    client = openai_client(privet, way)
    file = await call(lambda: client.files.create(file=(f"{NAME}.jsonl", LINES.encode()), purpose="batch"))
    assert file.id == "file-abc123"
    assert NAME in file.filename  # restored
    assert_hidden(vendor)
    data, name = form(vendor.requests[0])["file"]
    assert name is not None
    assert name.startswith("PERSON_")
    lines = [json.loads(line) for line in data.splitlines()]
    assert [line["custom_id"] for line in lines] == ["request-0", "request-1", "request-2"]
    assert all(line["body"]["messages"][0]["content"].startswith(f"{n}: greet PERSON_") for n, line in enumerate(lines))
    batch = await call(
        lambda: client.batches.create(
            input_file_id="file-abc123",
            endpoint="/v1/chat/completions",
            completion_window="24h",
            metadata={"for": NAME},
        )
    )
    assert (batch.input_file_id, (batch.metadata or {})["for"]) == ("file-abc123", NAME)
    assert_hidden(vendor, 2)


@ways
async def test_openai_transcriptions(privet: Running, vendor: Vendor, way: str) -> None:
    client = openai_client(privet, way)
    sound = ("call.wav", b"RIFF\x00\x00\x00\x00WAVE\xff\xfe", "audio/wav")
    with pytest.raises(openai.PermissionDeniedError):  # nobody here can hear it
        await call(lambda: client.audio.transcriptions.create(model="whisper-1", file=sound, prompt=f"With {NAME}"))
    assert vendor.http_bytes == 0


SOUNDS = """
schema: privet.policy/1
id: sounds
defaults: {effect: allow, when_uninspected: allow, when_error: block}
rules:
  - id: people
    when: {entities: [{type: PERSON}]}
    effect: allow
    obligations: [{tokenize: {types: [PERSON], restore: true}}]
"""


@ways
async def test_what_a_policy_lets_pass_arrives_byte_for_byte(tmp_path: Path, vendor: Vendor, way: str) -> None:
    sound = bytes(range(256)) * 20
    async with running(tmp_path, vendor, policy=SOUNDS) as privet:
        client = openai_client(privet, way)
        reply = await call(
            lambda: client.audio.transcriptions.create(
                model="whisper-1", file=("call.wav", sound, "audio/wav"), prompt=f"With {NAME}"
            )
        )
        assert reply.text == f"I heard: With {NAME}"
        assert form(vendor.requests[0])["file"] == (sound, "call.wav")
        edited = await call(
            lambda: client.images.edit(image=("a.png", sound, "image/png"), prompt=f"Add {NAME}", model="gpt-image-1")
        )
        assert (edited.data or [])[0].revised_prompt == f"A picture: Add {NAME}"
    assert_hidden(vendor, 2)


@ways
async def test_openai_images_and_moderations(privet: Running, vendor: Vendor, way: str) -> None:
    client = openai_client(privet, way)
    image = await call(lambda: client.images.generate(model="gpt-image-1", prompt=f"Paint {NAME}", size="1024x1024"))
    assert (image.data or [])[0].revised_prompt == f"A picture: Paint {NAME}"
    await call(lambda: client.moderations.create(model="omni-moderation-latest", input=f"Is {NAME} nice?"))
    assert_hidden(vendor, 2)


@ways
async def test_openai_assistants(privet: Running, vendor: Vendor, way: str) -> None:
    client = openai_client(privet, way)
    assistant = await call(lambda: client.beta.assistants.create(model="gpt-4o", name="A", instructions=f"Help {NAME}"))
    assert assistant.instructions == f"Help {NAME}"
    message = await call(
        lambda: client.beta.threads.messages.create("thread_abc123", role="user", content=f"Hello from {NAME}")
    )
    assert message.content[0].text.value == f"Hello from {NAME}"  # type: ignore[union-attr]

    def run() -> str:
        events = client.beta.threads.runs.create(
            "thread_abc123", assistant_id="asst_abc123", additional_instructions=f"Greet {NAME}", stream=True
        )
        deltas = [event.data.delta for event in events if event.event == "thread.message.delta"]
        return "".join(delta.content[0].text.value for delta in deltas)  # type: ignore[index,union-attr]

    assert await call(run) == f"You said: Greet {NAME}"
    assert_hidden(vendor, 3)


@ways
async def test_a_secret_in_an_upload_is_blocked(privet: Running, vendor: Vendor, way: str) -> None:
    lines = LINES.replace(NAME, SECRET)
    with pytest.raises(openai.PermissionDeniedError) as error:
        await call(lambda: openai_client(privet, way).files.create(file=("b.jsonl", lines.encode()), purpose="batch"))
    assert "Take the credential out." in str(error.value)
    with pytest.raises(anthropic.PermissionDeniedError):
        await call(
            lambda: anthropic_client(privet, way).beta.files.upload(file=("a.txt", SECRET.encode(), "text/plain"))
        )
    assert vendor.http_bytes == 0


@ways
async def test_anthropic_batches_and_files(privet: Running, vendor: Vendor, way: str) -> None:
    client = anthropic_client(privet, way)
    params: Any = {
        "model": "claude-sonnet-4-5",
        "max_tokens": 9,
        "messages": [{"role": "user", "content": f"Hi {NAME}"}],
    }
    batch = await call(lambda: client.messages.batches.create(requests=[{"custom_id": "request-1", "params": params}]))
    assert batch.processing_status == "in_progress"
    text = f"Dear {NAME}, write to {MAIL}."
    file = await call(lambda: client.beta.files.upload(file=(f"{NAME}.txt", text.encode(), "text/plain")))
    assert file.filename == f"{NAME}.txt"
    assert_hidden(vendor, 2)
    assert form(vendor.requests[1])["file"][0].startswith(b"Dear PERSON_")


@ways
async def test_gemini_files_caches_and_embeddings(privet: Running, vendor: Vendor, way: str, tmp_path: Path) -> None:
    client = gemini_client(privet, way)
    path = tmp_path / "letter.txt"
    path.write_text(f"Dear {NAME}, write to {MAIL}.")
    config = types.UploadFileConfig(display_name=f"Letter to {NAME}", mime_type="text/plain")
    file = await call(lambda: client.files.upload(file=path, config=config))
    assert file.name == "files/abc123"
    count = len(vendor.requests)
    assert count == 2
    assert vendor.requests[1].text.startswith("Dear PERSON_")
    cache = await call(
        lambda: client.caches.create(
            model="gemini-2.5-flash",
            config=types.CreateCachedContentConfig(
                contents=[f"All about {NAME}"], system_instruction="Be brief.", ttl="300s", display_name=f"On {NAME}"
            ),
        )
    )
    assert cache.display_name == f"On {NAME}"
    await call(lambda: client.models.embed_content(model="gemini-embedding-001", contents=f"About {NAME}"))
    assert_hidden(vendor, 4)
