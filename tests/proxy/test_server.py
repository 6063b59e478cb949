"""mitmproxy's options, and where a host is really reached."""

import asyncio
import logging

import pytest

from configs.settings import Settings
from proxy.server import _Upstream, chosen_addresses, keep_logs_apart, mitmproxy_options

PINNED = {
    "http2": False,
    "connection_strategy": "lazy",
    "rawtcp": False,
    "http3": False,
    "ssl_insecure": False,
    "stream_large_bodies": None,
    "store_streamed_bodies": False,
    "validate_inbound_headers": True,
    "upstream_cert": False,
}


def test_websockets_only_where_they_are_judged() -> None:
    assert mitmproxy_options(Settings())["websocket"] is True
    assert mitmproxy_options(Settings.model_validate({"websocket": {"enabled": False}}))["websocket"] is False


class _Heard(logging.Handler):
    """What a handler at the root hears, as `ErrorCheck` is one. (caplog listens at aiohttp's own logger too.)"""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.names.append(record.name)


def test_a_client_of_the_local_api_that_goes_away_ends_no_start() -> None:
    keep_logs_apart()
    heard = _Heard()
    logging.getLogger().addHandler(heard)
    try:
        logging.getLogger("mitmproxy.proxy").error("address in use")
        logging.getLogger("aiohttp.server").error("Error handling request")
        logging.getLogger("asyncio").error("Task exception was never retrieved")
    finally:
        logging.getLogger().removeHandler(heard)
    assert heard.names == ["mitmproxy.proxy"]


def test_what_is_pinned() -> None:
    options = mitmproxy_options(Settings())
    assert {name: options[name] for name in PINNED} == PINNED
    assert options["mode"] == ["regular@127.0.0.1:8080", "reverse:http://gateway.invalid@127.0.0.1:8081"]
    assert options["tcp_timeout"] == Settings().upstream.timeout
    assert int(options["body_size_limit"]) > Settings().limits.body_bytes


def test_port_0_is_chosen() -> None:
    one, two, three = chosen_addresses("127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:8080")
    assert one != two
    assert not one.endswith(":0")
    assert three == "127.0.0.1:8080"
    assert chosen_addresses("[::1]:0")[0].startswith("[::1]:")


async def test_upstream_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []

    async def open_connection(host: str, port: int, **options: object) -> tuple[str, str]:
        opened.append((host, port))
        return "reader", "writer"

    monkeypatch.setattr(asyncio, "open_connection", open_connection)
    upstream = _Upstream({"api.openai.com": "127.0.0.1:8443"})
    assert await upstream.open_connection("API.openai.com", 443) == ("reader", "writer")
    await upstream.open_connection("api.openai.com.", 443)
    await upstream.open_connection("evil.api.openai.com", 443)
    assert opened == [("127.0.0.1", 8443), ("127.0.0.1", 8443), ("evil.api.openai.com", 443)]
    assert upstream.CancelledError is asyncio.CancelledError
