"""Where every string of a JSON document stands, and how to replace some without touching another byte.

`scan` finds the literals, `flatten` lists them, `edit` replaces them. What they mean to a vendor is a dialect's affair.

Pointers are RFC 6901 (JSON Pointer), extended by what can't occur there, a `~` without `0` or `1` behind it:

    /a/b~2          the second member named `b` of an object that repeats the name (`~9x12` is the twelfth)
    /a/~i3          the fourth member (from 0) of an object, where its name could itself be content: pointers go into
                    logs, so only plain identifiers are shown
    /a/~i3~key      that member's name
    /a~json/b       a string at /a is itself a JSON object or array, and this is its member `b`

Documents are strict: UTF-8, no NaN or Infinity, nothing after the end. Python's own parser decides what is valid; the
scanner here only has to find its way in a document that is.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from proxy.errors import BodyError, LimitError

NESTING = 64
LEAVES = 200_000
_LEVELS = 6  # of JSON inside strings inside JSON; deeper strings are plain text
_BOM = b"\xef\xbb\xbf"

# A string mostly ends at the next quote, which is found several times faster than the next quote or backslash.
_TOKEN = re.compile(rb'"(?:[^"]*+(?<!\\)"|[^"\\]*+(?:\\.[^"\\]*+)*+")|[{}\[\],]|-?[0-9][0-9.eE+-]*')
_SHORTEST_NUMBER, _LONGEST_NUMBER = 8, 40  # places behind the first: of those that are read
_LONG_NUMBER = re.compile(rb"-?[0-9]{9}")
_LOOKS_LIKE_JSON = re.compile(r"\s*(?:\{.*\}|\[.*\])\s*", re.DOTALL)
_ESCAPE = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.")
_HOLDER = re.compile("~json")
_SURROGATE = re.compile("[\ud800-\udfff]")

# A member's name that is no content: it is not a segment.
IDENTIFIER = re.compile(r"[A-Za-z_$][A-Za-z_$-]{0,63}")
# A name that may stand in a pointer: the same, and a few digits (b64_json, address2).
_SHOWN = re.compile(r"(?!(?:[^0-9]*[0-9]){4})[A-Za-z_$][A-Za-z0-9_$.-]{0,63}")
# A name that may be a hint to detectors: also words in lower case ("card number").
_HINT = re.compile(r"(?!(?:[^0-9]*[0-9]){4})(?:[A-Za-z_$][A-Za-z0-9_$.-]{0,63}|[a-z][a-z0-9_ .-]{0,63})")


class Literal(NamedTuple):
    """One literal of a document. A tuple, not a dataclass: a body may have tens of thousands."""

    pointer: str
    start: int  # byte offsets in the document that it stands in, quotes included
    end: int
    kind: str  # "value", "key" or "number"
    text: str
    context: str  # the nearest member name
    inner: tuple["Literal", ...] | None = None  # of a string that is JSON itself; offsets in its UTF-8 text

    def __repr__(self) -> str:
        """Without the text: it is content."""
        return f"Literal({self.kind} at {self.start}..{self.end})"


class Document(NamedTuple):
    """A parsed body: its data, and where its literals stand."""

    data: Any
    literals: tuple[Literal, ...]

    def __repr__(self) -> str:
        """Without the data: it is content."""
        return f"Document({len(self.literals)} literals)"


class _Name(NamedTuple):
    """A member's name, as it stands in pointers (empty: not at all), as a hint, and whether it is no content."""

    name: str
    token: str
    hint: str
    is_plain: bool


class _Splice(NamedTuple):
    start: int
    end: int
    text: str  # the new source text of the literal


class _Budget:
    """What one scan may still find, across all levels of JSON inside strings."""

    __slots__ = ("all_keys", "left")

    def __init__(self, left: int, *, all_keys: bool) -> None:
        self.left = left
        self.all_keys = all_keys

    def spend(self) -> None:
        """One literal more. Raises `LimitError` when it is one too many."""
        self.left -= 1
        if self.left < 0:
            raise LimitError("the body has more strings than Privet may read; send fewer at a time")


def scan(body: bytes, *, nesting: int = NESTING, leaves: int = LEAVES, all_keys: bool = False) -> Document:
    """Parse a document and find its strings and long numbers. Raises `BodyError`, `LimitError`.

    Keys that are plain identifiers are left out unless `all_keys` is set.
    """
    data = parse(body)
    budget = _Budget(leaves, all_keys=all_keys)
    return Document(data, _literals(body, "", "", nesting=nesting, levels=_LEVELS, budget=budget))


def parse(body: bytes) -> Any:
    """The document's data. Raises `BodyError`; `LimitError` if it is nested too deep for the parser."""
    try:
        return json.loads(body.removeprefix(_BOM).decode("utf-8"), parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise BodyError("the body is not UTF-8; send JSON as UTF-8") from None
    except RecursionError:
        raise LimitError("the body is nested too deep for JSON; send a flatter one") from None
    except ValueError as error:
        where = f" at character {error.pos}" if isinstance(error, json.JSONDecodeError) else ""
        raise BodyError(f"the body is not valid JSON{where}") from None


def flatten(literals: Iterable[Literal]) -> Iterator[Literal]:
    """All literals; those inside a string that is JSON instead of that string."""
    for literal in literals:
        if literal.inner is None:
            yield literal
        else:
            yield from flatten(literal.inner)


def edit(
    body: bytes, texts: Mapping[str, str], *, nesting: int = NESTING, leaves: int = LEAVES, all_keys: bool = False
) -> bytes:
    """The document with the literals at these pointers replaced; with nothing to replace the same object.

    A number becomes a string. Raises `BodyError` for a pointer that isn't there and when the result, parsed again, is
    anything but the document with these literals replaced.
    """
    if not texts:
        return body
    literals = scan(body, nesting=nesting, leaves=leaves, all_keys=all_keys).literals
    # The strings that hold JSON of which something is to be replaced.
    holders = frozenset(p[: at.start()] for p in texts for at in _HOLDER.finditer(p))
    splices, found = _splices(body, literals, texts, holders)
    if len(found) != len(texts):
        raise BodyError(f"the body has only {len(found)} of the {len(texts)} strings that were to be replaced")
    return _spliced(body, literals, splices)


def value_at(data: Any, pointer: str) -> Any:
    """What stands at a pointer of parsed JSON, or None. Extended pointers aren't followed."""
    node = data
    for token in pointer.split("/")[1:]:
        if isinstance(node, dict):
            node = node.get(token)
        elif isinstance(node, list) and token.isdecimal() and int(token) < len(node):
            node = node[int(token)]
        else:
            return None
    return node


def is_identifier(name: str) -> bool:
    """Whether a member's name is a plain identifier, which is no content."""
    return IDENTIFIER.fullmatch(name) is not None


def name_token(name: str, index: int) -> str:
    """A member's name as it stands in pointers; its position where the name could be content."""
    return name if _SHOWN.fullmatch(name) else f"~i{index}"


def hint(name: str) -> str:
    """A member's name if it is fit to be a hint, else nothing."""
    return name if _HINT.fullmatch(name) else ""


def repetition(count: int) -> str:
    """What the pointer of an object's `count`-th member of the same name ends with."""
    if count == 1:
        return ""
    return f"~{count}" if count < 10 else f"~9x{count}"


def quote(text: str, *, ascii_only: bool) -> str:
    """A JSON string literal. Lone surrogates are always escaped: UTF-8 has no bytes for them."""
    literal = json.dumps(text, ensure_ascii=ascii_only)
    return _SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", literal)


def _no_constant(_name: str) -> Any:
    raise ValueError("NaN and Infinity are not JSON")


def _text(raw: bytes) -> str:
    """The text of a string literal, quotes included."""
    if b"\\" not in raw:
        return raw[1:-1].decode("utf-8")
    text: str = json.loads(raw)
    return text


def _number(raw: bytes) -> str | None:
    """A number that is long enough to be somebody's, in figures alone where it is whole; None for all others."""
    if b"." not in raw and b"e" not in raw and b"E" not in raw:
        return raw.decode() if _LONG_NUMBER.match(raw) else None
    written = raw.decode()
    try:
        number = Decimal(written)
    except InvalidOperation:
        return written  # an exponent that nobody can mean
    if _SHORTEST_NUMBER <= number.adjusted() <= _LONGEST_NUMBER and number == number.to_integral_value():
        return f"{number:.0f}"
    return written if _LONG_NUMBER.match(raw) else None


def _name(raw: bytes) -> _Name:
    name = _text(raw)
    return _Name(name, name if _SHOWN.fullmatch(name) else "", hint(name), is_identifier(name))


def _literals(
    body: bytes, prefix: str, hinted: str, *, nesting: int, levels: int, budget: "_Budget"
) -> tuple[Literal, ...]:
    """Every literal of a valid document, in order; pointers start with `prefix`."""
    found: list[Literal] = []
    stack: list[tuple[str, int, str, dict[str, int] | None, bool]] = []
    # The container at hand: its pointer, the position in it, the nearest name, the names seen (None: an array), and
    # whether a name comes next.
    base, index, context = prefix, 0, hinted
    seen: dict[str, int] | None = None
    name_next = False
    pointer = prefix  # of the value that comes next
    names: dict[bytes, _Name] = {}  # each of them is looked at once
    for match in _TOKEN.finditer(body):
        start = match.start()
        first = body[start]
        if first == 0x2C:  # ,
            index += 1
            if seen is None:
                pointer = f"{base}/{index}"
            else:
                name_next = True
        elif first == 0x22:  # "
            raw = match[0]
            if name_next and seen is not None:
                name_next = False
                known = names.get(raw)
                if known is None:
                    known = names[raw] = _name(raw)
                name, token, context, is_plain = known
                token = token or f"~i{index}"
                if token in seen:
                    count = seen[token] = seen[token] + 1
                    pointer = f"{base}/{token}{repetition(count)}"
                else:
                    seen[token] = 1
                    pointer = f"{base}/{token}"
                if is_plain and not budget.all_keys:
                    continue
                found.append(Literal(f"{pointer}~key", start, match.end(), "key", name, ""))
            else:
                text = _text(raw)
                inner = None
                if text and (text[0] in "{[" or text[0].isspace()):
                    inner = _inside(text, pointer, context, nesting=nesting - len(stack), levels=levels, budget=budget)
                found.append(Literal(pointer, start, match.end(), "value", text, context, inner))
            budget.spend()
        elif first in (0x7B, 0x5B):  # { [
            stack.append((base, index, context, seen, name_next))
            if len(stack) > nesting:
                raise LimitError(f"the body is nested deeper than {nesting} levels; send a flatter one")
            base, index = pointer, 0
            if first == 0x7B:
                seen, name_next = {}, True
            else:
                seen, name_next, pointer = None, False, f"{base}/0"
        elif first in (0x7D, 0x5D):  # } ]
            base, index, context, seen, name_next = stack.pop()
        elif (number := _number(match[0])) is not None:
            found.append(Literal(pointer, start, match.end(), "number", number, context))
            budget.spend()
    return tuple(found)


def _inside(
    text: str, pointer: str, context: str, *, nesting: int, levels: int, budget: "_Budget"
) -> tuple[Literal, ...] | None:
    """The literals of a string that is itself a JSON object or array, or None."""
    if levels == 0 or not _LOOKS_LIKE_JSON.fullmatch(text):
        return None
    try:
        inner = text.encode("utf-8")
        json.loads(text, parse_constant=_no_constant)
        return _literals(inner, f"{pointer}~json", context, nesting=nesting, levels=levels - 1, budget=budget)
    except (UnicodeEncodeError, ValueError, RecursionError):
        return None
    except LimitError:
        if budget.left < 0:
            raise
        return None  # nested too deep to edit: it is read as one text


def _splices(
    body: bytes, literals: Iterable[Literal], texts: Mapping[str, str], holders: frozenset[str]
) -> tuple[list[_Splice], frozenset[str]]:
    """What to put where, and which pointers were found."""
    splices: list[_Splice] = []
    found: set[str] = set()
    ascii_only = body.isascii()
    for literal in literals:
        if literal.pointer in texts:
            found.add(literal.pointer)
            new = quote(texts[literal.pointer], ascii_only=ascii_only)
            splices.append(_Splice(literal.start, literal.end, new))
            continue
        if literal.inner is None or literal.pointer not in holders:
            continue
        inner, inner_found = _splices(literal.text.encode(), literal.inner, texts, holders)
        found |= inner_found
        offsets = _source_offsets(body[literal.start + 1 : literal.end - 1], [at for s in inner for at in s[:2]])
        outer = [
            # The inner literal is source text here, and stands in a string: it is escaped once more.
            _Splice(literal.start + 1 + start, literal.start + 1 + end, quote(s.text, ascii_only=ascii_only)[1:-1])
            for s, start, end in zip(inner, offsets[::2], offsets[1::2], strict=True)
        ]
        if _text(_part(body, literal, outer)) != _spliced(literal.text.encode(), literal.inner, inner).decode():
            raise BodyError("JSON inside a string of the body could not be edited")
        splices += outer
    return splices, frozenset(found)


def _source_offsets(source: bytes, offsets: Sequence[int]) -> list[int]:
    """Offsets in a string's UTF-8 text (rising) as offsets in its escaped source (without quotes)."""
    result: list[int] = []
    read = text = 0  # what was walked over, in the source and in the text
    wanted = iter(offsets)
    at = next(wanted, None)
    for match in _ESCAPE.finditer(source):
        while at is not None and at <= text + match.start() - read:
            result.append(read + at - text)
            at = next(wanted, None)
        text += match.start() - read + len(_text(b'"' + match[0] + b'"').encode())
        read = match.end()
    while at is not None:
        result.append(read + at - text)
        at = next(wanted, None)
    return result


def _apply(body: bytes, splices: Iterable[tuple[int, int, bytes]]) -> bytes:
    parts: list[bytes] = []
    done = 0
    for start, end, new in splices:
        parts += (body[done:start], new)
        done = end
    parts.append(body[done:])
    return b"".join(parts)


def _spliced(body: bytes, literals: Iterable[Literal], splices: Sequence[_Splice]) -> bytes:
    """The edited document. Raises `BodyError` unless just the spliced literals differ, token for token."""
    result = _apply(body, [(splice.start, splice.end, splice.text.encode()) for splice in splices])
    parse(result)
    expected: dict[int, bytes] = {}
    done = 0
    for literal in literals:
        first = done
        while done < len(splices) and splices[done].start < literal.end:
            done += 1
        if done > first:
            expected[literal.start] = _part(body, literal, splices[first:done])
    try:
        for old, new in zip(_TOKEN.finditer(body), _TOKEN.finditer(result), strict=True):
            if new[0] != expected.get(old.start(), old[0]):
                raise BodyError("the edited body differs where nothing was to change")
    except ValueError:
        raise BodyError("the edited body has more or fewer parts than the one that came") from None
    return result


def _part(body: bytes, literal: Literal, splices: Iterable[_Splice]) -> bytes:
    """A literal's source with what is spliced into it."""
    source = body[literal.start : literal.end]
    return _apply(source, [(s.start - literal.start, s.end - literal.start, s.text.encode()) for s in splices])
