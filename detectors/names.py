"""Names, places and addresses: what the models find in the prose of a text.

The tagger reads all of it; Rampart, twenty times as slow, reads only the lines where the tagger is in doubt. What
both say becomes findings in `detectors.evidence`, and `detectors.repeats` looks for what they were sure of elsewhere.
"""

import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence

from detectors.evidence import Judge, Reading, doubts, suspected, tagged
from detectors.finding import Finding
from detectors.ner import RampartModel, TokenScores
from detectors.prose import prose_chunks
from detectors.recognizers.source import Source
from detectors.repeats import repeats
from detectors.tagger import Tagger

_TOGETHER = 64  # lines that Rampart reads at a time
_REMEMBERED = 2048  # lines whose reading is remembered: some 10 MB


class NameDetector:
    """Both models over the prose of texts."""

    def __init__(self, tagger: Tagger | None = None, model: RampartModel | None = None) -> None:
        self._tagger = tagger or Tagger()
        self._model = model or RampartModel()
        self._judge = Judge(self._model.classes)
        # Texts grow and logs repeat themselves. Keys are keyed hashes and values numbers: no text is kept.
        self._secret = secrets.token_bytes(32)
        self._memory: OrderedDict[bytes, TokenScores] = OrderedDict()
        self.name = f"names-{self._tagger.revision}"

    def find_many(self, sources: Sequence[Source]) -> list[list[Finding]]:
        """The findings in each text."""
        chunks = [(index, *chunk) for index, source in enumerate(sources) for chunk in prose_chunks(source.text)]
        texts = [sources[index].text[start:end] for index, start, end in chunks]
        found: list[list[Finding]] = [[] for _ in sources]
        second: list[tuple[int, int, str, tuple[tuple[int, int], ...]]] = []
        for (index, start, _), text, tags in zip(chunks, texts, self._tagger.read(texts), strict=True):
            found[index].extend(tagged(sources[index].text, tags, start))
            unsure = doubts(text, tags)
            if unsure:
                people = suspected(tags, start)
                second.extend((index, start + first, text[first:last], people) for first, last in _lines(text, unsure))
        for (index, start, _, people), score in zip(
            second, self._read([line for _, _, line, _ in second]), strict=True
        ):
            found[index].extend(self._judge.findings(sources[index].text, [Reading(start, score, people)]))
        for source, findings in zip(sources, found, strict=True):
            findings.extend(repeats(source.text, findings))
        return found

    def _read(self, lines: Sequence[str]) -> list[TokenScores]:
        """What Rampart says of each line; a line that it has read lately isn't read again."""
        keys = [self._key(line) for line in lines]
        known = {key: scores for key in keys if (scores := self._memory.get(key)) is not None}
        new = {key: line for key, line in zip(keys, lines, strict=True) if key not in known}
        by_length = sorted(new, key=lambda key: len(new[key]))
        for first in range(0, len(by_length), _TOGETHER):  # bounds what is held of the model's output
            batch = by_length[first : first + _TOGETHER]
            known.update(zip(batch, self._model.read([new[key] for key in batch]), strict=True))
        for key in dict.fromkeys(keys):
            self._memory[key] = known[key]
            self._memory.move_to_end(key)
        while len(self._memory) > _REMEMBERED:
            self._memory.popitem(last=False)
        return [known[key] for key in keys]

    def _key(self, line: str) -> bytes:
        return hashlib.blake2b(line.encode("utf-8", "replace"), key=self._secret, digest_size=24).digest()


def _lines(text: str, places: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The lines in which the places stand, each once."""
    end = -1
    for start, stop in places:
        if start < end:
            continue
        newline = text.find("\n", stop)
        end = len(text) if newline < 0 else newline
        yield text.rfind("\n", 0, start) + 1, end
