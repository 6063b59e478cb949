"""Ollama (`/api/chat`, `/api/generate`, `/api/embed`). Its streams are JSON lines, and it streams unless told not to.

Reference: https://docs.ollama.com/api
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, ClassVar, override

from detectors.finding import Skipped, SkipReason
from local_models.speech import Call, End, Finish, Said
from proxy.message import Chat, ChatMessage, Refusal, Request, Response, Role, Wishes
from proxy.providers import exemptions as look
from proxy.providers.dialect import Answer, Delta, EventShape
from proxy.providers.exemptions import Exemptions
from proxy.providers.json_dialect import (
    JsonDialect,
    arguments_of,
    calling,
    compact,
    items,
    mapping,
    mark,
    path_ends,
    real_number,
    refusal_text,
    refused,
    result,
    role_named,
    string,
    text_of,
    turn,
    whole,
    whole_number,
    written_at,
)
from proxy.providers.structured import of_ollama
from proxy.providers.wishes import of_ollama as of_wishes

_LINES = "application/x-ndjson"
_FILE = (look.anything, SkipReason.UNSUPPORTED_MEDIA)
_CALL = "/messages/*/tool_calls/*"


@dataclass(frozen=True, slots=True)
class OllamaChat(JsonDialect):
    """A conversation."""

    name: ClassVar[str] = "ollama-chat"
    provider: ClassVar[str] = "ollama"
    exemptions: ClassVar[Exemptions] = Exemptions(
        exact={
            "/model": look.model,
            "/keep_alive": look.duration,
            "/format": look.word,
            "/think": look.word,
            "/messages/*/role": look.word,
            f"{_CALL}/id": look.identifier,
            f"{_CALL}/type": look.word,
            f"{_CALL}/function/name": look.name,
            "/tools/*/type": look.word,
            "/tools/*/function/name": look.name,
        },
        schemas=("/tools/*/function/parameters", "/format"),
        opaque={"/messages/*/images/*": _FILE, "/images/*": _FILE},
    )

    @override
    def matches(self, request: Request) -> bool:
        return path_ends(request, "/api/chat")

    @override
    def roles(self, data: Any) -> Mapping[str, Role]:
        messages = items(mapping(data).get("messages"))
        return {f"/messages/{index}": role_named(mapping(item).get("role")) for index, item in enumerate(messages)}

    @override
    def refusal(self, refusal: Refusal) -> Response:
        return refused(refusal, {"error": refusal_text(refusal)})

    @override
    def chat(self, request: Request) -> Chat | None:
        body = self.read(request.body)
        messages = self.turns(body)
        if not messages:
            return None
        options = mapping(body.get("options"))
        return Chat(
            messages=tuple(messages),
            model=string(body.get("model")),
            stream=body.get("stream") is not False,
            max_tokens=whole_number(options.get("num_predict")),
            temperature=real_number(options.get("temperature")),
            schema=of_ollama(body),
            wishes=self.wishes(body),
            stream_type=_LINES,
        )

    @override
    def reply(self, chat: Chat, answer: Answer, decision_id: str) -> Response:
        body = self._body(answer.model, decision_id, answer.text, answer.calls)
        end = End(answer.finish, answer.input_tokens, answer.output_tokens)
        return whole({**body, **_end(end)}, decision_id, answer.model)

    @override
    async def reply_stream(
        self, chat: Chat, pieces: AsyncIterator[Said], model: str, decision_id: str
    ) -> AsyncIterator[bytes]:
        end = End()
        async for piece in pieces:
            if isinstance(piece, End):
                end = piece
                continue
            text, calls = (piece, ()) if isinstance(piece, str) else ("", (piece,))
            yield _line({**self._body(model, decision_id, text, calls), "done": False})
        yield _line({**self._body(model, decision_id, ""), **_end(end)})

    @override
    def shape(self, event: object) -> EventShape:
        return ollama_shape(event)

    def wishes(self, body: Mapping[str, Any]) -> Wishes:
        """What else is wanted."""
        return of_wishes(body)

    def turns(self, body: Mapping[str, Any]) -> list[ChatMessage]:
        """The conversation of a request."""
        turns: list[ChatMessage] = []
        waiting: list[tuple[str, str]] = []  # calls that no tool answered yet, by name and the id that they get here
        for message in map(mapping, items(body.get("messages"))):
            role, text = role_named(message.get("role")), text_of(message.get("content"))
            if role is Role.TOOL:
                named = [one for one in waiting if one[0] == message.get("tool_name")] or waiting
                turns += result(named[0][1] if named else "", text)
                waiting = [one for one in waiting if one not in named[:1]]
                continue
            turns += turn(role, text)
            for item in items(message.get("tool_calls")):
                function = mapping(mapping(item).get("function"))
                name, number = string(function.get("name")), f"call_{len(turns)}"
                waiting.append((name, number))
                turns += calling(number, name, function.get("arguments"))
        return turns

    def text(self, text: str) -> dict[str, Any]:
        """Where an answer says its text."""
        return {"message": {"role": "assistant", "content": text}}

    def _body(self, model: str, decision_id: str, text: str, calls: Sequence[Call] = ()) -> dict[str, Any]:
        made = datetime.fromtimestamp(written_at(decision_id), UTC).isoformat().replace("+00:00", "Z")
        said = self.text(text)
        if calls:
            functions = [{"name": call.name, "arguments": arguments_of(call)} for call in calls]
            said["message"]["tool_calls"] = [{"function": function} for function in functions]
        return {"model": model, "created_at": made, **said, "privet": mark(decision_id, model)}


@dataclass(frozen=True, slots=True)
class OllamaGenerate(OllamaChat):
    """A prompt, or texts to turn into numbers."""

    name: ClassVar[str] = "ollama-generate"

    @override
    def matches(self, request: Request) -> bool:
        return path_ends(request, "/api/generate", "/api/embed", "/api/embeddings")

    @override
    def roles(self, data: Any) -> Mapping[str, Role]:
        return {
            **dict.fromkeys(("/prompt", "/suffix", "/input"), Role.USER),
            **dict.fromkeys(("/system", "/template"), Role.SYSTEM),
        }

    @override
    def unreadable(self, data: Any) -> Iterable[Skipped]:
        """An earlier conversation as token numbers."""
        if items(mapping(data).get("context")):
            yield Skipped(pointer="/context", reason=SkipReason.OPAQUE)

    @override
    def chat(self, request: Request) -> Chat | None:
        if not request.endpoint.rstrip("/").endswith("/generate") or self.read(request.body).get("context"):
            return None
        return OllamaChat.chat(self, request)

    @override
    def turns(self, body: Mapping[str, Any]) -> list[ChatMessage]:
        return turn(Role.SYSTEM, string(body.get("system"))) + turn(Role.USER, string(body.get("prompt")))

    @override
    def wishes(self, body: Mapping[str, Any]) -> Wishes:
        wanted = of_wishes(body)
        missing = ("suffix",) if body.get("suffix") else ()
        return replace(wanted, tools=(), unmet=(*wanted.unmet, *missing))

    @override
    def text(self, text: str) -> dict[str, Any]:
        return {"response": text}


def ollama_shape(event: object) -> EventShape:
    """Where the text of a streamed line stands."""
    data = mapping(event)
    message = mapping(data.get("message"))
    places = [(name, f"/message/{name}") for name in ("thinking", "content") if isinstance(message.get(name), str)]
    places += [(name, f"/{name}") for name in ("thinking", "response") if isinstance(data.get(name), str)]
    return EventShape(
        deltas=tuple(Delta(name, pointer) for name, pointer in places),
        closes=("*",) if data.get("done") is True or "tool_calls" in message else (),
    )


def _end(end: End) -> dict[str, Any]:
    return {
        "done": True,
        "done_reason": "length" if end.finish is Finish.LENGTH else "stop",
        "total_duration": 0,
        "load_duration": 0,
        "prompt_eval_count": end.input,
        "prompt_eval_duration": 0,
        "eval_count": end.output,
        "eval_duration": 0,
    }


def _line(data: Mapping[str, Any]) -> bytes:
    return f"{compact(data)}\n".encode("utf-8", "backslashreplace")
