"""The texts of a whole reply: which strings are to be scanned, and the reply with some of them changed.

Every string is read but the protocol's own words, by name and look. What isn't text is `Skipped`.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from detectors.finding import Skipped, SkipReason
from proxy.errors import BodyError, LimitError
from proxy.google_chunks import GUARD, JsonFramer, parse_json_frame
from proxy.providers.json_spans import edit, flatten, scan, value_at
from proxy.reply_judge import ReplyJudge, ReplyText
from proxy.restore import BETWEEN, LINES, UNTYPED, is_json, is_text

_NESTING = 400
_WORD = re.compile(r"[\w.:/+=-]{0,200}", re.ASCII)
_NAMES = """
id object model type role status finish_reason stop_reason system_fingerprint service_tier item_id call_id name index
tool_call_id previous_response_id obfuscation responseId modelVersion finishReason created_at request_id response_id
message_id file_id thread_id assistant_id run_id event language mime_type mimeType media_type
"""
_OWN = frozenset(_NAMES.split())
_SIGNATURES = frozenset({"signature", "encrypted_content", "thoughtSignature", "thought_signature"})
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/_-]{4}){60,}[A-Za-z0-9+/_=-]*")


@dataclass(frozen=True, slots=True)
class ReplyTexts:
    """What was read of a reply's body, or of one of its events."""

    texts: tuple[ReplyText, ...] = field(repr=False)
    skipped: tuple[Skipped, ...] = ()


def json_texts(body: bytes, prefix: str = "") -> ReplyTexts:
    """The texts of a JSON document. Raises `BodyError`, `LimitError`."""
    texts: list[ReplyText] = []
    skipped: list[Skipped] = []
    document = scan(body, nesting=_NESTING, all_keys=True)
    for literal in flatten(document.literals):
        if literal.kind != "value" or not literal.text or literal.inner is not None:
            continue
        pointer = prefix + literal.pointer
        name = literal.pointer.rpartition("/")[2]
        if name in _SIGNATURES or (name in _OWN and _WORD.fullmatch(literal.text)):
            continue
        if _BASE64.fullmatch(literal.text):
            if name == "data" and "redacted_thinking" in _siblings(document.data, literal.pointer):
                continue  # encrypted by the vendor for itself
            skipped.append(Skipped(pointer, SkipReason.UNSUPPORTED_MEDIA))
            continue
        texts.append(ReplyText(pointer, literal.text))
    return ReplyTexts(tuple(texts), tuple(skipped))


def _siblings(data: Any, pointer: str) -> Collection[Any]:
    parent = None if "~" in pointer else value_at(data, pointer.rpartition("/")[0])
    return [item for item in parent.values() if isinstance(item, str)] if isinstance(parent, dict) else ()


async def judged_body(body: bytes, media_type: str, judge: ReplyJudge) -> bytes:
    """A whole reply as the judge wants it; the same object if nothing is to be changed. See `judge.blocks`."""
    if not body.strip():
        return body
    if media_type == "" and body.lstrip()[:1] in {b"{", b"["}:
        media_type = "application/json"
    if media_type == UNTYPED:
        media_type = "application/jsonl" if body.lstrip()[:1] == b"{" else "" if b"\0" not in body else media_type
    if media_type in LINES:
        lines = body.split(b"\n")
        parts = [(f"~line/{number}", line) for number, line in enumerate(lines) if line.strip()]
        changed = await _judged(parts, judge)
        return (
            b"\n".join(changed.get(f"~line/{number}", line) for number, line in enumerate(lines)) if changed else body
        )
    if body.startswith(GUARD) and is_text(media_type):
        return await _judged_chunks(body, judge)
    if is_json(media_type):
        return (await _judged([("", body)], judge)).get("", body)
    if is_text(media_type) and (text := _decoded(body)) is not None:
        (findings,) = await judge.look([ReplyText("", text)])
        changes = judge.changes(text, findings)
        judge.note("", findings, changes)
        return _applied(text, [(c.start, c.end, c.new) for c in changes]).encode() if changes else body
    judge.skipped.append(Skipped("", SkipReason.UNSUPPORTED_MEDIA, media_type))
    await judge.look([])
    return body


async def _judged_chunks(body: bytes, judge: ReplyJudge) -> bytes:
    """The reply of a Google page."""
    framer = JsonFramer(len(body))
    frames = [*framer.feed(body), *framer.finish()]
    if any(not frame.event and frame.data.strip(BETWEEN) for frame in frames):
        judge.skipped.append(Skipped("", SkipReason.UNREADABLE))
    chunks = {f"~line/{n}": parse_json_frame(frame.data) for n, frame in enumerate(frames) if frame.event}
    changed = await _judged([(place, chunk.data) for place, chunk in chunks.items()], judge)
    new = {place: chunks[place].with_data(data) for place, data in changed.items()}
    return b"".join(new.get(f"~line/{n}", frame.data) for n, frame in enumerate(frames)) if new else body


async def _judged(parts: list[tuple[str, bytes]], judge: ReplyJudge) -> Mapping[str, bytes]:
    """Prefix → changed document."""
    texts: list[ReplyText] = []
    for prefix, body in parts:
        try:
            read = json_texts(body, prefix)
        except (BodyError, LimitError):
            judge.skipped.append(Skipped(prefix, SkipReason.UNREADABLE))
            continue
        texts += read.texts
        judge.skipped += read.skipped
    found = await judge.look(texts)
    new: dict[str, str] = {}
    for item, findings in zip(texts, found, strict=True):
        changes = judge.changes(item.text, findings)
        judge.note(item.pointer, findings, changes)
        if changes:
            new[item.pointer] = _applied(item.text, [(c.start, c.end, c.new) for c in changes])
    return {prefix: edited for prefix, body in parts if (edited := _edited(prefix, body, new)) is not None}


def _edited(prefix: str, body: bytes, new: Mapping[str, str]) -> bytes | None:
    mine = {
        pointer.removeprefix(prefix): text
        for pointer, text in new.items()
        if pointer.startswith(f"{prefix}/") or (prefix == "" and pointer == "")
    }
    return edit(body, mine, nesting=_NESTING, all_keys=True) if mine else None


def _decoded(body: bytes) -> str | None:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _applied(text: str, changes: list[tuple[int, int, str]]) -> str:
    return "".join(_pieces(text, changes))


def _pieces(text: str, changes: list[tuple[int, int, str]]) -> Iterator[str]:
    done = 0
    for start, end, new in changes:
        yield text[done:start]
        yield new
        done = end
    yield text[done:]
