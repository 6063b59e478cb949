"""Values in parts that something else stands between: members of JSON, tags, quotes, words.

    {"part1": "12345", "part2": "67891"}    <data>12ABC12345</data>    ['4', '5', '3', …]
    4539, then 1488, then 0343 and finally 6467

Names of members that count parts say that these are one value. Words between groups of digits are left out only where
the groups are a card's, by its check digit.
"""

import re
from collections.abc import Iterator

from detectors.readings.lookalikes import CARD_WORDS
from detectors.readings.view import Piece, View, rewrite
from detectors.recognizers.numbers import luhn_valid

_MEMBER_SIGNS = ('1":', '0":', '1" :', 'a":')
_STEM = r"part|chunk|piece|seg|segment|frag|fragment|half|token|p|s|str|val|value|data|field|bit|section"
_MEMBERS = re.compile(
    rf'(?:\{{\s{{0,8}})?"(?P<stem>{_STEM})_?[01a]"\s?:\s?"[^"\\\n]{{1,60}}"'
    r'(?:\s{0,8},\s{0,8}"(?P=stem)_?[0-9b-h]{1,2}"\s?:\s?"[^"\\\n]{1,60}"){1,8}(?:\s{0,8}\})?',
    re.IGNORECASE,
)
_MEMBER_VALUE = re.compile(r':\s?"([^"]*)"')
# A value in one element, which hides it from the words before.
_TAGGED = re.compile(r"<(?<=[:=\w] <)(?P<tag>[A-Za-z]{1,12})>(?=[^<>\n]{0,40}\d)[^<>\n]{4,60}</(?P=tag)>")
_QUOTED_SIGNS = ("','", "', '", '","', '", "')
_QUOTED = re.compile(r"""(?:(?P<quote>["'])[\w@.+-](?P=quote),\s?){7,200}["'][\w@.+-]["']""")
_QUOTED_ONE = re.compile(r"""["'](.)["']""")
_TELLING = re.compile(r"[\d@]")
_SAID = re.compile(
    r"(?<![\w.,-])(?:[3-6]\d{3}(?!\d)(?:[^\d\n]{1,40}\d{4}(?!\d)){3}|[3-6]\d{7}(?!\d)[^\d\n]{1,40}\d{8}(?!\d))(?!\w)"
)
_GAP = re.compile(r"\D+")
_LETTER = re.compile(r"[^\W\d_]")
_FULL_PROOF = 0.95


def read(text: str) -> Iterator[View]:
    """What was parted, as one."""
    if any(sign in text for sign in _MEMBER_SIGNS):
        joined = ((one, "".join(_MEMBER_VALUE.findall(one[0]))) for one in _MEMBERS.finditer(text))
        yield from rewrite(text, [Piece(*one.span(), value) for one, value in joined], prose=True)
    if "</" in text:
        pieces = [piece for one in _TAGGED.finditer(text) for piece in _tags(one)]
        yield from rewrite(text, pieces, prose=True)
    if any(sign in text for sign in _QUOTED_SIGNS):
        quoted = ((one, "".join(_QUOTED_ONE.findall(one[0]))) for one in _QUOTED.finditer(text))
        yield from rewrite(text, [Piece(*one.span(), value) for one, value in quoted if _TELLING.search(value)])
    lower = text.lower()
    if any(word in lower for word in CARD_WORDS):
        pieces = [piece for one in _SAID.finditer(text) for piece in _gaps(one)]
        yield from rewrite(text, pieces, least=_FULL_PROOF)


def _tags(one: re.Match[str]) -> Iterator[Piece]:
    tag = len(one["tag"])
    yield Piece(one.start(), one.start() + tag + 2, " ")
    yield Piece(one.end() - tag - 3, one.end(), "")


def _gaps(one: re.Match[str]) -> Iterator[Piece]:
    """What stands between the groups of a card's number, if words do."""
    gaps = list(_GAP.finditer(one[0]))
    if all(_LETTER.search(gap[0]) for gap in gaps) and luhn_valid(_GAP.sub("", one[0])):
        for gap in gaps:
            yield Piece(one.start() + gap.start(), one.start() + gap.end(), "")
