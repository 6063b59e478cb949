"""What kind of document a request is: windows over its texts, a classifier's word on each, one label per kind.

The classifier is a callable from text to probabilities per label, so that no model is known here. A request's label
has the score of its strongest window: one sensitive page makes a request sensitive, however much small talk is around
it. `public` is the other way round, the whole is as public as its least public window.

Windows are at most `WINDOW` characters and end at white space where they can. Each text has its own windows, so that a
message's label doesn't change with what stands beside it, and a chat's earlier turns can be cached by the classifier.
Of very long requests `MAX_WINDOWS` are read: the first, the last and evenly spread ones between, so
that long documents are sampled over their whole length. What single values a text holds is for the other detectors,
which read everything.
"""

import re
from collections.abc import Callable, Mapping, Sequence

from detectors.finding import Label

WINDOW = 1200
OVERLAP = 100
MAX_WINDOWS = 12
PUBLIC = "public"

_MIN_LETTERS = 8  # "ok", "yes please", "458989": nothing that a kind of document could be read from
_LETTERS = re.compile(r"[^\W\d_]")


def label_document(
    texts: Sequence[str], classify: Callable[[str], Mapping[str, float]], model: str
) -> tuple[Label, ...]:
    """The labels of the texts as one request, the strongest first; none when there is too little to read."""
    scores: dict[str, float] = {}
    for window in choose(windows_of(texts)):
        for name, score in classify(window).items():
            decide = min if name == PUBLIC else max
            scores[name] = decide(scores.get(name, score), score)
    labels = [Label(name=name, score=score, model=model) for name, score in scores.items()]
    return tuple(sorted(labels, key=lambda label: (-label.score, label.name)))


def windows_of(texts: Sequence[str]) -> list[str]:
    """All windows in order, each once; texts with next to no letters have none."""
    found: dict[str, None] = {}
    for text in texts:
        for window in _windows(text.strip()):
            if len(_LETTERS.findall(window)) >= _MIN_LETTERS:
                found[window] = None
    return list(found)


def choose(windows: Sequence[str], limit: int = MAX_WINDOWS) -> list[str]:
    """At most `limit` of the windows, in order: the first, the last, and evenly spread ones between."""
    if len(windows) <= limit:
        return list(windows)
    last = len(windows) - 1
    return [windows[round(index * last / (limit - 1))] for index in range(limit)]


def _windows(text: str) -> list[str]:
    windows = []
    start = 0
    while start < len(text):
        end = min(start + WINDOW, len(text))
        if end < len(text):
            # Look back for white space over a quarter of the window; text without any is cut hard.
            end = max((text.rfind(mark, start + WINDOW * 3 // 4, end) for mark in ("\n", " ")), default=-1)
            end = end if end > start else start + WINDOW
        windows.append(text[start:end].strip())
        if end >= len(text):
            break
        start = end - OVERLAP
    return windows
