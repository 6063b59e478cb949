"""Which language a text is in: right, or nothing said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.languages import KNOWN, MEASURED, Reading, languages, reading


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Could you please check the invoice that we sent last week?", "en"),
        ("Könnten Sie bitte die Rechnung von letzter Woche prüfen?", "de"),
        ("Pourriez-vous vérifier la facture de la semaine dernière ?", "fr"),
        ("¿Podrías revisar la factura que enviamos la semana pasada?", "es"),
        ("Potresti controllare la fattura che abbiamo inviato?", "it"),
        ("Kun je de factuur van vorige week even nakijken?", "nl"),
        ("Você pode verificar a fatura que enviamos na semana passada?", "pt"),
        ("Czy możesz sprawdzić fakturę z zeszłego tygodnia?", "pl"),
        ("Dobrý den, chtěl bych se objednat na zítra odpoledne.", "cs"),
        ("Kan du kontrollera fakturan från förra veckan?", "sv"),
        ("Меня зовут Иван, я живу в Москве.", "ru"),
        ("こんにちは、私の名前は田中です。", "ja"),
        ("您好，我叫王伟，住在北京。", "zh"),
        ("안녕하세요 제 이름은 김민수입니다", "ko"),
        ("مرحبا، اسمي أحمد وأسكن في القاهرة", "ar"),
        ("kannst du mir die datei bitte bis morgen mittag schicken danke", "de"),
    ],
)
def test_a_sentence(text, expected):
    assert languages(text) == (expected,)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ok",
        "hi there",
        "4539 1488 0343 6467",
        "def total(rows):\n    return sum(rows)",
        "const client = new OpenAI({ apiKey: process.env.KEY });\nexport default client;",
        "AKIAIOSFODNN7EXAMPLE wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "SELECT id, name FROM users WHERE id = 4;",
        "\ud800" * 40,
        "a.b.c@d.e/f/g/h.txt",
    ],
)
def test_nobody_can_tell(text):
    assert languages(text) == ()


def test_a_letter_in_another_language_is_seen():
    letter = "Szanowna Pani, uprzejmie informuję, że termin wizyty został przesunięty na przyszły tydzień."
    asked = "Please translate the letter below and tell me what I have to answer."
    assert languages(f"{asked}\n\n{letter}") == ("pl", "en")


def test_a_long_text_is_looked_at_in_places():
    text = "The committee will meet again on Monday to talk about the plans for next year. " * 4000
    assert languages(text) == ("en",)
    half = "Der Ausschuss trifft sich am Montag wieder, um über die Pläne zu sprechen. " * 4000
    assert set(languages(f"{text}\n{half}")) == {"en", "de"}


def test_a_word_of_another_language_among_many_is_nothing():
    text = "We met in the café and talked about the schadenfreude of the critics, then went on with the work. " * 8
    assert languages(text) == ("en",)


@given(st.text())
def test_any_text_has_known_languages(text):
    assert set(languages(text)) <= KNOWN


def test_how_each_language_is_read():
    assert {reading(name) for name in MEASURED} == {Reading.MEASURED}
    assert (reading("cs"), reading("zh"), reading("xx")) == (
        Reading.MULTILINGUAL,
        Reading.PATTERNS,
        Reading.MULTILINGUAL,
    )
