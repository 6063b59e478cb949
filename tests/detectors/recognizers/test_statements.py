"""Statements about people, in eight languages; and all that is said of nobody."""

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.recognizers.source import Source
from detectors.recognizers.statements import find

SET = Path(__file__).parents[3] / "bench/sets/special-categories.jsonl"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ana Novak is diabetic", ("diabetic", "HEALTH_CONDITION")),
        ("my colleague was diagnosed with depression", ("depression", "HEALTH_CONDITION")),
        ("My son was diagnosed with Kawasaki disease last May.", ("Kawasaki disease", "HEALTH_CONDITION")),
        ("Mein Chef ist an Krebs erkrankt.", ("Krebs", "HEALTH_CONDITION")),
        ("He has asthma, eczema and a peanut allergy.", ("peanut allergy", "HEALTH_CONDITION")),
        ("Diagnosis: acute bronchitis", ("acute bronchitis", "HEALTH_CONDITION")),
        ("I carry the BRCA2 mutation", ("BRCA2 mutation", "GENETIC_DATA")),
        ("sie ist evangelisch", ("evangelisch", "RELIGION")),
        ("My Muslim colleague asked for a quiet room", ("Muslim", "RELIGION")),
        ("As a Catholic, I can't agree.", ("Catholic", "RELIGION")),
        ("Our baker votes for Vox", ("Vox", "POLITICAL_OPINION")),
        ("he is a member of IG Metall", ("IG Metall", "UNION_MEMBERSHIP")),
        ("She is of Kurdish descent", ("Kurdish descent", "ETHNIC_ORIGIN")),
        ("Mój brat jest gejem", ("gejem", "SEXUAL_ORIENTATION")),
        ("He was convicted of tax fraud in 2014", ("convicted of tax fraud", "CRIMINAL_RECORD")),
        ("Tiene esquizofrenia desde 2010.", ("esquizofrenia", "HEALTH_CONDITION")),  # "he" is left out
    ],
)
def test_positives(found, text, expected):
    assert expected in found(find, text)


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("diagnosis", "chronic sinusitis", "HEALTH_CONDITION"),
        ("religion", "Catholic", "RELIGION"),
        ("unionMembership", "IG Metall", "UNION_MEMBERSHIP"),
        ("ethnicity", "Hispanic or Latino", "ETHNIC_ORIGIN"),
        ("sexual_orientation", "gay", "SEXUAL_ORIENTATION"),
        ("diagnosis", "none", None),
        ("religion", "string", None),
        ("content", "Catholic", None),
    ],
)
def test_members_of_json(found, field, value, expected):
    assert found(find, value, field) == ([(value, expected)] if expected else [])


@pytest.mark.parametrize(
    "text",
    [
        "What is diabetes?",
        "Explain the Catholic Church",
        "If I have diabetes, may I fast?",
        "People with depression sleep badly",
        "You have asthma.",
        "He is not diabetic",
        "Does he deny that he is afraid of Muslims?",
        "In the novel she is a Catholic and has cancer.",
        "Martin Luther King was a Baptist.",
        "The party is liberal",
        "My dog has arthritis",
        "My car has a blind spot",
        "SELECT 1 UNION SELECT 2",
        "diagnosis: str",
        "Diagnosis: none",
        "religion = models.CharField(max_length=20)",
        "I have a question about breast cancer",
        "Why was the company convicted of fraud?",
        "",
    ],
)
def test_near_misses(found, text):
    assert found(find, text) == []


def test_the_set_of_our_own():
    """Sentences that were written before what finds them: nearly all, and nothing in the others."""
    missed, said, wrong = Counter(), Counter(), []
    for line in SET.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        text = row["text"]
        findings = list(find(Source(text)))
        if not row["spans"] and findings:
            wrong.append(text)
        for span in row["spans"]:
            said[row["language"]] += 1
            missed[row["language"]] += not any(
                one.entity_type == span["label"] and one.start < span["end"] and span["start"] < one.end
                for one in findings
            )
    assert sum(said.values()) > 200
    assert wrong == []
    assert {language for language in said if missed[language] > 0.05 * said[language]} == set()


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_text_is_read(before, after):
    text = f"{before} my brother has diabetes {after}"
    for one in find(Source(text)):
        assert one.end <= len(text)
