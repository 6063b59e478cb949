"""Rerouted answers and refusals, read by the vendors' own SDKs."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import anthropic
import httpx
import httpx2  # what the anthropic SDK uses instead of httpx
import openai
import pytest
from google import genai
from google.genai import errors, types

from local_models.speech import End, Finish, Said
from proxy.message import Refusal, Request
from proxy.providers.dialect import Answer, Dialect
from proxy.providers.registry import dialect_for

DECISION = "01JD3Z8R5W3Q0V6K9N7M2B4C1T"
TEXT = 'Grüße, "Ann" \\ 🙂\nline two'
PIECES = ["Grü", 'ße, "Ann"', " \\ ", "🙂", "\nline two"]
REFUSAL = Refusal(
    decision_id=DECISION, message="Card numbers stay inside.", rules=("cards",), entity_types=("CREDIT_CARD",)
)


async def _pieces() -> AsyncIterator[Said]:
    for piece in PIECES:
        yield piece
    yield End(Finish.STOP, 3, 7)


async def _collect(events: AsyncIterator[bytes]) -> list[bytes]:
    return [event async for event in events]


class Privet:
    """Answers every request as a reroute or a refusal would be answered, and counts requests."""

    def __init__(self, refusal: Refusal | None = None) -> None:
        self.refusal = refusal
        self.requests = 0

    def __call__(self, http: Any) -> Any:
        self.requests += 1
        make = httpx2.Response if isinstance(http, httpx2.Request) else httpx.Response
        request = Request(
            http.method, http.url.host, http.url.raw_path.decode(), dict(http.headers.items()), http.read()
        )
        dialect: Dialect = dialect_for(request)
        if self.refusal is not None:
            refused = dialect.refusal(self.refusal)
            return make(refused.status, headers=dict(refused.headers), content=refused.body)
        chat = dialect.chat(request)
        assert chat is not None
        if chat.stream:
            events = asyncio.run(_collect(dialect.reply_stream(chat, _pieces(), "inside", DECISION)))
            assert len(events) > len(PIECES)
            return make(200, headers={"content-type": chat.stream_type}, content=b"".join(events))
        whole = dialect.reply(chat, Answer(text=TEXT, model="inside", input_tokens=3, output_tokens=7), DECISION)
        return make(whole.status, headers=dict(whole.headers), content=whole.body)


def openai_client(privet: Privet) -> openai.OpenAI:
    return openai.OpenAI(api_key="k", http_client=httpx.Client(transport=httpx.MockTransport(privet)))


def anthropic_client(privet: Privet) -> anthropic.Anthropic:
    return anthropic.Anthropic(api_key="k", http_client=httpx2.Client(transport=httpx2.MockTransport(privet)))


def gemini_client(privet: Privet) -> genai.Client:
    http = httpx.Client(transport=httpx.MockTransport(privet))
    return genai.Client(api_key="k", http_options=types.HttpOptions(httpx_client=http))


MESSAGES: list[Any] = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]


def test_chat_completion() -> None:
    reply = openai_client(Privet()).chat.completions.create(model="gpt-4o", messages=MESSAGES)
    assert reply.choices[0].message.content == TEXT
    assert reply.choices[0].finish_reason == "stop"
    assert reply.usage is not None
    assert reply.usage.total_tokens == 10
    assert reply.model_extra == {"privet": {"decision_id": DECISION, "rerouted_to": "inside"}}
    assert reply.created > 1_700_000_000


@pytest.mark.parametrize("usage", [False, True])
def test_chat_completion_stream(usage: bool) -> None:
    extra: dict[str, Any] = {"stream_options": {"include_usage": True}} if usage else {}
    stream = openai_client(Privet()).chat.completions.create(model="gpt-4o", messages=MESSAGES, stream=True, **extra)
    chunks = list(stream)
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == TEXT
    assert chunks[0].choices[0].delta.role == "assistant"
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "stop"
    assert (chunks[-1].usage is not None) is usage
    if chunks[-1].usage is not None:
        assert (chunks[-1].usage.prompt_tokens, chunks[-1].usage.completion_tokens) == (3, 7)
    assert chunks[0].model_extra is not None
    assert chunks[0].model_extra["privet"]["rerouted_to"] == "inside"


def test_chat_completion_stream_helper() -> None:
    with openai_client(Privet()).chat.completions.stream(model="gpt-4o", messages=MESSAGES) as stream:
        final = stream.get_final_completion()
    assert final.choices[0].message.content == TEXT


def test_response() -> None:
    reply = openai_client(Privet()).responses.create(model="gpt-4o", input="Hi", instructions="Be brief.")
    assert reply.output_text == TEXT
    assert reply.status == "completed"


def test_response_stream() -> None:
    stream = openai_client(Privet()).responses.create(model="gpt-4o", input=MESSAGES, stream=True)
    events = list(stream)
    assert [e.sequence_number for e in events] == list(range(len(events)))
    assert [e.type for e in events][:4] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
    ]
    assert "".join(e.delta for e in events if e.type == "response.output_text.delta") == TEXT
    last = events[-1]
    assert last.type == "response.completed"
    assert last.response.output_text == TEXT
    assert last.response.usage is not None
    assert (last.response.usage.input_tokens, last.response.usage.output_tokens) == (3, 7)


def test_response_stream_helper() -> None:
    with openai_client(Privet()).responses.stream(model="gpt-4o", input="Hi") as stream:
        assert stream.get_final_response().output_text == TEXT


def test_message() -> None:
    reply = anthropic_client(Privet()).messages.create(
        model="claude", max_tokens=9, system="Be brief.", messages=[{"role": "user", "content": "Hi"}]
    )
    block = reply.content[0]
    assert block.type == "text"
    assert block.text == TEXT
    assert reply.stop_reason == "end_turn"
    assert (reply.usage.input_tokens, reply.usage.output_tokens) == (3, 7)


def test_message_stream() -> None:
    with anthropic_client(Privet()).messages.stream(
        model="claude", max_tokens=9, messages=[{"role": "user", "content": "Hi"}]
    ) as stream:
        assert "".join(stream.text_stream) == TEXT
        final = stream.get_final_message()
    assert final.stop_reason == "end_turn"
    assert final.model == "inside"
    assert (final.usage.input_tokens, final.usage.output_tokens) == (3, 7)


def test_gemini() -> None:
    reply = gemini_client(Privet()).models.generate_content(
        model="gemini-2.5-pro", contents="Hi", config=types.GenerateContentConfig(system_instruction="Be brief.")
    )
    assert reply.text == TEXT


def test_gemini_stream() -> None:
    stream = gemini_client(Privet()).models.generate_content_stream(model="gemini-2.5-pro", contents="Hi")
    chunks = list(stream)
    assert "".join(chunk.text or "" for chunk in chunks) == TEXT
    candidates = chunks[-1].candidates
    assert candidates is not None
    assert candidates[0].finish_reason == types.FinishReason.STOP
    usage = chunks[-1].usage_metadata
    assert usage is not None
    assert (usage.prompt_token_count, usage.candidates_token_count) == (3, 7)


def test_gemini_array_stream_is_one_json_array() -> None:
    response = httpx.Client(transport=httpx.MockTransport(Privet())).post(
        "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-pro:streamGenerateContent",
        json={"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]},
    )
    assert response.headers["content-type"] == "application/json"
    parts = [item["candidates"][0]["content"]["parts"][0]["text"] for item in response.json()]
    assert "".join(parts) == TEXT


CALLS: list[tuple[str, Callable[[Privet], object], type[Exception]]] = [
    (
        "chat",
        lambda p: openai_client(p).chat.completions.create(model="m", messages=MESSAGES),
        openai.PermissionDeniedError,
    ),
    (
        "chat stream",
        lambda p: openai_client(p).chat.completions.create(model="m", messages=MESSAGES, stream=True),
        openai.PermissionDeniedError,
    ),
    ("responses", lambda p: openai_client(p).responses.create(model="m", input="x"), openai.PermissionDeniedError),
    ("embeddings", lambda p: openai_client(p).embeddings.create(model="m", input="x"), openai.PermissionDeniedError),
    ("models", lambda p: openai_client(p).models.list(), openai.PermissionDeniedError),
    (
        "messages",
        lambda p: anthropic_client(p).messages.create(
            model="m", max_tokens=9, messages=[{"role": "user", "content": "x"}]
        ),
        anthropic.PermissionDeniedError,
    ),
    ("gemini", lambda p: gemini_client(p).models.generate_content(model="m", contents="x"), errors.ClientError),
]


@pytest.mark.parametrize(("call", "error"), [case[1:] for case in CALLS], ids=[case[0] for case in CALLS])
def test_refusals_are_the_vendors_errors_and_not_tried_again(
    call: Callable[[Privet], object], error: type[Exception]
) -> None:
    privet = Privet(REFUSAL)
    with pytest.raises(error) as raised:
        call(privet)
    assert privet.requests == 1
    message = str(raised.value)
    assert "Card numbers stay inside." in message
    assert DECISION in message
    assert "CREDIT_CARD" in message


def test_anthropic_reads_the_type_of_a_refusal() -> None:
    with pytest.raises(anthropic.PermissionDeniedError) as raised:
        anthropic_client(Privet(REFUSAL)).messages.create(
            model="m", max_tokens=9, messages=[{"role": "user", "content": "x"}]
        )
    body = raised.value.body
    assert isinstance(body, dict)
    assert body["error"]["type"] == "permission_error"
    assert body["privet"] == {"decision_id": DECISION, "rules": ["cards"], "entity_types": ["CREDIT_CARD"]}


def test_a_gemini_refusal_has_googles_status() -> None:
    with pytest.raises(errors.ClientError) as raised:
        gemini_client(Privet(REFUSAL)).models.generate_content(model="m", contents="x")
    assert raised.value.code == 403
    assert raised.value.status == "PERMISSION_DENIED"
