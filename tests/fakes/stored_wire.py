"""What vendors answer beside conversations: uploads, batches, images, sounds, assistants, caches. Pure.

Each answer says back a text of its request where the real one has a place for it, so that restoring can be seen.
"""

import email
import email.policy
import json
import re
from collections.abc import Iterator
from typing import Any

from tests.fakes.model import Behaviour, pieces
from tests.fakes.recording import SeenRequest

_UPLOAD = re.compile(r"^/upload/v1(?:beta)?/files")
_RUN = re.compile(r"^/v1/threads/(?:[^/]+/)?runs$")
_MESSAGE = re.compile(r"^/v1/threads/[^/]+/messages$")
TIME = 1_750_000_000
DATE = "2025-06-15T15:06:40Z"


def form(request: SeenRequest) -> dict[str, tuple[bytes, str | None]]:
    """Name → content and file name of a multipart body, as Python's own mail parser reads it."""
    head = f"Content-Type: {request.header('content-type')}\r\n\r\n".encode()
    message = email.message_from_bytes(head + request.body, policy=email.policy.HTTP)
    found: dict[str, tuple[bytes, str | None]] = {}
    for part in message.iter_parts():
        name = str(part.get_param("name", "", header="content-disposition"))
        found[name] = (bytes(part.get_payload(decode=True) or b""), part.get_filename())
    return found


def uploaded(path: str, request: SeenRequest) -> dict[str, Any] | None:
    """The answer to a multipart body."""
    fields = form(request)
    data, name = fields.get("file", (b"", None))
    prompt = fields.get("prompt", (b"", None))[0].decode()
    match path:
        case "/v1/files" if request.header("anthropic-version"):
            return {"id": "file_011CNha8iCJcU1wXNR6q4V8w", "type": "file", "filename": name, "mime_type": "text/plain",
                    "size_bytes": len(data), "created_at": DATE, "downloadable": False}  # fmt: skip
        case "/v1/files":
            return {"id": "file-abc123", "object": "file", "bytes": len(data), "created_at": TIME, "filename": name,
                    "purpose": fields["purpose"][0].decode(), "status": "processed"}  # fmt: skip
        case "/v1/audio/transcriptions":
            return {"text": f"I heard: {prompt}"}
        case "/v1/images/edits":
            return image(prompt)
        case _:
            return None


def image(prompt: str) -> dict[str, Any]:
    """A painted picture."""
    return {"created": TIME, "data": [{"b64_json": "aGVsbG8=", "revised_prompt": f"A picture: {prompt}"}]}


def stored(path: str, body: Any, request: SeenRequest) -> dict[str, Any] | None:
    """The answer to a JSON body."""
    match path:
        case "/v1/images/generations":
            return image(body["prompt"])
        case "/v1/moderations":
            return {"id": "modr-1", "model": "omni-moderation-latest", "results": [{"flagged": False, "categories": {},
                    "category_scores": {}, "category_applied_input_types": {}}]}  # fmt: skip
        case "/v1/batches":
            return {"id": "batch_abc123", "object": "batch", "endpoint": body["endpoint"], "status": "validating",
                    "input_file_id": body["input_file_id"], "completion_window": "24h", "created_at": TIME,
                    "metadata": body.get("metadata")}  # fmt: skip
        case "/v1/messages/batches":
            counts = dict.fromkeys(("processing", "succeeded", "errored", "canceled", "expired"), 0)
            return {"id": "msgbatch_01HkcTjaV5uDC8jWR4ZsDV8d", "type": "message_batch", "created_at": DATE,
                    "processing_status": "in_progress", "request_counts": counts, "expires_at": DATE}  # fmt: skip
        case "/v1/assistants":
            return {"id": "asst_abc123", "object": "assistant", "created_at": TIME, "model": body["model"], "tools": [],
                    "name": body.get("name"), "instructions": body.get("instructions"), "metadata": {}}  # fmt: skip
        case "/v1/threads":
            return {"id": "thread_abc123", "object": "thread", "created_at": TIME, "metadata": {}}
        case "/v1/vector_stores":
            return {"id": "vs_abc123", "object": "vector_store", "created_at": TIME, "name": body.get("name"),
                    "status": "completed", "usage_bytes": 0, "metadata": {}, "file_counts": {}}  # fmt: skip
        case "/v1beta/cachedContents" | "/v1/cachedContents":
            return {"name": "cachedContents/abc123", "model": body["model"], "displayName": body.get("displayName"),
                    "createTime": DATE, "updateTime": DATE, "expireTime": DATE}  # fmt: skip
    if _MESSAGE.match(path):
        return _message(body["content"])
    return None


def run(path: str, body: Any, behaviour: Behaviour) -> Iterator[bytes] | None:
    """The events of a run, if one is asked for."""
    if not _RUN.match(path) or not body.get("stream"):
        return None
    return _events(body["additional_instructions"], behaviour)


def google_upload(request: SeenRequest) -> tuple[dict[str, Any], dict[str, str]] | None:
    """Google's resumable uploads: the answer and its headers."""
    if not _UPLOAD.match(request.path):
        return None
    command = request.header("x-goog-upload-command") or ""
    if command == "start":
        host = request.header("host")
        headers = {
            "x-goog-upload-url": f"https://{host}{request.path.partition('?')[0]}?upload_id=abc123",
            "x-goog-upload-status": "active",
        }
        return {}, headers
    size = str(len(request.body))
    file = {"name": "files/abc123", "uri": "https://generativelanguage.googleapis.com/v1beta/files/abc123",
            "mimeType": "text/plain", "sizeBytes": size, "state": "ACTIVE", "createTime": DATE}  # fmt: skip
    return {"file": file}, {"x-goog-upload-status": "final"}


def _message(text: str) -> dict[str, Any]:
    content = [{"type": "text", "text": {"value": text, "annotations": []}}]
    return {"id": "msg_abc123", "object": "thread.message", "created_at": TIME, "thread_id": "thread_abc123",
            "status": "completed", "role": "user", "content": content, "attachments": [], "metadata": {}}  # fmt: skip


def _events(text: str, behaviour: Behaviour) -> Iterator[bytes]:
    for piece in pieces(f"You said: {text}", behaviour.piece_sizes):
        content = [{"index": 0, "type": "text", "text": {"value": piece}}]
        yield _event(
            "thread.message.delta", {"id": "msg_1", "object": "thread.message.delta", "delta": {"content": content}}
        )
    yield _event("thread.message.completed", {**_message(f"You said: {text}"), "id": "msg_1", "role": "assistant"})
    yield b"event: done\ndata: [DONE]\n\n"


def _event(kind: str, data: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps(data)}\n\n".encode()
