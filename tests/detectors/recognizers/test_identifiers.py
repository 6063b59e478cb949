import pytest

from detectors.recognizers.identifiers import find


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("My account number is 555-987-6543.", ("555-987-6543", "ACCOUNT_NUMBER")),
        ("Refund it to a/c 30912345678 please.", ("30912345678", "ACCOUNT_NUMBER")),
        ("inmate #A0482913 was moved", ("A0482913", "ACCOUNT_NUMBER")),
        ("Policy Number: POL123456789", ("POL123456789", "ACCOUNT_NUMBER")),
        ("Patient ID: 4567", ("4567", "MEDICAL_RECORD")),
        ("MRN 00123456", ("00123456", "MEDICAL_RECORD")),
        ("order number is 112233", ("112233", "REFERENCE_NUMBER")),
        ("Invoice #12345", ("12345", "REFERENCE_NUMBER")),
        ("Transaction ID: ABC123456", ("ABC123456", "REFERENCE_NUMBER")),
        ("passport no. C01X00T47", ("C01X00T47", "PASSPORT")),
        ("driver's license: D1234567", ("D1234567", "DRIVER_LICENSE")),
        ("VIN: 1HGCM82633A004352", ("1HGCM82633A004352", "VEHICLE_ID")),
        ("licence plate AB12 345", ("AB12 345", "LICENSE_PLATE")),
        ("my username is john_doe123", ("john_doe123", "USERNAME")),
        ("User: Ana Novak @ana.n: what a day", ("ana.n", "USERNAME")),
        ("User: Ana Novak (ananovak99) shared", ("ananovak99", "USERNAME")),
        ("User: AnaNovak85\nProfile: x", ("AnaNovak85", "USERNAME")),
        ("Follow me on Twitch @anan.", ("anan", "USERNAME")),
        ('"username": "jdoe42"', ("jdoe42", "USERNAME")),
        ("tax id: 12-3456789", ("12-3456789", "TAX_ID")),
    ],
)
def test_positives(found, text, expected):
    assert expected in found(find, text)


@pytest.mark.parametrize(
    "text",
    [
        "the account was closed in 2020",
        "order two pizzas",
        "the patient is 45 years old",
        "client_id=3f2b8c9a7d6e5f4a3b2c",
        "tenant_id: 'bc877b20-f135-4c13-a266-8ed26b8f0f4b'",
        "account number: <your account>",
        "username or password is wrong",
        "member of 3 clubs",
        "",
    ],
)
def test_near_misses(found, text):
    assert found(find, text) == []
