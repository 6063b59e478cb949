"""A text as detectors read it: disguises of single characters undone, every offset still known.

Full-width, mathematical, raised, circled and non-ASCII digits and letters become ASCII, as do the invisible tag
characters that models read. Odd spaces become spaces, typographic dashes and quotes become plain, lone surrogates
become U+FFFD (the models' tokenizers refuse them), characters of no width are dropped. Letters written in two
characters (`e` and an accent) become one, and marks on signs that have no such letter are dropped. Letters of
other scripts that look like Latin ones become these in words that have Latin letters as well. Findings point into the
normalized text until `Normalized.original` maps them back.

What takes more than single characters is in `detectors.readings` and `detectors.encoded`.
"""

import re
import unicodedata
from array import array
from dataclasses import dataclass, field
from functools import cache

_INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\u20e3\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\U000e0100-\U000e01ef"
)
_INVISIBLE_RUN = re.compile(f"[{_INVISIBLE}]+")
# Marks above, below and through the character before them; with it they are one letter, or nothing.
_MARKS = "\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20dc\ufe20-\ufe2f"
_MARKED = re.compile(f"(?s:.)[{_MARKS}]+")
_LEFT_OUT = re.compile(f"{_MARKED.pattern}|{_INVISIBLE_RUN.pattern}")
_LEFT_OUT_ONE = re.compile(f"[{_MARKS}{_INVISIBLE}]")
_SPACES = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_DASHES = "\u2010-\u2015\u2212\ufe58\ufe63\uff0d"
_SINGLE_QUOTES = "\u2018\u2019\u201a\u201b\u2032\uff07"
_DOUBLE_QUOTES = "\u201c\u201d\u201e\u201f\u2033\uff02"
# Cyrillic, then Greek letters, by the Latin letters that they can't be told from.
_LOOK_ALIKES = str.maketrans(
    "АВЕЅІЈКМНОРСТУХаеѕіјорсухһԁԛԝѵӏҮԌԚԜΑΒΕΖΗΙΚΜΝΟΡΤΥΧϹϳονι",
    "ABESIJKMHOPCTYXaesijopcyxhdqwvlYGQWABEZHIKMNOPTYXCjovi",
)
# Armenian, Cherokee, Canadian and Lisu letters that look like Latin ones.
_LOOK_ALIKES |= str.maketrans(
    "ՏՍԼօոսցզհյᎪᏼᏟᎠᎬᏀᎻᏆᎫᏦᏞᎷᏢᎡᏚᎢᏙᎳᏃᗩᗷᑕᗪᖴᕼᒍᒪᗰᑎᑭᖇᔕᑌᐯᗯ\u166d\ua4d0\ua4d1\ua4d3\ua4d4\ua4d6\ua4d7\ua4d9\ua4da\ua4dc\ua4dd\ua4df\ua4e0\ua4e1\ua4e2\ua4e3\ua4e6\ua4e7\ua4ea\ua4eb\ua4ec\ua4ee\ua4f0\ua4f2\ua4f3\ua4f4",
    "SULonugqhjABCDEGHIJKLMPRSTVWZABCDFHJLMNPRSUVWXBPDTGKJCZFMNLSRVHWXYAEIOU",
)
_FOREIGN = "\u0370-\u058f\u13a0-\u13f5\u13fc\u1400-\u167f\ua4d0-\ua4ff"
_FOREIGN_ONE = re.compile(f"[{_FOREIGN}]")
_MIXED = re.compile(rf"[A-Za-z][0-9_]*[{_FOREIGN}]|[{_FOREIGN}][0-9_]*[A-Za-z]")
_MIXABLE = re.compile(rf"[0-9A-Za-z_{_FOREIGN}]+")
# Small capitals, and signs that stand for a full stop and an at.
_SMALL = dict(zip("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ\u2024﹒﹫", "abcdefghijklmnoprstuvwyz..@", strict=True))
_LATIN = re.compile(r"[A-Za-z]")


@dataclass(frozen=True, slots=True)
class Normalized:
    """A normalized text; `offsets[i]` is where its character `i` stands in the original (None: at `i`)."""

    text: str = field(repr=False)
    offsets: array[int] | None = field(default=None, repr=False)

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The original's offsets for a non-empty span of the normalized text."""
        if self.offsets is None:
            return start, end
        return self.offsets[start], self.offsets[end - 1] + 1


def normalize(text: str) -> Normalized:
    """Undo disguises of single characters. Never raises, whatever the characters."""
    if text.isascii():
        return Normalized(text)
    letters = set(text)
    plain = text
    for letter in letters & _table().keys():  # few of a text's characters, and none becomes another of them
        plain = plain.replace(letter, _table()[letter])
    there = "".join(set(plain))
    mixed = _FOREIGN_ONE.search(there) is not None
    if not _LEFT_OUT_ONE.search(there):
        return Normalized(_unmixed(plain) if mixed else plain)
    parts: list[str] = []
    offsets = array("q")
    position = 0
    for match in _LEFT_OUT.finditer(plain):
        kept = _composed(match[0])
        parts += (plain[position : match.start()], kept)
        offsets.extend(range(position, match.start() + len(kept)))
        position = match.end()
    if not parts:  # a mark that begins the text
        return Normalized(_unmixed(plain) if mixed else plain)
    parts.append(plain[position:])
    offsets.extend(range(position, len(plain)))
    said = "".join(parts)
    return Normalized(_unmixed(said) if mixed else said, offsets)


def _composed(run: str) -> str:
    """What is left of invisible characters, nothing; of a character with marks, the one that they make together."""
    if _INVISIBLE_RUN.fullmatch(run):
        return ""
    letter = unicodedata.normalize("NFC", run[:2])
    return letter if len(letter) == 1 else run[0]


def _unmixed(text: str) -> str:
    """The text with words that mix scripts made Latin, of the same length."""
    if not _MIXED.search(text):
        return text
    return _MIXABLE.sub(lambda word: word[0].translate(_LOOK_ALIKES) if _LATIN.search(word[0]) else word[0], text)


@cache
def _table() -> dict[str, str]:
    """Character → its plain form, always one character, so that offsets stay."""
    table = dict.fromkeys(map(chr, range(55296, 57344)), "�")
    for code in (*range(0x80, 0x3400), *range(0xA620, 0xABFA), *range(0xFF01, 0xFF5F), *range(0x10000, 0x20000)):
        character = chr(code)
        digit = unicodedata.digit(character, None)  # raised and circled ones, too
        if digit is not None:
            table[character] = str(digit)
        elif 0xFF01 <= code < 0xFF5F or 0x1D400 <= code < 0x1D800 or 0x2460 <= code < 0x2500:
            folded = unicodedata.normalize("NFKC", character)
            if len(folded) == 1:
                table[character] = folded
    table.update({chr(0xE0000 + code): chr(code) for code in range(0x20, 0x7F)})
    table.update(_SMALL)
    for characters, plain in (
        (_SPACES, " "),
        (_DASHES, "-"),
        (_SINGLE_QUOTES, "'"),
        (_DOUBLE_QUOTES, '"'),
    ):
        table.update(dict.fromkeys(map(chr, _members(characters)), plain))
    return table


def _members(ranges: str) -> list[int]:
    """The code points of `ab-d`: a, b, c, d."""
    members: list[int] = []
    index = 0
    while index < len(ranges):
        last = ranges[index + 2] if ranges[index + 1 : index + 2] == "-" else ranges[index]
        members.extend(range(ord(ranges[index]), ord(last) + 1))
        index += 3 if last != ranges[index] else 1
    return members
