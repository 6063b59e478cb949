"""Texts that nobody would write: megabytes of one line, a million digits, encodings in encodings, broken characters."""

import base64
import importlib
import pkgutil
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from regexploit.ast.sre import SreOpParser
from regexploit.redos import find

import detectors
from configs.entities import entity_types
from detectors.finding import Skipped, SkipReason
from detectors.presidio import PresidioDetector
from detectors.recognizers import pattern_detectors
from detectors.scan import Scanner
from detectors.whole import gathered, parts

CARD = "4539148803436467"
IBAN = "DE89370400440532013000"
# A pattern that this tool can't read has atomic groups or possessive repetitions, which don't go back.
UNREADABLE = re.compile(r"\(\?>|[*+?}]\+")


def patterns(value, seen):
    """Every compiled expression in a module's constant, in tables and rules too."""
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, re.Pattern):
        if isinstance(value.pattern, str):
            yield value
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            yield from patterns(item, seen)
    elif isinstance(value, dict):
        for item in value.values():
            yield from patterns(item, seen)
    elif hasattr(value, "__dataclass_fields__") and not isinstance(value, type):
        for name in value.__dataclass_fields__:
            yield from patterns(getattr(value, name, None), seen)


def every_pattern():
    seen = set()
    for module in pkgutil.walk_packages(detectors.__path__, "detectors."):
        for name, value in vars(importlib.import_module(module.name)).items():
            for pattern in patterns(value, seen):
                yield f"{module.name}.{name}", pattern


def starriness(pattern):
    """How much worse than the length squared an expression can get; 0: not at all."""
    parsed = SreOpParser().parse_sre(pattern.pattern, pattern.flags & ~re.UNICODE)
    return max((one.starriness for one in find(parsed)), default=0)


def test_the_tool_tells_a_bomb():
    assert starriness(re.compile(r"(a+)+$")) > 2
    assert starriness(re.compile(r"\w+@\w+")) == 0


def test_no_pattern_is_a_bomb():
    bombs, number = [], 0
    for name, pattern in every_pattern():
        number += 1
        if not UNREADABLE.search(pattern.pattern) and starriness(pattern) > 2:
            bombs.append(name)
    assert bombs == []
    assert number > 300


@pytest.fixture(scope="module")
def plain_scanner():
    """Everything but the models, whose time is bounded by the pieces that they read."""
    return Scanner([PresidioDetector(), *pattern_detectors()])


@pytest.mark.parametrize(
    "unit", ["7", "a", "aB3", " ", "\n", "4539 ", "-", "@", "é", "(", "\\", "1.1.1.1 ", "a@b.", "AKIA"]
)
def test_hundreds_of_kilobytes_of_anything_have_an_end(plain_scanner, unit):
    text = unit * (200_000 // len(unit))
    scan = plain_scanner.scan(text)
    assert all(0 <= one.start < one.end <= len(text) for one in scan.findings)


def test_a_very_long_number(plain_scanner):
    assert plain_scanner.scan("0123456789" * 30_000).skipped == ()


def test_encodings_in_encodings_are_read_to_a_depth_and_then_skipped(plain_scanner):
    text = f"my card {CARD}"
    for _ in range(30):
        text = base64.b64encode(text.encode()).decode()
        if len(text) > 100_000:
            break
    among = parts(text)
    scan = gathered(among, plain_scanner.scan_many([(part.text, part.context) for part in among]))
    assert scan.skipped == (Skipped("", SkipReason.TOO_LARGE),)


@pytest.mark.parametrize(
    "text", ["\ud800", f"card {CARD} \udfff", "\x00" * 50, "\ufffe\uffff", "e" + "\u0301" * 5000, "\u202e" * 500]
)
def test_broken_characters(scanner, text):
    scan = scanner.scan(text)
    assert scan.skipped == ()
    assert all(0 <= one.start < one.end <= len(text) for one in scan.findings)


@settings(max_examples=60, deadline=None)
@given(before=st.text(max_size=60), after=st.text(max_size=60), value=st.sampled_from([CARD, IBAN]))
def test_no_text_elsewhere_loses_a_value_that_proves_itself(plain_scanner, before, after, value):
    text = f"{before}\nmy card or account: {value}\n{after}"
    at = len(before) + 1 + len("my card or account: ")
    scan = plain_scanner.scan(text)
    assert any(one.start <= at and at + len(value) <= one.end for one in scan.findings)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [CARD, IBAN, " ".join(CARD), "a@b.org", "&#52;", "%34", " ", "\n", "\u200b", "ｊ", "x", "\ud800"]
        )
    )
)
def test_findings_are_in_the_text_and_never_overlap(plain_scanner, words):
    text = "".join(words)
    last = 0
    for one in plain_scanner.scan(text).findings:
        assert last <= one.start < one.end <= len(text)
        assert one.entity_type in entity_types()
        last = one.end
