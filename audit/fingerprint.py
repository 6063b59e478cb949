"""Keyed fingerprints of found values: HMAC-SHA256(key, type ‖ 0 ‖ normalised value), cut to 128 bits.

Whoever holds the key and a value can find where it was seen; the log alone tells nothing of it. While the key lives
the fingerprints are personal data, and are treated as such.
"""

import hashlib
import hmac
import re
import unicodedata

from audit.event import Fingerprint

_LENGTH = 32  # hexadecimal digits: 128 bits
_SEPARATORS = re.compile(r"[\s().\-/]+")
_SPACE = re.compile(r"\s+")


def normalise(value: str) -> str:
    """One form for the ways in which people write the same value: width, case, spaces, separators in numbers."""
    text = _SPACE.sub(" ", unicodedata.normalize("NFKC", value).casefold()).strip()
    compact = _SEPARATORS.sub("", text).removeprefix("+")
    digits = sum(char.isdigit() for char in compact)
    return compact if compact.isalnum() and 2 * digits >= len(compact) else text


def fingerprint(key: bytes, entity_type: str, value: str) -> Fingerprint:
    """The fingerprint of a found value."""
    message = entity_type.encode() + b"\0" + normalise(value).encode("utf-8", "surrogatepass")
    return Fingerprint(entity_type, hmac.new(key, message, hashlib.sha256).hexdigest()[:_LENGTH])
