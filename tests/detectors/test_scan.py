import os
import shutil
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from configs.entities import entity_types, sensitive_types
from detectors.finding import Finding, Scan, Skipped, SkipReason
from detectors.own.spans import Spans
from detectors.scan import Scanner

MIXED = (
    "Hello, my name is John Smith and I live at 12 Maple Street, Springfield, IL 62704. "
    "Call 555-123-4567 or mail john.smith@example.com. SSN 536-90-4399, card 4111 1111 1111 1111, "
    "IBAN DE89 3704 0044 0532 0130 00, password: Tr0ub4dor&3."
)


class Finds:
    """A detector that says what it is told."""

    def __init__(self, *findings, name="finds"):
        self.name = name
        self._findings = list(findings)

    def find_many(self, sources):
        return [list(self._findings) for _ in sources]


class Raises:
    name = "raises"

    def __init__(self, on=""):
        self._on = on

    def find_many(self, sources):
        if any(self._on in source.text for source in sources):
            raise RuntimeError("boom")
        return [[] for _ in sources]


def test_everything_in_one_text(seen):
    kinds = {kind for _, kind in seen(MIXED)}
    assert kinds >= {
        "PERSON", "STREET_ADDRESS", "PHONE_NUMBER", "EMAIL_ADDRESS", "US_SSN", "CREDIT_CARD", "IBAN_CODE", "PASSWORD",
    }  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "What is the capital of France?",
        "Write a function that returns the n-th Fibonacci number.",
        "We meet on Monday at 7 PM, on 2024-05-01.",
        "Python 3.13.1 and nginx 1.25.3.1 run on port 8080",
        "The answer is 42, or 3.14159, or 1,000,000.",
        "def add(a, b):\n    return a + b\n",
        "https://docs.python.org/3/library/re.html#re.compile",
        "localhost is 127.0.0.1 and ::1",
        "password = os.environ['DB_PASSWORD']",
        "Set API_KEY=<your-key> and PASSWORD=${DB_PASSWORD}",
        "0f3a9c1b7d2e4f60 is a commit",
    ],
)
def test_harmless_texts(seen, text):
    assert [one for one in seen(text) if one[1] in sensitive_types()] == []


@pytest.mark.parametrize(
    "text", ["", " ", "\x00", "\ud800", "\x00\ud800\udfff a@b.com", "\n\n\n", "𝓙𝓸𝓱𝓷", "é" * 10, "🦊" * 50]
)
def test_odd_texts(scanner, text):
    assert scanner.scan(text).skipped == ()


def test_disguised_values_are_found_where_they_stand(scanner):
    text = "mail us\u200ber@exam\u200bple.com or ４１１１ １１１１ １１１１ １１１１"
    found = {one.entity_type: text[one.start : one.end] for one in scanner.scan(text).findings}
    assert found["EMAIL_ADDRESS"] == "us\u200ber@exam\u200bple.com"
    assert found["CREDIT_CARD"] == "４１１１ １１１１ １１１１ １１１１"


def test_the_fields_name_is_a_hint(seen):
    assert seen("hunter2-and-more", "password") == [("hunter2-and-more", "PASSWORD")]
    assert ("536904399", "US_SSN") in seen("536904399", "ssn")


def test_many_are_as_one_by_one(scanner):
    items = [(MIXED, ""), ("", ""), ("hunter2-and-more", "password"), ("Ana Novak", "name")]
    assert scanner.scan_many(items) == [scanner.scan(text, context) for text, context in items]


def test_a_raising_detector_is_said_and_the_others_are_kept():
    kept = Finding(0, 4, "PERSON", 0.9, "finds")
    scan = Scanner([Finds(kept), Raises()]).scan("some text")
    assert scan == Scan((kept,), (), (Skipped("", SkipReason.DETECTOR_ERROR),))


def test_one_bad_text_does_not_spoil_the_others():
    scans = Scanner([Raises(on="bad")]).scan_many([("good", ""), ("bad", ""), ("good", "")])
    assert [bool(scan.skipped) for scan in scans] == [False, True, False]


def test_a_failure_is_logged_without_the_text(caplog):
    Scanner([Raises()]).scan("very private")
    assert "raises" in caplog.text
    assert "private" not in caplog.text
    assert "boom" not in caplog.text


findings = st.builds(
    lambda start, length, kind, score: Finding(start, start + length, kind, score, "finds"),
    st.integers(0, 40),
    st.integers(1, 20),
    st.sampled_from(sorted(entity_types())),
    st.floats(0, 1),
)


@given(st.text(max_size=60), st.lists(st.lists(findings, max_size=6), max_size=4), st.booleans())
def test_laws(text, given_findings, raising):
    detectors = [Finds(*some, name=f"d{index}") for index, some in enumerate(given_findings)]
    scan = Scanner([*detectors, *([Raises()] if raising else [])]).scan(text)
    assert list(scan.findings) == sorted(scan.findings)
    assert all(one.end <= len(text) for one in scan.findings)
    assert all(a.end <= b.start for a, b in pairwise(scan.findings))
    assert bool(scan.skipped) is raising


@pytest.mark.slow
@settings(max_examples=40)
@given(st.text(st.characters(codec=None, categories=None), max_size=300))
@example("\ud800" * 5 + "john@example.com")
def test_real_detectors_never_fail(scanner, text):
    scan = scanner.scan(text)
    assert scan.skipped == ()
    assert all(0 <= one.start < one.end <= len(text) for one in scan.findings)


def test_the_revision_follows_detectors_and_thresholds():
    one = Scanner([Finds(name="a")], {"PERSON": 0.5})
    assert one.revision == Scanner([Finds(name="a")], {"PERSON": 0.5}).revision
    assert one.revision != Scanner([Finds(name="b")], {"PERSON": 0.5}).revision
    assert one.revision != Scanner([Finds(name="a")], {"PERSON": 0.6}).revision


def test_the_scan_says_which_languages_were_read():
    scans = Scanner([], {}).scan_many([("Wo finde ich die Unterlagen für morgen?", ""), ("x = 1", "")])
    assert [scan.languages for scan in scans] == [("de",), ()]


HALF = 50_000


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        "a" * 2 * HALF,
        "1" * 2 * HALF,
        "1 " * HALF,
        "a@" * HALF,
        "a.b-" * (HALF // 2),
        "1.1.1.1 " * (HALF // 4),
        "password=" * (HALF // 5),
        '"' * 2 * HALF,
        "eyJ" * (HALF // 2),
        ":" * 2 * HALF,
        "-----BEGIN PRIVATE KEY-----" * (HALF // 20),
        "account number " * (HALF // 8),
        "A1 B2-" * (HALF // 3),
        "+1 (2) " * (HALF // 4),
        "a1" * HALF,
        "A1-" * HALF,
        "aws " + "Ab1/" * (HALF // 2),
        "steuer 12 345 " * (HALF // 7),
        "nhs 943 476 5919 " * (HALF // 8),
    ],
    ids=lambda text: repr(text[:16]),
)
def test_long_lines_take_linear_time(text):
    """A hundred thousand characters: a quadratic expression would need minutes, not seconds."""
    from detectors.presidio import PresidioDetector
    from detectors.recognizers import pattern_detectors
    from detectors.recognizers.source import Source

    for detector in (PresidioDetector(), *pattern_detectors()):
        started = time.process_time()
        detector.find_many([Source(text)])
        assert time.process_time() - started < 5, detector.name


@pytest.mark.slow
def test_a_megabyte_in_one_line(scanner):
    started = time.process_time()
    scan = scanner.scan("QUJD" * 250_000 + " mail ana@example.com")
    assert [one.entity_type for one in scan.findings] == ["EMAIL_ADDRESS"]
    assert time.process_time() - started < 20


GUARDED = """
import socket
def refuse(*_a, **_k):
    raise AssertionError("detection reached for the network")
socket.socket.connect = refuse
socket.socket.connect_ex = refuse
socket.getaddrinfo = refuse
socket.create_connection = refuse
from detectors.scan import build_scanner
scan = build_scanner().scan("Ana Novak, ana@mail.example.co.uk, https://www.example.com/x, 10.20.30.40")
assert not scan.skipped
assert {one.entity_type for one in scan.findings} >= {"EMAIL_ADDRESS", "PERSON"}
print("clean")
"""


@pytest.mark.slow
def test_detection_never_reaches_for_the_network(tmp_path):
    """A fresh process and home, so that no list cached by an earlier run helps; no network at all where possible."""
    command = [sys.executable, "-c", GUARDED]
    unshare = shutil.which("unshare")
    if unshare and subprocess.run([unshare, "-n", "true"], capture_output=True).returncode == 0:
        command = [unshare, "-n", *command]
    environment = {
        **os.environ,
        "HOME": str(tmp_path),
        "XDG_CACHE_HOME": str(tmp_path),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=Path.cwd())
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "clean"


class Own:
    """The company's own data: one word, and one that is public."""

    name = "own-1"

    def find_many(self, sources):
        return [
            [Finding(at, at + 5, kind, score, "set") for kind, score in (("PROJECT", 0.8), ("PART", 0.4))]
            if (at := source.text.find("Heron")) >= 0
            else []
            for source in sources
        ]

    def allowed(self, text):
        at = text.find("Public")
        return Spans([(at, at + 12)] if at >= 0 else [])


def test_own_data_is_found_beside_what_else_is():
    person = Finding(6, 17, "PERSON", 0.9, "finds")
    scan = Scanner([Finds(person)], own=Own()).scan("about Heron Smith")
    assert scan.findings == (Finding(6, 11, "PROJECT", 0.8, "set"), person)


def test_own_data_is_found_in_escapes_and_behind_disguises():
    scan = Scanner([], own=Own()).scan("about \\u0048eron and H\u200beron")
    assert [(one.start, one.end) for one in scan.findings] == [(6, 16), (21, 27)][: len(scan.findings)]
    assert scan.findings


def test_what_is_public_is_not_found_unless_it_is_a_secret():
    findings = [Finding(0, 6, "PERSON", 0.9, "a"), Finding(7, 12, "PERSON", 0.9, "a")]
    secret = Finding(0, 12, "API_KEY", 0.9, "b")
    assert Scanner([Finds(*findings)], own=Own()).scan("Public Heron") == Scan()
    assert Scanner([Finds(secret)], own=Own()).scan("Public Heron").findings == (secret,)
    longer = Finding(0, 14, "PERSON", 0.9, "a")
    assert longer in Scanner([Finds(longer)], own=Own()).scan("Public Heron 5").findings


def test_own_data_that_fails_is_said():
    broken = Own()
    broken.find_many = None
    assert Scanner([], own=broken).scan("text").skipped


def test_the_revision_follows_own_data():
    one = Scanner([Finds(name="a")])
    assert one.with_own(Own()).revision != one.revision
    assert one.with_own(Own()).with_own(None).revision == one.revision
