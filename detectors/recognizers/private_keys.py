"""Private keys: PEM, OpenSSH and PGP blocks, PuTTY files, age and WireGuard keys. A block is one finding, whole."""

import re
from collections.abc import Iterator

from detectors.finding import Finding
from detectors.gate.gate import gated
from detectors.recognizers.rule import Rule, RuleTable
from detectors.recognizers.source import Source

_BEGIN = gated(re.compile(r"-----BEGIN ([A-Z0-9 ]{0,40}?)PRIVATE KEY( BLOCK)?-----"))
_END = re.compile(r"-----END [A-Z0-9 ]{0,40}?PRIVATE KEY(?: BLOCK)?-----")
# Where no end follows (a cut-off key), the block goes on as long as its characters do.
_BODY = re.compile(r"(?:[A-Za-z0-9+/=\s\\\",:.-]|\\[rn])*")
# Of a key at least a line is there: `-----BEGIN PRIVATE KEY-----\n…\n-----END` in a manual and in programs is none.
_KEY_BODY = re.compile(r"(?=[A-Za-z0-9+/=\\]{0,64}[a-z+/0-9])(?!(.)\1{9})[A-Za-z0-9+/=\\]{20}")

_RULES = (
    Rule("private_keys", "PRIVATE_KEY", re.compile(r"AGE-SECRET-KEY-1[0-9A-Z]{40,70}"), score=1.0,
    literals=("age-secret-key-1",)),
    Rule("private_keys", "PRIVATE_KEY", re.compile(r"(?i)\b(?:PrivateKey|PresharedKey)\s?=\s?([A-Za-z0-9+/]{43}=)"),
    score=1.0, group=1,
         literals=("privatekey", "presharedkey")),
    Rule("private_keys", "PRIVATE_KEY",
    re.compile(r"Private-Lines: \d{1,3}\r?\n((?:[A-Za-z0-9+/=]{1,80}\r?\n){1,200})"), score=1.0, group=1,
         literals=("private-lines",)),
    Rule("private_keys", "PRIVATE_KEY",
    re.compile(r"-----BEGIN OpenVPN Static key V1-----\r?\n((?:[0-9a-f]{32}\r?\n){2,16})"), score=1.0, group=1,
         literals=("openvpn static",)),
    Rule("private_keys", "PRIVATE_KEY",  # RFC 4716's cousin, of SSH Communications
    re.compile(r"---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\r?\n(?:[A-Z][\w-]{1,40}: [^\n]{1,200}\n){0,6}"
        r"((?:[A-Za-z0-9+/=]{1,80}\r?\n){1,200})"), score=1.0, group=1, literals=("begin ssh2",)),
    Rule("private_keys", "PRIVATE_KEY", re.compile(r"(?<![A-Za-z0-9+/])(?:MII[EJC]|"
        r"b3BlbnNzaC1rZXkt)[A-Za-z0-9+/]{200,8000}={0,2}"), score=0.8,
         literals=("mii", "b3blbnnzac1rzxkt")),
)  # fmt: skip
_TABLE = RuleTable(_RULES)


def find(source: Source) -> Iterator[Finding]:
    """Every private key in a text."""
    yield from _TABLE.apply(source)
    if "PRIVATE KEY" not in source.text or not source.may(_BEGIN):
        return
    position = 0
    while begin := _BEGIN.search(source.text, position):
        end = _END.search(source.text, begin.end(), begin.end() + 20_000)
        if end is not None:
            position = end.end()
        else:
            body = _BODY.match(source.text, begin.end(), begin.end() + 20_000)
            position = body.end() if body else begin.end()
        if _KEY_BODY.search(source.text, begin.end(), position):
            yield Finding(begin.start(), position, "PRIVATE_KEY", 1.0, "private_keys")
