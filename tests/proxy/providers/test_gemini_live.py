"""Gemini Live. Bodies: test_dialects.py."""

import base64
import json
from typing import Any

import pytest

from detectors.finding import SkipReason
from proxy.message import Request
from proxy.providers.dialect import Delta, EventShape
from proxy.providers.gemini_live import GeminiLive, live_shape

DIALECT = GeminiLive()
PCM = base64.b64encode(bytes(range(256))).decode()
OWN = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent"


def request(path: str, body: Any = None, media_type: str = "application/json") -> Request:
    return Request(
        "POST", "generativelanguage.googleapis.com", path, {"content-type": media_type}, json.dumps(body).encode()
    )


@pytest.mark.parametrize(
    ("path", "media_type", "expected"),
    [
        (OWN, "application/json", True),
        (f"{OWN}?key=AIzaSy", "", True),
        (f"{OWN}Constrained?access_token=auth_tokens/x", "application/json", True),
        ("/ws/google.ai.generativelanguage.v1alpha.GenerativeService.BidiGenerateMusic", "application/json", True),
        ("/ws/google.cloud.aiplatform.v1beta1.LlmBidiService/BidiGenerateContent", "application/json", True),
        (OWN, "application/octet-stream", False),
        ("/v1beta/models/m:generateContent", "application/json", False),
        ("/ws/google.ai.generativelanguage.v1beta.OtherService.BidiOther", "application/json", False),
    ],
)
def test_where_it_speaks(path: str, media_type: str, expected: bool) -> None:
    assert DIALECT.matches(request(path, {}, media_type)) is expected


@pytest.mark.parametrize(
    ("message", "texts"),
    [
        ({"setup": {"model": "models/gemini-live"}}, []),
        ({"realtime_input": {"activity_start": {}}}, []),
        ({"realtimeInput": {"text": "Anna"}}, ["Anna"]),
        ({"client_content": {"turns": [{"role": "user", "parts": [{"text": "Anna"}]}]}}, ["Anna"]),
        ({"clientContent": {"turns": {"role": "user", "parts": [{"text": "Anna"}]}}}, ["Anna"]),
        ({"toolResponse": {"functionResponses": {"response": {"who": "Anna"}}}}, ["Anna"]),
        ({"setup": {"sessionResumption": {"handle": "Anna Schmidt"}}}, ["Anna Schmidt"]),
        ({"somethingNew": {"in": ["Anna"]}}, ["Anna"]),
        ({"clientContent": {"weightedPrompts": [{"text": "Like Anna", "weight": 1.0}]}}, ["Like Anna"]),
    ],
)
def test_texts_are_read_and_the_protocols_words_are_not(message: Any, texts: list[str]) -> None:
    assert [segment.text for segment in DIALECT.extract(json.dumps(message).encode()).segments] == texts


@pytest.mark.parametrize("place", ["audio", "mediaChunks", "media_chunks"])
def test_sound_is_skipped_by_a_format_that_policies_can_name(place: str) -> None:
    blob = {"mimeType": "audio/pcm;rate=16000", "data": PCM}
    given = blob if place == "audio" else [blob]
    extraction = DIALECT.extract(json.dumps({"realtimeInput": {place: given}}).encode())
    (skipped,) = extraction.skipped
    assert (skipped.reason, skipped.media_type) == (SkipReason.UNSUPPORTED_MEDIA, "audio/pcm")
    assert extraction.segments == extraction.attachments == ()


def test_the_model_is_the_setups() -> None:
    assert DIALECT.model(request(OWN, {"setup": {"model": "models/gemini-live"}})) == "gemini-live"
    assert DIALECT.model(request(OWN, {"clientContent": {}})) == ""
    assert DIALECT.chat(request(OWN, {"clientContent": {"turns": [{"parts": [{"text": "hi"}]}]}})) is None


def content(**members: Any) -> dict[str, Any]:
    return {"serverContent": members}


@pytest.mark.parametrize(
    ("event", "shape"),
    [
        (
            content(modelTurn={"parts": [{"text": "hi"}]}),
            EventShape((Delta("turn/text", "/serverContent/modelTurn/parts/0/text"),), ("turn/thought",)),
        ),
        (
            content(modelTurn={"parts": [{"text": "hm", "thought": True}]}),
            EventShape((Delta("turn/thought", "/serverContent/modelTurn/parts/0/text"),), ("turn/text",)),
        ),
        (
            content(modelTurn={"parts": [{"inlineData": {"mimeType": "audio/pcm", "data": PCM}}]}),
            EventShape(media=("/serverContent/modelTurn/parts/0/inlineData/data",)),
        ),
        (
            content(outputTranscription={"text": "hi"}),
            EventShape((Delta("said", "/serverContent/outputTranscription/text"),)),
        ),
        (
            content(inputTranscription={"text": "hi", "finished": True}),
            EventShape((Delta("heard", "/serverContent/inputTranscription/text"),), ("heard",)),
        ),
        (content(turnComplete=True), EventShape(closes=("*",))),
        (content(interrupted=True), EventShape(closes=("*",))),
        ({"server_content": {"output_transcription": {"text": "hi"}, "generation_complete": True}},
         EventShape((Delta("said", "/server_content/output_transcription/text"),), ("*",))),
        ({"toolCall": {"functionCalls": [{"name": "f", "args": {}}]}}, EventShape(closes=("turn",))),
        ({"setupComplete": {}}, EventShape()),
        ([], EventShape()),
    ],
)  # fmt: skip
def test_where_texts_and_sounds_stand_in_messages(event: Any, shape: EventShape) -> None:
    assert live_shape(event) == DIALECT.shape(event) == shape
