"""E-mail addresses.

The public suffix list tells an address from `package@1.2.3`; it is tldextract's bundled snapshot, never fetched. An
address under a name that isn't public (`ana@mail.corp`) is believed with a lower score: it is still a person's. Under
names that nobody can register (`.example`, `.local`), letters and digits in disorder with nothing beside them are
nobody's. In URLs the sign is often encoded (`ana%40mail.com`).
"""

import re
from collections.abc import Iterator
from functools import cache

import tldextract

from detectors.finding import Finding
from detectors.gate.gate import gated
from detectors.recognizers.source import Source

# The local part is bounded (RFC 5321: 64 octets), so a megabyte of letters costs no more than its length.
_ADDRESS = gated(
    re.compile(
        r"(?<![\w.%+-])[\w%+!#$&*/=?^`{|}~-](?:[\w.%+'!#$&*/=?^`{|}~-]{0,63}?)(?P<at>@|%40)"
        r"(?P<host>(?:[^\W_](?:[\w-]{0,62})\.){1,8}[^\W\d_][\w-]{1,62})(?![\w@])"
    )
)
# An address without its signs, as speech recognition and hasty typing leave it: the mail service gives it away.
_SERVICE = gated(
    re.compile(
        r"(?:gmail|googlemail|yahoo|ymail|hotmail|outlook|icloud|aol|protonmail|yandex|rediffmail|gmx|mail)"
        r"(?P<dot> dot )?(?:com|net|org|de|co ?in|in|fr)(?!\w)",
        re.IGNORECASE,
    )
)
_SERVICES = ("mail", "yahoo", "outlook", "icloud", "aol", "yandex", "gmx")  # in each of them
_BEFORE_GLUED = re.compile(r"(?<![\w@./:-])(?:[a-z]{2,30} \d{1,6} )?\w{0,30}$", re.IGNORECASE)
_BEFORE_SAID = re.compile(r"(?<!\w)\w{1,30}(?: (?:dot|underscore|dash|hyphen) \w{1,30}){0,3} at $", re.IGNORECASE)
# What stands before an address in a URL, a form or a log line: other parameters, a path, its own parameter's name.
_IN_FRONT = re.compile(
    r".*(?:[?&](?=[\w.\[\]-]{1,30}=)|[/#]|%(?:0[AD]|2[0236CF]|3[A-F]|5[BD]))(?:[\w.\[\]-]{1,30}(?:=|%3D))?"
    r"|[\w-]{0,20}(?:mail|user|name|login|account|from|to|cc|recipient|sender|contact|owner|author|address)=",
    re.IGNORECASE,
)
# `postgres://shop:h4nds0ff@db.example.org`: what stands before the sign is a password.
_IN_CREDENTIALS = re.compile(r"://[^\s/@?#:]{0,128}:[^\s/@]{0,64}$")
_FAR = 200
_LOCAL_SPECIALS = "'\"`{|}/=?&#$!*^~"
# Not people: the user of a repository's address, and files that have an @ in their name.
# And names that can't exist (RFC 6761), and whom coding agents name as co-authors.
_NOT_A_PERSON = re.compile(
    r"^(?:git|hg|svn)@|^no-?reply@(?:anthropic|openai|github|google|cursor)\.com$|"
    r"\.(?:test|invalid|localhost|png|jpe?g|gif|svg|webp|css|js|ts|py|html?)$",
    re.IGNORECASE,
)

_UNREGISTERED = re.compile(r"\.(?:example|local)$", re.IGNORECASE)  # RFC 2606, RFC 6762
_JOINTS = re.compile(r"[._+-]")
_BESIDE = re.compile(r"[^\W_]")
_BESIDE_REACH = 80


def find(source: Source) -> Iterator[Finding]:
    """Every e-mail address in a text."""
    yield from _unsigned(source)
    if "@" not in source.text and "%40" not in source.text:
        return
    for match in source.matches(_ADDRESS):
        start, at = match.start(), match.start("at")
        local = source.text[start:at]
        if (front := _IN_FRONT.match(local)) is not None and front.end() < len(local):
            start += front.end()
            local = local[front.end() :]
        start += len(local) - len(local.lstrip(_LOCAL_SPECIALS))
        if start >= at or _IN_CREDENTIALS.search(source.text, max(0, start - _FAR), start):
            continue
        if _NOT_A_PERSON.search(source.text[start : match.end()]):
            continue
        if _UNREGISTERED.search(match["host"]) and _says_nothing(source, start, at, match.end()):
            continue
        public = _extractor()(match["host"]).suffix != ""
        yield Finding(start, match.end(), "EMAIL_ADDRESS", 1.0 if public else 0.7, "emails")


def _says_nothing(source: Source, start: int, at: int, end: int) -> bool:
    """Whether an address has no name in it, and nothing beside it that says whose it is."""
    stem = source.text[start:at].rstrip("0123456789")
    if all(part.isalpha() for part in _JOINTS.split(stem)) and not set("aeiouy").isdisjoint(stem.lower()):
        return False
    around = f"{source.before(start, _BESIDE_REACH)} {source.text[end : end + _BESIDE_REACH]}"
    return _BESIDE.search(around) is None


def _unsigned(source: Source) -> Iterator[Finding]:
    """`jo 65 gmailcom`, "jo dot doe at gmail dot com"."""
    text = source.text
    places = source.beside(_SERVICES, 24, 24) if source.may(_SERVICE) else ()
    for match in (match for start, end in places for match in source.matches(_SERVICE, start, end)):
        left = max(0, match.start() - 64)
        before = (_BEFORE_SAID if match["dot"] else _BEFORE_GLUED).search(text[left : match.start()])
        if before is not None and before[0]:
            yield Finding(left + before.start(), match.end(), "EMAIL_ADDRESS", 0.7, "emails")


@cache
def _extractor() -> tldextract.TLDExtract:
    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
