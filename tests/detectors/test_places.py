from detectors.places import COUNTRIES


def test_countries_are_lower_case_and_whole():
    assert {"france", "united states", "trinidad and tobago", "usa"} <= COUNTRIES
    assert all(name == name.lower().strip() and name for name in COUNTRIES)
    assert "springfield" not in COUNTRIES
