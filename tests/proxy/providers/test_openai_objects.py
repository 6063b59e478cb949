"""Assistants, threads, vector stores, files, batches; and the events of a run."""

from typing import Any

import pytest

from proxy.message import Request
from proxy.providers.openai_objects import OpenAIObjects, thread_shape


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/v1/assistants", True),
        ("/v1/assistants/asst_1", True),
        ("/v1/threads/runs", True),
        ("/v1/threads/thread_1/messages", True),
        ("/v1/vector_stores/vs_1/search", True),
        ("/v1/uploads/upload_1/complete", True),
        ("/v1/batches", True),
        ("/v1/batch/jobs", True),
        ("/v1/fine_tuning/jobs", True),
        ("/openai/files/file-1/content", True),
        ("/v1beta/files", False),
        ("/v1/messages/batches", False),
        ("/v1/threadsx", False),
        ("/threads/thread_1", False),
        ("/v1/chat/completions", False),
    ],
)
def test_matches(path: str, expected: bool) -> None:
    assert OpenAIObjects().matches(Request("POST", "h", path, {}, b"")) is expected


MESSAGE = {"id": "msg_1", "object": "thread.message.delta"}
STEP = {"id": "step_1", "object": "thread.run.step.delta"}

SHAPES: list[tuple[Any, list[tuple[str, str, bool]], tuple[str, ...]]] = [
    (
        {**MESSAGE, "delta": {"content": [{"index": 0, "type": "text", "text": {"value": "Hi", "annotations": []}}]}},
        [("object/msg_1/text/0", "/delta/content/0/text/value", False)],
        (),
    ),
    ({**MESSAGE, "delta": {"content": [{"index": 1, "type": "image_file", "image_file": {}}]}}, [], ()),
    (
        {**STEP, "delta": {"step_details": {"tool_calls": [{"index": 2, "function": {"arguments": "{"}}]}}},
        [("object/step_1/call/2/arguments", "/delta/step_details/tool_calls/0/function/arguments", True)],
        (),
    ),
    (
        {**STEP, "delta": {"step_details": {"tool_calls": [{"index": 0, "code_interpreter": {"input": "x"}}]}}},
        [("object/step_1/call/0/input", "/delta/step_details/tool_calls/0/code_interpreter/input", False)],
        (),
    ),
    ({"id": "msg_1", "object": "thread.message", "status": "completed"}, [], ("object/msg_1",)),
    ({"id": "msg_1", "object": "thread.message", "status": "in_progress"}, [], ()),
    ({"id": "run_1", "object": "thread.run", "status": "queued"}, [], ()),
    ({"id": "run_1", "object": "thread.run", "status": "requires_action"}, [], ("*",)),
    ({"id": "thread_1", "object": "thread"}, [], ()),
    ([], [], ()),
]


@pytest.mark.parametrize(("event", "deltas", "closes"), SHAPES)
def test_shape(event: Any, deltas: list[tuple[str, str, bool]], closes: tuple[str, ...]) -> None:
    shape = thread_shape(event)
    assert [(delta.channel, delta.pointer, delta.is_json) for delta in shape.deltas] == deltas
    assert shape.closes == closes
    assert OpenAIObjects().shape(event) == shape
