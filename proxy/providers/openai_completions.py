"""OpenAI's legacy completions (`…/completions`), which editors use to fill in code: Copilot, Mistral's FIM, DeepSeek.

Reference: https://platform.openai.com/docs/api-reference/completions
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, override

from detectors.finding import Skipped
from local_models.speech import End, Said
from proxy.message import Chat, Refusal, Request, Response, Role, Wishes
from proxy.providers import exemptions as look
from proxy.providers.dialect import Answer, EventShape
from proxy.providers.exemptions import Exemptions
from proxy.providers.json_dialect import (
    JsonDialect,
    event,
    mapping,
    mark,
    path_ends,
    real_number,
    refused,
    string,
    text_of,
    turn,
    whole,
    whole_number,
    written_at,
)
from proxy.providers.openai_chat import FINISH, chat_shape, openai_error, usage_of
from proxy.providers.openai_embeddings import token_arrays
from proxy.providers.wishes import of_openai_chat


@dataclass(frozen=True, slots=True)
class OpenAICompletions(JsonDialect):
    """Text in, text that goes on from it out."""

    name: ClassVar[str] = "openai-completions"
    provider: ClassVar[str] = "openai"
    exemptions: ClassVar[Exemptions] = Exemptions(
        exact={
            "/model": look.model,
            "/extra/language": look.word,
            "/response_format/type": look.word,
            "/service_tier": look.word,
        },
    )

    @override
    def matches(self, request: Request) -> bool:
        return path_ends(request, "/completions")

    @override
    def roles(self, data: Any) -> Mapping[str, Role]:
        return {"/prompt": Role.USER, "/suffix": Role.USER}

    @override
    def unreadable(self, data: Any) -> Iterable[Skipped]:
        return token_arrays(data)

    @override
    def refusal(self, refusal: Refusal) -> Response:
        return refused(refusal, openai_error(refusal))

    @override
    def chat(self, request: Request) -> Chat | None:
        body = self.read(request.body)
        messages = turn(Role.USER, text_of(body.get("prompt")))
        if not messages:
            return None
        return Chat(
            messages=tuple(messages),
            model=string(body.get("model")),
            stream=body.get("stream") is True,
            max_tokens=whole_number(body.get("max_tokens")),
            temperature=real_number(body.get("temperature")),
            include_usage=mapping(body.get("stream_options")).get("include_usage") is True,
            wishes=_wishes(body),
        )

    @override
    def reply(self, chat: Chat, answer: Answer, decision_id: str) -> Response:
        body = _body(answer.model, decision_id, answer.text, FINISH[answer.finish])
        usage = usage_of(answer.input_tokens, answer.output_tokens)
        return whole({**body, "usage": usage, "privet": mark(decision_id, answer.model)}, decision_id, answer.model)

    @override
    async def reply_stream(
        self, chat: Chat, pieces: AsyncIterator[Said], model: str, decision_id: str
    ) -> AsyncIterator[bytes]:
        ended = End()
        async for piece in pieces:
            if isinstance(piece, End):
                ended = piece
            elif isinstance(piece, str):
                yield event({**_body(model, decision_id, piece, None), "privet": mark(decision_id, model)})
        end = _body(model, decision_id, "", FINISH[ended.finish])
        yield event({**end, "usage": usage_of(ended.input, ended.output)} if chat.include_usage else end)
        yield event("[DONE]")

    @override
    def shape(self, event: object) -> EventShape:
        return chat_shape(event)


def _body(model: str, decision_id: str, text: str, finish_reason: str | None) -> dict[str, Any]:
    return {
        "id": f"cmpl-{decision_id}",
        "object": "text_completion",
        "created": written_at(decision_id),
        "model": model,
        "choices": [{"index": 0, "text": text, "logprobs": None, "finish_reason": finish_reason}],
    }


def _wishes(body: Mapping[str, Any]) -> Wishes:
    unmet = [name for name in ("logprobs", "echo", "suffix") if body.get(name)]
    unmet += [name for name in ("n", "best_of") if (whole_number(body.get(name)) or 1) > 1]
    return replace(of_openai_chat(body), tools=(), unmet=tuple(unmet))
