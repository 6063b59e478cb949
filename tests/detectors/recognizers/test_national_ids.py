import pytest

from detectors.recognizers.national_ids import find


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("536-90-4399", ("536-90-4399", "US_SSN")),
        ("SSN 536 90 4399", ("536 90 4399", "US_SSN")),
        ("my social security number is 536904399", ("536904399", "US_SSN")),
        ("Reference record: 978-15-5593", ("978-15-5593", "US_ITIN")),
        ("the payer is 912-70-1234.", ("912-70-1234", "US_ITIN")),
        ("RSSMRA70A01H501S", ("RSSMRA70A01H501S", "NATIONAL_ID")),
        ("DNI 54362315K", ("54362315K", "NATIONAL_ID")),
        ("390.533.447-05", ("390.533.447-05", "NATIONAL_ID")),
        ("IDNR 36 574 261 809", ("36 574 261 809", "TAX_ID")),
        ("BSN 111222333", ("111222333", "NATIONAL_ID")),
        ("PESEL: 44051401359", ("44051401359", "NATIONAL_ID")),
        ('{"CPF": "39053344705"}', ("39053344705", "NATIONAL_ID")),
        ("VAT DE136695976", ("DE136695976", "TAX_ID")),
    ],
)
def test_positives(found, text, expected):
    assert expected in found(find, text)


@pytest.mark.parametrize(
    "text",
    [
        "part number 536-90-4399",
        "000-12-3456 and 666-12-3456",
        "isbn 978-15-5593",
        "978-15-5593-2 and 900-00-1234 and 900-12-0000",
        "536904399",
        "PESEL: 44051401358",
        "390.533.447-06",
        "111222333",
        "BSN 111222334",
        "",
    ],
)
def test_near_misses(found, text):
    assert found(find, text) == []


def test_the_fields_name_is_enough(found):
    assert found(find, "44051401359", "pesel") == [("44051401359", "NATIONAL_ID")]


@pytest.mark.parametrize("number", ["078-05-1120", "219-09-9999", "078051120"])
def test_numbers_that_were_printed_in_advertisements_are_nobodys(found, number):
    assert found(find, f"my SSN is {number}") == []
