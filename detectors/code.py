"""Which lines among code can hold somebody's name: the models read those alone.

Names in comments, docstrings and strings are written with capitals, or something introduces them. A line of code, or a
comment beside one, in which no capitalised word stands but the first of a sentence, no given name and nothing that
introduces a person, is not read. What a person writes around their code is no line of code and is not asked.
"""

import re
from collections.abc import Iterator, Sequence

from detectors.given_names import is_given_name

# Code shows itself by how a line ends or starts. JSON, YAML, CSV and logs carry people's data and count as prose.
_CALLED = re.compile(r"\w\(.*\)\s*:$")
_CLOSING = re.compile(r"\s*[\])}]+,?")
_START = re.compile(
    r"\s*(?:import |from \S+ import |def |class \w+[(:{]|return\b|if\s*\(|for\s*\(|while\s*\(|else\b|elif |"
    r"try\s*[:{]|except\b|"
    r"public |private |protected |static |func |fn |let |const |var |function\b|async |await |#include|"
    r"#define|package |"
    r"using |namespace |@\w+|</?\w+[ >]|\}|assert\b|raise |throw |yield |SELECT |INSERT |UPDATE |CREATE )"
)
# An assignment of a call, a literal or another name; a call; a condition. These alone could be a person's notes.
_STATEMENT = re.compile(
    r"\s*(?:[\w.\[\]]+(?:: [\w\[\], .|\"']{1,60})?\s[-+*/|&]?=\s"
    r"(?:[\w.]+[(\[.]|[\[{(\"'\d-]|[frb][\"']|\w+\s?$|not |await )|"
    r"(?:if|for|while|with|elif|case|match|unless|when) .{1,200}[:{]\s*$|"
    r"[\w.]+\(.{0,200}\)?,?\s*$|[\w.]+: [\w\[\], .|]{1,60}$)"
)
_COMMENT = re.compile(r"\s*(?:#(?!\w)|//|/?\*|--\s|r?\"{3}|'{3}|;;|<!--|rem\s)", re.IGNORECASE)
# A member of JSON or of a dictionary: data, as much in code as anywhere, unless its value is worked out.
_MEMBER = re.compile(r"\s*[\[{(]*\s*[\"'][^\"'\n]{1,60}[\"']\s?(?::|=>)(?!\s?[A-Za-z_][\w.]{0,60}[(\[.])")
# How a docstring begins, or another string over several lines.
_FENCE = re.compile(r"\s*(?:[\w.]{1,40}(?:: ?\w+)? = )?[rbfuRBFU]{0,2}(\"\"\"|''')")

# A capitalised word that no sentence begins with: a word, a sign or a number stands before it on the line.
_NAME = re.compile(
    r"(?<=[\w,;)\]\"'(<@&|=] )[A-ZÀ-Þ][a-zà-ÿ]+(?:['-][A-ZÀ-Þ][a-zà-ÿ]+)?(?![\w(\[]|\.\w)|"
    r"[\"'(][A-ZÀ-Þ][a-zà-ÿ]+ [A-ZÀ-Þ]"
)
_FIRST = re.compile(r"[\W_]*[A-ZÀ-Þ][a-zà-ÿ]")
_ENDED = re.compile(r"[.!?:;,{}()\[\]\"']\s*$|^\W*$")
_CAPITAL = re.compile(r"(?<![\w.])[A-ZÀ-Þ][a-zà-ÿ]+(?!\w)")
_INTRODUCED = re.compile(
    r"(?i)\b(?:names? (?:is|was|are)|my name|i am|i'm|called|dear|regards|written by|(?:co-)?authors?|"
    r"maintain(?:er|ed)|mr|mrs|ms|dr|signed|thanks|hello|hi|contact)\b|"
    r"(?:name|city|town|street|address|person|customer|client|patient|employee|author|owner|contact)s?[\"']?\]?"
    r"\s?(?:=>?|:)\s?[\"'][^\"'\s]"
)
# One of these stands in whatever introduces a person outside an assignment: quicker to look for.
_INTRODUCING = frozenset(
    """
    name names i called dear regards written author authors maintainer maintained mr mrs ms dr signed thanks hello hi
    contact
    """.split()  # noqa: SIM905 - a table of words is read more easily than a list of strings
)
_LETTERS = re.compile(r"[a-z]+")
_QUOTED = re.compile(r"[\"']([a-z]{2,20}) [a-z]{2,20}(?: [a-z]{2,20})?[\"']")
_OTHER_SCRIPT = re.compile(r"[\u0250-\u1fff\u2c00-\ud7ff\uf900-\ufdff]")
# Capitalised words of languages, and those that comments begin sentences or tables with.
_WORDS = frozenset({"True", "False", "None", "Any", "Self", "Null", "Nil", "Never", "Boolean", "String", "Object"})


def is_statement(line: str) -> bool:
    """Whether a line is code by how it starts or ends."""
    stripped = line.rstrip()
    if not stripped:
        return False
    match stripped[-1]:
        case ";" | "{":
            return True
        case ">" if stripped.endswith("=>"):
            return True
        case ":" if _CALLED.search(stripped):
            return True
        case "," | "]" | ")" | "}" if _CLOSING.fullmatch(stripped):
            return True
    return _START.match(line) is not None


def fenced(lines: Sequence[str]) -> Iterator[int]:
    """Which lines stand inside strings over several lines, as docstrings do; none of one that doesn't end."""
    opened, fence = -1, ""
    for index, line in enumerate(lines):
        if opened < 0:
            begun = _FENCE.match(line)
            if begun is not None and line.count(begun[1]) == 1:
                opened, fence = index, begun[1]
        elif fence in line:
            yield from range(opened, index + 1)
            opened = -1


def beside_code(line: str) -> bool:
    """Whether a line that stands next to code belongs to it: a comment, an indented line, a statement."""
    if _MEMBER.match(line):
        return False
    return line[:1] in " \t" or _COMMENT.match(line) is not None or _STATEMENT.match(line) is not None


def may_name(line: str) -> bool:
    """Whether a line of code can hold a name, by its capitals and by what introduces one."""
    lower = line.lower()
    if lower != line:
        if any(match[0] not in _WORDS for match in _NAME.finditer(line)):
            return True
        if any(is_given_name(word.lower()) for word in _CAPITAL.findall(line)):
            return True
    quoted = '"' in line or "'" in line
    if quoted and any(is_given_name(match[1]) for match in _QUOTED.finditer(line)):
        return True
    if not line.isascii() and _OTHER_SCRIPT.search(line):
        return True
    said = (quoted and (":" in line or "=" in line)) or not _INTRODUCING.isdisjoint(_LETTERS.findall(lower))
    return said and _INTRODUCED.search(line) is not None


def goes_on(line: str, following: str) -> bool:
    """Whether a name may be broken between two lines: `… and Guido van⏎# Rossum rewrote it`."""
    return _ENDED.search(line) is None and _FIRST.match(following) is not None
