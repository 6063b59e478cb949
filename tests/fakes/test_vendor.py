"""The stand-in speaks the vendors' formats as their own SDKs read them, and counts what it got."""

import contextlib
import json
import socket
import ssl
import time

import anthropic
import httpx
import openai
import pytest
from google import genai
from google.genai import types as gemini_types

from tests.fakes.certificates import Authority
from tests.fakes.model import Behaviour, Call, Prompt, Tool, answer, pieces, quoted
from tests.fakes.vendor import Vendor

TEXT = 'Grüße an "Ana Müller" 🎉 <ana@example.com>'
TOOL = {"type": "object", "properties": {"to": {"type": "string"}, "urgent": {"type": "boolean"}}}
ASK = 'Please call send_mail for "ana@example.com".'


@pytest.fixture(scope="module")
def running():
    with Vendor() as vendor:
        yield vendor


@pytest.fixture
def vendor(running):
    running.behaviour = Behaviour()
    running.reset()
    return running


@pytest.fixture
def http(vendor):
    with httpx.Client(verify=ssl.create_default_context(cafile=vendor.ca_file), trust_env=False) as client:
        yield client


@pytest.fixture
def openai_client(vendor, http):
    return openai.OpenAI(api_key="sk-test", base_url=f"{vendor.url}/v1", http_client=http, max_retries=0)


@pytest.fixture
def anthropic_client(vendor):
    context = ssl.create_default_context(cafile=vendor.ca_file)
    with anthropic.DefaultHttpxClient(verify=context, trust_env=False) as client:
        yield anthropic.Anthropic(api_key="sk-ant-test", base_url=vendor.url, http_client=client, max_retries=0)


@pytest.fixture
def gemini_client(vendor):
    options = gemini_types.HttpOptions(base_url=vendor.plain_url)
    return genai.Client(api_key="test", http_options=options)


def user(text):
    return [{"role": "user", "content": text}]


def test_chat_completions(openai_client, vendor):
    reply = openai_client.chat.completions.create(model="gpt-4o-mini", messages=user(TEXT))
    assert reply.choices[0].message.content == f"You said: {TEXT}"
    assert vendor.requests[0].json()["messages"] == user(TEXT)
    assert vendor.requests[0].header("Authorization") == "Bearer sk-test"
    assert vendor.requests[0].sni == "localhost"


@pytest.mark.parametrize(
    "behaviour",
    [
        Behaviour(),
        Behaviour(piece_sizes=(1,)),
        Behaviour(chunk_bytes=1),
        Behaviour(chunk_bytes=7, ascii_json=True),
        Behaviour(compress=True),
    ],
)
def test_chat_completions_streamed(openai_client, vendor, behaviour):
    vendor.behaviour = behaviour
    stream = openai_client.chat.completions.create(
        model="gpt-4o-mini", messages=user(TEXT), stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == f"You said: {TEXT}"
    assert chunks[-1].usage.total_tokens > 0


def test_chat_tool_call(openai_client):
    tools = [{"type": "function", "function": {"name": "send_mail", "parameters": TOOL}}]
    whole = openai_client.chat.completions.create(model="gpt-4o-mini", messages=user(ASK), tools=tools)
    call = whole.choices[0].message.tool_calls[0]
    assert json.loads(call.function.arguments) == {"to": "ana@example.com", "urgent": True}
    with openai_client.chat.completions.stream(model="gpt-4o-mini", messages=user(ASK), tools=tools) as stream:
        final = stream.get_final_completion()
    assert final.choices[0].message.tool_calls[0].function.arguments == call.function.arguments
    result = {"role": "tool", "tool_call_id": call.id, "content": "sent"}
    after = openai_client.chat.completions.create(
        model="gpt-4o-mini", messages=[*user(ASK), whole.choices[0].message, result], tools=tools
    )
    assert after.choices[0].message.content == "The tool said: sent"


def test_responses(openai_client):
    whole = openai_client.responses.create(model="gpt-5.4", input=TEXT)
    assert whole.output_text == f"You said: {TEXT}"
    with openai_client.responses.stream(model="gpt-5.4", input=[{"role": "user", "content": TEXT}]) as stream:
        deltas = "".join(event.delta for event in stream if event.type == "response.output_text.delta")
        assert deltas == stream.get_final_response().output_text == f"You said: {TEXT}"


def test_responses_tool_call(openai_client):
    tools = [{"type": "function", "name": "send_mail", "parameters": TOOL, "strict": False}]
    whole = openai_client.responses.create(model="gpt-5.4", input=ASK, tools=tools)
    with openai_client.responses.stream(model="gpt-5.4", input=ASK, tools=tools) as stream:
        streamed = stream.get_final_response()
    assert json.loads(whole.output[0].arguments) == json.loads(streamed.output[0].arguments)
    assert json.loads(whole.output[0].arguments)["to"] == "ana@example.com"
    output = {"type": "function_call_output", "call_id": whole.output[0].call_id, "output": "sent"}
    after = openai_client.responses.create(model="gpt-5.4", input=[whole.output[0].model_dump(), output])
    assert after.output_text == "The tool said: sent"


def test_embeddings_and_models(openai_client, anthropic_client):
    first, second = openai_client.embeddings.create(model="text-embedding-3-small", input=["a", "b"]).data
    again = openai_client.embeddings.create(model="m", input="a", encoding_format="float").data[0]
    assert first.embedding == pytest.approx(again.embedding)
    assert first.embedding != second.embedding
    assert "gpt-4o-mini" in [model.id for model in openai_client.models.list()]
    assert [model.id for model in anthropic_client.models.list()] == ["claude-sonnet-4-6"]


def test_anthropic_messages(anthropic_client):
    arguments = {"model": "claude-sonnet-4-6", "max_tokens": 64, "messages": user(TEXT)}
    assert anthropic_client.messages.create(**arguments).content[0].text == f"You said: {TEXT}"
    with anthropic_client.messages.stream(**arguments) as stream:
        assert "".join(stream.text_stream) == f"You said: {TEXT}"
        assert stream.get_final_message().stop_reason == "end_turn"
    count = anthropic_client.messages.count_tokens(model="claude-sonnet-4-6", messages=user(TEXT))
    assert count.input_tokens > 0


def test_anthropic_tool_use(anthropic_client):
    arguments = {
        "model": "claude-sonnet-4-6",
        "max_tokens": 64,
        "messages": user([{"type": "text", "text": ASK}]),
        "tools": [{"name": "send_mail", "input_schema": TOOL}],
    }
    whole = anthropic_client.messages.create(**arguments)
    with anthropic_client.messages.stream(**arguments) as stream:
        assert stream.get_final_message().content == whole.content
    assert whole.stop_reason == "tool_use"
    assert whole.content[0].input == {"to": "ana@example.com", "urgent": True}
    result = {"type": "tool_result", "tool_use_id": whole.content[0].id, "content": "sent"}
    arguments["messages"] += [{"role": "assistant", "content": whole.content}, {"role": "user", "content": [result]}]
    assert anthropic_client.messages.create(**arguments).content[0].text == "The tool said: sent"


def test_gemini(gemini_client, vendor):
    model = "gemini-2.5-flash"
    assert gemini_client.models.generate_content(model=model, contents=TEXT).text == f"You said: {TEXT}"
    stream = gemini_client.models.generate_content_stream(model=model, contents=TEXT)
    assert "".join(chunk.text or "" for chunk in stream) == f"You said: {TEXT}"
    assert not vendor.requests[0].tls
    function = gemini_types.FunctionDeclaration(name="send_mail", parameters_json_schema=TOOL)
    config = gemini_types.GenerateContentConfig(tools=[gemini_types.Tool(function_declarations=[function])])
    call = gemini_client.models.generate_content(model=model, contents=ASK, config=config).function_calls[0]
    assert call.args == {"to": "ana@example.com", "urgent": True}
    assert gemini_client.models.count_tokens(model=model, contents=TEXT).total_tokens > 0
    assert len(gemini_client.models.embed_content(model=model, contents=TEXT).embeddings[0].values) == 8


def test_gemini_json_array_stream(vendor, http):
    body = {"contents": [{"role": "user", "parts": [{"text": TEXT}]}]}
    reply = http.post(f"{vendor.url}/v1beta/models/gemini-2.5-flash:streamGenerateContent", json=body)
    assert reply.headers["content-type"] == "application/json"
    parts = [chunk["candidates"][0]["content"]["parts"][0]["text"] for chunk in reply.json()]
    assert "".join(parts) == f"You said: {TEXT}"


def test_errors_have_each_vendors_shape(vendor, http, openai_client, anthropic_client):
    vendor.once(Behaviour(status=429, retry_after=7), Behaviour(status=500), Behaviour(status=529))
    with pytest.raises(openai.RateLimitError) as limited:
        openai_client.chat.completions.create(model="m", messages=user("x"))
    assert limited.value.response.headers["retry-after"] == "7"
    with pytest.raises(openai.InternalServerError):
        openai_client.responses.create(model="m", input="x")
    with pytest.raises(anthropic.InternalServerError, match="overloaded_error"):
        anthropic_client.messages.create(model="m", max_tokens=1, messages=user("x"))
    assert http.post(f"{vendor.url}/v1beta/models/x:unknown", json={}).json()["error"]["status"] == "NOT_FOUND"
    assert http.post(f"{vendor.url}/v1/chat/completions", content=b"no json").status_code == 400
    assert http.get(f"{vendor.url}/nowhere").json()["error"]["code"] == "unknown_url"
    vendor.behaviour = Behaviour(require_key=True)
    assert http.get(f"{vendor.url}/v1/models").status_code == 401
    assert http.get(f"{vendor.url}/v1/models", headers={"x-api-key": "k"}).status_code == 200


def test_stream_that_breaks_off(vendor, openai_client):
    vendor.behaviour = Behaviour(drop_after=4)
    stream = openai_client.chat.completions.create(model="m", messages=user(TEXT), stream=True)
    received = []
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError, openai.APIConnectionError)):
        received.extend(stream)
    assert len(received) <= 4


def test_paced_stream_arrives_as_it_is_written(vendor, openai_client):
    vendor.behaviour = Behaviour(text="abcdef", piece_sizes=(1,), pace=0.02)
    arrivals = [
        time.perf_counter() for _ in openai_client.chat.completions.create(model="m", messages=user("x"), stream=True)
    ]
    assert arrivals[-1] - arrivals[0] > 0.08


def test_echo_gives_back_the_bytes(vendor, http):
    reply = http.post(f"{vendor.url}/echo?a=1", content=b'{"a" :  1}', headers={"content-type": "application/json"})
    assert reply.content == b'{"a" :  1}'
    assert vendor.requests[0].path == "/echo?a=1"
    assert vendor.saw('"a" :  1')
    assert not vendor.saw("nothing like it")


def test_bytes_are_counted_at_the_socket(vendor):
    before = len(vendor.connections)
    assert (vendor.wire_bytes, vendor.http_bytes) == (0, 0)
    with socket.create_connection(("127.0.0.1", vendor.plain_port)) as plain:
        plain.sendall(b"POST /v1/chat/completions HTTP/1.1\r\n")  # never a whole request
        until(lambda: vendor.http_bytes == 36)
    assert vendor.requests == []
    with socket.create_connection(("127.0.0.1", vendor.port)) as tls:
        tls.sendall(b"not TLS at all\r\n")
        until(lambda: vendor.wire_bytes == 52)
    assert vendor.http_bytes == 36
    assert len(vendor.connections) == before + 2


def test_reset_keeps_counting_on_open_connections(vendor, http):
    http.get(f"{vendor.url}/v1/models")
    assert vendor.http_bytes > 0
    vendor.reset()
    assert (vendor.http_bytes, vendor.requests) == (0, [])
    http.get(f"{vendor.url}/v1/models")
    assert vendor.http_bytes > 0


def test_client_that_does_not_trust_the_authority(vendor):
    with pytest.raises(httpx.ConnectError), httpx.Client(trust_env=False) as client:
        client.get(f"{vendor.url}/v1/models")
    assert vendor.http_bytes == 0
    assert vendor.wire_bytes > 0


def test_certificate_of_other_names():
    authority = Authority()
    with Vendor(names=("other.test",), authority=authority) as vendor:
        context = ssl.create_default_context(cadata=authority.pem().decode())
        with pytest.raises(httpx.ConnectError, match="match"), httpx.Client(verify=context, trust_env=False) as client:
            client.get(f"{vendor.url}/v1/models")


async def test_websocket(vendor):
    from websockets.asyncio.client import connect

    async with connect(f"ws://127.0.0.1:{vendor.plain_port}/v1/realtime?model=x", proxy=None) as websocket:
        await websocket.recv()
        await websocket.send("hello")
        assert await websocket.recv() == "hello"
    assert vendor.websocket_messages == ["hello"]


def test_wait_for(vendor, http):
    http.get(f"{vendor.url}/v1/models")
    assert len(vendor.wait_for(1)) == 1
    with pytest.raises(TimeoutError):
        vendor.wait_for(2, timeout=0.01)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('a "b c" and `d`', ["b c", "d"]),
        ("“curly”", ["curly"]),
        ("it's not quoted, isn't it", ["s not quoted, isn"]),
        ("nothing", []),
    ],
)
def test_quoted(text, expected):
    assert quoted(text) == expected


def test_pieces_join_to_the_text():
    assert list(pieces("abcdefg", (3, 1))) == ["abc", "d", "efg"]
    assert list(pieces("", (3,))) == []


@pytest.mark.parametrize(
    ("prompt", "behaviour", "expected"),
    [
        (Prompt("use f", "m", tools=(Tool("f"),)), Behaviour(), (Call("f", {}),)),
        (Prompt("effort", "m", tools=(Tool("f"),)), Behaviour(), ()),
        (Prompt("x", "m", tools=(Tool("f"), Tool("g")), forced_tool="g"), Behaviour(), (Call("g", {}),)),
        (Prompt("f", "m", tools=(Tool("f"),), from_tool=True), Behaviour(), ()),
        (Prompt("f", "m"), Behaviour(), ()),
        (Prompt("x", "m"), Behaviour(call=Call("h", {"a": 1})), (Call("h", {"a": 1}),)),
    ],
)
def test_answer_calls(prompt, behaviour, expected):
    assert answer(prompt, behaviour).calls == expected


def until(condition, timeout=5.0):
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end, "did not happen in time"
        with contextlib.suppress(InterruptedError):
            time.sleep(0.005)
