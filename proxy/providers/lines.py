"""JSON lines: request bodies, and files of requests (batches, fine-tuning) whose lines other dialects know.

Each line is read by the dialect that its own members name: by the `url` of OpenAI's batches, by `params` (Anthropic),
`request` (Gemini) or `messages`. A pointer is `~line/N` with the pointer in that line behind it.
Reference: https://platform.openai.com/docs/api-reference/batch/request-input
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from detectors.finding import Skipped
from proxy.errors import BodyError
from proxy.message import Attachment, Extraction, Replacement, Request, Segment
from proxy.providers import exemptions as look
from proxy.providers.anthropic_messages import AnthropicMessages
from proxy.providers.exemptions import Exemptions
from proxy.providers.gemini import Gemini
from proxy.providers.json_dialect import JsonDialect, mapping, string
from proxy.providers.openai_chat import OpenAIChat
from proxy.providers.within import Within

_POINTER = re.compile(r"~line/(?P<line>[0-9]+)(?P<rest>.*)", re.DOTALL)

type Choose = Callable[[bytes], JsonDialect]


@dataclass(frozen=True, slots=True)
class BatchLine(Within):
    """A line of a batch file: a request, and what it is called."""

    name: ClassVar[str] = "batch-line"
    exemptions: ClassVar[Exemptions] = Exemptions(
        exact={"/custom_id": look.identifier, "/method": look.word, "/url": look.endpoint}
    )


def by_members(line: bytes, named: Iterable[JsonDialect], otherwise: JsonDialect) -> JsonDialect:
    """The dialect of a line of a file: one of `named` by the line's `url`, one by its members, or `otherwise`."""
    data, nesting = JsonDialect.read(line), otherwise.nesting
    if isinstance(data.get("body"), dict):
        request = Request("POST", "", string(data.get("url")), {}, b"")
        inner = next((dialect for dialect in named if dialect.matches(request)), otherwise)
        return BatchLine(nesting=nesting, inner=inner, base="/body")
    if isinstance(data.get("params"), dict):
        return BatchLine(nesting=nesting, inner=AnthropicMessages(nesting=nesting), base="/params")
    if "contents" in mapping(data.get("request")):
        return Gemini(nesting)
    return OpenAIChat(nesting) if isinstance(data.get("messages"), list) else otherwise


def extract(body: bytes, choose: Choose) -> Extraction:
    """What stands in all lines. Raises `BodyError`, `LimitError`."""
    parts = [(f"~line/{index}", choose(line).extract(line)) for index, _, line in _split(body)]
    return joined(parts)


def rebuild(body: bytes, texts: Mapping[str, str], files: Mapping[str, Replacement], choose: Choose) -> bytes:
    """The body with the texts and files at these pointers replaced. Raises `BodyError`."""
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
            parts += (body[done:start], choose(line).rebuild(line, *wanted))
            done = start + len(line)
    if by_line:
        raise BodyError("the body has fewer lines than were to be edited")
    parts.append(body[done:])
    return b"".join(parts)


def joined(parts: Iterable[tuple[str, Extraction]]) -> Extraction:
    """Extractions of parts of a body as one; each part's pointers get what is said of it in front."""
    segments: list[Segment] = []
    skipped: list[Skipped] = []
    attachments: list[Attachment] = []
    for base, part in parts:
        # Built anew, not with `replace`: a file may have tens of thousands.
        segments += [Segment(f"{base}{item.pointer}", item.role, item.text, item.context) for item in part.segments]
        skipped += [Skipped(f"{base}{item.pointer}", item.reason, item.media_type) for item in part.skipped]
        attachments += [replace(item, pointer=f"{base}{item.pointer}") for item in part.attachments]
    return Extraction(segments=tuple(segments), skipped=tuple(skipped), attachments=tuple(attachments))


def _line(pointer: str) -> tuple[str, str]:
    """A line's number, and the pointer in it."""
    found = _POINTER.fullmatch(pointer)
    if found is None:
        raise BodyError("the body has no lines at the places that were to be edited")
    return found["line"], found["rest"]


def _split(body: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Number, offset and bytes of every line that isn't empty."""
    at = 0
    for index, line in enumerate(body.split(b"\n")):
        if line.strip():
            yield index, at, line
        at += len(line) + 1
