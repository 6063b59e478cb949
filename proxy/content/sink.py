"""`Sink`: where readers put what they find, and what keeps them within the bounds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from detectors.finding import SkipReason
from proxy.content.bounds import Bounds, Exceeded

# A text longer than this is handed on in pieces, cut between lines, so that several workers share it.
_PIECE = 12_000
_SHORT = 4_000


@dataclass(slots=True)
class Sink:
    """Collects the texts of one attachment and of everything that is nested in it."""

    bounds: Bounds
    open_file: Callable[[bytes, str, str, "Sink"], None]  # data, media type, name: how a file within the file is read
    texts: list[str] = field(default_factory=list, repr=False)
    skipped: list[SkipReason] = field(default_factory=list)
    pictures: dict[bytes, str] = field(default_factory=dict, repr=False)  # digest → text: a logo is read once
    _depth: int = 0
    _members: int = 0
    _expanded: int = 0
    _characters: int = 0
    _pictures: int = 0

    def text(self, text: str) -> None:
        """A text. Raises `Exceeded`."""
        if not text.strip():
            return
        self._characters += len(text)
        if self._characters > self.bounds.characters:
            raise Exceeded
        self.texts += pieces(text)

    def whole(self, text: str) -> None:
        """A text that must stay in one piece, since something points into it. Raises `Exceeded`."""
        self._characters += len(text)
        if self._characters > self.bounds.characters:
            raise Exceeded
        self.texts.append(text)

    def picture(self, pixels: int) -> None:
        """A picture of so many pixels is going to be read. Raises `Exceeded`."""
        self._pictures += 1
        if self._pictures > self.bounds.pictures or pixels > self.bounds.pixels:
            raise Exceeded

    def skip(self, reason: SkipReason) -> None:
        """Something can't be read."""
        if reason not in self.skipped:
            self.skipped.append(reason)

    def file(self, data: bytes, *, media_type: str = "", name: str = "") -> None:
        """A file within the file; its name is text, too. Raises `Exceeded`."""
        self._members += 1
        if self._depth >= self.bounds.depth or self._members > self.bounds.members:
            raise Exceeded
        self.text(name)
        self._depth += 1
        try:
            self.open_file(data, media_type, name, self)
        finally:
            self._depth -= 1

    def expand(self, size: int) -> None:
        """So many bytes were unpacked. Raises `Exceeded`."""
        self._expanded += size
        if self._expanded > self.bounds.expanded_bytes:
            raise Exceeded

    @property
    def room(self) -> int:
        """How many bytes may still be unpacked."""
        return self.bounds.expanded_bytes - self._expanded


def joined(texts: Sequence[str]) -> list[str]:
    """Short texts that follow each other as one: a document has hundreds of them, and each is scanned on its own."""
    found: list[str] = []
    for text in texts:
        if found and len(found[-1]) + len(text) < _SHORT:
            found[-1] = f"{found[-1]}\n\n{text}"
        else:
            found.append(text)
    return found


def pieces(text: str) -> list[str]:
    """The text, cut after line ends where it is long. A line is never cut."""
    if len(text) <= _PIECE:
        return [text]
    found: list[str] = []
    start = 0
    while len(text) - start > _PIECE:
        # Between paragraphs if there is such a place, else between lines.
        cut = text.rfind("\n\n", start + _PIECE // 2, start + _PIECE)
        if cut < 0:
            cut = text.rfind("\n", start, start + _PIECE)
        if cut < 0:
            cut = text.find("\n", start + _PIECE)
        if cut < 0:
            break
        found.append(text[start : cut + 1])
        start = cut + 1
    found.append(text[start:])
    return [piece for piece in found if piece]
