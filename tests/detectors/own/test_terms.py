"""Dictionaries and patterns: what they find, what their hot words, exclusions and public words change."""

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.yaml_source import SourceError
from detectors.own.terms import DictionaryDetector, read_dictionary
from detectors.own.words import words_of
from detectors.recognizers.source import Source

TERMS = """
schema: privet.terms/1
name: engineering
terms:
  - type: PROJECT_NAME
    words: [Blue Heron, Überflieger]
  - type: PROJECT_NAME
    words: [Kestrel]
    likelihood: unlikely
    hot_words: {words: [project, launch date], within: 30, likelihood: very_likely}
    exclude: [Kestrel Falcon Ltd]
  - type: SITE_CODE
    words: [IT]
    match_case: true
  - type: CUSTOMER_ID
    pattern: 'c-[0-9]{6}'
    exclude: [C-000000]
    hot_words: [customer id]
  - type: PART
    pattern: 'µ[A-Z]{3}'
    match_case: true
allow: [Acme GmbH, info@acme.example]
"""


def dictionary(directory, text):
    path = directory / "terms.yaml"
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    return read_dictionary(path)


@pytest.fixture(scope="module")
def subject(tmp_path_factory):
    return DictionaryDetector(dictionary(tmp_path_factory.mktemp("terms"), TERMS))


def found(subject, text, context=""):
    findings = subject.find(Source(text, context), words_of(text))
    return [(text[one.start : one.end], one.entity_type, one.score) for one in findings]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("about BLUE-HERON.", [("BLUE-HERON", "PROJECT_NAME", 0.75)]),
        ("blueheron and Uberflieger", [("blueheron", "PROJECT_NAME", 0.75), ("Uberflieger", "PROJECT_NAME", 0.75)]),
        ("Project Kestrel", [("Kestrel", "PROJECT_NAME", 0.95)]),
        ("Kestrel has its Launch-Date soon", [("Kestrel", "PROJECT_NAME", 0.95)]),
        ("the kestrel is a bird", [("kestrel", "PROJECT_NAME", 0.3)]),
        (f"project {'and ' * 20} kestrel", [("kestrel", "PROJECT_NAME", 0.3)]),
        ("project Kestrel Falcon Ltd.", []),
        ("IT in it", [("IT", "SITE_CODE", 0.75)]),
        ("C-123456", [("C-123456", "CUSTOMER_ID", 0.75)]),
        ("customer id: c-123456", [("c-123456", "CUSTOMER_ID", 0.95)]),
        ("C-000000", []),
        ("größer: µABC", [("µABC", "PART", 0.75)]),
        ("µabc", []),
        ("", []),
    ],
)
def test_finds(subject, text, expected):
    assert found(subject, text) == expected


def test_the_fields_name_is_a_hot_word(subject):
    assert found(subject, "C-123456", context="customer_id") == [("C-123456", "CUSTOMER_ID", 0.95)]


def test_public_words(subject):
    text = "ACME GmbH, info@acme.example"
    assert [text[start:end] for start, end in sorted(subject.allowed(words_of(text)))] == [
        "ACME GmbH",
        "info@acme.example",
    ]
    assert subject.allowed(words_of("Acme AG")) == []


@given(st.text(alphabet=st.characters(blacklist_categories=["Cs"]), max_size=30))
def test_offsets_of_patterns_are_characters(subject, text):
    whole = f"{text} C-123456 {text}"
    assert [one[0] for one in found(subject, whole) if one[1] == "CUSTOMER_ID"] == ["C-123456"]


def test_what_the_dictionary_is(tmp_path):
    one = dictionary(tmp_path, TERMS)
    assert one.name == "engineering"
    assert one.types == {"PROJECT_NAME", "SITE_CODE", "CUSTOMER_ID", "PART"}
    assert one.size == 6
    assert dictionary(tmp_path, TERMS + "\n# a remark\n").digest == one.digest
    assert dictionary(tmp_path, TERMS.replace("Blue Heron", "Red Heron")).digest != one.digest
    assert "Heron" not in repr(one)


def test_a_name_from_the_file(tmp_path):
    assert dictionary(tmp_path, "schema: privet.terms/1\nallow: [Acme]").name == "terms"


def test_time_is_linear_whatever_the_pattern(tmp_path):
    evil = dictionary(tmp_path, "schema: privet.terms/1\nterms: [{pattern: '(a|a)*(a+)+b'}]")
    assert found(DictionaryDetector(evil), "a" * 200_000) == []


def test_mistakes_are_raised_with_their_places(tmp_path):
    with pytest.raises(SourceError, match=r"terms\.yaml:3:13: .*no look-around") as caught:
        dictionary(tmp_path, "schema: privet.terms/1\nterms:\n- {pattern: '(?=a)b'}\n- {words: []}")
    assert len(caught.value.problems) == 2


def test_a_companys_own_domains_are_internal_hosts(tmp_path):
    text = "see build7.ci.acme.com and www.acme.com"
    pattern = r"([a-z0-9-]+\.)+acme\.com"
    made = dictionary(
        tmp_path,
        f"schema: privet.terms/1\nterms: [{{type: INTERNAL_HOST, pattern: '{pattern}'}}]\nallow: [www.acme.com]",
    )
    hosts = {value[:2] for value in found(DictionaryDetector(made), text)}
    assert ("build7.ci.acme.com", "INTERNAL_HOST") in hosts
