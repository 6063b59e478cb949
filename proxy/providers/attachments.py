"""Files inside JSON: where bytes stand in a string, as base64 or as a data URL, and how another file takes their place.

Decoding is strict. What a lenient decoder might still make something of is not decoded here: it stays `Skipped`, since
nobody can tell what its reader would see. An address or an id of a file elsewhere is no file.
"""

import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from detectors.encoded import decode_base64
from proxy.errors import BodyError
from proxy.message import Replacement
from proxy.providers.json_spans import Literal

_HEAD = re.compile(
    r"data:(?P<type>[\w.+-]{1,80}/[\w.+-]{1,80})?(?P<charset>;charset=\"?[\w-]{1,40}\"?)?(?P<base64>;base64)?,",
    re.ASCII | re.IGNORECASE,
)
_PERCENT = re.compile(r"(?:[!-$&-~]|%[0-9a-f]{2})*", re.ASCII | re.IGNORECASE)
_TO_URL = bytes.maketrans(b"+/", b"-_")
# Names of the members beside the bytes that say what they are, and what the file is called.
MEDIA_TYPES = ("media_type", "mediaType", "mime_type", "mimeType", "content_type", "contentType")
NAMES = ("filename", "file_name", "fileName", "document_name", "display_name", "displayName")
_TEXT = "text/plain"


class Decoded(NamedTuple):
    """What a string holds."""

    data: bytes
    media_type: str  # with its charset; empty if the string doesn't say

    def __repr__(self) -> str:
        """Without the data: it is content."""
        return f"Decoded({len(self.data)} bytes)"


def is_data_url(text: str) -> bool:
    """Whether a string is a URL that holds its own data (RFC 2397)."""
    return text[:5].lower() == "data:"


def decode(text: str) -> Decoded | None:
    """The bytes of a data URL or of base64; None if it is neither, or not strictly."""
    if not is_data_url(text):
        data = decode_base64(text)
        return None if data is None else Decoded(data, "")
    head = _HEAD.match(text)
    if head is None:
        return None
    media_type = f"{head['type'] or _TEXT}{head['charset'] or ''}".lower()
    rest = text[head.end() :]
    if head["base64"]:
        data = decode_base64(rest)
        return None if data is None else Decoded(data, media_type)
    return Decoded(unquote_to_bytes(rest), media_type) if _PERCENT.fullmatch(rest) else None


def beside(texts: Mapping[str, str], pointer: str, names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Pointer and text of the members with these names in the object that the string at `pointer` is a member of."""
    base = pointer.rpartition("/")[0]
    for name in names:
        place = f"{base}/{name}"
        if place in texts:
            yield place, texts[place]


def values(literals: Iterable[Literal]) -> dict[str, str]:
    """Pointer → text of the string values."""
    return {literal.pointer: literal.text for literal in literals if literal.kind == "value"}


def edits(strings: Mapping[str, str], texts: Mapping[str, str], files: Mapping[str, Replacement]) -> dict[str, str]:
    """The texts to replace, `texts` among them, so that other files stand at the pointers of `files`.

    `strings` are the body's strings as they are. Raises `BodyError` for a pointer that isn't there.
    """
    edited = dict(texts)
    for pointer, new in files.items():
        old = strings.get(pointer)
        if old is None:
            raise BodyError("the body lacks a file that was to be replaced")
        place = f"{pointer.rpartition('/')[0]}/type"
        if is_data_url(old):
            edited[pointer] = f"data:{new.media_type};base64,{base64.b64encode(new.data).decode()}"
        elif new.media_type == _TEXT and strings.get(place) == "base64":
            # Anthropic's source object: text is another type of source, and stands there as it is.
            edited[place] = "text"
            edited[pointer] = new.data.decode("utf-8", "surrogatepass")
        else:
            encoded = base64.b64encode(new.data)
            edited[pointer] = (encoded.translate(_TO_URL) if _is_url_alphabet(old) else encoded).decode()
        for place, said in beside(strings, pointer, MEDIA_TYPES):
            if said.lower() != new.media_type:
                edited[place] = new.media_type
        if new.suffix:
            for place, name in beside(strings, pointer, NAMES):
                edited[place] = f"{texts.get(place, name)}{new.suffix}"
    return edited


def _is_url_alphabet(text: str) -> bool:
    return "-" in text or "_" in text
