"""Names in the columns of a table whose first line says which column holds names.

    nom,prenom,equipe            | Driver | Van |          achternaam;voornaam;ploeg
    Rakotomalala,Hery,bleue      | Ezekiel Mboya | 3 |    Brands;Ilja;rood

A model sees single capitalised words between signs, which may be anything; the heading says what they are.
"""

import re
from collections.abc import Iterator

from detectors.finding import Finding
from detectors.gate.gate import gated
from detectors.recognizers.source import Source

# A column called "name" alone may hold anything's names: two words with capitals count there, of others one.
_PARTS = (
    r"(?:first|last|given|family|middle|maiden)[ _-]?names?|fname|lname|sur_?name|fore_?name|last|first|vor_?name|"
    r"nach_?name|familienname|pr[ée]nom|nom de famille|apellidos?|nombre de pila|cognome|voornaam|achternaam|"
    r"sobrenome|apelido|imi[ęe]|nazwisko"
)
_WHOLES = (
    r"(?:full|display|employee|customer|client|patient|contact|student|staff|driver|member|tenant)?[ _-]?name|employee|"
    r"customer|patient|driver|contact|assignee|owner|fahrer(?:in)?|mitarbeiter(?:in)?|kunde|kundin|patient(?:in)?|nom|nombre|"
    r"nome|naam|client|cliente|klant|klient|imi[ęe] i nazwisko|pracownik|conducteur|conductor|autista|chauffeur"
)
_SEPARATORS = ",;|\t"
_QUOTES = " \t\"'*"
_HEADING = gated(
    re.compile(
        rf"(?i)(?:^|[\n{_SEPARATORS}])[{_QUOTES}]{{0,4}}(?:{_PARTS}|{_WHOLES})[{_QUOTES}]{{0,4}}(?=[{_SEPARATORS}]|\r?\n|$)"
    )
)
_PART = re.compile(_PARTS, re.IGNORECASE)
_WHOLE = re.compile(_WHOLES, re.IGNORECASE)
_RULE = re.compile(r"[\s|:+=-]+")  # a line drawn between the heading and the rows
_WORD = r"[^\W\d_]{1,30}(?:['\u2019-][^\W\d_]{1,30}){0,3}"
_NAME = re.compile(rf"{_WORD}\.?(?:,? {_WORD}\.?){{0,4}}")
_LONGEST = 400  # characters of a heading


def find(source: Source) -> Iterator[Finding]:
    """The cells below headings that name people."""
    text, done = source.text, -1
    for match in source.matches(_HEADING):
        start = text.rfind("\n", 0, match.start() + 1 if text[match.start()] == "\n" else match.start()) + 1
        if start <= done:
            continue
        done = start
        end = _line_end(text, start)
        if end - start > _LONGEST:
            continue
        sign = max(_SEPARATORS, key=text[start:end].count)
        cells = [value for _, value in _cells(text, start, end, sign)]
        parts = {index for index, cell in enumerate(cells) if _PART.fullmatch(cell)}
        wholes = {index for index, cell in enumerate(cells) if _WHOLE.fullmatch(cell)}
        # "nom" beside "prénom" is the family name.
        wanted = dict.fromkeys(wholes, 1 if parts else 2) | dict.fromkeys(parts, 1)
        if len(cells) > 1 and wanted:
            yield from _rows(text, end + 1, sign, len(cells), wanted)


def _rows(text: str, start: int, sign: str, count: int, wanted: dict[int, int]) -> Iterator[Finding]:
    while start < len(text):
        end = _line_end(text, start)
        if not _RULE.fullmatch(text, start, end):
            cells = list(_cells(text, start, end, sign))
            if len(cells) != count:
                return
            for index, least in wanted.items():
                place, value = cells[index]
                words = value.split()
                if len(words) >= least and _NAME.fullmatch(value) and all(word[0].isupper() for word in words[:least]):
                    yield Finding(place, place + len(value), "PERSON", 0.8, "columns")
        start = end + 1


def _cells(text: str, start: int, end: int, sign: str) -> Iterator[tuple[int, str]]:
    """Where each cell's value begins, and the value without quotes and spaces."""
    for cell in text[start:end].split(sign):
        value = cell.strip(_QUOTES + "\r")
        yield start + cell.find(value), value
        start += len(cell) + 1


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end
