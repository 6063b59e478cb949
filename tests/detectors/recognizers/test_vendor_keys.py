import random

import pytest

from detectors.recognizers.token_forms import example
from detectors.recognizers.vendor_keys import VENDORS, find

HEX = "9f86d081884c7d659a2feaa0c55ad015"
UUID = "3f2a9c1e-7b64-4d0a-9e15-6c8b2d4f7a90"


@pytest.mark.parametrize(("vendor", "forms"), VENDORS, ids=[vendor for vendor, _ in VENDORS])
def test_every_vendors_key_is_found_beside_its_name(vendor, forms, found):
    for form in forms:
        hits = 0
        for seed in range(8):
            value = example(form, random.Random(seed))
            hits += (value, "API_KEY") in found(find, f'{vendor}_prod = "{value}"')
        assert hits >= 5, form  # short ones may have no digit, or look like a word


@pytest.mark.parametrize(
    "text",
    [
        f"adafruit: {HEX}",
        f'"launchdarkly-sdk": "{UUID}"',
        f"NEW_RELIC = {HEX}a1b2c3d4",
        f"myHerokuThing := '{UUID}'",
        f"Okta API : 00{'aB3dE6gH9k' * 4}",
    ],
)
def test_names_as_they_are_written(found, text):
    assert [kind for _, kind in found(find, text)] == ["API_KEY"]


@pytest.mark.parametrize(
    "text",
    [
        f'"sentry-cli": {{"integrity": "sha512-{HEX}"}}',
        "sentry-cli-2.5.0.tgz#ff704cbddf355d38a52c5e9479d6bb5c1ff28eac",
        f"algolia_index_name = {HEX}",
        "heroku = 00000000-0000-0000-0000-000000000000",
        "discord = getClient()",
        f"pipeline = {HEX}a1b2c3d4",
        "linear = nn.Linear(512, 512)",
        "zoom: 15",
        "",
    ],
)
def test_near_misses(found, text):
    assert found(find, text) == []
