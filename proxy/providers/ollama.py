"""Ollama (`/api/chat`, `/api/generate`, `/api/embed`). Its streams are JSON lines, and it streams unless told not to.

Reference: https://docs.ollama.com/api
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, override

from detectors.finding import Skipped, SkipReason
from proxy.message import Chat, ChatMessage, Refusal, Request, Response, Role
from proxy.providers import exemptions as look
from proxy.providers.dialect import Answer, Delta, EventShape
from proxy.providers.exemptions import Exemptions
from proxy.providers.json_dialect import (
    JsonDialect,
    compact,
    items,
    mapping,
    mark,
    path_ends,
    real_number,
    refusal_text,
    refused,
    role_named,
    string,
    text_of,
    turn,
    whole,
    whole_number,
    written_at,
)
from proxy.providers.structured import of_ollama

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
            stream_type=_LINES,
        )

    @override
    def reply(self, chat: Chat, answer: Answer, decision_id: str) -> Response:
        end = _end(answer.input_tokens, answer.output_tokens)
        return whole({**self._body(answer.model, decision_id, answer.text), **end}, decision_id, answer.model)

    @override
    async def reply_stream(
        self, chat: Chat, pieces: AsyncIterator[str], model: str, decision_id: str
    ) -> AsyncIterator[bytes]:
        count = 0
        async for piece in pieces:
            count += 1
            yield _line({**self._body(model, decision_id, piece), "done": False})
        yield _line({**self._body(model, decision_id, ""), **_end(0, count)})

    @override
    def shape(self, event: object) -> EventShape:
        return ollama_shape(event)

    def turns(self, body: Mapping[str, Any]) -> list[ChatMessage]:
        """The conversation of a request."""
        return [
            message
            for entry in items(body.get("messages"))
            for message in turn(role_named(mapping(entry).get("role")), text_of(mapping(entry).get("content")))
        ]

    def text(self, text: str) -> dict[str, Any]:
        """Where an answer says its text."""
        return {"message": {"role": "assistant", "content": text}}

    def _body(self, model: str, decision_id: str, text: str) -> dict[str, Any]:
        made = datetime.fromtimestamp(written_at(decision_id), UTC).isoformat().replace("+00:00", "Z")
        return {"model": model, "created_at": made, **self.text(text), "privet": mark(decision_id, model)}


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


def _end(read: int, written: int) -> dict[str, Any]:
    return {"done": True, "done_reason": "stop", "prompt_eval_count": read, "eval_count": written}


def _line(data: Mapping[str, Any]) -> bytes:
    return f"{compact(data)}\n".encode("utf-8", "backslashreplace")
