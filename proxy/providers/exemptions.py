"""What a dialect need not read: the few strings that are the protocol's own, by exact place *and* look.

A place alone is not enough: whoever controls a request could put anything there. So each exempt place says what its
value looks like, and a value that looks otherwise is a segment as any other. What can't be read at all (images, audio,
files) is not exempt: it is `Skipped`, and the policy decides.

Places are pointers with `*` for every array index. `name/**` in `schemas` are JSON schemas: their own keywords
(`type`, `required`, …) are exempt at any depth, their descriptions, defaults and enumerations are not.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from detectors.finding import SkipReason
from proxy.providers.json_spans import is_identifier

type Check = Callable[[str, Mapping[str, Any]], bool]

# What secrets begin with: an id or a model's name never does.
_KEY = r"(?:sk|pk|rk|whsec)[-_]|gh[pousr]_|github_pat|glpat-|xox|AKIA|ASIA|AIza|hf_|ya29"
# And what none holds further in: a key behind `gpt-4o-` or `call_`.
_INSIDE = (
    r".*?(?:A(?:KIA|SIA)[A-Z0-9]{16}|AIza[\w-]{30}|gh[pousr]_[A-Za-z0-9]{30}"
    r"|github_pat_|glpat-|sk-(?:proj|ant)-|xox[abp]-)"
)
# Numbers of cards, accounts and people, in their usual groups; dates and versions have others.
_NUMBER = re.compile(
    r"(?<![0-9])(?:[3-6][0-9]{12,18}|[0-9]{3}-[0-9]{2}-[0-9]{4}|(?:[0-9]{4}[-_.:]){3}[0-9]{1,7})(?![0-9])"
    r"|(?<![A-Za-z])[A-Z]{2}[0-9]{2}[A-Z]{0,4}[0-9]{7,26}(?![a-z])"
)
_FIGURES = re.compile(r"[0-9][0-9._:-]{5}")  # without them it is none, which is quick to see
_NO_SECRET = rf"(?!{_KEY}|eyJ|{_INSIDE})"
# No account numbers, and no addresses: what follows an @ is a version.
_MODEL = re.compile(_NO_SECRET + r"(?!.*[0-9]{9})(?!.+@[\w-]*\.)[A-Za-z@][\w./:@-]{0,199}", re.ASCII)
# Possessive: a value that is almost a word would take exponential time else.
_PIECE = r"[A-Za-z]++[0-9]{0,3}+[a-z]{0,3}+"
_WORD = re.compile(rf"{_NO_SECRET}{_PIECE}(?:[_.-](?:{_PIECE}|[0-9]{{1,8}})){{0,7}}", re.ASCII)
# What nearly every value at a place of words is; each is a `_WORD`.
_COMMON = frozenset({"assistant", "function", "system", "text", "tool", "user"})
_SMALL_THEN_CAPITAL = re.compile(r"[a-z][A-Z]")
_SEPARATOR = re.compile(r"[-_./:@]")
_ID = re.compile(
    _NO_SECRET + r"(?:(?:[A-Za-z]{1,16}[_-]){1,4}(?=[A-Za-z_-]*[0-9])[A-Za-z0-9_-]{1,200}"
    r"|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?=[0-9]*[A-Za-z])[A-Za-z0-9]{9}|[0-9a-f]{32})",
    re.ASCII,
)
# Account numbers and keys in capitals have no small letters.
_BASE64 = re.compile(rf"(?!{_KEY})(?=[^a-z]*[a-z])(?=[^A-Z]*[A-Z])[A-Za-z0-9+/_-]{{16,}}={{0,2}}", re.ASCII)
_LONG_BASE64 = re.compile(r"[A-Za-z0-9+/_\r\n-]{1024,}={0,2}\s*", re.ASCII)
_MEDIA_TYPE = re.compile(r"[a-z]+/[a-zA-Z0-9.+*-]{1,80}(?:; ?[a-z]+=[\w.-]{1,40})?", re.ASCII)
_ENDPOINT = re.compile(r"/v[12](?:/[a-z][a-z_]{1,24}){1,4}", re.ASCII)
_DURATION = re.compile(r"[0-9]{1,4}[smhd]", re.ASCII)
_DATA_URL = re.compile(r"data:[\w.+/-]*(?:;[\w.=-]+)*,", re.ASCII)
_WEB_URL = re.compile(r"(?:https?|gs|s3|file)://", re.ASCII)
_SCHEMA_TYPES = frozenset(["string", "number", "integer", "boolean", "object", "array", "null"])
_REFERENCE = re.compile(r"#(?:/[A-Za-z_$][A-Za-z_$-]{0,63}){1,6}", re.ASCII)
_INDEX = re.compile(r"/[0-9]+(?=/|~|$)")


def model(value: str, _parent: Mapping[str, Any]) -> bool:
    """A model's name."""
    return _MODEL.fullmatch(value) is not None and not _is_random(value) and not _is_number(value)


def word(value: str, _parent: Mapping[str, Any]) -> bool:
    """One of a closed set of values: a type, a role, an effort."""
    if value in _COMMON:
        return True
    is_word = len(value) <= 64 and _WORD.fullmatch(value) is not None
    return is_word and not _is_random(value) and not _is_number(value)


def name(value: str, _parent: Mapping[str, Any]) -> bool:
    """A plain identifier, as a tool's name; the same that isn't read as a member's name either."""
    return is_identifier(value)


def identifier(value: str, _parent: Mapping[str, Any]) -> bool:
    """An id that vendors or SDKs make up: a prefix and random characters, a UUID, nine characters of Mistral's."""
    return _ID.fullmatch(value) is not None and not _is_number(value)


def signature(value: str, _parent: Mapping[str, Any]) -> bool:
    """A signature or encrypted text that came from the vendor: base64."""
    return _BASE64.fullmatch(value) is not None


def media_type(value: str, _parent: Mapping[str, Any]) -> bool:
    """A media type."""
    return _MEDIA_TYPE.fullmatch(value) is not None


def endpoint(value: str, _parent: Mapping[str, Any]) -> bool:
    """The path of one of the vendor's endpoints."""
    return _ENDPOINT.fullmatch(value) is not None


def duration(value: str, _parent: Mapping[str, Any]) -> bool:
    """A short time: `5m`, `1h`."""
    return _DURATION.fullmatch(value) is not None


def redacted(value: str, parent: Mapping[str, Any]) -> bool:
    """Thinking that the vendor encrypted."""
    return parent.get("type") == "redacted_thinking" and signature(value, parent)


def base64_source(value: str, parent: Mapping[str, Any]) -> bool:
    """Binary data that its own source object calls base64. Text sources have the same field: they are read."""
    return parent.get("type") == "base64" or _LONG_BASE64.fullmatch(value) is not None


def anything(_value: str, _parent: Mapping[str, Any]) -> bool:
    """Whatever stands there: only for places that are `Skipped`."""
    return True


def shape_of(pointer: str) -> str:
    """A pointer with `*` for every array index."""
    return _INDEX.sub("/*", pointer)


def opaque_anywhere(text: str) -> SkipReason | None:
    """Whether a string is data that can't be read as text, wherever it stands."""
    if text.startswith("data:") and _DATA_URL.match(text):
        return SkipReason.OPAQUE
    if len(text) >= 1024 and _LONG_BASE64.fullmatch(text):
        return SkipReason.UNSUPPORTED_MEDIA
    return None


def is_web_url(text: str) -> bool:
    """An address that the vendor would fetch by itself."""
    return _WEB_URL.match(text) is not None


@dataclass(frozen=True, slots=True)
class Exemptions:
    """A dialect's exempt and opaque places."""

    exact: Mapping[str, Check]
    schemas: tuple[str, ...] = ()  # pointers of JSON schemas, without the last slash
    opaque: Mapping[str, tuple[Check, SkipReason]] = field(default_factory=dict)
    _below: tuple[str, ...] = field(init=False, repr=False)  # what the places in schemas begin with

    def __post_init__(self) -> None:
        """What follows from the places."""
        object.__setattr__(self, "_below", tuple(f"{schema}/" for schema in self.schemas))

    def exempts(self, shape: str, text: str, parent: Mapping[str, Any]) -> bool:
        """Whether this string need not be read."""
        check = self.exact.get(shape)
        if check is not None:
            return check(text, parent)
        return shape.startswith(self._below) and "~" not in shape and _keyword(shape, text)

    def skips(self, shape: str, text: str, parent: Mapping[str, Any]) -> SkipReason | None:
        """Why this string can't be read, if it can't."""
        entry = self.opaque.get(shape)
        if entry is not None and entry[0](text, parent):
            return entry[1]
        return opaque_anywhere(text)


def _is_number(value: str) -> bool:
    """Whether somebody's number is in it."""
    return _FIGURES.search(value) is not None and _NUMBER.search(value) is not None


def _is_random(value: str) -> bool:
    """Whether capitals stand where only a key has them: thrice or more within one part of a name."""
    return not value.islower() and any(len(_SMALL_THEN_CAPITAL.findall(part)) >= 3 for part in _SEPARATOR.split(value))


def _keyword(shape: str, text: str) -> bool:
    if shape.endswith(("/type", "/type/*")):
        return text.lower() in _SCHEMA_TYPES
    if shape.endswith("/required/*"):
        return is_identifier(text)
    return shape.endswith("/$ref") and _REFERENCE.fullmatch(text) is not None
