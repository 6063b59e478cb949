import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.normalize import _table, normalize


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("plain ASCII", "plain ASCII"),
        ("４１１１", "4111"),
        ("ｊｏｈｎ＠ｅｘａｍｐｌｅ．ｃｏｍ", "john@example.com"),
        ("٤١١١", "4111"),
        ("𝟜𝟙𝟙𝟙", "4111"),
        ("𝐣𝐨𝐡𝐧", "john"),
        ("jo\u200bhn\u2060", "john"),
        ("a\u00a0b\u2009c", "a b c"),
        ("555\u2011123\u22124567", "555-123-4567"),
        ("O\u2019Brien", "O'Brien"),
        ("\ud800x", "\ufffdx"),
        ("Müller, Łódź, 東京", "Müller, Łódź, 東京"),
        ("АKIА", "AKIA"),  # Cyrillic, as below
        ("А\u200bKIA", "AKIA"),
        ("аnnа@ехаmple.com", "anna@example.com"),
        ("Αnna, Βob", "Anna, Bob"),  # Greek
        ("А1_b", "A1_b"),
        ("Анна живёт в Москве, дом 5А", "Анна живёт в Москве, дом 5А"),
        ("Москва-City, ул. Мира 3, iPhone от Анны", "Москва-City, ул. Мира 3, iPhone от Анны"),
        ("Αθήνα, 5 kΩ, 3 µm, ΔT", "Αθήνα, 5 kΩ, 3 µm, ΔT"),
        ("", ""),
        ("\u200b", ""),
    ],
)
def test_disguises_are_undone(text, plain):
    assert normalize(text).text == plain


def test_offsets_point_into_the_original():
    text = "mail: us\u200ber\u200b@example.com!"
    plain = normalize(text)
    start = plain.text.index("user")
    assert plain.original(start, start + len("user@example.com")) == (6, len(text) - 1)


@given(st.text(st.characters(codec=None, categories=None)))
def test_every_span_maps_to_a_span_of_the_original(text):
    plain = normalize(text)
    assert not any(0xD800 <= ord(character) < 0xE000 for character in plain.text)
    last = 0
    for index in range(len(plain.text)):
        start, end = plain.original(index, index + 1)
        assert last <= start < end <= len(text)
        last = end


def test_no_character_becomes_one_that_becomes_another():
    # They are replaced one after the other.
    table = _table()
    assert all(table.get(plain, plain) == plain for plain in table.values())
