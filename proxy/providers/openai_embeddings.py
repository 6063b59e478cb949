"""OpenAI embeddings (`…/embeddings`): texts in, numbers out; nothing to restore, nobody inside to answer.

Reference: https://platform.openai.com/docs/api-reference/embeddings
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, override

from detectors.finding import Skipped, SkipReason
from proxy.message import Refusal, Request, Response, Role
from proxy.providers import exemptions as look
from proxy.providers.exemptions import Exemptions
from proxy.providers.json_dialect import JsonDialect, mapping, path_ends, refused
from proxy.providers.openai_chat import openai_error


@dataclass(frozen=True, slots=True)
class OpenAIEmbeddings(JsonDialect):
    """Embeddings."""

    name: ClassVar[str] = "openai-embeddings"
    provider: ClassVar[str] = "openai"
    exemptions: ClassVar[Exemptions] = Exemptions(
        exact={"/model": look.model, "/encoding_format": look.word},
    )

    @override
    def matches(self, request: Request) -> bool:
        return path_ends(request, "/embeddings")

    @override
    def roles(self, data: Any) -> Mapping[str, Role]:
        return {"/input": Role.USER}

    @override
    def unreadable(self, data: Any) -> Iterable[Skipped]:
        return token_arrays(data)

    @override
    def refusal(self, refusal: Refusal) -> Response:
        return refused(refusal, openai_error(refusal))


def token_arrays(data: Any) -> Iterable[Skipped]:
    """Texts that are sent as arrays of token numbers: the vendor can read them, we can't."""
    for field in ("input", "prompt"):
        if _has_token_array(mapping(data).get(field)):
            yield Skipped(pointer=f"/{field}", reason=SkipReason.OPAQUE)


def _has_token_array(value: Any) -> bool:
    if not isinstance(value, list):
        return False
    return any(isinstance(item, int) or (isinstance(item, list) and _has_token_array(item)) for item in value)
