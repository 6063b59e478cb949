"""A loosened expression matches wherever the original does, and says how far away that may be."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detectors.gate import gate
from detectors.gate.loosened import FARTHEST, loosen
from detectors.recognizers import pattern_detectors

pattern_detectors()
KNOWN = sorted(gate._KNOWN, key=lambda pattern: pattern.pattern)
OF_OURS = [
    r"a(?:b|cd){2,3}e?",
    r"(?i)key\s?[:=]\s?(?P<q>[\"']?)(\w{3,9})(?P=q)(?!\w)",
    r"(?<!\d)\d{2,3}(?=-)-?[A-Fk]+?x{0,2}",
    r"é[^a-z]{2}|[à-ü]{3}z|(?>ab+)c",
    r"(a)?b(?(1)c|d)e{1,20}",
    r"[\w.]{3,60}@(?-i:X)[^\n]",
    r"(?m)^x$\b.y(?s:.)",
    r"(?a)\w\dz+",
]


@pytest.mark.parametrize(
    ("expression", "loosened", "before", "after"),
    [
        (r"sk-[\w-]{20,250}(?!\w)", r"sk\x2d(?:[\x2d-\x2d\x30-\x39\x3f-\x3f\x41-\x5a\x5f-\x5f\x61-\x7a]){20}", 23, 230),
        (r"\b(?i:ab)\d?", "(?:[aA][bB])", 2, 1),
        (r"x{3}ab{2,9}", "(?:x){3}a(?:b){2}", 6, 7),
        (r"\w{1,30}(?:cd|ef)", "(?:[\\x30-\\x39\\x3f-\\x3f\\x41-\\x5a\\x5f-\\x5f\\x61-\\x7a])(?:cd|ef)", 32, 0),
        (r"éab[^\n]", r"\x3fab[\x00-\x09\x0b-\x7f]", 4, 0),
        (r"ab(?=cd)(?<=b)", "ab", 2, 0),
    ],
)
def test_form(expression, loosened, before, after):
    loose = loosen(re.compile(expression))
    assert (loose.expression, loose.before, loose.after) == (loosened, before, after)


@pytest.mark.parametrize("expression", [r"a?", r"(?=x)", r"x*|y", ""])
def test_of_what_can_be_empty_nothing_is_said(expression):
    assert loosen(re.compile(expression)) is None


@pytest.mark.parametrize(
    "expression", [r"ab+", r"ab.*c", r"[a-z]{3}\d", r"x\d{2}", rf"ab.{{0,{FARTHEST}}}c", "ab(?=.*c)"]
)
def test_what_reaches_far_or_asks_for_little_is_looked_for_everywhere(expression):
    assert loosen(re.compile(expression)).before is None


def test_how_far_it_looks_ahead():
    assert loosen(re.compile(r"abc(?=\d{3}(?!xy))")).ahead == 7
    assert loosen(re.compile(r"abc(?<!\d{9}abc)\b")).ahead == 2


def test_a_reference_into_a_part_that_is_left_out_can_not_be_loosened():
    assert loosen(re.compile(r"(?:(a)b)?c\1d")) is None


def test_all_are_read():
    assert len(KNOWN) > 300
    loosened = [loosen(pattern) for pattern in KNOWN]
    assert None not in loosened
    assert sum(loose.before is None for loose in loosened) < len(KNOWN) // 4


def check(pattern, text):
    """Every match has an end of the loosened expression in it that leads to all of the match."""
    loose = loosen(pattern)
    loosened = re.compile(loose.expression.encode("ascii"))
    data = text.encode("ascii", "replace")
    for match in pattern.finditer(text):
        first, last = match.span()
        told = (
            end
            for end in range(first + 1, last + 1)
            if loose.before is None or (end - loose.before <= first and last <= end + loose.after)
        )
        assert any(loosened.fullmatch(data, start, end) for end in told for start in range(first, end)), text


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_it_matches_wherever_the_original_does(data):
    pattern = data.draw(st.sampled_from([re.compile(expression) for expression in OF_OURS]))
    text = data.draw(st.from_regex(pattern))
    if not re.search("[\u0130\u0131\u017f\u212a]", text):
        check(pattern, text[:120])


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_so_do_those_of_the_recognisers(data):
    pattern = data.draw(st.sampled_from(KNOWN))
    text = data.draw(st.from_regex(pattern))
    if not re.search("[\u0130\u0131\u017f\u212a]", text):
        check(pattern, text[:120])
