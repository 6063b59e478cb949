"""The public `pii-leak-benchmark`, unchanged, against the gateway: nothing leaks, everything is restored.

Its second version looks at the reply: what the model was sent as a token comes back as the value, and what it says of its
own accord is taken out, in whole and in cut streams, also in fields that nobody knows.
"""

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes.service import serving
from tests.fakes.vendor import Vendor

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

# The benchmark asks for its secrets back, so they are tokenized here instead of blocked.
POLICY = """
schema: privet.policy/1
id: benchmark
defaults: {effect: allow, when_uninspected: block, when_error: block}
rules:
  - id: everything
    when: {entities: [{group: PII}, {group: SECRETS}]}
    effect: allow
    obligations: [{tokenize: {types: [PII, SECRETS], restore: true}}]
"""


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@pytest.mark.parametrize("profile", ["pii-v1", "pii-secrets-v1"])
def test_clean(tmp_path: Path, profile: str) -> None:
    port = free_port()
    settings = {"upstream": {"gateway": {"openai": f"http://127.0.0.1:{port}"}}}
    with Vendor() as vendor, serving(tmp_path, vendor, POLICY, settings) as service:
        command = [
            str(Path(sys.executable).with_name("pii-leak-benchmark")), "ci",
            "--target-base-url", f"{service.gateway}/v1", "--duty", "restore", "--profile", profile,
            "--capture-port", str(port), "--out", str(tmp_path / "out"),
        ]  # fmt: skip
        ended = subprocess.run(command, capture_output=True, text=True, timeout=170, cwd=tmp_path)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "not measured" not in ended.stdout


REPLIES = """
  - id: what-the-model-says
    on: [reply]
    when: {entities: [{group: PII}, {group: SECRETS}]}
    effect: allow
    obligations: [{redact: {types: [PII, SECRETS]}}]
"""


# The benchmark draws its values from this: among them a number like a taxpayer's, which only its form gives away.
SEED = "4418a9122ae72c97"


def test_replies_clean(tmp_path: Path) -> None:
    port = free_port()
    # What counts is what is found, however slow a busy machine makes the detectors.
    held = {"hold_seconds": 30.0}
    settings = {"upstream": {"gateway": {"openai": f"http://127.0.0.1:{port}"}}, "reply": held}
    summary = tmp_path / "summary.json"
    with Vendor() as vendor, serving(tmp_path, vendor, POLICY.rstrip("\n") + REPLIES, settings) as service:
        command = [
            str(Path(sys.executable).with_name("pii-leak-benchmark-v2")), "--validate", "--only", "gw",
            "--gateway-url", f"{service.gateway}/v1/chat/completions", "--upstream-port", str(port),
            "--json-out", str(summary), "--out", str(tmp_path / "out"), "--seed", SEED,
        ]  # fmt: skip
        ended = subprocess.run(command, capture_output=True, text=True, timeout=170, cwd=tmp_path)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    (row,) = json.loads(summary.read_text(encoding="utf-8"))["rows"]
    assert (row["outcome"], row["schema_valid"], row["inconclusive"]) == ("pass", True, 0)
    assert (row["fidelity_rate"], row["leak_single_chunk"], row["leak_adversarial"]) == (1.0, 0.0, 0.0)
    assert row["request_path_leak"] == []
