import pytest

from detectors.recognizers.banks import find

IBAN, BANK = "IBAN_CODE", "BANK_ACCOUNT"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("DE89370400440532013000", [("DE89370400440532013000", IBAN)]),
        ("IBAN: DE89 3704 0044 0532 0130 00.", [("DE89 3704 0044 0532 0130 00", IBAN)]),
        ("GB29 NWBK 6016 1331 9268 19 please", [("GB29 NWBK 6016 1331 9268 19", IBAN)]),
        ("NL91ABNA0417164300", [("NL91ABNA0417164300", IBAN)]),
        ("DE89370400440532013001", []),  # check digits
        ("XX89370400440532013000", []),  # no such country
        ("sort code 12-34-56", [("12-34-56", BANK)]),
        ("ABA routing number: 021000021", [("021000021", BANK)]),
        ("SWIFT code DEUTDEFF500", [("DEUTDEFF500", BANK)]),
        ("BSB 062-000", [("062-000", BANK)]),
        ("IFSC: SBIN0001234", [("SBIN0001234", BANK)]),
        ("CLABE 032180000118359719", [("032180000118359719", BANK)]),
        ("CLABE 032180000118359718", []),
        ("transit 12345-003", [("12345-003", BANK)]),
        ("BLZ 370 400 44", [("370 400 44", BANK)]),
        ("Kontonummer: 532013000", [("532013000", BANK)]),
        ("bankgiro 5050-1055", [("5050-1055", BANK)]),
        ("BE32 123-4567890-02", [("BE32 123-4567890-02", IBAN)]),
        ("ES77 1234-1234-16 1234567890", [("ES77 1234-1234-16 1234567890", IBAN)]),
        ("BE33 123-4567890-02", []),
        ("Konto 7 wurde 2024 angelegt", []),
        ("bg: 3-4 px", []),
        ("sort the code 123456", []),
        ("a swift answer", []),
    ],
)
def test_find(found, text, expected):
    assert found(find, text) == expected
