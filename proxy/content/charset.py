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
_MANY_WAYS = frozenset({"utf-7", "raw-unicode-escape", "unicode-escape", "punycode", "idna"})
_SAMPLE = 64_000


def decode(data: bytes, declared: str = "") -> tuple[str, str] | None:
    """The text and its codec, which gives the same bytes back; None if it isn't text."""
    for mark, marked in _MARKS:
        if data.startswith(mark):
            return _strictly(data, marked)
    codec = _known(declared) if declared else ""
    if codec is None:
        return None
    # A charset in which "A" is another byte makes another text of what is UTF-8 as well.
    for known in (codec, "utf-8") if codec and "A".encode(codec) != b"A" else ("utf-8", codec):
        if (text := _strictly(data, known)) is not None:
            return text
    if _CONTROL_BYTE.search(data):
        return None
    guess = charset_normalizer.from_bytes(data[:_SAMPLE]).best()
    # Without a mark, UTF-16 is guessed too easily; and what is guessed must at least read ASCII as everybody does.
    return _strictly(data, guess.encoding) if guess is not None and "A".encode(guess.encoding) == b"A" else None


def _strictly(data: bytes, codec: str) -> tuple[str, str] | None:
    if not codec:
        return None
    try:
        text = data.decode(codec)
    except (UnicodeError, LookupError):
        return None
    return None if _CONTROL.search(text) else (text, codec)


def _known(declared: str) -> str | None:
    """A charset's codec; empty if nobody knows it, None if it is one that says the same in many ways."""
    try:
        name = codecs.lookup(declared).name
        "A".encode(name)  # codecs for other things than text refuse
    except (LookupError, UnicodeError):
        return ""
    return None if name in _MANY_WAYS else name
