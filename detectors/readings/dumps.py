r"""Texts in the forms that programs print bytes in: `xxd`, `hexdump -C`, uuencode, Ascii85, `chr(52) + …`; base58.

Each form has a sign of its own that harmless texts don't have, and says something only if all of it can be read. Base58
has none, so that the text must speak of it.
"""

import base64
import binascii
import re
from collections.abc import Iterator

from detectors.encoded import as_text
from detectors.readings.codes import whole
from detectors.readings.view import View

_LONGEST = 100_000  # characters of one dump
_DUMP_SIGN = "0000000"
_DUMP_LINE = re.compile(
    r"^[0-9a-f]{7,8}(?:: (?P<xxd>[0-9a-f]{2,4}(?: [0-9a-f]{2,4}){0,15})"
    r"|  (?P<dump>[0-9a-f]{2}(?: {1,2}[0-9a-f]{2}){0,15}))"
    r"(?:  [^\n]{0,40})?[ \t]*\r?\n?",
    re.MULTILINE,
)
_UU = re.compile(r"^begin [0-7]{3} [^\n]{0,80}\n(?P<body>(?:[ -`]{1,61}\r?\n){1,2000})end\b", re.MULTILINE)
_A85 = re.compile(r"<~(?P<body>[!-uz\s]{5,100000})~>")
_CHR = re.compile(r"(?:(?:String\.fromCharCode|chr\$?|char)\(\s?\d{2,3}\s?\)\s?[+.&|,]{0,2}\s?){4,2000}", re.IGNORECASE)
_CHR_NUMBER = re.compile(r"\d{2,3}")
_BASE58_SIGNS = ("base58", "base 58", "base-58", "b58")
_BASE58 = re.compile(r"(?<![A-Za-z0-9])[1-9A-HJ-NP-Za-km-z]{10,200}(?![A-Za-z0-9])")
_ALPHABET = {letter: value for value, letter in enumerate("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz")}


def read(text: str) -> Iterator[View]:
    """What dumps say, each with what stands before it."""
    for start, end, data in _found(text):
        said = as_text(data)
        if said is not None and any(character.isalnum() for character in said):
            yield whole(text, start, end, said, prose=True)


def _found(text: str) -> Iterator[tuple[int, int, bytes]]:
    if _DUMP_SIGN in text:
        yield from _dumps(text)
    if "begin " in text:
        for match in _UU.finditer(text):
            try:
                yield *match.span(), b"".join(map(binascii.a2b_uu, match["body"].splitlines()))
            except (binascii.Error, ValueError):
                continue
    if "<~" in text:
        for match in _A85.finditer(text):
            try:
                yield *match.span(), base64.a85decode(match["body"])
            except ValueError:
                continue
    lower = text.lower()
    if "chr(" in lower or "char(" in lower or "charcode(" in lower:
        for match in _CHR.finditer(text):
            numbers = [int(number) for number in _CHR_NUMBER.findall(match[0])]
            if max(numbers) < 256:
                yield *match.span(), bytes(numbers)
    if any(sign in lower for sign in _BASE58_SIGNS):
        for match in _BASE58.finditer(text):
            yield *match.span(), _base58(match[0])


def _dumps(text: str) -> Iterator[tuple[int, int, bytes]]:
    """Lines that follow each other, as one."""
    start = end = -1
    data = b""
    for match in _DUMP_LINE.finditer(text):
        if match.start() != end or len(data) > _LONGEST:
            if data:
                yield start, end, data
            start, data = match.start(), b""
        end = match.end()
        digits = "".join((match["xxd"] or match["dump"]).split())
        data += bytes.fromhex(digits if len(digits) % 2 == 0 else digits[:-1])
    if data:
        yield start, end, data


def _base58(text: str) -> bytes:
    number = 0
    for letter in text:
        number = 58 * number + _ALPHABET[letter]
    return number.to_bytes(-(-number.bit_length() // 8))
