import re

import pytest

from detectors.recognizers.rule import Rule, RuleTable, apply_rules, words
from detectors.recognizers.source import Source

RULE = Rule(
    "test",
    "ID",
    re.compile(r"n(\d+)"),
    0.6,
    group=1,
    check=lambda value: value != "13",
    literals=("n",),
    near=words(("pin",)),
    reach=10,
)


@pytest.mark.parametrize(
    ("text", "context", "expected"),
    [
        ("pin n42", "", [(5, 7)]),
        ("n42", "pin", [(1, 3)]),
        ("n42", "", []),
        ("pin n13", "", []),
        ("pin" + " " * 20 + "n42", "", []),  # too far away
        ("spinal n42", "", []),
        ("pin 42", "", []),
    ],
)
def test_apply(text, context, expected):
    assert [(one.start, one.end) for one in apply_rules([RULE], Source(text, context))] == expected


@pytest.mark.parametrize(
    ("text", "whole"), [("the PIN is", True), ("pin_1", True), ("my_pin", True), ("spin", False), ("pins", False)]
)
def test_words(text, whole):
    assert (words(("pin",)).search(text) is not None) is whole


def test_a_rule_reads_the_places_it_names_alone():
    text = "n1 " + "word " * 100 + "n42"
    everywhere = Rule("test", "ID", re.compile(r"n\d+"))
    numbers = Rule("test", "ID", re.compile(r"n\d+"), within="numbers")
    assert [one.start for one in apply_rules([everywhere], Source(text))] == [0, len(text) - 3]
    assert [one.start for one in apply_rules([numbers], Source(text))] == [len(text) - 3]


def test_a_table_says_what_its_rules_say():
    key = Rule("key", "API_KEY", re.compile(r"kk_[a-z0-9]{16}"), literals=("kk_",), inside=True, within="runs")
    free = Rule("free", "ID", re.compile(r"x\d"))
    hashed = Rule("hash", "ID", re.compile(r"h\d+"), unless=re.compile(r"sha:$"))
    rules = (RULE, key, free, hashed)
    table = RuleTable(rules)
    texts = ["pin n42", "n42", "kk_abc4567890123456", "x1", "sha:h12 and h34", "", "kk_ alone", "pin kk_" + "A1" * 8]
    for text in texts:
        for context in ("", "pin"):
            source = Source(text, context)
            assert sorted(table.apply(source)) == sorted(apply_rules(rules, source))
    assert [(one.start, one.detector) for one in table.apply(Source(texts[2]))] == [(0, "key")]
    assert [one.start for one in table.apply(Source("sha:h12 and h34"))] == [12]
