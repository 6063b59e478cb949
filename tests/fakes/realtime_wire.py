"""Vendors' WebSockets: OpenAI realtime and responses, Gemini Live. Pure: a message to the messages that answer it.

What a session was told is remembered in it; whatever it doesn't know comes back as it is, so that what reached the
vendor can be seen.
"""

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.model import Behaviour, Prompt, Reply, answer, pieces, text_of
from tests.fakes.openai_wire import responses_prompt, responses_stream

SOUND = base64.b64encode(bytes(range(256)) * 2).decode()
_LIVE = "BidiGenerateContent"


def speaks(path: str, behaviour: Behaviour) -> bool:
    """Whether a path takes WebSockets. Responses only if the vendor was told so: Codex falls back else."""
    return path == "/v1/realtime" or path.endswith(_LIVE) or (path == "/v1/responses" and behaviour.websocket)


@dataclass(slots=True)
class Session:
    """One connection."""

    path: str
    text: str = ""
    spoken: bool = False  # the answers are sound, with a transcript
    turns: int = 0
    said: list[str] = field(default_factory=list)

    def greeting(self) -> list[str | bytes]:
        """What the vendor says first."""
        return [json.dumps({"type": "session.created"})] if self.path == "/v1/realtime" else []

    def answers(self, message: str | bytes, behaviour: Behaviour) -> Iterator[str | bytes]:
        """What the vendor says to a message."""
        try:
            data = json.loads(message)
        except ValueError:
            yield message
            return
        if self.path.endswith(_LIVE):
            for event in self._live(data, behaviour):
                yield json.dumps(event).encode()  # as Google does: JSON in bytes
            return
        known = self._responses(data, behaviour) if self.path == "/v1/responses" else self._realtime(data, behaviour)
        for event in known if known is not None else [data]:
            yield message if event is data else json.dumps(event)

    def _reply(self, behaviour: Behaviour) -> Reply:
        return answer(Prompt(text=self.text, model="m"), behaviour)

    def _realtime(self, data: dict[str, Any], behaviour: Behaviour) -> Iterator[dict[str, Any]] | None:
        match data.get("type"):
            case "session.update":
                self.spoken = "audio" in (data["session"].get("output_modalities") or [])
                return iter([{"type": "session.updated", "session": data["session"]}])
            case "conversation.item.create":
                self.text = text_of(data["item"].get("content")) or str(data["item"].get("output", ""))
                return iter([{"type": "conversation.item.added", "item": {"id": "item_in", **data["item"]}}])
            case "response.create":
                return self._response(self._reply(behaviour), behaviour)
        return None

    def _response(self, reply: Reply, behaviour: Behaviour) -> Iterator[dict[str, Any]]:
        self.turns += 1
        number, item = f"resp_{self.turns:03}", f"item_{self.turns:03}"
        place = {"response_id": number, "item_id": item, "output_index": 0}
        part = {**place, "content_index": 0}
        yield {"type": "response.created", "response": {"id": number, "object": "realtime.response", "output": []}}
        if reply.calls:
            call = reply.calls[0]
            arguments = json.dumps(call.arguments)
            for piece in pieces(arguments, behaviour.piece_sizes):
                yield {"type": "response.function_call_arguments.delta", **place, "call_id": "call_1", "delta": piece}
            yield {"type": "response.function_call_arguments.done", **place, "name": call.name, "arguments": arguments}
            output = {"id": item, "type": "function_call", "name": call.name, "arguments": arguments}
        else:
            kind, name = ("audio_transcript", "transcript") if self.spoken else ("text", "text")
            for piece in pieces(reply.text, behaviour.piece_sizes):
                yield {"type": f"response.output_{kind}.delta", **part, "delta": piece}
                if self.spoken:
                    yield {"type": "response.output_audio.delta", **part, "delta": SOUND}
            yield {"type": f"response.output_{kind}.done", **part, name: reply.text}
            content = {"type": "output_audio" if self.spoken else "output_text", name: reply.text}
            output = {"id": item, "type": "message", "role": "assistant", "content": [content]}
        yield {"type": "response.output_item.done", "response_id": number, "output_index": 0, "item": output}
        yield {"type": "response.done", "response": {"id": number, "status": "completed", "output": [output]}}

    def _responses(self, data: dict[str, Any], behaviour: Behaviour) -> Iterator[dict[str, Any]] | None:
        if data.get("type") != "response.create":
            return None
        prompt = responses_prompt({"stream": True, **data})
        lane = {"stream_id": data["stream_id"]} if "stream_id" in data else {}
        stream = responses_stream(prompt, answer(prompt, behaviour), behaviour)
        events = (
            json.loads(line[6:]) for event in stream for line in event.splitlines() if line.startswith(b"data: {")
        )
        return ({**event, **lane} for event in events)

    def _live(self, told: dict[str, Any], behaviour: Behaviour) -> Iterator[dict[str, Any]]:
        data = _camel(told)
        if "setup" in data:
            self.spoken = "AUDIO" in (data["setup"].get("generationConfig") or {}).get("responseModalities", [])
            yield {"setupComplete": {"sessionId": "session-001"}}
            return
        if "toolResponse" in data:
            self.text = json.dumps(data["toolResponse"]["functionResponses"])
        elif "clientContent" in data:
            turns = data["clientContent"].get("turns") or []
            self.text = "\n".join(part["text"] for turn in turns for part in turn["parts"] if "text" in part)
        elif "text" in data.get("realtimeInput", {}):
            self.text = data["realtimeInput"]["text"]
        else:
            return
        reply = self._reply(behaviour)
        for call in reply.calls:
            yield {"toolCall": {"functionCalls": [{"id": "c1", "name": call.name, "args": dict(call.arguments)}]}}
            return
        for piece in pieces(reply.text, behaviour.piece_sizes):
            if self.spoken:
                yield {"serverContent": {"outputTranscription": {"text": piece}}}
                sound = {"mimeType": "audio/pcm;rate=24000", "data": SOUND}
                yield {"serverContent": {"modelTurn": {"parts": [{"inlineData": sound}]}}}
            else:
                yield {"serverContent": {"modelTurn": {"role": "model", "parts": [{"text": piece}]}}}
        yield {"serverContent": {"generationComplete": True}}
        yield {"serverContent": {"turnComplete": True}}


def _camel(told: Any) -> Any:
    """The same with camelCase names: Google takes either, and its client writes both."""
    if isinstance(told, list):
        return [_camel(one) for one in told]
    if not isinstance(told, dict):
        return told
    return {re.sub(r"_([a-z])", lambda match: match[1].upper(), name): _camel(one) for name, one in told.items()}
