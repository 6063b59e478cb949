"""console/node/proxy.cjs: what Node sends goes through the proxy, in whatever version of Node is here."""

import contextlib
import json
import shutil
import socket
import ssl
import subprocess
import threading
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from mitmproxy import certs

from configs.state import StatePaths
from console.environment import environment
from proxy.authority import ensure_authority, ensure_bundle

ROOT = Path(__file__).parents[2]
PRELOAD = ROOT / "console" / "node" / "proxy.cjs"

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="no node")

FETCH = """
const reply = await fetch("https://api.openai.com/v1/models", {method: "POST", body: "x".repeat(200000)});
console.log(reply.status, await reply.text());
"""
HTTPS = """
import https from "node:https";
const agent = process.argv[2] === "own" ? new https.Agent({keepAlive: true}) : undefined;
const request = https.request("https://api.openai.com/v1/models", {method: "POST", agent}, (reply) => {
    let text = "";
    reply.on("data", (chunk) => { text += chunk; }).on("end", () => console.log(reply.statusCode, text));
});
request.end("x".repeat(200000));
"""


class Proxy:
    """An explicit proxy that answers every CONNECT itself, with a certificate of the authority."""

    def __init__(self, paths, directory, status=b"200 Connection established"):
        store = certs.CertStore.from_store(paths.ca_dir, "mitmproxy", 2048)
        entry = store.get_cert("api.openai.com", [x509.DNSName("api.openai.com")])
        leaf = directory / "leaf.pem"
        key = entry.privatekey.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        leaf.write_bytes(key + entry.cert.to_pem())
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.context.load_cert_chain(leaf)
        self.status = status
        self.targets = []
        self.bodies = []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            with contextlib.suppress(OSError), client:
                client.settimeout(20)
                head = b""
                while b"\r\n\r\n" not in head:
                    head += client.recv(4096)
                self.targets.append(head.split(b" ")[1].decode())
                client.sendall(b"HTTP/1.1 " + self.status + b"\r\n\r\n")
                if not self.status.startswith(b"200"):
                    continue
                with self.context.wrap_socket(client, server_side=True) as tls:
                    self._answer(tls)

    def _answer(self, tls):
        data = b""
        while b"\r\n\r\n" not in data:
            data += tls.recv(65536)
        head, _, body = data.partition(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0]) if b"ength:" in head else 0
        while len(body) < length:
            body += tls.recv(65536)
        self.bodies.append(len(body))
        answer = json.dumps({"path": head.split(b" ")[1].decode()}).encode() + b" " * 300_000
        # The connection stays open: a program that is done must end all the same.
        tls.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\nconnection: keep-alive\r\n\r\n" % len(answer) + answer)
        tls.recv(1)


@pytest.fixture
def paths(tmp_path):
    paths = StatePaths(tmp_path / "a state")
    ensure_authority(paths)
    ensure_bundle(paths, {})
    return paths


def run_node(paths, proxy, script, *arguments, preload=PRELOAD, **existing):
    environ = environment(
        {"PATH": "/usr/bin:/bin:/usr/local/bin", **existing},
        proxy,
        paths.ca_bundle,
        paths.ca_cert,
        node_preload=preload,
    )
    file = paths.root / "script.mjs"
    file.write_text(script)
    return subprocess.run(
        [shutil.which("node"), file, *arguments], env=environ, capture_output=True, text=True, timeout=20
    )


@pytest.mark.parametrize(
    ("script", "arguments"), [(FETCH, []), (HTTPS, []), (HTTPS, ["own"])], ids=["fetch", "https", "https, own agent"]
)
def test_goes_through_the_proxy(paths, tmp_path, script, arguments):
    proxy = Proxy(paths, tmp_path)
    done = run_node(paths, proxy.address, script, *arguments)
    assert done.stdout.split() == ["200", '{"path":', '"/v1/models"}'], done.stderr
    assert proxy.targets == ["api.openai.com:443"]
    assert proxy.bodies == [200_000]


@pytest.mark.parametrize("script", [FETCH, HTTPS], ids=["fetch", "https"])
@pytest.mark.parametrize("status", [b"407 Who are you", b"502 No"])
def test_refused_by_the_proxy_is_an_error_never_a_direct_connection(paths, tmp_path, script, status):
    proxy = Proxy(paths, tmp_path, status)
    done = run_node(paths, proxy.address, script)
    assert done.returncode == 1
    assert proxy.targets == ["api.openai.com:443"]
    assert proxy.bodies == []


def test_no_proxy_is_an_error(paths, tmp_path):
    proxy = Proxy(paths, tmp_path)
    proxy.socket.close()
    done = run_node(paths, proxy.address, FETCH)
    assert done.returncode == 1
    assert "ECONNREFUSED" in done.stderr


def test_path_with_spaces(paths, tmp_path):
    copy = tmp_path / "a dir" / "proxy.cjs"
    copy.parent.mkdir()
    copy.write_bytes(PRELOAD.read_bytes())
    proxy = Proxy(paths, tmp_path)
    assert run_node(paths, proxy.address, FETCH, preload=copy).stdout.startswith("200"), proxy.targets


def test_exempt_hosts_are_reached_directly(paths, tmp_path):
    proxy, direct = Proxy(paths, tmp_path), socket.create_server(("127.0.0.1", 0))
    port = direct.getsockname()[1]
    script = f'await fetch("https://localhost:{port}/").catch(() => console.log("tried"));'
    reached = []

    def accept():
        client, _ = direct.accept()
        reached.append(client.recv(5))
        client.close()

    threading.Thread(target=accept, daemon=True).start()
    assert run_node(paths, proxy.address, script).stdout == "tried\n"
    assert reached
    assert proxy.targets == []
