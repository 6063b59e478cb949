"""OpenAI's endpoints that take one text: moderations, images, speech, videos, and their compatible kin (rerank).

Uploads of images and sounds are multipart bodies (`multipart`).
Reference: https://platform.openai.com/docs/api-reference/moderations, …/images, …/audio
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, override

from detectors.finding import SkipReason
from proxy.message import Refusal, Request, Response, Role
from proxy.providers import exemptions as look
from proxy.providers.dialect import EventShape
from proxy.providers.exemptions import Exemptions
from proxy.providers.json_dialect import JsonDialect, path_ends, refused
from proxy.providers.openai_chat import openai_error
from proxy.providers.openai_responses import responses_shape

_PATHS = (
    *("/moderations", "/images/generations", "/images/edits", "/images/variations"),
    *("/audio/speech", "/audio/transcriptions", "/audio/translations", "/videos"),
)
_WORDS = ("size", "quality", "style", "response_format", "output_format", "background", "moderation", "voice", "format")
_OPAQUE = (look.anything, SkipReason.OPAQUE)


@dataclass(frozen=True, slots=True)
class OpenAIInputs(JsonDialect):
    """A text to judge, to paint or to speak."""

    name: ClassVar[str] = "openai-inputs"
    provider: ClassVar[str] = "openai"
    exemptions: ClassVar[Exemptions] = Exemptions(
        exact={
            "/model": look.model,
            "/stream_format": look.word,
            "/input_fidelity": look.word,
            "/input/*/type": look.word,
            **{f"/{name}": look.word for name in _WORDS},
        },
        opaque={
            "/input/*/image_url/url": _OPAQUE,
            "/images/*/image_url": _OPAQUE,
            "/images/*/file_id": _OPAQUE,
            "/mask/image_url": _OPAQUE,
            "/mask/file_id": _OPAQUE,
        },
    )

    @override
    def matches(self, request: Request) -> bool:
        return path_ends(request, *_PATHS)

    @override
    def roles(self, data: Any) -> Mapping[str, Role]:
        return {"/input": Role.USER, "/prompt": Role.USER, "/instructions": Role.SYSTEM}

    @override
    def refusal(self, refusal: Refusal) -> Response:
        return refused(refusal, openai_error(refusal))

    @override
    def shape(self, event: object) -> EventShape:
        return responses_shape(event)
