"""The tables of docs/policy.md, made from the grammar: `python -m policy.reference docs/policy.md` renews them."""

import re
import sys
from collections.abc import Sequence
from pathlib import Path

from detectors.finding import SkipReason
from policy.grammar import GRAMMAR
from policy.lint import known_regions
from policy.load import load_policy, pack_path
from policy.vocabulary import CODES, LABELS, PACKS, PROVIDERS, ROLES

_BLOCK = re.compile(r"(<!-- table: (?P<name>\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def tables() -> dict[str, str]:
    """Name → Markdown, for every table."""
    return {
        **{name: section_table(name) for name in GRAMMAR},
        "words": _table(
            ["list", "words"],
            [
                ("labels", _code(LABELS)),
                ("roles", _code(ROLES)),
                ("providers", _code(PROVIDERS)),
                ("regions of the shipped hosts", _code(sorted(known_regions()))),
                ("reasons why something is uninspected", _code(list(SkipReason))),
            ],
        ),
        "codes": _table(["code", "what is wrong"], [(f"{code}", what) for code, what in CODES.items()]),
        "packs": _table(["pack", "rule", "what it does"], [row for pack in PACKS for row in _pack(pack)]),
    }


def section_table(name: str) -> str:
    """The keys of one section of the grammar."""
    rows = [
        (f"`{key.name}`{' (needed)' if key.required else ''}", key.expects, key.meaning)
        for key in GRAMMAR[name]
    ]  # fmt: skip
    return _table(["key", "expects", "what it is"], rows)


def fill(text: str) -> str:
    """A document with its marked tables made anew. Raises `KeyError` for a table that doesn't exist."""
    made = tables()
    return _BLOCK.sub(lambda match: f"{match[1]}{made[match['name']]}{match[3]}", text)


def _pack(name: str) -> list[tuple[str, str, str]]:
    path = pack_path(name)
    return [(f"`builtin/{name}`", f"`{rule.id}`", rule.description) for rule in load_policy(path).rules]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _code(words: Sequence[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        document = Path(argument)
        document.write_text(fill(document.read_text(encoding="utf-8")), encoding="utf-8")
