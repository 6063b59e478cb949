"""The addon's own small parts. What it does in a running proxy is in test_traps.py and tests/e2e."""

import httpx
import pytest
from mitmproxy import http
from mitmproxy.test import tflow

from proxy.addon import _aim, _error_word, _frame, _headers, _host, _names, _strip
from tests.fakes.privet import running
from tests.fakes.vendor import Vendor


@pytest.mark.parametrize(
    ("name", "host"),
    [
        ("api.openai.com", "api.openai.com"),
        ("API.OpenAI.com.", "api.openai.com"),
        ("api.openai.com:443", "api.openai.com"),
        ("user@api.openai.com:443", "api.openai.com"),
        ("[::1]:443", "::1"),
        ("127.0.0.1", "127.0.0.1"),
    ],
)
def test_host(name: str, host: str) -> None:
    assert _host(name) == host


def test_a_header_that_comes_twice_is_one_list() -> None:
    flow = tflow.tflow()
    flow.request.headers = http.Headers([(b"Content-Type", b"text/plain"), (b"A", b"1"), (b"content-type", b"x; b=c")])
    assert _headers(flow) == {"content-type": "text/plain, x; b=c", "a": "1"}


def test_every_name_counts() -> None:
    flow = tflow.tflow()
    flow.request.host = "one.example"
    flow.request.headers["host"] = "two.example:443"
    flow.client_conn.sni = "three.example"
    flow.request.authority = "https://four.example/x"
    assert set(_names(flow)) >= {"one.example", "two.example", "three.example", "four.example"}


@pytest.mark.parametrize(
    ("base", "path", "expected"),
    [
        ("https://api.openai.com", "/v1/models", ("https", "api.openai.com", 443, "/v1/models")),
        ("http://127.0.0.1:8765", "/v1/models", ("http", "127.0.0.1", 8765, "/v1/models")),
        ("https://x.example/prefix/", "/v1/a?b=c", ("https", "x.example", 443, "/prefix/v1/a?b=c")),
    ],
)
def test_aim(base: str, path: str, expected: tuple[str, str, int, str]) -> None:
    flow = tflow.tflow()
    flow.request.headers["host"] = "gateway.invalid"
    _aim(flow, base, path)
    assert (flow.request.scheme, flow.request.host, flow.request.port, flow.request.path) == expected
    assert flow.request.host_header.partition(":")[0] == expected[1]


def test_headers_between_client_and_privet_are_stripped() -> None:
    flow = tflow.tflow()
    for name in ("Proxy-Authorization", "X-Privet-User", "x-privet-task", "x-privet-anything"):
        flow.request.headers[name] = "secret"
    flow.request.headers["authorization"] = "Bearer k"
    _strip(flow)
    assert "secret" not in flow.request.headers.values()
    assert flow.request.headers["authorization"] == "Bearer k"


def test_one_length() -> None:
    request = http.Request.make("POST", "http://x/", b"abc", {"transfer-encoding": "chunked", "trailer": "x"})
    request.headers["content-length"] = "99"
    request.trailers = http.Headers(x="1")
    _frame(request)
    assert request.headers["content-length"] == "3"
    assert "transfer-encoding" not in request.headers
    assert request.trailers is None
    get = http.Request.make("GET", "http://x/")
    get.headers.pop("content-length", None)
    _frame(get)
    assert "content-length" not in get.headers


@pytest.mark.parametrize(
    ("message", "word"),
    [
        ("Client disconnected.", "client_disconnected"),
        ("stream reset by client (CANCEL)", "client_disconnected"),
        ("Certificate verify failed: anna@example.com", "upstream_certificate"),
        ("[Errno 111] Connect call failed", "upstream_unreachable"),
        ("peer closed connection", "upstream_closed"),
        ("anything else about anna@example.com", "flow_error"),
    ],
)
def test_errors_become_code_words(message: str, word: str) -> None:
    assert _error_word(message) == word


BODY = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hello"}]}


@pytest.mark.parametrize(("trusted", "department", "user"), [(["127.0.0.0/8"], "finance", "bob"), ([], "default", "")])
async def test_identity_headers_count_only_from_trusted_clients(tmp_path, trusted, department, user) -> None:
    with Vendor() as vendor:
        async with (
            running(tmp_path, vendor, settings={"identity": {"trusted_clients": trusted}}) as privet,
            httpx.AsyncClient(trust_env=False) as client,
        ):
            headers = {"x-privet-user": "bob", "x-privet-department": "finance"}
            reply = await client.post(f"{privet.gateway}/openai/v1/chat/completions", json=BODY, headers=headers)
            assert reply.status_code == 200
            actor = privet.store.intents[0].actor
            assert (actor.department, actor.user) == (department, user)
            assert not [name for name, _ in vendor.requests[0].headers if name.lower().startswith("x-privet")]


async def test_identity_headers_through_the_proxy_count_for_nothing(tmp_path) -> None:
    with Vendor() as vendor:
        settings = {"identity": {"trusted_clients": ["127.0.0.0/8"]}}
        async with running(tmp_path, vendor, settings=settings) as privet, privet.client() as client:
            await client.post(
                "https://api.openai.com/v1/chat/completions", json=BODY, headers={"x-privet-department": "finance"}
            )
            assert privet.store.intents[0].actor.department == "default"


async def test_upstream_failures_are_recorded(tmp_path) -> None:
    with Vendor(names=("other.example",)) as vendor:  # a certificate for another name
        async with running(tmp_path, vendor) as privet, privet.client() as client:
            reply = await client.post("https://api.openai.com/v1/chat/completions", json=BODY)
            assert reply.status_code == 502
            assert vendor.http_bytes == 0
            assert [event.outcome.error for event in privet.store.outcomes] == ["upstream_certificate"]


async def test_the_gateway_answers_the_local_api_too(tmp_path) -> None:
    with Vendor() as vendor:
        async with running(tmp_path, vendor) as privet, httpx.AsyncClient(trust_env=False) as client:
            scan = await client.post(f"{privet.gateway}/scan", json={"text": "Anna Schmidt"})
            assert scan.json()["findings"][0]["entity_type"] == "PERSON"
            assert (await client.get(f"{privet.gateway}/healthz")).status_code == 200
        assert privet.store.intents == []


async def test_keep_alive_reaches_the_same_upstream_connection(tmp_path) -> None:
    with Vendor() as vendor:
        async with running(tmp_path, vendor) as privet, privet.client() as client:
            for _ in range(3):
                await client.post("https://api.openai.com/v1/chat/completions", json=BODY)
        assert len({request.connection for request in vendor.requests}) == 1
