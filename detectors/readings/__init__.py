"""Readings: what a text says to somebody who takes the trouble, beside what is written.

    view        a part of the text with a disguise undone, and where each of its characters was written
    escapes     percent, backslash and HTML escapes
    apart       values taken apart by signs, line breaks, comments, quotes
    spelled     digits as words and in Morse code; "jane at example dot com"
    codes       characters as numbers: hex with gaps, binary, decimal, octal, quoted-printable
    dumps       bytes as programs print them: xxd, uuencode, Ascii85, chr(52); base58
    parted      values in parts with members' names, tags, quotes or words between them
    turned      ROT13, ROT47 and reversed
    upside_down letters and digits upside down
    lookalikes  letters in place of digits
    unspaced    values beside letters of scripts without spaces
    encoded     base64, base32 and hex (`detectors.encoded`), inside what other readings say

`readings(text)` gives the views of a text, those of what its views say as well, to a depth. A reading that doesn't
apply costs a search or two; one that is a guess counts only for findings that prove themselves (`View.least`).
"""

from collections.abc import Callable, Iterator, Sequence

from detectors.encoded import runs
from detectors.gate.gate import Group, Places
from detectors.normalize import Normalized
from detectors.readings import apart, codes, dumps, escapes, lookalikes, parted, spelled, turned, unspaced, upside_down
from detectors.readings.view import TooMuchError, View

DEPTH = 5  # readings of readings
SHORTEST = 6  # characters: nothing shorter is read in another way
_ROOM = 8  # characters of views for each of the text
_ROOM_AT_LEAST = 200_000

type Reading = Callable[[str], Iterator[View]]

_READINGS: Sequence[Reading] = (
    apart.read,
    parted.read,
    spelled.read,
    codes.read,
    dumps.read,
    turned.read,
    upside_down.read,
    lookalikes.read,
    unspaced.read,
)
# Those of which a gate can say that they read nothing.
_NEEDED = {module.read: Group(module.NEEDED) for module in (spelled, codes, turned, lookalikes)}


def readings(text: str, hidden: Sequence[View] = (), places: Places | None = None) -> list[View]:
    """All views of a text, `hidden` ones among them, and what is disguised in these. Raises `TooMuchError`.

    Whole encodings that stand in the text are texts of their own (`detectors.whole`, `proxy.encoded`).
    """
    if len(text) < SHORTEST:
        return []
    level = [(view, _READINGS) for view in (*hidden, *escapes.views(text))]
    applied = [read for read in _READINGS if read not in _NEEDED or _NEEDED[read].possible(places)]
    level += [(view, _without(read)) for read in applied for view in read(text)]
    found: list[View] = []
    room = max(_ROOM_AT_LEAST, _ROOM * len(text))
    for _ in range(DEPTH):
        if not level:
            return found
        found += [view for view, _ in level]
        room -= sum(len(view.text) for view, _ in level)
        if room < 0:
            break
        level = [(view.through(inner), rest) for view, left in level for inner, rest in _inside(view.text, left)]
    raise TooMuchError


def hidden_runs(written: str, plain: Normalized) -> list[View]:
    """Encodings that show only in the normalized text: what is hidden from who decodes the written one."""
    if plain.text == written:
        return []
    found: list[View] = []
    for ways in runs(plain.text):
        for run in ways:
            start, end = plain.original(run.start, run.end)
            if (said := run.says) is not None:
                if written[start:end] != plain.text[run.start : run.end]:
                    found.append(codes.whole(plain.text, run.start, run.end, said, prose=True))
                break
    return found


def _inside(text: str, left: Sequence[Reading]) -> Iterator[tuple[View, Sequence[Reading]]]:
    """What is disguised once more in what a view says, and the readings that may follow; encodings may be repeated."""
    for ways in runs(text):
        for run in ways:
            if (said := run.says) is not None:
                yield codes.whole(text, run.start, run.end, said, prose=True), left
                break
    for read in left:
        for view in read(text):
            yield view, tuple(other for other in left if other is not read)


def _without(read: Reading) -> Sequence[Reading]:
    return tuple(other for other in _READINGS if other is not read)
