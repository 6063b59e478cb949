"""Mistakes in dictionaries: each is told with line and column, and what to do."""

import pytest

from configs.yaml_source import parse_yaml
from detectors.own.read_terms import LIKELIHOODS, read_terms

HEAD = "schema: privet.terms/1\n"


def read(text):
    return read_terms(parse_yaml(text, "terms.yaml"), "terms")


def test_defaults():
    name, (entry,), allow, problems = read(f"{HEAD}terms: [{{words: [Heron]}}]")
    assert (name, allow, problems) == ("terms", (), [])
    assert (entry.entity_type, entry.score, entry.hot_words) == ("COMPANY_TERM", LIKELIHOODS["likely"], ())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("terms: []", "1:1: expected schema: privet.terms/1, got 'nothing'"),
        ("- a", "1:1: expected a dictionary: a map with schema, name, terms, allow"),
        (HEAD, "1:1: neither terms nor allow"),
        (f"{HEAD}term: []", "2:1: unknown key 'term'. Did you mean terms?"),
        (f"{HEAD}terms: heron", "2:8: expected a list"),
        (f"{HEAD}name: a b\nallow: [x1]", "2:7: expected a name"),
        (f"{HEAD}terms: [heron]", "2:9: expected a term: a map with type, words"),
        (f"{HEAD}terms: [{{word: [heron]}}]", "2:10: unknown key 'word'. Did you mean words?"),
        (f"{HEAD}terms: [{{type: TT}}]", "2:9: expected either words or pattern"),
        (f"{HEAD}terms: [{{words: [a], pattern: b}}]", "expected either words or pattern"),
        (f"{HEAD}terms: [{{words: []}}]", "2:17: expected a list of words"),
        (f"{HEAD}terms: [{{words: [12]}}]", "2:18: expected text: put it in quotes ('12')"),
        (f"{HEAD}terms: [{{words: ['--']}}]", "it has no letter and no digit"),
        (f"{HEAD}terms: [{{words: ['{'a' * 97}']}}]", "expected at most 96 letters and digits, got 97"),
        (f"{HEAD}terms: [{{words: [a], type: project}}]", "2:28: expected a type of capitals"),
        (f"{HEAD}terms: [{{words: [a], type: T1}}]", "expected a type of capitals"),
        (f"{HEAD}terms: [{{words: [a], type: PII}}]", "PII is a group of types"),
        (f"{HEAD}terms: [{{words: [a], likelihood: high}}]", "expected one of very_unlikely, unlikely, possible"),
        (f"{HEAD}terms: [{{words: [a], match_case: 1}}]", "expected true or false"),
        (f"{HEAD}terms: [{{words: [a], likelihood: unlikely}}]", "it is never found"),
        (f"{HEAD}terms: [{{words: [a], hot_words: {{words: [b], within: 0}}}}]", "from 1 to 1000"),
        (f"{HEAD}terms: [{{words: [a], hot_words: {{within: 9}}}}]", "expected a list of words"),
        (f"{HEAD}terms: [{{words: [a], hot_words: b}}]", "expected hot words"),
        (f"{HEAD}terms: [{{pattern: 'a('}}]", "2:19: not a pattern: missing ): a("),
        (f"{HEAD}terms: [{{pattern: '(a)\\1'}}]", "not a pattern: invalid escape sequence: \\1. Patterns are RE2's"),
        (f"{HEAD}terms: [{{pattern: 'a*'}}]", "it matches an empty text"),
        (f"{HEAD}terms: [{{pattern: 7}}]", "expected a regular expression in quotes"),
        (f"{HEAD}terms: [{{pattern: '{'a' * 1001}'}}]", "expected at most 1000 characters"),
    ],
)
def test_mistakes(text, message):
    problems = read(text)[3]
    assert any(message in str(problem) for problem in problems), [str(problem) for problem in problems]
