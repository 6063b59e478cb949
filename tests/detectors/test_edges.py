"""Words at the edges of names."""

import pytest

from detectors.edges import without_edges
from detectors.finding import Finding


def left(value, kind="PERSON", before="x ", after=" y"):
    text = before + value + after
    found = without_edges(text, [Finding(len(before), len(before) + len(value), kind, 0.9, "tagger")])
    return [text[one.start : one.end] for one in found]


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("Roccaforte martedì", "Roccaforte"),
        ("alunna Leila Bennani", "Leila Bennani"),
        ("Uczennica Leila Benali", "Leila Benali"),
        ("Rogozińską we", "Rogozińską"),
        ("sabina di", "sabina"),
        ("sabine qui", "sabine"),
        ("janna moest", "janna"),
        ("Querida Amparo", "Amparo"),
        ("Sollicitatie van Mehmet Yıldız", "van Mehmet Yıldız"),
        ("Zeugin Ilse Nordhoff, die", "Ilse Nordhoff"),
    ],
)
def test_they_are_left_out(value, name):
    assert left(value) == [name]


@pytest.mark.parametrize(
    "value", ["Luogo di", "Mobiel", "Nazwisko", "Lugar", "Grazie", "Ufficio", "Buchhaltung", "jak długo", "(Telefon)"]
)
def test_nothing_is_left(value):
    assert left(value) == []


@pytest.mark.parametrize(
    "value",
    [
        "Ana Novak",
        "van der Berg",
        "de la Cruz",
        "di Stefano",
        "Ram Das",
        "Plácido Domingo",
        "Per Hansen",
        "Lo Cascio",
        "Una O'Connor",
        "DOS SANTOS",
        "Dal Martello",
        "Hans Morgen",
        "Karl Montag",
        "田中太郎",
        "J. R. R.",
    ],
)
def test_names_stay_whole(value):
    assert left(value) == [value]


def test_streets_lose_small_words_too_and_other_types_nothing():
    assert left("la calle Goya, 31", "STREET_ADDRESS") == ["calle Goya, 31"]
    assert left("wonende Lindenlaan 12a", "STREET_ADDRESS") == ["Lindenlaan 12a"]
    assert left("piazza del Sole 3 da", "STREET_ADDRESS") == ["piazza del Sole 3"]
    assert left("Mobil", "ORGANIZATION") == ["Mobil"]
    text = "Mobil Lugar"
    own = Finding(0, 11, "PERSON", 1.0, "own:customers")
    assert without_edges(text, [own]) == (own,)
    assert left("di ana", "EMAIL_ADDRESS") == ["di ana"]
