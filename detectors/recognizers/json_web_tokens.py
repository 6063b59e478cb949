"""JSON Web Tokens: three base64url parts whose first is a JSON object (RFC 7519); also encrypted ones of five parts."""

import base64
import binascii
import json
import re
from collections.abc import Iterator

from detectors.finding import Finding
from detectors.gate.gate import gated
from detectors.recognizers.source import Source

_TOKEN = gated(re.compile(r"(?<![\w.-])eyJ[\w-]{8,2000}(?:\.[\w-]{0,20000}){1,4}"))
_MIN_LENGTH = 40


def find(source: Source) -> Iterator[Finding]:
    """Every token in a text: surely one if its header decodes, probably one if it only looks like it."""
    if "eyJ" not in source.text:
        return
    for match in source.matches(_TOKEN):
        if len(match[0]) < _MIN_LENGTH:
            continue
        score = 1.0 if _is_header(match[0].partition(".")[0]) else 0.7
        yield Finding(match.start(), match.end(), "JWT", score, "json_web_tokens")


def _is_header(part: str) -> bool:
    try:
        header = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return False
    return isinstance(header, dict) and ("alg" in header or "typ" in header)
