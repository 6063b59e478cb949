"""Stop sequences: an answer ends before the first of some words. Pure; what may be their beginning is held back."""

from collections.abc import Iterable, Iterator, Sequence


class Until:
    """Cuts one answer off before the first of these words; `words` are the ones that came."""

    def __init__(self, stop: Sequence[str]) -> None:
        self._stop = [words for words in stop if words]
        self.words: str | None = None

    def cut(self, pieces: Iterable[str]) -> Iterator[str]:
        """The pieces up to there. Empty pieces pass."""
        held = ""
        for piece in pieces:
            held += piece
            found = [(at, words) for words in self._stop if (at := held.find(words)) >= 0]
            if found:
                at, self.words = min(found)
                yield held[:at]
                return
            keep = max((_begun(held, words) for words in self._stop), default=0)
            yield held[: len(held) - keep]
            held = held[len(held) - keep :]
        yield held


def _begun(text: str, words: str) -> int:
    """How much of the text's end is the beginning of these words."""
    return next((size for size in range(min(len(words) - 1, len(text)), 0, -1) if words.startswith(text[-size:])), 0)
