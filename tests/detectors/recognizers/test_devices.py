import pytest

from detectors.recognizers.devices import chassis_valid, find


@pytest.mark.parametrize(
    ("text", "value", "kind"),
    [
        ("serial number: C02XK1ZJJGH5", "C02XK1ZJJGH5", "DEVICE_ID"),
        ("S/N 7CK9-22910-X", "7CK9-22910-X", "DEVICE_ID"),
        ("Seriennummer ist DMPVK2HHJ8J2", "DMPVK2HHJ8J2", "DEVICE_ID"),
        ("IDFA: EA7583CD-A667-48BC-B806-42ECB2B48606", "EA7583CD-A667-48BC-B806-42ECB2B48606", "DEVICE_ID"),
        ('"android_id": "9774d56d682e549c"', "9774d56d682e549c", "DEVICE_ID"),
        ("ICCID 8944500102198304826", "8944500102198304826", "DEVICE_ID"),
        ("1HGCM82633A004352 was towed", "1HGCM82633A004352", "VEHICLE_ID"),
        ("Fahrgestellnummer: WVWZZZ1JZXW000001", "WVWZZZ1JZXW000001", "VEHICLE_ID"),
        ("My car reg is AB51 ABC and it expires", "AB51 ABC", "LICENSE_PLATE"),
        ("Kennzeichen B-MW 1234", "B-MW 1234", "LICENSE_PLATE"),
        ("immatriculation AB-123-CD", "AB-123-CD", "LICENSE_PLATE"),
        ("matrícula 1234 BCD", "1234 BCD", "LICENSE_PLATE"),
        ("Plaka 34 ABC 1234 ve", "34 ABC 1234", "LICENSE_PLATE"),
        ("license plate 7ABC123", "7ABC123", "LICENSE_PLATE"),
        ("it was MH 12 AB 1234 again", "MH 12 AB 1234", "LICENSE_PLATE"),
        ("госномер А123ВС77", "А123ВС77", "LICENSE_PLATE"),
    ],
)
def test_positives(found, text, value, kind):
    assert (value, kind) in found(find, text)


@pytest.mark.parametrize(
    "text",
    [
        "serial number of the series",
        "serial no: xxxxxxxx",
        "the serial port COM3 at 115200",
        "EA7583CD-A667-48BC-B806-42ECB2B48606",
        "1HGCM82643A004352",  # check digit
        "sha 8944500102198304826",
        "we met AB51 ABC there",
        "B-MW 1234",
        "TN 12 ABCD 1234",
        "AB-123-CD",
        "34 ABC 1234",
        "my car is a BMW 320 of 2024",
        "vin: rouge",
        "",
    ],
)
def test_near_misses(found, text):
    assert found(find, text) == []


@pytest.mark.parametrize("number", ["11111111111111111", "00000000000000000"])
def test_digits_alone_are_no_chassis_number(number):
    assert not chassis_valid(number)
