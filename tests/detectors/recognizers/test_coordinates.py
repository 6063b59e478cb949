import pytest

from detectors.recognizers.coordinates import find


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("meet me at 52.520008, 13.404954 tonight", "52.520008, 13.404954"),
        ("-33.856784,151.215297", "-33.856784,151.215297"),
        ("GPS: 48.8584, 2.2945", "48.8584, 2.2945"),
        ("52.5200° N, 13.4050° E", "52.5200° N, 13.4050° E"),
        ("Standort 47.3769 N 8.5417 E", "47.3769 N 8.5417 E"),
        ("40°26'46\"N 79°58'56\"W", "40°26'46\"N 79°58'56\"W"),
        ("at 40° 26.767' N 79° 58.933' W now", "40° 26.767' N 79° 58.933' W"),
        ("geo:52.5200,13.4049;u=35", "52.5200,13.4049"),
        ("https://www.google.com/maps/@52.5200,13.4049,17z", "52.5200,13.4049"),
        ("https://maps.example/?q=52.5200,13.4049&z=4", "52.5200,13.4049"),
        ("POINT(13.404954 52.520008)", "13.404954 52.520008"),
        ('{"type": "Point", "coordinates": [13.404954, 52.520008]}', "13.404954, 52.520008"),
        ("lat=52.520008&lon=13.404954", "52.520008"),
        ('{"latitude": 52.520008, "longitude": -13.404954}', "-13.404954"),
        ("home is 9F4MGC2M+XR", "9F4MGC2M+XR"),
        ("plus code GC2M+XR Berlin", "GC2M+XR"),
        ("geohash: u33dc0cpk", "u33dc0cpk"),
        ("I live at ///filled.count.soap", "filled.count.soap"),
    ],
)
def test_positives(found, text, value):
    assert (value, "GEO_COORDINATES") in found(find, text)


@pytest.mark.parametrize(
    "text",
    [
        "the loss went from 0.52345, 0.41234 to 0.3",
        "embedding [0.123456, -0.234567, 0.345678, 0.456789]",
        "12.345678, 23.456789, 34.567891",
        '<path d="M12.34567,45.67891 L20.12345,30.98765"/>',
        "version 1.2.345, 2.3.456",
        "matplotlib 3.8.123, numpy 1.26.456",
        "about 52.52, 13.40 degrees",
        "margin: 12.500px, 13.250px",
        "prices 12.500, 13.250 and more",
        "lat 52.5",
        "95.123456, 10.123456",
        "the angle is 45° and 30° there",
        "C++ 2024 and 12345678+90",
        "git hash: a1b2c3d4e5",
        "file:///etc.d.conf",
        "open ///",
        "",
    ],
)
def test_near_misses(found, text):
    assert found(find, text) == []


@pytest.mark.parametrize("context", ["lat", "longitude", "home_lat", "startLng", "geo.lon"])
def test_a_fields_name_says_it(found, context):
    assert found(find, "13.404954", context) == [("13.404954", "GEO_COORDINATES")]


@pytest.mark.parametrize("context", ["price", "plate", "flat_rate", "belong"])
def test_other_fields(found, context):
    assert found(find, "13.404954", context) == []
