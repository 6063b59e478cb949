"""Names, places and addresses: what the models find in the prose of a text.

The tagger reads all of it; Rampart, twenty times as slow, reads only the lines where the tagger is in doubt. What
both say becomes findings in `detectors.evidence`, and `detectors.repeats` looks for what they were sure of elsewhere.
"""

from collections.abc import Iterable, Iterator, Sequence

from detectors.evidence import Judge, Reading, doubts, suspected, tagged
from detectors.finding import Finding
from detectors.ner import RampartModel
from detectors.prose import prose_chunks
from detectors.recognizers.source import Source
from detectors.repeats import repeats
from detectors.tagger import Tagger

_TOGETHER = 64  # lines that Rampart reads at a time


class NameDetector:
    """Both models over the prose of texts."""

    def __init__(self, tagger: Tagger | None = None, model: RampartModel | None = None) -> None:
        self._tagger = tagger or Tagger()
        self._model = model or RampartModel()
        self._judge = Judge(self._model.classes)
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
        second.sort(key=lambda line: len(line[2]))
        for begin in range(0, len(second), _TOGETHER):  # bounds what is held of the model's output
            batch = second[begin : begin + _TOGETHER]
            scores = self._model.read([text for _, _, text, _ in batch])
            for (index, start, _, people), score in zip(batch, scores, strict=True):
                found[index].extend(self._judge.findings(sources[index].text, [Reading(start, score, people)]))
        for source, findings in zip(sources, found, strict=True):
            findings.extend(repeats(source.text, findings))
        return found


def _lines(text: str, places: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The lines in which the places stand, each once."""
    end = -1
    for start, stop in places:
        if start < end:
            continue
        newline = text.find("\n", stop)
        end = len(text) if newline < 0 else newline
        yield text.rfind("\n", 0, start) + 1, end
