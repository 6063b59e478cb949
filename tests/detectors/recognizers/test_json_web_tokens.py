import base64
import json

import pytest

from detectors.recognizers.json_web_tokens import find


def part(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


TOKEN = f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part({'sub': '1234567890'})}.c2lnbmF0dXJlLXNpZ25hdHVyZQ"


@pytest.mark.parametrize("text", [TOKEN, f"Bearer {TOKEN}", f'"{TOKEN}"', f"token={TOKEN}&x=1"])
def test_positives(found, text):
    assert found(find, text) == [(TOKEN, "JWT")]


@pytest.mark.parametrize("text", ["eyJhbGciOiJIUzI1NiJ9", "eyJ.a.b", f"x{TOKEN}", "a.b.c", ""])
def test_near_misses(found, text):
    assert found(find, text) == []


def test_the_score_says_whether_the_header_decodes(found):
    from detectors.recognizers.source import Source

    broken = "eyJ!".replace("!", "x" * 30) + ".abcdefghij.abcdefghij"
    assert [one.score for one in find(Source(TOKEN))] == [1.0]
    assert [one.score for one in find(Source(broken))] == [0.7]
