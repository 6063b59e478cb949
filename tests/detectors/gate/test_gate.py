"""With the gate and without it the same is found, and where nothing can be found nothing is read."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detectors.gate import database, gate
from detectors.gate.gate import Gate, build_gate, gated
from detectors.gate.loosened import loosen
from detectors.recognizers import pattern_detectors
from detectors.recognizers.source import Source
from detectors.scan import build_scanner  # and with it everything that has expressions

assert build_scanner
FAMILIES = pattern_detectors()
TESTS = Path(__file__).parents[1] / "recognizers"


def values_of_tests():
    """What the tests of the recognisers call positives and near misses, by file."""
    values = {}
    for file in sorted(TESTS.glob("test_*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        found = [
            node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
        ]
        values[file.stem] = [value for value in dict.fromkeys(found) if 6 < len(value) < 2000]
    return values


VALUES = values_of_tests()
ALL_VALUES = [value for values in VALUES.values() for value in values]


@pytest.fixture(scope="module")
def whole():
    built = build_gate()
    assert built is not None
    return built


def found(text, context, by):
    source = Source(text, context, by)
    return [(family.name, family.find_many([source])[0]) for family in FAMILIES]


@pytest.mark.parametrize("name", VALUES)
def test_the_same_is_found_in_what_the_recognisers_are_tested_with(whole, name):
    source = Source("\n".join(VALUES[name]), "", whole)
    for value in [*VALUES[name][::7], source.text]:
        assert found(value, "", whole) == found(value, "", None)


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.tuples(st.sampled_from(ALL_VALUES), st.sampled_from(["\n", " ", ", ", "", "=", " é ", "a" * 300, "\u2003"])),
        min_size=1,
        max_size=6,
    ),
    st.sampled_from(["", "password", "api_key", "ssn", "phone"]),
)
def test_the_same_is_found_in_texts_made_of_them(whole, parts, context):
    text = "".join(value + between for value, between in parts)
    assert found(text, context, whole) == found(text, context, None)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return lambda *expressions: gate_of(expressions, tmp_path_factory.mktemp("gate"))


def gate_of(expressions, folder):
    patterns = [re.compile(expression) for expression in expressions]
    loosened = [(pattern, loosen(pattern)) for pattern in patterns]
    opened = database.open_database([(loose.expression, loose.before is None) for _, loose in loosened], folder)
    return Gate(opened, loosened), patterns


@pytest.fixture(scope="module")
def several(small):
    return small(r"ab(?!1)b{0,3}(?=[-1]{1,2}a)?", r"(?<=a)1b-{1,2}\b", r"(?m)^ab|b1$", r"a+b", r"bb[^a]?1")


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.text(alphabet="ab1- \né", max_size=400), st.integers(0, 80), st.integers(0, 400))
def test_matches_are_those_of_finditer(several, text, start, end):
    built, patterns = several
    places = built.places(text)
    for pattern in patterns:
        if places is not None:
            spans = ((start, min(end, len(text))), (end, len(text))) if start <= end <= len(text) else ((0, len(text)),)
            expected = [match.span() for first, last in spans for match in pattern.finditer(text, first, last)]
            assert [match.span() for match in places.matches(pattern, text, spans)] == expected


@pytest.mark.parametrize("text", ["1" * 15 + "ab", "1" * 12 + "ab1111ab", "ab" + "1" * 30 + "ab1" + "1" * 30 + "ab"])
def test_what_it_once_missed_or_found_twice(several, text):
    built, patterns = several
    places = built.places(text)
    for pattern in patterns:
        expected = [match.span() for match in pattern.finditer(text)]
        assert [match.span() for match in places.matches(pattern, text, ((0, len(text)),))] == expected


def test_nothing_is_read_where_nothing_can_match(small):
    built, (pattern, other) = small(r"needle\d{2}", r"pin\d")
    text = "hay " * 1000 + "needle42 " + "hay " * 1000
    read = []

    class Watched:
        def finditer(self, text, start, end):
            read.append(end - start)
            return pattern.finditer(text, start, end)

    watched = Watched()
    built.numbers[id(watched)] = built.number(pattern)
    (match,) = built.places(text).matches(watched, text, ((0, len(text)),))
    assert match[0] == "needle42"
    assert sum(read) < 40
    assert not built.places(text).may(other)


def test_an_expression_that_it_does_not_know_is_looked_for_everywhere(small):
    built, _ = small(r"needle\d{2}")
    unknown = re.compile("hay")
    places = built.places("hay hay")
    assert places.may(unknown)
    assert [match.start() for match in places.matches(unknown, "hay hay", ((0, 7),))] == [0, 4]


@pytest.mark.parametrize("text", ["ſecret", "\u212aey", "İ", "ı"])
def test_letters_that_are_others_in_disguise_are_not_gated(whole, text):
    assert whole.places(text) is None
    assert Source(text, "", whole).may(re.compile("x"))


def test_a_text_with_places_everywhere_is_not_gated(whole, small):
    assert whole.places("AKIA key=" * 40_000) is not None
    built, _ = small("ab")
    assert built.places("ab" * 10_000) is None


def test_expressions_are_known_once(monkeypatch):
    monkeypatch.setattr(gate, "_KNOWN", {})
    pattern = gated(re.compile("abc"))
    assert gated(pattern) is pattern
    assert list(gate._KNOWN) == [pattern]
    monkeypatch.setattr(database, "VERSION", None)
    assert build_gate() is None


_DECLARED = """
import detectors.names, detectors.presidio, detectors.scan
from detectors.gate import gate
from detectors.recognizers import pattern_detectors
pattern_detectors()
print(hash("a word"), *sorted((pattern.pattern, pattern.flags) for pattern in gate._KNOWN), sep="\\n")
"""


@pytest.mark.slow
def test_every_process_has_the_same_expressions():
    """What is compiled is kept under their digest: with a set's order in one of them, each start would compile anew."""
    first, other = (
        subprocess.run(
            [sys.executable, "-c", _DECLARED],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout.split(b"\n", 1)
        for seed in ("1", "2")
    )
    assert first[0] != other[0]  # sets are in another order
    assert first[1] == other[1]
