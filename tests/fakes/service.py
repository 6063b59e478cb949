"""The real thing: `privet serve` as a process of its own, with real models, between real clients and the stand-in."""

import json
import os
import signal
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from tests.fakes.tls import trusting

READY_WITHIN = 120.0  # seconds; models are loaded, perhaps on a busy machine


class Upstream(Protocol):
    """What Privet has to know of the stand-in vendor, wherever that runs."""

    @property
    def port(self) -> int: ...
    @property
    def ca_file(self) -> Path: ...


@dataclass(slots=True)
class Service:
    """A running `privet serve`."""

    directory: Path
    config: Path
    process: subprocess.Popen[bytes]
    addresses: dict[str, str]

    @property
    def proxy(self) -> str:
        return f"http://{self.addresses['proxy']}"

    @property
    def gateway(self) -> str:
        return f"http://{self.addresses['gateway']}"

    @property
    def api(self) -> str:
        return f"http://{self.addresses['api']}"

    @property
    def ca(self) -> Path:
        return self.directory / "state" / "ca" / "privet-ca.pem"

    @property
    def bundle(self) -> Path:
        return self.directory / "state" / "ca" / "bundle.pem"

    @property
    def log(self) -> str:
        return (self.directory / "stderr.log").read_text(encoding="utf-8", errors="replace")

    def trust(self, *, http2: bool = False) -> ssl.SSLContext:
        """A TLS context that trusts Privet's authority alone."""
        return trusting(str(self.ca), http2=http2)

    def metric(self, name: str) -> float:
        """The sum of one metric over its labels."""
        with urllib.request.urlopen(f"{self.api}/metrics", timeout=20) as reply:
            lines = reply.read().decode().splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.split("{")[0].split(" ")[0] == name)

    def get(self, path: str) -> Any:
        """JSON from the local API; also with an error status."""
        try:
            with urllib.request.urlopen(self.api + path, timeout=20) as reply:
                return json.load(reply)
        except urllib.error.HTTPError as error:
            return json.load(error)

    def privet(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a `privet` command with this service's settings."""
        return privet("--config", str(self.config), *arguments, check=check)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End the process and wait for it."""
        self.process.send_signal(number)
        return self.process.wait(30)


def privet(*arguments: str, check: bool = True, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run the `privet` command of this environment."""
    command = [str(Path(sys.executable).with_name("privet")), *arguments]
    return subprocess.run(command, check=check, capture_output=True, text=True, timeout=180, **options)


def write_config(directory: Path, vendor: Upstream, policy: str, settings: Mapping[str, Any] | None = None) -> Path:
    """Settings (JSON is YAML) and policy in a directory; the settings file."""
    (directory / "policy.yaml").write_text(policy, encoding="utf-8")
    names = ("api.openai.com", "api.anthropic.com", "generativelanguage.googleapis.com")
    document = {
        "listen": {"proxy": "127.0.0.1:0", "gateway": "127.0.0.1:0", "api": "127.0.0.1:0", "http2": True},
        "upstream": {"hosts": dict.fromkeys(names, f"127.0.0.1:{vendor.port}"), "ca_file": str(vendor.ca_file)},
        **(settings or {}),
    }
    config = directory / "privet.yaml"
    config.write_text(json.dumps(document), encoding="utf-8")
    return config


@contextmanager
def serving(
    directory: Path,
    vendor: Upstream,
    policy: str,
    settings: Mapping[str, Any] | None = None,
    *,
    prefix: Sequence[str] = (),
    env: Mapping[str, str] | None = None,
) -> Iterator[Service]:
    """Serve until the block ends; then nothing of it is left running."""
    config = write_config(directory, vendor, policy, settings)
    command = [*prefix, str(Path(sys.executable).with_name("privet")), "--config", str(config), "serve"]
    with (directory / "stderr.log").open("wb") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**os.environ, **(env or {})}
        )
    try:
        yield Service(directory, config, process, _wait_until_ready(directory, process))
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_until_ready(directory: Path, process: subprocess.Popen[bytes]) -> dict[str, str]:
    file = directory / "state" / "serving.json"
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"privet serve ended: {(directory / 'stderr.log').read_text()}")
        try:
            serving = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            serving = {}
        if serving.get("pid") == process.pid:
            return {name: str(address) for name, address in serving.items() if name != "pid"}
        time.sleep(0.05)
    raise TimeoutError(f"privet serve was not ready: {(directory / 'stderr.log').read_text()}")
