r"""Replies of Google's pages (Gemini's among them): a guard against scripts, then JSON in chunks with their lengths.

    )]}'

    106
    [["wrb.fr",null,"[null,[\\"c_1\\",\\"r_1\\"],null,null,[[\\"rc_1\\",[\\"Hello\\"]]]]"]]

A length counts what JavaScript counts, UTF-16 units, from behind its figures up to the next length, line ends included.
What is said in a chunk is whole: each repeats the answer from its beginning.
"""

import re
from dataclasses import dataclass, field

from proxy.framing import LIMIT, ArrayFramer, Frame, Framer

GUARD = b")]}'"
_LENGTH = re.compile(rb"([0-9]{1,9})(?=\n)")
_GAP = re.compile(rb"[ \t\r\n]*")
_CONTINUED = bytes(range(0x80, 0xC0))  # bytes of UTF-8 that go on with a character
_PAIRS = bytes(range(0xF0, 0x100))  # bytes that begin one of two units


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk, or JSON without a length. `data` is the JSON."""

    data: bytes = field(repr=False)
    around: tuple[bytes, bytes] | None = None  # white space before and behind, which the length counts

    def with_data(self, data: bytes) -> bytes:
        """The chunk's bytes with other JSON and the length of that."""
        if self.around is None:
            return data
        payload = self.around[0] + data + self.around[1]
        return str(_units(payload)).encode() + payload


def parse_json_frame(raw: bytes) -> Chunk:
    """A frame as the framer gives it."""
    length = _LENGTH.match(raw)
    if length is None:
        return Chunk(raw)
    payload = raw[length.end() :]
    data = payload.strip()
    at = payload.find(data)
    return Chunk(data, (payload[:at], payload[at + len(data) :]))


def chunk(data: bytes) -> bytes:
    """A chunk as Google's pages send it."""
    return Chunk(b"", (b"\n", b"\n")).with_data(data)


class JsonFramer:
    """The elements of a JSON array that grows; chunks if the reply begins with Google's guard."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._beginning = b""
        self._framer: Framer | None = None

    @property
    def is_chunked(self) -> bool:
        """Whether the reply is in chunks."""
        return isinstance(self._framer, ChunkFramer)

    def feed(self, data: bytes) -> list[Frame]:
        """What is complete with these bytes."""
        if self._framer is None:
            self._beginning += data
            if len(self._beginning) < len(GUARD) and GUARD.startswith(self._beginning):
                return []
            guarded = self._beginning.startswith(GUARD)
            self._framer = ChunkFramer(self._limit) if guarded else ArrayFramer(self._limit)
            data, self._beginning = self._beginning, b""
        return self._framer.feed(data)

    def finish(self) -> list[Frame]:
        """What is left at the end."""
        if self._framer is None:
            return [Frame(self._beginning, event=False)] if self._beginning else []
        return self._framer.finish()


class ChunkFramer:
    """Chunks as events. From one on that is too large or has no length, bytes pass unread."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._buffer = bytearray()
        self._guard = True  # whether it is still to come
        self._at = 0  # how far the chunk at hand was measured; 0 between chunks
        self._left = 0  # units of it that are to come
        self._plain = False  # no lengths: one document
        self._passing = False

    def feed(self, data: bytes) -> list[Frame]:
        """What is complete with these bytes."""
        self._buffer += data
        frames: list[Frame] = []
        if self._guard and len(self._buffer) >= len(GUARD):
            self._guard = False
            frames.append(self._cut(len(GUARD), event=False))
        while not (self._guard or self._plain or self._passing) and self._buffer:
            if (self._at == 0 and not self._begins(frames)) or not self._measured():
                break
            frames.append(self._cut(self._at, event=True))
            self._at = 0
        if self._passing or len(self._buffer) > 4 * self._limit:
            self._passing = True
            if self._buffer:
                frames.append(self._cut(len(self._buffer), event=False))
        return frames

    def finish(self) -> list[Frame]:
        """What is left at the end: a document without a length, or a chunk that was cut off."""
        return [self._cut(len(self._buffer), event=self._plain)] if self._buffer else []

    def _begins(self, frames: list[Frame]) -> bool:
        """Whether the length of a chunk is here; white space before it goes on."""
        gap = _GAP.match(self._buffer)
        if gap is not None and gap.end() > 0:
            frames.append(self._cut(gap.end(), event=False))
        length = _LENGTH.match(self._buffer)
        if length is None:
            self._plain = self._buffer.startswith((b"[", b"{"))
            self._passing = not self._plain and re.fullmatch(rb"[0-9]{0,9}", self._buffer) is None
            return False
        self._at, self._left = length.end(), int(length[1])
        self._passing = self._left > self._limit
        return not self._passing

    def _measured(self) -> bool:
        """Whether the chunk at hand is complete: it ends at `_at` then."""
        while self._left > 0:
            part = self._buffer[self._at : self._at + self._left]
            if not part:
                return False
            self._at += len(part)
            self._left -= _units(part)
        while self._at < len(self._buffer) and self._buffer[self._at] in _CONTINUED:
            self._at += 1
        return True

    def _cut(self, count: int, *, event: bool) -> Frame:
        piece = bytes(self._buffer[:count])
        del self._buffer[:count]
        return Frame(piece, event=event)


def _units(data: bytes | bytearray) -> int:
    """How many UTF-16 units UTF-8 stands for, by the beginnings of its characters."""
    begun = data.translate(None, _CONTINUED)
    return 2 * len(begun) - len(begun.translate(None, _PAIRS))
