"""Runs of base64, base32 and hex: where they stand, which way they are read, and what only looks like one."""

import base64
import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.encoded import as_text, before, decode_base64, runs

SAID = "the name is Anna Schmidt"


def b64(text):
    return base64.b64encode(text.encode()).decode()


def first(text):
    """Style, what was written and what it says of the first run that says something."""
    for ways in runs(text):
        for run in ways:
            if run.text is not None:
                return run.style, text[run.start : run.end], run.text
    return None


@pytest.mark.parametrize(
    ("style", "written"),
    [
        ("base64", b64(SAID)),
        ("base64", b64(f"{SAID}!")),
        ("base64", b64(f"{SAID}!").rstrip("=")),
        ("base64", b64("123-45-6789")),
        ("hex", SAID.encode().hex()),
        ("hex", f"0x{SAID.encode().hex()}"),
        ("hex", SAID.encode().hex().upper()),
        ("base32", base64.b32encode(SAID.encode()).decode()),
        ("base32", base64.b32encode(SAID.encode()).decode().lower().rstrip("=")),
        ("base32hex", base64.b32hexencode(SAID.encode()).decode()),
        ("base64rot13", codecs.encode(b64(SAID), "rot13")),
        ("base64reversed", b64(SAID)[::-1]),
    ],
)
@pytest.mark.parametrize("around", ["{}", "see {} now", "x={};", "a/b/{}", '"{}"'])
def test_what_a_run_says(style, written, around):
    found = first(around.format(written))
    assert found is not None
    assert found[0] == style
    assert found[1].strip("=") == written.strip("=")
    assert found[2].startswith(("the name", "123-45"))


@pytest.mark.parametrize(
    "text",
    ["", "internationalization", "getElementsByClassName", "9f86d081884c7d659a2feaa0c55ad015", "da39a3ee5e6b4b0d3255bfef95601890afd80709",
     "550e8400-e29b-41d4-a716-446655440000", "src/components/navigation", "2026112510153012", "aaaaaaaaaaaaaaaa"],
)  # fmt: skip
def test_what_only_looks_like_one(text):
    assert first(text) is None


def test_a_data_url_is_one_run_with_its_head():
    text = f"![x](data:text/plain;base64,{b64(SAID)})"
    ((run,),) = runs(text)
    assert (text[run.head : run.head + 5], run.media_type, run.text) == ("data:", "text/plain", SAID)


def test_what_stands_before_a_run_in_its_line():
    assert before("a line\nthe key: QUJD", 16) == "the key: "


@given(st.binary(min_size=1, max_size=200))
def test_base64_in_any_form_is_decoded(data):
    for text in (base64.b64encode(data).decode(), base64.urlsafe_b64encode(data).decode()):
        assert decode_base64(text) == decode_base64(text.rstrip("=")) == data


@pytest.mark.parametrize("data", [b"", b"\x00abc", b"\xff\xfe", b"  ", b"a\x1bb"])
def test_what_is_no_text(data):
    assert as_text(data) is None
