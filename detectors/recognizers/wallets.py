"""Crypto wallets that Presidio's recogniser (Bitcoin, with its checksum) doesn't know; keys and phrases that open one.

Addresses in base 58 end with a checksum: where it is right, no word beside them is needed.
"""

import hashlib
import re
from collections.abc import Iterator

from stdnum.bitcoin import b58decode

from detectors.finding import Finding
from detectors.recognizers.rule import Rule, RuleTable, words
from detectors.recognizers.source import Source, Within

_NEAR = words(("wallet", "address", "eth", "ethereum", "tron", "usdt", "solana", "sol", "monero", "xmr", "ripple",
"xrp", "ltc", "litecoin",
               "doge", "dogecoin", "ada", "cardano", "crypto", "send", "pay", "payment", "deposit"))  # fmt: skip
_RIPPLE = str.maketrans(
    "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz",
    "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz",
)
_WORDS = re.compile(r"[a-z]{3,8}")
_NOT_OF_A_PHRASE = frozenset(("the", "and", "for", "your", "are", "was", "from", "have", "has", "not", "but", "our"))
_PHRASES = (12, 15, 18, 21, 24)  # words of one (BIP 39)


def _checked(value: str) -> bool:
    """Whether a string in base 58 ends with the checksum of what precedes it."""
    decoded = b58decode(value)
    return bool(hashlib.sha256(hashlib.sha256(decoded[:-4]).digest()).digest()[:4] == decoded[-4:])


def _ripple(value: str) -> bool:
    return _checked(value.translate(_RIPPLE))


def _phrase(value: str) -> bool:
    said = _WORDS.findall(value)
    return len(said) in _PHRASES and _NOT_OF_A_PHRASE.isdisjoint(said)


_W: Within = "runs"
_RULES = (
    Rule("wallets", "CRYPTO", re.compile(r"(?<!\w)[TLMD][1-9A-HJ-NP-Za-km-z]{32,33}(?!\w)"), 0.95,
         check=_checked, within=_W),
    Rule("wallets", "CRYPTO", re.compile(r"(?<!\w)r[1-9A-HJ-NP-Za-km-z]{24,34}(?!\w)"), 0.95,
         check=_ripple, within=_W),
    Rule("wallets", "PRIVATE_KEY", re.compile(r"(?<!\w)(?:5[1-9A-HJ-NP-Za-km-z]{50}|"
         r"[KL][1-9A-HJ-NP-Za-km-z]{51})(?!\w)"),
         0.95, check=_checked, within=_W),
    Rule("wallets", "PRIVATE_KEY", re.compile(r"(?<!\w)[xyzt]prv[1-9A-HJ-NP-Za-km-z]{107,108}(?!\w)"), 0.95,
         check=_checked, literals=("prv",), within=_W),
    Rule("wallets", "PRIVATE_KEY", re.compile(
         r"(?i)(?:seed|mnemonic|(?:recovery|backup|wallet|secret)[ _-]?(?:phrase|words?|key|seed))"
         r"(?:[ _-]?(?:phrase|words?))?"
         r"[\"']?\s?(?:is|are|:|=)\s{0,3}[\"']?"
         r"((?-i:(?>\d{0,2}+[.)]?+\s?+[a-z]{3,8}+[\s,]{1,3}+){11,23}[a-z]{3,8}))(?![\w])"), 0.9, 1, _phrase,
         ("seed", "recovery", "mnemonic", "backup", "wallet", "secret")),
    Rule("wallets", "CRYPTO", re.compile(r"(?<![\w])0x[0-9a-fA-F]{40}(?!\w)"), score=0.9, literals=("0x",), within=_W),
    Rule("wallets", "CRYPTO", re.compile(r"(?<!\w)T[1-9A-HJ-NP-Za-km-z]{33}(?!\w)"), score=0.85, near=_NEAR, within=_W),
    Rule("wallets", "CRYPTO", re.compile(r"(?<!\w)[48][0-9AB][1-9A-HJ-NP-Za-km-z]{93}(?!\w)"), score=0.9, within=_W),
    Rule("wallets", "CRYPTO", re.compile(r"(?<!\w)r[1-9A-HJ-NP-Za-km-z]{24,34}(?!\w)"), 0.8, near=_NEAR, within=_W),
    Rule("wallets", "CRYPTO", re.compile(r"(?<!\w)[LMD][1-9A-HJ-NP-Za-km-z]{26,33}(?!\w)"), 0.8, near=_NEAR, within=_W),
    Rule("wallets", "CRYPTO", re.compile(r"(?<!\w)(?i:addr1|ltc1|tb1|bc1)(?:[02-9ac-hj-np-z]{30,100}|"
         r"[02-9AC-HJ-NP-Z]{30,100})(?!\w)"), score=0.9,
         literals=("addr1", "ltc1", "tb1", "bc1"), within=_W),
    Rule("wallets", "CRYPTO", re.compile(r"(?i)\b(?:sol|"
        r"solana)(?: wallet)?(?: address)?(?: is)?\s?[:=]?\s?([1-9A-HJ-NP-Za-km-z]{32,44})\b"),
         score=0.85, group=1, literals=("sol",), within=_W),
)  # fmt: skip
_TABLE = RuleTable(_RULES[::-1])


def find(source: Source) -> Iterator[Finding]:
    """Every wallet address in a text."""
    found = {(finding.start, finding.end): finding for finding in _TABLE.apply(source)}
    yield from found.values()
