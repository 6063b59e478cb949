"""Bare mitmproxy as a floor: the same `Master`, addons and options as Privet's, without Privet, in its own process.

It intercepts the same hosts and forwards to the same stand-in; what Privet costs beside this is Privet's own.
"""

import argparse
import asyncio
import contextlib
import logging
import re
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from mitmproxy import http, master, options
from mitmproxy.addons import core, next_layer, proxyserver, tlsconfig
from mitmproxy.proxy import server as mitm_server

from bench.load import PATH, Way
from bench.stage import VendorProcess
from configs.hosts import host_patterns
from proxy.server import _Upstream


class _Said:
    """Says where it listens, once it does; passes streams on as they come, as Privet does."""

    def __init__(self, servers: proxyserver.Proxyserver) -> None:
        self._servers = servers

    def running(self) -> None:
        print(f"listening on {next(iter(self._servers.servers)).listen_addrs[0][1]}", flush=True)

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        if flow.response is not None and "event-stream" in flow.response.headers.get("content-type", ""):
            flow.response.stream = True


@contextlib.contextmanager
def bare(vendor: VendorProcess) -> Iterator[Way]:
    """The way through bare mitmproxy."""
    with tempfile.TemporaryDirectory(prefix="bare-mitmproxy-") as folder:
        command = [sys.executable, "-m", "bench.bare", folder, str(vendor.port), str(vendor.ca_file)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            line = process.stdout.readline() if process.stdout else ""
            found = re.fullmatch(r"listening on (\d+)\n", line)
            if found is None:
                raise RuntimeError("bare mitmproxy did not start")
            trust = ssl.create_default_context(cafile=Path(folder) / "mitmproxy-ca-cert.pem")
            yield Way("bare mitmproxy", f"https://api.openai.com{PATH}", trust, f"http://127.0.0.1:{found[1]}")
        finally:
            process.terminate()
            process.wait(10)


async def _serve(folder: str, port: int, ca_file: str) -> None:
    logging.getLogger().addHandler(logging.NullHandler())
    opts = options.Options(confdir=folder)
    bare_master = master.Master(opts)
    servers = proxyserver.Proxyserver()
    bare_master.addons.add(core.Core(), servers, next_layer.NextLayer(), tlsconfig.TlsConfig(), _Said(servers))
    opts.update(
        mode=["regular@127.0.0.1:0"],
        allow_hosts=list(host_patterns(())),
        connection_strategy="lazy",
        upstream_cert=False,
        rawtcp=False,
        websocket=False,
        ssl_verify_upstream_trusted_ca=ca_file,
    )
    vars(mitm_server)["asyncio"] = _Upstream({"api.openai.com": f"127.0.0.1:{port}"})
    await bare_master.run()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("port", type=int)
    parser.add_argument("ca_file")
    given = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(given.folder, given.port, given.ca_file))
