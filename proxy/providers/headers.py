"""The texts in a request's headers: whatever is not the protocol's own, by name *and* look.

A client may put anything into a header: a trace's attributes, a page's title, a name in the user agent. Credentials
that the vendor asks for go where they belong; what else looks like the protocol is passed on unread, all other is a
segment.

Pointers: `~header/NAME`, or `~header/~iN` where the name could be content; then the name is a segment, too (`…~key`).
"""

import re
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from urllib.parse import quote, unquote

from proxy.errors import BodyError
from proxy.message import Role, Segment
from proxy.providers import exemptions as look
from proxy.providers.json_spans import hint, name_token

HEADER = "~header"

# Between the client and Privet, made anew by Privet, or compared with the destination: their text doesn't get out.
_OURS = frozenset({"host", "content-length", "transfer-encoding", "trailer", "proxy-authorization", "proxy-connection"})
_OURS_BEGIN = "x-privet-"
_TOKEN = r"[A-Za-z0-9._~+/=-]{1,8192}"  # noqa: S105 - RFC 6750's b64token, not one
_BARE = re.compile(_TOKEN, re.ASCII)
_COOKIE = re.compile(r"[!#-+\--:<-\[\]-~ ;]{1,16384}", re.ASCII)  # RFC 6265 §4.2.1, quotes and backslashes left out
# What the vendor is called with. Each form is one word, so that no sentence is taken for it.
_CREDENTIALS: Mapping[str, re.Pattern[str]] = {
    "authorization": re.compile(
        rf"(?i:bearer|basic|token) +{_TOKEN}"
        r"|AWS4-HMAC-SHA256 Credential=[\w/.+-]{1,200}, ?SignedHeaders=[a-z0-9;-]+, ?Signature=[0-9a-f]{64}",
        re.ASCII,
    ),
    "x-api-key": _BARE,
    "api-key": _BARE,
    "x-goog-api-key": _BARE,
    "x-amz-security-token": _BARE,
    "cookie": _COOKIE,
    "sec-websocket-key": re.compile(r"[A-Za-z0-9+/]{22}==", re.ASCII),
    "sec-websocket-protocol": re.compile(rf"{_TOKEN}(?:, ?{_TOKEN}){{0,7}}", re.ASCII),  # OpenAI's realtime: the key
    "x-csrf-token": _BARE,
    "x-xsrf-token": _BARE,
}
# Identities that vendors and tracing tools make up: digits that could be an account's elsewhere.
_MADE_UP: Mapping[str, re.Pattern[str]] = {
    "sec-ch-ua-mobile": re.compile(r"[?][01]", re.ASCII),
    "x-amz-date": re.compile(r"[0-9]{8}T[0-9]{6}Z", re.ASCII),
    "x-amz-content-sha256": re.compile(r"[0-9a-f]{64}|UNSIGNED-PAYLOAD", re.ASCII),
    "traceparent": re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}", re.ASCII),
    "sentry-trace": re.compile(r"[0-9a-f]{32}-[0-9a-f]{16}(?:-[01])?", re.ASCII),
    "x-datadog-trace-id": re.compile(r"[0-9]{17,20}", re.ASCII),
    "x-datadog-parent-id": re.compile(r"[0-9]{17,20}", re.ASCII),
    "openai-organization": re.compile(r"org-[A-Za-z0-9]{8,64}", re.ASCII),
    "openai-project": re.compile(r"proj_[A-Za-z0-9]{8,64}", re.ASCII),
    "content-md5": re.compile(r"[A-Za-z0-9+/]{22}==", re.ASCII),
}
# Lists in a grammar of their own. Quantifiers are possessive, so that no value makes them slow.
_WEIGHT = r"(?:; ?(?:q|v)=[0-9b.]{1,5})*+"
_MEDIA = r"(?:\*|[a-z]{1,16}+)/(?:\*|[a-zA-Z]++(?:[.+_-]?[a-zA-Z]++|[0-9]{1,3}+(?![0-9])){0,12}+)"
_PARAMETERS = r"(?:; ?(?i:charset=\"?[a-z0-9-]{1,12}\"?|boundary=\"?[\w'()+,./:=?-]{1,70}+\"?))*+"  # read with the body
_WORDS = r"(?!.*[0-9](?:[-_.]?[0-9]){8})[a-z]++(?:[-_.=]?[a-z]++|[-_.=]?[0-9]{1,8}+(?![0-9])){0,16}+"
_LANGUAGE = r"(?:\*|[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,4}){0,2})"


def _list(item: str) -> re.Pattern[str]:
    return re.compile(rf"{item}(?:, ?{item}){{0,31}}", re.ASCII)


_LISTS: Mapping[str, re.Pattern[str]] = {
    "accept": _list(_MEDIA + _WEIGHT),
    "accept-encoding": _list(rf"(?:\*|[a-z]{{1,10}}){_WEIGHT}"),
    "accept-language": _list(_LANGUAGE + _WEIGHT),
    "anthropic-beta": _list(_WORDS),
    "anthropic-version": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII),
    "cache-control": _list(r"[a-z-]{1,20}(?:=[0-9]{1,8})?"),
    "connection": _list(r"[A-Za-z-]{1,20}"),
    "content-type": re.compile(_MEDIA + _PARAMETERS, re.ASCII),
    "keep-alive": _list(r"[a-z]{1,8}=[0-9]{1,6}"),
    "openai-beta": _list(_WORDS),
    "origin": re.compile(r"https?://[a-z.-]{1,64}(?::[0-9]{1,5})?|null", re.ASCII),
    "sec-websocket-extensions": _list(r"[a-z-]{1,40}(?:; ?[a-z_]{1,40}(?:=[0-9]{1,2})?){0,4}"),
    "priority": _list(r"[iu](?:=[0-7])?"),
}
_AGENTS = frozenset({"user-agent", "x-amz-user-agent", "x-goog-api-client", "amz-sdk-request"})
_AGENTS_BEGIN = ("x-stainless-", "sec-ch-", "editor-")
_PUNCTUATION = re.compile(r"[\s,;=()\"']+")
_SCALAR = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,6})?|[?][01]|v?[0-9]{1,4}(?:\.[0-9]{1,4}){1,2}|", re.ASCII)
_VERSION = re.compile(
    r"(?!.*[0-9]{9})v?+[0-9]{1,8}+(?:[._+-]?[A-Za-z]{1,10}+[0-9]{0,4}+|[._+-][0-9]{1,8}+){0,8}+|\*|", re.ASCII
)
_JOINT = re.compile(r"[/#:]")
# Words of user agents that stand without a version.
_KNOWN_WORDS = """
v
a aarch64 adaptive amd64 android anthropic apple arch arm64 async asyncanthropic asyncio asyncopenai attempt b brand
brands chrome chromium cli compatible cpython cros d darwin debian desktop edge electron external false fedora
firefox freebsd gecko google intel interactive ipad iphone js khtml legacy like linux mac macintosh macos max
microsoft mobile node not-a.brand not_a not_given nt of openai opera os other pypy python riscv64 rv safari sdk
sdk-cli standard stream tablet true ubuntu undici unix unknown version vscode webkit wget win32 win64 windows wow64
x x11 x32 x64 x86 x86_64 xterm-256color z
"""
_KNOWN = frozenset(_KNOWN_WORDS.split())
_PRINTABLE = "".join(chr(code) for code in range(0x20, 0x7F) if chr(code) != "%")
_LONGEST_AGENT = 512
# Which headers say nothing, by hash with a key that Python makes for each process: a client sends the same ones again.
_SILENT: OrderedDict[int, None] = OrderedDict()
_REMEMBERED = 10_000
_RANDOM = re.compile(r"(?=[a-z0-9]*[0-9])[a-z0-9]{16}", re.ASCII)
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")


def header_segments(headers: Mapping[str, str]) -> tuple[Segment, ...]:
    """What a request's headers (lower-case names) say beside the protocol's own words. Raises `BodyError`."""
    return tuple(_texts(headers))


def rebuild_headers(headers: Mapping[str, str], texts: Mapping[str, str]) -> dict[str, str]:
    """The headers that change when the texts at those of these pointers that are headers are replaced.

    What a header can't hold is percent-encoded. Raises `BodyError` where a name would have to change.
    """
    wanted = {pointer: text for pointer, text in texts.items() if pointer.startswith(HEADER)}
    if not wanted:
        return {}
    places = {_pointer(name, index): name for index, name in enumerate(headers)}
    if any(pointer not in places for pointer in wanted):
        raise BodyError("the name of a header can't be changed")
    return {places[pointer]: _written(text) for pointer, text in wanted.items()}


def _texts(headers: Mapping[str, str]) -> Iterator[Segment]:
    for index, (name, value) in enumerate(headers.items()):
        if name in _OURS or name.startswith(_OURS_BEGIN):
            continue
        mark = hash((name, value))
        if mark in _SILENT:
            continue
        pointer = _pointer(name, index)
        name_speaks = True
        if pointer.endswith(f"/~i{index}"):
            yield Segment(f"{pointer}~key", Role.METADATA, _decoded(name))
        elif _RANDOM.search(name):  # HTTP forgets which letters were capitals, and a key has no others
            yield Segment(f"{pointer}~key", Role.METADATA, name.upper())
        else:
            name_speaks = False
        if not _is_protocol(name, value):
            yield Segment(pointer, Role.METADATA, _decoded(value), hint(name))
        elif not name_speaks:
            _remember(mark)


def _remember(mark: int) -> None:
    _SILENT[mark] = None
    if len(_SILENT) > _REMEMBERED:
        _SILENT.popitem(last=False)


def _pointer(name: str, index: int) -> str:
    return f"{HEADER}/{name_token(name, index)}"


def _is_protocol(name: str, value: str) -> bool:
    pattern = _CREDENTIALS.get(name) or _MADE_UP.get(name)
    if pattern is not None:
        return pattern.fullmatch(value) is not None
    if name == "content-type" and "boundary=" in value.lower() and not value.lower().startswith("multipart/"):
        return False
    pattern = _LISTS.get(name)
    if pattern is not None:
        return pattern.fullmatch(value) is not None
    if name in _AGENTS or name.startswith(_AGENTS_BEGIN):
        return len(value) <= _LONGEST_AGENT and all(map(_is_of_agent, _PUNCTUATION.split(value)))
    return _SCALAR.fullmatch(value) is not None or look.word(value, {}) or look.identifier(value, {})


def _is_of_agent(text: str) -> bool:
    """One word of a user agent: a version, a known word, or a product with its version."""
    if _VERSION.fullmatch(text) or text.lower() in _KNOWN:
        return True
    head, *rest = _JOINT.split(text)
    if not rest or not look.word(head, {}):
        return False
    *between, last = rest
    return all(look.word(part, {}) for part in between) and (
        _VERSION.fullmatch(last) is not None or last.lower() in _KNOWN
    )


def _decoded(value: str) -> str:
    """What a header says: bytes that aren't UTF-8 are Latin-1, and escapes are read. Raises `BodyError`."""
    try:
        value.encode()
    except UnicodeEncodeError:
        value = value.encode("utf-8", "surrogateescape").decode("latin-1")
    if _ESCAPE.search(value) is None:
        return value
    try:
        return unquote(unquote(value, errors="strict"), errors="strict")
    except UnicodeDecodeError:
        return value


def _written(text: str) -> str:
    return quote(text, safe=_PRINTABLE, errors="surrogatepass")
