"""What the dialects with JSON bodies have in common: reading and editing bodies, and the plainest accessors.

Where things stand in a vendor's format is said by the dialects, each in its own file.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from ulid import ULID

from detectors.finding import Skipped, SkipReason
from local_models.speech import Call, Said
from proxy.errors import BodyError, LimitError
from proxy.message import (
    NO_FILES,
    Attachment,
    Chat,
    ChatMessage,
    Extraction,
    Refusal,
    Replacement,
    Request,
    Response,
    Role,
    Segment,
)
from proxy.providers.attachments import MEDIA_TYPES, NAMES, Decoded, beside, decode, edits, is_data_url, values
from proxy.providers.dialect import Answer, EventShape
from proxy.providers.exemptions import Exemptions, is_web_url, shape_of
from proxy.providers.json_spans import NESTING, Document, edit, flatten, parse, scan, value_at

JSON = "application/json"
SSE = "text/event-stream; charset=utf-8"
_NO_PARENT: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class JsonDialect(ABC):
    """A dialect whose bodies are JSON. Subclasses name the exempt places and who speaks where."""

    name: ClassVar[str]
    provider: ClassVar[str]
    exemptions: ClassVar[Exemptions]

    nesting: int = NESTING

    @abstractmethod
    def matches(self, request: Request) -> bool:
        """Whether this dialect speaks for the request."""

    @abstractmethod
    def refusal(self, refusal: Refusal) -> Response:
        """The vendor's error shape."""

    def extract(self, body: bytes) -> Extraction:
        """Every string but the exempt ones."""
        if not body.strip():
            return Extraction(segments=())
        document = scan(body, nesting=self.nesting)
        around = _Surroundings(document.data, self.roles(document.data))
        segments: list[Segment] = []
        skipped: list[Skipped] = [*self.unreadable(document.data)]
        files: list[tuple[str, Decoded]] = []
        for literal in flatten(document.literals):
            if not literal.text:
                continue
            if literal.kind == "value":
                shape, parent = around.place(literal.pointer)
                if self.exempts(shape, literal.text, parent):
                    continue
                reason = self.skips(shape, literal.text, parent)
                # An id of a file elsewhere may look like base64, so that only places of bytes are decoded as such.
                bytes_here = reason is SkipReason.UNSUPPORTED_MEDIA or is_data_url(literal.text)
                if bytes_here and (file := decode(literal.text)) is not None:
                    files.append((literal.pointer, file))
                    continue
                if reason is not None:
                    skipped.append(Skipped(pointer=literal.pointer, reason=reason))
                    # An address can be read, only what it leads to can't.
                    if not is_web_url(literal.text):
                        continue
            segments.append(Segment(literal.pointer, around.role(literal.pointer), literal.text, literal.context))
        return Extraction(
            segments=tuple(segments),
            skipped=tuple(skipped),
            attachments=tuple(_attachments(files, document, around.roles)) if files else (),
            model=_model(document.data) if type(self).model is JsonDialect.model else None,
        )

    def rebuild(self, body: bytes, texts: Mapping[str, str], files: Mapping[str, Replacement] = NO_FILES) -> bytes:
        """The body with these strings and files replaced."""
        if files:
            texts = edits(values(flatten(scan(body, nesting=self.nesting).literals)), texts, files)
        return edit(body, texts, nesting=self.nesting)

    def model(self, request: Request) -> str:
        """The body's `model`."""
        return _model(self.read(request.body))

    def chat(self, request: Request) -> Chat | None:  # noqa: ARG002 - part of the interface
        """None: most endpoints have no conversation."""
        return None

    def reply(self, chat: Chat, answer: Answer, decision_id: str) -> Response:
        """Not for dialects whose `chat` gives None."""
        raise NotImplementedError("this dialect has no conversations to answer")

    def reply_stream(
        self, chat: Chat, pieces: AsyncIterator[Said], model: str, decision_id: str
    ) -> AsyncIterator[bytes]:
        """Not for dialects whose `chat` gives None."""
        raise NotImplementedError("this dialect has no conversations to answer")

    def shape(self, event: object) -> EventShape:  # noqa: ARG002 - part of the interface
        """Nothing streams, unless a dialect says otherwise."""
        return EventShape()

    def exempts(self, shape: str, text: str, parent: Mapping[str, Any]) -> bool:
        """Whether the string at a place need not be read."""
        return self.exemptions.exempts(self.normal(shape), text, parent)

    def skips(self, shape: str, text: str, parent: Mapping[str, Any]) -> SkipReason | None:
        """Why the string at a place can't be read, if it can't."""
        return self.exemptions.skips(self.normal(shape), text, parent)

    def normal(self, shape: str) -> str:
        """A pointer's shape as the exemptions write it, where a vendor has several spellings."""
        return shape

    def roles(self, data: Any) -> Mapping[str, Role]:  # noqa: ARG002 - part of the interface
        """Pointer prefix → who speaks there; what no prefix covers is metadata."""
        return {}

    def unreadable(self, data: Any) -> Iterable[Skipped]:  # noqa: ARG002 - part of the interface
        """Parts that can't be read and aren't strings."""
        return ()

    @staticmethod
    def read(body: bytes) -> Mapping[str, Any]:
        """The body's object, for looking things up; empty if it can't be read (`extract` says so)."""
        try:
            return mapping(parse(body)) if body.strip() else {}
        except (BodyError, LimitError):
            return {}


def _model(data: object) -> str:
    return string(mapping(data).get("model"))


class _Surroundings:
    """What stands around strings. Most stand in the same object as the one before: it is looked up once for both."""

    __slots__ = ("_data", "_holder", "_parent", "_role", "_shape", "roles")

    def __init__(self, data: Any, roles: Mapping[str, Role]) -> None:
        self._data, self.roles = data, roles
        self._look("")

    def place(self, pointer: str) -> tuple[str, Mapping[str, Any]]:
        """The pointer's shape and the object that holds what stands there; empty when that can't be told."""
        holder, _, member = pointer.rpartition("/")
        if holder != self._holder:
            self._look(holder)
        step = f"/{member}" if pointer else ""
        if member[:1].isdecimal():
            step = shape_of(step)
        return self._shape + step, _NO_PARENT if "~" in member else self._parent

    def role(self, pointer: str) -> Role:
        """Who speaks there."""
        holder, _, member = pointer.rpartition("/")
        if holder != self._holder:
            self._look(holder)
        if "~" in member:
            return role_at(pointer, self.roles)
        role = self.roles.get(pointer)
        return self._role if role is None else role

    def _look(self, holder: str) -> None:
        self._holder = holder
        self._shape = shape_of(holder)
        self._role = role_at(holder, self.roles)
        parent = None if "~" in holder else value_at(self._data, holder)
        self._parent = parent if isinstance(parent, dict) else _NO_PARENT


def _attachments(
    files: Iterable[tuple[str, Decoded]], document: Document, roles: Mapping[str, Role]
) -> Iterator[Attachment]:
    strings = values(flatten(document.literals))
    for pointer, file in files:
        said = next((text for _, text in beside(strings, pointer, MEDIA_TYPES)), "")
        yield Attachment(
            pointer=pointer,
            role=role_at(pointer, roles),
            data=file.data,
            media_type=file.media_type or said.lower(),
            name=next((text for _, text in beside(strings, pointer, NAMES)), ""),
        )


def role_at(pointer: str, roles: Mapping[str, Role]) -> Role:
    """The role of the longest prefix of `pointer` in `roles`."""
    end = len(pointer)
    while end > 0:
        role = roles.get(pointer[:end])
        if role is not None:
            return role
        end = max(pointer.rfind("/", 0, end), pointer.rfind("~", 0, end))
    return roles.get("", Role.METADATA)


def mapping(value: Any) -> Mapping[str, Any]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: Any) -> list[Any]:
    """The value if it is an array, else an empty one."""
    return value if isinstance(value, list) else []


def string(value: Any) -> str:
    """The value if it is a string, else an empty one."""
    return value if isinstance(value, str) else ""


def whole_number(value: Any) -> int | None:
    """The value if it is a positive whole number."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def real_number(value: Any) -> float | None:
    """The value if it is a number."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def role_named(name: Any) -> Role:
    """Vendors' names of roles."""
    match name:
        case "system" | "developer":
            return Role.SYSTEM
        case "assistant" | "model":
            return Role.ASSISTANT
        case "tool" | "function":
            return Role.TOOL
        case _:
            return Role.USER


def text_of(content: Any) -> str:
    """The text of a content field: a string, or parts of which some have a `text`."""
    if isinstance(content, str):
        return content
    texts = (part if isinstance(part, str) else string(mapping(part).get("text")) for part in items(content))
    return "\n".join(text for text in texts if text)


def turn(role: Role, text: str) -> list[ChatMessage]:
    """One turn, unless there is nothing in it."""
    return [ChatMessage(role=role, text=text)] if text.strip() else []


def call_of(call_id: Any, name: Any, arguments: Any) -> Call:
    """A call of a tool; its arguments are a JSON object, or the text of one."""
    text = arguments if isinstance(arguments, str) else compact(mapping(arguments))
    return Call(string(call_id), string(name), text or "{}")


def calling(call_id: Any, name: Any, arguments: Any) -> list[ChatMessage]:
    """An assistant's call of a tool as a turn."""
    return [ChatMessage(Role.ASSISTANT, "", calls=(call_of(call_id, name, arguments),))]


def result(call_id: Any, text: str) -> list[ChatMessage]:
    """What a tool said, as a turn."""
    return [ChatMessage(Role.TOOL, text, answers=string(call_id))]


def arguments_of(call: Call) -> dict[str, Any]:
    """A call's arguments, for vendors that write them as an object."""
    found = json.loads(call.arguments)
    return found if isinstance(found, dict) else {}


def call_id(prefix: str, decision_id: str, number: int) -> str:
    """An id for the so-manieth call of an answer, in a vendor's form."""
    return f"{prefix}{decision_id}{number:02d}"


def compact(data: Any) -> str:
    """JSON as vendors write it."""
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False)


def event(data: Any, kind: str | None = None) -> bytes:
    """One server-sent event."""
    head = f"event: {kind}\n" if kind else ""
    return f"{head}data: {data if isinstance(data, str) else compact(data)}\n\n".encode("utf-8", "backslashreplace")


def whole(data: Any, decision_id: str, model: str) -> Response:
    """A rerouted answer as a response."""
    headers = {"content-type": JSON, "x-privet-decision": decision_id, "x-privet-rerouted": model}
    return Response(status=200, headers=headers, body=compact(data).encode("utf-8", "backslashreplace"))


def mark(decision_id: str, model: str) -> dict[str, str]:
    """The field that says that an internal model answered."""
    return {"decision_id": decision_id, "rerouted_to": model}


def refused(refusal: Refusal, error: Mapping[str, Any]) -> Response:
    """A vendor's error body as a response, with what Privet adds to it."""
    body = {
        **error,
        "privet": {
            "decision_id": refusal.decision_id,
            "rules": list(refusal.rules),
            "entity_types": list(refusal.entity_types),
        },
    }
    headers = {"content-type": JSON, "x-privet-decision": refusal.decision_id}
    if refusal.retry_after is not None:
        headers["retry-after"] = str(refusal.retry_after)
    if refusal.status < 500:
        headers["x-should-retry"] = "false"  # the openai and anthropic SDKs obey it
    return Response(status=refusal.status, headers=headers, body=compact(body).encode("utf-8", "backslashreplace"))


def refusal_text(refusal: Refusal) -> str:
    """The message for the person, ending with what to quote when asking about it."""
    parts = [refusal.message.rstrip()]
    if refusal.rules:
        parts.append(f"Rule: {', '.join(refusal.rules)}.")
    if refusal.entity_types:
        parts.append(f"Found: {', '.join(refusal.entity_types)}.")
    parts.append(f"Decision {refusal.decision_id}")
    return " ".join(parts)


def written_at(decision_id: str) -> int:
    """Seconds since 1970 at which a decision was made: its id is a ULID, which begins with the time."""
    try:
        return int(ULID.from_str(decision_id).timestamp)
    except ValueError:
        return 0


def path_ends(request: Request, *endings: str) -> bool:
    """Whether the request's path ends like this, whatever it says of its body: the vendor may not look at it either."""
    return request.endpoint.rstrip("/").endswith(endings)
