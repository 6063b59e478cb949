import pytest

from detectors.recognizers.national_ids import find


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("536-90-4399", ("536-90-4399", "US_SSN")),
        ("SSN 536 90 4399", ("536 90 4399", "US_SSN")),
        ("my social security number is 536904399", ("536904399", "US_SSN")),
        ("Reference record: 978-15-5593", ("978-15-5593", "US_ITIN")),
        ("912-70-1234", ("912-70-1234", "US_ITIN")),
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


@pytest.mark.parametrize(
    ("text", "value", "kind"),
    [
        ("The customer gave 44051401359 as PESEL when she called", "44051401359", "NATIONAL_ID"),
        ("it is 44051401359 (PESEL).", "44051401359", "NATIONAL_ID"),
        ("My UID is AT U13585627, can you check it?", "AT U13585627", "TAX_ID"),
        ("RUT: UY 21 140634 001 1", "UY 21 140634 001 1", "TAX_ID"),
        ("Please update the record: IN 6214 9832 0257.", "6214 9832 0257", "NATIONAL_ID"),
        ("MEID: AF 01 23 45 0A BC DE C", "AF 01 23 45 0A BC DE C", "DEVICE_ID"),
        ("IMEI no. 35686800-004141-20", "35686800-004141-20", "DEVICE_ID"),
        ("codiceFiscale=RCCMNL83S18D969H", "RCCMNL83S18D969H", "NATIONAL_ID"),
        ("pk_cnic = 34201-0891231-8", "34201-0891231-8", "NATIONAL_ID"),
        ("Mein ИНН: 1234567894", "1234567894", "TAX_ID"),
        ("身份证号码:360426199101010071。", "360426199101010071", "NATIONAL_ID"),
        ("my BSN, which is 1112.22.333 I think", "1112.22.333", "NATIONAL_ID"),
    ],
)
def test_a_name_beside_the_number(found, text, value, kind):
    assert (value, kind) in found(find, text)


@pytest.mark.parametrize(
    "text",
    [
        "in 6214 9832 0257 cases",  # a short name counts in capitals
        "The PIN that I set yesterday did work on 3100600445635",  # and at the number
        "PESEL of 2024-01-12",
        "npm WARN in 123456782",
        "DNI 3f2a9c1b4d5e6f70",
        "the siren was heard at 1700000000",
        "RC 123456",
        "CC: 1700000000123",
        "status in 00012345678 ms",
        "ID 123456782",
    ],
)
def test_near_misses_of_names(found, text):
    assert found(find, text) == []


def test_a_short_name_counts_as_the_name_of_a_field(found):
    assert found(find, "6214 9832 0257", "in") == [("6214 9832 0257", "NATIONAL_ID")]
    assert found(find, "we were there when 6214 9832 0257", "in") == []


def test_numbers_of_things_that_are_public_are_none(found):
    for text in ("ISBN 978-9024538270", "LEI 213800KUD8LAJWSQ9D15", "IMO 9319466", "EAN 73513537", "ISSN 0024-9319"):
        assert found(find, text) == []


@pytest.mark.parametrize("group", ["13", "49", "66", "69", "89", "93"])
def test_a_taxpayers_number_of_a_group_that_is_not_given_out_needs_something_beside_it(found, group):
    number = f"912-{group}-4821"
    assert found(find, number) == []
    assert (number, "US_ITIN") in found(find, f"the payer is {number}")
