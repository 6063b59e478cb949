"""Addresses of machines: IPv4, IPv6, MAC.

Version numbers look like IPv4 addresses, and loopback, unspecified, broadcast and documentation addresses name no
machine: neither is reported.
"""

import ipaddress
import re
from collections.abc import Iterator

from detectors.finding import Finding
from detectors.gate.gate import gated
from detectors.recognizers.rule import words
from detectors.recognizers.source import Source

_V4 = gated(re.compile(r"(?<![\w.])\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?![\w]|\.\d)(/\d{1,2}\b)?"))
_V6 = gated(re.compile(r"(?<![\w:.])[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:]{1,36}(?:\d{1,3}(?:\.\d{1,3}){3})?(?![\w:])"))
_MAC = gated(
    re.compile(r"(?<![\w:.-])[0-9A-Fa-f]{2}([:-])[0-9A-Fa-f]{2}(?:\1[0-9A-Fa-f]{2}){4}(?![\w]|[:-][0-9A-Fa-f])")
)
_MAC_DOTTED = gated(re.compile(r"(?<![\w.])[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}(?![\w.])"))
_VERSION = words(
    ("v", "ver", "version", "release", "build", "oid", "section", "§", "chapter", "chrome", "firefox", "safari", "edge")
)
_NAMED = words(
    (
        "ip",
        "ips",
        "ipv4",
        "addr",
        "address",
        "host",
        "hosts",
        "server",
        "from",
        "dns",
        "gateway",
        "client",
        "ping",
        "ssh",
        "peer",
        "node",
        "remote",
    )
)
_VERSION_BELOW = 30  # four small numbers are a version unless something says that they are an address
_NOBODY = tuple(
    ipaddress.ip_network(text) for text in ("0.0.0.0/8", "127.0.0.0/8", "255.255.255.255/32", "224.0.0.0/4")
)


def find(source: Source) -> Iterator[Finding]:
    """Every address of a machine in a text."""
    text = source.text
    if "." in text:
        for match in source.in_numbers(_V4):
            if _is_v4(match[0].partition("/")[0], source, match.start()):
                yield Finding(match.start(), match.end(), "IP_ADDRESS", 0.9, "networks")
        for match in source.matches(_MAC_DOTTED):
            if any(character.isdigit() for character in match[0]) and "mac" in source.before(match.start()).lower():
                yield Finding(match.start(), match.end(), "MAC_ADDRESS", 0.8, "networks")
    if ":" in text or "-" in text:
        for match in source.matches(_MAC):
            if len(set(match[0].lower())) > 2:
                yield Finding(match.start(), match.end(), "MAC_ADDRESS", 0.95, "networks")
    if ":" in text:
        for match in source.matches(_V6):
            value = match[0].rstrip(":") if not match[0].endswith("::") else match[0]
            if _is_v6(value):
                yield Finding(match.start(), match.start() + len(value), "IP_ADDRESS", 0.9, "networks")


def _is_v4(value: str, source: Source, start: int) -> bool:
    parts = value.split(".")
    if any(len(part) > 1 and part[0] == "0" for part in parts):
        return False
    try:
        address = ipaddress.IPv4Address(value)
    except ValueError:
        return False
    if any(address in network for network in _NOBODY):
        return False
    if max(map(int, parts)) < _VERSION_BELOW and parts[0] != "10" and not _NAMED.search(source.before(start, 40)):
        return False
    return _VERSION.search(source.before(start, 16)) is None and source.text[max(0, start - 1) : start] not in {
        "v",
        "V",
    }


def _is_v6(value: str) -> bool:
    if value.count(":") < 2 or (value.count(":") < 7 and "::" not in value):
        return False
    try:
        address = ipaddress.IPv6Address(value)
    except ValueError:
        return False
    # `::1` and `a::b` are loopback or code (C++, Ruby), not machines.
    return len(value) >= 7 and not address.is_loopback and any(character.isdigit() for character in value)
