"""`name=value&…` as in forms and query strings: the values as segments, edited by span, the rest byte for byte.

Pointers: `PREFIX/NAME`, where a name that could be content is `~i` and its position, and the name itself is a segment
with `~key` behind it. A value that is JSON is read as JSON (`~json`, see `json_spans`).
Reference: WHATWG URL, application/x-www-form-urlencoded.
"""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple
from urllib.parse import quote_plus, unquote, unquote_plus

from proxy.errors import BodyError
from proxy.message import Role, Segment
from proxy.providers.json_spans import edit, flatten, hint, is_identifier, name_token, repetition, scan

_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
_ENCODED_AT_MOST = 3


class Field(NamedTuple):
    """One name or value. Offsets are in the encoded text."""

    pointer: str
    start: int
    end: int
    text: str
    context: str

    def __repr__(self) -> str:
        """Without the text: it is content."""
        return f"Field({self.start}..{self.end})"


def fields(encoded: str, prefix: str) -> tuple[Field, ...]:
    """Names that could be content, and all values. Raises `BodyError` when percent-encoding hides no UTF-8."""
    found: list[Field] = []
    seen: dict[str, int] = {}
    at = 0
    for index, pair in enumerate(encoded.split("&")):
        raw_name, equals, raw_value = pair.partition("=")
        name = _decode(raw_name)
        token = name_token(name, index)
        count = seen[token] = seen.get(token, 0) + 1
        pointer = f"{prefix}/{token}{repetition(count)}"
        if name and not is_identifier(name):
            found.append(Field(f"{pointer}~key", at, at + len(raw_name), name, ""))
        if raw_value:
            start = at + len(raw_name) + len(equals)
            found.append(Field(pointer, start, start + len(raw_value), _decode(raw_value), hint(name)))
        at += len(pair) + 1
    return tuple(found)


def segments(found: Iterator[Field] | tuple[Field, ...], nesting: int) -> Iterator[Segment]:
    """The fields as segments; a value that is JSON gives its strings instead."""
    for item in found:
        if _is_json(item.text):
            try:
                literals = scan(item.text.encode(), nesting=nesting).literals
            except BodyError:
                pass
            else:
                for literal in flatten(literals):
                    pointer = f"{item.pointer}~json{literal.pointer}"
                    yield Segment(pointer, Role.USER, literal.text, literal.context or item.context)
                continue
        yield Segment(item.pointer, Role.USER, item.text, item.context)


def rebuild(encoded: str, prefix: str, texts: Mapping[str, str], nesting: int) -> str:
    """The encoded text with the fields at these pointers replaced. Raises `BodyError`."""
    inside: dict[str, dict[str, str]] = {}  # field → pointer in its JSON → text
    for pointer, text in texts.items():
        field, holds, rest = pointer.partition("~json")
        if holds:
            inside.setdefault(field, {})[rest] = text
    parts: list[str] = []
    done = replaced = 0
    for item in fields(encoded, prefix):
        if item.pointer in inside:
            new = edit(item.text.encode(), inside[item.pointer], nesting=nesting).decode()
        elif item.pointer in texts:
            new = texts[item.pointer]
        else:
            continue
        replaced += len(inside.get(item.pointer, " "))
        parts += (encoded[done : item.start], quote_plus(new, errors="surrogatepass"))
        done = item.end
    if replaced != len(texts):
        raise BodyError(f"only {replaced} of {len(texts)} fields that were to be replaced are there")
    parts.append(encoded[done:])
    return "".join(parts)


def _is_json(text: str) -> bool:
    return text.lstrip()[:1] in {"{", "["}


def _decode(raw: str) -> str:
    """What the encoded text says; some clients encode twice."""
    try:
        text = unquote_plus(raw, errors="strict")
    except UnicodeDecodeError:
        raise BodyError("percent-encoded text is not UTF-8") from None
    for _ in range(_ENCODED_AT_MOST - 1):
        if not _ESCAPE.search(text):
            break
        try:
            text = unquote(text, errors="strict")
        except UnicodeDecodeError:
            break  # it only looks encoded
    return text
