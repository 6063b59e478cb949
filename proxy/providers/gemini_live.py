"""Gemini Live and its music (`…BidiGenerateContent`, `…BidiGenerateMusic`), on Google's own host and on Vertex.

A message has one member that says what it is (`setup`, `clientContent`, `realtimeInput`, `toolResponse`), in which the
things of `generateContent` stand under other names: they are read by the same places. There is no error message in this
protocol: a server that refuses closes the connection, with a reason.
Reference: https://ai.google.dev/api/live
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, override

from detectors.finding import SkipReason
from proxy.message import Attachment, Chat, Extraction, Request, Role
from proxy.providers import exemptions as look
from proxy.providers.dialect import Delta, EventShape
from proxy.providers.exemptions import Exemptions
from proxy.providers.gemini import Gemini, either
from proxy.providers.json_dialect import JSON, JsonDialect, items, mapping, role_named, string
from proxy.providers.sounds import sounds

_PATH = re.compile(r"[./]BidiGenerate(?:Content(?:Constrained)?|Music)$")
# Where the same stands as in a request of `generateContent`.
_SETUP = re.compile(r"^/setup(?=/)")
_TURNS = re.compile(r"^/client_content/turns(?=/)")
_RESULT = re.compile(r"^/tool_response/function_responses/\*(?=/)")
_INPUTS = ("/realtime_input/audio", "/realtime_input/video", "/realtime_input/media_chunks/*")
_HEARING = "/realtime_input_config"
_PART = "/contents/*/parts/*"
_TURN = "turn"
_WRITTEN = {"inputTranscription": "heard", "outputTranscription": "said", "interimInputTranscription": "hearing"}


def _signed(value: str, parent: Mapping[str, Any]) -> bool:
    return look.signature(value, parent) or look.identifier(value, parent)


@dataclass(frozen=True, slots=True)
class GeminiLive(Gemini):
    """One message of a live session, either way."""

    name: ClassVar[str] = "gemini-live"
    exemptions: ClassVar[Exemptions] = Exemptions(
        exact={
            **Gemini.exemptions.exact,
            **{f"{base}/mime_type": look.media_type for base in _INPUTS},
            f"{_HEARING}/activity_handling": look.word,
            f"{_HEARING}/turn_coverage": look.word,
            f"{_HEARING}/automatic_activity_detection/start_of_speech_sensitivity": look.word,
            f"{_HEARING}/automatic_activity_detection/end_of_speech_sensitivity": look.word,
            "/input_audio_transcription/language_codes/*": look.word,
            "/output_audio_transcription/language_codes/*": look.word,
            "/session_resumption/handle": _signed,
            f"{_PART}/function_response/scheduling": look.word,
            "/playback_control": look.word,
            "/music_generation_config/scale": look.word,
            "/music_generation_config/music_generation_mode": look.word,
        },
        schemas=Gemini.exemptions.schemas,
        opaque={
            **Gemini.exemptions.opaque,
            **{f"{base}/data": (look.anything, SkipReason.UNSUPPORTED_MEDIA) for base in _INPUTS},
            f"{_PART}/function_response/parts/*/inline_data/data": (look.anything, SkipReason.UNSUPPORTED_MEDIA),
        },
    )

    @override
    def matches(self, request: Request) -> bool:
        return request.media_type in {"", JSON} and _PATH.search(request.endpoint) is not None

    @override
    def extract(self, body: bytes) -> Extraction:
        return sounds(JsonDialect.extract(self, body), _is_sound)

    @override
    def normal(self, shape: str) -> str:
        snake = Gemini.normal(self, shape)
        snake = _TURNS.sub("/contents", _SETUP.sub("", snake))
        return _RESULT.sub(f"{_PART}/function_response", snake)

    @override
    def roles(self, data: Any) -> Mapping[str, Role]:
        body = mapping(data)
        roles: dict[str, Role] = {}
        for camel, snake in (("clientContent", "client_content"), ("realtimeInput", "realtime_input")):
            roles[f"/{camel}"] = roles[f"/{snake}"] = Role.USER
            for index, turn in enumerate(items(mapping(body.get(camel, body.get(snake))).get("turns"))):
                role = role_named(mapping(turn).get("role"))
                roles[f"/{camel}/turns/{index}"] = roles[f"/{snake}/turns/{index}"] = role
        for place in ("/toolResponse", "/tool_response"):
            roles[place] = Role.TOOL
        for place in ("/setup/systemInstruction", "/setup/system_instruction"):
            roles[place] = Role.SYSTEM
        return roles

    @override
    def model(self, request: Request) -> str:
        return string(mapping(self.read(request.body).get("setup")).get("model")).rpartition("/")[2]

    @override
    def chat(self, request: Request) -> Chat | None:
        return None

    @override
    def shape(self, event: object) -> EventShape:
        return live_shape(event)


def live_shape(event: object) -> EventShape:
    """Where the text of one of the server's messages stands, and where its sound."""
    data = mapping(event)
    camel = "serverContent" if "serverContent" in data else "server_content"
    content = mapping(data.get(camel))
    deltas: list[Delta] = []
    closes: list[str] = []
    media: list[str] = []
    turn = "modelTurn" if "modelTurn" in content else "model_turn"
    for index, entry in enumerate(items(mapping(content.get(turn)).get("parts"))):
        part = mapping(entry)
        place = f"/{camel}/{turn}/parts/{index}"
        if isinstance(part.get("text"), str):
            kind, other = ("thought", "text") if part.get("thought") is True else ("text", "thought")
            deltas.append(Delta(f"{_TURN}/{kind}", f"{place}/text"))
            closes.append(f"{_TURN}/{other}")
        elif blob := _blob(part):
            media.append(f"{place}/{blob}/data")
    for name, channel in _WRITTEN.items():
        at = name if name in content else _snake(name)
        written = mapping(content.get(at))
        if isinstance(written.get("text"), str):
            deltas.append(Delta(channel, f"/{camel}/{at}/text"))
        if written.get("finished") is True:
            closes.append(channel)
    if any(either(content, end) for end in ("turnComplete", "generationComplete", "interrupted")):
        closes.append("*")
    if either(data, "toolCall"):
        closes.append(_TURN)  # a call ends the text before it
    return EventShape(tuple(deltas), tuple(closes), media=tuple(media))


def _blob(part: Mapping[str, Any]) -> str:
    """The member that holds bytes, if there is one."""
    return next((n for n in ("inlineData", "inline_data") if isinstance(mapping(part.get(n)).get("data"), str)), "")


def _snake(camel: str) -> str:
    return re.sub(r"[A-Z]", lambda match: f"_{match[0].lower()}", camel)


def _is_sound(file: Attachment) -> bool:
    return "/realtime" in file.pointer and file.media_type.startswith(("audio/", "video/"))
