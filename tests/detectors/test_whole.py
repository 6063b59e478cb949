"""Encodings inside a text: what is found in them belongs to the run that says it."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.encoded import LEVELS
from detectors.finding import Finding, Scan, Skipped, SkipReason
from detectors.whole import Part, gathered, parts

MAIL = "write to anna.schmidt@example.org today"


def b64(text):
    return base64.b64encode(text.encode()).decode()


def nested(text, levels):
    for _ in range(levels):
        text = b64(text)
    return text


def whole(scanner, text):
    among = parts(text)
    return gathered(among, scanner.scan_many([(part.text, part.context) for part in among]))


@pytest.mark.parametrize(
    "write",
    [
        b64,
        lambda text: text.encode().hex(),
        lambda text: base64.b32encode(text.encode()).decode(),
        lambda text: base64.b32hexencode(text.encode()).decode(),
        lambda text: nested(text, 3),
        lambda text: b64(text.encode().hex()),
        lambda text: b64(text)[::-1],
    ],
)
def test_a_finding_covers_the_run(scanner, write):
    run = write(MAIL)
    text = f"please read {run} for me"
    found = [(one.entity_type, text[one.start : one.end]) for one in whole(scanner, text).findings]
    assert ("EMAIL_ADDRESS", run) in found


def test_the_word_before_a_run_says_what_it_is(scanner):
    text = f"my passport number: {b64('K21345678')}"
    assert [one.entity_type for one in whole(scanner, text).findings] == ["PASSPORT"]
    alone = whole(scanner, b64("K21345678") + " is a nice word").findings
    assert {one.entity_type for one in alone} <= {"ACCOUNT_NUMBER"}  # a code that is all of what is said


@pytest.mark.parametrize(
    "text", ["", "plain words", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b", "src/components/Header"]
)
def test_a_text_without_encodings_is_itself_alone(text):
    assert parts(text, "name") == [Part(text, "name")]


def test_what_is_deeper_than_is_read_is_skipped(scanner):
    assert whole(scanner, nested(MAIL, LEVELS)).skipped == ()
    scan = whole(scanner, nested(MAIL, LEVELS + 1))
    assert scan.skipped == (Skipped("", SkipReason.TOO_LARGE),)


def test_what_was_skipped_in_a_part_is_skipped_of_the_whole():
    among = parts(b64(MAIL))
    scans = [Scan(), Scan(skipped=(Skipped("", SkipReason.TIMEOUT),))]
    assert gathered(among, scans).skipped == (Skipped("", SkipReason.TIMEOUT),)


def test_what_is_registered_stays_beside_what_else_was_found():
    among = parts(f"ACME-1 {b64(MAIL)}")
    own, mail = Finding(0, 6, "OUR_CODE", 1.0, "own"), Finding(9, 31, "EMAIL_ADDRESS", 1.0, "emails")
    told = Finding(7, 20, "OUR_CODE", 1.0, "own")
    found = gathered(among, [Scan((own,)), Scan((own, told, mail))]).findings
    assert [(one.entity_type, one.start) for one in found] == [("OUR_CODE", 0), ("EMAIL_ADDRESS", 7), ("OUR_CODE", 7)]


@given(st.lists(st.sampled_from([MAIL, b64(MAIL), nested(MAIL, 2), "and", "\n", "4111111111111111"]), max_size=6))
def test_findings_of_the_whole_are_in_the_text_and_dont_overlap(words):
    text = " ".join(words)
    among = parts(text)
    scans = [Scan((Finding(0, len(part.text), "EMAIL_ADDRESS", 1.0, "x"),) if part.text else ()) for part in among]
    last = 0
    for one in gathered(among, scans).findings:
        assert last <= one.start < one.end <= len(text)
        last = one.end
