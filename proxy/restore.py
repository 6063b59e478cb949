"""Tokens in a reply become values again: whole bodies, and streams while they flow. Pure: bytes in, bytes out.

A stream's events go on as they come. Only while the last word of a text may be the beginning of a token are its event
and those after it held, until the next words tell; the value then stands where its token began. So no event is made
up, left out or moved, and a stream without tokens leaves byte for byte as it came. Pings and comments overtake.

Restored are the tokens of this very request, nothing that merely looks like one. Signed thinking is left alone, since
its signature covers its text.
"""

import codecs
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from proxy.envelopes import EnvelopeFramer, is_json_call, parse_envelope
from proxy.errors import BodyError, LimitError
from proxy.event_stream import MEDIA_TYPE as MESSAGES
from proxy.event_stream import EventStreamFramer, parse_message
from proxy.framing import (
    LIMIT,
    WHOLE,
    Frame,
    Framer,
    WholeFramer,
    Wrapping,
    line_framer,
    parse_sse,
    parse_whole,
    sse_framer,
)
from proxy.google_chunks import GUARD, JsonFramer, parse_json_frame
from proxy.json_level import JsonLevel
from proxy.providers.dialect import Delta, Dialect
from proxy.providers.json_spans import Document, Literal, edit, flatten, parse, quote, scan, value_at
from proxy.token_index import BEFORE, Known, Part, TokenIndex

_NESTING = 400
LINES = frozenset(
    f"application/{kind}"
    for kind in ("x-ndjson", "ndjson", "jsonl", "x-jsonl", "jsonlines", "x-jsonlines", "stream+json")
)
UNTYPED = "application/octet-stream"  # what vendors call a stored file, whatever is in it
SSE = "text/event-stream"
BETWEEN = b" \t\r\n,[]" + GUARD  # what stands between events
# How files begin in which another length would break something.
_BINARY = (b"PK", b"%PDF", b"\x89PNG", b"\xff\xd8", b"GIF8", b"\x1f\x8b", b"RIFF", b"ID3", b"OggS", b"fLaC")


def restore_text(text: str, tokens: Mapping[str, str], *, json_escaped: bool = False) -> str:
    """The text with its tokens turned back; `json_escaped` if it is the source of a JSON string."""
    return _restored(text, TokenIndex(tokens), 1 if json_escaped else 0)


def restore_body(body: bytes, media_type: str, tokens: Mapping[str, str], vault: Known | None = None) -> bytes:
    """A whole reply with its tokens turned back; the same object if there are none in it."""
    index = TokenIndex(tokens, vault)
    if not index or not index.mentioned(body):
        return body
    if media_type in LINES:
        lines = body.split(b"\n")
        restored = [_restore_json(line, index) if index.mentioned(line) else line for line in lines]
        return body if restored == lines else b"\n".join(restored)
    if body.startswith(GUARD):
        return _restore_chunks(body, index)
    if media_type == "" or is_json(media_type):
        return _restore_json(body, index)
    return _restore_source(body, index) if is_text(media_type) else body


class StreamRestorer:
    """Restores one streamed reply. `feed` takes its bytes as they come, `finish` says that no more will."""

    def __init__(
        self,
        dialect: Dialect,
        tokens: Mapping[str, str],
        media_type: str,
        limit: int = LIMIT,
        vault: Known | None = None,
    ) -> None:
        # What isn't text is passed on: a value of another length would break a binary frame.
        readable = is_text(media_type) or (vault is not None and media_type == UNTYPED)
        self._index = TokenIndex(tokens, vault) if readable else TokenIndex({})
        self._reader: _TextReader | _EventReader | _FileReader
        if media_type == UNTYPED:
            self._reader = _FileReader(dialect, self._index, limit)
        elif media_type == SSE:
            self._reader = _EventReader(dialect, self._index, sse_framer(limit), unwrap=parse_sse, limit=limit)
        elif media_type == MESSAGES:
            framer = EventStreamFramer(limit)
            self._reader = _EventReader(dialect, self._index, framer, unwrap=parse_message, limit=limit)
        elif media_type == WHOLE:
            self._reader = _EventReader(dialect, self._index, WholeFramer(limit), unwrap=parse_whole, limit=limit)
        elif media_type in LINES:
            self._reader = _EventReader(dialect, self._index, line_framer(limit), limit=limit)
        elif is_json_call(media_type):
            calls = EnvelopeFramer(limit)
            self._reader = _EventReader(dialect, self._index, calls, unwrap=parse_envelope, limit=limit)
        elif is_json(media_type):
            self._reader = _EventReader(dialect, self._index, JsonFramer(limit), unwrap=parse_json_frame, limit=limit)
        else:
            self._reader = _TextReader(self._index)

    def feed(self, data: bytes) -> list[bytes]:
        """What can go on, in pieces that are not empty."""
        if not self._index:
            return [data] if data else []
        return [piece for piece in self._reader.feed(data) if piece]

    def finish(self) -> list[bytes]:
        """What is left."""
        return [piece for piece in self._reader.finish() if piece] if self._index else []

    def know(self, index: TokenIndex) -> None:
        """From now on turn back what this index knows, in what waits too. For streams of events."""
        self._index = index
        if isinstance(self._reader, _EventReader):
            self._reader.know(self._index)

    @property
    def waits(self) -> bool:
        """Whether an event waits for the next one."""
        return isinstance(self._reader, _EventReader) and self._reader.waits

    def let_go(self) -> list[bytes]:
        """What waits, as it stands: the next event takes too long to come."""
        return self._reader.let_go() if isinstance(self._reader, _EventReader) else []


@dataclass(slots=True)
class _Event:
    """An event on its way out. It goes when nothing in it is pending and nothing before it is waiting."""

    raw: bytes = field(repr=False)
    payload: bytes = field(default=b"", repr=False)  # its JSON
    wrapping: Wrapping | None = None  # what its JSON stands in
    texts: dict[str, str] = field(default_factory=dict, repr=False)
    pending: int = 0

    def render(self) -> bytes:
        """The event's bytes, the very same if nothing in it changed."""
        if not self.texts:
            return self.raw
        payload = edit(self.payload, self.texts, nesting=_NESTING, all_keys=True)
        return payload if self.wrapping is None else self.wrapping.with_data(payload)


@dataclass(slots=True)
class _Piece:
    """What a delta adds to its channel. `rest` is its text that isn't settled yet."""

    event: _Event
    pointer: str
    text: str = field(repr=False)
    rest: str = field(repr=False)
    out: list[str] = field(default_factory=list, repr=False)

    def settle(self) -> None:
        """Tell the event, once the whole text is settled."""
        new = "".join(self.out)
        if new != self.text:
            self.event.texts[self.pointer] = new
        self.event.pending -= 1


class _Channel:
    """One text that several events carry in pieces."""

    __slots__ = ("_before", "_index", "_level", "_pieces")

    def __init__(self, index: TokenIndex, *, is_json: bool) -> None:
        self._index = index
        self._level = JsonLevel() if is_json else None
        self._pieces: deque[_Piece] = deque()
        self._before = ""

    def know(self, index: TokenIndex) -> None:
        """Turn back what this index knows, from where the text isn't settled."""
        self._index = index

    def add(self, event: _Event, pointer: str, text: str) -> None:
        """One piece more."""
        event.pending += 1
        self._pieces.append(_Piece(event, pointer, text, text))

    def run(self, *, final: bool) -> None:
        """Settle what can be settled: all of it if the channel ends."""
        text = "".join(piece.rest for piece in self._pieces)
        parts, rest = self._index.cut(text, final=final, before=self._before)
        if parts:
            self._before = (self._before + text)[: -len(rest) or None][-BEFORE:]
        for part in parts:
            self._spread(part)
        while self._pieces and not self._pieces[0].rest:
            self._pieces.popleft().settle()

    def _spread(self, part: Part) -> None:
        """Give each piece its share of a part; a value goes to the piece in which its token began."""
        new: str | None = None
        if part.token is not None:
            depth = 0 if self._level is None else max(1, self._level.depth)
            new = _escaped(self._index.value(part.token), depth)
        if self._level is not None:
            self._level.feed(part.text)
        left = len(part.text)
        for piece in self._pieces:
            if left == 0:
                return
            share = min(left, len(piece.rest))
            if share == 0:
                continue
            piece.out.append(piece.rest[:share] if part.token is None else new or "")
            new = ""
            piece.rest = piece.rest[share:]
            left -= share


class _EventReader:
    """Streams of events, in whatever framing."""

    def __init__(
        self,
        dialect: Dialect,
        index: TokenIndex,
        framer: Framer,
        *,
        limit: int,
        unwrap: Callable[[bytes], Wrapping] | None = None,
    ) -> None:
        self._dialect = dialect
        self._index = index
        self._framer = framer
        self._unwrap = unwrap
        self._plain = unwrap not in {parse_message, parse_envelope}  # the event's text stands in its bytes
        self._limit = limit
        self._channels: dict[str, _Channel] = {}
        self._queue: deque[_Event] = deque()
        self._queued = 0  # bytes

    def feed(self, data: bytes) -> list[bytes]:
        """What can go on."""
        return [piece for frame in self._framer.feed(data) for piece in self._take(frame)]

    def finish(self) -> list[bytes]:
        """What is left."""
        out = [piece for frame in self._framer.finish() for piece in self._take(frame)]
        self._close("*")
        return out + self._release()

    def know(self, index: TokenIndex) -> None:
        """Turn back what this index knows."""
        self._index = index
        for channel in self._channels.values():
            channel.know(index)

    @property
    def waits(self) -> bool:
        """Whether an event waits."""
        return bool(self._queue)

    def let_go(self) -> list[bytes]:
        """All that waits."""
        self._close("*")
        return self._release()

    def _take(self, frame: Frame) -> list[bytes]:
        if self._plain and frame.event and not self._queue and self._index.inert(frame.data):
            return [frame.data]
        event = _Event(frame.data)
        overtakes = False
        if not frame.event:
            if frame.data.strip(BETWEEN):
                self._close("*")  # nobody knows what this says: what is held goes before it
        elif self._unwrap is not None:
            event.wrapping = self._unwrap(frame.data)
            data = event.wrapping.data
            if data is None:
                return [frame.data]  # a comment, an id: it need not wait
            overtakes = self._read(event, data)
        else:
            overtakes = self._read(event, frame.data)
        if overtakes:
            return [event.render()]
        self._queue.append(event)
        self._queued += len(event.raw)
        if self._queued > self._limit:
            self._close("*")
        return self._release()

    def _read(self, event: _Event, data: bytes) -> bool:
        """Restore what the event says; whether it may go before those that wait."""
        if data.strip() == b"[DONE]":
            self._close("*")
            return False
        try:
            parsed = parse(data)
            leaves = scan(data, nesting=_NESTING, all_keys=True) if self._index.mentioned(data) else None
        except (BodyError, LimitError):
            self._read_source(event, data)
            return False
        event.payload = data
        shape = self._dialect.shape(parsed)
        if leaves is not None:
            apart = {*(delta.pointer for delta in shape.deltas), *shape.keeps, *_signed(leaves)}
            others = tuple(literal for literal in leaves.literals if literal.pointer not in apart)
            event.texts |= _restored_leaves(others, self._index)
        for delta in shape.deltas:
            text = value_at(parsed, delta.pointer)
            if isinstance(text, str):
                channel = self._channel(delta)
                channel.add(event, delta.pointer, text)
                channel.run(final=False)
        for name in shape.closes:
            self._close(name)
        return shape.overtakes

    def _read_source(self, event: _Event, data: bytes) -> None:
        """Data that isn't JSON is restored as the text it is."""
        restored = _restore_source(data, self._index)
        if restored != data:
            event.raw = restored if event.wrapping is None else event.wrapping.with_data(restored)

    def _channel(self, delta: Delta) -> _Channel:
        channel = self._channels.get(delta.channel)
        if channel is None:
            channel = self._channels[delta.channel] = _Channel(self._index, is_json=delta.is_json)
        return channel

    def _close(self, name: str) -> None:
        """Settle the channels of this name and those under it."""
        for channel in [c for c in self._channels if name in {"*", c} or c.startswith(f"{name}/")]:
            self._channels.pop(channel).run(final=True)

    def _release(self) -> list[bytes]:
        out: list[bytes] = []
        while self._queue and self._queue[0].pending == 0:
            event = self._queue.popleft()
            self._queued -= len(event.raw)
            out.append(event.render())
        return out


class _TextReader:
    """Plain text, held back only where a token may have begun."""

    def __init__(self, index: TokenIndex) -> None:
        self._index = index
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._held = ""
        self._before = ""

    def feed(self, data: bytes, *, final: bool = False) -> list[bytes]:
        """What can go on."""
        text = self._held + self._decoder.decode(data, final)
        parts, self._held = self._index.cut(text, final=final, before=self._before)
        self._before = (self._before + text)[: -len(self._held) or None][-BEFORE:]
        return [_join(parts, self._index, 0).encode("utf-8", "surrogateescape")]

    def finish(self) -> list[bytes]:
        """What is left."""
        return self.feed(b"", final=True)


class _FileReader:
    """A stored file of unknown kind: JSON lines, a text, or bytes that are left alone."""

    def __init__(self, dialect: Dialect, index: TokenIndex, limit: int) -> None:
        self._index = index
        self._lines = _EventReader(dialect, index, line_framer(limit), limit=limit)
        self._reader: _TextReader | _EventReader | None = None
        self._begun = False

    def feed(self, data: bytes) -> list[bytes]:
        """What can go on."""
        if not self._begun and (beginning := data.lstrip()):
            self._begun = True
            if beginning.startswith((b"{", b"[")):
                self._reader = self._lines
            elif not beginning.startswith(_BINARY) and b"\0" not in beginning:
                self._reader = _TextReader(self._index)
        return self._reader.feed(data) if self._reader is not None else [data]

    def finish(self) -> list[bytes]:
        """What is left."""
        return self._reader.finish() if self._reader is not None else []


def is_streamed(media_type: str, endpoint: str) -> bool:
    """Whether a reply is restored piece by piece; else it is read whole."""
    if media_type in {SSE, MESSAGES, UNTYPED} or media_type in LINES or is_json_call(media_type):
        return True
    return "streamgenerate" in endpoint.lower()


def is_json(media_type: str) -> bool:
    """Whether it is JSON, one document."""
    return media_type == "application/json" or media_type.endswith("+json")


def is_text(media_type: str) -> bool:
    """Whether it is text of any kind."""
    if media_type in LINES or is_json(media_type) or media_type in {MESSAGES, WHOLE}:
        return True
    return media_type == "" or media_type.startswith("text/") or media_type.endswith(("xml", "javascript"))


def _restored(text: str, index: TokenIndex, depth: int) -> str:
    parts, _ = index.cut(text, final=True)
    return _join(parts, index, depth)


def _join(parts: list[Part], index: TokenIndex, depth: int) -> str:
    return "".join(part.text if part.token is None else _escaped(index.value(part.token), depth) for part in parts)


def _escaped(value: str, depth: int) -> str:
    """A value as it stands in a JSON string, or in a JSON string within a JSON string."""
    for _ in range(depth):
        value = quote(value, ascii_only=False)[1:-1]
    return value


def _restored_leaves(literals: tuple[Literal, ...], index: TokenIndex) -> dict[str, str]:
    """Pointer → new text, of the literals in which there are tokens."""
    texts: dict[str, str] = {}
    for literal in flatten(literals):
        if literal.kind != "number" and (new := _restored(literal.text, index, 0)) != literal.text:
            texts[literal.pointer] = new
    return texts


def _restore_json(body: bytes, index: TokenIndex) -> bytes:
    try:
        document = scan(body, nesting=_NESTING, all_keys=True)
        texts = _restored_leaves(document.literals, index)
        for pointer in _signed(document):
            texts.pop(pointer, None)
        return edit(body, texts, nesting=_NESTING, all_keys=True)
    except (BodyError, LimitError):
        return _restore_source(body, index)


def _restore_chunks(body: bytes, index: TokenIndex) -> bytes:
    """The reply of a Google page, whole."""
    framer = JsonFramer(len(body))
    out: list[bytes] = []
    for frame in (*framer.feed(body), *framer.finish()):
        chunk = parse_json_frame(frame.data) if frame.event else None
        new = _restore_json(chunk.data, index) if chunk is not None else b""
        out.append(frame.data if chunk is None or new == chunk.data else chunk.with_data(new))
    return b"".join(out)


def _signed(document: Document) -> list[str]:
    """Pointers of thinking that is covered by a signature; Bedrock calls it text."""
    signatures = [item.pointer for item in document.literals if item.pointer.endswith("/signature") and item.text]
    bases = [pointer.removesuffix("/signature") for pointer in signatures]
    return [f"{base}/{name}" for base in bases for name in ("thinking", "text")]


def _restore_source(data: bytes, index: TokenIndex) -> bytes:
    """Text that is no JSON document; if it begins like one, values are escaped as in one."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return data
    restored = _restored(text, index, 1 if text.lstrip()[:1] in {"{", "[", '"'} else 0)
    return data if restored == text else restored.encode("utf-8", "surrogatepass")
