"""Crypto wallets that Presidio's recogniser (Bitcoin, with its checksum) doesn't know."""

import re
from collections.abc import Iterator

from detectors.finding import Finding
from detectors.recognizers.rule import Rule, apply_rules, words
from detectors.recognizers.source import Source, Within

_NEAR = words(("wallet", "address", "eth", "ethereum", "tron", "usdt", "solana", "sol", "monero", "xmr", "ripple",
"xrp", "ltc", "litecoin",
               "doge", "dogecoin", "ada", "cardano", "crypto", "send", "pay", "payment", "deposit"))  # fmt: skip
_W: Within = "runs"
_RULES = (
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


def find(source: Source) -> Iterator[Finding]:
    """Every wallet address in a text."""
    yield from apply_rules(_RULES, source)
