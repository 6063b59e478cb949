"""Disguised values, as evadex (an evasion suite for DLP) makes them, posted to `/scan` of a running Privet.

evadex is installed into `.cache/evadex` the first time. Its 576 values in 146 disguises make 65,000 texts, of which a
sample is taken. Many of its values are no more than a number ("1234567" is a driving licence), which nobody can tell
without its name: so each is in the sentence that evadex has for it, and what counts is whether a value that is found in
that sentence as it is, is found there in its disguise, too. Values that are cut, padded, or moved to another sentence
are no disguises; they are told apart.
"""

import asyncio
import json
import random
import subprocess
import sys
from collections import defaultdict
from collections.abc import Sequence

import aiohttp

from bench import Row
from bench.environment import ROOT, installed
from bench.stage import stage

HOME = ROOT / ".cache/evadex"
PACKAGES = ("evadex==3.36.0",)
GROUP = "disguises of evadex, through /scan"
SAMPLE, QUICK_SAMPLE = 2000, 400
SEED = 11
AT_ONCE = 8
# Generators and techniques that change the value itself, or the sentence.
_OTHER_SENTENCE = {"context_injection"}
_OTHER_VALUE = {"structural", "capital_markets"}
_PARTS = ("partial_", "reversed_within_groups", "reversed_group_order", "base64_partial", "truncate_check")
# What a finding has to be called to be a false alarm of a category, as evadex's own command judges.
_MEANT = {
    "credit_card": {"CREDIT_CARD"},
    "ssn": {"US_SSN", "US_ITIN"},
    "sin": {"NATIONAL_ID", "TAX_ID"},
    "iban": {"IBAN_CODE"},
    "email": {"EMAIL_ADDRESS"},
    "phone": {"PHONE_NUMBER"},
    "ca_ramq": {"HEALTH_INSURANCE"},
    "entropy": {"API_KEY", "SECRET", "PASSWORD", "AWS_ACCESS_KEY", "JWT", "PRIVATE_KEY"},
}


def run(*, quick: bool) -> list[Row]:
    """What is found of the disguised values, by kind of disguise, and of what only looks like values."""
    corpus = _corpus()
    if not corpus:
        print("evadex can't be installed here: no figures of disguises", file=sys.stderr)
        return []
    variants = [line for line in corpus if line[0] == "scan"]
    sample = random.Random(SEED).sample(variants, min(len(variants), QUICK_SAMPLE if quick else SAMPLE))
    harmless = [line for line in corpus if line[0] == "falsepos"]
    texts = [text for line in sample for text in line[4:6]] + [line[2] for line in harmless]
    with stage() as staged:
        found = asyncio.run(_scan(f"{staged.privet.api}/scan", list(dict.fromkeys(texts))))
    return [*_disguised(sample, found), *_looks_like(harmless, found)]


def _disguised(sample: Sequence[list[str]], found: dict[str, set[str]]) -> list[Row]:
    counts: dict[str, list[bool]] = defaultdict(list)
    everything: list[bool] = []
    for _, _, generator, technique, plain, disguised in sample:
        everything.append(bool(found[disguised]))
        if not found[plain]:
            continue
        if generator in _OTHER_SENTENCE:
            kind = "in another sentence (no disguise)"
        elif generator in _OTHER_VALUE or technique.startswith(_PARTS):
            kind = "cut, padded, rearranged (no disguise)"
        else:
            kind = generator.replace("_", " ")
            counts["all disguises"].append(bool(found[disguised]))
        counts[kind].append(bool(found[disguised]))
    rows = [
        Row(GROUP, f"found, {kind}", 100 * sum(hits) / len(hits), "%", None, f"of {len(hits)} found as they are")
        for kind, hits in sorted(counts.items(), key=lambda item: (item[0] != "all disguises", item[0]))
    ]
    share = 100 * sum(everything) / len(everything)
    return [
        *rows,
        Row(GROUP, "found, of all texts", share, "%", None, f"of {len(everything)}, whatever is found plain"),
    ]


def _looks_like(harmless: Sequence[list[str]], found: dict[str, set[str]]) -> list[Row]:
    rows: list[Row] = []
    alarms: list[bool] = []
    for category in dict.fromkeys(line[1] for line in harmless):
        mine = [bool(found[value] & _MEANT[category]) for _, one, value in harmless if one == category]
        alarms += mine
        rows.append(Row(GROUP, f"false alarms, {category}", 100 * sum(mine) / len(mine), "%", None, f"of {len(mine)}"))
    return [*rows, Row(GROUP, "false alarms, all", 100 * sum(alarms) / len(alarms), "%", None, f"of {len(alarms)}")]


async def _scan(url: str, texts: Sequence[str]) -> dict[str, set[str]]:
    """Text → the types that are found in it."""
    gate = asyncio.Semaphore(AT_ONCE)
    async with aiohttp.ClientSession() as session:

        async def one(text: str) -> tuple[str, set[str]]:
            async with gate, session.post(url, json={"text": text}) as response:
                answer = await response.json()
                return text, {finding["entity_type"] for finding in answer["findings"]}

        return dict(await asyncio.gather(*map(one, texts)))


def _corpus() -> list[list[str]]:
    if not installed(HOME, PACKAGES):
        return []
    command = [HOME / "bin/python", ROOT / "bench/evasion_corpus.py"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300).stdout.splitlines()
    return [json.loads(line) for line in lines]
