"""Keys that programs hand to the functions which sign and encrypt: `createHmac("sha256", "…")`, `Fernet(b"…")`."""

import re
from collections.abc import Iterator

from detectors.finding import Finding
from detectors.gate.gate import gated
from detectors.recognizers.assignments import is_random
from detectors.recognizers.source import Source

_LITERALS = ("hmac", "sign", "fernet", "secretkeyspec", "symmetricsecuritykey", "aes.new", "cipher", "nacl")
_CALL = gated(
    re.compile(
        r"\b(?:create(?:Hmac|Cipheriv|Decipheriv|SecretKey)|(?:[Hh]mac|HMAC)\.new|(?:[Hh]mac|HMAC)|signWith|SignedString|Fernet|"
        r"SecretKeySpec|SymmetricSecurityKey|HMACSHA\d{1,3}|AES\.new|hash_hmac|SecretBox|HmacUtils)\s?\(\s{0,20}"
        r"(?:[\"'][\w-]{2,20}[\"'],\s{0,20}|[\w.]{1,40},\s{0,20}){0,2}"
        r"(?:(?:new )?[\w.\[\]]{1,40}\(){0,2}b?(?P<q>[\"'`])(?P<key>[^\s\"'`]{12,200})(?P=q)"
    )
)


def find(source: Source) -> Iterator[Finding]:
    """Every key written out where it is used."""
    if not any(literal in source.lower for literal in _LITERALS):
        return
    for match in source.matches(_CALL):
        if is_random(match["key"]):
            yield Finding(*match.span("key"), "SECRET", 0.85, "key_calls")
