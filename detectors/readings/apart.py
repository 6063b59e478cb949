"""Values that were taken apart: `4 5 3 2 …`, `j.o.h.n`, a number over two lines, `"AKIA" + "…"`, `4532<!-- -->0151`.

Single characters with the same sign between them are put together where they stand. What stands between longer parts
(a line break, a comment, a tag, quotes with a plus, the next member's name in JSON) is left out only where the parts
together have the form of something that proves itself: lines of a log and columns of numbers mostly don't.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from detectors.readings.view import Piece, View, rewrite
from detectors.recognizers.numbers import luhn_valid

# At least eight single characters with one sign between them; what follows the first of them.
_SPREAD = re.compile(
    r"(?P<sign>[ ._*|/,·~+:;-])(?:(?<=^\S.)|(?<=[\s\"'(\[{<>=:]\S.))"
    r"\S(?:(?P=sign)(?:\S|(?P=sign)(?P=sign)\S)){6,}(?!\w)"
)
_FEWEST = 6  # letters and digits in what is spread
# A comment or a tag inside a word is there for nobody but a reader of words.
_REMARK = re.compile(
    r"[</](?<=[\w@.+-].)(?:(?<=<)!--.{0,60}?-->|(?<=/)\*.{0,60}?\*/|(?<=<)/?[A-Za-z]{1,10}/?>)(?=[\w@.+-])"
)
# Emphasis before a value hides it from the word before.
_MARKUP = re.compile(r"[*`<](?<=[\s:=(>].)(?:(?<=\*)\*|(?<=`)|(?<=<)[a-z]{1,10}>)(?=[^\s*`<]{0,40}[\d@])")
_TAG_AFTER_NAME = re.compile(r"<(?<=[:=]\s<)[a-z]{1,10}>(?=[^\s<]{0,40}\d)")
# It begins with the sign, and looks behind it for the way that this sign has: so the search skips what has none.
_BETWEEN = re.compile(
    r"[\x1c-\x1f\v\f\r\n\\=\"'/\t|_: -](?:"
    r"(?:(?<=[\w@.+-]\r)\n|(?<=[\w@.+-]\n))[ \t>]{0,8}(?=[\w@.+-])"
    r"|(?<=[\w@.+-][\x1c-\x1f\v\f])(?=[\w@.+-])|(?<=[\w@.+-][\\=])\r?\n\s{0,8}(?=[\w@.+-])"
    r"|(?<=[\"'])(?:\s{0,3}[+.&\\]\s{0,24}|;[\w ]{0,12};|,\s{0,8}[\"'][\w .-]{1,24}[\"']\s{0,3}:\s{0,3})[\"']"
    r"|(?:(?<=[0-9A-Z]{3}[/\t|_:])|(?<=[0-9A-Z]{3}-)-|(?<=[0-9A-Z]{3} )[-/.|:] )(?=[0-9A-Z]))",
    re.DOTALL,
)
_TELLING = re.compile(r"[\d@]")
_TELLING_REACH = 24
_PART_BEFORE = re.compile(r"(?:(?<![\w.])[0-9A-Z]{2,6}(?:[ -][0-9A-Z]{2,6}){0,6}|[\w@.+-]{1,64})$")
_PART_AFTER = re.compile(r"[0-9A-Z]{1,6}(?:[ -][0-9A-Z]{1,6}){1,6}(?![\w-])|[\w@.+-]{1,64}")
_PART = re.compile(r"[\w@.+-]{1,64}")
_LONGEST_PART = 64
_MOST_PARTS = 64
# What has the form of a value that proves itself: a card, an IBAN, an SSN, a vendor's token, an e-mail address.
_PROMISING = re.compile(
    r"[2-6]\d{12,18}|[2-6]\d{3}(?:[ -]\d{2,8}){2,4}|[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]){11,30}|\d{3}-\d{2}-\d{4}"
    r"|\+\d(?:[ -]?\d){8,14}"
    r"|(?:AKIA|ASIA|AIza|gh[oprsu]_|github_pat_|glpat-|xox[a-z]-|eyJ|npm_|pypi-|SG\.|[rsp]k[-_]|hf_|dop_v1_|shp)"
    r"[\w.+/=-]{12,}|[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{2,63}){1,4}"
)
_NUMBER = re.compile(r"(?=(?:\D{0,6}\d){4})[A-Z0-9]{6,20}")
_NAMES = r"number|num|no|nr|#|id|ssn|sin|card|passport|licen[cs]e|account|iban|tax|health|insurance"
_TOLD = re.compile(rf"(?i)(?:{_NAMES}|reference value|data field|record)\W{{0,4}}(?:is\W{{1,3}})?$")
# "Passport: TZ12⏎34567", but no list of numbers.
_TOLD_HERE = re.compile(rf"(?i)(?:{_NAMES}|passport|record|reference|ref|value|field|code)(?: \w{{2,12}})?\s?[:=]\s?$")
_LINE_END = re.compile(r"[.,;]?[ \t]*(?:\r?\n[ \t]*(?:\r?\n|[^\W\d])|$)")
_MOST_LINES = 2
_REACH = 40
# How a line begins that is no rest of a value: with a word, a bullet, a name that something is given.
_NEW_LINE = re.compile(
    r"[-+.@]?(?:[A-Z]?[a-z]{1,32}|[A-Z]{1,32}|[A-Za-z_][\w.-]{0,63}(?=\s?[=:(\[])|\d{1,4}(?=[ .):]))?(?![\w@+-])"
)
_FULL_PROOF, _PROOF = 0.95, 0.9


def read(text: str) -> Iterator[View]:
    """What was taken apart, put together."""
    spread = [piece for match in _SPREAD.finditer(text) for piece in _spread(match)]
    yield from rewrite(text, spread, prose=True)
    if "<" in text or "/*" in text:
        yield from rewrite(text, [Piece(*match.span(), "") for match in _REMARK.finditer(text)], prose=True)
    if any(sign in text for sign in ("**", "`", "<")):
        yield from rewrite(text, [Piece(*match.span(), "") for match in _MARKUP.finditer(text)])
        yield from rewrite(text, [Piece(*match.span(), "") for match in _TAG_AFTER_NAME.finditer(text)], prose=True)
    yield from _joined(text)


def _spread(match: re.Match[str]) -> Iterator[Piece]:
    """The signs between single characters; three of them stand for one that belongs to the value."""
    sign, whole = match["sign"], match[0]
    if sum(character.isalnum() for character in whole) < _FEWEST:
        return
    at = 0
    while at < len(whole):
        start = match.start() + at
        if whole.startswith(sign * 3, at):
            yield Piece(start, start + 3, sign)
            at += 4
        else:
            yield Piece(start, start + 1, "")
            at += 2


def _joined(text: str) -> Iterator[View]:
    chain: list[re.Match[str]] = []
    for match in _BETWEEN.finditer(text):
        if not (
            _TELLING.search(text, max(0, match.start() - _TELLING_REACH), match.start())
            or _TELLING.search(text, match.end(), match.end() + _TELLING_REACH)
        ):
            continue
        if chain:
            start = chain[-1].end()
            if match.start() - start <= _LONGEST_PART and _PART.fullmatch(text, start, match.start()):
                chain.append(match)
                continue
            yield from _of_chain(text, chain)
        chain = [match]
    if chain:
        yield from _of_chain(text, chain)


def _of_chain(text: str, chain: list[re.Match[str]]) -> Iterator[View]:
    """The parts around a row of gaps as one, if they have a promising form together."""
    if len(chain) > _MOST_PARTS:
        return
    first, last = chain[0].start(), chain[-1].end()
    before = part_before(text, first)
    after = _PART_AFTER.match(text, last)
    if before is None or after is None:
        return
    lines = [gap for gap in chain if "\n" in gap[0]]
    if lines and promising(before[0]) and any(_NEW_LINE.match(text, gap.end()) for gap in lines):
        return  # a value that is whole at the end of its line, and not its rest
    inner = [text[one.end() : two.start()] for one, two in pairwise(chain)]
    whole = "".join((before[0], *inner, after[0]))
    start = first - len(before[0])
    if _NUMBER.fullmatch(whole) and _is_told(text, start, chain, after.end()):
        yield from rewrite(text, [Piece(gap.start(), gap.end(), "") for gap in chain], prose=True)
    elif promising(whole):
        # Two numbers one below the other may be a card's by chance; four of four digits hardly.
        least = _PROOF if len(inner) >= 2 and len({len(part) for part in inner}) == 1 else _FULL_PROOF
        yield from rewrite(text, [Piece(gap.start(), gap.end(), "") for gap in chain], least=least)


def _is_told(text: str, start: int, chain: list[re.Match[str]], end: int) -> bool:
    """Whether a name for a number stands before it; over lines, directly before, with nothing behind."""
    before = text[max(0, start - _REACH) : start]
    if not any("\n" in gap[0] for gap in chain):
        return _TOLD.search(before) is not None
    return (
        len(chain) <= _MOST_LINES and _TOLD_HERE.search(before) is not None and _LINE_END.match(text, end) is not None
    )


def promising(whole: str) -> bool:
    """Whether parts together have the form of a value that proves itself."""
    formed = _PROMISING.fullmatch(whole) is not None
    return formed and (not whole[:1].isdecimal() or "-" in whole or luhn_valid(whole))


def end_of(text: str) -> tuple[int, int] | None:
    """Where the last part of a text stands, if it ends with one."""
    last = len(text.rstrip())
    part = part_before(text, last) if last else None
    return part.span() if part is not None else None


def beginning_of(text: str) -> tuple[int, int] | None:
    """Where the first part of a text stands, if it begins with one."""
    part = _PART_AFTER.match(text, len(text) - len(text.lstrip()))
    return part.span() if part is not None else None


def part_before(text: str, end: int) -> re.Match[str] | None:
    """The part that ends at a place, from where it begins: searching for an end is slow."""
    start = end
    stop = max(0, end - _LONGEST_PART)
    while start > stop and (text[start - 1].isalnum() or text[start - 1] in "@.+-_ "):
        start -= 1
    return _PART_BEFORE.search(text, start, end)
