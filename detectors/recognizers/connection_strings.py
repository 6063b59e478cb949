"""Credentials inside URLs and connection strings: `postgres://user:password@host`, `AccountKey=…`, `Pwd=…`.

The user and the password are one finding: together they open the door, and the host and database stay readable.
"""

import re
from collections.abc import Iterator

from detectors.finding import Finding
from detectors.gate.gate import gated
from detectors.recognizers.assignments import is_random
from detectors.recognizers.placeholders import is_placeholder
from detectors.recognizers.rule import Rule, RuleTable
from detectors.recognizers.source import Source

_URL = gated(
    re.compile(
        r"(?<![A-Za-z0-9+.-])[A-Za-z][A-Za-z0-9+.-]{1,30}://(?P<user>[^\s:/?#@\"'<>]{0,128}):(?P<password>[^\s/\"'<>]{1,256})@(?=[\w\[$<{])"
    )
)
_TOKEN_URL = gated(re.compile(r"(?<![A-Za-z0-9+.-])https?://(?P<token>[A-Za-z0-9_-]{20,128})@(?=[\w\[])"))
_FIELD = re.compile(r"[\w.$\[\]'\" ()-]+")  # `pwd={config.password}` is filled in by a program
# Sentry's address for reports is in every page that reports; nobody reads with it.
_PUBLIC_DSN = re.compile(r"[0-9a-f]{32}@o\d{1,20}\.ingest\.")


def _no_name(value: str) -> bool:
    return not (_FIELD.fullmatch(value) and not value[:1].isdigit()) and not is_placeholder(value)


_RULES = (
    Rule("connection_strings", "CONNECTION_STRING",
    re.compile(r"(?i)\bAccountKey\s?=\s?([A-Za-z0-9+/]{40,90}={0,2})"), group=1, literals=("accountkey",)),
    Rule("connection_strings", "CONNECTION_STRING", re.compile(r"(?i)\bSharedAccess(?:Key|"
        r"Signature)\s?=\s?([A-Za-z0-9+/%&=_.-]{20,400})"), group=1,
         literals=("sharedaccess",)),
    Rule("connection_strings", "CONNECTION_STRING", re.compile(r"(?i)[?&]sig=([A-Za-z0-9%+/=_-]{30,120})"), group=1,
    literals=("sig=",)),
    # The key of an API in an address, under a name that says little: it has to look random.
    Rule("connection_strings", "API_KEY", re.compile(r"(?i)[a-z0-9]\.[a-z]{2,20}(?::\d{2,5})?/[^\s\"'<>]{0,400}?[?&]"
        r"(?:key|appid|app_?key|code|subscription-key)=([\w~.-]{24,200}={0,2})(?![\w%])"), score=0.8, group=1,
        check=is_random, literals=("key=", "appid=", "code=")),
    # ODBC puts braces around a value that has signs in it.
    Rule("connection_strings", "PASSWORD", re.compile(r"(?i)(?:^|[;\s\"'])(?:pwd|password)=\{(?=[^}\n]{0,63}[\d\W])"
        r"([^{}\n]{4,64})\}(?=;|[\"'\s]|$)"), score=0.85, group=1, check=_no_name, literals=("pwd={", "password={")),
)  # fmt: skip
_WEAK_PASSWORD = frozenset({"password", "pass", "passwd", "pwd", "secret", "user", "username", "port", "token", "key"})
_DEFAULTS = frozenset({"guest", "root", "admin", "test", "postgres", "mysql", "mongo", "rabbitmq", "minioadmin", "sa"})
_EXAMPLES = frozenset(
    {"scott:tiger", "foo:bar", "org:repo", "me:you", "name:value", "host:port", "alice:bob", "johndoe:randompassword"}
)
_TABLE = RuleTable(_RULES)


def find(source: Source) -> Iterator[Finding]:
    """Every pair of credentials in a URL or connection string."""
    yield from _TABLE.apply(source)
    if "://" not in source.text:
        return
    for match in source.matches(_URL):
        password = match["password"]
        if password == match["user"] and password.lower() in _DEFAULTS:
            continue
        if is_placeholder(password) or password.lower() in _WEAK_PASSWORD or f"{match['user']}:{password}" in _EXAMPLES:
            continue
        start = match.start("user") if match["user"] else match.start("password")
        yield Finding(start, match.end("password"), "CONNECTION_STRING", 0.95, "connection_strings")
    for match in source.matches(_TOKEN_URL):
        if _PUBLIC_DSN.match(source.text, match.start("token")):
            continue
        if any(character.isdigit() for character in match["token"]):
            yield Finding(*match.span("token"), "CONNECTION_STRING", 0.85, "connection_strings")
