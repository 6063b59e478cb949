import pytest

from detectors.recognizers.civil_numbers import KINDS, find

MRZ = (
    "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
    "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
    "I<UTOD231458907<<<<<<<<<<<<<<<",
)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        *((line, "PASSPORT") for line in MRZ),
        ("Mein Reisepass C01X00T41 gilt", "PASSPORT"),
        ("AAA123456 es mi número de pasaporte", "PASSPORT"),
        ("паспорт 45 08 123456", "PASSPORT"),
        ("여권번호는 M789C1234입니다", "PASSPORT"),
        ("15070649C103", "NATIONAL_ID"),
        ("Rentenversicherungsnummer 15 070649 C 103", "NATIONAL_ID"),
        ("Ausweis Nr. T22000129 gültig bis 2025.", "NATIONAL_ID"),
        ("Krankenkasse KVNR: A123456780", "HEALTH_INSURANCE"),
        ("LANR: 123456601 des Arztes", "MEDICAL_LICENSE"),
        ("MORGA607054SM9IJ", "DRIVER_LICENSE"),
        ("FO999512018AA1AB", "DRIVER_LICENSE"),
        ("CHI 010176 1234", "HEALTH_INSURANCE"),
        ("carte TREM 8551 1234", "HEALTH_INSURANCE"),
        ("OHIP 1234-567-890 AB", "HEALTH_INSURANCE"),
        ("NHI: ZAC5361", "HEALTH_INSURANCE"),
        ("her Medicare 2123 45670 1", "HEALTH_INSURANCE"),
        ("my ABHA is 12-3456-7890-1234", "HEALTH_INSURANCE"),
        ("driving licence MH14 20110062821", "DRIVER_LICENSE"),
        ("A123456(3)", "NATIONAL_ID"),
        ("HKID A1234563", "NATIONAL_ID"),
        ("身分證字號 A123456789", "NATIONAL_ID"),
        ("CCCD: 001099012345", "NATIONAL_ID"),
        ("784-1988-1234567-0", "NATIONAL_ID"),
        ("کد ملی 0499370899", "NATIONAL_ID"),
        ("GHA-123456789-0", "NATIONAL_ID"),
        ("NIN 12345678901", "NATIONAL_ID"),
        ("ID 7503305044089", "NATIONAL_ID"),
        ("112-233-445 95", "NATIONAL_ID"),
        ("ИИН 850412300123", "NATIONAL_ID"),
        ("dowód osobisty ABC 123456", "NATIONAL_ID"),
        ("CIE: CA12345AB", "NATIONAL_ID"),
        ("cédula 1.020.304.050", "NATIONAL_ID"),
        ("NIC 853400937V", "NATIONAL_ID"),
    ],
)
def test_positives(found, text, kind):
    assert kind in [said for _, said in found(find, text)]


@pytest.mark.parametrize(
    "text",
    [
        "L898902C37UTO7408122F1204159ZE184226B<<<<<10",  # the document number's check digit
        "AAA123456 is in the catalogue",
        "we sat in row 45 08 123456",
        "15070649C104",
        "A123456789 as a lot, KVNR unknown to us until a later day",
        "T22000129",
        "MORGA617454SM9IJ",
        "ROOM 8551 1234 and ROAD 1299 1234",
        "A123456(4)",
        "112-233-445 96",
        "784-1988-1234567-1",
        "ID 7503305044088",
        "ID 1716300000123",
        "id=1716300000124",
        "123456789012",
        "the clinic has 853400937 beds",
        "order 123456601",
        "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
        "commit 15070649c103a7",
        "",
    ],
)
def test_near_misses(found, text):
    assert found(find, text) == []


def test_the_fields_name_is_enough(found):
    assert found(find, "C01X00T41", "passport_number") == [("C01X00T41", "PASSPORT")]


def test_what_has_no_words_has_a_check_or_a_form_that_nothing_else_has():
    for kind in KINDS:
        assert kind.words or kind.check or kind.form.pattern.count("GHA") or "80380" in kind.form.pattern
