import random
import re
import string
import zlib

import pytest

from detectors.recognizers.provider_keys import find
from detectors.recognizers.source import Source
from detectors.recognizers.token_forms import example
from detectors.recognizers.vendor_tokens import TOKENS, crc32_in_base62

BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase


def checked(prefix, body):
    rest, digits = zlib.crc32(body.encode()), ""
    for _ in range(6):
        rest, digit = divmod(rest, 62)
        digits = BASE62[digit] + digits
    return prefix + body + digits


@pytest.mark.parametrize("token", TOKENS, ids=lambda token: f"{token.vendor} {token.form}")
def test_every_vendors_token_is_found(token, found):
    """Four of five: a made-up token may have no digit by chance, and then counts as a word."""
    values = [example(token.form, random.Random(seed)) for seed in range(5)]
    hits = [any(value in seen for seen, _ in found(find, f'KEY = "{value}"')) for value in values]
    assert sum(hits) >= 4, values


def test_rows_are_complete_and_no_row_stands_twice():
    assert len({token.vendor for token in TOKENS}) >= 130
    forms = [(token.form, token.checksum) for token in TOKENS]
    assert len(set(forms)) == len(forms)
    for token in TOKENS:
        assert re.fullmatch(r"[\w.-]+\.[a-z]{2,8}(?:/[\w.-]+)?", token.documented), token


def test_checksums():
    good = checked("ghp_", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5")
    assert crc32_in_base62(good)
    assert crc32_in_base62(checked("npm_", "Z9y8X7w6V5u4T3s2R1q0P9o8N7m6L5"))
    assert not crc32_in_base62(good[:-1] + ("0" if good[-1] != "0" else "1"))
    assert not crc32_in_base62("ghp_short")
    assert {one.score for one in find(Source(good))} >= {0.95, 1.0}
    assert max(one.score for one in find(Source("ghp_" + "Zk3vQ8" * 6))) == 0.95
