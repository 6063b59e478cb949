"""Bounded, plain forms of everything that comes from outside, so that no content gets into the log by a side door.

Keys of a JSON body, path parts, model and host names are chosen by whoever sends a request. Each function here returns
its argument if it has the expected form and a placeholder (`*`) where it has not. All are idempotent.
"""

import ipaddress
import re
import unicodedata

from audit.errors import EventError

OTHER = "*"
MAX_INT = 2**53 - 1  # what every JSON reader holds exactly (RFC 8785, I-JSON)

_MAX_POINTER = 256
_MAX_PATH_PARTS = 16
# A plain name; and what pointers into JSON in strings, into files and to unnamed members have (docs/dialects.md).
_KEY = re.compile(
    r"(?:[A-Za-z_][A-Za-z0-9_-]{0,40}|[0-9]{1,6}|~(?:i[0-9]{1,6}|line|part|path|query|header|form|filename))"
    r"(?:~(?:json|file|base64|base32|hex|filename|line|key|[2-9]))*"
)
_INDEX = re.compile(r"[0-9]{1,6}")
_WORD = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:/-]{0,127}")
_MODEL = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9][A-Za-z0-9_.:/+-]{0,100}(@([0-9]{1,8}|latest|default))?")
_MODEL_DIGITS = 16  # a date and a few version numbers; more could be somebody's number
_HOST = re.compile(r"([a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9])?|\[[0-9a-f:.]{2,45}\])(:[0-9]{1,5})?")
_PATH_PART = re.compile(r"[A-Za-z][A-Za-z0-9_.:-]{0,60}")
_LONG_NUMBER = re.compile(r"[0-9]{6,}")
_GENERATED = re.compile(r"([A-Za-z]{1,16}[_-])(?=[A-Za-z0-9_-]*[0-9])[A-Za-z0-9_-]{12,}")
_HEX = re.compile(r"[0-9a-f]{16,128}")
_ULID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")
_TIME = re.compile(r"[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]\.[0-9]{6}Z")


def word(text: str) -> str:
    """A code word such as a status, an operator or a reason."""
    return text if _fits(_WORD, text) else OTHER


def name(text: str) -> str:
    """A name that an administrator chose: a rule, a department, a label, an entity type."""
    return text if _fits(_NAME, text) else OTHER


def model(text: str) -> str:
    """A model's name as the caller sent it, if it looks like one."""
    return text if _fits(_MODEL, text) and sum(map(str.isdigit, text)) <= _MODEL_DIGITS else OTHER


def person(text: str) -> str:
    """Who asked: printable characters, at most 128."""
    shown = "".join(char if unicodedata.category(char)[0] not in "CZ" or char == " " else "?" for char in _text(text))
    return shown[:128].strip()


def remark(text: str) -> str:
    """What a person says for the record: printable characters, at most 500."""
    shown = "".join(char if unicodedata.category(char)[0] != "C" else " " for char in _text(text))
    return " ".join(shown.split())[:500]


def address(text: str) -> str:
    """An IP address in its canonical form."""
    try:
        return str(ipaddress.ip_address(text.partition("%")[0])) if _text(text) else ""
    except ValueError:
        return OTHER


def host(text: str) -> str:
    """A host name, with its port if it has one."""
    return text.lower() if _fits(_HOST, text.lower()) else OTHER


def endpoint(path: str) -> str:
    """A URL path without its query; parts that look like ids, numbers or people are replaced."""
    if not _text(path):
        return ""
    parts = re.split(r"[?#;]", path, maxsplit=1)[0].split("/")
    shown = [part if not part or part == OTHER else _path_part(part) for part in parts[:_MAX_PATH_PARTS]]
    return "/".join([*shown, OTHER] if len(parts) > _MAX_PATH_PARTS and shown[-1] != OTHER else shown)


def _path_part(part: str) -> str:
    if generated := _GENERATED.fullmatch(part):
        if not re.search(r"[.:]", part) and _looks_random(part[generated.end(1) :]):
            return generated[1] + OTHER
    elif part.endswith(("_*", "-*")) and re.fullmatch(r"[A-Za-z]{1,16}[_-]\*", part):
        return part
    if not _PATH_PART.fullmatch(part) or (_LONG_NUMBER.search(part) and not re.search(r"-20[0-9]{6}(?![0-9])", part)):
        return OTHER
    return part


def _looks_random(text: str) -> bool:
    """Generated ids mix digits into letters; model names put them between dashes."""
    return max(len(piece) for piece in re.split(r"[-_]", text)) >= 12


def pointer(text: str) -> str:
    """A JSON pointer whose parts are plain identifiers or indexes; every other part becomes `*`."""
    parts = _text(text).split("/")
    shown = [part if not part or _KEY.fullmatch(part) or _INDEX.fullmatch(part) else OTHER for part in parts]
    while len("/".join(shown)) > _MAX_POINTER:
        shown = [*shown[:-2], OTHER]
    return "/".join(shown)


def hexadecimal(text: str) -> str:
    """A hash or HMAC. Raises `EventError`: a value in its place must never get through."""
    if not _fits(_HEX, text):
        raise EventError("expected a hash in lower-case hexadecimal, got something else")
    return text


def ulid(text: str) -> str:
    """An event's id. Raises `EventError`."""
    if not _fits(_ULID, text):
        raise EventError("expected a ULID (26 characters of Crockford's base 32), got something else")
    return text


def time(text: str) -> str:
    """A time as the log writes it. Raises `EventError`."""
    if not _fits(_TIME, text):
        raise EventError("expected a time such as 2026-11-24T03:22:05.123456Z, got something else")
    return text


def count(number: int) -> int:
    """A whole number from 0 to 2^53 - 1. Raises `EventError`."""
    if type(number) is not int or not 0 <= number <= MAX_INT:
        raise EventError(f"expected a whole number from 0 to 2^53 - 1, got {type(number).__name__}")
    return number


def permille(number: int) -> int:
    """A score from 0 to 1000. Raises `EventError`."""
    if count(number) > 1000:
        raise EventError("expected a score from 0 to 1000, got more")
    return number


def _fits(form: re.Pattern[str], text: str) -> bool:
    return not _text(text) or form.fullmatch(text) is not None


def _text(text: str) -> str:
    if not isinstance(text, str):
        raise EventError(f"expected text, got {type(text).__name__}")
    return text
