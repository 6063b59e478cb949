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
        ("sort the code 123456", []),
        ("a swift answer", []),
    ],
)
def test_find(found, text, expected):
    assert found(find, text) == expected
