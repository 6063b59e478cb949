"""Tools, structured answers and endings of rerouted answers, as the vendors' own SDKs read them: typed, sync and async.

A tool loop takes two turns. The model inside is pretended here, by what the dialect made of the request: it calls the
offered tool with what it was told, and says what the tool answered when it has.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any, Literal

import anthropic
import httpx
import httpx2  # what the anthropic SDK uses instead of httpx
import openai
import pytest
from google import genai
from google.genai import types
from pydantic import BaseModel

from local_models.speech import REQUIRED, Asked, Call, End, Finish, Said
from proxy.ask import asked_of
from proxy.message import Request
from proxy.providers.dialect import Answer, Dialect
from proxy.providers.registry import dialect_for

DECISION = "01JD3Z8R5W3Q0V6K9N7M2B4C1T"


class Invoice(BaseModel):
    date: str
    total: float


INVOICE = Invoice(date="2026-05-03", total=12.5)


class Inside:
    """Answers every request inside, and remembers what it was asked."""

    def __init__(self, *said: Said) -> None:
        self.said = said
        self.asked: list[Asked] = []

    def _answer(self, asked: Asked) -> list[Said]:
        if self.said:
            return list(self.said)
        last = asked.turns[-1]
        if last.role == "tool":
            return ["It says: ", last.text, End(Finish.STOP, 30, 5)]
        if asked.tools:
            tool = asked.tools[0]
            return ["Let me look.", Call("c1", tool.name, '{"town": "Ulm"}'), End(Finish.CALLS, 20, 4)]
        return [INVOICE.model_dump_json() if asked.schema else "Hello", End(Finish.STOP, 3, 7)]

    def __call__(self, http: Any) -> Any:
        request = Request(
            http.method, http.url.host, http.url.raw_path.decode(), dict(http.headers.items()), http.read()
        )
        make = httpx2.Response if isinstance(http, httpx2.Request) else httpx.Response
        status, kind, body = asyncio.run(self._respond(request))
        return make(status, headers={"content-type": kind}, content=body)

    async def later(self, http: Any) -> Any:
        await http.aread()
        request = Request(
            http.method, http.url.host, http.url.raw_path.decode(), dict(http.headers.items()), http.content
        )
        make = httpx2.Response if isinstance(http, httpx2.Request) else httpx.Response
        status, kind, body = await self._respond(request)
        return make(status, headers={"content-type": kind}, content=body)

    async def _respond(self, request: Request) -> tuple[int, str, bytes]:
        dialect: Dialect = dialect_for(request)
        chat = dialect.chat(request)
        assert chat is not None
        assert not chat.wishes.unmet
        asked = asked_of(chat)
        self.asked.append(asked)
        said = self._answer(asked)
        if chat.stream:

            async def pieces() -> AsyncIterator[Said]:
                for piece in said:
                    yield piece

            events = [event async for event in dialect.reply_stream(chat, pieces(), "inside", DECISION)]
            return 200, chat.stream_type, b"".join(events)
        end = said[-1]
        assert isinstance(end, End)
        answer = Answer(
            text="".join(one for one in said if isinstance(one, str)),
            model="inside",
            input_tokens=end.input,
            output_tokens=end.output,
            calls=tuple(one for one in said if isinstance(one, Call)),
            finish=end.finish,
            sequence=end.sequence,
        )
        whole = dialect.reply(chat, answer, DECISION)
        return whole.status, whole.headers["content-type"], whole.body


def openai_client(inside: Inside) -> openai.OpenAI:
    return openai.OpenAI(api_key="k", http_client=httpx.Client(transport=httpx.MockTransport(inside)))


def anthropic_client(inside: Inside) -> anthropic.Anthropic:
    return anthropic.Anthropic(api_key="k", http_client=httpx2.Client(transport=httpx2.MockTransport(inside)))


def gemini_client(inside: Inside) -> genai.Client:
    http = httpx.Client(transport=httpx.MockTransport(inside))
    return genai.Client(api_key="k", http_options=types.HttpOptions(httpx_client=http))


QUESTION = "What is the weather in Ulm?"
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"town": {"type": "string"}},
    "required": ["town"],
    "additionalProperties": False,
}
streams = pytest.mark.parametrize("stream", [False, True])


def assert_loop(inside: Inside, answer: str | None) -> None:
    """The tool was offered, called, and what it said came back with the call that it belongs to."""
    assert answer == "It says: Rain"
    first, second = inside.asked
    assert [tool.name for tool in first.tools] == ["weather"]
    assert json.loads(first.tools[0].schema)["properties"] == {"town": {"type": "string"}}
    assert [turn.role for turn in second.turns] == ["user", "assistant", "tool"]
    (call,) = second.turns[1].calls
    assert (call.name, json.loads(call.arguments)) == ("weather", {"town": "Ulm"})
    assert second.turns[2].answers == call.id
    assert second.turns[1].text == "Let me look."


@streams
def test_a_tool_loop_in_chat_completions(stream: bool) -> None:
    inside = Inside()
    client = openai_client(inside)
    function = {"name": "weather", "description": "Tells it.", "parameters": SCHEMA, "strict": True}
    tools: Any = [{"type": "function", "function": function}]
    messages: list[Any] = [{"role": "user", "content": QUESTION}]

    def turn() -> Any:
        if not stream:
            return client.chat.completions.create(model="m", messages=messages, tools=tools)
        with client.chat.completions.stream(model="m", messages=messages, tools=tools) as events:
            return events.get_final_completion()

    choice = turn().choices[0]
    assert choice.finish_reason == "tool_calls"
    (call,) = choice.message.tool_calls
    assert call.id.startswith("call_")
    messages += [choice.message, {"role": "tool", "tool_call_id": call.id, "content": "Rain"}]
    choice = turn().choices[0]
    assert choice.finish_reason == "stop"
    assert_loop(inside, choice.message.content)


@streams
def test_a_tool_loop_in_responses(stream: bool) -> None:
    inside = Inside()
    client = openai_client(inside)
    tools: Any = [{"type": "function", "name": "weather", "parameters": SCHEMA, "strict": True}]
    given: list[Any] = [{"role": "user", "content": QUESTION}]

    def turn() -> Any:
        if not stream:
            return client.responses.create(model="m", input=given, tools=tools)
        with client.responses.stream(model="m", input=given, tools=tools) as events:
            return events.get_final_response()

    reply = turn()
    assert [item.type for item in reply.output] == ["message", "function_call"]
    call = reply.output[1]
    assert call.id.startswith("fc_")
    assert reply.tools[0].name == "weather"
    given += [
        {"role": "assistant", "content": reply.output_text},
        {"type": "function_call", "call_id": call.call_id, "name": call.name, "arguments": call.arguments},
        {"type": "function_call_output", "call_id": call.call_id, "output": "Rain"},
    ]
    assert_loop(inside, turn().output_text)


@streams
def test_a_tool_loop_in_messages(stream: bool) -> None:
    inside = Inside()
    client = anthropic_client(inside)
    tools: Any = [{"name": "weather", "description": "Tells it.", "input_schema": SCHEMA}]
    messages: list[Any] = [{"role": "user", "content": QUESTION}]

    def turn() -> Any:
        asked: Any = {"model": "m", "max_tokens": 99, "messages": messages, "tools": tools}
        if not stream:
            return client.messages.create(**asked)
        with client.messages.stream(**asked) as events:
            return events.get_final_message()

    reply = turn()
    assert reply.stop_reason == "tool_use"
    text, call = reply.content
    assert call.id.startswith("toolu_")
    assert call.input == {"town": "Ulm"}
    messages.append({"role": "assistant", "content": [block.model_dump() for block in (text, call)]})
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "Rain"}
    messages.append({"role": "user", "content": [result]})
    reply = turn()
    assert reply.stop_reason == "end_turn"
    assert_loop(inside, reply.content[0].text)


@streams
def test_a_tool_loop_in_generate_content(stream: bool) -> None:
    inside = Inside()
    client = gemini_client(inside)
    declared = types.FunctionDeclaration(name="weather", description="Tells it.", parameters_json_schema=SCHEMA)
    off = types.AutomaticFunctionCallingConfig(disable=True)
    config = types.GenerateContentConfig(
        tools=[types.Tool(function_declarations=[declared])], automatic_function_calling=off
    )
    contents: list[Any] = [types.Content(role="user", parts=[types.Part(text=QUESTION)])]

    def turn() -> tuple[list[types.Part], types.FinishReason | None]:
        if stream:
            replies = list(client.models.generate_content_stream(model="m", contents=contents, config=config))
        else:
            replies = [client.models.generate_content(model="m", contents=contents, config=config)]
        found = [reply.candidates[0] for reply in replies if reply.candidates]
        parts = [part for one in found if one.content for part in one.content.parts or ()]
        return [part for part in parts if part.text or part.function_call], found[-1].finish_reason

    parts, finish = turn()
    assert finish == types.FinishReason.STOP
    call = parts[1].function_call
    assert call is not None
    assert (call.name, call.args) == ("weather", {"town": "Ulm"})
    contents.append(types.Content(role="model", parts=parts))
    contents.append(
        types.Content(role="user", parts=[types.Part.from_function_response(name="weather", response={"r": "Rain"})])
    )
    parts, _ = turn()
    assert inside.asked[1].turns[2].text == '{"r":"Rain"}'
    assert "".join(part.text or "" for part in parts) == 'It says: {"r":"Rain"}'
    assert inside.asked[1].turns[2].answers == inside.asked[1].turns[1].calls[0].id


def test_structured_answers_are_typed_objects() -> None:
    inside = Inside()
    messages: Any = [{"role": "user", "content": "Invoice of 3 May 2026, EUR 12.50"}]
    chat = openai_client(inside).chat.completions.parse(model="m", messages=messages, response_format=Invoice)
    assert chat.choices[0].message.parsed == INVOICE
    response = openai_client(inside).responses.parse(model="m", input=messages, text_format=Invoice)
    assert response.output_parsed == INVOICE
    config = types.GenerateContentConfig(response_mime_type="application/json", response_schema=Invoice)
    assert gemini_client(inside).models.generate_content(model="m", contents="x", config=config).parsed == INVOICE
    message = anthropic_client(inside).messages.parse(
        model="m", max_tokens=99, messages=messages, output_format=Invoice
    )
    assert message.parsed_output == INVOICE
    with openai_client(inside).chat.completions.stream(model="m", messages=messages, response_format=Invoice) as events:
        assert events.get_final_completion().choices[0].message.parsed == INVOICE
    with openai_client(inside).responses.stream(model="m", input=messages, text_format=Invoice) as events:
        assert events.get_final_response().output_parsed == INVOICE
    assert all(asked.schema for asked in inside.asked)


type Ending = Literal["chat", "responses", "messages", "gemini"]
HELLO: list[Any] = [{"role": "user", "content": "Hi"}]


def ended(inside: Inside, dialect: Ending, *, stream: bool) -> Any:
    """What the SDK says of an answer's end."""
    match dialect:
        case "chat":
            chat = openai_client(inside).chat.completions
            if stream:
                return list(chat.create(model="m", messages=HELLO, stream=True))[-1].choices[0].finish_reason
            return chat.create(model="m", messages=HELLO).choices[0].finish_reason
        case "responses":
            if stream:
                last: Any = list(openai_client(inside).responses.create(model="m", input="Hi", stream=True))[-1]
                assert last.type == f"response.{last.response.status}"
                response = last.response
            else:
                response = openai_client(inside).responses.create(model="m", input="Hi")
            return response.incomplete_details.reason if response.incomplete_details else response.status
        case "messages":
            if stream:
                with anthropic_client(inside).messages.stream(model="m", max_tokens=9, messages=HELLO) as events:
                    message: Any = events.get_final_message()
            else:
                message = anthropic_client(inside).messages.create(model="m", max_tokens=9, messages=HELLO)
            return message.stop_sequence or message.stop_reason
        case "gemini":
            models = gemini_client(inside).models
            reply: Any = (
                list(models.generate_content_stream(model="m", contents="Hi"))[-1]
                if stream
                else models.generate_content(model="m", contents="Hi")
            )
            return reply.candidates[0].finish_reason.value


@streams
@pytest.mark.parametrize(
    ("dialect", "finish", "told"),
    [
        ("chat", Finish.STOP, "stop"),
        ("chat", Finish.LENGTH, "length"),
        ("chat", Finish.SEQUENCE, "stop"),
        ("responses", Finish.STOP, "completed"),
        ("responses", Finish.LENGTH, "max_output_tokens"),
        ("messages", Finish.STOP, "end_turn"),
        ("messages", Finish.LENGTH, "max_tokens"),
        ("messages", Finish.SEQUENCE, "END"),
        ("gemini", Finish.STOP, "STOP"),
        ("gemini", Finish.LENGTH, "MAX_TOKENS"),
    ],
)
def test_why_it_ended(dialect: Ending, finish: Finish, told: str, stream: bool) -> None:
    sequence = "END" if finish is Finish.SEQUENCE else None
    inside = Inside("Hello", End(finish, 3, 7, sequence))
    assert ended(inside, dialect, stream=stream) == told


async def test_async_clients() -> None:
    inside = Inside()
    chat = openai.AsyncOpenAI(api_key="k", http_client=httpx.AsyncClient(transport=httpx.MockTransport(inside.later)))
    messages: Any = HELLO
    stream = await chat.chat.completions.create(model="m", messages=messages, stream=True)
    assert "".join([chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices]) == "Hello"
    http = httpx2.AsyncClient(transport=httpx2.MockTransport(inside.later))
    claude = anthropic.AsyncAnthropic(api_key="k", http_client=http)
    async with claude.messages.stream(model="m", max_tokens=9, messages=messages) as events:
        assert [text async for text in events.text_stream] == ["Hello"]
    google = genai.Client(
        api_key="k",
        http_options=types.HttpOptions(
            httpx_async_client=httpx.AsyncClient(transport=httpx.MockTransport(inside.later))
        ),
    )
    reply = await google.aio.models.generate_content(model="m", contents="Hi")
    assert reply.text == "Hello"


def test_a_caller_who_wants_a_call_gets_to_say_so() -> None:
    inside = Inside(Call("c", "weather", "{}"), End(Finish.CALLS, 1, 1))
    tools: Any = [{"name": "weather", "input_schema": SCHEMA}]
    message = anthropic_client(inside).messages.create(
        model="m",
        max_tokens=9,
        messages=HELLO,
        tools=tools,
        tool_choice={"type": "any"},
        stop_sequences=["END"],
        extra_body={"top_p": 0.5},
    )
    assert [block.type for block in message.content] == ["tool_use"]
    (asked,) = inside.asked
    assert (asked.choice, asked.stop, asked.top_p) == (REQUIRED, ("END",), 0.5)
