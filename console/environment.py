"""The variables with which a program sends its requests through Privet and trusts its authority.

Pure: what is set, why, and what becomes of what was set before. There is no standard, so each tool's own name is here.
Variables that *replace* a tool's trusted roots get the bundle (the system's roots and Privet's); those that *add* to
them get Privet's certificate alone.
"""

import re
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path

# The proxy. Upper and lower case: curl reads http_proxy in lower case alone (a CGI client could set the other), most
# others prefer one of the two. Plain HTTP too: internal model servers often speak it.
PROXY = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy")
# Only replaced, where it was set: tools fall back on it for schemes that have no variable of their own, such as wss.
PROXY_FALLBACK = ("ALL_PROXY", "all_proxy")
NO_PROXY = ("NO_PROXY", "no_proxy")
LOCAL = ("localhost", "127.0.0.1", "::1")

REPLACE_ROOTS = {
    "SSL_CERT_FILE": "OpenSSL, and so Ruby, PHP, Perl; Go; Python's ssl and httpx (openai, anthropic, google-genai)",
    "REQUESTS_CA_BUNDLE": "Python's requests",
    "CURL_CA_BUNDLE": "curl, and requests if its own is not set",
    "GIT_SSL_CAINFO": "git",
    "AWS_CA_BUNDLE": "aws, boto3 (Bedrock)",
    "PIP_CERT": "pip",
    "CARGO_HTTP_CAINFO": "cargo",
    "NIX_SSL_CERT_FILE": "programs from nixpkgs, which look here first",
    "BUNDLE_SSL_CA_CERT": "Ruby's bundler",
    "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": "gRPC (Vertex AI's client libraries)",
    "CODEX_CA_CERTIFICATE": "OpenAI's codex, which is in Rust and reads none of the above",
}
ADD_ROOTS = {
    "NODE_EXTRA_CA_CERTS": "Node, and what is built on it: Claude Code, Gemini's command line, VS Code's extensions",
    "DENO_CERT": "Deno, which reads neither Node's name nor OpenSSL's",
}
# Node 22.21, 24 and newer: fetch and https use the proxy variables only when told to.
SWITCHES = {"NODE_USE_ENV_PROXY": "1"}


def environment(
    existing: Mapping[str, str],
    proxy: str,
    bundle: Path,
    ca: Path,
    *,
    hosts: Iterable[str] = (),
    node_preload: Path | None = None,
) -> dict[str, str]:
    """The whole environment for a program that runs through Privet.

    Args:
        existing: the variables as they are.
        proxy: `host:port` of the explicit proxy.
        bundle: the system's roots and Privet's, in one file.
        ca: Privet's certificate alone.
        hosts: the hosts that Privet inspects (patterns as in `configs.hosts`); no NO_PROXY entry may exempt one.
        node_preload: a script that teaches the proxy to versions of Node that don't know it.

    """
    made = dict(existing)
    url = f"http://{_reachable(proxy)}"
    made.update(dict.fromkeys(PROXY, url))
    made.update({name: url for name in PROXY_FALLBACK if name in existing})
    made.update(dict.fromkeys(NO_PROXY, ",".join(_exempt(existing, tuple(hosts)))))
    made.update(dict.fromkeys(REPLACE_ROOTS, str(bundle)))
    # Roots that were added before stay added: the bundle holds them too (proxy.authority.ensure_bundle).
    made.update({name: str(bundle if existing.get(name) else ca) for name in ADD_ROOTS})
    made.update(SWITCHES)
    if node_preload is not None:
        made["NODE_OPTIONS"] = _node_options(existing.get("NODE_OPTIONS", ""), node_preload)
    return made


def dropped_exemptions(existing: Mapping[str, str], hosts: Iterable[str]) -> tuple[str, ...]:
    """The NO_PROXY entries that `environment` leaves out because requests to LLMs would go past Privet."""
    hosts = tuple(hosts)
    return tuple(entry for entry in _entries(existing) if _exempts(entry, hosts))


def _reachable(address: str) -> str:
    """Where a client reaches a listener: one on all interfaces is reached on loopback."""
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    host = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _entries(existing: Mapping[str, str]) -> tuple[str, ...]:
    words = (word for name in NO_PROXY for word in re.split(r"[,\s]+", existing.get(name, "")))
    return tuple(dict.fromkeys(word for word in words if word))


def _exempt(existing: Mapping[str, str], hosts: tuple[str, ...]) -> tuple[str, ...]:
    kept = (entry for entry in _entries(existing) if not _exempts(entry, hosts))
    return tuple(dict.fromkeys((*LOCAL, *kept)))


def _exempts(entry: str, hosts: tuple[str, ...]) -> bool:
    """Whether a NO_PROXY entry, as the laxest tool reads it, keeps a request to one of the hosts from the proxy."""
    name = entry.lower().split(":")[0] if entry.count(":") == 1 else entry.lower()
    if name == "*":
        return True
    labels = name.removeprefix("*").removeprefix(".").split(".")[::-1]
    for host in hosts:
        pattern = host.lower().split(".")[::-1]
        if len(labels) > len(pattern) and pattern[-1] != "*":
            continue  # a name below the host's, which is another host
        if all("*" in label or fnmatchcase(label, part) for label, part in zip(labels, pattern, strict=False)):
            return True
    return False


def _node_options(existing: str, preload: Path) -> str:
    path = str(preload).replace("\\", "\\\\").replace('"', '\\"')
    option = f'--require="{path}"' if re.search(r'[\s"\\]', str(preload)) else f"--require={path}"
    return existing if option in existing else f"{existing} {option}".strip()
