"""The vendors' own SDKs through the proxy and the gateway, over real TLS, with real detection; streaming and not."""

import json
import ssl
from typing import Any

import anthropic
import httpx
import httpx2
import openai
import pytest
from google import genai
from google.genai import types

from tests.fakes.service import Service
from tests.fakes.vendor import Vendor

pytestmark = pytest.mark.e2e

TEXT = "Please write to Anna Schmidt (anna.schmidt@acme-mail.com, +49 151 23456789) about her order."
VALUES = ["Anna Schmidt", "anna.schmidt@acme-mail.com", "151 23456789"]
SECRET = "Deploy with AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCY1a2b3c4d5e please"

ways = pytest.mark.parametrize("way", ["proxy", "gateway"])


def http_client(service: Service, user: str = "", library: Any = httpx) -> Any:
    """A client of the library that the SDK uses (httpx, or anthropic's httpx2), with a user's proxy credentials."""
    context = ssl.create_default_context(cafile=str(service.ca))
    proxy = service.proxy.replace("http://", f"http://{user}:secret@") if user else service.proxy
    return library.Client(proxy=proxy, verify=context, trust_env=False, timeout=60)


def openai_client(service: Service, way: str, user: str = "") -> openai.OpenAI:
    if way == "proxy":
        return openai.OpenAI(api_key="sk-test", http_client=http_client(service, user))
    headers = {"x-privet-user": user} if user else {}
    return openai.OpenAI(api_key="sk-test", base_url=f"{service.gateway}/openai/v1", default_headers=headers)


def anthropic_client(service: Service, way: str, user: str = "") -> anthropic.Anthropic:
    if way == "proxy":
        return anthropic.Anthropic(api_key="test", http_client=http_client(service, user, httpx2))
    headers = {"x-privet-user": user} if user else {}
    return anthropic.Anthropic(api_key="test", base_url=f"{service.gateway}/anthropic", default_headers=headers)


def gemini_client(service: Service, way: str) -> genai.Client:
    options: dict[str, Any] = {"httpx_client": http_client(service)}
    if way == "gateway":
        options = {"base_url": f"{service.gateway}/gemini"}
    return genai.Client(api_key="test", http_options=types.HttpOptions(**options))


def assert_redacted_and_restored(vendor: Vendor, reply: str) -> None:
    assert len(vendor.requests) == 1
    for value in VALUES:
        assert not vendor.saw(value), value
        assert value in reply
    assert vendor.saw("PERSON_")


@ways
@pytest.mark.parametrize("stream", [False, True])
def test_openai_chat(service: Service, real_vendor: Vendor, way: str, stream: bool) -> None:
    client = openai_client(service, way)
    messages: Any = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": TEXT}]
    if stream:
        chunks = client.chat.completions.create(model="gpt-4o", messages=messages, stream=True)
        reply = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    else:
        reply = client.chat.completions.create(model="gpt-4o", messages=messages).choices[0].message.content or ""
    assert_redacted_and_restored(real_vendor, reply)


@ways
@pytest.mark.parametrize("stream", [False, True])
def test_openai_responses(service: Service, real_vendor: Vendor, way: str, stream: bool) -> None:
    client = openai_client(service, way)
    if stream:
        with client.responses.stream(model="gpt-4o", input=TEXT) as events:
            pieces = [event.delta for event in events if event.type == "response.output_text.delta"]
            final = events.get_final_response().output_text
        assert "".join(pieces) == final
    else:
        final = client.responses.create(model="gpt-4o", input=TEXT, instructions="Be brief.").output_text
    assert_redacted_and_restored(real_vendor, final)


@ways
def test_openai_embeddings(service: Service, real_vendor: Vendor, way: str) -> None:
    reply = openai_client(service, way).embeddings.create(model="text-embedding-3-small", input=[TEXT, "hello"])
    assert len(reply.data) == 2
    assert not any(real_vendor.saw(value) for value in VALUES)
    assert json.loads(real_vendor.requests[0].body)["input"][1] == "hello"


TOOL = {
    "type": "function",
    "function": {
        "name": "send_mail",
        "parameters": {"type": "object", "properties": {"to": {"type": "string"}, "name": {"type": "string"}}},
    },
}


@ways
@pytest.mark.parametrize("stream", [False, True])
def test_openai_tool_arguments_are_restored(service: Service, real_vendor: Vendor, way: str, stream: bool) -> None:
    client = openai_client(service, way)
    text = "Call send_mail for 'anna.schmidt@acme-mail.com' named 'Anna Schmidt' now"
    options: Any = {"model": "gpt-4o", "messages": [{"role": "user", "content": text}], "tools": [TOOL]}
    if stream:
        with client.chat.completions.stream(**options) as events:
            completion = events.get_final_completion()
    else:
        completion = client.chat.completions.create(**options)
    arguments = json.loads(completion.choices[0].message.tool_calls[0].function.arguments)
    assert arguments == {"to": "anna.schmidt@acme-mail.com", "name": "Anna Schmidt"}
    assert not real_vendor.saw("Anna")


@ways
@pytest.mark.parametrize("stream", [False, True])
def test_anthropic(service: Service, real_vendor: Vendor, way: str, stream: bool) -> None:
    client = anthropic_client(service, way)
    options: Any = {
        "model": "claude-sonnet-4-5",
        "max_tokens": 200,
        "system": "Be brief.",
        "messages": [{"role": "user", "content": [{"type": "text", "text": TEXT}]}],
    }
    if stream:
        with client.messages.stream(**options) as events:
            reply = "".join(events.text_stream)
            assert events.get_final_message().content[0].text == reply
    else:
        reply = client.messages.create(**options).content[0].text
    assert_redacted_and_restored(real_vendor, reply)


@ways
@pytest.mark.parametrize("stream", [False, True])
def test_anthropic_tool_input_is_restored(service: Service, real_vendor: Vendor, way: str, stream: bool) -> None:
    client = anthropic_client(service, way)
    tool = {"name": "send_mail", "input_schema": TOOL["function"]["parameters"]}
    text = "Call send_mail for 'anna.schmidt@acme-mail.com' named 'Anna Schmidt' now"
    options: Any = {
        "model": "claude-sonnet-4-5",
        "max_tokens": 200,
        "tools": [tool],
        "messages": [{"role": "user", "content": text}],
    }
    if stream:
        with client.messages.stream(**options) as events:
            message = events.get_final_message()
    else:
        message = client.messages.create(**options)
    call = next(block for block in message.content if block.type == "tool_use")
    assert call.input == {"to": "anna.schmidt@acme-mail.com", "name": "Anna Schmidt"}
    assert not real_vendor.saw("Anna")


@ways
@pytest.mark.parametrize("stream", [False, True])
def test_gemini(service: Service, real_vendor: Vendor, way: str, stream: bool) -> None:
    client = gemini_client(service, way)
    if stream:
        chunks = client.models.generate_content_stream(model="gemini-2.5-flash", contents=TEXT)
        reply = "".join(chunk.text or "" for chunk in chunks)
    else:
        reply = client.models.generate_content(model="gemini-2.5-flash", contents=TEXT).text or ""
    assert_redacted_and_restored(real_vendor, reply)


@ways
def test_a_clean_request_arrives_byte_for_byte(service: Service, real_vendor: Vendor, way: str) -> None:
    body = b'{ "model":"gpt-4o" ,\n "unknown_field": [1e5, 1.50, "\\u00e4"], "messages":[{"role":"user","content":"What is 2+2?"}] }'
    headers = {"content-type": "application/json", "authorization": "Bearer sk-test"}
    if way == "proxy":
        http_client(service).post("https://api.openai.com/v1/chat/completions", content=body, headers=headers)
    else:
        httpx.post(f"{service.gateway}/v1/chat/completions", content=body, headers=headers, trust_env=False)
    (request,) = real_vendor.requests
    assert request.body == body
    assert request.header("authorization") == "Bearer sk-test"
    assert not [name for name, _ in request.headers if name.lower().startswith("x-privet")]


BARE: list[tuple[str, dict[str, Any]]] = [
    ("/v1/chat/completions", {"model": "gpt-4o", "messages": [{"role": "user", "content": TEXT}]}),
    ("/v1/responses", {"model": "gpt-4o", "input": TEXT}),
    ("/v1/embeddings", {"model": "text-embedding-3-small", "input": TEXT}),
    ("/v1/messages", {"model": "claude-sonnet-4-5", "max_tokens": 9, "messages": [{"role": "user", "content": TEXT}]}),
    ("/v1beta/models/gemini-2.5-flash:generateContent", {"contents": [{"parts": [{"text": TEXT}]}]}),
]


@pytest.mark.parametrize(("path", "body"), BARE)
def test_bare_gateway_paths(service: Service, real_vendor: Vendor, path: str, body: dict[str, Any]) -> None:
    reply = httpx.post(service.gateway + path, json=body, trust_env=False, timeout=60)
    assert reply.status_code == 200
    assert real_vendor.requests[0].path == path
    assert not any(real_vendor.saw(value) for value in VALUES)


@ways
def test_blocks_raise_the_sdks_own_error_and_are_not_retried(service: Service, real_vendor: Vendor, way: str) -> None:
    with pytest.raises(openai.PermissionDeniedError) as openai_error:
        openai_client(service, way).chat.completions.create(
            model="gpt-4o", messages=[{"role": "user", "content": SECRET}]
        )
    with pytest.raises(anthropic.PermissionDeniedError) as anthropic_error:
        anthropic_client(service, way).messages.create(
            model="claude-sonnet-4-5", max_tokens=9, messages=[{"role": "user", "content": SECRET}]
        )
    for error in (openai_error.value, anthropic_error.value):
        assert "wJalr" not in str(error)
        assert error.response.json()["privet"]["decision_id"] in str(error)
    assert real_vendor.http_bytes == 0


@ways
@pytest.mark.parametrize("stream", [False, True])
def test_rerouted_answers_come_in_the_callers_dialect(
    service: Service, real_vendor: Vendor, way: str, stream: bool
) -> None:
    """Ana is in finance: her requests are answered by the embedded model."""
    messages: Any = [{"role": "user", "content": "Say hello."}]
    client = openai_client(service, way, "ana")
    if stream:
        with client.chat.completions.with_streaming_response.create(
            model="gpt-4o", messages=messages, max_tokens=12, stream=True
        ) as raw:
            assert raw.headers["x-privet-rerouted"] == "inside"
            assert "[DONE]" in "".join(raw.iter_text())
        chunks = client.chat.completions.create(model="gpt-4o", messages=messages, max_tokens=12, stream=True)
        text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    else:
        raw_reply = client.chat.completions.with_raw_response.create(model="gpt-4o", messages=messages, max_tokens=12)
        assert raw_reply.headers["x-privet-rerouted"] == "inside"
        assert json.loads(raw_reply.text)["privet"]["rerouted_to"]
        text = raw_reply.parse().choices[0].message.content or ""
    assert text.strip()
    claude = anthropic_client(service, way, "ana")
    message: Any = {"model": "claude-sonnet-4-5", "max_tokens": 12, "messages": messages}
    if stream:
        with claude.messages.stream(**message) as events:
            assert "".join(events.text_stream).strip()
    else:
        assert claude.messages.create(**message).content[0].text.strip()
    assert real_vendor.http_bytes == 0


def test_vendor_errors_pass_unchanged(service: Service, real_vendor: Vendor) -> None:
    from tests.fakes.model import Behaviour

    real_vendor.once(Behaviour(status=429, retry_after=0))
    client = openai_client(service, "proxy").with_options(max_retries=0)
    with pytest.raises(openai.RateLimitError) as error:
        client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "hello"}])
    assert error.value.response.headers["retry-after"] == "0"


def test_the_log_of_all_this_verifies_and_holds_no_content(service: Service) -> None:
    openai_client(service, "proxy").chat.completions.create(
        model="gpt-4o", messages=[{"role": "user", "content": TEXT}]
    )
    assert service.privet("audit", "verify").returncode == 0
    export = service.privet("audit", "export", "--format", "jsonl").stdout
    files = [*service.directory.glob("audit.db*"), *(service.directory / "state").rglob("*.log")]
    everything = export + service.log + "".join(file.read_bytes().decode("latin-1") for file in files)
    for value in (*VALUES, "wJalrXUtn", "sk-test"):
        assert value not in everything
