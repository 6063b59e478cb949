"""Bytes as text: by byte order mark, as UTF-8, in the charset that was declared, or in the one that they look like."""

import codecs
import re

import charset_normalizer

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Binary data has control characters all over; text has white space, and terminals' escapes.
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_CONTROL_BYTE = re.compile(rb"[\x00-\x08\x0e-\x1f]")
_SAMPLE = 64_000


def decode(data: bytes, declared: str = "") -> tuple[str, str] | None:
    """The text and its codec, which gives the same bytes back; None if it isn't text."""
    for mark, codec in _MARKS:
        if data.startswith(mark):
            return _strictly(data, codec)
    if (text := _strictly(data, "utf-8")) is not None:
        return text
    if declared and (text := _strictly(data, _known(declared))) is not None:
        return text
    if _CONTROL_BYTE.search(data):
        return None
    guess = charset_normalizer.from_bytes(data[:_SAMPLE]).best()
    return None if guess is None else _strictly(data, guess.encoding)


def _strictly(data: bytes, codec: str) -> tuple[str, str] | None:
    if not codec:
        return None
    try:
        text = data.decode(codec)
    except (UnicodeError, LookupError):
        return None
    return None if _CONTROL.search(text) else (text, codec)


def _known(declared: str) -> str:
    """A charset's codec, if it is one for text that everybody reads alike."""
    try:
        name = codecs.lookup(declared).name
        b"".decode(name)  # codecs for other things than text refuse
    except (LookupError, UnicodeError):
        return ""
    # UTF-7 and the escape codecs say ASCII in many ways.
    return "" if name in {"utf-7", "raw_unicode_escape", "unicode_escape", "punycode", "idna"} else name
