"""Passwords in the configuration of network devices and services, where a word and a space stand before them.

username ops privilege 15 secret 0 …   enable password …   snmp-server community … RO   tacacs-server key 7 …
wpa_passphrase=…   psk="…"   bindpw …   rocommunity …   pre-shared-key ascii-text …   --passin pass:…
"""

import re
from collections.abc import Iterator

from detectors.finding import Finding
from detectors.gate.gate import Group, gated
from detectors.recognizers.assignments import is_random
from detectors.recognizers.placeholders import is_code, is_placeholder
from detectors.recognizers.source import Source

_V = r"(?P<q>[\"']?)(?P<password>[^\s\"'<>;]{4,128})(?P=q)(?![^\s;])"
_KIND = r"(?:(?:\d{1,2}|sha512|scrypt|md5|encrypted|ascii-text|plain-text-password-value|hexadecimal)[ \t]{1,4})?"

# (literals one of which must occur in lower case, the expression)
_PLACES = tuple(
    (literals, gated(re.compile(expression)))
    for literals, expression in (
        # Cisco, Arista, Juniper and those that speak like them
        (("username", "user "), (
            r"(?m)^[ \t]{0,8}(?:set system login )?user(?:name)?[ \t]{1,4}\S{1,40}[ \t]{1,4}(?:[a-z-]{2,20} \d{1,2} )?"
            rf"(?:password|secret|encrypted-password)[ \t]{{1,4}}{_KIND}{_V}")),
        (("enable ",), (
            r"(?m)^[ \t]{0,8}enable[ \t]{1,4}(?:password|secret)[ \t]{1,4}(?:level \d{1,2} )?"
            rf"{_KIND}{_V}")),
        (("password",), rf"(?m)^[ \t]{{1,8}}password[ \t]{{1,4}}\d{{1,2}}[ \t]{{1,4}}{_V}"),
        (("community",), (
            r"(?m)^[ \t]{0,8}(?:snmp-server[ \t]{1,4}community|set snmp community|"
            r"r[ow]community6?|com2sec[ \t]\S{1,40}[ \t]\S{1,40})"
            rf"[ \t]{{1,4}}{_V}")),
        (("key",), (
            r"(?m)^[ \t]{0,8}(?:(?:tacacs|radius)(?:-server)?(?:[ \t]host[ \t]\S{1,60})?|"
            r"crypto isakmp|server-private \S{1,40})[ \t]{1,4}key"
            rf"[ \t]{{1,4}}{_KIND}{_V}")),
        (("pre-shared-key",), rf"\bpre-shared-key[ \t]{{1,4}}(?:local[ \t]|remote[ \t])?{_KIND}{_V}"),
        (("neighbor",), rf"\bneighbor[ \t]\S{{2,60}}[ \t]password[ \t]{{1,4}}{_KIND}{_V}"),
        # Servers: proxies, mail relays, name servers, installers
        (("stats auth", "login="), (
            r"(?:\bstats auth[ \t]{1,4}|[ \t]login=)[\w.@-]{1,40}:(?P<q>)(?P<password>[^\s\"'<>]{4,64})(?!\S)")),
        ((":",), (
            r"(?m)^\[?[\w-]{1,60}(?:\.[\w-]{1,60}){1,5}\]?(?::\d{2,5})?[ \t]{1,20}[\w.@+-]{1,60}:(?P<q>)"
            r"(?P<password>[^\s\"'<>:/]{6,64})[ \t]{0,8}$")),
        (("{plain}",), r"\{PLAIN\}(?P<q>)(?P<password>[^\s\"'<>]{4,64})"),
        (("proxy_set_header", "add_header", "requestheader", "http-request"), (
            r"(?i)(?:proxy_set_header|add_header|RequestHeader set|set-header)[ \t]{1,4}"
            r"[\"']?[\w-]{0,30}(?:key|token|secret)[\"']?[ \t]{1,4}"
            r"(?P<q>[\"']?)(?P<random>[^\s\"'<>;]{12,200})(?P=q)(?![^\s;])")),
        (("secret", "password", "passwd"), (
            r"(?i)\b(?:secret|password|passwd)[ \t]{1,4}(?P<q>\")(?P<password>[^\"\n\s]{6,128})(?P=q)[ \t]{0,4};")),
        (("rootpw",), rf"(?m)^rootpw[ \t]{{1,4}}(?:--\w{{1,12}}[ \t]{{1,4}}){{1,2}}{_V}"),
        (("chpasswd",), (
            r"chpasswd:\s{1,12}(?:expire: ?\w{1,6}\s{1,12})?(?:list|users):"
            r"[^\n]{0,6}\s{1,12}(?:- )?[\w.-]{1,40}:(?P<q>)(?P<password>[^\s\"'<>]{4,64})")),
        # Wireless
        (("wpa_passphrase", "sae_password"), (
            r"(?m)^[ \t]{0,8}(?:wpa_passphrase|sae_password)=(?P<q>[\"']?)"
            r"(?P<password>[^\n\"']{8,63}?)(?P=q)[ \t]{0,8}$")),
        (("psk",), (
            r"(?m)^[ \t]{0,8}(?:wpa-)?psk[ \t]?[=\t ][ \t]?(?P<q>\"?)(?P<password>[^\n\"]{8,64})(?P=q)[ \t]{0,8}$")),
        # Directories, mail, name services
        (("bind", "rootpw"), (
            r"(?im)(?:^|[ \t])(?:bindpw|bind_?password|rootpw(?:modpw)?|rootbindpw)[ \t]{1,8}(?!--)"
            rf"{_V}")),
        # npm
        (("_auth", "_password"), (
            r":_(?:authToken|auth|password)[ \t]?=[ \t]?(?P<q>[\"']?)(?P<password>[^\s\"'<>$]{8,400})(?P=q)(?!\S)")),
        # Consul, Nomad, Serf
        (("encrypt",), r"(?m)^[ \t]{0,8}\"?encrypt\"?[ \t]?[=:][ \t]?(?P<q>\")(?P<password>[A-Za-z0-9+/]{43}=)(?P=q)"),
        # A key that only the object says the use of: `"Jwt": {"Key": "…"}`, `jwt:⏎  key: …`
        (("key",), (
            r"(?i)[\"']?(?<![^\W_])(?:jwt|auth(?:entication)?|tokens?|signing|encryption|security|cryptography)\w{0,20}[\"']?\s?:\s{0,12}\{?"
            r"(?:\s{0,20}[\"']?\w{1,30}[\"']?:[^\n{},]{0,120}[,\n]){0,4}\s{0,20}[\"']?(?:signing|security|private|symmetric)?key[\"']?\s?:\s?"
            r"(?P<q>[\"']?)(?P<random>[^\s\"',{}]{20,200})(?P=q)(?=\s|,|\}|$)")),
        # What programs read a password from: `pass:` in place of a file or of the environment
        (("pass:",), r"(?:^|[\s\"'=])pass:(?P<q>)(?P<password>[^\s\"'<>`$:]{4,64})(?![^\s\"'`;|&)])"),
    )
)  # fmt: skip
_GROUP = Group(expression for _, expression in _PLACES)
_WORDS = frozenset({"public", "private", "none", "required", "sha512", "encrypted", "cleartext", "password", "secret"})


def find(source: Source) -> Iterator[Finding]:
    """Every password that a line of a configuration gives."""
    lower = source.lower
    for literals, expression in map(_PLACES.__getitem__, _GROUP.possible(source.places)):
        if not any(literal in lower for literal in literals):
            continue
        kind = "random" if "random" in expression.groupindex else "password"
        for match in source.matches(expression):
            value = match[kind]
            if kind == "random" and not is_random(value):
                continue
            if value.lower() in _WORDS or is_placeholder(value) or (not match["q"] and is_code(value)):
                continue
            yield Finding(*match.span(kind), "SECRET" if kind == "random" else "PASSWORD", 0.85, "device_configs")
