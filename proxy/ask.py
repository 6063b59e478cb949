"""A rerouted request as a question to a chat model, and an embedded model's answer to it.

A model in a worker process knows nothing of tools: they are told to it in words, and what it may write is bound by a
grammar (`local_models.tool_grammar`). Its calls come when they are whole, and so do its words where tools are offered.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

from local_models.errors import BackendError, GrammarError
from local_models.speech import NONE, Asked, Call, End, Finish, Said, Turn, TurnRole, plain
from local_models.tool_grammar import instruction, read, schema_of
from proxy.errors import WorkerError
from proxy.message import Chat, Role
from proxy.workers import Pool

MAX_TOKENS = 512  # when the caller doesn't say; a small model has little more to say
_MOST_TOKENS = 4096
_ROLES: dict[Role, TurnRole] = {
    Role.SYSTEM: "system",
    Role.USER: "user",
    Role.ASSISTANT: "assistant",
    Role.TOOL: "tool",
    Role.METADATA: "user",
}


def asked_of(chat: Chat) -> Asked:
    """What is asked. Neighbouring turns of the assistant are one: some vendors write each call as a turn."""
    turns: list[Turn] = []
    for message in chat.messages:
        turn = Turn(_ROLES[message.role], message.text, message.calls, message.answers)
        before = turns[-1] if turns else None
        if before is not None and before.role == turn.role == "assistant" and (before.calls or turn.calls):
            text = "\n".join(text for text in (before.text, turn.text) if text)
            turns[-1] = replace(before, text=text, calls=before.calls + turn.calls)
        else:
            turns.append(turn)
    wishes = chat.wishes
    return Asked(
        turns=tuple(turns),
        max_tokens=min(chat.max_tokens or MAX_TOKENS, _MOST_TOKENS),
        temperature=0.0 if chat.temperature is None else chat.temperature,
        top_p=wishes.top_p,
        stop=wishes.stop,
        schema=chat.schema,
        tools=wishes.tools,
        choice=wishes.choice,
    )


async def embedded(pool: Pool, asked: Asked, *, within: float, queue: int) -> AsyncGenerator[Said]:
    """An embedded model's answer. Raises `WorkerError`, and `BackendError` where it can't be had in that form."""
    messages, schema = plain(asked.turns), asked.schema
    calls = bool(asked.tools) and asked.choice != NONE
    if calls:
        messages.insert(0, ("system", instruction(asked.tools, asked.choice)))
        try:
            schema = schema_of(asked.tools, asked.choice, asked.schema)
        except GrammarError as error:
            raise BackendError(str(error), kind="request") from None
    payload = {
        "messages": messages,
        "max_tokens": asked.max_tokens,
        "temperature": asked.temperature,
        "schema": schema,
        "stop": [] if calls else list(asked.stop),
    }
    end = End()
    written = ""
    async with aclosing(pool.stream(payload, within=within, queue=queue)) as items:
        async for item in items:
            if isinstance(item, dict):
                end = End(Finish(item["finish"]), item["input"], item["output"], item["sequence"])
            elif not isinstance(item, str):
                raise WorkerError("the embedded model gave something that is no text")
            elif calls:
                written += item
            else:
                yield item
    if calls:
        try:
            said = read(written)
        except GrammarError as error:
            raise BackendError(str(error), kind="request") from None
        yield said if isinstance(said, str) else Call("call_0", *said)
        end = end if isinstance(said, str) else replace(end, finish=Finish.CALLS)
    yield end
