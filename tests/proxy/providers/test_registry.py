"""Which dialect speaks, where a gateway path leads, what a query says."""

import pytest

from detectors.finding import Skipped, SkipReason
from proxy.errors import BodyError
from proxy.message import Request
from proxy.providers.registry import (
    GATEWAY,
    dialect_for,
    dialects,
    gateway_bases,
    gateway_route,
    query_segments,
    rebuild_query,
)

DIALECTS = [
    ("api.openai.com", "/v1/chat/completions", "openai-chat", "openai"),
    ("api.groq.com", "/openai/v1/chat/completions", "openai-chat", "openai"),
    ("api.openai.com", "/v1/responses", "openai-responses", "openai"),
    ("api.openai.com", "/v1/embeddings", "openai-embeddings", "openai"),
    ("api.anthropic.com", "/v1/messages?beta=true", "anthropic-messages", "anthropic"),
    ("generativelanguage.googleapis.com", "/v1beta/models/g:generateContent", "gemini", "gemini"),
    ("generativelanguage.googleapis.com", "/v1beta/openai/chat/completions", "openai-chat", "openai"),
    ("api.openai.com", "/v1/files", "openai-objects", "openai"),
    ("api.anthropic.com", "/v1/messages/batches", "anthropic-batches", "anthropic"),
    ("claude.ai", "/api/organizations/x/chat_conversations/y/completion", "generic", "anthropic"),
    ("generativelanguage.googleapis.com", "/upload/v1beta/files", "generic", "gemini"),
    ("api.cohere.com", "/v2/embed", "cohere", "cohere"),
    ("api.openai.com", "/v1/completions", "openai-completions", "openai"),
    ("api.mistral.ai", "/v1/fim/completions", "openai-completions", "openai"),
    ("api.mistral.ai", "/v1/agents/completions", "openai-chat", "openai"),
    ("x.openai.azure.com", "/openai/deployments/d/chat/completions?api-version=2024-10-21", "openai-chat", "openai"),
    ("x.openai.azure.com", "/openai/threads/thread_1/messages", "openai-objects", "openai"),
    ("api.openai.com", "/v1/threads/thread_1/messages", "openai-objects", "openai"),
    ("api.openai.com", "/v1/threads/thread_1/runs/run_1/submit_tool_outputs", "openai-objects", "openai"),
    ("api.openai.com", "/v1/conversations/conv_1/items", "openai-responses", "openai"),
    ("api.openai.com", "/v1/images/generations", "openai-inputs", "openai"),
    ("api.openai.com", "/v1/audio/speech", "openai-inputs", "openai"),
    ("generativelanguage.googleapis.com", "/v1beta/cachedContents", "gemini", "gemini"),
    ("generativelanguage.googleapis.com", "/v1beta/models/m:batchGenerateContent", "gemini", "gemini"),
    (
        "aiplatform.googleapis.com",
        "/v1/projects/p/locations/l/publishers/google/models/m:streamGenerateContent",
        "gemini",
        "gemini",
    ),
    (
        "aiplatform.googleapis.com",
        "/v1/projects/p/locations/l/publishers/anthropic/models/m:streamRawPredict",
        "anthropic-messages",
        "anthropic",
    ),
    ("api.openai.com", "/v1/realtime?model=gpt-realtime", "openai-realtime", "openai"),
    ("x.openai.azure.com", "/openai/realtime?deployment=d", "openai-realtime", "openai"),
    (
        "generativelanguage.googleapis.com",
        "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent",
        "gemini-live",
        "gemini",
    ),
    ("localhost", "/api/chat", "ollama-chat", "ollama"),
    ("localhost", "/api/generate", "ollama-generate", "ollama"),
    ("api.deepseek.com", "/anthropic/v1/messages", "anthropic-messages", "anthropic"),
    ("api5.cursor.sh", "/aiserver.v1.ChatService/StreamUnifiedChat", "generic", "cursor"),
    ("llm.example.com", "/x", "generic", "generic"),
]


@pytest.mark.parametrize(("host", "path", "name", "provider"), DIALECTS)
def test_dialects(host: str, path: str, name: str, provider: str) -> None:
    dialect = dialect_for(Request("POST", host, path, {"content-type": "application/json"}, b"{}"))
    assert (dialect.name, dialect.provider) == (name, provider)


@pytest.mark.parametrize("header", ["anthropic-version", "x-goog-api-key"])
def test_paths_that_several_vendors_have_are_told_apart_by_headers(header: str) -> None:
    dialect = dialect_for(Request("POST", "gateway", "/v1/files", {header: "x"}, b"{}"))
    assert (dialect.name, dialect.provider) == ("generic", {"a": "anthropic", "x": "gemini"}[header[0]])


def test_the_generic_dialect_knows_the_media_type() -> None:
    request = Request("POST", "api.openai.com", "/v1/x", {"content-type": "text/plain; charset=utf-8"}, b"x")
    assert [segment.text for segment in dialect_for(request).extract(b"x y").segments] == ["x y"]


def test_a_hosts_own_protocol_is_uninspected_under_its_own_reason() -> None:
    def skipped(host: str, media_type: str, body: bytes) -> list[str]:
        request = Request("POST", host, "/x", {"content-type": media_type}, body)
        extraction = dialect_for(request).extract(body)
        return [item.reason for item in extraction.skipped] + ["file" for _ in extraction.attachments]

    assert skipped("api5.cursor.sh", "application/octet-stream", b"\x00\xff") == [SkipReason.UNREADABLE_CLIENT]
    assert skipped("api5.cursor.sh", "application/json", b'{"a": "b"}') == []
    assert skipped("api.openai.com", "application/octet-stream", b"\x00\xff") == ["file"]


def test_the_nesting_limit_reaches_the_dialects() -> None:
    request = Request("POST", "api.openai.com", "/v1/chat/completions", {}, b"")
    dialect_for(request, nesting=100).extract(b"[" * 90 + b"]" * 90)
    assert len({dialect.name for dialect in dialects()}) == len(dialects())


MULTIPART = b'--b\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nx y\r\n--b--\r\n'


def test_multipart_bodies_are_read_whatever_the_path() -> None:
    for host, provider in (("api.openai.com", "openai"), ("api.anthropic.com", "anthropic")):
        headers = {"content-type": "multipart/form-data; boundary=b"}
        dialect = dialect_for(Request("POST", host, "/v1/chat/completions", headers, MULTIPART))
        assert (dialect.name, dialect.provider) == ("multipart", provider)
        assert [segment.text for segment in dialect.extract(MULTIPART).segments] == ["x y"]


def test_googles_resumable_uploads_are_files_whatever_their_content_type() -> None:
    headers = {"content-type": "application/json", "x-goog-upload-command": "upload, finalize"}
    request = Request("POST", "generativelanguage.googleapis.com", "/upload/v1beta/files", headers, b"Dear Anna")
    assert [segment.text for segment in dialect_for(request).extract(request.body).segments] == ["Dear Anna"]


@pytest.mark.parametrize(
    ("headers", "whole"),
    [
        ({"x-goog-upload-command": "upload, finalize"}, True),
        ({"x-goog-upload-command": "upload, finalize", "x-goog-upload-offset": "0"}, True),
        ({"x-goog-upload-command": "upload", "x-goog-upload-offset": "0"}, False),
        ({"x-goog-upload-command": "upload, finalize", "x-goog-upload-offset": "8388608"}, False),
        ({"content-range": "bytes 0-9/10", "content-type": "text/plain"}, True),
        ({"content-range": "bytes 0-9/11", "content-type": "text/plain"}, False),
        ({"content-range": "bytes 1-10/11", "content-type": "text/plain"}, False),
        ({"content-range": "bytes 0-9/*", "content-type": "text/plain"}, False),
        ({"content-range": "Anna", "content-type": "text/plain"}, False),
        ({"content-type": "text/plain"}, True),
    ],
)
def test_a_piece_of_an_upload_is_read_and_skipped(headers: dict[str, str], whole: bool) -> None:
    """Half a value in it is nothing that a detector knows; the other half comes with the next request."""
    request = Request("POST", "generativelanguage.googleapis.com", "/upload/v1beta/files", headers, b"Dear Anna")
    found = dialect_for(request).extract(request.body)
    assert [segment.text for segment in found.segments] == ["Dear Anna"]
    assert found.skipped == (() if whole else (Skipped("", SkipReason.OPAQUE),))


def test_the_header_of_an_upload_hides_nothing_elsewhere() -> None:
    body = b'{"messages": [{"role": "user", "content": "\\u0041nna"}]}'
    request = Request("POST", "api.openai.com", "/v1/chat/completions", {"x-goog-upload-command": "upload"}, body)
    assert dialect_for(request).name == "openai-chat"
    assert [segment.text for segment in dialect_for(request).extract(body).segments] == ["Anna"]


LIVE = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent"
ROUTES = [
    ("/openai/v1/chat/completions", ("openai", "/v1/chat/completions")),
    ("/openai/v1/models?limit=3", ("openai", "/v1/models?limit=3")),
    ("/anthropic/v1/messages?beta=true", ("anthropic", "/v1/messages?beta=true")),
    (
        "/gemini/v1beta/models/g:streamGenerateContent?alt=sse",
        ("gemini", "/v1beta/models/g:streamGenerateContent?alt=sse"),
    ),
    ("/v1/chat/completions", ("openai", "/v1/chat/completions")),
    ("/v1/completions", ("openai", "/v1/completions")),
    ("/v1/responses", ("openai", "/v1/responses")),
    ("/v1/responses/resp_1", ("openai", "/v1/responses/resp_1")),
    ("/v1/embeddings", ("openai", "/v1/embeddings")),
    ("/v1/models", ("openai", "/v1/models")),
    ("/v1/models/gpt-4o", ("openai", "/v1/models/gpt-4o")),
    ("/v1/messages", ("anthropic", "/v1/messages")),
    ("/v1/messages/count_tokens", ("anthropic", "/v1/messages/count_tokens")),
    ("/v1beta/models/g:generateContent", ("gemini", "/v1beta/models/g:generateContent")),
    ("/v1/models/g:generateContent?key=k", ("gemini", "/v1/models/g:generateContent?key=k")),
    ("/v1beta/models", ("gemini", "/v1beta/models")),
    ("/v1/realtime?model=m", ("openai", "/v1/realtime?model=m")),
    ("/gemini/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent", ("gemini", LIVE)),
    (LIVE, ("gemini", LIVE)),
    ("/mistral/v1/chat/completions", ("mistral", "/v1/chat/completions")),
    (
        "/azure-openai/openai/deployments/d/chat/completions?api-version=v1",
        ("azure-openai", "/openai/deployments/d/chat/completions?api-version=v1"),
    ),
    ("/bedrock/model/us.amazon.nova-micro-v1%3A0/converse", ("bedrock", "/model/us.amazon.nova-micro-v1%3A0/converse")),
    (
        "/bedrock/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123%3Ainference-profile%2Fus.x/converse",
        ("bedrock", "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123%3Ainference-profile%2Fus.x/converse"),
    ),
    ("/bedrock/model/arn%3Aaws%2F..%2Fx/converse", None),
    ("/bedrock/model/x%2Fy/converse", None),
    # nobody
    ("/", None),
    ("", None),
    ("/openai", None),
    ("/openai/", None),
    ("/openaix/v1/models", None),
    ("/v1/messagesx", None),
    ("/v1/unknown", None),
    ("/openai/../anthropic/v1/messages", None),
    ("/openai/%2e%2e/v1", None),
    ("/openai//evil.example.com/v1", None),
    ("//evil.example.com/v1/messages", None),
    ("/openai/v1\\x", None),
    ("/x?/openai/v1/models", None),
]


def test_routes_without_an_address_for_everybody_need_one() -> None:
    assert gateway_bases({}) == {name: base for name, base in GATEWAY.items() if base is not None}
    own = {"bedrock": "https://bedrock-runtime.eu-central-1.amazonaws.com", "openai": "https://llm.example"}
    bases = gateway_bases(own)
    assert own.items() <= bases.items()
    assert "vertex" not in bases
    assert bases["mistral"] == "https://api.mistral.ai"


@pytest.mark.parametrize(("path", "expected"), ROUTES)
def test_routes(path: str, expected: tuple[str, str] | None) -> None:
    assert gateway_route(path) == expected


@pytest.mark.parametrize(
    ("headers", "provider"),
    [({}, "openai"), ({"anthropic-version": "2023-06-01"}, "anthropic"), ({"x-goog-api-key": "k"}, "gemini")],
)
def test_models_are_told_apart_by_headers(headers: dict[str, str], provider: str) -> None:
    assert gateway_route("/v1/models", headers) == (provider, "/v1/models")


QUERIES = [
    ("/v1/x", {}),
    ("/v1/x?", {}),
    ("/v1/messages?beta=true", {}),
    ("/v1/messages?beta=anna@example.com", {"~query/beta": "anna@example.com"}),
    ("/v1beta/models/g:x?alt=sse&key=AIzaSyA-1234567890", {}),
    ("/v1/models?key=AKIAQYLPMN5HFIQR7XYA", {"~query/key": "AKIAQYLPMN5HFIQR7XYA"}),
    ("/v1beta/models/g:x?key=sk-proj-abcdef", {"~query/key": "sk-proj-abcdef"}),
    ("/v1beta/models/g:x?key=my+secret+text", {"~query/key": "my secret text"}),
    (f"{LIVE}?key=AIzaSyA-1234567890", {}),
    (f"/{LIVE}?key=AIzaSyA-1234567890", {}),  # as Google's client writes it
    (f"{LIVE}Constrained?access_token=auth_tokens/0a1b2c", {}),
    (f"{LIVE}?access_token=ya29.whatever", {"~query/access_token": "ya29.whatever"}),
    ("/v1/realtime?model=gpt-4o-realtime-preview-2024-12-17", {}),
    ("/v1/realtime?model=Anna+Schmidt", {"~query/model": "Anna Schmidt"}),
    ("/search?key=AIzaSyA-1234567890", {"~query/key": "AIzaSyA-1234567890"}),
    ("/openai/x?api-version=2024-10-21", {}),
    ("/v1/x?q=Anna+Schmidt&q=%C3%A9", {"~query/q": "Anna Schmidt", "~query/q~2": "é"}),
    ("/v1/x?Anna+Schmidt", {"~query/~i0~key": "Anna Schmidt"}),
    ("/v1/x?q=%7B%22a%22%3A%22b%22%7D", {"~query/q~json/a": "b"}),
]


@pytest.mark.parametrize(("path", "expected"), QUERIES)
def test_query_segments(path: str, expected: dict[str, str]) -> None:
    found = query_segments(path)
    assert {segment.pointer: segment.text for segment in found} == expected
    assert rebuild_query(path, {}) is path
    if expected:
        texts = dict.fromkeys(expected, "new text")
        again = query_segments(rebuild_query(path, texts))
        assert {segment.text for segment in again if segment.pointer.startswith("~query")} == {"new text"}


def test_a_query_that_hides_bytes_is_an_error() -> None:
    with pytest.raises(BodyError):
        query_segments("/v1/x?q=%FF")


def test_rebuild_query_keeps_the_rest() -> None:
    assert rebuild_query("/v1/x?a=%7e&q=Anna&b", {"~query/q": "[PERSON]"}) == "/v1/x?a=%7e&q=%5BPERSON%5D&b"
