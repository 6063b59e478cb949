"""OpenAI realtime (`wss://…/v1/realtime`, also translations and Azure's), and the sessions that are made for it.

Each message is one JSON event, named by `type`. A session's settings also stand at the top of the bodies that make one
over HTTP. Sound is no text: the policy decides. What an event of an unknown type says is read as any other.
Reference: https://platform.openai.com/docs/api-reference/realtime-client-events, …/realtime-server-events
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, override
from urllib.parse import parse_qs

from detectors.finding import Skipped, SkipReason
from proxy.message import Attachment, Extraction, Refusal, Request, Response, Role
from proxy.providers import exemptions as look
from proxy.providers.dialect import Delta, EventShape
from proxy.providers.exemptions import Exemptions
from proxy.providers.json_dialect import JSON, JsonDialect, items, mapping, refused, string
from proxy.providers.openai_chat import openai_error
from proxy.providers.openai_responses import item_role
from proxy.providers.sounds import sounds

_PATH = re.compile(
    r"/realtime(?:/(?:sessions|transcription_sessions|translations|client_secrets|translations/client_secrets"
    r"|calls/[^/]+/(?:accept|refer|reject|hangup)))?$"
)
_SESSIONS = ("", "/session", "/response")
_ITEMS = ("/item", "/response/input/*")
_SOUND = re.compile(r"/audio$|/content/[0-9]+/audio$")
# Kinds of `….delta` events whose text is a piece of JSON.
_JSON_STEMS = frozenset({"response.function_call_arguments", "response.mcp_call_arguments"})
_SOUND_STEMS = frozenset({"response.output_audio", "response.audio", "session.output_audio"})
_OVERTAKING = ("input_audio_buffer.", "rate_limits.")


def _session(base: str) -> dict[str, look.Check]:
    """The settings of a session, or of one response."""
    heard, spoken = f"{base}/audio/input", f"{base}/audio/output"
    return {
        f"{base}/type": look.word,
        f"{base}/object": look.word,
        f"{base}/id": look.identifier,
        f"{base}/model": look.model,
        f"{base}/modalities/*": look.word,
        f"{base}/output_modalities/*": look.word,
        f"{base}/include/*": look.word,
        f"{base}/conversation": _reference,
        f"{base}/max_output_tokens": look.word,
        f"{base}/max_response_output_tokens": look.word,
        f"{base}/tool_choice": look.word,
        f"{base}/tool_choice/type": look.word,
        f"{base}/tool_choice/name": look.name,
        f"{base}/tools/*/type": look.word,
        f"{base}/tools/*/name": look.name,
        f"{base}/tracing": look.word,
        f"{base}/truncation": look.word,
        f"{base}/truncation/type": look.word,
        f"{base}/reasoning/effort": look.word,
        f"{base}/voice": look.word,
        f"{base}/input_audio_format": look.word,
        f"{base}/output_audio_format": look.word,
        **_hearing(
            f"{base}/input_audio_transcription", f"{base}/input_audio_noise_reduction", f"{base}/turn_detection"
        ),
        **_hearing(f"{heard}/transcription", f"{heard}/noise_reduction", f"{heard}/turn_detection"),
        f"{heard}/format": look.word,
        f"{heard}/format/type": look.media_type,
        f"{spoken}/format": look.word,
        f"{spoken}/format/type": look.media_type,
        f"{spoken}/voice": look.word,
        f"{spoken}/voice/id": look.identifier,
        f"{spoken}/language": look.word,
    }


def _hearing(transcription: str, noise: str, turns: str) -> dict[str, look.Check]:
    return {
        f"{transcription}/model": look.model,
        f"{transcription}/language": look.word,
        f"{transcription}/languages/*": look.word,
        f"{transcription}/delay": look.word,
        f"{noise}/type": look.word,
        f"{turns}/type": look.word,
        f"{turns}/eagerness": look.word,
    }


def _item(base: str) -> dict[str, look.Check]:
    return {
        f"{base}/id": look.identifier,
        f"{base}/type": look.word,
        f"{base}/object": look.word,
        f"{base}/role": look.word,
        f"{base}/status": look.word,
        f"{base}/phase": look.word,
        f"{base}/call_id": look.identifier,
        f"{base}/name": look.name,
        f"{base}/approval_request_id": look.identifier,
        f"{base}/content/*/type": look.word,
        f"{base}/content/*/detail": look.word,
    }


def _reference(value: str, parent: Mapping[str, Any]) -> bool:
    """An id, or one of the words that stand for one: `root`, `auto`, `none`."""
    return value in {"root", "auto", "none"} or look.identifier(value, parent)


@dataclass(frozen=True, slots=True)
class OpenAIRealtime(JsonDialect):
    """One event of a realtime session, either way; or the body that makes a session."""

    name: ClassVar[str] = "openai-realtime"
    provider: ClassVar[str] = "openai"
    exemptions: ClassVar[Exemptions] = Exemptions(
        exact={
            "/event_id": look.identifier,
            "/item_id": look.identifier,
            "/previous_item_id": _reference,
            "/response_id": look.identifier,
            "/expires_after/anchor": look.word,
            **{place: check for base in _SESSIONS for place, check in _session(base).items()},
            **{place: check for base in _ITEMS for place, check in _item(base).items()},
        },
        schemas=tuple(f"{base}/tools/*/parameters" for base in _SESSIONS),
        opaque={
            "/audio": (look.anything, SkipReason.UNSUPPORTED_MEDIA),
            **{f"{base}/content/*/audio": (look.anything, SkipReason.UNSUPPORTED_MEDIA) for base in _ITEMS},
            **{f"{base}/content/*/image_url": (look.anything, SkipReason.OPAQUE) for base in _ITEMS},
        },
    )

    @override
    def matches(self, request: Request) -> bool:
        # What is no JSON (a call's SDP) is read as what it is.
        return request.media_type in {"", JSON} and _PATH.search(request.endpoint.rstrip("/")) is not None

    @override
    def extract(self, body: bytes) -> Extraction:
        return sounds(JsonDialect.extract(self, body), _is_sound)

    @override
    def roles(self, data: Any) -> Mapping[str, Role]:
        body = mapping(data)
        roles = {f"{base}/instructions": Role.SYSTEM for base in _SESSIONS}
        roles["/item"] = item_role(mapping(body.get("item")))
        for index, entry in enumerate(items(mapping(body.get("response")).get("input"))):
            roles[f"/response/input/{index}"] = item_role(mapping(entry))
        return roles

    @override
    def unreadable(self, data: Any) -> Iterable[Skipped]:
        """A stored prompt is text that only the vendor has; the variables that go into it are read."""
        for base, settings in _settings(data):
            if mapping(settings.get("prompt")).get("id"):
                yield Skipped(pointer=f"{base}/prompt/id", reason=SkipReason.OPAQUE)

    @override
    def model(self, request: Request) -> str:
        for _, settings in _settings(self.read(request.body)):
            if named := string(settings.get("model")):
                return named
        query = parse_qs(request.path.partition("?")[2])
        return next((query[name][0] for name in ("model", "deployment") if name in query), "")

    @override
    def refusal(self, refusal: Refusal) -> Response:
        return refused(refusal, openai_error(refusal))

    @override
    def shape(self, event: object) -> EventShape:
        return realtime_shape(event)


def realtime_shape(event: object) -> EventShape:
    """Where the text of one of the server's events stands, and where its sound."""
    data = mapping(event)
    kind = string(data.get("type"))
    stem, _, end = kind.rpartition(".")
    response = f"response/{data.get('response_id')}"
    place = f"{response}/{data.get('item_id')}"
    channel = f"{place}/{stem}/{data.get('content_index', 0)}"
    media = tuple(_sounds(data))
    if end == "delta" and isinstance(data.get("delta"), str):
        if stem in _SOUND_STEMS:
            return EventShape(media=("/delta",))
        return EventShape(deltas=(Delta(channel, "/delta", is_json=stem in _JSON_STEMS),), media=media)
    if kind == "error":
        return EventShape(closes=("*",))
    if kind == "response.done":
        return EventShape(closes=(f"response/{mapping(data.get('response')).get('id')}",), media=media)
    if kind == "response.output_item.done":
        return EventShape(closes=(f"{response}/{mapping(data.get('item')).get('id')}",), media=media)
    closes = (channel,) if end in {"done", "completed", "failed"} else ()
    return EventShape(closes=closes, media=media, overtakes=kind.startswith(_OVERTAKING))


def _settings(data: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Where a session's settings may stand, and what stands there."""
    body = mapping(data)
    yield "", body
    for name in ("session", "response"):
        yield f"/{name}", mapping(body.get(name))


def _sounds(data: Mapping[str, Any]) -> Iterator[str]:
    """Sound within the items and parts of an event."""
    if isinstance(mapping(data.get("part")).get("audio"), str):
        yield "/part/audio"
    written = [("/item", data.get("item"))]
    written += [
        (f"/response/output/{n}", item) for n, item in enumerate(items(mapping(data.get("response")).get("output")))
    ]
    for base, item in written:
        for index, part in enumerate(items(mapping(item).get("content"))):
            if isinstance(mapping(part).get("audio"), str):
                yield f"{base}/content/{index}/audio"


def _is_sound(file: Attachment) -> bool:
    return _SOUND.search(file.pointer) is not None
