"""Which dialect speaks for a request, where a gateway path leads, and the texts in query strings.

The list of dialects is explicit and ordered; the generic one, which speaks for everything, is last.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Literal

from configs.hosts import Family, host_table, provider_of_host
from proxy.envelopes import compression
from proxy.message import Request, Segment
from proxy.providers import exemptions as look
from proxy.providers import forms
from proxy.providers.anthropic_messages import AnthropicMessages
from proxy.providers.bedrock import BedrockConverse, BedrockCount, BedrockInvoke
from proxy.providers.cohere import Cohere
from proxy.providers.dialect import Dialect
from proxy.providers.gemini import Gemini
from proxy.providers.gemini_live import GeminiLive
from proxy.providers.generic import Generic
from proxy.providers.json_dialect import JsonDialect
from proxy.providers.json_spans import NESTING
from proxy.providers.multipart import Multipart
from proxy.providers.ollama import OllamaChat, OllamaGenerate
from proxy.providers.openai_chat import OpenAIChat
from proxy.providers.openai_completions import OpenAICompletions
from proxy.providers.openai_embeddings import OpenAIEmbeddings
from proxy.providers.openai_inputs import OpenAIInputs
from proxy.providers.openai_objects import OpenAIObjects
from proxy.providers.openai_realtime import OpenAIRealtime
from proxy.providers.openai_responses import OpenAIResponses
from proxy.providers.within import AnthropicBatches

QUERY = "~query"
_FILE = "application/octet-stream"
# The gateway's first path segments, and where they lead unless `upstream.gateway` says otherwise. Where there is no one
# address for all (a resource's own, a region's), it is None: such a route is open once it is configured.
GATEWAY: Mapping[str, str | None] = {
    "openai": "https://api.openai.com",
    "anthropic": "https://api.anthropic.com",
    "gemini": "https://generativelanguage.googleapis.com",
    "mistral": "https://api.mistral.ai",
    "cohere": "https://api.cohere.com",
    "groq": "https://api.groq.com",
    "deepseek": "https://api.deepseek.com",
    "xai": "https://api.x.ai",
    "openrouter": "https://openrouter.ai",
    "together": "https://api.together.xyz",
    "perplexity": "https://api.perplexity.ai",
    "huggingface": "https://router.huggingface.co",
    "ollama": "http://127.0.0.1:11434",
    "azure-openai": None,
    "bedrock": None,
    "vertex": None,
}
_BARE = (
    ("openai", re.compile(r"/v1/(?:chat/completions|responses|embeddings|completions|moderations|realtime)(?:/|$)")),
    ("anthropic", re.compile(r"/v1/(?:messages|complete)(?:/|$)")),
    ("gemini", re.compile(r"/v1(?:beta|alpha)/")),
    ("gemini", re.compile(r"/ws/google\.ai\.generativelanguage\.")),
    ("gemini", re.compile(r"/v1/models/[^/:]+:[A-Za-z]+$")),
)
# Paths that several vendors have.
_SHARED = re.compile(
    r"/v1/(?:models|files|batches|uploads|images|audio|vector_stores|conversations|assistants|threads)(?:/|$)"
)
_RANGE = re.compile(r"bytes 0-(?P<last>[0-9]{1,15})/(?P<size>[0-9]{1,15})", re.ASCII)
_ODD = re.compile(r"%2e|%2f|%5c|\\|//|/\.{1,2}(?:/|$)", re.IGNORECASE)
# The one place where a slash is rightly encoded: Amazon's names of resources as models.
_ARN = re.compile(
    r"/bedrock/model/arn(?:%3A|:)[A-Za-z0-9.:_-]*(?:%3A[A-Za-z0-9._-]*)*"
    r"%2F[A-Za-z0-9][A-Za-z0-9._:-]*/[a-z-]+",
    re.ASCII,
)
_GEMINI_PATH = re.compile(
    r"/v1(?:beta|alpha|internal)?[/:]|/{1,2}ws/google\.(?:ai\.generativelanguage|cloud\.aiplatform)\."
)
# Query parameters that are the protocol's own, and what their values look like.
_PARAMETERS = {
    "alt": re.compile(r"sse|json|media|proto"),
    "beta": re.compile(r"true|false"),
    "api-version": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:-preview)?|v1|preview", re.ASCII),
    "limit": re.compile(r"[0-9]{1,5}", re.ASCII),
    "pageSize": re.compile(r"[0-9]{1,5}", re.ASCII),
    "order": re.compile(r"asc|desc"),
    "stream": re.compile(r"true|false"),
}
_GEMINI_KEYS = {
    # Not what other vendors' keys begin with: the path alone doesn't tell that it is Google who is asked.
    "key": re.compile(
        r"(?!(?:sk|pk|rk|whsec)[-_]|gh[pousr]_|github_pat|glpat-|xox|A(?:KIA|SIA)|hf_)[\w.-]{1,200}", re.ASCII
    ),
    "access_token": re.compile(r"auth_tokens/[\w.-]{1,200}", re.ASCII),  # a short-lived key of the Live API
}


def dialect_for(request: Request, *, nesting: int = NESTING, family: Family | None = None) -> Dialect:
    """The dialect that speaks for a request: the first that matches, at last the generic one.

    `family` is how the request's host speaks, if it is not as the shipped table says.
    """
    multipart = request.media_type.startswith("multipart/")
    for dialect in () if multipart or _is_upload(request) else dialects(nesting):
        if dialect.matches(request):
            return dialect
    by_headers = _provider_by_headers(request.headers)
    family = family or host_table().family(request.host)
    if family == "generic" and by_headers is not None:
        family = by_headers
    provider = family if family in {"anthropic", "gemini"} else provider_of_host(request.host) or "generic"
    generic = Generic(
        nesting=nesting,
        provider=provider,
        family=family,
        media_type=_FILE if _is_upload(request) else request.media_type,
        named=_of_lines(nesting),
        coding=compression(request.headers),
        piece=_is_piece(request),
    )
    return Multipart.of(generic, request.headers.get("content-type", "")) if multipart else generic


@cache
def dialects(nesting: int = NESTING) -> tuple[Dialect, ...]:
    """The dialects that know their endpoints, in the order in which they are asked."""
    return tuple(
        kind(nesting=nesting)
        for kind in (
            OpenAIChat,
            OpenAICompletions,
            OpenAIResponses,
            OpenAIEmbeddings,
            OpenAIInputs,
            OpenAIRealtime,
            OpenAIObjects,  # before Anthropic's: a thread's messages end like its path
            AnthropicMessages,
            AnthropicBatches,
            Gemini,
            GeminiLive,
            Cohere,
            OllamaChat,
            OllamaGenerate,
            BedrockConverse,
            BedrockCount,
            BedrockInvoke,
        )
    )


@cache
def _of_lines(nesting: int) -> tuple[JsonDialect, ...]:
    return tuple(dialect for dialect in dialects(nesting) if isinstance(dialect, JsonDialect))


def _is_upload(request: Request) -> bool:
    """Whether the body is a file, or a piece of one in Google's resumable protocol, whatever the content type says."""
    return "/upload/" in request.endpoint and "upload" in request.headers.get("x-goog-upload-command", "")


def _is_piece(request: Request) -> bool:
    """Whether the body is a part of something of which the rest comes with other requests."""
    span = _RANGE.fullmatch(request.headers.get("content-range", "").strip())
    if "content-range" in request.headers and (span is None or int(span["last"]) + 1 != int(span["size"])):
        return True
    if not _is_upload(request):
        return False
    begins = request.headers.get("x-goog-upload-offset", "0").strip() in {"", "0"}
    return not (begins and "finalize" in request.headers.get("x-goog-upload-command", ""))


def gateway_bases(configured: Mapping[str, str]) -> dict[str, str]:
    """Where the gateway's routes lead: those that are configured, and the ones that have an address of their own."""
    return {**{name: base for name, base in GATEWAY.items() if base is not None}, **configured}


def gateway_route(path: str, headers: Mapping[str, str] | None = None) -> tuple[str, str] | None:
    """Route and upstream path of a gateway path: `/openai/v1/…`, `/mistral/…` (`GATEWAY`), or a bare API path.

    `headers` (lower-case names) tell apart what several vendors have (`/v1/models`). None when nobody is meant.
    """
    endpoint = path.partition("?")[0]
    if _ODD.search(endpoint) and not _ARN.fullmatch(endpoint):
        return None  # what one server reads as one path another may read as a second one
    first, slash, rest = path[1:].partition("/")
    if first in GATEWAY and slash and rest:
        return first, f"/{rest}"
    for provider, pattern in _BARE:
        if pattern.match(endpoint):
            return provider, path
    if _SHARED.match(endpoint):
        return _provider_by_headers(headers or {}) or "openai", path
    return None


def query_segments(path: str) -> tuple[Segment, ...]:
    """The texts in a path's query, but the protocol's own parameters. Raises `BodyError`."""
    endpoint, mark, query = path.partition("?")
    if not mark:
        return ()
    wanted = tuple(field for field in forms.fields(query, QUERY) if not _exempt(endpoint, field))
    return tuple(forms.segments(wanted, NESTING))


def rebuild_query(path: str, texts: Mapping[str, str]) -> str:
    """The path with the query's texts at these pointers replaced. Raises `BodyError`."""
    if not texts:
        return path
    endpoint, _, query = path.partition("?")
    return f"{endpoint}?{forms.rebuild(query, QUERY, texts, NESTING)}"


def _exempt(endpoint: str, field: forms.Field) -> bool:
    name = field.pointer.removeprefix(f"{QUERY}/")
    if name in _GEMINI_KEYS:  # Google's API key, which goes where it belongs
        return _GEMINI_PATH.match(endpoint) is not None and _GEMINI_KEYS[name].fullmatch(field.text) is not None
    if name in {"model", "deployment"}:  # realtime sessions are opened with it
        return look.model(field.text, {})
    pattern = _PARAMETERS.get(name)
    return pattern is not None and pattern.fullmatch(field.text) is not None


def _provider_by_headers(headers: Mapping[str, str]) -> Literal["anthropic", "gemini"] | None:
    if "anthropic-version" in headers:
        return "anthropic"
    return "gemini" if "x-goog-api-key" in headers else None
