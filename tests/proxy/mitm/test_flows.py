"""Names, headers, aim and framing of a flow."""

import pytest
from mitmproxy import http
from mitmproxy.test import tflow

from proxy.mitm.flows import aim, error_word, frame, headers_of, host_name, names, own_address, strip, turn_back


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
    assert host_name(name) == host


def test_a_header_that_comes_twice_is_one_list() -> None:
    flow = tflow.tflow()
    flow.request.headers = http.Headers([(b"Content-Type", b"text/plain"), (b"A", b"1"), (b"content-type", b"x; b=c")])
    assert headers_of(flow) == {"content-type": "text/plain, x; b=c", "a": "1"}


def test_cookies_in_pieces_are_put_together() -> None:
    flow = tflow.tflow()
    flow.request.headers = http.Headers([(b"cookie", b"a=1"), (b"cookie", b"b=2; c=3")])
    assert headers_of(flow) == {"cookie": "a=1; b=2; c=3"}


def test_every_name_counts() -> None:
    flow = tflow.tflow()
    flow.request.host = "one.example"
    flow.request.headers["host"] = "two.example:443"
    flow.client_conn.sni = "three.example"
    flow.request.authority = "https://four.example/x"
    assert set(names(flow)) >= {"one.example", "two.example", "three.example", "four.example"}


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
    aim(flow, base, path)
    assert (flow.request.scheme, flow.request.host, flow.request.port, flow.request.path) == expected
    assert flow.request.host_header.partition(":")[0] == expected[1]


def test_other_headers_are_stripped_by_name_in_any_case() -> None:
    flow = tflow.tflow()
    flow.request.headers = http.Headers([(b"X-Who", b"1"), (b"a", b"2"), (b"x-who", b"3"), (b"X-Whose", b"4")])
    strip(flow, "X-wHo", "absent")
    assert flow.request.headers.fields == ((b"a", b"2"), (b"X-Whose", b"4"))


def test_headers_between_client_and_privet_are_stripped() -> None:
    flow = tflow.tflow()
    for name in ("Proxy-Authorization", "X-Privet-User", "x-privet-task", "x-privet-anything"):
        flow.request.headers[name] = "secret"
    flow.request.headers["authorization"] = "Bearer k"
    strip(flow)
    assert "secret" not in flow.request.headers.values()
    assert flow.request.headers["authorization"] == "Bearer k"


def test_one_length() -> None:
    request = http.Request.make("POST", "http://x/", b"abc", {"transfer-encoding": "chunked", "trailer": "x"})
    request.headers["content-length"] = "99"
    request.trailers = http.Headers(x="1")
    frame(request)
    assert request.headers["content-length"] == "3"
    assert "transfer-encoding" not in request.headers
    assert request.trailers is None
    get = http.Request.make("GET", "http://x/")
    get.headers.pop("content-length", None)
    frame(get)
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
    assert error_word(message) == word


BASE, OWN = "https://api.example.com", "http://127.0.0.1:8081/x"
URL = "x-goog-upload-url"


@pytest.mark.parametrize(
    ("status", "name", "address", "expected"),
    [
        (200, URL, f"{BASE}/upload/v1/files?upload_id=1", f"{OWN}/upload/v1/files?upload_id=1"),
        (308, "location", f"{BASE}/v1/x", f"{OWN}/v1/x"),
        (302, "location", f"{BASE}/v1/x", f"{OWN}/v1/x"),
        (302, "location", "/v1/x", "/v1/x"),
        # a download elsewhere is fetched with GET; what would be sent elsewhere is not
        (302, "location", "https://storage.example.com/x", "https://storage.example.com/x"),
        (307, "location", "https://storage.example.com/x", None),
        (308, "location", "//storage.example.com/x", None),
        (200, URL, "https://upload.example.com/x", None),
        (200, URL, "https://api.example.com.evil.example/x", None),
    ],
)
def test_a_gateways_client_is_not_led_past_it(status: int, name: str, address: str, expected: str | None) -> None:
    response = http.Response.make(status, b"", {name: address})
    turn_back(response, BASE, OWN)
    assert response.headers.get(name) == expected


@pytest.mark.parametrize(
    ("name", "address"),
    [(("127.0.0.1", 8081), "http://127.0.0.1:8081"), (("::1", 8081, 0, 0), "http://[::1]:8081")],
)
def test_own_address(name: tuple[str, int], address: str) -> None:
    flow = tflow.tflow()
    flow.client_conn.sockname = name
    assert own_address(flow) == address
