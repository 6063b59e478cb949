"""Values that were spelled: digits as words or in Morse code, "jane at example dot com".

Words for digits count in a row of five and more, in the languages whose words are here; "double five" and English tens
are understood. An address in words needs brackets around its signs, or a name before and a known domain behind them.
"""

import re
from collections.abc import Iterator

from detectors.gate.gate import gated
from detectors.readings.view import Piece, View, rewrite

_DIGITS = (
    "zero oh nought null nul zéro cero zerowe noll nula ноль s\u0131f\u0131r nolla nulla μηδέν",
    "one eins un une uno um uma één een jeden ett jedna один bir unu yksi egy ένα",
    "two zwei zwo deux dos due dois duas twee dwa två dva два iki doi kaksi kettő két δύο",
    "three drei trois tres tre três drie trzy tři три üç trei kolme három τρία",
    "four vier quatre cuatro quattro quatro cztery fyra čtyři четыре dört patru neljä négy τέσσερα",
    "five fünf cinq cinco cinque vijf pięć fem pět пять beş cinci viisi öt πέντε",
    "six sechs seis sei zes sześć sex šest шесть alt\u0131 șase kuusi hat έξι",
    "seven sieben sept siete sette sete zeven siedem sju sedm семь yedi șapte seitsemän hét επτά",
    "eight acht huit ocho otto oito osiem åtta osm восемь sekiz opt kahdeksan nyolc οκτώ",
    "nine neun neuf nueve nove negen dziewięć nio devět девять dokuz nouă yhdeksän kilenc εννέα",
)
_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_SAID = {word: str(digit) for digit, words in enumerate(_DIGITS) for word in words.split()}
_SAID.update({word: str(number) for number, word in enumerate(_TEENS.split(), 10)})
_TENS_SAID = {word: str(number) for number, word in enumerate(_TENS.split(), 2)}
_TIMES = {"double": 2, "triple": 3, "treble": 3}
# Always in the same order: the compiled expressions are kept under their digest.
_ANY = "|".join(sorted({*_SAID, *_TENS_SAID, *_TIMES}, key=lambda word: (-len(word), word)))
_ROW = re.compile(rf"(?<!\w)(?:{_ANY})(?:[ ,.\n-]{{1,3}}(?:{_ANY})){{4,63}}(?!\w)", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+")
_FEWEST_DIGITS = 6
# A row holds several of the first close together, or one of the others, which are rare in other texts.
_ENGLISH = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_OTHERS = (
    "zwei", "drei", "fünf", "sieben", "deux", "trois", "cero", "cuatro", "cinco", "siete", "quattro", "cinque", "sette",
    "quatro", "oito", "vijf", "zeven", "negen", "cztery", "siedem", "osiem", "fyra", "åtta", "čtyři", "devět", "четыре",
    "семь", "yedi", "sekiz", "dokuz", "patru", "cinci", "neljä", "viisi", "kuusi", "négy", "nyolc", "τέσσερα", "πέντε",
)  # fmt: skip
_FEWEST_WORDS = 5
_ROW_REACH = 80  # characters from the first of five words to the last
_AROUND_ROW = 400

_MORSE = {
    "-----": "0", ".----": "1", "..---": "2", "...--": "3", "....-": "4",
    ".....": "5", "-....": "6", "--...": "7", "---..": "8", "----.": "9",
}  # fmt: skip
_MORSE_DIGIT = re.compile(r"[.-]{5}")
_MORSE_SIGN = r"(?:[ /\n]{0,3}[A-Z()+ ]|[ /\n]-(?=[ /\n])){0,4}"  # what isn't a digit and stands between them
_MORSE_ROW = re.compile(rf"(?<![.\w-])[+(]?[ /\n]?[.-]{{5}}(?:{_MORSE_SIGN}[ /\n]{{0,3}}[.-]{{5}}){{5,}}(?![\w-])")
_MORSE_GAP = re.compile(r"[ /\n]+")
_MORSE_TELLING = ("..---", "...--", "....-", "-....", "--...", "---..")

_DOT = r"(?:\s?[\[({<]\s?(?:dot|punkt|punto|\.)\s?[\])}>]\s?| (?:dot|punkt|punto) |\.)"
_AT_DOT = re.compile(
    rf"(?P<local>(?<![\w@.])[\w+-]{{1,40}}(?:{_DOT}[\w+-]{{1,40}}){{0,3}})"
    r"(?P<at>\s?[\[({<]\s?(?:at|ät|arroba|@)\s?[\])}>]\s?| (?:at|arroba) )"
    rf"(?P<host>[\w-]{{1,63}}(?:{_DOT}[\w-]{{2,63}}){{1,4}})(?![\w@])",
    re.IGNORECASE,
)
_DOT_WORD = re.compile(r"\s?[\[({<]\s?(?:dot|punkt|punto|\.)\s?[\])}>]\s?| (?:dot|punkt|punto) ", re.IGNORECASE)
_BRACKET = re.compile(r"[\[({<]")
# Of domains that are no words of a language.
_DOMAINS = re.compile(r"com|org|net|edu|gov|io|ai|dev|de|fr|es|nl|pl|pt|uk|ch|eu|ca|au|br|se|dk|fi|ie|biz")
# "look at example dot com" is about a page. An address has a name before it.
_VERBS = re.compile(
    r"look(?:ing|ed)?|meet(?:ing)?|me|us|them|him|her|it|you|is|are|was|were|be|been|here|there|available|live|find|found|"
    r"hosted|arrived?|stay(?:ing)?|work(?:s|ed|ing)?|shop|buy|sold|up|out|in|on|site|page|website|docs|blog|visit|seen|see|"
    r"check|stop",
    re.IGNORECASE,
)
_AT_SIGNS = tuple(f"{left}{gap}{sign}" for left in "[({<" for gap in ("", " ") for sign in ("at", "@", "ät", "arroba"))
_DOT_SIGNS = (" dot ", "[dot", "(dot", "{dot", "<dot", "[ dot", "( dot", "[.", "(.", "punto", "punkt")

# Wherever something is read so, one of these matches: a gate says so of all texts at once.
NEEDED = tuple(map(gated, (_ROW, _MORSE_ROW, _AT_DOT)))


def read(text: str) -> Iterator[View]:
    """Digits and addresses as if they had been written with signs."""
    lower = text.lower()
    rows = (row for start, end in _row_places(lower) for row in _ROW.finditer(text, start, end))
    yield from rewrite(text, [piece for row in rows for piece in _digits(row)])
    if sum(sign in text for sign in _MORSE_TELLING) > 1:
        yield from rewrite(text, [piece for row in _MORSE_ROW.finditer(text) for piece in _morse(row)])
    spoken = " at " in lower or "arroba" in lower
    if any(sign in lower for sign in _AT_SIGNS) or (spoken and any(sign in lower for sign in _DOT_SIGNS)):
        yield from _addresses(text)


def _row_places(lower: str) -> Iterator[tuple[int, int]]:
    """Where rows of digits in words may be: five words close together. In order, not overlapping."""
    if any(word in lower for word in _OTHERS):
        yield 0, len(lower)
        return
    places: list[int] = []
    for word in _ENGLISH:
        at = lower.find(word)
        while at >= 0:
            places.append(at)
            at = lower.find(word, at + len(word))
    places.sort()
    last = 0
    for first, fifth in zip(places, places[_FEWEST_WORDS - 1 :], strict=False):
        if fifth - first <= _ROW_REACH and fifth >= last:
            start = max(last, first - _ROW_REACH)
            last = fifth + _AROUND_ROW
            yield start, last


def _digits(row: re.Match[str]) -> list[Piece]:
    pieces: list[Piece] = []
    end, times, tens = -1, 1, False
    written = 0
    for word in _WORD.finditer(row[0]):
        said = word[0].lower()
        start = row.start() + word.start()
        if said in _TIMES:
            times = _TIMES[said]
            if end >= 0:
                pieces.append(Piece(end, row.start() + word.end(), ""))
            else:
                pieces.append(Piece(start, row.start() + word.end(), ""))
            end = row.start() + word.end()
            continue
        digits = _TENS_SAID.get(said) or _SAID[said]
        if tens and (len(digits) > 1 or said in _TENS_SAID or digits == "0"):
            digits = "0" + digits  # "forty eleven" is 40 11
        if end >= 0:
            pieces.append(Piece(end, start, ""))
        end = row.start() + word.end()
        pieces.append(Piece(start, end, digits * times))
        written += len(digits) * times
        times, tens = 1, said in _TENS_SAID
    if tens:
        pieces[-1] = pieces[-1]._replace(said=pieces[-1].said + "0")
    return pieces if written >= _FEWEST_DIGITS else []


def _morse(row: re.Match[str]) -> list[Piece]:
    pieces: list[Piece] = []
    at = 0
    whole, offset = row[0], row.start()
    while at < len(whole):
        if gap := _MORSE_GAP.match(whole, at):
            pieces.append(Piece(offset + at, offset + gap.end(), ""))
            at = gap.end()
        elif digit := _MORSE_DIGIT.match(whole, at):
            if digit[0] not in _MORSE:
                return []
            pieces.append(Piece(offset + at, offset + at + 5, _MORSE[digit[0]]))
            at += 5
        else:
            at += 1
    return pieces


def _addresses(text: str) -> Iterator[View]:
    pieces: list[Piece] = []
    for match in _AT_DOT.finditer(text):
        dots = list(_DOT_WORD.finditer(text, match.start(), match.end()))
        bracketed = _BRACKET.search(match["at"]) is not None
        domain = _DOT_WORD.sub(".", match["host"]).rpartition(".")[2].lower()
        if not bracketed and (not dots or not _DOMAINS.fullmatch(domain) or _VERBS.fullmatch(match["local"])):
            continue
        signs = [Piece(dot.start(), dot.end(), ".") for dot in dots]
        pieces += sorted([*signs, Piece(*match.span("at"), "@")])
    yield from rewrite(text, pieces)
