"""Windows over a request's texts, and which of them decides a label."""

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.documents import MAX_WINDOWS, OVERLAP, PUBLIC, WINDOW, choose, label_document, windows_of

WORDS = "the parties agree that revenue of the quarter rises and that nobody tells "


def by_words(text: str) -> dict[str, float]:
    """A classifier that can be read: each word's share decides."""
    legal, money = text.count("parties"), text.count("EBITDA")
    total = legal + money + 1
    return {"legal": legal / total, "financial": money / total, PUBLIC: 1 / total}


def scores(*texts: str) -> dict[str, float]:
    return {label.name: label.score for label in label_document(texts, by_words, "fake@1")}


@pytest.mark.parametrize(
    ("texts", "windows"),
    [
        ([], 0),
        ([""], 0),
        (["   \n\t "], 0),
        (["ok", "yes", "458989", "12.5 %", "…!?"], 0),  # too little to read a kind from
        (["What is the capital of France?"], 1),
        (["What is the capital of France?", "  What is the capital of France?\n"], 1),  # said twice, read once
        (["first message here", "second message here"], 2),  # a message is read by itself
        (["x" * WINDOW], 1),
        (["x" * (WINDOW + 1)], 2),
        ([WORDS * 100], len(WORDS) * 100 // (WINDOW - OVERLAP) + 1),
        (["这是一份关于公司季度收入的机密文件"], 1),
    ],
)
def test_how_many_windows(texts: list[str], windows: int) -> None:
    assert len(windows_of(texts)) == windows


def test_the_strongest_window_decides_a_sensitive_label_and_the_weakest_public() -> None:
    chat = "How are you today, my friend?"
    found = scores(chat, "EBITDA EBITDA EBITDA was low", chat + " Fine?")
    assert found["financial"] == pytest.approx(0.75)
    assert found[PUBLIC] == pytest.approx(0.25)
    assert scores(chat)[PUBLIC] == 1.0


def test_labels_are_sorted_by_score_and_name_their_model() -> None:
    labels = label_document(["EBITDA EBITDA and parties"], by_words, "fake@1")
    assert [label.name for label in labels] == ["financial", "legal", PUBLIC]
    assert {label.model for label in labels} == {"fake@1"}


def test_nothing_to_read_gives_no_label_and_no_call() -> None:
    def never(text: str) -> dict[str, float]:
        raise AssertionError

    assert label_document(["", "ok", "17"], never, "fake@1") == ()


def test_a_secret_paragraph_in_the_middle_of_a_long_document_is_found() -> None:
    # Long, but every window is still read.
    document = WORDS * 60 + "EBITDA " * 200 + WORDS * 60
    assert len(windows_of([document])) <= MAX_WINDOWS
    assert scores(document)["financial"] > 0.9


def test_a_very_long_document_is_sampled_over_its_whole_length() -> None:
    windows = windows_of([f"{number} " + "page of words " * 80 for number in range(500)])
    chosen = choose(windows)
    assert len(chosen) == MAX_WINDOWS
    assert chosen[0] == windows[0]
    assert chosen[-1] == windows[-1]
    gaps = [windows.index(b) - windows.index(a) for a, b in itertools.pairwise(chosen)]
    assert max(gaps) - min(gaps) <= 1


def test_the_classifier_is_called_a_bounded_number_of_times() -> None:
    calls: list[str] = []

    def count(text: str) -> dict[str, float]:
        calls.append(text)
        return {PUBLIC: 1.0}

    label_document([WORDS * 1000, *(f"message number {n} of many" for n in range(300))], count, "fake@1")
    assert len(calls) == MAX_WINDOWS


@given(st.lists(st.text(max_size=4000), max_size=4))
def test_windows_are_bounded_and_lose_no_word(texts: list[str]) -> None:
    windows = windows_of(texts)
    assert all(0 < len(window) <= WINDOW for window in windows)
    assert len(set(windows)) == len(windows)


@given(st.lists(st.text("abcdefgh", min_size=8, max_size=12), min_size=1, max_size=600))
def test_every_word_stands_whole_in_some_window(words: list[str]) -> None:
    windows = windows_of([" ".join(words)])
    read = {word for window in windows for word in window.split()}
    assert set(words) <= read


@given(st.lists(st.sampled_from(["parties agree here", "EBITDA is secret", "nice weather today"]), max_size=9))
def test_more_text_never_makes_a_request_less_sensitive(texts: list[str]) -> None:
    before, after = scores(*texts), scores(*texts, "EBITDA EBITDA for the board")
    for name, score in before.items():
        assert after[name] <= score if name == PUBLIC else after[name] >= score


def test_hard_cut_text_has_no_gap() -> None:
    text = "".join(chr(ord("a") + n % 26) for n in range(5000))
    joined = windows_of([text])
    assert all(len(window) == WINDOW for window in joined[:-1])
    assert all(any(text[at : at + OVERLAP] in window for window in joined) for at in range(0, 4900, 50))
    assert re.fullmatch("[a-z]+", "".join(joined))
