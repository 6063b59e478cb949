"""What could be a field's value in a text, and what can be said of each: the words around it, its form, its place."""

import re
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from local_models.tasks.amounts import find_amounts
from local_models.tasks.dates import find_dates
from local_models.tasks.fields import Kind

_MOST = 400  # of one text
_WORD = re.compile(r"[^\W\d_]+|[%#@]")
_TIME = re.compile(r"\s{0,3}\D{0,3}\d{1,2}:\d\d")
_BEGINNING = 4  # letters, which relatives such as Rechnung and Rechnungsdatum share
_SUMS = 60  # amounts among which sums are looked for


@dataclass(frozen=True, slots=True)
class Candidate:
    """A span, what it may mean with how likely that is, and words for its form."""

    start: int
    end: int
    values: tuple[tuple[date | Decimal, float], ...]
    form: tuple[str, ...]


def candidates(kind: Kind, text: str, *, day_first: float) -> list[Candidate]:
    """The dates of a text for a date, else its amounts; by place."""
    if kind == "date":
        return [
            Candidate(one.start, one.end, one.days, (one.form,))
            for one in find_dates(text, day_first=day_first)[:_MOST]
        ]
    amounts = find_amounts(text)
    # What nothing marks as an amount is a candidate only where there is room for it.
    kept = amounts if len(amounts) <= _MOST else tuple(one for one in amounts if not one.bare)[:_MOST]
    return [
        Candidate(
            one.start,
            one.end,
            ((one.value, 1.0),),
            (("money",) if one.money else ()) + (("cents",) if one.cents else ()) + (("bare",) if one.bare else ()),
        )
        for one in kept
        if kind != "integer" or one.value == one.value.to_integral_value()
    ]


def features(found: Sequence[Candidate], text: str, buckets: int) -> Iterator[list[int]]:
    """The buckets of what can be said of each candidate. The first bucket is nobody's."""
    lines = _Lines(text)
    ranks = _ranks(found)
    for index, one in enumerate(found):
        said = {*one.form, *_around(one, text, lines), *ranks[index]}
        if any(word.startswith("numeric") for word in one.form) and _TIME.match(text, one.end):
            said.add("time-after")
        yield sorted({1 + zlib.crc32(word.encode()) % (buckets - 1) for word in said})


class _Lines:
    """A text's lines that aren't empty, by place."""

    def __init__(self, text: str) -> None:
        self.spans = [(match.start(), match.end()) for match in re.finditer(r"[^\n]*\S[^\n]*", text)]
        self._text = text

    def at(self, place: int) -> int:
        return next((number for number, (_, end) in enumerate(self.spans) if place < end), len(self.spans) - 1)

    def words(self, number: int) -> list[str]:
        if not 0 <= number < len(self.spans):
            return []
        start, end = self.spans[number]
        return _words(self._text[start:end])


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]


def _around(one: Candidate, text: str, lines: _Lines) -> Iterator[str]:
    number = lines.at(one.start)
    start, end = lines.spans[number]
    left, right = _words(text[start : one.start]), _words(text[one.end : end])
    above, below = lines.words(number - 1), lines.words(number + 1)
    for distance, word in enumerate(reversed(left[-4:])):
        yield f"left{distance}:{word}"
    yield from (f"{where}:{part}" for where, words in (("left", left), ("above", above)) for part in _parts(words))
    yield from (f"{where}:{word}" for where, words in (("right", right[:3]), ("below", below[:4])) for word in words)
    yield from (f"far:{word}" for word in lines.words(number - 2)[:4])
    if left:
        yield "left2:" + " ".join(left[-2:])
        yield "line:" + " ".join(left)
    else:
        # The label stands by itself in the line before, as it does in tables and in what was read from pictures.
        yield "alone"
        yield "label:" + " ".join(above)
        yield from (f"label:{word}" for word in above)
    yield f"place:{number * 6 // max(1, len(lines.spans))}"
    yield f"line-no:{min(number, 8)}"
    yield f"from-end:{min(len(lines.spans) - 1 - number, 8)}"
    yield f"colon:{text[start : one.start].rstrip().endswith(':')}"


def _parts(words: Sequence[str]) -> Iterator[str]:
    for word in words[-8:]:
        yield word
        if len(word) > _BEGINNING:
            yield word[:_BEGINNING] + "-"


def _ranks(found: Sequence[Candidate]) -> list[list[str]]:
    """What a candidate is among the others."""
    values = [max(one.values, key=lambda each: each[1])[0] for one in found]
    counts = Counter(values)
    ranks: list[list[str]] = []
    marked = [value for value, one in zip(values, found, strict=True) if "bare" not in one.form]
    order = sorted({*marked}, reverse=True)
    sums = _sums([value for value in marked if isinstance(value, Decimal)])
    for index, value in enumerate(values):
        said = [f"times:{min(counts[value], 4)}"]
        said += [f"rank:{min(order.index(value), 4)}"] if value in order else []
        said += ["last"] if index == len(values) - 1 else []
        said += ["first"] if values.index(value) == index == 0 else []
        said += ["only"] if len(counts) == 1 else []
        said += ["smallest"] if order and value == order[-1] else []
        if isinstance(value, Decimal):
            said += ["zero"] if value == 0 else ["negative"] if value < 0 else []
            said += [f"sum:{kind}" for kind in ("of-two", "of-all-before", "less") if (kind, value) in sums]
        ranks.append(said)
    return ranks


def _sums(values: Sequence[Decimal]) -> set[tuple[str, Decimal]]:
    """Amounts that are the sum of two others, of several ones before them, or of what was paid less the change."""
    few = list(values[:_SUMS])
    known = {*few}
    found: set[tuple[str, Decimal]] = set()
    for index, one in enumerate(few):
        if one <= 0:
            continue
        for other in few[index + 1 :]:
            if other > 0 and one + other in known:
                found.add(("of-two", one + other))
            if other > 0 and one - other in known and one != other:
                found.add(("less", one - other))
    running = Decimal()
    for index, one in enumerate(few):
        if index > 1 and running == one:
            found.add(("of-all-before", one))
        running += one
    return found
