"""Texts that were turned: ROT13, ROT47 and reversed.

Any text can be turned; what comes out counts where it shows itself: an address that ends in `.pbz`, a vendor's prefix,
an IBAN's or a card's check digits, or the commonest words of English, turned.
"""

import codecs
import re
from array import array
from collections.abc import Callable, Iterator, Sequence

from detectors.gate.gate import gated
from detectors.readings.lookalikes import CARD_WORDS
from detectors.readings.view import READ, View, left, right

# A value that shows itself although it is turned, and words that announce one.
_ROT13 = re.compile(
    r"@[\w.-]{1,63}\.(?:pbz|bet|arg|rqh|tbi|qr|se|rf|vg|ay|cy|hx|vb|nv)\b|NXVN|NFVN|NVmn|tu[bcehf]_|tvguho_cng_|tycng-"
    r"|kbk[a-z]-|rlW[\w-]{8}|acz_|clcv-|[efc]x[-_](?:yvir|grfg|cebw|nag)|[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){3}"
)
_ROT13_TOLD = re.compile(r"\b(?:cnffjbeq|rznvy|cubar|ahzore|nqqerff|frperg|gbxra)\b")
# ROT47 turns signs and digits as well: `.com` is `]4@>`, `@` is `o`.
_ROT47_SIGNS = ("]4@>", "]@C8", "]?6E", "]65F", "pzxp", "56]", "]56")
_ROT47 = re.compile(r"[!-~]{1,64}o[!-~]{1,63}\](?:4@>|@C8|\?6E|65F|56)(?=[.,;)\"']{0,3}(?:\s|$))|pzxp[!-~]{16}")
_ROT47_TURNED = {code: 33 + (code - 33 + 47) % 94 for code in range(33, 127)}
_REVERSED = re.compile(
    r"(?<!\w)(?:moc|gro|ten|ude|vog|ed|rf|se|ti|ln|lp|ku|oi|ia)\.[\w.-]{1,63}@|AIKA|AISA|azIA|_[oprsu]hg|-talpg|-[a-z]xox"
    r"|_mpn|-ipyp|[-_]k[rsp]\b|\d{4}(?:[ -]?[A-Z0-9]{4}){2,6}[ -]?[A-Z0-9]{0,2}\d{2}[A-Z]{2}\b"
    r"|(?<![\w.-])(?P<card>\d(?:[ -]?\d){12,18})(?![\w.-])"
)
_REVERSED_CARD = re.compile(r"(?P<card>\d(?<![\w.-]\d)(?:[ -]?\d){12,18})(?![\w.-])")
_REVERSED_TOLD = re.compile(r"\b(?:drowssap|liame|enohp|rebmun|sserdda|terces|nekot)\b")
# What those hold at least one of; looking for them is quick.
_ROT13_SIGNS = (
    ".pbz", ".bet", ".arg", ".rqh", ".tbi", "NXVN", "NFVN", "NVmn",
    "tuc_", "tub_", "tuf_", "_cng_", "tycng-", "rlW", "acz_", "clcv-", "x_yvir", "x_grfg", "x-cebw", "x-nag",
    "cnffjbeq", "rznvy", "cubar", "ahzore", "nqqerff", "frperg", "gbxra",
)  # fmt: skip
_REVERSED_SIGNS = (
    "moc.", "gro.", "ten.", "ude.", "vog.", "AIKA", "AISA", "azIA", "_phg", "_ohg", "_shg", "-talpg", "xox",
    "_mpn", "-ipyp",
    "evil_k", "tset_k", "drowssap", "liame", "enohp", "rebmun", "sserdda", "terces", "nekot",
)  # fmt: skip
_ISSUED = re.compile(r"[456]|3[47]")
_ACCOUNT = re.compile(r"[A-Z]{2}(?:\d{2}[ -]?[A-Z0-9]{4}|(?<=\d\d[A-Z]{2})\b)")
# The commonest words as they stand between spaces. Two of them are no coincidence.
_ROT13_WORDS = (" gur ", " naq ", " vf ", " zl ", " bs ")
_REVERSED_WORDS = (" eht ", " dna ", " si ", " ym ", " fo ")
_FEWEST_WORDS = 2
_LEAST = 0.95
_AROUND = 120
_REACH = 80
_START = re.compile(r"[^\s\"'<>(){}=,;]{0,400}$")
_END = re.compile(r"[^\s\"'<>(){}=,;]{0,400}")

# Wherever something is read so, one of these matches: a gate says so of all texts at once.
_FLUENT = re.compile("|".join((*_ROT13_WORDS, *_REVERSED_WORDS)))
NEEDED = tuple(map(gated, (_ROT13, _ROT13_TOLD, _ROT47, _REVERSED, _REVERSED_TOLD, _REVERSED_CARD, _FLUENT)))


def read(text: str) -> Iterator[View]:
    """What a text says when it is turned, where that shows itself."""
    lower = text.lower()
    account = _ACCOUNT.search(text) is not None
    if account or any(sign in text for sign in _ROT13_SIGNS) or _fluent(text, _ROT13_WORDS):
        yield from _turned(text, (_ROT13, _ROT13_TOLD), _ROT13_WORDS, lambda part: codecs.encode(part, "rot13"), 1)
    if any(sign in text for sign in _ROT47_SIGNS):
        for match in _ROT47.finditer(text):
            bounds = (max(0, match.start() - _REACH), *match.span(), match.end())
            yield turned_view(text, bounds, lambda part: part.translate(_ROT47_TURNED), 1, least=_LEAST)
    if account or any(sign in text for sign in _REVERSED_SIGNS) or _fluent(text, _REVERSED_WORDS):
        yield from _turned(text, (_REVERSED, _REVERSED_TOLD), _REVERSED_WORDS, lambda part: part[::-1], -1)
    elif any(word in lower for word in CARD_WORDS):
        yield from _turned(text, (_REVERSED_CARD,), _REVERSED_WORDS, lambda part: part[::-1], -1)


def _fluent(text: str, words: tuple[str, ...]) -> bool:
    """Whether a text is in that language."""
    return sum(word in text for word in words) >= _FEWEST_WORDS


def _turned(
    text: str,
    signs: Sequence[re.Pattern[str]],
    words: tuple[str, ...],
    turn: Callable[[str], str],
    way: int,
) -> Iterator[View]:
    if _fluent(text, words):
        yield turned_view(text, (0, 0, len(text), len(text)), turn, way, prose=True)
        return
    last = -1
    for sign, told in zip(signs, (False, True), strict=False):
        for match in sign.finditer(text):
            if match.start() < last:
                continue
            first, last = match.span()
            if told:
                yield turned_view(
                    text, (left(text, first, _AROUND),) * 2 + (right(text, last, _AROUND),) * 2, turn, way
                )
                continue
            before = text[max(0, first - _REACH) : first]
            card = match.groupdict().get("card")
            # A number that begins as cards do is a card or none; reversed, one in ten passes the check by chance.
            if card and (_ISSUED.match(card) or not any(word in before.lower() for word in CARD_WORDS)):
                continue
            first -= len(start[0]) if (start := _START.search(before)) else 0
            last = end.end() if (end := _END.match(text, last)) else last
            yield turned_view(text, (max(0, first - _REACH), first, last, last), turn, way, least=_LEAST)


def turned_view(
    text: str,
    bounds: tuple[int, int, int, int],
    turn: Callable[[str], str],
    way: int,
    *,
    least: float = 0.0,
    prose: bool = False,
) -> View:
    """Of `bounds[0]..bounds[3]`, what is between the inner two turned; `way` is -1 if its end comes first."""
    begin, first, last, _ = bounds
    starts = array("q", [*range(begin, first), *range(first, last)[::way]])
    ends = array("q", [at + 1 for at in starts])
    changed = bytearray(first - begin) + bytes((READ,)) * (last - first)
    return View(text[begin:first] + turn(text[first:last]), starts, ends, changed, False, least, prose)
