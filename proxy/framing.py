"""Cuts a streamed reply into events, wherever its bytes happen to be cut. What they say isn't looked at here.

Server-sent events (WHATWG HTML, "Server-sent events": lines end with CRLF, LF or CR, an empty line ends an event), JSON
lines, a JSON array that grows (Gemini), and messages that come whole (WebSockets). An event larger than the limit is
passed on unread, piece by piece.
"""

import re
from collections.abc import Callable
from typing import NamedTuple, Protocol

LIMIT = 8_000_000  # bytes of one event: an image in base64 may well have some millions

WHOLE = "message"  # in place of a media type: each piece that is fed is one message of a WebSocket (`WholeMessage`)

_BOM = b"\xef\xbb\xbf"
_EVENT_END = re.compile(rb"(?>\r\n|\n|\r)(?>\r\n|\n|\r)")
_LINE = re.compile(rb"([^\r\n]*)(\r\n|\n|\r|\Z)")
_DATA = re.compile(rb"(?:\xef\xbb\xbf)?data(?:: ?|\Z)")
_IN_STRING = re.compile(rb'["\\]')
_OUTSIDE = re.compile(rb'["{}\[\]]')


class Frame(NamedTuple):
    """A piece of the stream: an event, or bytes between events."""

    data: bytes
    event: bool = True

    def __repr__(self) -> str:
        """Without the bytes: they are content."""
        return f"Frame({len(self.data)} bytes)"


class Framer(Protocol):
    """Takes bytes as they come, gives frames as they are complete."""

    def feed(self, data: bytes) -> list[Frame]:
        """What is complete with these bytes."""

    def finish(self) -> list[Frame]:
        """What is left at the end."""


class Wrapping(Protocol):
    """What an event's JSON stands in."""

    @property
    def data(self) -> bytes | None:
        """The JSON; None if there is none."""

    def with_data(self, data: bytes) -> bytes:
        """The event's bytes with other JSON."""


class _EndFramer:
    """Events that end with a pattern."""

    def __init__(self, end: re.Pattern[bytes], overlap: int, limit: int = LIMIT) -> None:
        self._end = end
        self._overlap = overlap  # how much of an end may be at the end of the buffer
        self._limit = limit
        self._buffer = bytearray()
        self._searched = 0
        self._passing = False  # in an event that is too large

    def feed(self, data: bytes) -> list[Frame]:
        """What is complete with these bytes."""
        self._buffer += data
        frames: list[Frame] = []
        while (match := self._end.search(self._buffer, self._searched)) is not None:
            if self._may_go_on(match.end()):
                self._searched = match.start()
                return frames
            event = bytes(self._buffer[: match.end()])
            frames.append(Frame(event, event=not self._passing and len(event) <= self._limit))
            del self._buffer[: match.end()]
            self._searched, self._passing = 0, False
        self._searched = max(0, len(self._buffer) - self._overlap)
        if self._passing or len(self._buffer) > self._limit:
            self._passing = True
            if self._searched > 0:
                frames.append(Frame(bytes(self._buffer[: self._searched]), event=False))
                del self._buffer[: self._searched]
                self._searched = 0
        return frames

    def finish(self) -> list[Frame]:
        """What is left at the end, an event that wasn't ended."""
        rest, self._buffer = bytes(self._buffer), bytearray()
        return [Frame(rest, event=not self._passing and len(rest) <= self._limit)] if rest else []

    def _may_go_on(self, end: int) -> bool:
        """Whether the end could be longer: a CR that an LF may follow is one line end with it."""
        return end == len(self._buffer) and self._buffer[-1:] == b"\r"


class ArrayFramer:
    """The objects of a JSON array, or of a sequence, as events; what is between them as it is."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._buffer = bytearray()
        self._at = 0  # how far the buffer was read
        self._depth = 0  # of braces and brackets, inside an object
        self._in_string = False
        self._passing = False

    def feed(self, data: bytes) -> list[Frame]:
        """What is complete with these bytes."""
        self._buffer += data
        frames: list[Frame] = []
        while (match := (_IN_STRING if self._in_string else _OUTSIDE).search(self._buffer, self._at)) is not None:
            at, found = match.start(), match[0]
            self._at = at + 1
            if self._in_string:
                if found == b'"':
                    self._in_string = False
                elif at + 1 == len(self._buffer):
                    self._at = at  # what is escaped is still to come
                    break
                else:
                    self._at = at + 2
            elif found == b'"':
                self._in_string = True
            elif found in {b"{", b"["}:
                if self._depth == 0 and found == b"{":
                    self._take(frames, at, event=False)
                    self._at = 1
                if self._depth > 0 or found == b"{":
                    self._depth += 1
            elif self._depth > 0:
                self._depth -= 1
                if self._depth == 0:
                    whole = not self._passing and self._at <= self._limit
                    self._take(frames, self._at, event=whole)
                    self._passing = False
        else:
            self._at = len(self._buffer)
        if self._depth == 0 or self._passing or len(self._buffer) > self._limit:
            self._passing = self._depth > 0
            self._take(frames, self._at, event=False)
        return frames

    def finish(self) -> list[Frame]:
        """What is left at the end, cut off."""
        rest, self._buffer, self._at = bytes(self._buffer), bytearray(), 0
        return [Frame(rest, event=False)] if rest else []

    def _take(self, frames: list[Frame], end: int, *, event: bool) -> None:
        if end > 0:
            frames.append(Frame(bytes(self._buffer[:end]), event=event))
            del self._buffer[:end]
        self._at = 0


DAMAGED = -1


class LengthFramer:
    """Messages that begin with their length as events. From damage on, and for one too large, bytes pass unread."""

    def __init__(self, head: int, length: Callable[[bytearray], int], limit: int = LIMIT) -> None:
        self._head = head  # bytes in which the length stands
        self._length = length  # of the message that the buffer begins with, all in all; or `DAMAGED`
        self._limit = limit
        self._buffer = bytearray()
        self._passing = 0  # bytes of a message that is too large
        self._damaged = False

    def feed(self, data: bytes) -> list[Frame]:
        """What is complete with these bytes."""
        self._buffer += data
        frames: list[Frame] = []
        while self._buffer:
            if self._damaged or self._passing:
                count = len(self._buffer) if self._damaged else min(self._passing, len(self._buffer))
                frames.append(self._cut(count, event=False))
                self._passing = 0 if self._damaged else self._passing - count
                continue
            if len(self._buffer) < self._head:
                break
            length = self._length(self._buffer)
            if length == DAMAGED:
                self._damaged = True
            elif length > self._limit:
                self._passing = length
            elif len(self._buffer) < length:
                break
            else:
                frames.append(self._cut(length, event=True))
        return frames

    def finish(self) -> list[Frame]:
        """What is left at the end: a message that was cut off."""
        return [self._cut(len(self._buffer), event=False)] if self._buffer else []

    def _cut(self, count: int, *, event: bool) -> Frame:
        piece = bytes(self._buffer[:count])
        del self._buffer[:count]
        return Frame(piece, event=event)


class WholeFramer:
    """Messages, each of which is an event."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit

    def feed(self, data: bytes) -> list[Frame]:
        """The message."""
        return [Frame(data, event=len(data) <= self._limit)]

    def finish(self) -> list[Frame]:
        """Nothing is ever left."""
        return []


def sse_framer(limit: int = LIMIT) -> Framer:
    """Server-sent events."""
    return _EndFramer(_EVENT_END, 3, limit)


def line_framer(limit: int = LIMIT) -> Framer:
    """JSON lines."""
    return _EndFramer(re.compile(rb"\n"), 0, limit)


class SseEvent(NamedTuple):
    """The lines of one server-sent event: prefix and content of each, and what ends it."""

    lines: tuple[tuple[bytes, bytes, bytes, bool], ...]  # prefix, content, end, whether it is a data line

    def __repr__(self) -> str:
        """Without the lines: they are content."""
        return f"SseEvent({len(self.lines)} lines)"

    @property
    def data(self) -> bytes | None:
        """The event's data as a client puts it together, or None if it has none."""
        lines = [content for _, content, _, is_data in self.lines if is_data]
        return b"\n".join(lines) if lines else None

    def with_data(self, data: bytes) -> bytes:
        """The event's bytes with other data, in as many data lines as the new data needs."""
        contents = data.split(b"\n")
        count = sum(is_data for *_, is_data in self.lines)
        # Further lines go where the last data line stands.
        groups = iter([*([content] for content in contents[: count - 1]), contents[count - 1 :]])
        out: list[bytes] = []
        for prefix, content, end, is_data in self.lines:
            if is_data:
                for new in next(groups):
                    out += (prefix.removeprefix(_BOM) if out else prefix, new, end or b"\n")
            else:
                out += (prefix, content, end)
        return b"".join(out)


def parse_sse(event: bytes) -> SseEvent:
    """The lines of an event. Joined again they are the same bytes."""
    lines: list[tuple[bytes, bytes, bytes, bool]] = []
    for match in _LINE.finditer(event):
        content, end = match[1], match[2]
        if not content and not end:
            break
        data = _DATA.match(content)
        prefix = data[0] if data else b""
        lines.append((prefix, content[len(prefix) :], end, data is not None))
    return SseEvent(tuple(lines))


class WholeMessage(NamedTuple):
    """A message of a WebSocket, which is a text or bytes. Written, it begins with one byte that says which."""

    kind: bytes
    data: bytes

    def __repr__(self) -> str:
        """Without the data: it is content."""
        return f"WholeMessage({len(self.data)} bytes)"

    @classmethod
    def of(cls, content: bytes, *, is_text: bool) -> "WholeMessage":
        """A message as it came."""
        return cls(b"t" if is_text else b"b", content)

    @property
    def is_text(self) -> bool:
        """Whether it is a text."""
        return self.kind == b"t"

    def written(self) -> bytes:
        """The message as one piece of a stream."""
        return self.kind + self.data

    def with_data(self, data: bytes) -> bytes:
        """The same with other data."""
        return self.kind + data


def parse_whole(piece: bytes) -> WholeMessage:
    """The message that a piece is."""
    return WholeMessage(piece[:1], piece[1:])
