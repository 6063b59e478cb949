import pytest

from detectors.code import beside_code, fenced, goes_on, is_statement, may_name
from detectors.prose import prose_chunks

PROGRAM = """\
import os

def total(prices):
    \"\"\"The sum of all prices.\"\"\"
    # rounded to cents
    result = sum(prices)
    return round(result, 2)


class Basket:
    # Written for Ana Kowalczyk, who asked for it.
    owner = "Milos"
    limit = getattr(os, "limit")
    \"\"\"Raises an error. John found this.\"\"\"
    if limit:
        raise ValueError("no")
"""


def read(text):
    return "".join(text[start:end] for start, end in prose_chunks(text))


def test_of_code_the_lines_that_can_hold_a_name_are_read():
    seen = read(PROGRAM)
    for name in ("Ana Kowalczyk", "Milos", "John"):
        assert name in seen
    for line in ("The sum of all", "rounded to", "sum(prices)", "getattr", "import os"):
        assert line not in seen


def test_a_name_broken_between_two_comments_is_read_whole():
    text = PROGRAM.replace("who asked for it.", "and then Guido van\n    # Rossum rewrote it.")
    assert "Rossum rewrote" in read(text)


@pytest.mark.parametrize(
    "text",
    [
        "my name is ana novak\ncan you fix this for me\nthanks\n",
        "please look at this, my colleague kowalczyk wrote it\n\n```\nimport os\n```\n",
        '{\n  "surname": "Kowalczyk",\n  "town": "Łódź"\n}\n',
        "surname: Kowalczyk\ntown: Berlin\n",
        "name, town\nMilos Kowalczyk, Berlin\n",
    ],
)
def test_what_is_no_code_is_read_whole(text):
    words = {word for word in text.replace('"', " ").replace(",", " ").split() if word.isalpha() and len(word) > 4}
    assert all(word in read(text) for word in words if word != "import")


def test_what_a_person_writes_before_their_code_is_read():
    text = "hello, this is from kowalczyk in accounting\nit fails:\n\n" + PROGRAM
    assert "from kowalczyk in accounting" in read(text)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("# Raises an error", False),
        ("    data = to_json(event)", False),
        ("    value: Any = None", False),
        ("# see RFC 8785 and JSON", False),
        ('user = {"name": "milos"}', True),
        ("// thanks to milos", True),
        ("# thank Milos for it", True),
        ("# Milosz Kowalczyk", True),
        ('"ana novak"', True),
        ("# имя: Анна", True),
        ("# dear kowalczyk", True),
        ("# hi, kowalczyk here", True),
        ("x = 1  # i'm kowalczyk", True),
        ("# co-author: kowalczyk", True),
        ("# this is while", False),
        ("username='kowalczyk'", True),
        ('city = "berlin"', True),
        ("x = ['red green']", False),
    ],
)
def test_may_name(line, expected):
    assert may_name(line) is expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("    indented", True),
        ("# comment", True),
        ("x = call(1)", True),
        ('  "member": 1', False),
        ("a sentence of somebody's", False),
        ("#hashtag", False),
        ('  "time": event["time"],', True),
        ('  "sum": sum(one for one in all),', True),
        ('  "sum": true,', False),
        ('  "sum": "one.two(3)"', False),
    ],
)
def test_beside_code(line, expected):
    assert beside_code(line) is expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("int x = 1;", True),
        ("f(x => x) =>", True),
        ("class Ana(Base):", True),
        ("call(1) :", True),
        ("  ])", True),
        ("},", True),
        ("};", True),
        ("  ],", True),
        ("Dear all:", False),
        ("what I mean (really)", False),
        ("a, b,", False),
        ("see [1]", False),
        ("", False),
        (" \n", False),
    ],
)
def test_is_statement(line, expected):
    assert is_statement(line) is expected
    assert is_statement(line + "\n") is expected


def test_docstrings_are_read_as_comments_are():
    text = PROGRAM.replace(
        "import os", '"""Sums for shops.\n\nThe sums are rounded.\nMilosz Kowalczyk wrote it.\n"""\nimport os'
    )
    assert "Kowalczyk" in read(text)
    assert "rounded.\n" not in read(text)
    assert list(fenced(['"""One', "two", '"""', "x", "s = '''", "y", "'''"])) == [0, 1, 2, 4, 5, 6]
    assert list(fenced(['"""One."""', "x", '"""never ends'])) == []


def test_statements_and_broken_lines():
    assert is_statement("return 1")
    assert not is_statement("Return it to me")
    assert goes_on("# by Guido van", "# Rossum and")
    assert not goes_on("# The end.", "# Rossum and")
    assert not goes_on("# by Guido van", "# and others")
