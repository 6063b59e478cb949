"""The values that pass between the shell (`proxy.addon`) and the pure parts: a request, a response, its segments."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from detectors.finding import Skipped
from local_models.speech import AUTO, Call, Tool


class Role(StrEnum):
    """Who speaks in a segment. `METADATA` is everything that is not part of the conversation."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"
    METADATA = "metadata"


@dataclass(frozen=True, slots=True)
class Request:
    """One request to an LLM host, as the dialects see it. `headers` has lower-case names."""

    method: str
    host: str
    path: str = field(repr=False)  # with the query string, which may hold a key
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def endpoint(self) -> str:
        """The path without its query."""
        return self.path.partition("?")[0]

    @property
    def named_host(self) -> str:
        """The host that the client named, without its port."""
        return self.headers.get("host", self.host).partition(":")[0].lower()

    @property
    def media_type(self) -> str:
        """The content type without its parameters, lower case; empty if there is none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


@dataclass(frozen=True, slots=True)
class Response:
    """A whole answer that Privet gives by itself."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Segment:
    """A string of the body. `pointer` is RFC 6901, extended as `proxy.providers.json_spans` says."""

    pointer: str
    role: Role
    text: str = field(repr=False)
    # The field's name, a hint for detectors ("password", "ssn"); of what was encoded, also what stands before it.
    context: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file in the body: a document, an image, a sound. Its bytes are decoded; `pointer` is where it stands."""

    pointer: str
    role: Role
    data: bytes = field(repr=False)
    media_type: str = ""  # as the body says; empty if it doesn't
    name: str = field(default="", repr=False)  # the file's name as the body says: may be content


@dataclass(frozen=True, slots=True)
class Replacement:
    """The file that takes an attachment's place. Its bytes have been inspected."""

    data: bytes = field(repr=False)
    media_type: str
    suffix: str = ""  # what the file's name gets at its end where the format has changed: ".txt"


NO_FILES: Mapping[str, Replacement] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Extraction:
    """What could be read of a body, and what could not. Attachments wait for somebody who can open them."""

    segments: tuple[Segment, ...]
    skipped: tuple[Skipped, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    model: str | None = None  # that the body names, if its reader came past it; None: ask the dialect

    def document(self) -> list[str]:
        """The texts that say what kind of document a request is: what people and tools wrote, else everything."""
        spoken = [segment.text for segment in self.segments if segment.role is not Role.METADATA]
        return spoken or [segment.text for segment in self.segments]


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One turn of a conversation in the plainest form: what a rerouted request is reduced to."""

    role: Role
    text: str = field(repr=False)
    calls: tuple[Call, ...] = ()  # of tools, by the assistant
    answers: str = ""  # the id of the call that this tool's result answers


@dataclass(frozen=True, slots=True)
class Wishes:
    """What else a caller wants of an answer. Whatever isn't here and isn't in `Chat` is ignored."""

    tools: tuple[Tool, ...] = ()  # that the caller offers and would run
    choice: str = AUTO  # or NONE, REQUIRED, or a tool's name
    stop: tuple[str, ...] = field(default=(), repr=False)  # words before which the answer ends
    top_p: float | None = None
    unmet: tuple[str, ...] = ()  # fields that ask for what no internal model does: the request is refused


@dataclass(frozen=True, slots=True)
class Chat:
    """A request to answer inside: the conversation, and how the caller wants the answer."""

    messages: tuple[ChatMessage, ...]
    model: str
    stream: bool = False
    max_tokens: int | None = None
    temperature: float | None = None
    schema: str | None = field(default=None, repr=False)  # the answer is to be JSON of this JSON schema
    include_usage: bool = False  # a streamed answer ends with its usage (OpenAI's stream_options)
    wishes: Wishes = field(default_factory=Wishes)
    stream_type: str = "text/event-stream; charset=utf-8"  # the media type of a streamed answer


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request was not let through, for `Dialect.refusal`. Never holds content."""

    decision_id: str
    message: str  # one or two sentences for the person
    rules: tuple[str, ...] = ()
    entity_types: tuple[str, ...] = ()
    status: int = 403
    code: str = "privet_blocked"
    retry_after: int | None = None  # seconds
