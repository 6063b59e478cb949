"""A rerouted request as a question, and what an embedded model's worker gives for an answer."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from local_models.errors import BackendError
from local_models.speech import AUTO, NONE, REQUIRED, Asked, Call, End, Finish, Said, Tool, Turn
from proxy.ask import MAX_TOKENS, asked_of, embedded
from proxy.errors import WorkerError
from proxy.message import Chat, ChatMessage, Role, Wishes

FIRST, SECOND = Call("c1", "weather", "{}"), Call("c2", "time", "{}")
ENDED = {"finish": "stop", "input": 9, "output": 4, "sequence": None}
WEATHER = Tool("weather", "Tells it.")


class Pool:
    def __init__(self, *items: Any) -> None:
        self.items, self.payload = items, {}

    async def stream(self, payload: Any, *, within: float, queue: int | None = None) -> AsyncIterator[Any]:
        self.payload = payload
        for item in self.items:
            yield item


async def said(pool: Pool, asked: Asked) -> list[Said]:
    return [piece async for piece in embedded(pool, asked, within=1, queue=1)]  # type: ignore[arg-type]


def test_calls_that_were_written_one_by_one_are_one_turn() -> None:
    chat = Chat(
        (
            ChatMessage(Role.USER, "u"),
            ChatMessage(Role.ASSISTANT, "I look."),
            ChatMessage(Role.ASSISTANT, "", (FIRST,)),
            ChatMessage(Role.ASSISTANT, "", (SECOND,)),
            ChatMessage(Role.TOOL, "Rain", answers="c1"),
            ChatMessage(Role.METADATA, "m"),
        ),
        "m",
    )
    assert asked_of(chat).turns == (
        Turn("user", "u"),
        Turn("assistant", "I look.", (FIRST, SECOND)),
        Turn("tool", "Rain", answers="c1"),
        Turn("user", "m"),
    )


@pytest.mark.parametrize(("wanted", "given"), [(None, MAX_TOKENS), (7, 7), (10**9, 4096)])
def test_an_answer_has_a_limit(wanted: int | None, given: int) -> None:
    assert asked_of(Chat((), "m", max_tokens=wanted)).max_tokens == given


def test_wishes_go_along() -> None:
    wishes = Wishes((WEATHER,), REQUIRED, ("END",), 0.5)
    asked = asked_of(Chat((), "m", temperature=0.3, schema="{}", wishes=wishes))
    assert (asked.tools, asked.choice, asked.stop, asked.top_p) == ((WEATHER,), REQUIRED, ("END",), 0.5)
    assert (asked.temperature, asked.schema) == (0.3, "{}")


async def test_text_and_its_end() -> None:
    pool = Pool("Hel", "lo", {**ENDED, "finish": "sequence", "sequence": "END"})
    asked = Asked((Turn("user", "u"),), 9, stop=("END",))
    assert await said(pool, asked) == ["Hel", "lo", End(Finish.SEQUENCE, 9, 4, "END")]
    assert pool.payload["stop"] == ["END"]


CALLING = json.dumps({"tool": "weather", "arguments": {"town": "Ulm"}})
ANSWERING = json.dumps({"answer": "Sunny."})


@pytest.mark.parametrize(
    ("choice", "written", "expected"),
    [
        (AUTO, CALLING, [Call("call_0", "weather", '{"town":"Ulm"}'), End(Finish.CALLS, 9, 4)]),
        (AUTO, ANSWERING, ["Sunny.", End(Finish.STOP, 9, 4)]),
        (NONE, "Sunny.", ["Sunny.", End(Finish.STOP, 9, 4)]),
    ],
)
async def test_tools(choice: str, written: str, expected: list[Said]) -> None:
    pool = Pool(written, ENDED)
    asked = Asked((Turn("user", "u"),), 9, tools=(WEATHER,), choice=choice)
    assert await said(pool, asked) == expected
    assert (pool.payload["schema"] is None) is (choice == NONE)
    assert ("weather" in str(pool.payload["messages"])) is (choice != NONE)


async def test_what_can_not_be_had_in_that_form_is_an_error() -> None:
    with pytest.raises(BackendError, match="can't be read") as caught:
        await said(Pool("no JSON", ENDED), Asked((), 9, tools=(WEATHER,)))
    assert caught.value.kind == "request"
    with pytest.raises(BackendError, match="no JSON"):
        await said(Pool(), Asked((), 9, tools=(Tool("x", "", "{"),)))
    with pytest.raises(WorkerError):
        await said(Pool(3), Asked((), 9))
