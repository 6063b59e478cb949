"""Values with positions: what is read, and how a mistake is told."""

import pytest

from configs.yaml_source import parse_yaml
from policy.node import Node
from policy.vocabulary import Code


def node(text):
    source = parse_yaml(text, "f.yaml")
    return Node(source, [], (), source.data)


def told(one):
    return [str(problem) for problem in one.problems]


@pytest.mark.parametrize(
    ("read", "value", "expected", "told_as"),
    [
        (lambda n: n.text("a name"), "x", "x", None),
        (lambda n: n.text("a name"), "''", None, "expected a name of 1 to 200 characters, got text ('')"),
        (lambda n: n.text("a name"), "' '", None, "expected a name of 1 to 200 characters, got text (' ')"),
        (lambda n: n.text("a name"), "3", None, "expected a name in quotes, got a number (3)"),
        (lambda n: n.text("a name"), "true", None, "expected a name in quotes, got true"),
        (lambda n: n.text("a name"), "", None, "expected a name, got nothing"),
        (lambda n: n.text("a name"), "[x]", None, "expected a name, got a list"),
        (lambda n: n.text("a name", 3), "xxxx", None, "expected a name of 1 to 3 characters, got text ('xxxx')"),
        (lambda n: n.number(0, 1), "0.5", 0.5, None),
        (lambda n: n.number(0, 1), "1", 1.0, None),
        (lambda n: n.number(0, 1), "1.1", None, "expected a number from 0 to 1, got a number (1.1)"),
        (lambda n: n.number(0, 1), "true", None, "expected a number from 0 to 1, got true"),
        (lambda n: n.number(0, 1), ".nan", None, "expected a number from 0 to 1, got a number (nan)"),
        (lambda n: n.number(0, 1), "high", None, "expected a number from 0 to 1, got text ('high')"),
        (lambda n: n.whole(1, 9), "3", 3, None),
        (lambda n: n.whole(1, 9), "3.0", None, "expected a whole number from 1 to 9, got a number (3.0)"),
        (lambda n: n.whole(1, 9), "0", None, "expected a whole number from 1 to 9, got a number (0)"),
        (lambda n: n.boolean(), "false", False, None),
        (lambda n: n.boolean(), "no", None, "expected true or false, got text ('no')"),
        (lambda n: n.choice(["allow", "block"]), "allow", "allow", None),
        (
            lambda n: n.choice(["allow", "block"]),
            "alow",
            None,
            "expected allow or block, got 'alow'. Did you mean allow?",
        ),
        (lambda n: n.choice(["allow", "block"]), "[]", None, "expected allow or block, got a list"),
        (lambda n: n.texts("a user", "[ana]"), "[a, b]", ("a", "b"), None),
        (lambda n: n.texts("a user", "[ana]"), "a", (), "expected a list, such as [ana], got text ('a')"),
    ],
)
def test_readers(read, value, expected, told_as):
    one = node(f"key: {value}").at("key", node(f"key: {value}").value["key"])
    assert read(one) == expected
    assert told(one) == ([] if told_as is None else [f"f.yaml:1:6: P002: {told_as}"])


def test_an_empty_list_is_a_mistake_of_its_own():
    one = node("[]")
    assert one.items("[x]") is None
    assert told(one) == ["f.yaml:1:1: P008: an empty list matches nothing. Leave the key out if it should not matter"]


def test_long_values_are_not_quoted():
    one = node("x" * 100)
    one.choice(["allow"])
    one.whole(1, 2)
    assert "xxx" not in "".join(told(one))


def test_sections_tell_unknown_and_missing_keys():
    one = node("nme: x\nmin_score: 1\n")
    assert set(one.section("label")) == {"min_score"}
    assert told(one) == [
        "f.yaml:1:1: P001: unknown key 'nme'. Did you mean name?",
        "f.yaml:1:1: P002: name is missing: expected label",
    ]
    one = node("3: x\nname: hr\n")
    one.section("label")
    assert told(one) == ["f.yaml:1:1: P001: unknown key 3. Known here: name and min_score"]
    assert node("[]").section("label") is None


def test_names_are_texts():
    one = node("{finance: 1, 3: 2, ' x': 3, eu.sales-2: 4, R&D: 5}")
    assert list(one.named("departments")) == ["finance", "eu.sales-2"]
    assert [line.split(": ", 1)[1] for line in told(one)] == [
        "P002: expected a name of letters, digits and _ . - (at most 100), got 3",
        "P002: expected a name of letters, digits and _ . - (at most 100), got ' x'",
        "P002: expected a name of letters, digits and _ . - (at most 100), got 'R&D'",
    ]


@pytest.mark.parametrize(
    ("text", "code_point"),
    [("a: \u202eb", "U+202E"), ("a: [b, \u200bc]", "U+200B"), ("b\u2066: c", "U+2066"), ('a: "\\x07"', "U+0007")],
)
def test_characters_that_hide(text, code_point):
    one = node(text)
    one.check_characters()
    assert [problem.message for problem in one.problems] == [
        f"{Code.CHARACTERS}: the text holds the invisible character {code_point}"
    ]


def test_ordinary_text_in_any_language_is_fine():
    one = node("a: |\n  Grüße\n  你好\n  مرحبا\nb: 'tab\there'\n")
    one.check_characters()
    assert one.problems == []
