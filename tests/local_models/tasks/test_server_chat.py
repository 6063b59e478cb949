"""A server's model as a candidate: asked like the embedded one, and never a vendor's."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest

from local_models.errors import BackendError, ModelError
from local_models.tasks.generate import FewShot
from local_models.tasks.server_chat import server_chat
from local_models.tasks.task import SHIPPED, load_task


class Handler(BaseHTTPRequestHandler):
    """Answers every mail with billing, and keeps what it was asked."""

    asked: ClassVar[list[dict[str, Any]]] = []

    def do_POST(self) -> None:
        self.asked.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        piece = {"choices": [{"delta": {"content": '{"category": "billing"}'}, "finish_reason": "stop"}]}
        self.wfile.write(f"data: {json.dumps(piece)}\n\ndata: [DONE]\n\n".encode())

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def base_url() -> Iterator[str]:
    Handler.asked.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    server.server_close()


def test_it_does_a_task(base_url: str) -> None:
    task = load_task(SHIPPED / "email_categorisation")
    chat = server_chat(f"{base_url}#qwen3", "key")
    answer = FewShot(chat, chat.model, memory_mb=0.0).fit(task, task.examples).answer("Why was I charged twice?")
    assert answer.output == {"category": "billing"}
    assert Handler.asked[0]["model"] == "qwen3"
    assert "response_format" in Handler.asked[0]
    assert "key" not in repr(chat)


@pytest.mark.parametrize("written", ["https://api.openai.com/v1#gpt-5", "https://api.anthropic.com#claude"])
def test_a_vendor_is_refused(written: str) -> None:
    with pytest.raises(ModelError, match="would leave the house"):
        server_chat(written)


@pytest.mark.parametrize("written", ["", "localhost:8000#x", "http://localhost:8000/v1", "ftp://x/y#z", "http://[#z"])
def test_what_is_no_endpoint_is_told(written: str) -> None:
    with pytest.raises(ModelError, match="expected an endpoint"):
        server_chat(written)


def test_a_server_that_is_not_there_is_an_error() -> None:
    with pytest.raises(BackendError, match="can't be reached"):
        list(server_chat("http://127.0.0.1:9/v1#x").stream([("user", "hi")], max_tokens=5, temperature=0.0))
