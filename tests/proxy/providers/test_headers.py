"""Texts in headers: what real clients send is left alone, everything else is read."""

import re

import pytest

from proxy.errors import BodyError
from proxy.providers.headers import header_segments, rebuild_headers

PROTOCOL = [
    ("user-agent", "OpenAI/Python 2.8.0"),
    ("user-agent", "AsyncOpenAI/Python 2.8.0-beta.1"),
    ("user-agent", "Anthropic/Python 0.71.0"),
    ("user-agent", "claude-cli/1.0.98 (external, cli)"),
    ("user-agent", "curl/7.88.1"),
    ("user-agent", "python-httpx/0.28.1"),
    (
        "user-agent",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
    ),
    (
        "user-agent",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15",
    ),
    ("user-agent", "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:121.0) Gecko/20100101 Firefox/121.0"),
    (
        "user-agent",
        "Boto3/1.42.3 md/Botocore#1.42.3 ua/2.1 os/linux#6.1.0-13-amd64 md/arch#x86_64 lang/python#3.12.3 md/pyimpl#CPython m/Z,b,D cfg/retry-mode#legacy Botocore/1.42.3",
    ),
    ("user-agent", "google-genai-sdk/1.0.0 gl-python/3.12.3"),
    ("user-agent", "codex_cli_rs/0.63.0 (Debian 12.0.0; x86_64) unknown"),
    ("user-agent", "codex_cli_rs/0.63.0 (Debian 12.0.0; x86_64) xterm-256color"),
    ("user-agent", "node"),
    ("user-agent", "opencode/1.0.1 ai-sdk/provider-utils/3.0.17 runtime/bun/1.3.2"),
    ("user-agent", "Python/3.12 aiohttp/3.12.0"),
    ("user-agent", "axios/1.7.2"),
    ("user-agent", "Go-http-client/1.1"),
    ("user-agent", "litellm/1.80.0"),
    ("user-agent", "OpenAI/JS 6.1.0"),
    ("user-agent", "undici"),
    ("accept", "*/*"),
    ("accept", "application/json"),
    ("accept", "text/event-stream"),
    ("accept", "application/json, text/plain, */*"),
    ("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"),
    ("accept", "application/vnd.amazon.eventstream"),
    ("accept-encoding", "gzip, deflate, br, zstd"),
    ("accept-encoding", "identity"),
    ("accept-language", "en-US,en;q=0.9"),
    ("accept-language", "de-DE,de;q=0.8,*;q=0.1"),
    ("content-type", "application/json"),
    ("content-type", "application/json; charset=utf-8"),
    ("content-type", "multipart/form-data; boundary=------------------------abc123"),
    ("content-type", "multipart/form-data; boundary=5d41402abc4b2a76b9719d911017c592"),
    ("content-type", "application/x-www-form-urlencoded"),
    ("content-type", "text/plain;charset=UTF-8"),
    ("content-type", "application/octet-stream"),
    ("authorization", "Bearer sk-proj-abcdef0123456789ABCDEF"),
    ("authorization", "Bearer x"),
    ("anthropic-version", "2023-06-01"),
    (
        "anthropic-beta",
        "prompt-caching-2024-07-31,interleaved-thinking-2025-05-14,oauth-2025-04-20,claude-code-20250219,fine-grained-tool-streaming-2025-05-14,context-1m-2025-08-07",
    ),
    ("openai-beta", "assistants=v2"),
    ("openai-beta", "responses=experimental"),
    ("x-stainless-os", "Linux"),
    ("x-stainless-os", "MacOS"),
    ("x-stainless-os", "Other:FreeBSD"),
    ("x-stainless-arch", "x64"),
    ("x-stainless-arch", "arm64"),
    ("x-stainless-arch", "other:riscv64"),
    ("x-stainless-runtime", "CPython"),
    ("x-stainless-runtime", "node"),
    ("x-stainless-runtime-version", "3.12.3"),
    ("x-stainless-runtime-version", "v22.1.0"),
    ("x-stainless-async", "false"),
    ("x-stainless-async", "async:asyncio"),
    ("x-stainless-retry-count", "0"),
    ("x-stainless-read-timeout", "600"),
    ("x-stainless-read-timeout", "600.0"),
    ("x-stainless-helper-method", "stream"),
    ("x-stainless-lang", "python"),
    ("x-stainless-lang", "js"),
    ("x-stainless-package-version", "2.8.0"),
    ("x-stainless-raw-response", "true"),
    ("x-stainless-timeout", "NOT_GIVEN"),
    ("x-stainless-timeout", "600"),
    ("amz-sdk-invocation-id", "5d41402a-bc4b-4a76-b971-9d911017c592"),
    ("amz-sdk-request", "attempt=1"),
    ("x-app", "cli"),
    ("anthropic-dangerous-direct-browser-access", "true"),
    ("connection", "keep-alive"),
    ("host", "api.openai.com"),
    ("content-length", "123"),
    ("originator", "codex_cli_rs"),
    ("session_id", "5d41402a-bc4b-4a76-b971-9d911017c592"),
    ("x-goog-api-client", "google-genai-sdk/1.0.0 gl-python/3.12.3"),
    ("sec-ch-ua", '"Not_A Brand";v="8", "Chromium";v="120", "Google Chrome";v="120"'),
    ("sec-ch-ua-mobile", "?0"),
    ("sec-ch-ua-platform", '"Linux"'),
    ("sec-ch-ua-platform", '"macOS"'),
    ("sec-fetch-mode", "cors"),
    ("sec-fetch-site", "cross-site"),
    ("priority", "u=1, i"),
    ("te", "trailers"),
    ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
    ("x-request-id", "req_01ABCDEF99"),
    ("x-request-id", "5d41402a-bc4b-4a76-b971-9d911017c592"),
    ("x-amz-date", "20260101T000000Z"),
    ("idempotency-key", "stainless-python-retry-5d41402a-bc4b-4a76-b971-9d911017c592"),
    ("origin", "https://chatgpt.com"),
    ("x-initiator", "user"),
    ("content-encoding", "gzip"),
    ("chatgpt-account-id", "5d41402a-bc4b-4a76-b971-9d911017c592"),
    ("copilot-integration-id", "vscode-chat"),
    ("editor-version", "vscode/1.99.0"),
    ("openai-organization", "org-abcDEF123456"),
    ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ("sec-websocket-version", "13"),
    ("sec-websocket-protocol", "realtime, openai-insecure-api-key.sk-proj-abc, openai-beta.realtime-v1"),
    ("sec-websocket-extensions", "permessage-deflate; client_max_window_bits"),
    ("x-privet-reason", "because Anna Schmidt asked"),
    ("proxy-authorization", "Basic eDp5"),
]
TEXT = [
    ("user-agent", "Anna Schmidt"),
    ("user-agent", "curl/7.88 (Anna Schmidt)"),
    ("user-agent", "AKIAIOSFODNN7EXAMPLE/1.0"),
    ("user-agent", "x/DE89370400440532013000"),
    ("user-agent", "anna@example.com"),
    ("user-agent", "Aider/0.86.1 +https://aider.chat"),
    ("x-note", "Anna Schmidt"),
    ("x-note", "DE89370400440532013000"),
    ("x-note", "AKIAIOSFODNN7EXAMPLE"),
    ("x-note", "anna@example.com"),
    ("x-note", "4111111111111111"),
    ("x-note", "+491701234567"),
    ("x-note", "078-05-1120"),
    ("x-note", "078051120"),
    ("authorization", "Bearer Anna Schmidt"),
    ("authorization", "Anna Schmidt"),
    ("x-title", "M%C3%BCller"),
    ("openai-organization", "Anna Schmidt"),
    ("openai-organization", "AKIAIOSFODNN7EXAMPLE"),
    ("accept", 'text/plain; note="Anna Schmidt"'),
    ("accept", "application/4111111111111111"),
    ("accept-language", "DE89370400440532013000"),
    ("accept-language", "Anna Schmidt"),
    ("x-request-id", "4111111111111111"),
    ("x-request-id", "12345678"),
    ("content-type", "application/json; name=anna@example.com"),
    ("content-type", "application/json; a=DE89370400440532013000"),
    ("traceparent", "Anna Schmidt"),
    ("baggage", "user=Anna Schmidt"),
    ("cookie", 'user="Anna"'),
    ("x-forwarded-for", "10.1.2.3"),
    ("referer", "https://chatgpt.com/?q=Anna"),
]


@pytest.mark.parametrize(("name", "value"), PROTOCOL)
def test_what_clients_send_of_themselves_is_not_read(name: str, value: str) -> None:
    assert header_segments({name: value}) == ()


@pytest.mark.parametrize(("name", "value"), TEXT)
def test_everything_else_is(name: str, value: str) -> None:
    (segment,) = header_segments({name: value})
    assert segment.pointer == f"~header/{name}"
    assert segment.text == ("Müller" if value == "M%C3%BCller" else value)


def test_bytes_that_are_no_utf_8_are_latin_1() -> None:
    (segment,) = header_segments({"x-title": b"Anna M\xfcller".decode("utf-8", "surrogateescape")})
    assert segment.text == "Anna Müller"


def test_a_name_that_could_be_content_is_read_and_not_shown() -> None:
    name = "x-anna-schmidt-de89370400440532013000"
    key, value = header_segments({"accept": "*/*", name: "Anna Schmidt"})
    assert (key.pointer, key.text) == ("~header/~i1~key", name)
    assert (value.pointer, value.text) == ("~header/~i1", "Anna Schmidt")
    with pytest.raises(BodyError):
        rebuild_headers({"accept": "*/*", name: "x"}, {key.pointer: "x"})


def test_a_key_as_a_name_is_read_in_capitals() -> None:
    (key,) = header_segments({"x-akiaqylpmn5hfiqr7xya": "1"})
    assert (key.pointer, key.text) == ("~header/x-akiaqylpmn5hfiqr7xya~key", "X-AKIAQYLPMN5HFIQR7XYA")


def test_a_boundary_belongs_to_multipart_alone() -> None:
    assert header_segments({"content-type": "application/json; boundary=AKIAQYLPMN5HFIQR7XYA"})


def test_a_header_that_said_nothing_once_says_nothing_again_and_only_that_one() -> None:
    known = {"accept": "application/json", "x-stainless-lang": "python", "x-trace": "42"}
    assert [header_segments(known), header_segments(known)] == [(), ()]
    moved = header_segments({"accept": "python", "x-trace": "Anna Schmidt"})
    assert [(segment.pointer, segment.text) for segment in moved] == [
        ("~header/accept", "python"),
        ("~header/x-trace", "Anna Schmidt"),
    ]
    assert header_segments({"x-trace": "Anna Schmidt"}) == header_segments({"x-trace": "Anna Schmidt"}) != ()
    key = {"x-sk0proj1abcdefgh2": "42"}
    assert header_segments(key) == header_segments(key) != ()


def test_rebuild() -> None:
    headers = {"accept": "*/*", "x-title": "for Anna Schmidt", "x-other": "100% Anna"}
    assert rebuild_headers(headers, {"/messages/0": "x"}) == {}
    assert rebuild_headers(headers, {"~header/x-title": "for PERSON_1\r\nx-evil: é"}) == {
        "x-title": "for PERSON_1%0D%0Ax-evil: %C3%A9"
    }
    (changed,) = rebuild_headers(headers, {"~header/x-other": "100% PERSON_1"}).values()
    assert header_segments({"x-other": changed})[0].text == "100% PERSON_1"


def test_no_value_makes_it_slow() -> None:
    """With patterns that try every split, one of these takes longer than the whole suite."""
    for name in sorted({name for name, _ in PROTOCOL} | {"x-any"}):
        for piece in ("a", "aB1", "a-", "a.1", "a1-", "1.", "1, ", "a/b, ", "a=1; ", "A_1", "q=0.1;"):
            value = piece * (4000 // len(piece)) + "!"
            texts = [segment.text for segment in header_segments({name: value})]
            assert all(re.sub(r"\s", "", text) for text in texts)
