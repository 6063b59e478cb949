"""OpenAI's chat format as servers in the house speak it: what is asked, and what is made of the chunks."""

import json
from typing import Any

import pytest

from local_models.chunks import Heard, written
from local_models.errors import BackendError
from local_models.speech import NONE, REQUIRED, Asked, Call, End, Finish, Tool, Turn

WEATHER = Tool("weather", "Tells the weather.", '{"type":"object","properties":{"town":{"type":"string"}}}')
HELLO = (Turn("user", "Hello, you two"),)


def chunk(finish: str | None = None, usage: Any = None, **delta: Any) -> str:
    return json.dumps({"choices": [{"delta": delta, "finish_reason": finish}], "usage": usage})


def part(index: int, **call: Any) -> dict[str, Any]:
    return {"tool_calls": [{"index": index, **call}]}


def hear(*chunks: str) -> Heard:
    heard = Heard("the server", {"weather", "time"})
    for one in chunks:
        heard.piece(one)
    return heard


def test_what_is_asked() -> None:
    asked = Asked(HELLO, 9, 0.5, top_p=0.8, stop=("END",), schema='{"type":"object"}', tools=(WEATHER,))
    body = written("m", asked)
    assert (body["model"], body["max_tokens"], body["temperature"]) == ("m", 9, 0.5)
    assert (body["top_p"], body["stop"], body["tool_choice"]) == (0.8, ["END"], "auto")
    assert body["stream_options"] == {"include_usage": True}
    assert body["response_format"]["json_schema"]["schema"] == {"type": "object"}
    assert body["tools"][0]["function"]["parameters"]["properties"] == {"town": {"type": "string"}}


@pytest.mark.parametrize(
    ("choice", "written_as"),
    [(REQUIRED, REQUIRED), ("weather", {"type": "function", "function": {"name": "weather"}}), (NONE, None)],
)
def test_the_choice_of_tools(choice: str, written_as: Any) -> None:
    body = written("m", Asked(HELLO, 9, tools=(WEATHER,), choice=choice))
    assert body.get("tool_choice") == written_as
    assert ("tools" in body) is (choice != NONE)


CALL = Call("c1", "weather", "{}")


@pytest.mark.parametrize(
    ("turns", "roles"),
    [
        ((Turn("assistant", "", (CALL,)), Turn("tool", "Rain", answers="c1")), ["assistant", "tool"]),
        ((Turn("assistant", "", (CALL,)),), ["assistant"]),  # nobody answered
        ((Turn("tool", "Rain", answers="c1"),), ["user"]),  # nobody asked
        (
            (Turn("assistant", "", (CALL, Call("c2", "time", "{}"))), Turn("tool", "Rain", answers="c1")),
            ["assistant", "user"],
        ),
    ],
)
def test_only_whole_pairs_of_calls_and_answers_go_as_such(turns: tuple[Turn, ...], roles: list[str]) -> None:
    messages = written("m", Asked((*HELLO, *turns), 9, tools=(WEATHER,)))["messages"][1:]
    assert [message["role"] for message in messages] == roles
    assert all(message["content"] or message.get("tool_calls") for message in messages)
    called = {call["id"] for message in messages for call in message.get("tool_calls", ())}
    assert called == {message["tool_call_id"] for message in messages if "tool_call_id" in message}


def test_calls_come_together_from_their_pieces() -> None:
    heard = hear(
        chunk(content=None, **part(0, id="c1", type="function", function={"name": "weather", "arguments": ""})),
        chunk(**part(0, function={"arguments": '{"town":'})),
        chunk(**part(1, id="c2", function={"name": "time"})),
        chunk(**part(0, function={"arguments": ' "Ulm"}'})),
        chunk("tool_calls"),
        chunk(usage={"prompt_tokens": 7, "completion_tokens": 5}),
    )
    assert heard.calls() == [Call("c1", "weather", '{"town": "Ulm"}'), Call("c2", "time", "{}")]
    assert heard.end(Asked(HELLO, 9)) == End(Finish.CALLS, 7, 5)


@pytest.mark.parametrize(
    ("finish", "meant"),
    [
        ("stop", Finish.STOP),
        ("length", Finish.LENGTH),
        ("tool_calls", Finish.STOP),  # but there are none
        ("content_filter", Finish.STOP),
        ("eos", Finish.STOP),
    ],
)
def test_why_it_ended(finish: str, meant: Finish) -> None:
    heard = hear(chunk(content="Hi"), chunk(finish))
    assert heard.finished
    assert heard.end(Asked(HELLO, 9)).finish is meant


def test_the_words_that_ended_it() -> None:
    choice = {"delta": {}, "finish_reason": "stop", "stop_reason": "END"}
    end = hear(json.dumps({"choices": [choice]})).end(Asked(HELLO, 9))
    assert (end.finish, end.sequence) == (Finish.SEQUENCE, "END")


def test_tokens_that_nobody_counted_are_estimated() -> None:
    end = hear(chunk(content="Hi"), chunk(content=" you"), chunk("stop")).end(Asked(HELLO, 9))
    assert (end.input, end.output) == (len("Hello, you two") // 4, 2)


@pytest.mark.parametrize("usage", [{"prompt_tokens": -1, "completion_tokens": 2}, {"prompt_tokens": "7"}, [], "x"])
def test_a_count_that_is_none_counts_nothing(usage: Any) -> None:
    assert hear(chunk("stop", usage, content="Hi")).end(Asked(HELLO, 9)).output == 1


def test_a_call_that_the_limit_cut_off_is_not_passed_on() -> None:
    call = part(0, id="c1", function={"name": "weather", "arguments": '{"tow'})
    heard = hear(chunk(**call), chunk("length"))
    assert heard.calls() == []
    assert heard.end(Asked(HELLO, 9)).finish is Finish.LENGTH


@pytest.mark.parametrize(
    ("call", "says"),
    [
        ({"name": "weather", "arguments": "{"}, "no JSON"),
        ({"name": "weather", "arguments": "[1]"}, "no JSON"),
        ({"name": "delete_everything", "arguments": "{}"}, "nobody offered"),
        ({"arguments": "{}"}, "nobody offered"),
    ],
)
def test_a_call_that_can_not_be_carried_out_is_an_error(call: dict[str, str], says: str) -> None:
    heard = hear(chunk(**part(0, id="c1", function=call)), chunk("tool_calls"))
    with pytest.raises(BackendError, match=says) as caught:
        heard.calls()
    assert caught.value.kind == "request"
    assert "delete" not in str(caught.value)


@pytest.mark.parametrize(
    "data",
    [
        *("{", "[]", "{}", '{"choices": 3}', "null", "[" * 5000),
        *(
            chunk(**part(0, function=3)),
            chunk(**part(0, id=7)),
            chunk(**part(0, id=[1])),
            chunk(tool_calls=5),
            chunk(tool_calls=[{"index": float("inf")}]),
        ),
    ],
)
def test_another_schema_is_an_error(data: str) -> None:
    with pytest.raises(BackendError, match="no chat completion"):
        hear(data)


def test_calls_without_end_are_an_error() -> None:
    with pytest.raises(BackendError, match="more than"):
        hear(*(chunk(**part(number, function={"name": "weather"})) for number in range(65)))
    with pytest.raises(BackendError, match="more than"):
        hear(*(chunk(**part(0, function={"name": "weather", "arguments": "x" * 600_000})) for _ in range(2)))


@pytest.mark.parametrize("told", [(-1, 3), (3, 10**20), (True, 3), (1.5, 3), ("9", 3)])
def test_counts_that_can_not_be_are_estimated(told: tuple[Any, Any]) -> None:
    usage = {"prompt_tokens": told[0], "completion_tokens": told[1]}
    end = hear(chunk(content="Hello"), chunk("stop", usage)).end(Asked(HELLO, 9))
    assert (end.input, end.output) == (len("Hello, you two") // 4, 1)
