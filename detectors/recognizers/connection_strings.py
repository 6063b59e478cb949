"""Credentials inside URLs and connection strings: `postgres://user:password@host`, `AccountKey=…`, `Pwd=…`.

The user and the password are one finding: together they open the door, and the host and database stay readable.
"""

import re
from collections.abc import Iterator

from detectors.finding import Finding
from detectors.gate.gate import gated
from detectors.recognizers.placeholders import is_placeholder
from detectors.recognizers.rule import Rule, apply_rules
from detectors.recognizers.source import Source

_URL = gated(
    re.compile(
        r"(?<![A-Za-z0-9+.-])[A-Za-z][A-Za-z0-9+.-]{1,30}://(?P<user>[^\s:/?#@\"'<>]{0,128}):(?P<password>[^\s/\"'<>]{1,256})@(?=[\w\[$<{])"
    )
)
_TOKEN_URL = gated(re.compile(r"(?<![A-Za-z0-9+.-])https?://(?P<token>[A-Za-z0-9_-]{20,128})@(?=[\w\[])"))
_RULES = (
    Rule("connection_strings", "CONNECTION_STRING",
    re.compile(r"(?i)\bAccountKey\s?=\s?([A-Za-z0-9+/]{40,90}={0,2})"), group=1, literals=("accountkey",)),
    Rule("connection_strings", "CONNECTION_STRING", re.compile(r"(?i)\bSharedAccess(?:Key|"
        r"Signature)\s?=\s?([A-Za-z0-9+/%&=_.-]{20,400})"), group=1,
         literals=("sharedaccess",)),
    Rule("connection_strings", "CONNECTION_STRING", re.compile(r"(?i)[?&]sig=([A-Za-z0-9%+/=]{30,120})"), group=1,
    literals=("sig=",)),
)  # fmt: skip
_WEAK_PASSWORD = frozenset({"password", "pass", "passwd", "pwd", "secret", "user", "username", "port", "token", "key"})
_EXAMPLES = frozenset({"scott:tiger", "foo:bar", "org:repo", "me:you", "name:value", "host:port", "alice:bob"})


def find(source: Source) -> Iterator[Finding]:
    """Every pair of credentials in a URL or connection string."""
    yield from apply_rules(_RULES, source)
    if "://" not in source.text:
        return
    for match in source.matches(_URL):
        password = match["password"]
        if is_placeholder(password) or password.lower() in _WEAK_PASSWORD or f"{match['user']}:{password}" in _EXAMPLES:
            continue
        start = match.start("user") if match["user"] else match.start("password")
        yield Finding(start, match.end("password"), "CONNECTION_STRING", 0.95, "connection_strings")
    for match in source.matches(_TOKEN_URL):
        if any(character.isdigit() for character in match["token"]):
            yield Finding(*match.span("token"), "CONNECTION_STRING", 0.85, "connection_strings")
