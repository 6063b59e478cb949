"""How a sentence says something of a person: who is spoken of, and the words between them and what is said.

The words are in `grammar.txt`, a block a language. That a sentence is in a language is not asked: a term says whose
words may stand before it. The expressions of `frames` end where a term begins; all of them read parts of one sentence,
of bounded length.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

from detectors.statements.terms import HOWS, LANGUAGES, How

# In these a sentence may begin with its verb, "he" or "she" left out.
_DROPPED = frozenset({"es", "it", "pl", "pt"})


@dataclass(frozen=True, slots=True)
class Grammar:
    """One language's expressions."""

    frames: Mapping[How, re.Pattern[str]]
    people: re.Pattern[str]
    self: re.Pattern[str]
    beside: re.Pattern[str]
    """Somebody's relation right behind a term."""
    owned: re.Pattern[str]
    """Whose relation that is, right before the term."""
    related: re.Pattern[str]
    """Both, right before a term."""
    nobody: re.Pattern[str]
    denied: re.Pattern[str]
    after: re.Pattern[str] | None
    """What stands behind a term where a language's verbs do."""
    dropped: bool


def _grammar(language: str, words: Mapping[str, str]) -> Grammar:
    def whole(expression: str) -> re.Pattern[str]:
        return re.compile(rf"(?<!\w)(?:{expression})(?!\w)")

    small = rf"(?:(?:{words['small']})[\s'\u2019-]{{1,2}}){{0,4}}"
    frames = {
        how: re.compile(
            rf"(?:(?<!\w)|(?=['\u2019]))(?:{words[how]})[\s'\u2019:]{{1,2}}{small}[\"\u201e\u201c\u00ab(]?$"
        )
        for how in HOWS
    }
    relations, owners = words["relations"], words["owners"]
    return Grammar(
        frames,
        whole(words["people"].replace("{relations}", relations)),
        whole(words["self"]),
        re.compile(rf"\s(?:[\w-]+\s)?(?:{relations})(?!\w)"),
        re.compile(rf"(?<!\w)(?:{owners})\s{small}$"),
        re.compile(rf"(?<!\w)(?:{owners})\s(?:[\w-]+\s)?(?:{relations})\s$"),
        whole(words["nobody"]),
        whole(words["denied"]),
        re.compile(words["after"]) if "after" in words else None,
        language in _DROPPED,
    )


def _blocks(text: str) -> dict[str, dict[str, str]]:
    """The words of each language by name."""
    blocks: dict[str, dict[str, str]] = {}
    language = name = ""
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        if line.startswith("["):
            language = line.strip("[]")
            blocks[language] = {}
        elif line.startswith("  "):
            blocks[language][name] += line[2:]
        else:
            name, _, expression = line.partition(": ")
            blocks[language][name] = expression
    return blocks


_BLOCKS = _blocks(files("detectors.statements").joinpath("grammar.txt").read_text(encoding="utf-8"))
GRAMMARS = {language: _grammar(language, _BLOCKS[language]) for language in LANGUAGES}
