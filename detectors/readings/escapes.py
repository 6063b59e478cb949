r"""Escapes of single characters, read: percent (`%41`), backslash (`\u0041`, `\x41`) and HTML's entities (`&#65;`).

They stand in the midst of plain text, so that the text is not decoded as a whole: what lies around escapes is a `View`,
which detectors read as a text of its own, and findings in it are mapped back to the characters that were written. What
is replaced is then replaced where it stands, and all else stays byte for byte. Texts without escapes cost a search for
three characters.

What is encoded as a whole (base64, hex, base32) is in `detectors.encoded`.
"""

import html
import re
from array import array
from collections.abc import Iterator

from detectors.readings.view import AROUND, READ, TooMuchError, View, left, right

_SIGNS = ("%", "\\", "&")
# Each way begins with its sign, so that the search skips what has none. Backslashes may themselves be escaped, over and
# over; their number is bounded, and with it the time.
_ESCAPE = re.compile(
    r"%(?:u(?P<wide>[0-9A-Fa-f]{4})|(?P<percent>[0-9A-Fa-f]{2}(?:%[0-9A-Fa-f]{2})*))"
    r"|\\(?<!\\\\)\\{0,63}(?:"
    r"u(?P<high>[Dd][89ABab][0-9A-Fa-f]{2})\\{1,64}u(?P<low>[Dd][C-Fc-f][0-9A-Fa-f]{2})"
    r"|u(?P<short>[0-9A-Fa-f]{4})|u\{(?P<braced>[0-9A-Fa-f]{1,8})\}|U(?P<long>[0-9A-Fa-f]{8})"
    r"|(?P<bytes>x[0-9A-Fa-f]{2}(?:\\{1,64}x[0-9A-Fa-f]{2})*))"
    r"|&(?P<entity>\#[0-9]{1,20};?|\#[Xx][0-9A-Fa-f]{1,16};?|[A-Za-z][A-Za-z0-9]{1,31};)"
)
_UNIT = re.compile(r"%[0-9A-Fa-f]{2}|\\+x[0-9A-Fa-f]{2}")
_LEVELS = 8  # of escapes in escapes; nobody has reason to write more


def views(text: str) -> list[View]:
    """What lies around the escapes of a text, in its order, none overlapping. The time is linear in the text.

    Raises `TooMuchError` for escapes of escapes of escapes, and so on.
    """
    if not any(sign in text for sign in _SIGNS):
        return []
    found: list[View] = []
    for start, end in _places(text):
        view = _undo(text[start:end], range(start, end), range(start + 1, end + 1), bytearray(end - start), odd=False)
        for _ in range(_LEVELS):
            again = (
                None if view is None else _undo(view.text, view.starts, view.ends, view.changed, odd=view.everywhere)
            )
            if again is None:
                break
            view = again
        else:
            raise TooMuchError
        if view is not None:
            found.append(view)
    return found


def _places(text: str) -> Iterator[tuple[int, int]]:
    """From where to where to read: each escape with what is around it; what overlaps is one."""
    first = last = -1
    for match in _ESCAPE.finditer(text):
        if first < 0:
            first = left(text, match.start())
        elif match.start() - last > 2 * AROUND:
            stop, start = right(text, last), left(text, match.start())
            if start >= stop:
                yield first, stop
                first = start
        last = match.end()
    if first >= 0:
        yield first, right(text, last)


def _undo(
    text: str, starts: "range | array[int]", ends: "range | array[int]", escaped: bytearray, *, odd: bool
) -> View | None:
    """One level of escapes undone, given where the characters of this text were written. None if there are none."""
    said = [(match, units) for match in _ESCAPE.finditer(text) if (units := _units(match)) is not None]
    if not said:
        return None
    parts: list[str] = []
    new_starts, new_ends, flags = array("q"), array("q"), bytearray()
    done = 0
    for match, units in said:
        begin = match.start()
        parts.append(text[done:begin])
        new_starts.extend(starts[done:begin])
        new_ends.extend(ends[done:begin])
        flags += escaped[done:begin]
        for character, length in units:
            parts.append(character)
            new_starts.extend([starts[begin]] * len(character))
            new_ends.extend([ends[begin + length - 1]] * len(character))
            flags += bytes((READ,)) * len(character)
            odd = odd or (character.isascii() and character.isalnum())
            begin += length
        done = match.end()
    parts.append(text[done:])
    new_starts.extend(starts[done:])
    new_ends.extend(ends[done:])
    flags += escaped[done:]
    return View("".join(parts), new_starts, new_ends, flags, everywhere=odd, prose=True)


def _units(match: re.Match[str]) -> list[tuple[str, int]] | None:
    """What an escape says, in pieces with the number of characters that each was written with; None: nothing."""
    whole = match[0]
    if match["percent"] or match["bytes"]:
        return _bytes(whole)
    if match["high"]:
        high, low = int(match["high"], 16), int(match["low"], 16)
        return [(chr(0x10000 + (high - 0xD800) * 0x400 + low - 0xDC00), len(whole))]
    if match["entity"]:
        said = html.unescape(whole)
        return [(said, len(whole))] if said and said != whole else None
    code = int(match["wide"] or match["short"] or match["long"] or match["braced"], 16)
    return [(chr(code), len(whole))] if code < 0x110000 else None


def _bytes(run: str) -> list[tuple[str, int]]:
    """Escaped bytes: UTF-8, or one character each if they aren't."""
    written = [match[0] for match in _UNIT.finditer(run)]
    data = bytes(int(unit[-2:], 16) for unit in written)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text, sizes = data.decode("latin-1"), [1] * len(data)
    else:
        sizes = [len(character.encode()) for character in text]
    units: list[tuple[str, int]] = []
    at = 0
    for character, size in zip(text, sizes, strict=True):
        units.append((character, sum(map(len, written[at : at + size]))))
        at += size
    return units
