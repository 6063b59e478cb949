"""Whatever else goes to an LLM host: JSON, JSON lines, forms and text are read, everything else is a file.

Nothing is exempt here but the plainest of names (`model`, `type`, …), since nobody knows what stands where. Pointers of
JSON lines start with `~line/N`, those of forms with `~form`; a plain text is one segment with an empty pointer.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, override

from configs.hosts import Family
from detectors.finding import Skipped, SkipReason
from proxy.envelopes import is_json_call
from proxy.errors import BodyError
from proxy.message import NO_FILES, Attachment, Extraction, Refusal, Replacement, Request, Response, Role, Segment
from proxy.providers import calls, forms, lines
from proxy.providers import exemptions as look
from proxy.providers import files as files_
from proxy.providers.anthropic_messages import anthropic_error
from proxy.providers.bedrock import bedrock_refusal
from proxy.providers.dialect import EventShape
from proxy.providers.event_shapes import known_shape
from proxy.providers.exemptions import Exemptions
from proxy.providers.gemini import gemini_error
from proxy.providers.json_dialect import JSON, JsonDialect, refusal_text, refused, string
from proxy.providers.openai_chat import openai_error
from proxy.providers.openai_embeddings import token_arrays

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
_AS = {files_.TEXT: "text", files_.LINE: "lines", JSON: "json"}
_FORM = "application/x-www-form-urlencoded"
_OTHER_CHARSET = re.compile(r"\s*<\?xml[^>]{0,200}encoding\s*=\s*[\"'](?!utf-?8[\"']|us-ascii[\"'])", re.IGNORECASE)
# Remote calls in protocol buffers, or in whatever else is no JSON: without their vendor's schema nobody can read them.
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
    named: tuple[JsonDialect, ...] = ()  # those that JSON lines may be of
    coding: str = ""  # of envelopes that are compressed
    piece: bool = False  # of something whose rest comes with other requests
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
        found = self._extract(body)
        if self.piece:  # a value may go on in the next
            return replace(found, skipped=(*found.skipped, Skipped("", SkipReason.OPAQUE)))
        return found

    def _extract(self, body: bytes) -> Extraction:
        match self._kind(body):
            case "json":
                return JsonDialect.extract(self, body)
            case "lines":
                return lines.extract(body, self._line)
            case "form":
                found = forms.fields(_ascii(body), "~form")
                return Extraction(segments=tuple(forms.segments(found, self.nesting)))
            case "text":
                return _text(body)
            case "envelopes":
                return calls.extract(body, self.coding, self._plain)
            case "calls":
                return _skip("", SkipReason.UNREADABLE_CLIENT)
            case _:  # a file that is sent as it is
                return Extraction(segments=(), attachments=(Attachment("", Role.USER, body, self.media_type),))

    @override
    def rebuild(self, body: bytes, texts: Mapping[str, str], files: Mapping[str, Replacement] = NO_FILES) -> bytes:
        if not texts and not files:
            return body
        match self._kind(body):
            case "json":
                return JsonDialect.rebuild(self, body, texts, files)
            case "lines":
                return lines.rebuild(body, texts, files, self._line)
            case "envelopes":
                return calls.rebuild(body, self.coding, texts, files, self._plain)
            case "form" if not files:
                return forms.rebuild(_ascii(body), "~form", texts, self.nesting).encode()
            case "text" if set(texts) == {""} and not files:
                return texts[""].encode("utf-8", "surrogatepass")
            case "file" if set(files) == {""} and not texts and files[""].media_type in {"", self.media_type}:
                return files[""].data
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
            case "bedrock":
                return bedrock_refusal(refusal)
            case "cohere":
                return refused(refusal, {"message": refusal_text(refusal)})
            case "ollama":
                return refused(refusal, {"error": refusal_text(refusal)})
            case _:
                return refused(refusal, openai_error(refusal))

    @override
    def shape(self, event: object) -> EventShape:
        return known_shape(event)

    def _kind(self, body: bytes) -> str:
        """What to read the body as: json, lines, form, text, remote calls or a file."""
        kind = self.media_type
        if is_json_call(kind):
            return "envelopes"
        if _REMOTE_CALL.fullmatch(kind):
            return "calls"
        if kind == JSON or kind.endswith("+json"):
            return "json"
        if kind in files_.LINES:
            return "lines"
        if kind == _FORM:
            return "json" if is_json(body) else "form"  # whoever reads it may not look at its type
        if kind in {"", "text/plain"} and is_json(body):
            return "json"  # pages send JSON as text to spare the browser a preflight request
        if kind in files_.MARKED_UP or (kind.startswith("text/") and files_.begins_otherwise(body)):
            return "file"  # letters are spelled in other ways there
        if kind.startswith("text/") or kind in _TEXTS or kind.endswith("+xml"):
            return "text"
        if self.family == "opaque":
            return "calls"
        known = files_.read_as(body, kind, "")
        return "json" if known == files_.TEXT and is_json(body) else _AS.get(known or "", "file")

    @property
    def _plain(self) -> "Generic":
        return replace(self, media_type=JSON, piece=False)

    def _line(self, line: bytes) -> JsonDialect:
        return lines.by_members(line, self.named, self._plain)


def _text(body: bytes) -> Extraction:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return _skip("", SkipReason.UNREADABLE)
    reason = SkipReason.UNREADABLE if _OTHER_CHARSET.match(text) else look.opaque_anywhere(text)
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


def is_json(body: bytes) -> bool:
    """Whether bytes are a JSON object or array."""
    return body.lstrip()[:1] in {b"{", b"["} and bool(JsonDialect.read(b'{"_":' + body + b"}"))
