"""mitmproxy, embedded: a bare `Master` with the addons that are needed, its options, its listeners.

With `proxy.addon` and `proxy.mitm` this is the only importer of mitmproxy. What is pinned here and why was measured:
docs/architecture.md tells it, tests/proxy/test_traps.py tests it.
"""

import asyncio
import logging
import re
import socket
from collections.abc import Container, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from mitmproxy import options
from mitmproxy.addons import (
    block,
    core,
    disable_h2c,
    dns_resolver,
    errorcheck,
    next_layer,
    proxyserver,
    strip_dns_https_records,
    tlsconfig,
    update_alt_svc,
    upstream_auth,
)
from mitmproxy.proxy import mode_servers
from mitmproxy.proxy import server as mitm_server
from mitmproxy.proxy.layers import websocket

from configs.settings import Settings, parse_address
from proxy.addon import GATEWAY_PLACEHOLDER, PrivetAddon
from proxy.mitm import messages, replies
from proxy.mitm.connections import handler_class
from proxy.mitm.hooks import Master
from proxy.mitm.raw import NoRawBytes
from proxy.mitm.tasks import Tasks
from proxy.mitm.websocket import layer_class
from proxy.mitm.writers import GatheringWriter

# mitmproxy's hard stop for a body in memory, in multiples of the limit that gets a proper refusal (413).
_HARD_LIMIT = 4
# mitmproxy allows an HTTP/2 client five connections to an HTTP/1 upstream; agents run more requests than that at once.
_UPSTREAM_CONNECTIONS = 100
_BACKLOG = 1024  # connections that the system holds while the event loop is busy


class MitmServer:
    """The listeners of one Privet. Made and run inside a running event loop."""

    def __init__(self, settings: Settings, confdir: Path, addon: PrivetAddon, *, share_ports: bool = False) -> None:
        keep_logs_apart()
        opts = options.Options(confdir=str(confdir))
        self._master = Master(opts)
        self._servers = proxyserver.Proxyserver()
        self._master.addons.add(
            core.Core(),
            block.Block(),
            strip_dns_https_records.StripDnsHttpsRecords(),
            disable_h2c.DisableH2C(),
            self._servers,
            dns_resolver.DnsResolver(),
            next_layer.NextLayer(),
            tlsconfig.TlsConfig(),
            upstream_auth.UpstreamAuth(),
            update_alt_svc.UpdateAltSvc(),
            errorcheck.ErrorCheck(repeat_errors_on_stderr=True),
            NoRawBytes(addon.hosts.knows),
            addon,  # last: nothing may run after the refusal is lifted
        )
        opts.update(**mitmproxy_options(settings))
        messages.install()
        replies.install(addon.stream_gone)
        vars(mitm_server)["asyncio_utils"] = Tasks()
        vars(mitm_server)["asyncio"] = _Upstream(settings.upstream.hosts, gather=True)
        vars(mode_servers)["ProxyConnectionHandler"] = handler_class(addon.client_gone)
        vars(websocket)["WebsocketLayer"] = layer_class(lambda: addon.settings.limits.body_bytes, addon.gate)
        vars(mode_servers)["asyncio"] = _Listeners(share_ports=share_ports)

    async def run(self) -> None:
        """Listen until `shutdown`. A port that is taken ends in SystemExit, with the reason on stderr."""
        await self._master.run()

    def shutdown(self) -> None:
        """End `run`; from any thread."""
        self._master.shutdown()  # type: ignore[no-untyped-call]

    async def drain(self, busy: Container[str]) -> None:
        """Accept no more, and close the connections on which nothing runs (`busy`: ids of the others)."""
        for server in self._servers.servers:
            await server.stop()
        for handler in list(self._servers.connections.values()):
            if handler.client.id not in busy and handler.client in handler.transports:
                handler.close_connection(handler.client)

    def take_over(self, settings: Settings) -> None:
        """Keep mitmproxy's options as the settings say, those that may change while it runs."""
        self._master.options.update(body_size_limit=mitmproxy_options(settings)["body_size_limit"])

    def addresses(self) -> dict[str, str]:
        """Way in (`proxy`, `gateway`) → host:port, once `PrivetAddon.running` was called."""
        names = {"regular": "proxy", "reverse": "gateway"}
        return {
            names[server.mode.type_name]: f"{server.listen_addrs[0][0]}:{server.listen_addrs[0][1]}"
            for server in self._servers.servers
        }


def keep_logs_apart() -> None:
    """Libraries' messages may quote requests: they go nowhere. At start-up `ErrorCheck` reads mitmproxy's.

    aiohttp's and asyncio's stay out of its sight: a client of the local API that goes away is no reason not to start,
    and neither is a connection that some other task left open.
    """
    logging.getLogger().addHandler(logging.NullHandler())
    for name in ("aiohttp", "asyncio"):
        apart = logging.getLogger(name)
        apart.addHandler(logging.NullHandler())
        apart.propagate = False


def mitmproxy_options(settings: Settings) -> dict[str, Any]:
    """Mitmproxy's options, each pinned for a reason (docs/architecture.md, "mitmproxy")."""
    proxy, gateway = chosen_addresses(settings.listen.proxy, settings.listen.gateway)
    return {
        "mode": [
            f"regular@{proxy}",
            f"reverse:http://{GATEWAY_PLACEHOLDER}@{gateway}",
        ],
        # The gateway's own connections stand under a name of their own; everything else that is no LLM host passes by.
        "allow_hosts": [rf"^{re.escape(GATEWAY_PLACEHOLDER)}:\d+$", *settings.host_table.expressions()],
        "show_ignored_hosts": False,
        "connection_strategy": "lazy",  # nothing opens upstream before the verdict
        "upstream_cert": False,  # the certificate shown to clients doesn't depend on the vendor's
        "rawtcp": False,
        "websocket": settings.websocket.enabled,  # each message is judged: proxy/mitm/websocket.py
        "http2": settings.listen.http2,
        "http3": False,
        "ssl_insecure": False,
        "ssl_verify_upstream_trusted_ca": str(settings.upstream.ca_file) if settings.upstream.ca_file else None,
        "validate_inbound_headers": True,
        "tcp_timeout": settings.upstream.timeout,
        "stream_large_bodies": None,  # would let a body leave before it was judged
        "store_streamed_bodies": False,
        "body_size_limit": str(settings.limits.body_bytes * _HARD_LIMIT),
        "keep_host_header": False,
        "block_global": False,
        "block_private": False,
    }


def chosen_addresses(*addresses: str) -> list[str]:
    """The addresses, with a free port for each port 0: mitmproxy takes no address twice, not even host:0."""
    chosen: list[str] = []
    with ExitStack() as stack:
        for address in addresses:
            host, port = parse_address(address)
            if port == 0:
                family = socket.AF_INET6 if ":" in host else socket.AF_INET
                probe = stack.enter_context(socket.socket(family))
                probe.bind((host, 0))
                port = probe.getsockname()[1]
            chosen.append(f"[{host}]:{port}" if ":" in host else f"{host}:{port}")
    return chosen


class _Listeners:
    """`asyncio` as mitmproxy's listeners see it: with a longer backlog, and with ports that processes share."""

    def __init__(self, *, share_ports: bool) -> None:
        self._share_ports = share_ports

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)

    async def start_server(self, serve: Any, host: str, port: int) -> asyncio.Server:
        async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await serve(reader, GatheringWriter(writer))

        return await asyncio.start_server(
            accepted, host, port, backlog=_BACKLOG, reuse_port=True if self._share_ports else None
        )


class _Upstream:
    """`asyncio` as mitmproxy's connection handler sees it: `upstream.hosts` says where a host is really reached.

    Changing the flow's address instead would change the names that TLS checks and keep connections from being reused.
    """

    def __init__(self, hosts: Mapping[str, str], *, gather: bool = False) -> None:
        self._gather = gather  # only where the handler of `proxy.mitm.connections` serves
        self._hosts = {host.lower(): parse_address(address) for host, address in hosts.items()}

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)

    async def open_connection(self, host: str, port: int, **options: Any) -> Any:
        host, port = self._hosts.get(host.lower().rstrip("."), (host, port))
        reader, writer = await asyncio.open_connection(host, port, **options)
        return reader, GatheringWriter(writer) if self._gather else writer

    @staticmethod
    def Semaphore(_connections: int) -> asyncio.Semaphore:  # noqa: N802 - asyncio's name
        return asyncio.Semaphore(_UPSTREAM_CONNECTIONS)
