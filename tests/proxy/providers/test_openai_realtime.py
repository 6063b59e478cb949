"""OpenAI realtime. Bodies: test_dialects.py."""

import base64
import json
from typing import Any

import pytest

from detectors.finding import SkipReason
from proxy.message import Request
from proxy.providers.dialect import Delta, EventShape
from proxy.providers.openai_realtime import OpenAIRealtime, realtime_shape

DIALECT = OpenAIRealtime()
PCM = base64.b64encode(bytes(range(256))).decode()


def request(path: str, body: Any = None, media_type: str = "application/json") -> Request:
    return Request("POST", "api.openai.com", path, {"content-type": media_type}, json.dumps(body).encode())


def read(message: Any) -> list[str]:
    return [segment.text for segment in DIALECT.extract(json.dumps(message).encode()).segments]


@pytest.mark.parametrize(
    ("path", "media_type", "expected"),
    [
        ("/v1/realtime", "application/json", True),
        ("/v1/realtime?model=gpt-realtime", "", True),
        ("/openai/realtime?api-version=2025-04-01-preview&deployment=d", "application/json", True),
        ("/v1/realtime/client_secrets", "application/json", True),
        ("/v1/realtime/translations", "application/json", True),
        ("/v1/realtime/calls/rtc_1/accept", "application/json", True),
        ("/v1/realtime/calls", "application/sdp", False),
        ("/v1/realtime", "text/plain", False),
        ("/v1/realtimes", "application/json", False),
        ("/v1/realtime/other", "application/json", False),
    ],
)
def test_where_it_speaks(path: str, media_type: str, expected: bool) -> None:
    assert DIALECT.matches(request(path, {}, media_type)) is expected


@pytest.mark.parametrize(
    ("message", "texts"),
    [
        ({"type": "response.create"}, []),
        ({"type": "response.cancel", "event_id": "evt_0a1", "response_id": "resp_01"}, []),
        ({"type": "conversation.item.truncate", "item_id": "msg_003", "content_index": 0, "audio_end_ms": 1500}, []),
        ({"type": "session.update", "session": {"instructions": "Anna"}}, ["Anna"]),
        ({"type": "session.update", "session": {"tools": [{"name": "Anna Schmidt"}]}}, ["Anna Schmidt"]),
        ({"type": "x.unknown", "anything": {"at": ["Anna"]}}, ["Anna"]),
        # The protocol's own places hold the protocol's own words, or are read.
        ({"type": "call Anna Schmidt"}, ["call Anna Schmidt"]),
        ({"type": "response.create", "event_id": "Anna Schmidt"}, ["Anna Schmidt"]),
        ({"type": "conversation.item.create", "previous_item_id": "Anna Schmidt"}, ["Anna Schmidt"]),
        ({"type": "session.update", "session": {"model": "sk-proj-abc def"}}, ["sk-proj-abc def"]),
    ],
)
def test_texts_are_read_and_the_protocols_words_are_not(message: Any, texts: list[str]) -> None:
    assert read(message) == texts


def test_sound_is_skipped_by_a_format_that_policies_can_name() -> None:
    for message, pointer in (
        ({"type": "input_audio_buffer.append", "audio": PCM}, "/audio"),
        ({"type": "session.input_audio_buffer.append", "audio": PCM}, "/audio"),
        ({"item": {"content": [{"type": "input_audio", "audio": PCM}]}}, "/item/content/0/audio"),
    ):
        extraction = DIALECT.extract(json.dumps(message).encode())
        (skipped,) = extraction.skipped
        assert (skipped.pointer, skipped.reason, skipped.media_type) == (
            pointer,
            SkipReason.UNSUPPORTED_MEDIA,
            "audio/pcm",
        )
        assert extraction.segments == extraction.attachments == ()


def test_a_text_in_the_place_of_sound_is_opened_as_a_file() -> None:
    note = base64.b64encode(b"Call Anna Schmidt back.").decode()
    extraction = DIALECT.extract(json.dumps({"type": "input_audio_buffer.append", "audio": note}).encode())
    assert [file.data for file in extraction.attachments] == [b"Call Anna Schmidt back."]
    assert extraction.skipped == ()


@pytest.mark.parametrize(
    ("path", "body", "model"),
    [
        ("/v1/realtime?model=gpt-realtime", {"type": "response.create"}, "gpt-realtime"),
        ("/openai/realtime?deployment=mine", {}, "mine"),
        ("/v1/realtime?model=a", {"type": "session.update", "session": {"model": "b"}}, "b"),
        ("/v1/realtime/sessions", {"model": "c"}, "c"),
        ("/v1/realtime", {}, ""),
    ],
)
def test_the_model_is_the_sessions_or_the_addresss(path: str, body: Any, model: str) -> None:
    assert DIALECT.model(request(path, body)) == model


def test_nobody_inside_answers() -> None:
    assert DIALECT.chat(request("/v1/realtime", {"type": "response.create"})) is None


AT = {"response_id": "resp_1", "item_id": "item_1", "output_index": 0, "content_index": 0}
IN = "response/resp_1/item_1"


@pytest.mark.parametrize(
    ("event", "shape"),
    [
        (
            {"type": "response.output_text.delta", **AT, "delta": "hi"},
            EventShape(deltas=(Delta(f"{IN}/response.output_text/0", "/delta"),)),
        ),
        (
            {"type": "response.output_audio_transcript.delta", **AT, "delta": "hi"},
            EventShape(deltas=(Delta(f"{IN}/response.output_audio_transcript/0", "/delta"),)),
        ),
        (
            {"type": "response.function_call_arguments.delta", **AT, "delta": "{"},
            EventShape(deltas=(Delta(f"{IN}/response.function_call_arguments/0", "/delta", is_json=True),)),
        ),
        (
            {"type": "conversation.item.input_audio_transcription.delta", "item_id": "item_0", "delta": "hi"},
            EventShape(
                deltas=(Delta("response/None/item_0/conversation.item.input_audio_transcription/0", "/delta"),)
            ),
        ),
        ({"type": "response.output_audio.delta", **AT, "delta": PCM}, EventShape(media=("/delta",))),
        ({"type": "session.output_audio.delta", "delta": PCM}, EventShape(media=("/delta",))),
        ({"type": "response.output_text.done", **AT, "text": "hi"}, EventShape(closes=(f"{IN}/response.output_text/0",))),
        ({"type": "response.output_item.done", **AT, "item": {"id": "item_1"}}, EventShape(closes=(IN,))),
        ({"type": "response.done", "response": {"id": "resp_1"}}, EventShape(closes=("response/resp_1",))),
        ({"type": "error", "error": {}}, EventShape(closes=("*",))),
        ({"type": "input_audio_buffer.speech_started"}, EventShape(overtakes=True)),
        ({"type": "session.created"}, EventShape()),
        (
            {"type": "conversation.item.added", "item": {"content": [{"text": "x"}, {"audio": PCM}]}},
            EventShape(media=("/item/content/1/audio",)),
        ),
        ({"type": "response.content_part.done", "part": {"audio": PCM}, **AT},
         EventShape(closes=(f"{IN}/response.content_part/0",), media=("/part/audio",))),
        ({"type": 3, "delta": 4}, EventShape()),
        ([], EventShape()),
    ],
)  # fmt: skip
def test_where_texts_and_sounds_stand_in_events(event: Any, shape: EventShape) -> None:
    assert realtime_shape(event) == DIALECT.shape(event) == shape
