"""Earlier tokens in a request: known ones stay, everything around them and everything else is looked at."""

from pathlib import Path

import pytest

from detectors.finding import Finding
from proxy.message import Role, Segment
from proxy.quoted import quoted, unquoted, without
from proxy.transforms.token import make_token
from proxy.vault import SURROGATE, Entry, Vault, View

TOKEN = make_token(b"k", "s", "PERSON", "Anna")
SILENT = make_token(b"k", "s", "PERSON", "Bob")
FOREIGN = make_token(b"k", "other", "PERSON", "Anna")


@pytest.fixture
def view(tmp_path: Path):
    vault = Vault(tmp_path / "v.db", b"k" * 32)
    vault.keep(
        "s",
        "ana",
        [
            Entry(TOKEN, "PERSON", "Anna"),
            Entry(SILENT, "PERSON", None),
            Entry("Tavian Merrow", SURROGATE, "Anna Schmidt"),
        ],
    )
    yield vault.view("s", "ana")
    vault.close()


def segment(text: str) -> Segment:
    return Segment("/a", Role.USER, text)


def finding(text: str, value: str) -> Finding:
    start = text.index(value)
    return Finding(start, start + len(value), "PERSON", 0.9, "test")


@pytest.mark.parametrize("form", [TOKEN, TOKEN.lower(), TOKEN.replace("_", "\\_")])
def test_a_known_token_stays_and_is_turned_back(view: View, form: str) -> None:
    text = f"What does {form} say?"
    segments, findings = [segment(text)], {"/a": [finding(text, form)]}
    found = quoted(segments, findings, view)
    assert found.tokens == {TOKEN: "Anna"}
    assert unquoted(segments, findings, found) == {}


def test_a_token_that_is_not_turned_back_stays(view: View) -> None:
    segments, findings = [segment(SILENT)], {"/a": [finding(SILENT, SILENT)]}
    found = quoted(segments, findings, view)
    assert found.tokens == {}
    assert unquoted(segments, findings, found) == {}


@pytest.mark.parametrize("text", [FOREIGN, "PERSON_00000000", TOKEN + "X", "x" + TOKEN[1:]])
def test_what_merely_looks_like_one_is_text_like_any(view: View, text: str) -> None:
    segments, findings = [segment(text)], {"/a": [finding(text, text)]}
    found = quoted(segments, findings, view)
    assert found.tokens == {}
    assert unquoted(segments, findings, found) == {"/a": (finding(text, text),)}


def test_a_secret_around_a_known_token_is_still_found(view: View) -> None:
    text = f"hunter2{TOKEN}hunter3"
    assert not quoted([segment(text)], {}, view).spans, "no token of its own here"
    text = f"hunter2.{TOKEN} hunter3"
    segments, findings = [segment(text)], {"/a": [finding(text, text)]}
    left = unquoted(segments, findings, quoted(segments, findings, view))
    assert [text[part.start : part.end] for part in left["/a"]] == ["hunter2.", " hunter3"]


def test_a_quoted_surrogate_stays_and_is_turned_back(view: View) -> None:
    text = "Ask TAVIAN Merrow and Tavian Merrowby."
    findings = {"/a": [finding(text, "TAVIAN Merrow"), finding(text, "Tavian Merrowby")]}
    found = quoted([segment(text)], findings, view)
    assert found.tokens == {"Tavian Merrow": "Anna Schmidt"}
    assert unquoted([segment(text)], findings, found) == {"/a": (finding(text, "Tavian Merrowby"),)}


def test_what_is_left_of_a_finding_must_say_something() -> None:
    text = "aa (bb), cc"
    findings = [Finding(0, 11, "PERSON", 0.5, "test")]
    assert [text[p.start : p.end] for p in without(text, findings, [(4, 6)])] == ["aa (", "), cc"]
    assert without(text, [Finding(3, 8, "PERSON", 0.5, "test")], [(4, 6)]) == ()
    assert without(text, findings, [(0, 11)]) == ()
    assert without(text, findings, []) == tuple(findings)
