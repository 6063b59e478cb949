"""Views: what is read in place of what, where it was written, and which findings it concerns."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.readings.view import Piece, left, rewrite, right


def only(text, pieces, **options):
    (view,) = rewrite(text, pieces, **options)
    return view


def test_a_replaced_piece_maps_to_what_was_written():
    view = only("a four b", [Piece(2, 6, "4")])
    assert view.text == "a 4 b"
    assert view.original(2, 3) == (2, 6)
    assert view.original(0, 5) == (0, 8)
    assert view.concerns(2, 3)
    assert not only("a four bcd", [Piece(2, 6, "4")]).concerns(5, 7)


def test_only_what_spans_a_joint_concerns_it():
    view = only("41--11", [Piece(2, 4, "")])
    assert view.text == "4111"
    assert view.original(0, 4) == (0, 6)
    assert (view.concerns(0, 4), view.concerns(0, 2), view.concerns(2, 4)) == (True, False, False)


def test_pieces_far_from_each_other_are_views_of_their_own():
    text = "four" + " word" * 100 + " five"
    views = list(rewrite(text, [Piece(0, 4, "4"), Piece(len(text) - 4, len(text), "5")]))
    assert [view.text[:1] for view in views] == ["4", "w"]
    assert views[1].text.endswith("5")
    assert views[1].original(len(views[1].text) - 1, len(views[1].text)) == (len(text) - 4, len(text))


def test_a_view_of_a_view_maps_to_the_text():
    outer = only("x &#52; y", [Piece(2, 7, "4")])
    inner = only(outer.text, [Piece(2, 3, "four")])
    view = outer.through(inner)
    assert (view.text, view.original(2, 6)) == ("x four y", (2, 7))


@pytest.mark.parametrize("at", [0, 50, 500])
def test_views_begin_and_end_with_words(at):
    text = "some words " * 50
    assert text[left(text, at) - 1 : left(text, at)] in {"", " "}
    assert text[right(text, at) : right(text, at) + 1] in {"", " "}


@given(
    st.text(max_size=300),
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 5), st.text(max_size=3)), max_size=10),
)
def test_every_span_maps_into_the_text(text, steps):
    pieces, at = [], 0
    for gap, length, said in steps:
        if at + gap + length <= len(text):
            pieces.append(Piece(at + gap, at + gap + length, said))
            at += gap + length
    for view in rewrite(text, pieces):
        assert len(view.text) == len(view.starts) == len(view.ends) == len(view.changed)
        for start in range(0, len(view.text), 7):
            first, last = view.original(start, min(start + 3, len(view.text)))
            assert 0 <= first <= last <= len(text)
