"""From a request to its answer: which API it speaks, what is said, in which wire format. Pure.

Requests that the vendor can't read get 400 and unknown paths 404, each in the shape of the API that was meant.
`/echo` gives back the body that it got.
"""

import gzip
import json
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.fakes import anthropic_wire, bedrock_wire, gemini_wire, openai_wire, stored_wire
from tests.fakes.model import Behaviour, Prompt, answer
from tests.fakes.recording import SeenRequest

JSON = "application/json"
SSE = "text/event-stream; charset=utf-8"

_GEMINI = re.compile(r"^/v1(?:beta|alpha)?/models/(?P<model>[^/:]+):(?P<method>\w+)$")
_BEDROCK = re.compile(r"^/model/(?P<model>[^/]+)/converse(?P<stream>-stream)?$")
_KEYS = ("authorization", "x-api-key", "x-goog-api-key")


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer: a body, or events to be written one after the other."""

    status: int
    body: bytes = b""
    events: Iterator[bytes] | None = None
    media_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)


def respond(request: SeenRequest, behaviour: Behaviour) -> Answer:
    """Answer a request as the vendor would."""
    path, _, query = request.path.partition("?")
    error = _error_shape(path, request)
    if behaviour.require_key and not any(request.header(name) for name in _KEYS) and "key=" not in query:
        return _json(error(401, "No API key was given."), status=401)
    if behaviour.status != 200:
        retry = {} if behaviour.retry_after is None else {"retry-after": str(behaviour.retry_after)}
        return _json(error(behaviour.status, "The stand-in was told to fail."), behaviour.status, retry)
    if behaviour.raw is not None:
        data, media_type = behaviour.raw
        if behaviour.chunk_bytes is not None:
            return Answer(200, events=iter([data]), media_type=media_type)
        return Answer(200, body=data, media_type=media_type)
    if request.method == "GET":
        return _listing(path, request, error)
    if path == "/echo":
        return Answer(200, body=request.body, media_type=request.header("content-type") or "application/octet-stream")
    if (upload := stored_wire.google_upload(request)) is not None:
        return _json(upload[0], headers=upload[1])
    try:
        if (request.header("content-type") or "").startswith("multipart/"):
            answered = stored_wire.uploaded(path, request)
            return _json(error(404, f"Invalid URL (POST {path})"), status=404) if answered is None else _json(answered)
        body = json.loads(_decoded(request))
        if (events := stored_wire.run(path, body, behaviour)) is not None:
            return Answer(200, events=events, media_type=SSE)
        answered = stored_wire.stored(path, body, request)
        found = _routed(path, query, body, behaviour) if answered is None else _json(answered)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, zlib.error) as problem:
        return _json(error(400, f"The request can't be read: {type(problem).__name__}."), status=400)
    return found or _json(error(404, f"Invalid URL (POST {path})"), status=404)


def _routed(path: str, query: str, body: Any, behaviour: Behaviour) -> Answer | None:
    match path:
        case "/v1/chat/completions":
            return _talk(openai_wire.chat_prompt(body), openai_wire.chat_completion, openai_wire.chat_stream, behaviour)
        case "/v1/responses":
            return _talk(
                openai_wire.responses_prompt(body), openai_wire.response, openai_wire.responses_stream, behaviour
            )
        case "/v1/embeddings":
            return _json(openai_wire.embeddings(body, behaviour))
        case "/v1/messages":
            return _talk(
                anthropic_wire.messages_prompt(body),
                lambda prompt, reply, _: anthropic_wire.message(prompt, reply),
                anthropic_wire.stream,
                behaviour,
            )
        case "/v1/messages/count_tokens":
            return _json(anthropic_wire.count_tokens(body))
    if found := _BEDROCK.match(path):
        prompt = bedrock_wire.prompt_of(body, found["model"], stream=bool(found["stream"]))
        reply = answer(prompt, behaviour)
        if prompt.stream:
            return Answer(200, events=bedrock_wire.stream(prompt, reply, behaviour), media_type=bedrock_wire.MEDIA_TYPE)
        return _json(bedrock_wire.whole(prompt, reply), behaviour=behaviour)
    if found := _GEMINI.match(path):
        return _gemini(found["model"], found["method"], query, body, behaviour)
    return None


def _gemini(model: str, method: str, query: str, body: Any, behaviour: Behaviour) -> Answer | None:
    match method:
        case "generateContent":
            prompt = gemini_wire.prompt_of(body, model, stream=False)
            return _json(gemini_wire.whole(prompt, answer(prompt, behaviour)), behaviour=behaviour)
        case "streamGenerateContent":
            prompt = gemini_wire.prompt_of(body, model, stream=True)
            reply = answer(prompt, behaviour)
            if "alt=sse" in query:
                return Answer(200, events=gemini_wire.sse_stream(prompt, reply, behaviour), media_type=SSE)
            return Answer(200, events=gemini_wire.array_stream(prompt, reply, behaviour))
        case "countTokens":
            return _json({"totalTokens": gemini_wire.prompt_of(body, model, stream=False).input_tokens})
        case "embedContent":
            return _json(gemini_wire.embedding(body, behaviour))
        case "batchEmbedContents":
            return _json(gemini_wire.embeddings(body, behaviour))
        case _:
            return None


def _talk(
    prompt: Prompt,
    whole: Callable[..., dict[str, Any]],
    stream: Callable[..., Iterator[bytes]],
    behaviour: Behaviour,
) -> Answer:
    reply = answer(prompt, behaviour)
    if prompt.stream:
        return Answer(200, events=stream(prompt, reply, behaviour), media_type=SSE)
    return _json(whole(prompt, reply, behaviour), behaviour=behaviour)


def _listing(path: str, request: SeenRequest, error: Callable[[int, str], dict[str, Any]]) -> Answer:
    match path:
        case "/v1/models" if request.header("anthropic-version"):
            return _json(anthropic_wire.models())
        case "/v1/models":
            return _json(openai_wire.models())
        case "/v1beta/models":
            return _json(gemini_wire.models())
        case _:
            return _json(error(404, f"Invalid URL (GET {path})"), status=404)


def _error_shape(path: str, request: SeenRequest) -> Callable[[int, str], dict[str, Any]]:
    if path.startswith("/v1/messages") or request.header("anthropic-version"):
        return anthropic_wire.error
    return gemini_wire.error if path.startswith("/v1beta") else openai_wire.error


def _decoded(request: SeenRequest) -> bytes:
    match request.header("content-encoding"):
        case "gzip":
            return gzip.decompress(request.body)
        case "deflate":
            return zlib.decompress(request.body)
        case _:
            return request.body


def _json(
    data: Any, status: int = 200, headers: Mapping[str, str] | None = None, behaviour: Behaviour | None = None
) -> Answer:
    text = json.dumps(data, ensure_ascii=behaviour.ascii_json if behaviour else False)
    return Answer(status, body=text.encode(), headers=headers or {})
