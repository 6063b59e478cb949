"""The words around a statement, and that none of their expressions is a bomb."""

import re
import time

import pytest

from detectors.statements import records
from detectors.statements.grammar import GRAMMARS
from detectors.statements.terms import HOWS, LANGUAGES

LONGEST = 400  # of a sentence, of which more is never read
SECONDS = 3.0  # of processor time, for what takes milliseconds


def test_each_language_has_each_way_to_say_it():
    assert set(GRAMMARS) == set(LANGUAGES)
    assert all(set(grammar.frames) == set(HOWS) for grammar in GRAMMARS.values())


@pytest.mark.parametrize(
    ("language", "how", "before"),
    [
        ("en", "be", "my colleague is a devout "),
        ("en", "have", "he has been living with severe "),
        ("en", "join", "a member of the "),
        ("de", "be", "er ist seit mai "),
        ("de", "have", "sie leidet seit jahren an "),
        ("fr", "have", "il souffre d'"),
        ("es", "be", "mi hermana es muy "),
        ("it", "have", "mio zio è affetto da "),
        ("nl", "join", "hij is lid van de "),
        ("pt", "take", "ela toma "),
        ("pl", "have", "mój brat choruje na "),
    ],
)
def test_frames(language, how, before):
    assert GRAMMARS[language].frames[how].search(before) is not None


@pytest.mark.parametrize(
    ("language", "how", "before"),
    [
        ("en", "be", "this "),
        ("en", "have", "a question about "),
        ("de", "be", "die "),
        ("en", "join", "the history of the "),
    ],
)
def test_no_frames(language, how, before):
    assert GRAMMARS[language].frames[how].search(before) is None


def expressions():
    for language, grammar in GRAMMARS.items():
        yield from ((f"{language}-{how}", pattern, LONGEST) for how, pattern in grammar.frames.items())
        for name in ("people", "self", "beside", "owned", "related", "nobody", "denied"):
            yield f"{language}-{name}", getattr(grammar, name), LONGEST
    yield "de-after", GRAMMARS["de"].after, LONGEST
    for kind, pattern in records.FIELDS.items():
        yield f"field-{kind}", pattern, 16_000


@pytest.mark.parametrize(
    ("name", "pattern", "size"), list(expressions()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_time(name, pattern, size):
    del name
    literal = max(["a", *re.findall(r"[^\W\d_]{3,}", pattern.pattern)], key=len)
    started = time.process_time()
    for unit in ("a", "is a ", "my ", "diagnosis: a", "a-", "very ", f"{literal} ", f"{literal}: "):
        for _ in pattern.finditer((unit * size)[:size]):
            pass
    assert time.process_time() - started < SECONDS
