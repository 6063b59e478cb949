"""`privet justify`, against a local API."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
from click.testing import CliRunner

from configs.state import StatePaths
from console.cli.main import main

REASON = "The customer asked."


class Api(BaseHTTPRequestHandler):
    instance: ClassVar[str] = ""
    status: ClassVar[int] = 200
    answer: ClassVar[bytes] = b""
    asked: ClassVar[list[tuple[str, object]]] = []

    def do_GET(self) -> None:
        self._say(200, json.dumps({"instance": self.instance, "pid": 1}).encode())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.asked.append((self.path, json.loads(body)))
        self._say(self.status, self.answer)

    def log_message(self, *_: object) -> None:
        pass

    def _say(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def api(tmp_path: Path) -> Iterator[HTTPServer]:
    server = HTTPServer(("127.0.0.1", 0), Api)
    Api.instance, Api.asked = StatePaths(tmp_path / "state").instance, []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def justify(path: Path, port: int, reason: str = REASON):
    config = path / "privet.yaml"
    config.write_text(f"policy: policy.yaml\nstate_dir: {path / 'state'}\nlisten: {{api: '127.0.0.1:{port}'}}\n")
    return CliRunner().invoke(main, ["--config", str(config), "justify", "01ABC", reason])


@pytest.mark.parametrize(
    ("status", "answer", "code", "said"),
    [
        (
            200,
            b'{"rules": ["people"], "seconds": 3600}',
            0,
            "Recorded for people. Send the same request again within 60",
        ),
        (404, b'{"error": "nobody was asked why"}', 1, "privet: nobody was asked why"),
        (500, b"[]", 1, "privet: Privet answered with status 500"),
        (200, b"no json", 2, "does not answer"),
    ],
)
def test_answers(tmp_path: Path, api: HTTPServer, status: int, answer: bytes, code: int, said: str) -> None:
    Api.status, Api.answer = status, answer
    result = justify(tmp_path, api.server_port)
    assert (result.exit_code, said in result.output) == (code, True), result.output
    assert Api.asked == [("/justify", {"decision_id": "01ABC", "reason": REASON})]


def test_nobody_serves(tmp_path: Path) -> None:
    result = justify(tmp_path, 1)
    assert result.exit_code == 2
    assert "no Privet serves with these settings" in result.output
