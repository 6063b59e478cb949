"""OpenAI chat completions, as OpenAI, Azure and the many compatible servers speak them (`…/chat/completions`).

Also read are the extras of compatible servers: Mistral's documents and agents, OpenRouter's routing and plugins, Groq's
and Perplexity's search options, DeepSeek's and xAI's reasoning.

Reference: https://platform.openai.com/docs/api-reference/chat
"""

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, override

from detectors.finding import SkipReason
from local_models.speech import Call, End, Finish, Said
from proxy.message import Chat, ChatMessage, Refusal, Request, Response, Role
from proxy.providers import exemptions as look
from proxy.providers.dialect import Answer, Delta, EventShape
from proxy.providers.exemptions import Exemptions
from proxy.providers.json_dialect import (
    JsonDialect,
    call_id,
    call_of,
    event,
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
from proxy.providers.json_spans import is_identifier
from proxy.providers.structured import of_openai_chat
from proxy.providers.wishes import of_openai_chat as of_wishes

_CONTENT = "/messages/*/content/*"
_CALL = "/messages/*/tool_calls/*"
# Fields of a streamed delta that hold text; the reasoning ones are those of compatible servers.
_TEXTS = ("reasoning", "reasoning_content", "content", "refusal")
FINISH = {Finish.STOP: "stop", Finish.SEQUENCE: "stop", Finish.LENGTH: "length", Finish.CALLS: "tool_calls"}
_WORDS = frozenset({"role", "id", "type", "name", "object", "tool_call_id"})  # whole in each delta, and no text


@dataclass(frozen=True, slots=True)
class OpenAIChat(JsonDialect):
    """Chat completions."""

    name: ClassVar[str] = "openai-chat"
    provider: ClassVar[str] = "openai"
    exemptions: ClassVar[Exemptions] = Exemptions(
        exact={
            "/model": look.model,
            "/messages/*/role": look.word,
            f"{_CONTENT}/type": look.word,
            f"{_CONTENT}/image_url/detail": look.word,
            f"{_CONTENT}/input_audio/format": look.word,
            "/messages/*/audio/id": look.identifier,
            "/messages/*/tool_call_id": look.identifier,
            f"{_CALL}/id": look.identifier,
            f"{_CALL}/type": look.word,
            f"{_CALL}/function/name": look.name,
            "/tools/*/type": look.word,
            "/tools/*/function/name": look.name,
            "/tool_choice": look.word,
            "/tool_choice/type": look.word,
            "/tool_choice/function/name": look.name,
            "/response_format/type": look.word,
            "/response_format/json_schema/name": look.name,
            "/modalities/*": look.word,
            "/audio/format": look.word,
            "/audio/voice": look.word,
            "/service_tier": look.word,
            "/reasoning_effort": look.word,
            "/verbosity": look.word,
            "/prompt_cache_key": look.identifier,
            "/prompt_cache_retention": look.word,
            "/moderation/model": look.model,
            "/web_search_options/search_context_size": look.word,
            "/prompt_mode": look.word,  # Mistral
            "/agent_id": look.identifier,
            "/models/*": look.model,  # OpenRouter
            "/route": look.word,
            "/provider/order/*": look.model,
            "/provider/only/*": look.model,
            "/provider/ignore/*": look.model,
            "/provider/sort": look.word,
            "/provider/data_collection": look.word,
            "/plugins/*/id": look.word,
            "/plugins/*/engine": look.word,
            "/reasoning/effort": look.word,
            "/reasoning_format": look.word,  # Groq
            "/thinking/type": look.word,  # DeepSeek, GLM
            "/search_parameters/mode": look.word,  # xAI
            "/search_parameters/sources/*/type": look.word,
            "/search_mode": look.word,  # Perplexity
            "/search_recency_filter": look.word,
            "/messages/*/reasoning_details/*/type": look.word,  # OpenRouter
            "/messages/*/reasoning_details/*/id": look.identifier,
            "/messages/*/reasoning_details/*/format": look.word,
            "/messages/*/reasoning_details/*/data": look.signature,
            "/messages/*/reasoning_details/*/signature": look.signature,
            "/messages/*/content/*/cache_control/type": look.word,
        },
        schemas=(
            "/tools/*/function/parameters",
            "/functions/*/parameters",
            "/response_format/json_schema/schema",
        ),
        opaque={
            f"{_CONTENT}/image_url/url": (look.anything, SkipReason.OPAQUE),
            f"{_CONTENT}/image_url": (look.anything, SkipReason.OPAQUE),  # Mistral
            f"{_CONTENT}/document_url": (look.anything, SkipReason.OPAQUE),
            f"{_CONTENT}/video_url/url": (look.anything, SkipReason.OPAQUE),
            f"{_CONTENT}/file_url/url": (look.anything, SkipReason.OPAQUE),
            f"{_CONTENT}/input_audio/data": (look.anything, SkipReason.UNSUPPORTED_MEDIA),
            f"{_CONTENT}/file/file_data": (look.anything, SkipReason.UNSUPPORTED_MEDIA),
            f"{_CONTENT}/file/file_id": (look.anything, SkipReason.OPAQUE),
        },
    )

    @override
    def matches(self, request: Request) -> bool:
        return path_ends(request, "/chat/completions", "/agents/completions")

    @override
    def roles(self, data: Any) -> Mapping[str, Role]:
        messages = items(mapping(data).get("messages"))
        return {f"/messages/{index}": role_named(mapping(item).get("role")) for index, item in enumerate(messages)}

    @override
    def refusal(self, refusal: Refusal) -> Response:
        return refused(refusal, openai_error(refusal))

    @override
    def chat(self, request: Request) -> Chat | None:
        body = self.read(request.body)
        messages = turns_of(body.get("messages"))
        if not messages:
            return None
        return Chat(
            messages=tuple(messages),
            model=string(body.get("model")),
            stream=body.get("stream") is True,
            max_tokens=whole_number(body.get("max_completion_tokens")) or whole_number(body.get("max_tokens")),
            temperature=real_number(body.get("temperature")),
            schema=of_openai_chat(body),
            include_usage=mapping(body.get("stream_options")).get("include_usage") is True,
            wishes=of_wishes(body),
        )

    @override
    def reply(self, chat: Chat, answer: Answer, decision_id: str) -> Response:
        message: dict[str, Any] = {"role": "assistant", "content": answer.text or None, "refusal": None}
        if answer.calls:
            message["tool_calls"] = [_call(call, number, decision_id) for number, call in enumerate(answer.calls)]
        else:
            message["content"] = answer.text
        message["annotations"] = []
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": FINISH[answer.finish]}
        body = {
            **_head("chat.completion", answer.model, decision_id),
            "choices": [choice],
            "usage": usage_of(answer.input_tokens, answer.output_tokens),
            "privet": mark(decision_id, answer.model),
        }
        return whole(body, decision_id, answer.model)

    @override
    async def reply_stream(
        self, chat: Chat, pieces: AsyncIterator[Said], model: str, decision_id: str
    ) -> AsyncIterator[bytes]:
        head = _head("chat.completion.chunk", model, decision_id)

        def chunk(choices: list[Any], usage: Any = None) -> bytes:
            extra = {"usage": usage} if chat.include_usage else {}
            return event({**head, "choices": choices, **extra, "privet": mark(decision_id, model)})

        yield chunk([_choice({"role": "assistant", "content": "", "refusal": None})])
        end, calls = End(), 0
        async for piece in pieces:
            match piece:
                case End():
                    end = piece
                case Call():
                    call = _call(piece, calls, decision_id)
                    begun = {**call, "function": {**call["function"], "arguments": ""}}
                    yield chunk([_choice({"tool_calls": [{"index": calls, **begun}]})])
                    written = {"arguments": piece.arguments}
                    yield chunk([_choice({"tool_calls": [{"index": calls, "function": written}]})])
                    calls += 1
                case _:
                    yield chunk([_choice({"content": piece})])
        yield chunk([_choice({}, FINISH[end.finish])])
        if chat.include_usage:
            yield chunk([], usage_of(end.input, end.output))
        yield event("[DONE]")

    @override
    def shape(self, event: object) -> EventShape:
        return chat_shape(event)


def openai_error(refusal: Refusal) -> dict[str, Any]:
    """OpenAI's error body."""
    kind = "server_error" if refusal.status >= 500 else "invalid_request_error"
    return {"error": {"message": refusal_text(refusal), "type": kind, "param": None, "code": refusal.code}}


def chat_shape(event: object) -> EventShape:
    """Where the text of a chat (or legacy) completion chunk stands."""
    deltas: list[Delta] = []
    closes: list[str] = []
    for position, item in enumerate(items(mapping(event).get("choices"))):
        choice = mapping(item)
        base, place = f"choice/{choice.get('index', position)}", f"/choices/{position}"
        found = list(_deltas(base, place, choice))
        names = {delta.channel for delta in found}
        if any("/call/" in name for name in names):
            closes += [f"{base}/{field}" for field in _TEXTS]
        elif f"{base}/content" in names:
            closes += [f"{base}/reasoning", f"{base}/reasoning_content"]
        deltas += found
        if choice.get("finish_reason") is not None:
            closes.append(base)
    return EventShape(deltas=tuple(deltas), closes=tuple(closes))


def _deltas(base: str, place: str, choice: Mapping[str, Any]) -> Iterator[Delta]:
    delta = mapping(choice.get("delta"))
    for field in _TEXTS:
        if isinstance(delta.get(field), str):
            yield Delta(channel=f"{base}/{field}", pointer=f"{place}/delta/{field}")
    for field, value in delta.items():  # what vendors add of their own is text like any other, and comes in pieces too
        if isinstance(value, str) and field not in _TEXTS and field not in _WORDS and is_identifier(field):
            yield Delta(channel=f"{base}/{field}", pointer=f"{place}/delta/{field}")
    if isinstance(mapping(delta.get("audio")).get("transcript"), str):
        yield Delta(channel=f"{base}/audio", pointer=f"{place}/delta/audio/transcript")
    if isinstance(mapping(delta.get("function_call")).get("arguments"), str):
        yield Delta(f"{base}/call/function", f"{place}/delta/function_call/arguments", is_json=True)
    for position, item in enumerate(items(delta.get("tool_calls"))):
        call = mapping(item)
        number = call.get("index", position)
        if isinstance(mapping(call.get("function")).get("arguments"), str):
            at = f"{place}/delta/tool_calls/{position}/function/arguments"
            yield Delta(f"{base}/call/{number}", at, is_json=True)
    if isinstance(choice.get("text"), str):  # legacy completions
        yield Delta(channel=f"{base}/text", pointer=f"{place}/text")


def turns_of(messages: Any) -> list[ChatMessage]:
    """The turns of a conversation in OpenAI's form, which other vendors took over."""
    return [one for item in items(messages) for one in _turns(mapping(item))]


def _turns(message: Mapping[str, Any]) -> list[ChatMessage]:
    role, text = role_named(message.get("role")), text_of(message.get("content"))
    if role is Role.TOOL and message.get("tool_call_id"):
        return result(message["tool_call_id"], text)
    functions = [(item, mapping(item.get("function"))) for item in map(mapping, items(message.get("tool_calls")))]
    calls = [call_of(item.get("id"), one.get("name"), one.get("arguments")) for item, one in functions if one]
    return [ChatMessage(role, text, calls=tuple(calls))] if calls else turn(role, text)


def _head(kind: str, model: str, decision_id: str) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{decision_id}",
        "object": kind,
        "created": written_at(decision_id),
        "model": model,
        "service_tier": "default",
        "system_fingerprint": None,
    }


def _call(call: Call, number: int, decision_id: str) -> dict[str, Any]:
    function = {"name": call.name, "arguments": call.arguments}
    return {"id": call_id("call_", decision_id, number), "type": "function", "function": function}


def _choice(delta: Mapping[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}


def usage_of(prompt: int, completion: int) -> dict[str, Any]:
    """OpenAI's usage of a completion."""
    said = ("reasoning_tokens", "audio_tokens", "accepted_prediction_tokens", "rejected_prediction_tokens")
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": dict.fromkeys(said, 0),
    }
