"""Whatever else goes to an LLM host: JSON, JSON lines, forms and text are read, everything else is `Skipped`.

Nothing is exempt here but the plainest of names (`model`, `type`, …), since nobody knows what stands where. Pointers of
JSON lines start with `~line/N`, those of forms with `~form`; a plain text is one segment with an empty pointer.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, override

from configs.hosts import Family
from detectors.finding import Skipped, SkipReason
from proxy.errors import BodyError
from proxy.message import NO_FILES, Extraction, Refusal, Replacement, Request, Response, Role, Segment
from proxy.providers import exemptions as look
from proxy.providers import forms
from proxy.providers.anthropic_messages import anthropic_error, anthropic_shape
from proxy.providers.dialect import EventShape
from proxy.providers.exemptions import Exemptions
from proxy.providers.gemini import gemini_error, gemini_shape
from proxy.providers.json_dialect import JSON, JsonDialect, mapping, refused, string
from proxy.providers.openai_chat import chat_shape, openai_error
from proxy.providers.openai_embeddings import token_arrays
from proxy.providers.openai_responses import responses_shape

_LINES = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl", "application/jsonlines"})
_TEXTS = frozenset(
    {
        "application/xml",
        "application/javascript",
        "application/x-yaml",
        "application/yaml",
        "application/toml",
        "application/graphql",
        "application/sql",
        "application/x-sh",
    }
)
_FORM = "application/x-www-form-urlencoded"
# Remote procedure calls in protocol buffers: without their vendor's schema nobody can read them. Connect's JSON streams
# are frames with a binary head.
_REMOTE_CALL = re.compile(
    r"application/(?:connect\+.+|grpc(?:-web)?(?:-text)?(?:\+.+)?|proto|(?:x-|vnd\.google\.)?protobuf)", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Generic(JsonDialect):
    """A body of whatever kind its media type says. Errors take the shape of the host's provider."""

    name: ClassVar[str] = "generic"
    provider: str = "generic"  # type: ignore[misc]  # of the host, so that errors are in its shape
    family: Family = "generic"  # how the host speaks
    media_type: str = JSON
    exemptions: ClassVar[Exemptions] = Exemptions(
        exact={"/model": look.model, "/type": look.word, "/messages/*/role": look.word, "/stream": look.word},
    )

    @override
    def matches(self, request: Request) -> bool:
        return True

    @override
    def extract(self, body: bytes) -> Extraction:
        if not body.strip():
            return Extraction(segments=())
        match self._kind(body):
            case "json":
                return JsonDialect.extract(self, body)
            case "lines":
                return self._lines(body)
            case "form":
                found = forms.fields(_ascii(body), "~form")
                return Extraction(segments=tuple(forms.segments(found, self.nesting)))
            case "text":
                return _text(body)
            case "calls":
                return _skip("", SkipReason.UNREADABLE_CLIENT)
            case _:
                return _skip("", SkipReason.UNSUPPORTED_MEDIA)

    @override
    def rebuild(self, body: bytes, texts: Mapping[str, str], files: Mapping[str, Replacement] = NO_FILES) -> bytes:
        if not texts and not files:
            return body
        match self._kind(body):
            case "json":
                return JsonDialect.rebuild(self, body, texts, files)
            case "lines":
                return self._rebuild_lines(body, texts, files)
            case "form" if not files:
                return forms.rebuild(_ascii(body), "~form", texts, self.nesting).encode()
            case "text" if set(texts) == {""} and not files:
                return texts[""].encode("utf-8", "surrogatepass")
            case _:
                raise BodyError("this kind of body can't be edited")

    @override
    def roles(self, data: Any) -> Mapping[str, Role]:
        """Without knowing the format, every text may be a person's."""
        return {"": Role.USER}

    @override
    def unreadable(self, data: Any) -> Iterable[Skipped]:
        return token_arrays(data)

    @override
    def model(self, request: Request) -> str:
        return string(self.read(request.body).get("model")) if self._kind(request.body) == "json" else ""

    @override
    def refusal(self, refusal: Refusal) -> Response:
        match self.family:
            case "anthropic":
                return refused(refusal, anthropic_error(refusal))
            case "gemini":
                return refused(refusal, gemini_error(refusal))
            case _:
                return refused(refusal, openai_error(refusal))

    @override
    def shape(self, event: object) -> EventShape:
        """Compatible servers answer in the known shapes, which can be told apart."""
        data = mapping(event)
        if "choices" in data:
            return chat_shape(event)
        if "candidates" in data or "candidates" in mapping(data.get("response")):
            return gemini_shape(event)
        if string(data.get("type")).startswith("response."):
            return responses_shape(event)
        return anthropic_shape(event)

    def _kind(self, body: bytes) -> str:
        """What to read the body as: json, lines, form, text, remote calls or nothing known."""
        kind = self.media_type
        if _REMOTE_CALL.fullmatch(kind):
            return "calls"
        if kind == JSON or kind.endswith("+json"):
            return "json"
        if kind in _LINES:
            return "lines"
        if kind == _FORM:
            return "form"
        if kind in {"", "text/plain"} and body.lstrip()[:1] in {b"{", b"["} and _is_json(body):
            return "json"  # pages send JSON as text to spare the browser a preflight request
        if kind.startswith("text/") or kind in _TEXTS or kind.endswith("+xml"):
            return "text"
        if kind == "" and _is_text(body):
            return "text"
        return "calls" if self.family == "opaque" else "opaque"

    def _lines(self, body: bytes) -> Extraction:
        parts = [(index, JsonDialect.extract(self, line)) for index, _, line in _split(body)]
        return Extraction(
            segments=tuple(
                Segment(f"~line/{index}{item.pointer}", item.role, item.text, item.context)
                for index, part in parts
                for item in part.segments
            ),
            skipped=tuple(
                Skipped(pointer=f"~line/{index}{item.pointer}", reason=item.reason)
                for index, part in parts
                for item in part.skipped
            ),
            attachments=tuple(
                replace(item, pointer=f"~line/{index}{item.pointer}")
                for index, part in parts
                for item in part.attachments
            ),
        )

    def _rebuild_lines(self, body: bytes, texts: Mapping[str, str], files: Mapping[str, Replacement]) -> bytes:
        by_line: dict[str, tuple[dict[str, str], dict[str, Replacement]]] = {}
        for pointer, text in texts.items():
            number, rest = _line(pointer)
            by_line.setdefault(number, ({}, {}))[0][rest] = text
        for pointer, file in files.items():
            number, rest = _line(pointer)
            by_line.setdefault(number, ({}, {}))[1][rest] = file
        parts: list[bytes] = []
        done = 0
        for index, start, line in _split(body):
            wanted = by_line.pop(str(index), None)
            if wanted:
                parts += (body[done:start], JsonDialect.rebuild(self, line, *wanted))
                done = start + len(line)
        if by_line:
            raise BodyError("the body has fewer lines than were to be edited")
        parts.append(body[done:])
        return b"".join(parts)


def _line(pointer: str) -> tuple[str, str]:
    """A line's number, and the pointer in it."""
    number, slash, rest = pointer.removeprefix("~line/").partition("/")
    return number, slash + rest


def _split(body: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Number, offset and bytes of every line that isn't empty."""
    at = 0
    for index, line in enumerate(body.split(b"\n")):
        if line.strip():
            yield index, at, line
        at += len(line) + 1


def _text(body: bytes) -> Extraction:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return _skip("", SkipReason.UNREADABLE)
    reason = look.opaque_anywhere(text)
    if reason is not None:
        return _skip("", reason)
    return Extraction(segments=(Segment(pointer="", role=Role.USER, text=text),))


def _skip(pointer: str, reason: SkipReason) -> Extraction:
    return Extraction(segments=(), skipped=(Skipped(pointer=pointer, reason=reason),))


def _ascii(body: bytes) -> str:
    try:
        return body.decode("ascii")
    except UnicodeDecodeError:
        raise BodyError("the body is not a form: form fields are percent-encoded ASCII") from None


def _is_json(body: bytes) -> bool:
    return bool(JsonDialect.read(b'{"_":' + body + b"}"))


def _is_text(body: bytes) -> bool:
    try:
        return "\x00" not in body.decode("utf-8")
    except UnicodeDecodeError:
        return False
