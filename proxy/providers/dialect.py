"""The one interface between Privet and a vendor's wire format. A dialect is pure: bytes and values in, values out.

Add a dialect: one file with a class that satisfies `Dialect`, one entry in `proxy.providers.registry`, one golden
folder under `tests/golden/` and one test file.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from local_models.speech import Call, Finish, Said
from proxy.message import NO_FILES, Chat, Extraction, Refusal, Replacement, Request, Response


@dataclass(frozen=True, slots=True)
class Delta:
    """A string leaf of one streamed event that continues a longer text.

    Deltas with the same `channel` are pieces of one text. `is_json` says that the text is itself a piece of a JSON
    document (tool arguments), so that what is put into it must be escaped once more.
    """

    channel: str
    pointer: str
    is_json: bool = False


@dataclass(frozen=True, slots=True)
class EventShape:
    """What one streamed event means to the restorer."""

    deltas: tuple[Delta, ...] = ()
    closes: tuple[str, ...] = ()  # channels whose text ends with this event; "*" for all, "a" also for "a/b"
    keeps: tuple[str, ...] = ()  # pointers of strings that must not change (signed thinking)
    media: tuple[str, ...] = ()  # pointers of strings that are no text: sound
    overtakes: bool = False  # a ping: it need not wait for text that is held back


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer of an internal model. Its calls come after its text."""

    text: str = field(repr=False)
    model: str
    input_tokens: int = 0
    output_tokens: int = 0
    calls: tuple[Call, ...] = ()
    finish: Finish = Finish.STOP
    sequence: str | None = field(default=None, repr=False)  # the words that ended it


class Dialect(Protocol):
    """One vendor's wire format for one family of endpoints."""

    @property
    def name(self) -> str:
        """The dialect's name, for records."""

    @property
    def provider(self) -> str:
        """Whose format it is."""

    def matches(self, request: Request) -> bool:
        """Whether this dialect speaks for the request (by path and media type; the host was looked at before)."""

    def extract(self, body: bytes) -> Extraction:
        """Every string of the body but the few that the dialect exempts (ids, model names, signatures).

        Raises `proxy.errors.BodyError` when the body isn't what the dialect expects (not JSON, too deep).
        """

    def rebuild(self, body: bytes, texts: Mapping[str, str], files: Mapping[str, Replacement] = NO_FILES) -> bytes:
        """The body with the texts and the attachments at these pointers replaced; with `{}` the same bytes.

        What says of a file what it is (its media type, its name's ending, the kind of its source) changes with it.
        Raises `BodyError` when something can't be replaced.
        """

    def model(self, request: Request) -> str:
        """The model that is asked for; empty if there is none."""

    def refusal(self, refusal: Refusal) -> Response:
        """The vendor's error shape, so that its SDK raises its usual error and doesn't try again."""

    def chat(self, request: Request) -> Chat | None:
        """The conversation, if an internal model can answer it; None for endpoints where it can't (embeddings)."""

    def reply(self, chat: Chat, answer: Answer, decision_id: str) -> Response:
        """The answer in this dialect, whole."""

    def reply_stream(
        self, chat: Chat, pieces: AsyncIterator[Said], model: str, decision_id: str
    ) -> AsyncIterator[bytes]:
        """The answer in this dialect as server-sent events, one yield per event. Its end is the last piece."""

    def shape(self, event: object) -> EventShape:
        """Where the text of one streamed event (its parsed JSON) stands."""
