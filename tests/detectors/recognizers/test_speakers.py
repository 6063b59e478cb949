import pytest

from detectors.recognizers.speakers import find


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[10:16 AM] Mike: hi", "Mike"),
        ("Dear Ms Novak,\nthanks", "Novak"),
        ("Hi Sarah,\n", "Sarah"),
        ("Best regards,\nTom Brown\nCEO", "Tom Brown"),
        ("Name: Lena Ortiz\n", "Lena Ortiz"),
        ("Bob Lee (bob@example.com)", "Bob Lee"),
        ("From: Ana Novak <ana@example.com>", "Ana Novak"),
        ("My name is Ana Novak and", "Ana Novak"),
        ("Un saludo,\nArantxa\nAdministración", "Arantxa"),
        ("Abrazos,\nChelo y Paco", "Chelo"),
        ("Liefs,\nPleun en Abel", "Pleun"),
        ("Viele Grüße aus Bautzen\nFeodora", "Feodora"),
        ("z poważaniem\nLeokadia Bednarz", "Leokadia Bednarz"),
        ("Imke: wer hat sie?\nDragan: liegt hier", "Dragan"),
    ],
)
def test_positives(found, text, value):
    assert (value, "PERSON") in found(find, text)


@pytest.mark.parametrize(
    "text",
    [
        "[10:16 AM] Support: hi",
        "Dear Customer,",
        "Hi all,",
        "Name: Total",
        "Best regards,\nCustomer Service",
        "Note: Important",
        "Mit freundlichen Grüßen\nIhr Serviceteam",
        "Met vriendelijke groet,\nKlantenservice",
        "Cordialement,\nLa Direction",
        "Title: Engineer\nLevel: Senior",
        "Dragan: liegt hier",  # a line alone is no dialogue
        "Dragan: liegt hier\n\nUwe: dort",
        "",
    ],
)
def test_near_misses(found, text):
    assert found(find, text) == []
