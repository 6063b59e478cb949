"""Moderations, images, speech."""

import pytest

from proxy.message import Request
from proxy.providers.openai_inputs import OpenAIInputs


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/v1/moderations", True),
        ("/v1/images/generations", True),
        ("/openai/deployments/d/images/generations", True),
        ("/v1/images/edits", True),
        ("/v1/audio/speech", True),
        ("/v1/videos", True),
        ("/v1/images", False),
        ("/v1/moderationsx", False),
    ],
)
def test_matches(path: str, expected: bool) -> None:
    assert OpenAIInputs().matches(Request("POST", "h", path, {}, b"")) is expected


def test_a_streamed_transcript_is_one_text() -> None:
    shape = OpenAIInputs().shape({"type": "transcript.text.delta", "delta": "Hello"})
    assert [delta.pointer for delta in shape.deltas] == ["/delta"]
    done = OpenAIInputs().shape({"type": "transcript.text.done", "text": "Hello"})
    assert done.closes == tuple(delta.channel for delta in shape.deltas)
