import shutil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.errors import DetectorError
from detectors.tagger import CLASSES, Tagger
from detectors.weights import TAGGER


@pytest.fixture(scope="module")
def tagger():
    return Tagger()


def tagged(tagger, text):
    tags = tagger.read([text])[0]
    best = tags.probabilities.argmax(axis=1)
    return {
        text[a:b]: CLASSES[kind] for a, b, kind in zip(tags.words.starts, tags.words.ends, best, strict=True) if kind
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("My name is Ana Novak.", {"Ana": "PERSON", "Novak": "PERSON"}),
        ("my name is peter kowalski", {"peter": "PERSON", "kowalski": "PERSON"}),
        ("Please call Oluwaseun Adeyemi back.", {"Oluwaseun": "PERSON", "Adeyemi": "PERSON"}),
        ("I live at 12 Maple Street", {"12": "STREET_ADDRESS", "Maple": "STREET_ADDRESS", "Street": "STREET_ADDRESS"}),
        ("Write a function that sorts a list of integers in Python.", {}),
        ("The Quarterly Report shows that Net Revenue grew.", {}),
        ("", {}),
    ],
)
def test_read(tagger, text, expected):
    assert tagged(tagger, text) == expected


def test_probabilities_sum_to_one(tagger):
    tags = tagger.read(["Dear Ms Novak, your invoice 4711 is due."])[0]
    assert tags.probabilities.shape == (len(tags.words.words), len(CLASSES))
    assert np.allclose(tags.probabilities.sum(axis=1), 1.0, atol=1e-4)


TEXTS = st.lists(st.sampled_from(["Ana", "met", "in", "Oslo", ".", "\n", "q7", "ß", "4711", " "]), max_size=30)


@settings(max_examples=30, deadline=None)
@given(st.lists(TEXTS.map(" ".join), max_size=6))
def test_no_text_sees_another(tagger, texts):
    for text, tags in zip(texts, tagger.read(texts), strict=True):
        alone = tagger.read([text])[0]
        assert np.allclose(alone.probabilities, tags.probabilities, atol=1e-3)


def test_words_of_requests_are_not_kept(tagger):
    before = len(tagger._common), tagger._spelt.shape
    tagger.read(["Zyxwvutska met Qwertzuiopow"])
    assert (len(tagger._common), tagger._spelt.shape) == before
    assert "zyxwvutska" not in tagger._common


@pytest.mark.parametrize("text", ["the", "The", "THE", "7", "42", "x", "X", ".", "\n"])
def test_what_is_known_of_common_words_is_what_would_be_worked_out(tagger, text):
    known = tagger._spelt[tagger._common[text.lower()]]
    assert np.allclose(known, tagger._spellings([text])[0], atol=1e-5)


def test_more_than_one_batch(tagger):
    text = "nothing of interest is said here at all. " * 1200
    tags = tagger.read([text, "I am Ana Novak.", text])
    assert [CLASSES[kind] for kind in tags[1].probabilities.argmax(axis=1)][2:4] == ["PERSON", "PERSON"]


def test_changed_weights_are_refused(tmp_path):
    folder = tmp_path / "weights"
    shutil.copytree(TAGGER, folder)
    Tagger(folder)
    with (folder / "table-0.npy").open("ab") as file:
        file.write(b"x")
    with pytest.raises(DetectorError, match=r"table-0\.npy"):
        Tagger(folder)
